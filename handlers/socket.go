package handlers

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// What one process takes on at a time. A person who meets the limit is told.
const workers = 64

// ackWithin bounds sending an ack; Slack waits three seconds for it.
const ackWithin = 2500 * time.Millisecond

// drainWithin is how long answers may still take once the process is told to stop.
const drainWithin = 6 * time.Second

// ErrRefusedToken: Slack does not take the bot's or the app's token.
var ErrRefusedToken = errors.New("slack refuses the token")

// A Socket is one Socket Mode connection that is kept up. A process runs two:
// Slack closes each every few hours, and what arrives meanwhile must find the
// other.
type Socket struct {
	API   *slack.Client // with the app-level token, on its own Paced transport
	App   *App
	Slots chan struct{} // shared by the process's sockets; its capacity is workers
	Log   *slog.Logger

	up   atomic.Bool
	busy sync.WaitGroup
}

// NewSlots makes the process's share of work.
func NewSlots() chan struct{} { return make(chan struct{}, workers) }

// Up reports whether Slack has greeted the connection and not left since.
func (s *Socket) Up() bool { return s.up.Load() }

// Run keeps a connection up and answers what comes in, until ctx ends; then it
// finishes what it has begun. It returns ErrRefusedToken when no waiting helps.
func (s *Socket) Run(ctx context.Context) error {
	client := socketmode.New(s.API, socketmode.OptionReadLimit(1<<20))
	done := make(chan error, 1)
	go func() { done <- client.RunContext(ctx) }()
	defer s.busy.Wait()
	for {
		select {
		case err := <-done:
			s.up.Store(false)
			if ctx.Err() != nil {
				return nil
			}
			if RefusedToken(err) {
				return ErrRefusedToken
			}
			return err
		case event := <-client.Events:
			s.event(ctx, client, event)
		}
	}
}

// event must never block: the library's reader waits for it.
func (s *Socket) event(ctx context.Context, client *socketmode.Client, event socketmode.Event) {
	switch event.Type {
	case socketmode.EventTypeHello:
		s.up.Store(true)
		if event.Request != nil {
			s.App.Greeted(event.Request.ConnectionInfo.AppID)
		}
		s.Log.Info("slack connected")
	case socketmode.EventTypeConnecting:
		s.up.Store(false)
	case socketmode.EventTypeConnectionError:
		s.up.Store(false)
		if failed, ok := event.Data.(*slack.ConnectionErrorEvent); ok {
			s.Log.Warn("slack not connected", "attempt", failed.Attempt, "err", failed.ErrorObj)
		}
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		s.take(ctx, client, event)
	}
}

// take answers an envelope on its own goroutine, or says that too much is going
// on.
func (s *Socket) take(ctx context.Context, client *socketmode.Client, event socketmode.Event) {
	ack := s.acker(ctx, client, event)
	select {
	case s.Slots <- struct{}{}:
	default:
		s.busy.Go(func() { ack(busyAnswer(event)) })
		return
	}
	s.busy.Go(func() {
		defer func() { <-s.Slots }()
		// What was begun is finished, for a while, although the process is told
		// to stop.
		work, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		defer context.AfterFunc(ctx, func() { time.AfterFunc(drainWithin, cancel) })()
		defer func() {
			if fault := recover(); fault != nil {
				s.Log.Error("handler panicked", "err", fault, "stack", string(debug.Stack()))
			}
		}()
		s.handle(work, event, ack)
	})
}

// busyAnswer is an ack's payload where a payload can be read.
func busyAnswer(event socketmode.Event) any {
	if event.Type == socketmode.EventTypeSlashCommand {
		return ephemeral(*say("es-restore has too much to do right now. Nothing was asked; try again."))
	}
	return nil
}

// acker sends one ack over the connection the envelope came on.
func (s *Socket) acker(ctx context.Context, client *socketmode.Client, event socketmode.Event) func(payload any) {
	return func(payload any) {
		if event.Request == nil || event.Request.EnvelopeID == "" {
			return
		}
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackWithin)
		defer cancel()
		if err := client.AckCtx(within, event.Request.EnvelopeID, payload); err != nil {
			s.Log.Warn("ack not sent", "err", err)
		}
	}
}

// handle answers one envelope.
func (s *Socket) handle(ctx context.Context, event socketmode.Event, ack func(any)) {
	switch data := event.Data.(type) {
	case slack.SlashCommand:
		s.App.slash(ctx, data, ack)
	case slack.InteractionCallback:
		switch data.Type {
		case slack.InteractionTypeBlockActions:
			s.App.Click(ctx, data, ack)
		case slack.InteractionTypeBlockSuggestion:
			ack(s.App.Suggest(ctx, data))
		case slack.InteractionTypeViewSubmission:
			if data.View.CallbackID == formRestore {
				s.App.SubmitForm(ctx, data, ack)
				return
			}
			s.App.Submit(ctx, data, ack)
		default:
			ack(nil)
		}
	case slackevents.EventsAPIEvent:
		ack(nil)
		if opened, ok := data.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent); ok && opened.Tab == "home" {
			s.App.ShowHome(ctx, opened.User)
		}
	default:
		ack(nil)
	}
}

// slash acks at once, with the whole answer when it needs nobody else, and then
// answers. An ack without words shows nothing.
func (a *App) slash(ctx context.Context, in slack.SlashCommand, ack func(any)) {
	command, refusal := Parse(in.Text)
	switch {
	case refusal != nil:
		ack(ephemeral(*refused(*refusal)))
		return
	case command.Verb == "help":
		ack(ephemeral(*help(command.Help)))
		return
	case command.Verb == "restore" || command.Verb == "plan":
		ack(ephemeral(*say(planning)))
	default:
		ack(nil)
	}
	a.Command(ctx, command, Caller{User: in.UserID, Channel: in.ChannelID, ResponseURL: in.ResponseURL, Trigger: in.TriggerID})
}

// ephemeral is an answer as an ack's payload.
func ephemeral(a Answer) map[string]any {
	return map[string]any{"response_type": "ephemeral", "text": a.Text, "blocks": a.Blocks}
}

// Paced delays opening connections: the library reconnects without a pause when
// Slack closes what it just opened, thousands of times a second.
type Paced struct {
	Next http.RoundTripper

	mu    sync.Mutex
	last  time.Time
	delay time.Duration
}

// Connections that lived so long reset the delay.
const (
	livedWell     = 30 * time.Second
	shortestDelay = time.Second
	longestDelay  = time.Minute
)

// RoundTrip implements http.RoundTripper.
func (p *Paced) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/apps.connections.open") {
		wait := p.next()
		select {
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-time.After(wait):
		}
	}
	return p.Next.RoundTrip(req)
}

// next is how long to wait before opening another connection.
func (p *Paced) next() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := time.Since(p.last)
	if p.last.IsZero() || since > livedWell+p.delay {
		p.delay = 0
	} else {
		p.delay = min(max(2*p.delay, shortestDelay), longestDelay)
	}
	p.last = time.Now().Add(p.delay)
	return p.delay + time.Duration(rand.Int64N(int64(p.delay)/4+1))
}
