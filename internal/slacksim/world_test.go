package slacksim_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

func TestTheServerListensWhereItIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	given := slacksim.New(slacksim.WithListener(l), slacksim.WithTokens("xoxb-1", "xapp-1"))
	defer given.Close()
	if want := "http://" + l.Addr().String() + "/api/"; given.APIURL() != want {
		t.Errorf("%s, want %s", given.APIURL(), want)
	}
	answer, _ := raw(t, given, "auth.test", "xoxb-1", nil)
	wantOK(t, answer)
	answer, _ = raw(t, given, "auth.test", slacksim.DefaultBotToken, nil)
	wantError(t, answer, "invalid_auth")

	free := slacksim.New(slacksim.WithAddress("localhost:0"))
	defer free.Close()
	if !strings.HasPrefix(free.URL(), "http://127.0.0.1:") && !strings.HasPrefix(free.URL(), "http://[::1]:") {
		t.Errorf("URL %s", free.URL())
	}
	defer func() {
		if recover() == nil {
			t.Error("a taken address went unnoticed")
		}
	}()
	slacksim.New(slacksim.WithAddress(l.Addr().String()))
}

func TestTheWorldIsListedAsItWasMade(t *testing.T) {
	s := workspace(t)
	var names []string
	for _, u := range s.Users() {
		names = append(names, u.Name)
	}
	if diff := cmp.Diff([]string{s.App().Name, "alice", "bob"}, names); diff != "" {
		t.Error(diff)
	}
	if s.Team().Domain != "acme" {
		t.Errorf("team %+v", s.Team())
	}
	for what, edit := range map[string]func(){
		"user":    func() { s.EditUser("U0NONE", func(*slacksim.User) {}) },
		"group":   func() { s.EditGroup("S0NONE", func(*slacksim.Group) {}) },
		"channel": func() { s.EditChannel("C0NONE", func(*slacksim.Channel) {}) },
		"no ID":   func() { s.PutUser(slacksim.User{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: a mistake in the test went unnoticed", what)
				}
			}()
			edit()
		}()
	}
}

func TestOnAGridPayloadsNameTheEnterprise(t *testing.T) {
	s := workspace(t, slacksim.WithTeam(slacksim.Team{ID: "T0ACME", Domain: "acme", EnterpriseID: "E1", EnterpriseName: "Grid"}))
	s.PutUser(slacksim.User{ID: "W0GRID", TeamID: "T0SISTER", EnterpriseID: "E1"})
	s.Invite(ops, "W0GRID")
	join(t, s).echo(nil)
	if _, err := s.Command(within(t), "W0GRID", ops, "/es-restore", ""); err != nil {
		t.Fatalf("a member of a sister workspace: %v", err)
	}
	if p := lastPayload(t, s); p["enterprise_id"] != "E1" || p["enterprise_name"] != "Grid" {
		t.Errorf("command %v", p)
	}
	ts := post(t, s, "blocks", blocksJSON(t, actions("b", button("go", "1"))))
	if _, err := s.Click(within(t), "W0GRID", slacksim.InMessage(ops, ts), "go"); err != nil {
		t.Fatal(err)
	}
	p := lastPayload(t, s)
	if p["enterprise"].(obj)["id"] != "E1" || p["user"].(obj)["team_id"] != "T0SISTER" || p["team"].(obj)["enterprise_id"] != "E1" {
		t.Errorf("click %v", p)
	}
}

func TestAttachmentsAreKeptAndCounted(t *testing.T) {
	s := workspace(t)
	ts := post(t, s, "text", "top", "attachments", `[{"text":"below","pretext":"above"}]`)
	if m, _ := s.Message(ops, ts); m.AllText() != "top\nabove\nbelow" {
		t.Errorf("shows %q", m.AllText())
	}
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "attachments", "7"), "invalid_attachments")
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "attachments", "["+strings.TrimSuffix(strings.Repeat("{},", 101), ",")+"]"), "too_many_attachments")
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "text", "x", "markdown_text", "y"), "markdown_text_conflict")
}

func TestRichTextIsReadAsALine(t *testing.T) {
	s := workspace(t)
	piece := func(typ string, fields obj) any { return with(fields, "type", typ) }
	line := obj{"type": "rich_text_section", "elements": []any{
		piece("text", obj{"text": "a "}), piece("usergroup", obj{"usergroup_id": "S1"}), piece("channel", obj{"channel_id": "C1"}),
		piece("broadcast", obj{"range": "here"}), piece("emoji", obj{"name": "tada"}), piece("link", obj{"url": "https://x"}),
		piece("link", obj{"url": "https://y", "text": "why"}), piece("date", obj{"timestamp": 1, "format": "{date}", "fallback": "then"}),
	}}
	list := obj{"type": "rich_text_list", "style": "bullet", "elements": []any{
		obj{"type": "rich_text_section", "elements": []any{piece("text", obj{"text": "one"})}},
		obj{"type": "rich_text_section", "elements": []any{piece("text", obj{"text": "two"})}},
	}}
	ts := post(t, s, "blocks", blocksJSON(t, obj{"type": "rich_text", "elements": []any{line, list}}))
	m, _ := s.Message(ops, ts)
	if diff := cmp.Diff("a <!subteam^S1><#C1><!here>:tada:https://xwhythen\none\ntwo", m.AllText()); diff != "" {
		t.Error(diff)
	}
}

func TestAChoiceThatWasNeverOfferedCanBeSubmittedAsItself(t *testing.T) {
	s := workspace(t)
	answering(t, s, nil)
	id := openModal(t, s, view("blocks", []any{with(input(obj{"type": "multi_external_select", "action_id": "a"}), "block_id", "a")}))
	got, err := s.Submit(within(t), alice, id, slacksim.Values{"a": []slacksim.Choice{{Text: "One", Value: "1"}, {Text: "Two", Value: "2"}}})
	if err != nil || got.Action != "closed" {
		t.Fatalf("%+v %v", got, err)
	}
	chosen := lastPayload(t, s)["view"].(obj)["state"].(obj)["values"].(obj)["a"].(obj)["a"].(obj)["selected_options"].([]any)
	if len(chosen) != 2 || chosen[1].(obj)["value"] != "2" {
		t.Errorf("chosen %v", chosen)
	}
}

func TestForgottenCallsAreCountedFromAnew(t *testing.T) {
	s := workspace(t)
	post(t, s, "text", "x")
	s.ForgetCalls()
	post(t, s, "text", "y")
	if calls := s.Calls(""); len(calls) != 1 || !calls[0].OK() || calls[0].Arg("text") != "y" {
		t.Errorf("calls %+v", calls)
	}
}

func TestManyActAtOnce(t *testing.T) {
	s := workspace(t)
	for range 3 {
		join(t, s).echo(obj{"text": "ok"})
	}
	ts := post(t, s, "blocks", blocksJSON(t, actions("b", button("go", "1"))))
	done := make(chan error, 40)
	for i := range 20 {
		go func() {
			got, err := s.Command(within(t), alice, ops, "/es-restore", fmt.Sprint(i))
			if err == nil && !got.OK() {
				err = fmt.Errorf("%+v", got)
			}
			done <- err
		}()
		go func() {
			got, err := s.Click(within(t), bob, slacksim.InMessage(ops, ts), "go")
			if err == nil && !got.OK() {
				err = fmt.Errorf("%+v", got)
			}
			done <- err
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if e := s.Ephemerals(alice, ops); len(e) != 20 {
		t.Errorf("%d replies", len(e))
	}
}
