package slacksim_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

func wantImpossible(t *testing.T, err error, what string) {
	t.Helper()
	if !errors.Is(err, slacksim.ErrImpossible) {
		t.Errorf("%s: want ErrImpossible, got %v", what, err)
	}
}

// lastPayload is the payload of the envelope that went out last.
func lastPayload(t *testing.T, s *slacksim.Server) obj {
	t.Helper()
	all := s.Envelopes()
	if len(all) == 0 {
		t.Fatal("nothing went out")
	}
	var out obj
	if err := json.Unmarshal(all[len(all)-1].Payload, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestACommandNeedsAPersonWhoCouldTypeIt(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	s.PutUser(slacksim.User{ID: "U0GONE", Deleted: true})
	s.PutUser(slacksim.User{ID: "U0EXT", TeamID: "T0PARTNER"})
	s.PutChannel(slacksim.Channel{ID: "C0OLD", Archived: true, Members: []string{alice}})
	s.Invite(ops, "U0GONE", "U0EXT")
	for what, c := range map[string][2]string{
		"unknown person": {"U0NONE", ops}, "deactivated": {"U0GONE", ops}, "the bot": {s.App().BotUserID, ops},
		"of another company": {"U0EXT", ops}, "archived": {alice, "C0OLD"}, "unknown channel": {alice, "C0NONE"},
	} {
		_, err := s.Command(within(t), c[0], c[1], "/es-restore", "")
		wantImpossible(t, err, what)
	}
	s.Kick(ops, alice)
	_, err := s.Command(within(t), alice, ops, "/es-restore", "")
	wantImpossible(t, err, "not in the channel")
	if len(s.Envelopes()) != 0 {
		t.Error("something went out")
	}
}

func TestACommandGoesToTheAppThatOwnsIt(t *testing.T) {
	s := workspace(t)
	other := s.AddApp(slacksim.App{ID: "A0OTHER", Commands: []string{"/other"}})
	join(t, s).echo(obj{"text": "mine"})
	theirs, _ := dial(t, s, other.AppToken)
	theirs.echo(obj{"text": "theirs"})
	connected(t, s, 2)
	for command, want := range map[string]string{"/es-restore": "mine", "/other": "theirs"} {
		got, err := s.Command(within(t), alice, ops, command, "")
		if err != nil || got.Reply == nil || got.Reply.Text != want {
			t.Errorf("%s: %+v %v", command, got, err)
		}
	}
	s.SetScopes("chat:write")
	_, err := s.Command(within(t), alice, ops, "/es-restore", "")
	wantImpossible(t, err, "without the commands scope")
}

func TestAnAckThatIsNoMessageShowsAProblem(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(obj{"blocks": []any{obj{"type": "sektion"}}})
	got, err := s.Command(within(t), alice, ops, "/es-restore", "")
	if err != nil || got.Reply != nil || got.Problem == "" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAButtonCanBeClickedOnlyByThoseWhoSeeIt(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	s.PutUser(slacksim.User{ID: "U0CAROL"})
	s.PutUser(slacksim.User{ID: "U0GUEST", UltraRestricted: true})
	s.PutUser(slacksim.User{ID: "U0EXT", TeamID: "T0PARTNER"})
	s.PutChannel(slacksim.Channel{ID: "G0PRIV", Private: true, Members: []string{alice, s.App().BotUserID}})
	blocks := blocksJSON(t, actions("b", button("go", "1"), with(button("secret", "2"), "visible_to_user_ids", []any{alice})))
	open := slacksim.InMessage(ops, post(t, s, "blocks", blocks))
	private := slacksim.InMessage("G0PRIV", post(t, s, "channel", "G0PRIV", "blocks", blocks))
	for _, c := range []struct {
		user, action string
		at           slacksim.Place
		ok           bool
	}{
		{alice, "go", open, true},
		{"U0CAROL", "go", open, true}, // whoever sees a public channel sees its buttons
		{"U0GUEST", "go", open, false},
		{"U0EXT", "go", open, false},
		{alice, "go", private, true},
		{bob, "go", private, false},
		{alice, "secret", open, true},
		{bob, "secret", open, false},
		{alice, "stop", open, false},
		{alice, "go", slacksim.InMessage(ops, "1.000001"), false},
		{alice, "go", slacksim.InMessage("C0NONE", "1.000001"), false},
		{alice, "go", slacksim.InView("V0NONE"), false},
	} {
		got, err := s.Click(within(t), c.user, c.at, c.action)
		if c.ok && (err != nil || !got.OK()) {
			t.Errorf("%s %s %s: %+v %v", c.user, c.action, c.at, got, err)
		}
		if !c.ok {
			wantImpossible(t, err, c.user+" "+c.action+" "+c.at.String())
		}
	}
	s.Invite(ops, "U0EXT")
	if got, err := s.Click(within(t), "U0EXT", open, "go"); err != nil || !got.OK() {
		t.Errorf("a partner in the channel: %+v %v", got, err)
	}
	if team := lastPayload(t, s)["user"].(obj)["team_id"]; team != "T0PARTNER" {
		t.Errorf("team of the clicker: %v", team)
	}
}

func TestAForcedClickCarriesTheButtonAsItLastWas(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	ts := post(t, s, "text", "one", "blocks", blocksJSON(t, actions("decide", button("approve", "R-1"))))
	wantOK(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "done"))
	at := slacksim.InMessage(ops, ts)
	_, err := s.Click(within(t), bob, at, "approve")
	wantImpossible(t, err, "a button that is gone")
	if _, err := s.Click(within(t), bob, at, "approve", slacksim.Forced()); err != nil {
		t.Fatal(err)
	}
	a := lastPayload(t, s)["actions"].([]any)[0].(obj)
	if a["value"] != "R-1" || a["block_id"] != "decide" {
		t.Errorf("action %v", a)
	}
	if _, err := s.Click(within(t), bob, at, "approve", slacksim.WithValue("R-2")); err != nil {
		t.Fatal(err)
	}
	if a := lastPayload(t, s)["actions"].([]any)[0].(obj); a["value"] != "R-2" {
		t.Errorf("action %v", a)
	}
	if _, err := s.Click(within(t), bob, slacksim.InMessage(ops, "9.000009").InBlock("decide"), "approve", slacksim.WithValue("R-1")); err != nil {
		t.Fatal(err)
	}
	p := lastPayload(t, s)
	if p["container"].(obj)["message_ts"] != "9.000009" || p["actions"].([]any)[0].(obj)["block_id"] != "decide" {
		t.Errorf("payload %v", p)
	}
	s.EditUser(bob, func(u *slacksim.User) { u.Deleted = true })
	if _, err := s.Click(within(t), bob, at, "approve", slacksim.Forced()); err != nil {
		t.Errorf("a forged click of a deactivated person: %v", err)
	}
}

func TestAClickOnAnEphemeralNamesItsContainerAndNotTheMessage(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	answer := call(t, s, "chat.postEphemeral", "channel", ops, "user", alice, "blocks", blocksJSON(t, actions("b", button("go", "1"))))
	at := slacksim.InMessage(ops, answer["message_ts"].(string))
	if _, err := s.Click(within(t), alice, at, "go"); err != nil {
		t.Fatal(err)
	}
	p := lastPayload(t, s)
	if p["container"].(obj)["is_ephemeral"] != true || p["message"] != nil {
		t.Errorf("payload %v", p)
	}
	_, err := s.Click(within(t), bob, at, "go")
	wantImpossible(t, err, "somebody else's ephemeral")
}

func TestAClickInAThreadNamesTheThread(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	root := post(t, s, "text", "root")
	reply := post(t, s, "thread_ts", root, "blocks", blocksJSON(t, actions("b", button("go", "1"))))
	if _, err := s.Click(within(t), alice, slacksim.InMessage(ops, reply), "go"); err != nil {
		t.Fatal(err)
	}
	if c := lastPayload(t, s)["container"].(obj); c["thread_ts"] != root || c["message_ts"] != reply {
		t.Errorf("container %v", c)
	}
}

func TestOneActionIDInTwoBlocksIsToldApartByTheBlock(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	ts := post(t, s, "blocks", blocksJSON(t, actions("one", button("go", "1")), actions("two", button("go", "2"))))
	if _, err := s.Click(within(t), alice, slacksim.InMessage(ops, ts).InBlock("two"), "go"); err != nil {
		t.Fatal(err)
	}
	if a := lastPayload(t, s)["actions"].([]any)[0].(obj); a["value"] != "2" {
		t.Errorf("action %v", a)
	}
	_, err := s.Click(within(t), alice, slacksim.InMessage(ops, ts).InBlock("three"), "go")
	wantImpossible(t, err, "a block that is not there")
}

func TestWhatIsSelectedInAMessageIsItsState(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	ts := post(t, s, "blocks", blocksJSON(t, actions("pick",
		obj{"type": "static_select", "action_id": "size", "options": []any{opt(1), opt(2)}},
		obj{"type": "multi_users_select", "action_id": "who", "max_selected_items": 2},
		obj{"type": "datepicker", "action_id": "day"},
		obj{"type": "datetimepicker", "action_id": "when"},
		obj{"type": "overflow", "action_id": "more", "options": []any{opt(3)}},
		button("go", "1"),
	)))
	at := slacksim.InMessage(ops, ts)
	for _, c := range []struct {
		action string
		chosen any
	}{{"size", "v2"}, {"who", []string{alice, bob}}, {"day", "2026-11-23"}, {"when", time.Unix(1700000000, 0)}, {"more", "v3"}} {
		if _, err := s.Select(within(t), alice, at, c.action, c.chosen); err != nil {
			t.Fatalf("%s: %v", c.action, err)
		}
	}
	if a := lastPayload(t, s)["actions"].([]any)[0].(obj); a["selected_option"].(obj)["value"] != "v3" {
		t.Errorf("overflow action %v", a)
	}
	if _, err := s.Click(within(t), alice, at, "go"); err != nil {
		t.Fatal(err)
	}
	state := lastPayload(t, s)["state"].(obj)["values"].(obj)["pick"].(obj)
	want := obj{
		"size": obj{"type": "static_select", "selected_option": obj{"text": with(plain("o"), "emoji", true), "value": "v2"}},
		"who":  obj{"type": "multi_users_select", "selected_users": []any{alice, bob}},
		"day":  obj{"type": "datepicker", "selected_date": "2026-11-23"},
		"when": obj{"type": "datetimepicker", "selected_date_time": 1700000000.0},
	}
	if diff := cmp.Diff(want, state); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Click(within(t), bob, at, "go"); err != nil {
		t.Fatal(err)
	}
	if v := lastPayload(t, s)["state"].(obj)["values"].(obj)["pick"].(obj)["day"].(obj)["selected_date"]; v != nil {
		t.Errorf("bob sees alice's choice: %v", v)
	}
	for what, bad := range map[string]func() error{
		"no such option":       func() error { _, err := s.Select(within(t), alice, at, "size", "v9"); return err },
		"too many":             func() error { _, err := s.Select(within(t), alice, at, "who", []string{"a", "b", "c"}); return err },
		"no date":              func() error { _, err := s.Select(within(t), alice, at, "day", "tomorrow"); return err },
		"click on a select":    func() error { _, err := s.Click(within(t), alice, at, "size"); return err },
		"select in a button":   func() error { _, err := s.Select(within(t), alice, at, "go", "x"); return err },
		"several for one date": func() error { _, err := s.Select(within(t), alice, at, "day", []string{"x"}); return err },
	} {
		wantImpossible(t, bad(), what)
	}
}

func TestAConfirmationIsShownBeforeTheClick(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	ts := post(t, s, "blocks", blocksJSON(t, confirmOf("title", plain("Really?"))...))
	got, err := s.Click(within(t), alice, slacksim.InMessage(ops, ts), "a")
	if err != nil || got.Confirm["title"].(obj)["text"] != "Really?" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestOnADownSlackNobodyCanAct(t *testing.T) {
	s := workspace(t)
	s.Down(slacksim.Unavailable)
	_, err := s.Command(within(t), alice, ops, "/es-restore", "")
	wantImpossible(t, err, "during an outage")
}

func TestPrivateChannelsAndDirectMessagesAreNotNamedInPayloads(t *testing.T) {
	s := workspace(t)
	join(t, s).echo(nil)
	s.PutChannel(slacksim.Channel{ID: "G0PRIV", Name: "secret", Private: true, Members: []string{alice}})
	wantOK(t, call(t, s, "chat.postMessage", "channel", alice, "text", "hi"))
	for channel, want := range map[string]string{"G0PRIV": "privategroup", s.DM(alice): "directmessage"} {
		if _, err := s.Command(within(t), alice, channel, "/es-restore", ""); err != nil {
			t.Fatal(err)
		}
		if got := lastPayload(t, s)["channel_name"]; got != want {
			t.Errorf("channel_name %v, want %s", got, want)
		}
	}
}
