package slacksim_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

func TestASubscriptionTellsEveryChangeInOrder(t *testing.T) {
	s := workspace(t)
	sub := s.Subscribe()
	ts := post(t, s, "text", "root")
	post(t, s, "text", "reply", "thread_ts", ts)
	wantOK(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "root!"))
	wantOK(t, call(t, s, "chat.postEphemeral", "channel", ops, "user", alice, "text", "psst"))
	s.Reload(alice)
	id := viewID(t, views(t, s, "views.open", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}))
	wantOK(t, views(t, s, "views.update", obj{"view_id": id, "view": form(nil)}))
	if _, err := s.CloseView(within(t), alice, id); err != nil {
		t.Fatal(err)
	}
	wantOK(t, views(t, s, "views.publish", obj{"user_id": bob, "view": obj{"type": "home", "blocks": []any{obj{"type": "divider"}}}}))
	wantOK(t, call(t, s, "chat.delete", "channel", ops, "ts", ts))
	s.EditUser(bob, func(u *slacksim.User) { u.Deleted = true })
	sub.Close()

	var kinds []slacksim.ChangeKind
	last := int64(0)
	for c := range sub.All(within(t)) {
		kinds = append(kinds, c.Kind)
		if last != 0 && c.Seq != last+1 {
			t.Errorf("change %d after %d", c.Seq, last)
		}
		last = c.Seq
		if c.Kind == slacksim.MessageUpdated && c.Message.Text != "root!" {
			t.Errorf("the change carries %+v", c.Message)
		}
		if c.Kind == slacksim.EphemeralPosted && c.User != alice {
			t.Errorf("the ephemeral is for %s", c.User)
		}
	}
	want := []slacksim.ChangeKind{
		slacksim.MessagePosted, slacksim.ReplyPosted, slacksim.MessageUpdated, slacksim.EphemeralPosted, slacksim.EphemeralDeleted,
		slacksim.ViewOpened, slacksim.ViewUpdated, slacksim.ViewClosed, slacksim.HomePublished, slacksim.MessageDeleted, slacksim.WorldEdited,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if _, err := sub.Next(t.Context()); !errors.Is(err, slacksim.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestWaitingEndsWithTheContextOrTheServer(t *testing.T) {
	s := slacksim.New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Wait(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	sub := s.Subscribe()
	if _, err := sub.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	done := make(chan error, 2)
	go func() { done <- s.Wait(t.Context(), func() bool { return false }) }()
	go func() { _, err := sub.Next(t.Context()); done <- err }()
	s.Close()
	for range 2 {
		if err := <-done; !errors.Is(err, slacksim.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := s.Subscribe().Next(t.Context()); !errors.Is(err, slacksim.ErrClosed) {
		t.Errorf("a subscription to a closed server: %v", err)
	}
}

func TestAReaderHoldsACopy(t *testing.T) {
	s := workspace(t)
	ts := post(t, s, "text", "x", "blocks", blocksJSON(t, actions("b", button("go", "1"))))
	m, _ := s.Message(ops, ts)
	m.Element("go")["value"] = "forged"
	m.Versions[0].Blocks[0]["block_id"] = "forged"
	again, _ := s.Message(ops, ts)
	if again.Element("go")["value"] != "1" || again.Versions[0].Blocks[0]["block_id"] != "b" {
		t.Errorf("the world changed: %+v", again)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	s := slacksim.New()
	s.PutUser(slacksim.User{ID: alice})
	s.PutChannel(slacksim.Channel{ID: ops, Members: []string{alice, s.App().BotUserID}})
	w := join(t, s)
	s.Hold("chat.postMessage")
	s.Fail("chat.update", slacksim.Fault{Silence: true})
	s.Disconnect(slacksim.RefreshRequested)
	w2 := join(t, s)
	done := make(chan error, 2)
	go func() { _, _, err := try(t, t.Context(), s, "held"); done <- err }()
	go func() { _, err := s.Command(t.Context(), alice, ops, "/es-restore", ""); done <- err }()
	if err := s.Wait(within(t), func() bool { return len(s.Calls("chat.postMessage")) == 1 && len(s.Envelopes()) == 1 }); err != nil {
		t.Fatal(err)
	}
	s.Close() // TestMain looks for goroutines
	for range 2 {
		if err := <-done; err == nil {
			t.Error("something that waited was answered")
		}
	}
	for _, w := range []wire{w, w2} {
		for {
			if _, err := w.read(); err != nil {
				break
			}
		}
	}
	s.Close()
}
