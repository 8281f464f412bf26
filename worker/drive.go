package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"es-restore/approvals"
	"es-restore/esops"
	"es-restore/store"
)

// Pauses between looks: quick at first, since many restores are small.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 3 * time.Second
	errorPause   = 15 * time.Second
	// Towards the end a look comes sooner, where it asks little of the cluster.
	nearPause = 500 * time.Millisecond
	fewShards = 100
	// waitPause is how long an operation that can't start waits for the next try.
	waitPause = 3 * time.Second
)

// A drive is one process's work on one operation, under one lease.
type drive struct {
	*Worker
	lease  *store.Lease
	runner *esops.Runner
	op     approvals.Operation
	left   time.Duration // until the end, by the last look; 0 where it is not known
}

// drive brings an operation as far as this process may, and returns how long
// it can wait before it is tried again.
func (w *Worker) drive(ctx context.Context, lease *store.Lease, id approvals.ID) time.Duration {
	// work outlives ctx, so that what was begun is finished or handed over; it
	// ends with the lease.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go keep(work, lease, cancel)
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drainWithin, cancel) })()
	defer func() {
		release, done := context.WithTimeout(context.WithoutCancel(work), time.Second)
		defer done()
		if err := lease.Release(release); err != nil && !errors.Is(err, approvals.ErrFenced) {
			w.Log.Warn("lease not released", "operation", id, "err", err)
		}
	}()
	d := &drive{Worker: w, lease: lease}
	started, err := d.start(work, id)
	if err != nil {
		w.Log.Warn("operation not started", "operation", id, "err", err)
	}
	if !started {
		return waitPause
	}
	d.loop(ctx, work)
	return 0
}

// keep renews the lease, and ends the work when it can't be sure to hold it: a
// margin before it lapses, by this process's own clock.
func keep(work context.Context, lease *store.Lease, cancel context.CancelFunc) {
	confirmed := time.Now()
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-work.Done():
			return
		case <-ticker.C:
		}
		asked := time.Now()
		err := lease.Renew(work)
		if err == nil {
			confirmed = asked
		}
		if errors.Is(err, approvals.ErrFenced) || time.Since(confirmed) > leaseLife-renewEvery {
			cancel()
			return
		}
	}
}

// start claims the operation. One that is ready is planned again first: while
// the cluster does not answer, it waits.
func (d *drive) start(ctx context.Context, id approvals.ID) (bool, error) {
	op, err := d.Store.Load(ctx, id)
	if err != nil {
		return false, err
	}
	destination, ok := d.Destinations(op.Plan.Cluster)
	if !ok {
		return false, d.waits(ctx, op, fmt.Sprintf("%s is not configured here any more.", op.Plan.Cluster))
	}
	if destination.ReadOnly && op.Sent == nil {
		return false, d.waits(ctx, op, fmt.Sprintf("%s is read-only by the configuration now.", op.Plan.Cluster))
	}
	version, err := esops.ParseVersion(op.Readings.Version)
	if err != nil {
		return false, err
	}
	total, _ := op.Readings.Bytes()
	d.runner = &esops.Runner{Watcher: destination.Watcher, Writer: destination.Writer,
		Reader: destination.Planner.Reader, Cloud: destination.Planner.Cloud, Version: version, Total: total, Now: d.Now, Proofs: proofs(destination, op)}
	var differs *approvals.Data
	if untouched(op) {
		if differs, err = again(ctx, destination.Planner, op); err != nil {
			return false, errors.Join(err, d.waits(ctx, op, "It can't start: "+sentence(err)))
		}
	}
	d.op, err = d.Desk.Claim(ctx, d.lease.Fence(), d.Name, id)
	if err != nil {
		return false, d.notClaimed(ctx, op, err)
	}
	if d.op.State.Final() {
		return false, nil
	}
	if differs != nil {
		_, err := d.Desk.Advance(ctx, d.lease.Fence(), d.op, approvals.Fail, *differs)
		return false, err
	}
	return true, nil
}

// untouched reports whether surely nothing of an operation was done yet. Whoever
// claimed it before may have acted without recording it, unless its first act is
// one that is journaled before.
func untouched(op approvals.Operation) bool {
	if op.Sent != nil || len(op.Results) > 0 {
		return false
	}
	return op.State == approvals.Ready || op.State == approvals.Running && op.Run().Next().Journaled()
}

// proofs are what the operation's result is held against.
func proofs(destination Destination, op approvals.Operation) esops.Proofs {
	p := esops.Proofs{Bytes: map[string]int64{}, Prober: destination.Prober, Started: op.Readings.SnapshotStarted, Queries: destination.Queries}
	for _, item := range op.Readings.Items {
		p.Bytes[item.Index] = item.Bytes
	}
	if destination.Origin != nil {
		p.Origin = destination.Origin(op.Plan.Source)
	}
	return p
}

// again plans the operation once more from the pinned snapshot, and returns how
// the plan differs from the approved one, if it does.
func again(ctx context.Context, planner esops.Planner, op approvals.Operation) (*approvals.Data, error) {
	plan, readings, err := planner.Again(ctx, op.Plan)
	if refusal, ok := esops.Refused(err); ok {
		return &approvals.Data{Code: refusal.Code, Sentence: "It can't be done any more: " + refusal.Sentence + " Nothing was changed.", WayOut: refusal.WayOut}, nil
	}
	if err != nil {
		return nil, err
	}
	data := approvals.Data{Code: "plan_changed", WayOut: "Plan it again."}
	for _, f := range readings.Blocking() {
		data.Differences = append(data.Differences, strings.TrimSuffix(f.Sentence, "."))
	}
	if plan.Digest() != op.Digest && len(data.Differences) == 0 {
		data.Differences = esops.Describe(op.Plan, plan)
	}
	if len(data.Differences) == 0 {
		return nil, nil
	}
	data.Sentence = "What was approved is not what would happen now: " + strings.Join(data.Differences, "; ") + ". Nothing was changed."
	return &data, nil
}

// notClaimed tells a claim that must wait from one that failed.
func (d *drive) notClaimed(ctx context.Context, op approvals.Operation, err error) error {
	if refusal, ok := esops.Refused(err); ok {
		return d.waits(ctx, op, refusal.Sentence)
	}
	if errors.Is(err, approvals.ErrConflict) || errors.Is(err, approvals.ErrFenced) {
		return nil
	}
	return errors.Join(err, d.waits(ctx, op, "It can't start: "+sentence(err)))
}

// waits shows why an operation does not move.
func (d *drive) waits(ctx context.Context, op approvals.Operation, why string) error {
	return d.Store.SetProgress(ctx, op.ID, esops.Progress{At: d.Now().UTC(), Waiting: why})
}

// sentence is what people may read of an error.
func sentence(err error) string {
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return refusal.Sentence
	}
	return "something went wrong inside; the log has it."
}

// loop looks, records and looks again, until the operation ends, the lease is
// lost or the process is told to stop.
func (d *drive) loop(ctx, work context.Context) {
	pause := firstPause
	for work.Err() == nil {
		moved, err := d.look(work)
		switch {
		case err == nil && moved:
			pause = firstPause
		case err == nil:
			pause = min(pause*3/2, longestPause)
			if d.left > 0 { // an end that is near is not waited past
				pause = min(pause, max(d.left/2, nearPause))
			}
		case errors.Is(err, approvals.ErrFenced), errors.Is(err, store.ErrRolledBack):
			d.Log.Warn("operation left", "operation", d.op.ID, "err", err)
			return
		case errors.Is(err, approvals.ErrConflict): // someone cancelled it: look again
			pause = firstPause
		default:
			d.Log.Warn("look failed", "operation", d.op.ID, "step", d.op.Run().Next(), "err", err)
			pause = min(max(pause*2, time.Second), errorPause)
			d.unreached(work, err)
		}
		if d.op.State.Final() {
			return
		}
		wait := pause
		if moved {
			wait = 0
		}
		select {
		case <-ctx.Done():
			return
		case <-work.Done():
			return
		case <-time.After(wait):
		}
	}
}

// unreached shows that the cluster does not answer.
func (d *drive) unreached(ctx context.Context, err error) {
	if err := d.waits(ctx, d.op, sentence(err)); err != nil {
		d.Log.Warn("progress not kept", "operation", d.op.ID, "err", err)
	}
}

// look makes one look and records what it came to. moved is true when a record
// was written, so that there is more to do at once.
func (d *drive) look(ctx context.Context) (moved bool, err error) {
	if d.op, err = d.Store.Load(ctx, d.op.ID); err != nil || d.op.State.Final() {
		return false, err
	}
	run := d.op.Run()
	if run.Next() == "" {
		return true, d.advance(ctx, approvals.Succeed, approvals.Data{})
	}
	outcome, err := d.runner.Look(ctx, run, d.op.State == approvals.Stopping)
	if err != nil {
		return false, err
	}
	if outcome.Journal != nil {
		outcome, err = d.send(ctx, *outcome.Journal)
		if err != nil {
			return false, err
		}
	}
	return d.record(ctx, outcome)
}

// send journals the request of a step that must not be sent unrecorded, and sends
// it, in this order.
func (d *drive) send(ctx context.Context, sent esops.Sent) (esops.Outcome, error) {
	if err := d.advance(ctx, approvals.Stepped, approvals.Data{Step: d.op.Run().Next(), Sent: &sent}); err != nil {
		d.runner.Unsent(sent.Attempt)
		return esops.Outcome{}, err
	}
	return d.runner.Send(ctx, d.op.Run(), sent)
}

// record writes down what a look came to.
func (d *drive) record(ctx context.Context, o esops.Outcome) (bool, error) {
	d.left = 0
	if o.Reading != nil && o.Reading.Shards <= fewShards {
		d.left = o.Reading.Left()
	}
	if reading := o.Reading; reading != nil || o.Waiting != "" {
		if reading == nil {
			reading = &esops.Progress{At: d.Now().UTC()}
		}
		reading.Waiting = o.Waiting
		if err := d.Store.SetProgress(ctx, d.op.ID, reading); err != nil {
			return false, err
		}
	}
	switch {
	case o.Result != nil:
		return true, d.advance(ctx, approvals.Stepped, approvals.Data{Step: o.Result.Step, Result: o.Result})
	case o.Failure != nil:
		return true, d.advance(ctx, approvals.Fail, approvals.Data{Code: o.Failure.Code, Sentence: o.Failure.Sentence, WayOut: o.Failure.WayOut})
	case o.Stopped != nil:
		return true, d.advance(ctx, approvals.Stopped, approvals.Data{Stopped: o.Stopped})
	}
	return false, nil
}

func (d *drive) advance(ctx context.Context, kind approvals.EventKind, data approvals.Data) error {
	op, err := d.Desk.Advance(ctx, d.lease.Fence(), d.op, kind, data)
	if err != nil {
		return err
	}
	d.op = op
	d.Log.Info("operation advanced", "operation", op.ID, "event", kind, "step", data.Step)
	return nil
}
