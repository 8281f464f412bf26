package slacksim_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"es-restore/internal/slacksim"
)

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
	stays := s.Sockets()[0].ID
	s.Disconnect(slacksim.RefreshRequested, s.Sockets()[1].ID)
	if live := s.Sockets(); live[0].Draining || !live[1].Draining {
		t.Errorf("told to go: %+v", live)
	}
	if frame := second.next(); frame["type"] != "disconnect" {
		t.Errorf("frame %v", frame)
	}
	if err := s.Wait(within(t), func() bool { return len(s.Sockets()) == 1 }); err != nil {
		t.Error(err)
	}
	if s.Sockets()[0].ID != stays {
		t.Error("the wrong one went")
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
