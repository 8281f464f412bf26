package slacksim_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

func TestACommandHasExactlySlacksFields(t *testing.T) {
	s := workspace(t)
	w := join(t, s)
	done := make(chan slacksim.CommandResult, 1)
	go func() {
		got, err := s.Command(within(t), alice, ops, "/es-restore", " logs-* ")
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	e := w.next()
	w.ack(e["envelope_id"], obj{"response_type": "in_channel", "text": "working"})
	got := <-done
	want := obj{
		"envelope_id": got.EnvelopeID, "type": "slash_commands", "accepts_response_payload": true,
		"payload": obj{
			"token": s.App().VerificationToken, "team_id": "T0ACME", "team_domain": "acme",
			"channel_id": ops, "channel_name": "es-ops", "user_id": alice, "user_name": "alice",
			"command": "/es-restore", "text": "logs-*", "api_app_id": s.App().ID, "is_enterprise_install": "false",
			"response_url": got.ResponseURL, "trigger_id": got.TriggerID,
		},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	if m := s.Messages(ops); len(m) != 1 || m[0].Text != "working" || got.Reply.TS != m[0].TS {
		t.Errorf("in_channel reply: %+v", m)
	}
}

func TestAClickHasExactlySlacksFields(t *testing.T) {
	s := workspace(t)
	w := join(t, s)
	ts := post(t, s, "text", "card", "blocks", blocksJSON(t, actions("decide", with(button("approve", "R-1"), "style", "primary"))))
	done := make(chan slacksim.ClickResult, 1)
	go func() {
		got, err := s.Click(within(t), bob, slacksim.InMessage(ops, ts), "approve")
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	e := w.next()
	w.ack(e["envelope_id"], nil)
	got := <-done
	p := e["payload"].(obj)
	action := p["actions"].([]any)[0].(obj)
	m, _ := s.Message(ops, ts)
	text := obj{"type": "plain_text", "text": "approve", "emoji": true}
	want := obj{
		"envelope_id": got.EnvelopeID, "type": "interactive", "accepts_response_payload": false,
		"payload": obj{
			"type":       "block_actions",
			"user":       obj{"id": bob, "username": "bob", "name": "bob", "team_id": "T0ACME"},
			"api_app_id": s.App().ID, "token": s.App().VerificationToken,
			"container":  obj{"type": "message", "message_ts": ts, "channel_id": ops, "is_ephemeral": false},
			"trigger_id": got.TriggerID, "team": obj{"id": "T0ACME", "domain": "acme"},
			"enterprise": nil, "is_enterprise_install": false,
			"channel": obj{"id": ops, "name": "es-ops"},
			"message": obj{
				"type": "message", "ts": ts, "text": "card", "user": s.App().BotUserID, "team": "T0ACME",
				"app_id": s.App().ID, "bot_id": s.App().BotID,
				"bot_profile": obj{"id": s.App().BotID, "app_id": s.App().ID, "name": s.App().Name, "team_id": "T0ACME", "deleted": false, "updated": 1700000000.0},
				"blocks":      []any{obj{"type": "actions", "block_id": "decide", "elements": []any{obj{"type": "button", "action_id": "approve", "value": "R-1", "style": "primary", "text": text}}}},
			},
			"state": obj{"values": obj{}}, "response_url": got.ResponseURL,
			"actions": []any{obj{"action_id": "approve", "block_id": "decide", "text": text, "value": "R-1", "style": "primary", "type": "button", "action_ts": action["action_ts"]}},
		},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	if len(m.Versions) != 1 {
		t.Error("the click changed the message")
	}
}

func TestWithoutAConnectionThePersonSeesAnErrorAtOnce(t *testing.T) {
	s := workspace(t)
	got, err := s.Command(within(t), alice, ops, "/es-restore", "")
	if err != nil || got.Outcome != slacksim.Undelivered || got.Socket != 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestEnvelopesAreSpreadOverAllConnections(t *testing.T) {
	s := workspace(t)
	for range 3 {
		join(t, s).echo(nil)
	}
	connected(t, s, 3)
	used := map[int]int{}
	for range 60 {
		got, err := s.Command(within(t), alice, ops, "/es-restore", "")
		if err != nil || !got.OK() {
			t.Fatalf("%+v %v", got, err)
		}
		used[got.Socket]++
	}
	if len(used) != 3 {
		t.Errorf("sockets used: %v", used)
	}
}

func TestALostEnvelopeNeverArrives(t *testing.T) {
	s := workspace(t, slacksim.WithAckTimeout(50*time.Millisecond))
	join(t, s).echo(nil)
	s.LoseEnvelopes(1)
	got, err := s.Command(within(t), alice, ops, "/es-restore", "")
	if err != nil || got.Outcome != slacksim.TimedOut || len(s.Acks()) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestRedeliveryRepeatsThePayloadUnderTheSameOrANewID(t *testing.T) {
	s := workspace(t)
	w := join(t, s)
	var mu sync.Mutex
	var got []obj
	go func() {
		for {
			e, err := w.read()
			if err != nil {
				return
			}
			mu.Lock()
			got = append(got, e)
			mu.Unlock()
			w.ack(e["envelope_id"], nil)
		}
	}()
	if _, err := s.Command(within(t), alice, ops, "/es-restore", "list"); err != nil {
		t.Fatal(err)
	}
	first := s.Envelopes()[0]
	for _, same := range []bool{true, false} {
		if d, err := s.Redeliver(within(t), first, same); err != nil || !d.OK() {
			t.Fatalf("%+v %v", d, err)
		}
	}
	if d, err := s.RedeliverLast(within(t), 2, true); err != nil || len(d) != 2 {
		t.Fatalf("%+v %v", d, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 5 {
		t.Fatalf("%d envelopes arrived", len(got))
	}
	for _, e := range got {
		if diff := cmp.Diff(got[0]["payload"], e["payload"]); diff != "" {
			t.Error(diff)
		}
	}
	if got[1]["envelope_id"] != got[0]["envelope_id"] || got[2]["envelope_id"] == got[0]["envelope_id"] {
		t.Errorf("ids: %v %v %v", got[0]["envelope_id"], got[1]["envelope_id"], got[2]["envelope_id"])
	}
}

func TestAForgedPayloadArrivesAsItIs(t *testing.T) {
	s := workspace(t)
	w := join(t, s)
	done := make(chan slacksim.Delivery, 1)
	go func() {
		d, err := s.Deliver(within(t), "interactive", obj{"type": "block_actions", "user": obj{"id": "U0EVIL", "team_id": "T0EVIL"}})
		if err != nil {
			t.Error(err)
		}
		done <- d
	}()
	e := w.next()
	if diff := cmp.Diff(obj{"type": "block_actions", "user": obj{"id": "U0EVIL", "team_id": "T0EVIL"}}, e["payload"]); diff != "" {
		t.Error(diff)
	}
	w.ack(e["envelope_id"], obj{"any": "thing"})
	if d := <-done; !d.OK() || string(d.Ack) != `{"any":"thing"}` {
		t.Errorf("%+v", d)
	}
}

func TestAnEventWithoutAnAckIsSentAgain(t *testing.T) {
	s := workspace(t, slacksim.WithAckTimeout(20*time.Millisecond), slacksim.WithEventRetries(0, time.Millisecond))
	w := join(t, s)
	if d, err := s.OpenHome(within(t), alice); err != nil || d.Outcome != slacksim.TimedOut {
		t.Fatalf("%+v %v", d, err)
	}
	for attempt := range 3 {
		e := w.next()
		if e["retry_attempt"] != float64(attempt) {
			t.Errorf("attempt %d: %v", attempt, e)
		}
		if attempt > 0 && e["retry_reason"] != "timeout" {
			t.Errorf("reason %v", e["retry_reason"])
		}
		event := e["payload"].(obj)["event"].(obj)
		if event["type"] != "app_home_opened" || event["user"] != alice {
			t.Errorf("event %v", event)
		}
		if attempt == 2 {
			w.ack(e["envelope_id"], nil)
		}
	}
	fates(t, s, 1)
}
