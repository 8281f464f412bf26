package slacksim_test

import (
	"net/url"
	"testing"
	"time"

	"es-restore/internal/slacksim"
)

func TestPostingFasterThanOneASecondInAChannelIsRefused(t *testing.T) {
	c := newClock()
	s := workspace(t, slacksim.WithClock(c.Now), slacksim.WithRateLimits())
	s.PutChannel(slacksim.Channel{ID: "C0TWO", Members: []string{s.App().BotUserID}})
	token := s.App().BotToken
	for range 4 {
		post(t, s, "text", "x")
	}
	answer, resp := raw(t, s, "chat.postMessage", token, url.Values{"channel": {ops}, "text": {"x"}})
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "1" || answer["error"] != "ratelimited" {
		t.Errorf("%d %v %v", resp.StatusCode, resp.Header, answer)
	}
	post(t, s, "channel", "C0TWO", "text", "x") // another channel is another limit
	c.Advance(time.Second)
	post(t, s, "text", "x")
	if n := s.Exceeded("chat.postMessage"); n != 1 {
		t.Errorf("exceeded %d", n)
	}
}

func TestEachMethodHasItsTier(t *testing.T) {
	c := newClock()
	s := workspace(t, slacksim.WithClock(c.Now), slacksim.WithRateLimits())
	token := s.App().BotToken
	for method, n := range map[string]int{"usergroups.list": 20, "conversations.info": 50, "users.info": 100} {
		args := url.Values{"channel": {ops}, "user": {alice}}
		for i := range n {
			if _, resp := raw(t, s, method, token, args); resp.StatusCode != 200 {
				t.Fatalf("%s: call %d is refused", method, i+1)
			}
		}
		_, resp := raw(t, s, method, token, args)
		if resp.StatusCode != 429 {
			t.Errorf("%s: call %d is let through", method, n+1)
		}
		c.Advance(time.Minute / time.Duration(n))
		if _, resp := raw(t, s, method, token, args); resp.StatusCode != 200 {
			t.Errorf("%s: still refused after its share of a minute", method)
		}
	}
}

func TestWithoutLimitsTheExcessIsCounted(t *testing.T) {
	c := newClock()
	s := workspace(t, slacksim.WithClock(c.Now))
	for range 6 {
		post(t, s, "text", "x")
	}
	if got, all := s.Exceeded("chat.postMessage"), s.Exceeded(""); got != 2 || all != 2 {
		t.Errorf("exceeded %d of %d", got, all)
	}
}
