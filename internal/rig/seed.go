package rig

import (
	"context"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/config"
	"es-restore/esops"
	"es-restore/esops/elastic"
	"es-restore/store"
)

// A Writer puts operations straight into the log, as a bot of its own would: for
// tests that need many, or one in a state that does not last.
type Writer struct {
	rig     *Rig
	store   *store.Store
	planner esops.Planner
	lease   *store.Lease
}

// Writer makes one. Held keeps es-cn-b's operations from every worker, so that
// what is ready stays ready and what runs stays running.
func (r *Rig) Writer(held bool) *Writer {
	r.T.Helper()
	client, err := elastic.New(elastic.Options{Name: "es-cn-b", URL: r.Clusters.Reader})
	if err != nil {
		r.T.Fatal(err)
	}
	r.T.Cleanup(client.Close)
	instances := map[string]string{"es-cn-a": "es-cn-a", "es-cn-b": "es-cn-b"}
	w := &Writer{rig: r, store: r.Store(), planner: esops.Planner{
		Reader: client, Cluster: "es-cn-b", Zone: time.UTC, Now: time.Now,
		Owner: func(repository string) string { return esops.OwnerOf(repository, "es-cn-b", instances) },
	}}
	if held {
		if w.lease, err = w.store.Acquire(r.T.Context(), "destination:es-cn-b", time.Hour); err != nil || w.lease == nil {
			r.T.Fatalf("the destination is taken: %v", err)
		}
	}
	return w
}

// Release gives es-cn-b back to the workers.
func (w *Writer) Release() {
	w.rig.T.Helper()
	if err := w.lease.Release(w.rig.T.Context()); err != nil {
		w.rig.T.Fatal(err)
	}
}

// Desk is a desk on the rig's store and by the rig's policies. It takes people at
// their word.
func (w *Writer) Desk() *approvals.Desk {
	w.rig.T.Helper()
	c, err := config.Load(w.rig.Config)
	if err != nil {
		w.rig.T.Fatal(err)
	}
	return &approvals.Desk{Store: w.store, People: anybody{}, Rules: func() approvals.Rules { return c.Policies }, Now: time.Now}
}

type anybody struct{}

func (anybody) Actor(_ context.Context, user string, groups []string) (approvals.Actor, error) {
	return approvals.Actor{ID: user, Name: user, Groups: groups}, nil
}

// As is a person as the writer's desk knows them.
func As(user string) approvals.Actor {
	groups := map[string][]string{Ben: {DBAs, Engineers}, Cleo: {DBAs}, Anna: {Engineers}}
	names := map[string]string{Anna: "anna", Ben: "ben", Cleo: "cleo", Dora: "dora"}
	return approvals.Actor{ID: user, Name: names[user], Groups: groups[user]}
}

// Open asks for a restore of the file index under another name.
func (w *Writer) Open(channel, as string) approvals.Operation {
	t := w.rig.T
	t.Helper()
	request := esops.Request{Kind: esops.KindRestore, Cluster: "es-cn-b", Repository: Repository, Snapshot: Snapshot,
		Indices: "file-2019-08-25", Flags: esops.Flags{As: as}}
	plan, readings, err := w.planner.Restore(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	op, err := w.Desk().Open(t.Context(), As(Anna), approvals.Opening{Request: request, Plan: plan, Readings: readings, Reason: "seeded", Channel: channel})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// In asks for a restore and brings it into a state.
func (w *Writer) In(state approvals.State, channel, as string) approvals.Operation {
	w.rig.T.Helper()
	op := w.Open(channel, as)
	switch state {
	case approvals.Waiting:
		return op
	case approvals.Denied:
		return w.done(w.Desk().Decide(w.rig.T.Context(), As(Ben), op.ID, approvals.Choice{Deny: true, Reason: "no"}))
	case approvals.Cancelled:
		return w.done(w.Desk().Cancel(w.rig.T.Context(), As(Anna), op.ID, ""))
	case approvals.Expired:
		return w.expire(op)
	}
	if op.State == approvals.Waiting {
		op = w.done(w.Desk().Decide(w.rig.T.Context(), As(Ben), op.ID, approvals.Choice{}))
	}
	if state == approvals.Ready {
		return op
	}
	op = w.done(w.Desk().Claim(w.rig.T.Context(), w.lease.Fence(), "seed/1", op.ID))
	switch state {
	case approvals.Stopping:
		return w.done(w.Desk().Cancel(w.rig.T.Context(), As(Anna), op.ID, "enough"))
	case approvals.Succeeded:
		return w.done(w.Desk().Advance(w.rig.T.Context(), w.lease.Fence(), op, approvals.Succeed, approvals.Data{}))
	case approvals.Failed:
		return w.done(w.Desk().Advance(w.rig.T.Context(), w.lease.Fence(), op, approvals.Fail, approvals.Data{Code: "seeded", Sentence: "It did not work.", WayOut: "Ask again."}))
	}
	return op
}

func (w *Writer) done(op approvals.Operation, err error) approvals.Operation {
	w.rig.T.Helper()
	if err != nil {
		w.rig.T.Fatal(err)
	}
	return op
}

func (w *Writer) expire(op approvals.Operation) approvals.Operation {
	w.rig.T.Helper()
	event := approvals.Event{Time: time.Now().UTC(), Operation: op.ID, Kind: approvals.WasExpired, Actor: approvals.System, Plan: op.Digest,
		Data: approvals.Data{Code: "unanswered", Sentence: "Nobody who may decided it within 4h0m0s.", WayOut: "Ask again if it is still needed."}}
	after, err := op.Apply(event)
	if err != nil {
		w.rig.T.Fatal(err)
	}
	return w.done(after, w.store.Commit(w.rig.T.Context(), approvals.Change{Before: op.Version, After: after, Event: event}))
}

// Operation is one as it stands on record.
func (r *Rig) Operation(id approvals.ID) approvals.Operation {
	r.T.Helper()
	op, err := r.shared().Load(r.T.Context(), id)
	if err != nil {
		r.T.Fatal(err)
	}
	return op
}

// Card is an operation's card, once it is posted and on record.
func (r *Rig) Card(id approvals.ID) Message {
	r.T.Helper()
	var card store.Card
	r.Poll("the card of "+string(id)+" is on record", func() bool {
		var err error
		card, err = r.shared().Card(r.T.Context(), id)
		return err == nil && card.TS != ""
	})
	message, ok := r.Slack.Message(card.Channel, card.TS)
	if !ok {
		r.T.Fatalf("the card of %s is not in %s\n%s", id, card.Channel, r.Dump())
	}
	return message
}

// Trail is what is on record about an operation.
func (r *Rig) Trail(id approvals.ID) []audit.Record {
	r.T.Helper()
	trail, err := r.shared().Trail(r.T.Context(), id)
	if err != nil {
		r.T.Fatal(err)
	}
	return trail
}

// Await waits until a record that matches is in the log, and returns it.
func (r *Rig) Await(what string, match func(audit.Record) bool) audit.Record {
	r.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*soon)
	defer cancel()
	for seq := int64(0); ctx.Err() == nil; {
		records, err := r.shared().After(ctx, seq, 100, time.Second)
		if err != nil && ctx.Err() == nil {
			continue // Redis may be away for the sake of the test
		}
		for _, record := range records {
			if seq = record.Seq; match(record) {
				return record
			}
		}
	}
	r.T.Fatalf("not on record in time: %s\n%s", what, r.Dump())
	return audit.Record{}
}
