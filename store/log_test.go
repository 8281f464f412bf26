package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/store"
)

// seqs are the numbers of records.
func seqs(records []audit.Record) []int64 {
	var all []int64
	for _, r := range records {
		all = append(all, r.Seq)
	}
	return all
}

func TestTheLogIsFollowedFromAnyRecordOn(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"}, approved, claimed, stepped, succeeded)
		lease := acquire(t, s, "export")
		tests := []struct {
			after, limit int64
			want         []int64
		}{
			{0, 100, []int64{1, 2, 3, 4, 5}},
			{0, 2, []int64{1, 2}},
			{2, 2, []int64{3, 4}},
			{4, 100, []int64{5}},
			{5, 100, nil},
			{900, 100, nil},
		}
		for _, test := range tests {
			got, err := s.After(t.Context(), test.after, test.limit, 5*time.Millisecond)
			if diff := cmp.Diff(test.want, seqs(got)); diff != "" || err != nil {
				t.Errorf("after %d, at most %d: %v\n%s", test.after, test.limit, err, diff)
			}
			lines, err := lease.LinesAfter(t.Context(), test.after, test.limit, 5*time.Millisecond)
			var numbers []int64
			for _, l := range lines {
				numbers = append(numbers, l.Seq)
				if r, err := audit.Parse([]byte(l.Text)); err != nil || r.Seq != l.Seq {
					t.Errorf("line %d reads %q", l.Seq, l.Text)
				}
			}
			if diff := cmp.Diff(test.want, numbers); diff != "" || err != nil {
				t.Errorf("lines after %d, at most %d: %v\n%s", test.after, test.limit, err, diff)
			}
		}
	})
}

// follow asks for what follows, in every way there is.
func follow(t *testing.T, s *store.Store) map[string]func(ctx context.Context, seq int64, wait time.Duration) (int, error) {
	t.Helper()
	lease := acquire(t, s, "export")
	return map[string]func(ctx context.Context, seq int64, wait time.Duration) (int, error){
		"After": func(ctx context.Context, seq int64, wait time.Duration) (int, error) {
			got, err := s.After(ctx, seq, 10, wait)
			return len(got), err
		},
		"LinesAfter": func(ctx context.Context, seq int64, wait time.Duration) (int, error) {
			got, err := lease.LinesAfter(ctx, seq, 10, wait)
			return len(got), err
		},
	}
}

func TestAFollowerIsWokenByTheNextRecord(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		other := b.store()
		client := b.client(b.addr)
		asked := make(chan struct{}, 10)
		client.AddHook(onRead(func() { asked <- struct{}{} }))
		s := store.New(client)
		open(t, s, "R-22222", []string{"a"})
		for name, after := range follow(t, s) {
			head, err := s.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				begun := time.Now()
				n, err := after(context.Background(), head.Seq, 1900*time.Millisecond)
				if n != 1 || err != nil || time.Since(begun) > 1800*time.Millisecond {
					t.Errorf("%s: %d came after %v: %v", name, n, time.Since(begun), err)
				}
			})
			<-asked
			open(t, other, approvals.ID("R-"+name), []string{name})
			wg.Wait()
		}
	})
}

// Lines that follow the exporter's place, but on a log that is not the one it was on.
func TestWhatIsReadWhileRedisComesBackOlderIsNotTaken(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		client := b.client(b.addr)
		s := store.New(client)
		open(t, s, "R-22222", []string{"a"})
		lease := acquire(t, s, "export")
		old := b.save()
		open(t, s, "R-33333", []string{"b"})
		head, err := s.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		client.AddHook(onRead(sync.OnceFunc(func() {
			b.comeBack(old)
			open(t, b.store(), "R-44444", []string{"c"}, approved, claimed)
		})))
		lines, err := lease.LinesAfter(t.Context(), head.Seq, 10, time.Second)
		if len(lines) > 0 || !errors.Is(err, store.ErrRolledBack) {
			t.Errorf("taken are %v: %v", lines, err)
		}
	})
}

// onRead is done whenever a follower asks, before Redis answers.
type onRead func()

func (onRead) DialHook(next redis.DialHook) redis.DialHook { return next }
func (onRead) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (h onRead) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "xread" {
			h()
		}
		return next(ctx, cmd)
	}
}

// Redis takes a wait of 0 for one without end.
func TestAFollowerThatWouldNotWaitDoesNot(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for name, after := range follow(t, s) {
			for _, wait := range []time.Duration{0, -time.Second, time.Microsecond} {
				begun := time.Now()
				if n, err := after(ctx, 1, wait); n != 0 || err != nil {
					t.Errorf("%s, %v: %d came: %v", name, wait, n, err)
				}
				if took := time.Since(begun); took > 500*time.Millisecond {
					t.Errorf("%s, %v: it waited %v", name, wait, took)
				}
			}
		}
	})
}

func TestLinesAreReadInPages(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		const n = 1203 // two pages and some
		pipe := b.raw.Pipeline()
		head := audit.Genesis
		for range n {
			r, line, err := audit.Seal(head, approvals.Event{Time: at, Kind: approvals.Refused})
			if err != nil {
				t.Fatal(err)
			}
			head = r.Head()
			pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: "{esrestore}:log", ID: fmt.Sprintf("%d-0", r.Seq), Values: []any{"line", line, "hash", r.Hash}})
		}
		pipe.HSet(t.Context(), "{esrestore}:head", "seq", head.Seq, "hash", head.Hash)
		if _, err := pipe.Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(verified(t, s)); got != n {
			t.Errorf("%d lines were read", got)
		}
		for from, want := range map[int64]int{0: n, 1: n, 500: n - 499, 501: n - 500, 1203: 1, 1204: 0} {
			got := 0
			if err := s.Lines(t.Context(), from, func(string) error { got++; return nil }); err != nil || got != want {
				t.Errorf("from %d on there are %d: %v", from, got, err)
			}
		}
		enough := errors.New("enough")
		got := 0
		err := s.Lines(t.Context(), 1, func(string) error {
			if got++; got == 501 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || got != 501 {
			t.Errorf("it went on to %d: %v", got, err)
		}
	})
}

func TestATrailIsOneOperationsOwn(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		one := open(t, s, "R-22222", []string{"a"})
		two := open(t, s, "R-33333", []string{"b"})
		commit(t, s, refused(two, anna, "approve"))
		commit(t, s, change(t, one, approved))
		commit(t, s, change(t, two, denied))
		for id, want := range map[approvals.ID][]approvals.EventKind{
			"R-22222": {approvals.Opened, approvals.Approved},
			"R-33333": {approvals.Opened, approvals.Refused, approvals.WasDenied},
			"R-44444": nil,
		} {
			trail, err := s.Trail(t.Context(), id)
			if diff := cmp.Diff(want, kinds(trail)); diff != "" || err != nil {
				t.Errorf("%s: %v\n%s", id, err, diff)
			}
		}
		// What was exported and removed is left out.
		if err := b.raw.XTrimMinID(t.Context(), "{esrestore}:log", "3-0").Err(); err != nil {
			t.Fatal(err)
		}
		trail, err := s.Trail(t.Context(), "R-33333")
		if diff := cmp.Diff([]int64{3, 5}, seqs(trail)); diff != "" || err != nil {
			t.Errorf("trimmed: %v\n%s", err, diff)
		}
	})
}

func TestADamagedLogIsToldWhereItIs(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		b.raw.XAdd(t.Context(), &redis.XAddArgs{Stream: "{esrestore}:log", ID: "2-0", Values: []any{"line", "{not JSON", "hash", "x"}})
		b.raw.RPush(t.Context(), "{esrestore}:trail:R-22222", "2")
		if _, err := s.After(t.Context(), 1, 10, time.Millisecond); err == nil || !strings.Contains(err.Error(), "2-0") {
			t.Errorf("following it came to %v", err)
		}
		if _, err := s.Trail(t.Context(), "R-22222"); err == nil || !strings.Contains(err.Error(), "2-0") {
			t.Errorf("the trail came to %v", err)
		}
		if got, err := s.After(t.Context(), 0, 1, time.Millisecond); err != nil || !slices.Equal(seqs(got), []int64{1}) {
			t.Errorf("what is before it came to %v: %v", seqs(got), err)
		}
	})
}
