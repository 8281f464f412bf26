package store_test

import (
	"context"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
	"es-restore/store"
)

var (
	anna = approvals.Actor{ID: "U0ANNA", Name: "Anna"}
	ben  = approvals.Actor{ID: "U0BEN", Name: "Ben", Groups: []string{"S0DBA"}}
	olga = approvals.Actor{ID: "U0OLGA", Name: "Olga"} // whose approval does not count
	at   = time.Date(2026, 11, 23, 20, 5, 12, 345_000_000, time.UTC)
)

// oneDBA are the needs of the operations of these tests.
var oneDBA = approvals.Needs{
	Rules:   []approvals.NeededRule{{Name: "one DBA", Require: []approvals.Requirement{{Count: 1, From: []approvals.Principal{{Group: true, ID: "S0DBA"}}}}}},
	Expires: time.Hour, StartWithin: time.Hour,
}

// restoring is the plan of a restore of these names into a cluster.
func restoring(cluster string, names ...string) esops.Plan {
	plan := esops.Plan{Kind: esops.KindRestore, Cluster: cluster, ClusterUUID: "uuid-of-" + cluster, Source: "prod-a",
		Repository: "r", Snapshot: "s", SnapshotUUID: "uuid-of-s", Steps: []esops.Step{{Kind: esops.StepRestore, Body: &esops.RestoreBody{Indices: names}}}}
	for _, name := range names {
		plan.Items = append(plan.Items, esops.Item{Index: name, Target: name, TargetState: esops.TargetAbsent})
	}
	return plan
}

// opening is the change that opens an operation by Anna, so many minutes in.
func opening(t testing.TB, id approvals.ID, minute int, names ...string) approvals.Change {
	t.Helper()
	plan, needs := restoring("prod-b", names...), oneDBA
	return change(t, approvals.Operation{}, approvals.Event{Time: at.Add(time.Duration(minute) * time.Minute), Operation: id, Kind: approvals.Opened,
		Actor: anna, Plan: plan.Digest(), Data: approvals.Data{Request: &esops.Request{Kind: esops.KindRestore}, Plan: &plan,
			Readings: &esops.Readings{Taken: at, Version: "7.10.0"}, Needs: &needs, Reason: "the week of the 12th is gone"}})
}

// change is what an event makes of an operation.
func change(t testing.TB, op approvals.Operation, e approvals.Event) approvals.Change {
	t.Helper()
	if e.Operation == "" {
		e.Operation, e.Plan = op.ID, op.Digest
	}
	if e.Time.IsZero() {
		e.Time = at.Add(time.Duration(op.Version) * time.Minute)
	}
	after, err := op.Apply(e)
	if err != nil {
		t.Fatal(err)
	}
	return approvals.Change{Before: op.Version, After: after, Event: e}
}

var (
	approved  = approvals.Event{Kind: approvals.Approved, Actor: ben}
	claimed   = approvals.Event{Kind: approvals.Claimed, Actor: approvals.System, Data: approvals.Data{Worker: "host/1", Epoch: 1}}
	stepped   = approvals.Event{Kind: approvals.Stepped, Actor: approvals.System, Data: approvals.Data{Step: esops.StepRestore, Result: &esops.Result{Step: esops.StepRestore}}}
	succeeded = approvals.Event{Kind: approvals.Succeed, Actor: approvals.System}
	cancelled = approvals.Event{Kind: approvals.WasCancel, Actor: anna}
	denied    = approvals.Event{Kind: approvals.WasDenied, Actor: ben, Data: approvals.Data{Reason: "not now"}}
)

// refused is a click that was refused.
func refused(op approvals.Operation, who approvals.Actor, asked string) approvals.Change {
	return approvals.Change{Before: op.Version, After: op, Event: approvals.Event{Time: at, Operation: op.ID, Kind: approvals.Refused, Actor: who, Plan: op.Digest,
		Data: approvals.Data{Asked: asked, Code: "not_approver", Sentence: "You may not."}}}
}

// commit must go well.
func commit(t testing.TB, s *store.Store, c approvals.Change) approvals.Operation {
	t.Helper()
	if err := s.Commit(context.Background(), c); err != nil {
		t.Fatalf("%s of %s: %v", c.Event.Kind, c.Event.Operation, err)
	}
	return c.After
}

// open opens an operation and takes it through events.
func open(t testing.TB, s *store.Store, id approvals.ID, names []string, events ...approvals.Event) approvals.Operation {
	t.Helper()
	op := commit(t, s, opening(t, id, 0, names...))
	for _, e := range events {
		op = commit(t, s, change(t, op, e))
	}
	return op
}

// acquire takes a lease that must be free.
func acquire(t testing.TB, s *store.Store, name string) *store.Lease {
	t.Helper()
	l, err := s.Acquire(context.Background(), name, 10*time.Second)
	if err != nil || l == nil {
		t.Fatalf("the lease %s is not to be had: %v", name, err)
	}
	return l
}

func load(t testing.TB, s *store.Store, id approvals.ID) approvals.Operation {
	t.Helper()
	op, err := s.Load(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// verified checks the chain and returns its records.
func verified(t testing.TB, s *store.Store) []audit.Record {
	t.Helper()
	var c audit.Checker
	var all []audit.Record
	err := s.Lines(context.Background(), 1, func(line string) error {
		r, err := audit.Parse([]byte(line))
		all = append(all, r)
		if err != nil {
			return err
		}
		return c.Next([]byte(line))
	})
	if err != nil {
		t.Fatalf("the chain is broken: %v", err)
	}
	head, err := s.Head(context.Background())
	if err != nil || head != c.Head() || int(head.Seq) != len(all) {
		t.Fatalf("the chain ends at %+v, and the head is %+v: %v", c.Head(), head, err)
	}
	return all
}

// kinds are the events of records.
func kinds(records []audit.Record) []approvals.EventKind {
	var all []approvals.EventKind
	for _, r := range records {
		all = append(all, r.Event)
	}
	return all
}
