package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
	"es-restore/store"
)

func TestAnOperationIsWrittenWithItsRecord(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a", "b"}, approved, claimed, stepped)
		if diff := cmp.Diff(op, load(t, b.store(), "R-22222")); diff != "" {
			t.Errorf("it is stored as another:\n%s", diff)
		}
		records := verified(t, s)
		want := []approvals.EventKind{approvals.Opened, approvals.Approved, approvals.Claimed, approvals.Stepped}
		if diff := cmp.Diff(want, kinds(records)); diff != "" {
			t.Error(diff)
		}
		for _, r := range records {
			if r.Operation != "R-22222" || r.Plan != op.Digest {
				t.Errorf("record %d is about %s and %s", r.Seq, r.Operation, r.Plan)
			}
		}
	})
}

// The log alone tells of every operation what is stored of it.
func TestTheRecordsMakeTheOperationThatIsStored(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		first := open(t, s, "R-22222", []string{"a"}, approved, claimed, stepped, succeeded)
		commit(t, s, refused(first, ben, "cancel"))
		open(t, s, "R-33333", []string{"b"}, denied)
		open(t, s, "R-44444", []string{"c"}, approved, claimed, cancelled)
		for _, id := range []approvals.ID{"R-22222", "R-33333", "R-44444"} {
			trail, err := s.Trail(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var op approvals.Operation
			for _, r := range trail {
				op, err = op.Apply(approvals.Event{Time: r.Time, Operation: r.Operation, Kind: r.Event, Actor: r.Actor, Plan: r.Plan, Data: r.Data})
				if err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(load(t, s, id), op); diff != "" {
				t.Errorf("the records of %s make another:\n%s", id, diff)
			}
		}
	})
}

// Each answer of the script but ok leaves everything as it was, to the byte.
func TestWhatStandsInTheWayIsToldAndNothingIsWritten(t *testing.T) {
	type world struct {
		s       *store.Store
		waiting approvals.Operation // R-22222, of a and b, opened by the command once-1
		lease   *store.Lease
	}
	with := func(c approvals.Change, once string, fence *approvals.Fence) approvals.Change {
		c.Once, c.Fence = once, fence
		return c
	}
	tests := map[string]struct {
		change func(t *testing.T, w world) approvals.Change
		want   error
	}{
		"made from an older version": {func(t *testing.T, w world) approvals.Change {
			before := w.waiting
			before.Version--
			return change(t, before, approved)
		}, approvals.ErrConflict},
		"made from a version that is not there yet": {func(t *testing.T, w world) approvals.Change {
			before := w.waiting
			before.Version++
			return change(t, before, approved)
		}, approvals.ErrConflict},
		"of what does not exist": {func(t *testing.T, w world) approvals.Change {
			gone := w.waiting
			gone.ID = "R-99999"
			return change(t, gone, approved)
		}, approvals.ErrConflict},
		"an id that is taken": {func(t *testing.T, w world) approvals.Change { return opening(t, "R-22222", 0, "z") }, approvals.ErrTaken},
		"a command that opened one before": {func(t *testing.T, w world) approvals.Change {
			return with(opening(t, "R-33333", 0, "z"), "once-1", nil)
		}, &approvals.Once{Opened: "R-22222"}},
		"once comes before the id and the targets": {func(t *testing.T, w world) approvals.Change {
			return with(opening(t, "R-22222", 0, "a"), "once-1", nil)
		}, &approvals.Once{Opened: "R-22222"}},
		"a target that is held": {func(t *testing.T, w world) approvals.Change { return opening(t, "R-33333", 0, "y", "b", "z") },
			&approvals.Held{Target: "b", By: "R-22222"}},
		"a lease that another has": {func(t *testing.T, w world) approvals.Change {
			return with(change(t, w.waiting, approved), "", &approvals.Fence{Lease: "destination:prod-b", Token: "another"})
		}, approvals.ErrFenced},
		"a lease that nobody has": {func(t *testing.T, w world) approvals.Change {
			return with(change(t, w.waiting, approved), "", &approvals.Fence{Lease: "destination:other", Token: "mine"})
		}, approvals.ErrFenced},
		"a lease that was given back": {func(t *testing.T, w world) approvals.Change {
			fence := w.lease.Fence()
			if err := w.lease.Release(context.Background()); err != nil {
				t.Fatal(err)
			}
			return with(change(t, w.waiting, approved), "", &fence)
		}, approvals.ErrFenced},
		"the same refusal again": {func(t *testing.T, w world) approvals.Change { return refused(w.waiting, ben, "approve") }, approvals.ErrAgain},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *backend) {
				s := b.store()
				w := world{s: s, lease: acquire(t, s, "destination:prod-b")}
				w.waiting = commit(t, s, with(opening(t, "R-22222", 0, "a", "b"), "once-1", nil))
				w.waiting = commit(t, s, change(t, w.waiting, approvals.Event{Kind: approvals.Approved, Actor: olga}))
				commit(t, s, refused(w.waiting, ben, "approve"))
				c := test.change(t, w)
				before := b.content()
				err := s.Commit(t.Context(), c)
				if !errors.Is(err, test.want) && (err == nil || err.Error() != test.want.Error()) {
					t.Errorf("it came to %v, and should to %v", err, test.want)
				}
				if diff := cmp.Diff(before, b.content()); diff != "" {
					t.Errorf("it wrote something:\n%s", diff)
				}
			})
		})
	}
}

func TestWhoIsHeldUpByWhomIsTold(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		var held *approvals.Held
		if err := s.Commit(t.Context(), opening(t, "R-33333", 0, "a")); !errors.As(err, &held) || held.Target != "a" || held.By != "R-22222" {
			t.Errorf("it came to %v", err)
		}
		var once *approvals.Once
		c := opening(t, "R-33333", 0, "b")
		c.Once = "once"
		commit(t, s, c)
		c = opening(t, "R-44444", 0, "c")
		c.Once = "once"
		if err := s.Commit(t.Context(), c); !errors.As(err, &once) || once.Opened != "R-33333" {
			t.Errorf("it came to %v", err)
		}
	})
}

func TestTargetsAreHeldUntilTheEnd(t *testing.T) {
	for _, ways := range []struct {
		name   string
		events []approvals.Event
	}{
		{"succeeded", []approvals.Event{approved, claimed, succeeded}},
		{"failed", []approvals.Event{approved, claimed, {Kind: approvals.Fail}}},
		{"denied", []approvals.Event{denied}},
		{"cancelled", []approvals.Event{cancelled}},
		{"stopped", []approvals.Event{approved, claimed, cancelled, {Kind: approvals.Stopped}}},
		{"expired", []approvals.Event{approved, {Kind: approvals.WasExpired}}},
	} {
		t.Run(ways.name, func(t *testing.T) {
			each(t, func(t *testing.T, b *backend) {
				s := b.store()
				op := open(t, s, "R-22222", []string{"a", "b"})
				open(t, s, "R-44444", []string{"c"})
				for _, e := range ways.events {
					var held *approvals.Held
					if err := s.Commit(t.Context(), opening(t, "R-33333", 0, "b", "d")); !errors.As(err, &held) {
						t.Fatalf("while it is %s the target can be had: %v", op.State, err)
					}
					op = commit(t, s, change(t, op, e))
				}
				open(t, s, "R-33333", []string{"b", "d"})
				var held *approvals.Held
				if err := s.Commit(t.Context(), opening(t, "R-55555", 0, "c")); !errors.As(err, &held) || held.By != "R-44444" {
					t.Errorf("with it the targets of others were let go: %v", err)
				}
			})
		})
	}
}

// A share has no index; what it holds is the repository.
func TestARepositoryThatIsSharedIsHeldToo(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		share := func(id approvals.ID, repository string) approvals.Change {
			c := opening(t, id, 0)
			c.After.Plan.Steps = []esops.Step{{Kind: esops.StepShare, Share: &esops.Sharing{Repository: repository}}}
			return c
		}
		first := commit(t, s, share("R-22222", "repo-of-a"))
		var held *approvals.Held
		if err := s.Commit(t.Context(), share("R-33333", "repo-of-a")); !errors.As(err, &held) || held.By != "R-22222" || held.Target != "repository/repo-of-a" {
			t.Errorf("it came to %v", err)
		}
		commit(t, s, share("R-44444", "repo-of-b"))
		commit(t, s, change(t, first, denied))
		commit(t, s, share("R-33333", "repo-of-a"))
	})
}

// A repaired or restored Redis can say that another one holds a target.
func TestAnEndLetsGoOnlyOfWhatItHolds(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a", "b"})
		b.raw.HSet(t.Context(), "{esrestore}:held", "uuid-of-prod-b/a", "R-33333")
		commit(t, s, change(t, op, denied))
		if diff := cmp.Diff(map[string]string{"uuid-of-prod-b/a": "R-33333"}, b.raw.HGetAll(t.Context(), "{esrestore}:held").Val()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestATargetIsHeldInItsOwnClusterOnly(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		in := func(id approvals.ID, name, uuid string) approvals.Change {
			c := opening(t, id, 0, "a")
			c.After.Plan.Cluster, c.After.Plan.ClusterUUID = name, uuid
			return c
		}
		commit(t, s, in("R-22222", "prod-b", "one"))
		commit(t, s, in("R-33333", "prod-c", "two"))
		var held *approvals.Held
		if err := s.Commit(t.Context(), in("R-44444", "prod-b-by-another-name", "one")); !errors.As(err, &held) || held.By != "R-22222" {
			t.Errorf("under another name of the cluster it came to %v", err)
		}
		commit(t, s, in("R-55555", "prod-d", ""))
		if err := s.Commit(t.Context(), in("R-66666", "prod-d", "")); !errors.As(err, &held) || held.By != "R-55555" {
			t.Errorf("where the cluster's UUID is not known it came to %v", err)
		}
	})
}

func TestARefusalIsOnRecordAndChangesNothingElse(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a"}, approved)
		old := op
		old.Version = 1 // that the operation changed meanwhile does not matter
		commit(t, s, refused(old, anna, "approve"))
		if diff := cmp.Diff(op, load(t, s, "R-22222")); diff != "" {
			t.Errorf("it changed the operation:\n%s", diff)
		}
		trail, err := s.Trail(t.Context(), "R-22222")
		if err != nil || len(trail) != 3 || trail[2].Event != approvals.Refused || trail[2].Data.Code != "not_approver" {
			t.Errorf("the trail is %v, %v", kinds(trail), err)
		}
		if all, err := s.Open(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("open are %d, %v", len(all), err)
		}
	})
}

func TestARefusalIsRecordedOncePerPersonButtonAndMinute(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		one := open(t, s, "R-22222", []string{"a"})
		two := open(t, s, "R-33333", []string{"b"})
		again := func(c approvals.Change) error { return s.Commit(context.Background(), c) }
		for _, c := range []approvals.Change{refused(one, anna, "approve"), refused(one, ben, "approve"), refused(one, anna, "deny"), refused(two, anna, "approve")} {
			if err := again(c); err != nil {
				t.Errorf("%s by %s: %v", c.Event.Data.Asked, c.Event.Actor.ID, err)
			}
			if err := again(c); !errors.Is(err, approvals.ErrAgain) {
				t.Errorf("%s by %s again: %v", c.Event.Data.Asked, c.Event.Actor.ID, err)
			}
		}
		b.age(59 * time.Second)
		if err := again(refused(one, anna, "approve")); !errors.Is(err, approvals.ErrAgain) {
			t.Errorf("before the minute is over: %v", err)
		}
		b.age(2 * time.Second)
		if err := again(refused(one, anna, "approve")); err != nil {
			t.Errorf("after it: %v", err)
		}
		if n := len(verified(t, s)); n != 2+4+1 {
			t.Errorf("%d records", n)
		}
	})
}

func TestACommandIsRememberedForADay(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		c := opening(t, "R-22222", 0, "a")
		c.Once = "trigger"
		commit(t, s, c)
		c = opening(t, "R-33333", 0, "b")
		c.Once = "trigger"
		b.age(23 * time.Hour)
		var once *approvals.Once
		if err := s.Commit(t.Context(), c); !errors.As(err, &once) {
			t.Errorf("after 23 hours: %v", err)
		}
		b.age(2 * time.Hour)
		commit(t, s, c)
	})
}

func TestWhatHappensToTheLogItselfTouchesNoOperation(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		before := b.content()
		commit(t, s, approvals.Change{Event: approvals.Event{Time: at, Kind: approvals.RolledBack, Actor: anna, Data: approvals.Data{Reason: "restored"}}})
		records := verified(t, s)
		if last := records[len(records)-1]; last.Operation != "" || last.Event != approvals.RolledBack {
			t.Errorf("the record is %+v", last)
		}
		after := b.content()
		for key := range after {
			if before[key] != after[key] && key != "{esrestore}:log" && key != "{esrestore}:head" {
				t.Errorf("it changed %s", key)
			}
		}
	})
}

// Twenty at once, in two processes, each opening and changing its own, and all
// of them after one that only one can have.
func TestManyAtOnceMakeOneChainWithoutGaps(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		processes := []*store.Store{b.store(), b.store()}
		open(t, processes[0], "R-22222", []string{"wanted"})
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				s := processes[i%2]
				id := approvals.ID(fmt.Sprintf("R-%05d", i))
				op := open(t, s, id, []string{fmt.Sprintf("a%d", i)}, approved, claimed)
				commit(t, s, refused(op, ben, "deny"))
				shared := load(t, s, "R-22222")
				if shared.State != approvals.Waiting {
					return
				}
				mine := approved
				mine.Data.Reason = string(id)
				err := s.Commit(context.Background(), change(t, shared, mine))
				if err != nil && !errors.Is(err, approvals.ErrConflict) {
					t.Errorf("the one for all: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("%d changed the one for all", won)
		}
		if n := len(verified(t, processes[0])); n != 1+20*4+1 {
			t.Errorf("%d records", n)
		}
		for i := range 20 {
			id := approvals.ID(fmt.Sprintf("R-%05d", i))
			trail, err := processes[0].Trail(t.Context(), id)
			if err != nil || len(trail) != 4 || load(t, processes[0], id).Version != 3 {
				t.Errorf("the trail of %s is %v: %v", id, kinds(trail), err)
			}
		}
	})
}

// Commits of one process go one after the other. One whose turn never comes says
// that it did nothing, and not that it does not know.
func TestWhoseTurnNeverComesRecordsNothing(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s, p := behind(t, b)
		stuck := make(chan struct{})
		p.next(func(*passage, []byte) error { close(stuck); return nil }) // and no answer
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := s.Commit(ctx, opening(t, "R-22222", 0, "a")); !errors.Is(err, approvals.ErrNotKnown) {
				t.Errorf("the first came to %v", err)
			}
		})
		<-stuck
		err := s.Commit(soon(t), opening(t, "R-33333", 0, "b"))
		if err == nil || errors.Is(err, approvals.ErrNotKnown) || !strings.Contains(err.Error(), "nothing was recorded") {
			t.Errorf("the second came to %v", err)
		}
		cancel()
		wg.Wait()
		if keys := b.keys(); len(keys) != 0 {
			t.Errorf("it wrote %v", keys)
		}
		commit(t, s, opening(t, "R-33333", 0, "b"))
	})
}

func TestADamagedHeadIsToldAndNothingIsWritten(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		b.raw.HSet(t.Context(), "{esrestore}:head", "seq", "many")
		before := b.content()
		if err := s.Commit(t.Context(), opening(t, "R-33333", 0, "b")); err == nil {
			t.Error("it was committed")
		}
		if diff := cmp.Diff(before, b.content()); diff != "" {
			t.Errorf("it wrote something:\n%s", diff)
		}
	})
}

// The log ends behind its head, as only damage can make it.
func TestWhereTheRecordHasNoPlaceNothingChanges(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a"})
		b.raw.XAdd(t.Context(), &redis.XAddArgs{Stream: "{esrestore}:log", ID: "7-0", Values: []any{"line", "{}", "hash", "x"}})
		before := b.content()
		if err := s.Commit(t.Context(), change(t, op, approved)); err == nil || errors.Is(err, approvals.ErrNotKnown) {
			t.Errorf("it came to %v", err)
		}
		if diff := cmp.Diff(before, b.content()); diff != "" {
			t.Errorf("it wrote something:\n%s", diff)
		}
	})
}

func TestALineIsSealedAsItIsRead(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		c := opening(t, "R-22222", 0, "a")
		c.Event.Data.Reason = "\x00 <&> \u2028 \xff 日本"
		commit(t, s, c)
		var lines []string
		if err := s.Lines(t.Context(), 1, func(line string) error { lines = append(lines, line); return nil }); err != nil {
			t.Fatal(err)
		}
		if !json.Valid([]byte(lines[0])) || len(lines) != 1 {
			t.Errorf("it reads %q", lines)
		}
		if err := new(audit.Checker).Next([]byte(lines[0])); err != nil {
			t.Error(err)
		}
	})
}
