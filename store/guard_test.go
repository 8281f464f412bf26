package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/store"
)

// guarded is how a store stands to its log.
func guarded(t testing.TB, s *store.Store) error {
	t.Helper()
	err := s.Guard(context.Background())
	if err != nil && !errors.Is(err, store.ErrRolledBack) {
		t.Fatalf("guarding: %v", err)
	}
	return err
}

func mustGuard(t testing.TB, s *store.Store) {
	t.Helper()
	if err := guarded(t, s); err != nil {
		t.Fatal(err)
	}
}

func mustBeStopped(t testing.TB, b *backend, s *store.Store) {
	t.Helper()
	if err := guarded(t, s); err == nil {
		t.Fatal("the guard lets it pass")
	}
	before := b.content()
	for name, c := range map[string]approvals.Change{
		"opening":  opening(t, "R-99999", 0, "another"),
		"the log":  {Event: approvals.Event{Time: at, Kind: approvals.RolledBack}},
		"refusing": refused(approvals.Operation{ID: "R-22222", Version: 1}, anna, "approve"),
	} {
		if err := s.Commit(context.Background(), c); !errors.Is(err, store.ErrRolledBack) {
			t.Fatalf("%s came to %v", name, err)
		}
	}
	if diff := cmp.Diff(before, b.content()); diff != "" {
		t.Fatalf("something was written:\n%s", diff)
	}
}

func alarm(t testing.TB, s *store.Store) [2]int64 {
	t.Helper()
	from, to, err := s.Alarm(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return [2]int64{from, to}
}

// accept is what `audit accept-rollback` does, in a process of its own.
func accept(t testing.TB, b *backend, when time.Time) []approvals.ID {
	t.Helper()
	expired, err := b.store().AcceptRollback(context.Background(), approvals.Actor{ID: "operator", Name: "root@host"}, "restored from a copy", when)
	if err != nil {
		t.Fatal(err)
	}
	return expired
}

func TestAnOlderRedisStopsDecidingUntilAPersonAcceptsIt(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		mustGuard(t, s)
		waiting := open(t, s, "R-22222", []string{"a"})
		open(t, s, "R-33333", []string{"b"}, approved)
		open(t, s, "R-44444", []string{"c"}, approved, claimed)
		open(t, s, "R-55555", []string{"d"}, approved, claimed, cancelled)
		old := b.save()
		commit(t, s, change(t, waiting, denied)) // record 11, which is forgotten
		other := b.store()
		mustGuard(t, other)
		b.comeBack(old)

		mustBeStopped(t, b, s)
		mustBeStopped(t, b, other)
		if got := alarm(t, s); got != [2]int64{11, 11} {
			t.Errorf("the alarm is of %v", got)
		}
		if err := guarded(t, s); !strings.Contains(err.Error(), "record 11") || !strings.Contains(err.Error(), "accept-rollback") {
			t.Errorf("it says %v", err)
		}

		expired := accept(t, b, at.Add(time.Hour))
		slices.Sort(expired)
		if diff := cmp.Diff([]approvals.ID{"R-22222", "R-33333"}, expired); diff != "" {
			t.Errorf("expired are:\n%s", diff)
		}
		for _, s := range []*store.Store{s, other, b.store()} {
			mustGuard(t, s)
		}
		if got := alarm(t, s); got != [2]int64{} {
			t.Errorf("the alarm is still of %v", got)
		}
		for id, state := range map[approvals.ID]approvals.State{"R-22222": approvals.Expired, "R-33333": approvals.Expired, "R-44444": approvals.Running, "R-55555": approvals.Stopping} {
			if got := load(t, s, id); got.State != state {
				t.Errorf("%s is %s", id, got.State)
			}
		}
		if failure := load(t, s, "R-22222").Failure; failure == nil || failure.Code != "rolled_back" || failure.Sentence == "" || failure.WayOut == "" {
			t.Errorf("it says %+v", failure)
		}
		records := verified(t, s)
		r := records[10]
		if r.Event != approvals.RolledBack || r.Operation != "" || r.Plan != "" || r.Actor.ID != "operator" ||
			r.Data.Reason != "restored from a copy" || r.Data.LostFrom != 11 || r.Data.LostTo != 11 {
			t.Errorf("record 11 is %+v", r)
		}
		commit(t, other, change(t, load(t, other, "R-44444"), succeeded))
		open(t, s, "R-66666", []string{"a", "b"}) // whose targets are free again
		verified(t, s)
	})
}

// By the time anyone looks the log can be longer than it was, with others'
// records in it.
func TestAnotherLogIsNoticedThoughItIsAsLong(t *testing.T) {
	for _, more := range []int{1, 2, 5} {
		each(t, func(t *testing.T, b *backend) {
			s := b.store()
			open(t, s, "R-22222", []string{"a"})
			old := b.save()
			open(t, s, "R-33333", []string{"b"}, approved)
			mustGuard(t, s)
			b.comeBack(old)
			fresh := b.store() // which remembers nothing
			mustGuard(t, fresh)
			for i := range more {
				open(t, fresh, approvals.ID(fmt.Sprintf("R-4444%d", i)), []string{fmt.Sprint(i)})
			}
			mustBeStopped(t, b, s)
			mustGuard(t, fresh)
			if got := alarm(t, s); got[0] > got[1] || got[1] != 3 {
				t.Errorf("the alarm is of %v", got)
			}
			accept(t, b, at)
			mustGuard(t, s)
			mustGuard(t, fresh)
			verified(t, s)
		})
	}
}

func TestALogThatGoesOnIsNoAlarm(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s, other := b.store(), b.store()
		mustGuard(t, s) // before the first record
		open(t, s, "R-22222", []string{"a"})
		mustGuard(t, s)
		open(t, other, "R-33333", []string{"b"}, approved, claimed)
		mustGuard(t, s)
		mustGuard(t, s)
		// What it saw was exported and removed.
		if err := b.raw.XTrimMinID(t.Context(), "{esrestore}:log", "5-0").Err(); err != nil {
			t.Fatal(err)
		}
		mustGuard(t, s)
		open(t, other, "R-44444", []string{"c"})
		if err := b.raw.XTrimMinID(t.Context(), "{esrestore}:log", "6-0").Err(); err != nil {
			t.Fatal(err)
		}
		mustGuard(t, s)
		open(t, s, "R-55555", []string{"d"})
		if keys := b.keys(); slices.Contains(keys, "{esrestore}:alarm") {
			t.Error("there was an alarm")
		}
	})
}

// A commit of this process moves the log on while the guard looks at it.
func TestTheGuardIsNotMistakenByCommits(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a"})
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for ctx.Err() == nil {
					if err := s.Guard(context.Background()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 200 {
			op = commit(t, s, change(t, op, approved))
		}
		stop()
		wg.Wait()
		if got := alarm(t, s); got != [2]int64{} {
			t.Errorf("the alarm is of %v", got)
		}
	})
}

func TestWhoSawMoreThanWasAcceptedStaysStopped(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		one, two := b.store(), b.store()
		mustGuard(t, two)
		open(t, one, "R-22222", []string{"a"})
		old := b.save()
		open(t, one, "R-33333", []string{"b"})
		open(t, two, "R-44444", []string{"c"}, approved, claimed)
		b.comeBack(old)
		mustBeStopped(t, b, one) // which saw record 2; the other process has not looked yet
		if got := alarm(t, one); got != [2]int64{2, 2} {
			t.Errorf("the alarm is of %v", got)
		}
		accept(t, b, at)
		mustGuard(t, one)
		mustBeStopped(t, b, two)
		if got := alarm(t, two); got[1] != 5 {
			t.Errorf("the alarm is of %v", got)
		}
		accept(t, b, at.Add(time.Minute))
		mustGuard(t, two)
		mustGuard(t, one)
		verified(t, one)
	})
}

func TestAnAlarmGrowsToWhatEachProcessSaw(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		one, two := b.store(), b.store()
		open(t, one, "R-22222", []string{"a"})
		old := b.save()
		open(t, one, "R-33333", []string{"b"}, approved)
		open(t, two, "R-44444", []string{"c"}, approved)
		b.comeBack(old)
		for range 2 {
			mustBeStopped(t, b, two)
			mustBeStopped(t, b, one)
		}
		if got := alarm(t, one); got != [2]int64{2, 5} {
			t.Errorf("the alarm is of %v", got)
		}
	})
}

// A Redis that came back from before an acceptance holds an older one. It must
// not be taken for a person's word about what is lost now.
func TestAnOlderAcceptanceIsNotOneForALaterLoss(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		mustGuard(t, s)
		fall := func(names ...string) { // loses three records
			old := b.save()
			open(t, s, approvals.ID("R-"+strings.Repeat(names[0], 5)), []string{names[0]}, approved, claimed)
			b.comeBack(old)
			mustBeStopped(t, b, s)
		}
		open(t, s, "R-22222", []string{"x"}, approved, claimed)
		fall("A")
		accept(t, b, at)
		mustGuard(t, s)
		afterFirst := b.save()
		fall("B")
		accept(t, b, at.Add(time.Hour))
		mustGuard(t, s)
		b.comeBack(afterFirst)
		mustBeStopped(t, b, s)
		accept(t, b, at.Add(2*time.Hour))
		mustGuard(t, s)
		verified(t, s)
	})
}

func TestARollbackIsToldThoughItCannotBeReported(t *testing.T) {
	n := startNode(t, safe...)
	b := newBackend(t, n.addr, nil, n)
	s := b.store()
	open(t, s, "R-22222", []string{"a"})
	old := b.save()
	open(t, s, "R-33333", []string{"b"})
	b.comeBack(old)
	if err := b.raw.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.Guard(t.Context()); !errors.Is(err, store.ErrRolledBack) || !strings.Contains(err.Error(), "READONLY") {
		t.Errorf("it came to %v", err)
	}
}

func TestANewConfigurationForgetsNothing(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		mustGuard(t, s)
		open(t, s, "R-22222", []string{"a"})
		old := b.save()
		open(t, s, "R-33333", []string{"b"})
		next := b.store()
		next.Remember(s)
		b.comeBack(old)
		mustBeStopped(t, b, next)
		accept(t, b, at)
		mustGuard(t, next)
	})
}

// Someone else expires, denies or claims meanwhile.
func TestAcceptingCopesWithOthers(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a"})
		open(t, s, "R-33333", []string{"b"})
		behind, p := behind(t, b)
		p.next(
			(*passage).forward, // rolled_back
			first(func() { commit(t, s, change(t, op, denied)) }),
		)
		expired, err := behind.AcceptRollback(t.Context(), anna, "why", at)
		if err != nil || !slices.Equal(expired, []approvals.ID{"R-33333"}) {
			t.Errorf("expired are %v: %v", expired, err)
		}
		if got := load(t, s, "R-22222"); got.State != approvals.Denied {
			t.Errorf("it is %s", got.State)
		}
		verified(t, s)
	})
}

func TestAnAcceptanceThatWasCutOffCanBeGivenAgain(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		open(t, s, "R-33333", []string{"b"})
		old := b.save()
		open(t, s, "R-44444", []string{"c"})
		b.comeBack(old)
		mustBeStopped(t, b, s)
		cut, p := behind(t, b)
		p.next((*passage).forward, (*passage).forward, answer("-OOM command not allowed\r\n"))
		if _, err := cut.AcceptRollback(t.Context(), anna, "why", at); err == nil {
			t.Fatal("it went well")
		}
		if err := guarded(t, s); err == nil {
			t.Error("half an acceptance is taken for one")
		}
		accept(t, b, at.Add(time.Minute))
		mustGuard(t, s)
		for _, id := range []approvals.ID{"R-22222", "R-33333"} {
			if got := load(t, s, id); got.State != approvals.Expired {
				t.Errorf("%s is %s", id, got.State)
			}
		}
		verified(t, s)
	})
}

// The disk of a real Redis is put back to an earlier copy, as a restored machine
// or a lost failover would.
func TestARealRedisThatComesBackOlderIsNoticed(t *testing.T) {
	n := startNode(t, safe...)
	b := newBackend(t, n.addr, nil, n)
	s, other := b.store(), b.store()
	mustGuard(t, other)
	waiting := open(t, s, "R-22222", []string{"a"})
	open(t, s, "R-33333", []string{"b"}, approved, claimed)
	held, err := s.Acquire(t.Context(), "board", time.Hour)
	if err != nil || held == nil {
		t.Fatal(err)
	}
	if err := held.SetCursor(t.Context(), "board", 2); err != nil {
		t.Fatal(err)
	}
	files := filepath.Join(n.dir, "appendonlydir")
	old := t.TempDir()
	if err := os.CopyFS(filepath.Join(old, "copy"), os.DirFS(files)); err != nil {
		t.Fatal(err)
	}
	commit(t, s, change(t, waiting, denied))
	mustGuard(t, other)
	n.kill()
	if err := os.RemoveAll(files); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(files, os.DirFS(filepath.Join(old, "copy"))); err != nil {
		t.Fatal(err)
	}
	n.start(t)

	if got := load(t, s, "R-22222"); got.State != approvals.Waiting {
		t.Fatalf("the denial is not forgotten: it is %s", got.State)
	}
	mustBeStopped(t, b, s)
	mustBeStopped(t, b, other)
	if lease, err := s.Acquire(t.Context(), "destination:prod-b", time.Second); !errors.Is(err, store.ErrRolledBack) {
		t.Errorf("a lease is given all the same: %v %v", lease, err)
	}
	for act, err := range map[string]error{"renew": held.Renew(t.Context()), "cursor": held.SetCursor(t.Context(), "board", 5),
		"card": held.SetCard(t.Context(), "R-33333", store.Card{TS: "1"})} {
		if !errors.Is(err, store.ErrRolledBack) {
			t.Errorf("%s under a lease from before: %v", act, err)
		}
	}
	if err := s.Commit(t.Context(), change(t, load(t, s, "R-22222"), approved)); !errors.Is(err, store.ErrRolledBack) {
		t.Errorf("the forgotten denial became an approval: %v", err)
	}
	if got := alarm(t, s); got != [2]int64{5, 5} {
		t.Errorf("the alarm is of %v", got)
	}
	if diff := cmp.Diff([]approvals.ID{"R-22222"}, accept(t, b, time.Now())); diff != "" {
		t.Error(diff)
	}
	mustGuard(t, s)
	mustGuard(t, other)
	if got := load(t, s, "R-33333"); got.State != approvals.Running {
		t.Errorf("what ran is %s", got.State)
	}
	if err := held.SetCursor(t.Context(), "board", 5); !errors.Is(err, approvals.ErrFenced) {
		t.Errorf("a lease from before the rollback writes after it: %v", err)
	}
	if seq, err := s.Cursor(t.Context(), "board"); seq != 2 || err != nil {
		t.Errorf("the cursor is at %d: %v", seq, err)
	}
	open(t, s, "R-44444", []string{"a"})
	verified(t, s)
}

// A power cut while many commit: what was acknowledged is there, once, and the
// rest is there wholly or not at all.
func TestARealRedisThatIsKilledLosesNothingAcknowledged(t *testing.T) {
	n := startNode(t, safe...)
	b := newBackend(t, n.addr, nil, n)
	s := b.store()
	open(t, s, "R-22222", []string{"first"})
	type outcome struct {
		id  approvals.ID
		err error
	}
	outcomes := make(chan outcome, 6*40)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for i := range 40 {
				id := approvals.ID(fmt.Sprintf("R-%d%04d", g, i))
				err := s.Commit(ctx, opening(t, id, 0, string(id)))
				outcomes <- outcome{id, err}
			}
		})
	}
	for i := range 3 {
		until(func() bool { return len(outcomes) >= 40*(i+1) }) // while others are under way
		n.kill()
		n.start(t)
	}
	wg.Wait()
	close(outcomes)
	mustGuard(t, s)
	onRecord := map[approvals.ID]int{}
	for _, r := range verified(t, s) {
		onRecord[r.Operation]++
	}
	acknowledged := 0
	for o := range outcomes {
		_, err := s.Load(t.Context(), o.id)
		there := err == nil
		if there != (onRecord[o.id] == 1) || onRecord[o.id] > 1 {
			t.Errorf("%s is stored: %v, and on record %d times", o.id, there, onRecord[o.id])
		}
		if o.err == nil && !there {
			t.Errorf("%s was acknowledged and is lost", o.id)
		}
		if o.err != nil && !errors.Is(o.err, approvals.ErrNotKnown) && there {
			t.Errorf("%s was not to be recorded (%v) and is", o.id, o.err)
		}
		if o.err == nil {
			acknowledged++
		}
	}
	if acknowledged < 50 {
		t.Errorf("only %d were acknowledged, which shows little", acknowledged)
	}
}
