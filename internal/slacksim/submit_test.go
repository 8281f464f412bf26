package slacksim_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

// answering joins a socket that answers view_submissions with one payload and
// acks everything else.
func answering(t *testing.T, s *slacksim.Server, payload any) {
	t.Helper()
	w := join(t, s)
	go func() {
		for {
			e, err := w.read()
			if err != nil {
				return
			}
			p, _ := e["payload"].(obj)
			if p["type"] == "view_submission" || p["type"] == "block_suggestion" {
				w.ack(e["envelope_id"], payload)
			} else if e["envelope_id"] != nil {
				w.ack(e["envelope_id"], nil)
			}
		}
	}()
}

func openModal(t *testing.T, s *slacksim.Server, v modalProbe) string {
	t.Helper()
	return viewID(t, views(t, s, "views.open", obj{"trigger_id": trigger(t, s, alice), "view": v}))
}

func TestTheFormsValuesComeByTheirInputsType(t *testing.T) {
	s := workspace(t)
	answering(t, s, nil)
	group := obj{"label": plain("g"), "options": []any{opt(5), opt(6)}}
	elements := map[string]obj{
		"text": {"type": "plain_text_input"}, "mail": {"type": "email_text_input"}, "url": {"type": "url_text_input"},
		"num": {"type": "number_input", "is_decimal_allowed": false}, "one": {"type": "static_select", "options": []any{opt(1)}},
		"grouped": {"type": "static_select", "option_groups": []any{group}}, "many": {"type": "multi_static_select", "options": []any{opt(1), opt(2)}},
		"boxes": {"type": "checkboxes", "options": []any{opt(1), opt(2)}}, "radio": {"type": "radio_buttons", "options": []any{opt(1)}},
		"user": {"type": "users_select"}, "conv": {"type": "conversations_select", "response_url_enabled": true},
		"chans": {"type": "multi_channels_select"}, "day": {"type": "datepicker"}, "hour": {"type": "timepicker"},
		"when": {"type": "datetimepicker"}, "rich": {"type": "rich_text_input"}, "kept": {"type": "plain_text_input", "initial_value": "as it was"},
	}
	var blocks []any
	for name, e := range elements {
		blocks = append(blocks, with(input(with(e, "action_id", "a")), "block_id", name))
	}
	id := openModal(t, s, view("blocks", blocks))
	got, err := s.Submit(within(t), alice, id, slacksim.Values{
		"text": "free text", "mail": "a@example.org", "url": "https://example.org", "num": 42, "one": "v1", "grouped": "v6",
		"many": []string{"v1", "v2"}, "boxes": "v2", "radio": "o", "user": bob, "conv": ops, "chans": []string{ops},
		"day": "2026-01-31", "hour": "09:30", "when": time.Unix(1700000000, 0), "rich": "words",
	})
	if err != nil || got.Action != "closed" {
		t.Fatalf("%+v %v", got, err)
	}
	p := lastPayload(t, s)
	values := obj{}
	for block, v := range p["view"].(obj)["state"].(obj)["values"].(obj) {
		values[block] = v.(obj)["a"]
	}
	o := func(value string) obj { return obj{"text": with(plain("o"), "emoji", true), "value": value} }
	want := obj{
		"text": obj{"type": "plain_text_input", "value": "free text"}, "mail": obj{"type": "email_text_input", "value": "a@example.org"},
		"url": obj{"type": "url_text_input", "value": "https://example.org"}, "num": obj{"type": "number_input", "value": "42"},
		"one": obj{"type": "static_select", "selected_option": o("v1")}, "grouped": obj{"type": "static_select", "selected_option": o("v6")},
		"many":  obj{"type": "multi_static_select", "selected_options": []any{o("v1"), o("v2")}},
		"boxes": obj{"type": "checkboxes", "selected_options": []any{o("v2")}}, "radio": obj{"type": "radio_buttons", "selected_option": o("v1")},
		"user": obj{"type": "users_select", "selected_user": bob}, "conv": obj{"type": "conversations_select", "selected_conversation": ops},
		"chans": obj{"type": "multi_channels_select", "selected_channels": []any{ops}}, "day": obj{"type": "datepicker", "selected_date": "2026-01-31"},
		"hour": obj{"type": "timepicker", "selected_time": "09:30"}, "when": obj{"type": "datetimepicker", "selected_date_time": 1700000000.0},
		"rich": obj{"type": "rich_text_input", "rich_text_value": obj{"type": "rich_text", "elements": []any{
			obj{"type": "rich_text_section", "elements": []any{obj{"type": "text", "text": "words"}}}}}},
		"kept": obj{"type": "plain_text_input", "value": "as it was"},
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
	urls, _ := p["response_urls"].([]any)
	if len(urls) != 1 || urls[0].(obj)["channel_id"] != ops {
		t.Errorf("response_urls %v", urls)
	}
}

func TestSlacksClientSendsNoIncompleteForm(t *testing.T) {
	s := workspace(t)
	answering(t, s, nil)
	in := func(name string, e obj) any { return with(input(with(e, "action_id", name)), "block_id", name) }
	id := openModal(t, s, view("blocks", []any{
		in("must", obj{"type": "plain_text_input"}),
		in("short", obj{"type": "plain_text_input", "min_length": 3, "max_length": 5}),
		in("mail", obj{"type": "email_text_input"}), in("url", obj{"type": "url_text_input"}),
		in("num", obj{"type": "number_input", "is_decimal_allowed": false, "min_value": "1", "max_value": "9"}),
		with(in("may", obj{"type": "plain_text_input"}).(obj), "optional", true),
	}))
	sent := len(s.Envelopes())
	_, err := s.Submit(within(t), alice, id, slacksim.Values{"short": "äääääää", "mail": "nobody", "url": "here", "num": "10"})
	var form *slacksim.FormError
	if !errors.As(err, &form) {
		t.Fatalf("got %v", err)
	}
	want := map[string]string{
		"must": "is required", "short": "is too long: 7 characters of at most 5", "mail": `is not an e-mail address: "nobody"`,
		"url": `is not a URL: "here"`, "num": "must be at most 9",
	}
	if diff := cmp.Diff(want, form.Fields); diff != "" {
		t.Error(diff)
	}
	for entered, want := range map[string]string{"0": "must be at least 1", "1.5": "must be a whole number", "x": "is not a number"} {
		_, err = s.Submit(within(t), alice, id, slacksim.Values{"must": "x", "short": "xx", "mail": "a@b.c", "url": "https://x", "num": entered})
		if !errors.As(err, &form) || !strings.Contains(form.Fields["num"], want) || !strings.Contains(form.Fields["short"], "too short") {
			t.Errorf("%s: %v", entered, err)
		}
	}
	if len(s.Envelopes()) != sent {
		t.Error("a form went out")
	}
	_, err = s.Submit(within(t), alice, id, slacksim.Values{"nowhere": "x"})
	wantImpossible(t, err, "an input that is not there")
	_, err = s.Submit(within(t), bob, id, nil)
	wantImpossible(t, err, "somebody else's form")
}

func TestTheAckOfAFormDecidesWhatThePersonSees(t *testing.T) {
	bad := view("title", plain(long(25)))
	for _, c := range []struct {
		name    string
		ack     any
		action  string
		problem string
		open    int
	}{
		{"nothing", nil, "closed", "", 0},
		{"an empty object", obj{}, "closed", "", 0},
		{"clear", obj{"response_action": "clear"}, "clear", "", 0},
		{"errors", obj{"response_action": "errors", "errors": obj{"reason": "no"}}, "errors", "", 1},
		{"errors for no input", obj{"response_action": "errors", "errors": obj{"elsewhere": "no"}}, "", "not the block_id of an input", 1},
		{"no errors", obj{"response_action": "errors", "errors": obj{}}, "", "errors without any error", 1},
		{"update", obj{"response_action": "update", "view": form(obj{"title": plain("Two")})}, "update", "", 1},
		{"push", obj{"response_action": "push", "view": form(obj{"title": plain("Two")})}, "push", "", 2},
		{"an update that is no view", obj{"response_action": "update", "view": bad}, "", "must be less than 25 characters", 1},
		{"a home", obj{"response_action": "update", "view": obj{"type": "home", "blocks": []any{obj{"type": "divider"}}}}, "", "must be a modal", 1},
		{"an unknown action", obj{"response_action": "dance"}, "", "dance", 1},
		{"no object", []any{1}, "", "not an object", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := workspace(t)
			answering(t, s, c.ack)
			id := openModal(t, s, form(nil))
			got, err := s.Submit(within(t), alice, id, slacksim.Values{"reason": "x"})
			if err != nil || got.Action != c.action || !strings.Contains(got.Problem, c.problem) || (got.Problem == "") != (c.problem == "") {
				t.Errorf("%+v %v", got, err)
			}
			open := s.Views(alice)
			if len(open) != c.open {
				t.Fatalf("open: %+v", open)
			}
			if trouble := c.problem != ""; c.open > 0 && trouble != (open[0].Trouble != "") {
				t.Errorf("trouble shown: %q", open[0].Trouble)
			}
			if c.action == "errors" && !strings.Contains(open[0].AllText(), "no") {
				t.Errorf("the error is not shown: %q", open[0].AllText())
			}
			if (c.action == "update" || c.action == "push") && got.View.Title != "Two" {
				t.Errorf("shown: %+v", got.View)
			}
		})
	}
}

func TestAFourthModalCannotBePushedByAnAck(t *testing.T) {
	s := workspace(t)
	answering(t, s, obj{"response_action": "push", "view": form(nil)})
	openModal(t, s, form(nil))
	for range 2 {
		wantOK(t, views(t, s, "views.push", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}))
	}
	got, err := s.Submit(within(t), alice, s.Views(alice)[2].ID, slacksim.Values{"reason": "x"})
	if err != nil || got.Problem != "push_limit_reached" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAFormWithoutAnAckStaysWithTrouble(t *testing.T) {
	s := workspace(t, slacksim.WithAckTimeout(10*time.Millisecond))
	id := openModal(t, s, form(nil))
	got, err := s.Submit(within(t), alice, id, slacksim.Values{"reason": "x"})
	if err != nil || got.OK() || got.View == nil || got.View.Trouble == "" {
		t.Fatalf("%+v %v", got, err)
	}
	if got.View.State["reason"]["reason"]["value"] != "x" {
		t.Error("what was typed is lost")
	}
}

func TestClosingIsToldOnlyWhenAsked(t *testing.T) {
	s := workspace(t)
	answering(t, s, nil)
	quiet := openModal(t, s, form(nil))
	before := len(s.Envelopes())
	if d, err := s.CloseView(within(t), alice, quiet); err != nil || d.EnvelopeID != "" || len(s.Envelopes()) != before {
		t.Errorf("%+v %v", d, err)
	}
	loud := openModal(t, s, form(obj{"notify_on_close": true, "callback_id": "deny"}))
	if d, err := s.CloseView(within(t), alice, loud); err != nil || !d.OK() {
		t.Errorf("%+v %v", d, err)
	}
	p := lastPayload(t, s)
	if p["type"] != "view_closed" || p["is_cleared"] != false || p["view"].(obj)["callback_id"] != "deny" {
		t.Errorf("payload %v", p)
	}
	root := openModal(t, s, form(nil))
	wantOK(t, views(t, s, "views.push", obj{"trigger_id": trigger(t, s, alice), "view": form(obj{"clear_on_close": true, "notify_on_close": true})}))
	_, err := s.CloseView(within(t), alice, root)
	wantImpossible(t, err, "a view under another")
	if _, err := s.CloseView(within(t), alice, s.Views(alice)[1].ID); err != nil {
		t.Fatal(err)
	}
	if p := lastPayload(t, s); p["is_cleared"] != true || len(s.Views(alice)) != 0 {
		t.Errorf("payload %v, open %v", p, s.Views(alice))
	}
	_, err = s.CloseAll(within(t), alice)
	wantImpossible(t, err, "nothing is open")
}

func TestAnExternalSelectOffersWhatTheAppSuggests(t *testing.T) {
	s := workspace(t)
	answering(t, s, obj{"options": []any{obj{"text": plain("Monday"), "value": "mon"}, obj{"text": plain("Tuesday"), "value": "tue"}}})
	select_ := obj{"type": "external_select", "action_id": "day", "min_query_length": 1}
	id := openModal(t, s, view("blocks", []any{with(input(select_), "block_id", "day")}))
	at := slacksim.InView(id)
	_, err := s.Suggest(within(t), alice, at, "day", "")
	wantImpossible(t, err, "fewer letters than it asks for")
	got, err := s.Suggest(within(t), alice, at, "day", "m")
	if err != nil || got.Problem != "" {
		t.Fatalf("%+v %v", got, err)
	}
	if diff := cmp.Diff([]slacksim.Choice{{Text: "Monday", Value: "mon"}, {Text: "Tuesday", Value: "tue"}}, got.Options); diff != "" {
		t.Error(diff)
	}
	p := lastPayload(t, s)
	if p["type"] != "block_suggestion" || p["value"] != "m" || p["action_id"] != "day" || p["block_id"] != "day" || p["container"].(obj)["view_id"] != id {
		t.Errorf("payload %v", p)
	}
	var form *slacksim.FormError
	if _, err := s.Submit(within(t), alice, id, slacksim.Values{"day": "sunday"}); !errors.As(err, &form) {
		t.Errorf("an option nobody offered: %v", err)
	}
	if _, err := s.Submit(within(t), alice, id, slacksim.Values{"day": "Tuesday"}); err != nil {
		t.Fatal(err)
	}
	var all obj
	for _, e := range s.Envelopes() {
		if strings.Contains(string(e.Payload), "view_submission") {
			_ = json.Unmarshal(e.Payload, &all)
		}
	}
	if v := all["view"].(obj)["state"].(obj)["values"].(obj)["day"].(obj)["day"].(obj)["selected_option"].(obj)["value"]; v != "tue" {
		t.Errorf("selected %v", v)
	}
}

func TestBadSuggestionsOfferNothing(t *testing.T) {
	for name, payload := range map[string]any{
		"nothing":         nil,
		"no options":      obj{},
		"too many":        obj{"options": many(101, opt)},
		"too long a text": obj{"options": []any{optOf("text", plain(long(76)))}},
		"no object":       "text",
	} {
		t.Run(name, func(t *testing.T) {
			s := workspace(t)
			answering(t, s, payload)
			id := openModal(t, s, view("blocks", []any{with(input(obj{"type": "external_select", "action_id": "a"}), "block_id", "a")}))
			got, err := s.Suggest(within(t), alice, slacksim.InView(id), "a", "abc")
			if err != nil || got.Problem == "" || len(got.Options) != 0 {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
}

func TestAnInputSendsNothingBeforeItsFormUnlessItDispatches(t *testing.T) {
	s := workspace(t)
	answering(t, s, nil)
	quiet := with(input(obj{"type": "plain_text_input", "action_id": "quiet"}), "block_id", "quiet")
	loud := with(with(input(obj{"type": "plain_text_input", "action_id": "loud"}), "block_id", "loud"), "dispatch_action", true)
	at := slacksim.InView(openModal(t, s, view("blocks", []any{quiet, loud})))
	_, err := s.Select(within(t), alice, at, "quiet", "x")
	wantImpossible(t, err, "typing into an input that does not dispatch")
	if _, err := s.Select(within(t), alice, at, "loud", "x"); err != nil {
		t.Fatal(err)
	}
	p := lastPayload(t, s)
	if a := p["actions"].([]any)[0].(obj); a["value"] != "x" || p["container"].(obj)["type"] != "view" || p["channel"] != nil || p["response_url"] != nil {
		t.Errorf("payload %v", p)
	}
	if v := s.Views(alice)[0].State["loud"]["loud"]["value"]; v != "x" {
		t.Errorf("the form shows %v", v)
	}
}
