package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/store"
)

func TestALeaseIsHadByOneAtATime(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		one, two := b.store(), b.store()
		first := acquire(t, one, "board")
		if l, err := two.Acquire(t.Context(), "board", time.Second); l != nil || err != nil {
			t.Errorf("a second one has it: %v", err)
		}
		acquire(t, two, "export") // another is free
		if err := first.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := acquire(t, two, "board")
		if second.Fence().Token == first.Fence().Token || second.Fence().Epoch != first.Fence().Epoch+1 || second.Fence().Lease != "board" {
			t.Errorf("after %+v comes %+v", first.Fence(), second.Fence())
		}
	})
}

func TestOfManyWhoWantALeaseOneHasIt(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		var mu sync.Mutex
		had := 0
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				l, err := s.Acquire(context.Background(), "destination:prod-b", time.Minute)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if l != nil {
					had++
				}
			})
		}
		wg.Wait()
		if had != 1 {
			t.Errorf("%d have it", had)
		}
	})
}

func TestALeaseLapsesUnlessItIsRenewed(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		l := acquire(t, s, "board")
		for range 3 {
			b.age(9 * time.Second)
			if err := l.Renew(t.Context()); err != nil {
				t.Fatalf("it lapsed too early: %v", err)
			}
		}
		b.age(11 * time.Second)
		if err := l.Renew(t.Context()); !errors.Is(err, approvals.ErrFenced) {
			t.Errorf("it is renewed after it lapsed: %v", err)
		}
		next := acquire(t, s, "board")
		if next.Fence().Epoch != l.Fence().Epoch+1 {
			t.Errorf("after epoch %d comes %d", l.Fence().Epoch, next.Fence().Epoch)
		}
	})
}

// A process that was paused wakes after its lease went to another one.
func TestWhoLostALeaseWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a"}, approved)
		paused := acquire(t, s, "destination:prod-b")
		b.age(11 * time.Second)
		holder := acquire(t, b.store(), "destination:prod-b")
		before := b.content()
		fence := paused.Fence()
		c := change(t, op, claimed)
		c.Fence = &fence
		for name, err := range map[string]error{
			"commit":     s.Commit(t.Context(), c),
			"cursor":     paused.SetCursor(t.Context(), "board", 7),
			"card":       paused.SetCard(t.Context(), "R-22222", store.Card{Channel: "C", TS: "1.2"}),
			"checkpoint": paused.SetCheckpoint(t.Context(), store.Checkpoint{At: at}),
			"renew":      paused.Renew(t.Context()),
			"release":    paused.Release(t.Context()),
		} {
			if !errors.Is(err, approvals.ErrFenced) {
				t.Errorf("%s came to %v", name, err)
			}
		}
		if diff := cmp.Diff(before, b.content()); diff != "" {
			t.Errorf("something was written:\n%s", diff)
		}
		fence = holder.Fence()
		c.Fence = &fence
		commit(t, s, c)
	})
}

func TestACursorIsMovedUnderTheLease(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		if seq, err := s.Cursor(t.Context(), "board"); seq != 0 || err != nil {
			t.Errorf("at first it is at %d: %v", seq, err)
		}
		l := acquire(t, s, "board")
		for _, seq := range []int64{1, 500, 12} {
			if err := l.SetCursor(t.Context(), "board", seq); err != nil {
				t.Fatal(err)
			}
			if got, err := b.store().Cursor(t.Context(), "board"); got != seq || err != nil {
				t.Errorf("it is at %d: %v", got, err)
			}
		}
		if seq, err := s.Cursor(t.Context(), "export"); seq != 0 || err != nil {
			t.Errorf("another's is at %d: %v", seq, err)
		}
	})
}

func TestACardIsBoundUnderTheLease(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		if card, err := s.Card(t.Context(), "R-22222"); card != (store.Card{}) || err != nil {
			t.Errorf("at first it is %+v: %v", card, err)
		}
		l := acquire(t, s, "board")
		card := store.Card{Channel: "C0ES", TS: "1764014712.000100", Replied: 12, Shown: "sha256:1"}
		if err := l.SetCard(t.Context(), "R-22222", card); err != nil {
			t.Fatal(err)
		}
		if got, err := b.store().Card(t.Context(), "R-22222"); got != card || err != nil {
			t.Errorf("it is %+v: %v", got, err)
		}
		if got, err := s.Card(t.Context(), "R-33333"); got != (store.Card{}) || err != nil {
			t.Errorf("another's is %+v: %v", got, err)
		}
	})
}
