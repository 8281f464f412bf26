package slacksim_test

import (
	"encoding/json"
	"testing"
	"time"

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
