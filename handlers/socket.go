package handlers

import (
	"context"
	"errors"
	"fmt"
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

// longestWait is how long the library may wait before it tries to connect
// again. Left alone it waits up to five minutes, and Slack is back long before.
const longestWait = 15 * time.Second

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
	once sync.Once
	away chan struct{}
}

// NewSlots makes the process's share of work.
func NewSlots() chan struct{} { return make(chan struct{}, workers) }

// Up reports whether Slack has greeted the connection and not left since.
func (s *Socket) Up() bool { return s.up.Load() }

// Run keeps a connection up and answers what comes in, until ctx ends; then it
// finishes what it has begun. It returns ErrRefusedToken when no waiting helps.
func (s *Socket) Run(ctx context.Context) error {
	defer s.busy.Wait()
	for ctx.Err() == nil {
		err := s.connected(ctx)
		s.up.Store(false)
		switch {
		case ctx.Err() != nil || err == nil:
		case lasting(err):
			return fmt.Errorf("%w (%s)", ErrRefusedToken, slackCode(err))
		default:
			return err
		}
	}
	return nil
}

// connected runs one client of the library until it ends, or waits too long to
// connect: then it is nil, and a new one tries at once.
func (s *Socket) connected(ctx context.Context) error {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	client := socketmode.New(s.API, socketmode.OptionReadLimit(1<<20))
	done := make(chan error, 1)
	go func() { done <- client.RunContext(run) }()
	for {
		select {
		case err := <-done:
			if run.Err() != nil {
				return nil
			}
			return err
		case event := <-client.Events:
			s.event(ctx, client, event)
			failed, ok := event.Data.(*slack.ConnectionErrorEvent)
			switch {
			case ok && lasting(failed.ErrorObj): // the library would try for ever
				return failed.ErrorObj
			case ok && failed.Backoff > longestWait:
				cancel()
			}
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
	slots, handle := s.Slots, s.handle
	select {
	case slots <- struct{}{}:
	default:
		slots, handle = s.turnedAway(), s.turnAway
		select {
		case slots <- struct{}{}:
		default:
			s.Log.Warn("envelope left", "err", "too much is going on even to say so") // without an ack, Slack says it
			return
		}
	}
	s.busy.Go(func() {
		defer func() { <-slots }()
		// What was begun is finished, for a while, although the process is told
		// to stop.
		work, cancel := outliving(ctx, drainWithin)
		defer cancel()
		defer guard(s.Log)
		handle(work, event, ack)
	})
}

// outliving is ctx for a while longer, for what must not be left half done at a stop.
func outliving(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	lasts, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(within, cancel) })
	return lasts, func() { stop(); cancel() }
}

// guard keeps a panic of one handler from ending the process. It is deferred.
func guard(log *slog.Logger) {
	if fault := recover(); fault != nil {
		log.Error("handler panicked", "err", fault, "stack", string(debug.Stack()))
	}
}

const busyWords = "es-restore has too much to do right now. Nothing was recorded; try again."

// turnedAway is how many at once are told that too much is going on.
func (s *Socket) turnedAway() chan struct{} {
	s.once.Do(func() { s.away = make(chan struct{}, workers) })
	return s.away
}

// turnAway tells whoever typed or clicked that too much is going on. A click is
// acked only once they were told: an ack alone would look like a decision.
func (s *Socket) turnAway(ctx context.Context, event socketmode.Event, ack func(any)) {
	answer := say(busyWords)
	data, _ := event.Data.(slack.InteractionCallback)
	switch {
	case event.Type == socketmode.EventTypeSlashCommand:
		ack(ephemeral(*answer))
	case data.Type == slack.InteractionTypeViewSubmission:
		ack(underInput(data.View, answer))
	case data.Type == slack.InteractionTypeBlockActions:
		within, cancel := context.WithTimeout(ctx, ackWithin)
		defer cancel()
		err := s.App.answer(within, Caller{User: data.User.ID, Channel: channelOf(data), ResponseURL: data.ResponseURL}, *answer)
		if err != nil {
			s.Log.Warn("answer not delivered", "actor", data.User.ID, "err", err)
			return
		}
		ack(nil)
	default:
		ack(nil)
	}
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
	case plans(command.Verb):
		ack(ephemeral(*say(planning)))
	default:
		ack(nil)
	}
	a.Command(ctx, command, Caller{User: in.UserID, Channel: in.ChannelID, ResponseURL: in.ResponseURL, Trigger: in.TriggerID})
}

// plans reports whether a verb plans before it answers.
func plans(verb string) bool {
	switch verb {
	case "restore", "plan", "retry", "undo", "share":
		return true
	}
	return false
}

// ephemeral is an answer as an ack's payload.
func ephemeral(a Answer) map[string]any {
	return map[string]any{"response_type": "ephemeral", "text": a.Text, "blocks": a.Blocks}
}

// Paced delays opening connections: the library reconnects without a pause when
// Slack closes what it just opened, thousands of times a second. The first few
// are not delayed, since Slack also closes good connections, and clicks must find
// another one soon.
type Paced struct {
	Next http.RoundTripper

	mu    sync.Mutex
	last  time.Time // when the last one was let through
	tries int       // since one lived well
}

// A connection that lived so long counts as a good one.
const (
	livedWell     = 30 * time.Second
	freeTries     = 10
	shortestDelay = time.Second
	longestDelay  = 30 * time.Second
)

// RoundTrip implements http.RoundTripper.
func (p *Paced) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/apps.connections.open") {
		select {
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-time.After(p.next(time.Now())):
		}
	}
	return p.Next.RoundTrip(req)
}

// next is how long to wait before opening another connection.
func (p *Paced) next(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.last) > livedWell {
		p.tries = 0
	}
	p.tries++
	delay := time.Duration(0)
	if over := p.tries - freeTries; over > 0 {
		delay = min(shortestDelay<<min(over-1, 10), longestDelay)
		delay += time.Duration(rand.Int64N(int64(delay)/4 + 1))
	}
	p.last = now.Add(delay)
	return delay
}
