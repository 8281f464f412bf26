package slacksim_test

import (
	"testing"
	"time"

	"es-restore/internal/slacksim"
)

func respond(t *testing.T, url string, body obj) (status int, answer map[string]any) {
	t.Helper()
	answer, resp := postJSON(t, url, "", body)
	return resp.StatusCode, answer
}

func commandURL(t *testing.T, s *slacksim.Server) string {
	t.Helper()
	got, err := s.Command(within(t), alice, ops, "/es-restore", "")
	if err != nil {
		t.Fatal(err)
	}
	return got.ResponseURL
}

func TestAResponseURLServesFiveTimes(t *testing.T) {
	s := workspace(t)
	url := commandURL(t, s)
	for range 5 {
		if status, answer := respond(t, url, obj{"text": "x", "blocks": nil}); status != 200 || answer["ok"] != true {
			t.Fatalf("%d %v", status, answer)
		}
	}
	if status, answer := respond(t, url, obj{"text": "x"}); status != 404 || answer["error"] != "used_url" {
		t.Errorf("the sixth: %d %v", status, answer)
	}
	if n := len(s.Ephemerals(alice, ops)); n != 5 {
		t.Errorf("%d ephemerals", n)
	}
	if n := len(s.Calls("response_url")); n != 6 {
		t.Errorf("%d calls", n)
	}
}

func TestAResponseURLServesForThirtyMinutes(t *testing.T) {
	c := newClock()
	s := workspace(t, slacksim.WithClock(c.Now))
	url := commandURL(t, s)
	c.Advance(30 * time.Minute)
	if status, _ := respond(t, url, obj{"text": "x"}); status != 200 {
		t.Errorf("at thirty minutes: %d", status)
	}
	c.Advance(time.Second)
	if status, answer := respond(t, url, obj{"text": "x"}); status != 404 || answer["error"] != "expired_url" {
		t.Errorf("%d %v", status, answer)
	}
	if status, _ := respond(t, s.URL()+"/respond/commands/T0ACME/1/forged", obj{"text": "x"}); status != 404 {
		t.Errorf("an invented URL: %d", status)
	}
}

func TestARefusedBodyUsesNothingUp(t *testing.T) {
	s := workspace(t)
	url := commandURL(t, s)
	for range 6 {
		if status, answer := respond(t, url, obj{}); status != 400 || answer["error"] != "no_text" {
			t.Fatalf("%d %v", status, answer)
		}
	}
	if status, answer := respond(t, url, obj{"blocks": []any{obj{"type": "sektion"}}}); status != 400 || answer["error"] != "invalid_blocks" {
		t.Fatalf("%d %v", status, answer)
	}
	if status, _ := respond(t, url, obj{"text": "x"}); status != 200 {
		t.Errorf("status %d", status)
	}
}

func TestAResponseToTheChannelNeedsNoMembership(t *testing.T) {
	s := workspace(t)
	url := commandURL(t, s)
	s.Kick(ops, s.App().BotUserID)
	if status, _ := respond(t, url, obj{"response_type": "in_channel", "text": "for all"}); status != 200 {
		t.Fatalf("status %d", status)
	}
	m := s.Messages(ops)
	if len(m) != 1 || m[0].Text != "for all" || m[0].Via != "response_url" || m[0].AppID != s.App().ID {
		t.Errorf("messages %+v", m)
	}
}

func TestTheResponseURLOfAClickCanReplaceAndDeleteTheMessage(t *testing.T) {
	s := workspace(t)
	blocks := blocksJSON(t, actions("b", button("go", "1")))
	ts := post(t, s, "text", "card", "blocks", blocks)
	clicked := func() string {
		got, err := s.Click(within(t), alice, slacksim.InMessage(ops, ts), "go")
		if err != nil {
			t.Fatal(err)
		}
		return got.ResponseURL
	}
	url := clicked()
	if status, _ := respond(t, url, obj{"text": "only you see this"}); status != 200 {
		t.Fatal(status)
	}
	if m, _ := s.Message(ops, ts); m.Text != "card" || len(s.Ephemerals(alice, ops)) != 1 {
		t.Errorf("without replace_original the message became %+v", m)
	}
	forged := obj{"replace_original": true, "text": "approve this instead", "blocks": []any{actions("b", button("go", "2"))}}
	if status, _ := respond(t, url, forged); status != 200 {
		t.Fatal(status)
	}
	if m, _ := s.Message(ops, ts); m.Text != "approve this instead" || m.Via != "response_url" || m.Element("go")["value"] != "2" {
		t.Errorf("message %+v", m)
	}
	if status, _ := respond(t, url, obj{"delete_original": "true"}); status != 200 {
		t.Fatal(status)
	}
	if _, there := s.Message(ops, ts); there {
		t.Error("the message is still there")
	}
}

func TestAnEphemeralCanBeReplacedByItsOwnResponseURL(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(obj{"blocks": []any{actions("b", button("go", "1"))}, "text": "first"})
	cmd, err := s.Command(within(t), alice, ops, "/es-restore", "")
	if err != nil || cmd.Reply == nil {
		t.Fatalf("%+v %v", cmd, err)
	}
	click, err := s.Click(within(t), alice, cmd.Reply.Place(), "go")
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := respond(t, click.ResponseURL, obj{"replace_original": true, "text": "second"}); status != 200 {
		t.Fatal(status)
	}
	if e := s.Ephemerals(alice, ops); len(e) != 1 || e[0].Text != "second" {
		t.Errorf("ephemerals %+v", e)
	}
	if status, _ := respond(t, click.ResponseURL, obj{"delete_original": true}); status != 200 || len(s.Ephemerals(alice, ops)) != 0 {
		t.Errorf("%d, %+v", status, s.Ephemerals(alice, ops))
	}
}

func TestReplacingAMessageThatIsGoneTellsThePersonInstead(t *testing.T) {
	s := workspace(t)
	ts := post(t, s, "text", "card", "blocks", blocksJSON(t, actions("b", button("go", "1"))))
	click, err := s.Click(within(t), alice, slacksim.InMessage(ops, ts), "go")
	if err != nil {
		t.Fatal(err)
	}
	wantOK(t, call(t, s, "chat.delete", "channel", ops, "ts", ts))
	if status, _ := respond(t, click.ResponseURL, obj{"replace_original": true, "text": "where?"}); status != 200 {
		t.Fatal(status)
	}
	if e := s.Ephemerals(alice, ops); len(e) != 1 || e[0].Text != "where?" || len(s.Messages(ops)) != 0 {
		t.Errorf("ephemerals %+v", e)
	}
}
