package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
)

// A Redis that can't keep a record gets no change of an operation either, and
// it is said that nothing was recorded. Afterwards, all goes on.
func TestWithoutItsRecordNothingChanges(t *testing.T) {
	do := func(b *backend, args ...any) {
		b.t.Helper()
		if err := b.raw.Do(context.Background(), args...).Err(); err != nil {
			b.t.Fatal(err)
		}
	}
	tests := map[string]struct {
		args        []string
		break_, end func(b *backend)
		says        string
	}{
		"a replica": {safe,
			func(b *backend) { do(b, "REPLICAOF", "127.0.0.1", "1") },
			func(b *backend) { do(b, "REPLICAOF", "NO", "ONE") }, "READONLY"},
		"its memory is full": {safe,
			func(b *backend) { do(b, "CONFIG", "SET", "maxmemory", "1", "maxmemory-policy", "noeviction") },
			func(b *backend) { do(b, "CONFIG", "SET", "maxmemory", "0") }, "OOM"},
		"it can't save": {[]string{"--appendonly", "yes", "--appendfsync", "always", "--save", "3600 1", "--stop-writes-on-bgsave-error", "yes"},
			func(b *backend) { b.failSave() },
			func(b *backend) { do(b, "CONFIG", "SET", "stop-writes-on-bgsave-error", "no") }, "MISCONF"},
		"it has too few replicas": {safe,
			func(b *backend) { do(b, "CONFIG", "SET", "min-replicas-to-write", "1") },
			func(b *backend) { do(b, "CONFIG", "SET", "min-replicas-to-write", "0") }, "NOREPLICAS"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := startNode(t, test.args...)
			b := newBackend(t, n.addr, nil, n)
			s := b.store()
			op := open(t, s, "R-22222", []string{"a"})
			lease := acquire(t, s, "destination:prod-b")
			before := b.content()
			test.break_(b)
			fence := lease.Fence()
			fenced := change(t, op, approved)
			fenced.Fence = &fence
			for what, c := range map[string]approvals.Change{
				"opening": opening(t, "R-33333", 0, "b"), "changing": change(t, op, approved), "under a lease": fenced,
				"refusing": refused(op, anna, "approve"), "the log": {Event: approvals.Event{Time: at, Kind: approvals.RolledBack}},
			} {
				err := s.Commit(t.Context(), c)
				if err == nil || errors.Is(err, approvals.ErrNotKnown) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "nothing was recorded") {
					t.Errorf("%s came to %v", what, err)
				}
			}
			if diff := cmp.Diff(before, b.content()); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
			if got := load(t, s, "R-22222"); got.State != approvals.Waiting {
				t.Errorf("it reads as %s", got.State)
			}
			test.end(b)
			commit(t, s, change(t, op, approved))
			verified(t, s)
		})
	}
}

// failSave makes Redis fail at saving, as on a full disk: where the file would
// go there is a folder.
func (b *backend) failSave() {
	b.t.Helper()
	ctx := context.Background()
	if err := os.MkdirAll(filepath.Join(b.node.dir, "dump.rdb", "in the way"), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if !until(func() bool {
		_ = b.raw.BgSave(ctx).Err() // one may be under way
		return strings.Contains(b.raw.Info(ctx, "persistence").Val(), "rdb_last_bgsave_status:err")
	}) {
		b.t.Fatal("it saves all the same")
	}
}

// A primary is lost before its replica had the last record. What works on the
// replica afterwards notices.
func TestAFailoverThatLosesARecordIsNoticed(t *testing.T) {
	args := append(slices.Clone(safe), "--repl-diskless-sync-delay", "0")
	primary, replica := startNode(t, args...), startNode(t, args...)
	b, r := newBackend(t, primary.addr, nil, primary), newBackend(t, replica.addr, nil, replica)
	proxied := newProxy(t, b)
	s := b.storeAt(proxied.addr)
	ctx := t.Context()
	host, port, _ := strings.Cut(primary.addr, ":")
	if err := r.raw.Do(ctx, "REPLICAOF", host, port).Err(); err != nil {
		t.Fatal(err)
	}
	op := open(t, s, "R-22222", []string{"a"})
	head, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	replicated := r.store()
	if !until(func() bool { got, err := replicated.Head(ctx); return err == nil && got == head }) {
		t.Fatal("the replica never got the record")
	}
	if err := r.raw.Do(ctx, "REPLICAOF", "NO", "ONE").Err(); err != nil { // it hears no more
		t.Fatal(err)
	}
	commit(t, s, change(t, op, denied))
	proxied.turnTo(r.addr)
	primary.kill()
	mustBeStopped(t, r, s)
	if got := load(t, s, "R-22222"); got.State != approvals.Waiting {
		t.Fatalf("the denial is not lost: it is %s", got.State)
	}
	if diff := cmp.Diff([]approvals.ID{"R-22222"}, accept(t, r, at)); diff != "" {
		t.Error(diff)
	}
	mustGuard(t, s)
	verified(t, s)
}

// A restart without a loss goes on as if nothing was.
func TestARestartIsNoRollback(t *testing.T) {
	n := startNode(t, safe...)
	b := newBackend(t, n.addr, nil, n)
	s := b.store()
	op := open(t, s, "R-22222", []string{"a"}, approved)
	for i := range 3 {
		n.kill()
		err := s.Commit(t.Context(), opening(t, approvals.ID(fmt.Sprintf("R-3333%d", i)), 0, fmt.Sprint(i)))
		if err == nil || errors.Is(err, approvals.ErrNotKnown) {
			t.Errorf("while it was away it came to %v", err)
		}
		n.start(t)
		mustGuard(t, s)
	}
	commit(t, s, change(t, op, claimed))
	if n := len(verified(t, s)); n != 3 {
		t.Errorf("%d records", n)
	}
}
