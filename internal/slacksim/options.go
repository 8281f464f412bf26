package slacksim

import (
	"net"
	"time"
)

// Option sets one thing about a new Server.
type Option func(*config)

type config struct {
	address        string
	listener       net.Listener
	team           Team
	app            App
	now            func() time.Time
	ackTimeout     time.Duration
	pingEvery      time.Duration
	eventRetries   []time.Duration
	rateLimits     bool
	strictAcks     bool
	maxConnections int

	versions int // contents of a message that are kept; 0: all
}

func defaults() config {
	return config{
		address:        "127.0.0.1:0",
		team:           Team{ID: "T0ACME", Domain: "acme", Name: "Acme"},
		now:            time.Now,
		ackTimeout:     3 * time.Second,
		pingEvery:      5 * time.Second,
		eventRetries:   []time.Duration{0, time.Minute, 5 * time.Minute},
		maxConnections: 10,
	}
}

// WithAddress listens there instead of on a free port of 127.0.0.1.
func WithAddress(address string) Option { return func(c *config) { c.address = address } }

// WithListener serves on a listener the caller made, for callers that want to
// handle a taken port themselves. The server closes it.
func WithListener(l net.Listener) Option { return func(c *config) { c.listener = l } }

// WithTeam names the workspace.
func WithTeam(t Team) Option { return func(c *config) { c.team = t } }

// WithApp sets identity, tokens and scopes of the app under test.
func WithApp(a App) Option { return func(c *config) { c.app = a } }

// WithTokens sets only the two tokens of the app under test.
func WithTokens(bot, app string) Option {
	return func(c *config) { c.app.BotToken, c.app.AppToken = bot, app }
}

// WithScopes sets only the bot scopes of the app under test.
func WithScopes(scopes ...string) Option {
	return func(c *config) { c.app.BotScopes = append([]string{}, scopes...) }
}

// WithClock makes triggers, response URLs, timestamps, edit windows and rate
// limits follow now. Ack timers, pings and delays of faults stay on real time,
// because they are about the network.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// WithAckTimeout sets how long an envelope may stay without an ack before the
// person sees an error; Slack's is 3 s.
func WithAckTimeout(d time.Duration) Option { return func(c *config) { c.ackTimeout = d } }

// WithPingInterval sets how often each socket gets a WebSocket ping; 5 s unless
// told otherwise.
func WithPingInterval(d time.Duration) Option { return func(c *config) { c.pingEvery = d } }

// WithEventRetries sets after which pauses an event that got no ack is sent
// again; Slack's are at once, a minute, five minutes. None: never.
func WithEventRetries(pauses ...time.Duration) Option {
	return func(c *config) { c.eventRetries = pauses }
}

// WithRateLimits answers 429 when a method's tier, or one message a second in a
// channel, is exceeded. Without it nothing is refused and [Server.Exceeded]
// counts what would have been.
func WithRateLimits() Option { return func(c *config) { c.rateLimits = true } }

// WithAcksBoundToConnection refuses an ack that comes over another socket than
// the one its envelope went out on. Slack does not say which it does; without
// this option such an ack counts.
func WithAcksBoundToConnection() Option { return func(c *config) { c.strictAcks = true } }
