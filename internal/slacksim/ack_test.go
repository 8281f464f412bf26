package slacksim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"es-restore/internal/slacksim"
)

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
