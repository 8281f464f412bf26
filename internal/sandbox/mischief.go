package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"es-restore/internal/slacksim"
)

// A mischief is something that goes wrong on purpose. One that can't be done with
// the parts in use says why and does nothing.
type mischief struct {
	id, label, hint string
	kind            string // "switch" or "button"
	why             string // why it can't be done; empty: it can
	on              func() bool
	do              func(ctx context.Context, on bool) error
}

// The kinds.
const (
	aSwitch = "switch"
	aButton = "button"
)

// mischiefs lists what can go wrong here, in the order of the drawer.
func (s *Sandbox) mischiefs() []mischief {
	all := s.botMischief()
	all = append(all, s.slackMischief()...)
	all = append(all, s.redisMischief())
	for _, f := range s.fleet.fronts {
		all = append(all, awayMischief(f))
	}
	all = append(all, s.cloud.mischief()...)
	all = append(all, s.restoreMischief()...)
	return append(all, s.timePasses("hour", "An hour passes", time.Hour), s.timePasses("day", "A day passes", 24*time.Hour))
}

// timePasses moves the clock of the bot and of everything that is played.
func (s *Sandbox) timePasses(id, label string, d time.Duration) mischief {
	m := mischief{id: id, label: label, kind: aButton, hint: "for Slack, the clusters and the bot; now it is " + s.clock.Now().UTC().Format("2006-01-02 15:04 UTC")}
	if s.fleet.simulated == nil {
		m.why = "Real clusters keep the machine's clock, so moving only the bot's would show what can't happen."
		return m
	}
	m.do = func(context.Context, bool) error {
		s.clock.move(d)
		return s.bot.setClock()
	}
	return m
}

func (s *Sandbox) botMischief() []mischief {
	kill := mischief{
		id: "kill", label: "Kill the bot", hint: "SIGKILL, wherever it is", kind: aButton,
		do: func(context.Context, bool) error { s.bot.kill(); return nil },
	}
	start := mischief{
		id: "start", label: "Start the bot", hint: "a new process, which finds out what the old one left", kind: aButton,
		do: func(context.Context, bool) error { return s.bot.start() },
	}
	if state, _ := s.bot.life(); state == "running" {
		start.why = "It runs."
	} else {
		kill.why = "It does not run."
	}
	return []mischief{kill, start}
}

func (s *Sandbox) slackMischief() []mischief {
	return []mischief{
		{
			id: "slack", label: "Slack is away", hint: "nobody can type or click until it is back", kind: aSwitch,
			on: s.slackAway.Load,
			do: func(_ context.Context, on bool) error {
				s.slackAway.Store(on)
				if on {
					s.slack.Down(slacksim.Refusing)
				} else {
					s.slack.Up()
				}
				return nil
			},
		},
		{
			id: "again", label: "Deliver the last click or command again", hint: "as Slack may; it must change nothing", kind: aButton,
			do: func(ctx context.Context, _ bool) error {
				if len(s.slack.Envelopes()) == 0 {
					return fmt.Errorf("nothing was clicked or typed yet")
				}
				_, err := s.slack.RedeliverLast(ctx, 1, false)
				return err
			},
		},
	}
}

func (s *Sandbox) redisMischief() mischief {
	m := mischief{id: "redis", label: "Redis is away", hint: "nothing is decided or started until it is back", kind: aSwitch, why: s.memory.why}
	if s.memory.gate != nil {
		m.on = s.memory.gate.isAway
		m.do = func(_ context.Context, on bool) error { return s.memory.gate.setAway(on) }
	}
	return m
}

func awayMischief(f *front) mischief {
	return mischief{
		id: "away:" + f.cluster, label: f.cluster + " is away", hint: "connections are refused", kind: aSwitch, on: f.isAway,
		do: func(_ context.Context, on bool) error { return f.setAway(on) },
	}
}

// restoreMischief disturbs restores.
func (s *Sandbox) restoreMischief() []mischief {
	lose := mischief{id: "lose", label: "Lose the answer to the next restore request", hint: "Elasticsearch acts, and the bot never hears of it", kind: aButton}
	if len(s.fleet.fronts) == 0 {
		lose.why = "No cluster is reached by an address of its own."
	} else {
		lose.on = func() bool { on, _, _ := s.fleet.disturbed(); return on }
		lose.do = func(context.Context, bool) error { s.fleet.loseNext(); return nil }
	}
	slow := mischief{id: "slow", label: "Restores are slow", hint: "3 MB a second instead of 40", kind: aSwitch}
	stall := mischief{id: "stall", label: "A shard stands still", hint: "the first of every index, until it goes on", kind: aSwitch}
	if s.fleet.reader == nil {
		slow.why = "Only simulated clusters can be slowed down."
		stall.why = "Only in simulated clusters can a shard be told to stand still."
		return []mischief{lose, slow, stall}
	}
	slow.on = func() bool { _, on, _ := s.fleet.disturbed(); return on }
	slow.do = func(_ context.Context, on bool) error { s.fleet.setSlow(on); return nil }
	stall.on = func() bool { _, _, on := s.fleet.disturbed(); return on }
	stall.do = func(_ context.Context, on bool) error { s.fleet.setStalled(on); return nil }
	return []mischief{lose, slow, stall}
}

// mischief disturbs the cloud.
func (c *cloud) mischief() []mischief {
	away := mischief{id: "cloud", label: "Alibaba Cloud is away", hint: "connections are refused", kind: aSwitch, why: c.why}
	throttle := mischief{id: "throttle", label: "Alibaba Cloud throttles", hint: "every request is one too many", kind: aSwitch, why: c.why}
	lose := mischief{id: "lose-share", label: "Lose the answer to the next share", hint: "Alibaba Cloud acts, and the bot never hears of it", kind: aButton, why: c.why}
	if c.why == "" {
		away.on = c.front.isAway
		away.do = func(_ context.Context, on bool) error { return c.front.setAway(on) }
		throttle.on = func() bool { _, on := c.disturbed(); return on }
		throttle.do = func(_ context.Context, on bool) error { c.setThrottling(on); return nil }
		lose.on = func() bool { on, _ := c.disturbed(); return on }
		lose.do = func(context.Context, bool) error { c.loseNext(); return nil }
	}
	return []mischief{away, throttle, lose}
}

// disturb does one mischief, or takes it back.
func (s *Sandbox) disturb(ctx context.Context, id string, on bool) error {
	all := s.mischiefs()
	at := slices.IndexFunc(all, func(m mischief) bool { return m.id == id })
	if at < 0 {
		return fmt.Errorf("there is no mischief %q", id)
	}
	if all[at].why != "" || all[at].do == nil {
		return fmt.Errorf("that can't be done: %s", all[at].why)
	}
	err := all[at].do(ctx, on)
	s.tellStatus()
	return err
}

type statusJSON struct {
	Bot       string         `json:"bot"` // connected, connecting, killed, or how it ended
	Starts    int            `json:"starts"`
	PID       int            `json:"pid,omitempty"`
	SlackAway bool           `json:"slackAway,omitempty"`
	About     []string       `json:"about"`
	Mischief  []mischiefJSON `json:"mischief"`
}

type mischiefJSON struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Hint  string `json:"hint,omitempty"`
	Kind  string `json:"kind"`
	On    bool   `json:"on,omitempty"`
	Why   string `json:"why,omitempty"`
}

// status is how the parts are.
func (s *Sandbox) status() json.RawMessage {
	state, times := s.bot.life()
	if state == "running" {
		state = "connecting"
		if len(s.slack.Sockets()) > 0 {
			state = "connected"
		}
	}
	out := statusJSON{
		Bot: state, Starts: times, PID: s.bot.pid(), SlackAway: s.slackAway.Load(),
		About: []string{s.fleet.about, s.cloud.about, s.memory.about, "Slack is played by this program."},
	}
	for _, m := range s.mischiefs() {
		one := mischiefJSON{ID: m.id, Label: m.label, Hint: m.hint, Kind: m.kind, Why: m.why}
		if m.on != nil {
			one.On = m.on()
		}
		out.Mischief = append(out.Mischief, one)
	}
	return encode(out)
}

// tellStatus tells the pages how the parts are.
func (s *Sandbox) tellStatus() {
	s.telling.Lock() // or a status read before another could be told after it
	defer s.telling.Unlock()
	status := s.status()
	s.hub.each("", func(m *mailbox) { m.set(secStatus, status) })
}

// botChanged tells the pages that the bot said something, or ended.
func (s *Sandbox) botChanged(line string) {
	if line == "" {
		s.tellStatus()
		return
	}
	raw := encode(line)
	s.hub.each("", func(m *mailbox) { m.add(secLog, raw) })
}
