package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"es-restore/internal/slacksim"
)

// lines is a log that a test reads.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// connect runs one socket on a Slack of its own, with an App that knows nobody.
func connect(t *testing.T, slots chan struct{}, options ...slacksim.Option) (*slacksim.Server, *lines) {
	t.Helper()
	server := slacksim.New(options...)
	t.Cleanup(server.Close)
	server.PutUser(slacksim.User{ID: "U0ANNA", Name: "anna"})
	server.PutChannel(slacksim.Channel{ID: "C0ES", Name: "es", Members: []string{"U0ANNA", server.App().BotUserID}})
	api := slack.New(server.App().BotToken, slack.OptionAPIURL(server.APIURL()), slack.OptionAppLevelToken(server.App().AppToken))
	out := &lines{}
	log := slog.New(slog.NewJSONHandler(out, nil))
	app := &App{API: api, HTTP: &http.Client{Timeout: 5 * time.Second}, Now: time.Now, Decided: func(time.Duration) {}, Log: log,
		Home: Home{Team: server.Team().ID}}
	socket := &Socket{API: api, App: app, Slots: slots, Log: log}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- socket.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the socket ends with %v", err)
		}
	})
	within(t, server, "it connects", func() bool { return len(server.Sockets()) == 1 })
	return server, out
}

func within(t *testing.T, server *slacksim.Server, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := server.Wait(ctx, cond); err != nil {
		t.Fatalf("in vain: %s: %v", what, err)
	}
}

func command(t *testing.T, server *slacksim.Server, text string) slacksim.CommandResult {
	t.Helper()
	result, err := server.Command(t.Context(), "U0ANNA", "C0ES", "/es-restore", text)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestAPanicOfAHandlerEndsNothingElse(t *testing.T) {
	t.Parallel()
	slots := make(chan struct{}, 1)
	server, log := connect(t, slots)
	for range 3 { // a slot that is not given back would block
		command(t, server, "list") // the App has no Directory to ask
		slots <- struct{}{}        // the ack comes first, the end of the work after it
		<-slots
	}
	if result := command(t, server, "help"); result.Reply == nil || !strings.Contains(result.Reply.AllText(), "colleagues approve") {
		t.Errorf("afterwards help says %+v", result.Reply)
	}
	if n := strings.Count(log.String(), "handler panicked"); n != 3 {
		t.Errorf("%d panics in the log:\n%s", n, log)
	}
}

// TestWhatFollowsAClickIsBoundedAndGuardedLikeACommand turns a page: the command that
// shows it takes longer than an ack may, and runs after it.
func TestWhatFollowsAClickIsBoundedAndGuardedLikeACommand(t *testing.T) {
	t.Parallel()
	slots := make(chan struct{}, 1)
	server, log := connect(t, slots)
	turn := button(t, server, pageAction+"_next", "list")
	for range 3 {
		if click, err := server.Click(t.Context(), "U0ANNA", turn.Place(), pageAction+"_next"); err != nil || !click.OK() {
			t.Fatalf("%v %v", click.Outcome, err)
		}
		slots <- struct{}{} // free once what follows has ended
		<-slots
	}
	if n := strings.Count(log.String(), "handler panicked"); n != 3 { // the App has no Directory to ask
		t.Errorf("%d panics in the log:\n%s", n, log)
	}
}

// busy is a process that has all it can do.
func busy() chan struct{} {
	slots := NewSlots()
	for len(slots) < cap(slots) {
		slots <- struct{}{}
	}
	return slots
}

func TestWhoeverComesWhenTooMuchGoesOnIsTold(t *testing.T) {
	t.Parallel()
	server, _ := connect(t, busy())
	if result := command(t, server, "list"); result.Reply == nil || !strings.Contains(result.Reply.AllText(), busyWords) {
		t.Errorf("a command is told %+v", result.Reply)
	}
	card := post(t, server)
	click, err := server.Click(t.Context(), "U0ANNA", card.Place(), "approve")
	if err != nil || !click.OK() {
		t.Fatalf("%v %v", click.Outcome, err)
	}
	if told := server.Ephemerals("U0ANNA", "C0ES"); len(told) != 2 || !strings.Contains(told[1].AllText(), busyWords) {
		t.Errorf("when the click is acked, its clicker was told %v", told)
	}
	form, err := server.Deliver(t.Context(), "interactive", map[string]any{"type": "view_submission", "user": map[string]any{"id": "U0ANNA"},
		"view": map[string]any{"type": "modal", "callback_id": "deny", "blocks": []any{map[string]any{"type": "input", "block_id": "reason",
			"label": map[string]any{"type": "plain_text", "text": "Reason"}, "element": map[string]any{"type": "plain_text_input", "action_id": "reason"}}}}})
	if err != nil || !strings.Contains(string(form.Ack), busyWords) || !strings.Contains(string(form.Ack), "errors") {
		t.Errorf("a form is told %s %v", form.Ack, err)
	}
}

func TestAClickThatCanBeToldNothingIsNotAcked(t *testing.T) {
	t.Parallel()
	server, _ := connect(t, busy(), slacksim.WithAckTimeout(300*time.Millisecond))
	card := post(t, server)
	server.Fail("response_url", slacksim.Fault{Status: http.StatusInternalServerError, Times: -1})
	server.Fail("chat.postEphemeral", slacksim.Fault{Error: "internal_error", Times: -1})
	click, err := server.Click(t.Context(), "U0ANNA", card.Place(), "approve")
	if err != nil || click.Outcome != slacksim.TimedOut {
		t.Errorf("Slack shows no error: %v %v", click.Outcome, err)
	}
}

func post(t *testing.T, server *slacksim.Server) slacksim.Message {
	t.Helper()
	return button(t, server, "approve", "R-22222")
}

// button posts a message with a button as the app.
func button(t *testing.T, server *slacksim.Server, action, value string) slacksim.Message {
	t.Helper()
	api := slack.New(server.App().BotToken, slack.OptionAPIURL(server.APIURL()))
	_, ts, err := api.PostMessageContext(t.Context(), "C0ES", slack.MsgOptionBlocks(
		slack.NewActionBlock("", slack.NewButtonBlockElement(action, value, plainText("A button")))), slack.MsgOptionText("a card", false))
	if err != nil {
		t.Fatal(err)
	}
	message, _ := server.Message("C0ES", ts)
	return message
}

func TestConnectionsThatDieYoungAreOpenedSlowerAndSlower(t *testing.T) {
	t.Parallel()
	p := &Paced{}
	now := time.Now()
	open := func(lived time.Duration) time.Duration {
		delay := p.next(now)
		now = now.Add(delay).Add(lived)
		return delay
	}
	for i := range freeTries {
		if delay := open(time.Millisecond); delay != 0 {
			t.Errorf("try %d waits %s", i+1, delay)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
		want *= time.Second
		if delay := open(time.Millisecond); delay < want || delay > want*5/4 {
			t.Errorf("waits %s, want %s and up to a quarter more", delay, want)
		}
	}
	open(livedWell + time.Second)
	if delay := open(time.Millisecond); delay != 0 {
		t.Errorf("after one that lived well it waits %s", delay)
	}
}

func TestPacingLeavesOtherCallsAlone(t *testing.T) {
	t.Parallel()
	calls := 0
	p := &Paced{Next: roundTrip(func(*http.Request) (*http.Response, error) { calls++; return &http.Response{Body: http.NoBody}, nil }), tries: 100, last: time.Now()}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for _, method := range []string{"chat.postMessage", "apps.connections.open"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://slack.example/api/"+method, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := p.RoundTrip(req)
		if err == nil {
			_ = res.Body.Close()
		}
		if paced := method == "apps.connections.open"; paced != (err != nil) {
			t.Errorf("%s: %v", method, err)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
