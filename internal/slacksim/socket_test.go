package slacksim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"es-restore/internal/slacksim"
)

// wire is one raw socket.
type wire struct {
	*websocket.Conn
	t *testing.T
}

func openURL(t *testing.T, s *slacksim.Server, token string) string {
	t.Helper()
	answer, _ := raw(t, s, "apps.connections.open", token, nil)
	wantOK(t, answer)
	url, _ := answer["url"].(string)
	return url
}

// dial opens a socket and reads its first frame.
func dial(t *testing.T, s *slacksim.Server, token string) (wire, obj) {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), openURL(t, s, token), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	w := wire{conn, t}
	return w, w.next()
}

// join is dial for the app under test, past hello.
func join(t *testing.T, s *slacksim.Server) wire {
	t.Helper()
	w, hello := dial(t, s, s.App().AppToken)
	if hello["type"] != "hello" {
		t.Fatalf("first frame: %v", hello)
	}
	return w
}

func (w wire) next() obj {
	w.t.Helper()
	frame, err := w.read()
	if err != nil {
		w.t.Fatalf("reading: %v", err)
	}
	return frame
}

func (w wire) read() (obj, error) {
	_ = w.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, data, err := w.ReadMessage()
	if err != nil {
		return nil, err
	}
	var out obj
	return out, json.Unmarshal(data, &out)
}

func (w wire) ack(id any, payload any) {
	w.t.Helper()
	frame := obj{"envelope_id": id}
	if payload != nil {
		frame["payload"] = payload
	}
	if err := w.WriteJSON(frame); err != nil {
		w.t.Errorf("ack: %v", err)
	}
}

// echo acks everything that comes, until the socket ends.
func (w wire) echo(payload any) {
	go func() {
		for {
			e, err := w.read()
			if err != nil {
				return
			}
			if e["envelope_id"] != nil {
				w.ack(e["envelope_id"], payload)
			}
		}
	}()
}

// fates waits for n acks and lists what became of them.
func fates(t *testing.T, s *slacksim.Server, n int) []slacksim.AckFate {
	t.Helper()
	if err := s.Wait(within(t), func() bool { return len(s.Acks()) >= n }); err != nil {
		t.Fatalf("waiting for %d acks, have %v: %v", n, s.Acks(), err)
	}
	var out []slacksim.AckFate
	for _, a := range s.Acks() {
		out = append(out, a.Fate)
	}
	return out
}

func TestATicketServesOnce(t *testing.T) {
	s := workspace(t)
	url := openURL(t, s, s.App().AppToken)
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("the ticket served twice: %v %v", resp, err)
	}
}

func TestHelloSaysWhoAndHowMany(t *testing.T) {
	s := workspace(t)
	join(t, s)
	_, hello := dial(t, s, s.App().AppToken)
	if hello["num_connections"] != 2.0 || hello["connection_info"].(obj)["app_id"] != s.App().ID {
		t.Errorf("hello %v", hello)
	}
	if life := hello["debug_info"].(obj)["approximate_connection_time"]; life != 18060.0 {
		t.Errorf("life %v", life)
	}
}

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

func TestAnAckMustComeInTime(t *testing.T) {
	s := workspace(t, slacksim.WithAckTimeout(20*time.Millisecond))
	w := join(t, s)
	got, err := s.Command(within(t), alice, ops, "/es-restore", "")
	if err != nil || got.Outcome != slacksim.TimedOut {
		t.Fatalf("%+v %v", got, err)
	}
	w.ack(w.next()["envelope_id"], obj{"text": "too late"})
	if diff := cmp.Diff([]slacksim.AckFate{slacksim.AckLate}, fates(t, s, 1)); diff != "" {
		t.Error(diff)
	}
	if e := s.Ephemerals(alice, ops); len(e) != 0 {
		t.Errorf("the late ack showed %+v", e)
	}
}

func TestBadAcksDoNotCount(t *testing.T) {
	s := workspace(t, slacksim.WithAckTimeout(100*time.Millisecond))
	other := s.AddApp(slacksim.App{ID: "A0OTHER", Commands: []string{"/other"}})
	mine := join(t, s)
	foreign, _ := dial(t, s, other.AppToken)
	done := make(chan slacksim.CommandResult, 1)
	go func() {
		got, err := s.Command(within(t), alice, ops, "/es-restore", "")
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	id := mine.next()["envelope_id"]
	foreign.ack(id, nil)
	fates(t, s, 1)
	mine.ack("no-such-envelope", nil)
	mine.ack(id, obj{"text": strings.Repeat("x", 20<<10)})
	if err := mine.WriteMessage(websocket.TextMessage, []byte("not json")); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.Outcome != slacksim.TimedOut {
		t.Errorf("outcome %s", got.Outcome)
	}
	want := []slacksim.AckFate{slacksim.AckForeign, slacksim.AckUnknown, slacksim.AckTooBig, slacksim.AckMalformed}
	if diff := cmp.Diff(want, fates(t, s, 4)); diff != "" {
		t.Error(diff)
	}
}

func TestASecondAckOfOneEnvelopeIsRepeated(t *testing.T) {
	s := workspace(t)
	w := join(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := s.Command(within(t), alice, ops, "/es-restore", ""); err != nil {
			t.Error(err)
		}
	}()
	id := w.next()["envelope_id"]
	w.ack(id, obj{"text": "one"})
	w.ack(id, obj{"text": "two"})
	<-done
	if diff := cmp.Diff([]slacksim.AckFate{slacksim.AckAccepted, slacksim.AckRepeated}, fates(t, s, 2)); diff != "" {
		t.Error(diff)
	}
	if e := s.Ephemerals(alice, ops); len(e) != 1 || e[0].Text != "one" {
		t.Errorf("shown: %+v", e)
	}
}

func TestAnAckOnAnotherConnectionCountsUnlessBound(t *testing.T) {
	for _, bound := range []bool{false, true} {
		t.Run(fmt.Sprint("bound ", bound), func(t *testing.T) {
			var opts []slacksim.Option
			want := slacksim.AckAccepted
			if bound {
				opts = []slacksim.Option{slacksim.WithAcksBoundToConnection(), slacksim.WithAckTimeout(200 * time.Millisecond)}
				want = slacksim.AckStray
			}
			s := workspace(t, opts...)
			first := join(t, s)
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = s.Command(within(t), alice, ops, "/es-restore", "")
			}()
			id := first.next()["envelope_id"]
			second := join(t, s)
			second.ack(id, nil)
			<-done
			if diff := cmp.Diff([]slacksim.AckFate{want}, fates(t, s, 1)); diff != "" {
				t.Error(diff)
			}
		})
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

func TestTheEleventhConnectionIsTurnedAway(t *testing.T) {
	s := workspace(t)
	for range 10 {
		join(t, s)
	}
	eleventh, frame := dial(t, s, s.App().AppToken)
	if frame["type"] != "disconnect" || frame["reason"] != "too_many_websockets" {
		t.Errorf("first frame %v", frame)
	}
	if _, err := eleventh.read(); err == nil {
		t.Error("the eleventh connection stays open")
	}
	if n := len(s.Sockets()); n != 10 {
		t.Errorf("%d sockets", n)
	}
}

func TestADisconnectSaysWhyAndEndsTheConnection(t *testing.T) {
	for _, reason := range []slacksim.DisconnectReason{slacksim.RefreshRequested, slacksim.LinkDisabled, slacksim.TooManyWebsockets} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel() // each takes the second of grace
			s := workspace(t)
			w := join(t, s)
			s.Disconnect(reason)
			if frame := w.next(); frame["type"] != "disconnect" || frame["reason"] != string(reason) {
				t.Errorf("frame %v", frame)
			}
			got, err := s.Command(within(t), alice, ops, "/es-restore", "")
			if err != nil || got.Outcome != slacksim.Undelivered {
				t.Errorf("a connection told to go got an envelope: %+v %v", got, err)
			}
			if _, err := w.read(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("the end: %v", err)
			}
		})
	}
}

func TestAWarnedConnectionStillGetsEnvelopes(t *testing.T) {
	s := workspace(t)
	w := join(t, s)
	s.Disconnect(slacksim.Warning)
	if frame := w.next(); frame["reason"] != "warning" {
		t.Errorf("frame %v", frame)
	}
	w.echo(nil)
	if got, err := s.Command(within(t), alice, ops, "/es-restore", ""); err != nil || !got.OK() {
		t.Errorf("%+v %v", got, err)
	}
}

func TestOneConnectionCanBeToldToGo(t *testing.T) {
	t.Parallel()
	s := workspace(t)
	join(t, s)
	second := join(t, s)
	connected(t, s, 2)
	s.Disconnect(slacksim.RefreshRequested, s.Sockets()[1].ID)
	if frame := second.next(); frame["type"] != "disconnect" {
		t.Errorf("frame %v", frame)
	}
	if err := s.Wait(within(t), func() bool { return len(s.Sockets()) == 1 }); err != nil {
		t.Error(err)
	}
}

func TestAConnectionCutBeforeItsAckLeavesThePersonWithoutAnAnswer(t *testing.T) {
	s := workspace(t, slacksim.WithAckTimeout(100*time.Millisecond))
	w := join(t, s)
	s.CutBeforeAck(1)
	done := make(chan slacksim.CommandResult, 1)
	go func() {
		got, _ := s.Command(within(t), alice, ops, "/es-restore", "")
		done <- got
	}()
	e := w.next()
	if e["type"] != "slash_commands" {
		t.Fatalf("the envelope did not arrive: %v", e)
	}
	w.ack(e["envelope_id"], obj{"text": "in vain"})
	if got := <-done; got.Outcome != slacksim.TimedOut {
		t.Errorf("%+v", got)
	}
	for _, fate := range fates(t, s, 0) {
		if fate == slacksim.AckAccepted {
			t.Error("the ack counted")
		}
	}
	if _, err := w.read(); err == nil {
		t.Error("the socket is still open")
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

func TestPingsComeUnlessTheyAreMuted(t *testing.T) {
	s := workspace(t, slacksim.WithPingInterval(time.Millisecond))
	s.MutePings(true)
	w := join(t, s)
	pings := make(chan struct{}, 1)
	w.SetPingHandler(func(string) error {
		select {
		case pings <- struct{}{}:
		default:
		}
		return nil
	})
	w.echo(nil)
	for range 50 {
		if got, err := s.Command(within(t), alice, ops, "/es-restore", ""); err != nil || !got.OK() {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if len(pings) > 0 {
		t.Error("a ping came although they are muted")
	}
	s.MutePings(false)
	select {
	case <-pings:
	case <-within(t).Done():
		t.Error("no ping came")
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

func TestASocketCanBeRefusedAtTheDial(t *testing.T) {
	s := workspace(t)
	s.Fail("socket", slacksim.Fault{Status: http.StatusConflict})
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), openURL(t, s, s.App().AppToken), nil)
	if !errors.Is(err, websocket.ErrBadHandshake) || resp.StatusCode != http.StatusConflict {
		t.Errorf("%v %v", resp, err)
	}
	join(t, s)
	if calls := s.Calls("socket"); len(calls) != 2 || calls[0].Effect || !calls[1].Effect {
		t.Errorf("calls %+v", calls)
	}
}
