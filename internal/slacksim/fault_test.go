package slacksim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

// try posts a message and returns what the client saw, errors included.
func try(t *testing.T, ctx context.Context, s *slacksim.Server, text string) (status int, body string, err error) {
	t.Helper()
	form := url.Values{"channel": {ops}, "text": {text}, "token": {s.App().BotToken}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.APIURL()+"chat.postMessage", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

func texts(s *slacksim.Server) []string {
	var out []string
	for _, m := range s.Messages(ops) {
		out = append(out, m.Text)
	}
	return out
}

func TestFaultsComeInOrderAndAreUsedUp(t *testing.T) {
	s := workspace(t)
	s.Fail("chat.postMessage", slacksim.Fault{Status: 502})
	s.Fail("chat.postMessage", slacksim.Fault{Error: "internal_error", Times: 2})
	s.Fail("chat.postMessage", slacksim.Fault{RetryAfter: 7 * time.Second})
	var got []string
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		status, body, err := try(t, t.Context(), s, text)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case status != http.StatusOK:
			got = append(got, http.StatusText(status))
		case strings.Contains(body, "internal_error"):
			got = append(got, "internal_error")
		default:
			got = append(got, "ok")
		}
	}
	if diff := cmp.Diff([]string{"Bad Gateway", "internal_error", "internal_error", "Too Many Requests", "ok"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"e"}, texts(s)); diff != "" {
		t.Errorf("a fault had an effect: %s", diff)
	}
}

func TestALostReplyHasItsEffect(t *testing.T) {
	s := workspace(t)
	s.Fail("chat.postMessage", slacksim.Fault{DropReply: true})
	if status, _, err := try(t, t.Context(), s, "once"); err == nil {
		t.Errorf("the client got status %d", status)
	}
	if diff := cmp.Diff([]string{"once"}, texts(s)); diff != "" {
		t.Error(diff)
	}
	c := s.Calls("chat.postMessage")
	if len(c) != 1 || !c[0].Effect || !c[0].Lost || c[0].OK() || c[0].Arg("text") != "once" {
		t.Errorf("calls %+v", c)
	}
}

func TestSilenceLastsUntilTheClientGivesUp(t *testing.T) {
	s := workspace(t)
	s.Fail("chat.postMessage", slacksim.Fault{Silence: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := try(t, ctx, s, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := s.Wait(within(t), func() bool { c := s.Calls("chat.postMessage"); return len(c) == 1 && c[0].Lost }); err != nil {
		t.Error(err)
	}
	if len(texts(s)) != 0 {
		t.Error("silence had an effect")
	}
}

func TestADelayPassesBeforeTheEffect(t *testing.T) {
	s := workspace(t)
	s.Fail("chat.postMessage", slacksim.Fault{Delay: 30 * time.Millisecond})
	start := time.Now()
	if _, _, err := try(t, t.Context(), s, "x"); err != nil || time.Since(start) < 30*time.Millisecond || len(texts(s)) != 1 {
		t.Errorf("after %s: %v %v", time.Since(start), err, texts(s))
	}
	s.Slow(20 * time.Millisecond)
	start = time.Now()
	if _, _, err := try(t, t.Context(), s, "y"); err != nil || time.Since(start) < 20*time.Millisecond {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

func TestAFaultMayPickItsCalls(t *testing.T) {
	s := workspace(t)
	s.Fail("*", slacksim.Fault{Error: "internal_error", Times: -1, When: func(c slacksim.Call) bool { return c.Arg("text") == "bad" }})
	for text, want := range map[string]bool{"good": true, "bad": false, "fine": true} {
		_, body, err := try(t, t.Context(), s, text)
		if err != nil || strings.Contains(body, `"ok":true`) != want {
			t.Errorf("%s: %s %v", text, body, err)
		}
	}
	s.Heal("*")
	if _, body, _ := try(t, t.Context(), s, "bad"); !strings.Contains(body, `"ok":true`) {
		t.Errorf("after healing: %s", body)
	}
}

func TestAHeldCallHasNoEffectUntilItIsReleased(t *testing.T) {
	s := workspace(t)
	g := s.Hold("chat.postMessage")
	done := make(chan error, 1)
	go func() {
		_, _, err := try(t, t.Context(), s, "x")
		done <- err
	}()
	if err := s.Wait(within(t), func() bool { return g.Waiting() == 1 }); err != nil {
		t.Fatal(err)
	}
	if len(texts(s)) != 0 || s.Calls("chat.postMessage")[0].Answered {
		t.Error("a held call went through")
	}
	g.Release()
	g.Release()
	if err := <-done; err != nil || len(texts(s)) != 1 {
		t.Errorf("%v %v", err, texts(s))
	}
	if _, _, err := try(t, t.Context(), s, "y"); err != nil {
		t.Errorf("a later call: %v", err)
	}
}

func TestAHeldReplyComesAfterTheEffect(t *testing.T) {
	s := workspace(t)
	g := s.HoldReply("chat.postMessage")
	done := make(chan error, 1)
	go func() {
		_, _, err := try(t, t.Context(), s, "x")
		done <- err
	}()
	if err := s.Wait(within(t), func() bool { return g.Waiting() == 1 && len(texts(s)) == 1 }); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Fatalf("the reply came early: %v", err)
	default:
	}
	g.Release()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestADownSlackRefusesOrAnswers503OrNothing(t *testing.T) {
	s := workspace(t)
	w := join(t, s)
	s.Down(slacksim.Refusing)
	if _, err := w.read(); err == nil {
		t.Error("the socket survived")
	}
	if _, _, err := try(t, t.Context(), s, "x"); err == nil {
		t.Error("a refusing Slack answered")
	}
	if s.Refused() == 0 || len(s.Calls("chat.postMessage")) != 0 {
		t.Errorf("%d refused, calls %+v", s.Refused(), s.Calls("chat.postMessage"))
	}
	s.Down(slacksim.Unavailable)
	if status, _, err := try(t, t.Context(), s, "x"); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("status %d, %v", status, err)
	}
	s.Down(slacksim.Silent)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, _, err := try(t, ctx, s, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
	s.Up()
	if _, body, err := try(t, t.Context(), s, "back"); err != nil || !strings.Contains(body, `"ok":true`) {
		t.Errorf("%s %v", body, err)
	}
	if diff := cmp.Diff([]string{"back"}, texts(s)); diff != "" {
		t.Error(diff)
	}
	join(t, s)
}
