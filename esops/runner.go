package esops

import (
	"context"
	"fmt"
	"time"
)

// Times of the restore request.
const (
	// lookFresh is how old the look before a request may be when it is sent, and
	// pinFresh how long before that look the snapshot may have been compared.
	lookFresh = 5 * time.Second
	pinFresh  = 30 * time.Second
	// quietFor is how long a cluster must be quiet (no answer, no marker, no
	// snapshot running, nothing queued) until a request of unknown fate is
	// taken as never carried out.
	quietFor = 60 * time.Second
	// attempts bounds how often the same request goes out without an answer.
	attempts = 3
	// busyPause is how long a cluster that was busy is left alone, at first.
	busyPause = 5 * time.Second
	busyLimit = 5 * time.Minute
)

// A Runner carries out one operation's plan: each call of Look looks at the
// cluster, decides, and acts where acting twice is harmless. The one call that
// is not harmless, the restore request, needs a recorded journal first: Look
// returns it, and Send sends it.
//
// A Runner remembers only what may be forgotten: the last reading, since when
// the cluster is quiet, and that it was busy. It belongs to one goroutine.
type Runner struct {
	Watcher Watcher
	Writer  Writer
	Reader  Reader // to see the snapshot and the repository as they are now
	Cloud   Cloud  // of a share
	Version Version
	Total   int64 // bytes the plan expects, 0 when not known
	Now     func() time.Time
	Proofs  Proofs

	notSent    int       // the attempt that is known never to have been carried out
	accepted   bool      // Elasticsearch said so to this process
	pinned     time.Time // the last time the snapshot was seen to be the approved one
	quietSince time.Time // zero: not quiet
	busySince  time.Time // the last time it refused because it was busy
	busy       time.Duration
	lost       map[string]time.Time
	last       Progress
	moved      time.Time // the last time bytes or shards came
	asked      time.Time // the last time it was asked why shards wait
	why        string    // what the answer was
	counted    int       // looks at an index that did not answer whole
}

// Look looks at the run's next step. stopping asks for an end instead: what is
// made by us and still being restored is removed, the rest is left to finish.
// An error means that the cluster could not be asked; nothing is known then.
func (r *Runner) Look(ctx context.Context, run Run, stopping bool) (Outcome, error) {
	if stopping {
		return r.stop(ctx, run)
	}
	switch run.Next() {
	case StepRestore:
		return r.restore(ctx, run, true)
	case StepWait:
		return r.wait(ctx, run)
	case StepVerify:
		return r.verify(ctx, run)
	case StepRemove:
		return r.removeMade(ctx, run)
	case StepReplicas:
		return r.replicas(ctx, run)
	case StepSwap, StepMoveBack:
		return r.moveAlias(ctx, run)
	case StepSettle:
		return r.settle(ctx, run)
	case StepShare:
		return r.share(ctx, run)
	case StepUnshare:
		return r.unshare(ctx, run)
	}
	return Outcome{}, fmt.Errorf("a plan holds an unknown step %q", run.Next())
}

// state looks at the targets, and at other names, and makes sure that they are
// the plan's.
func (r *Runner) state(ctx context.Context, run Run, others ...string) (State, error) {
	state, err := r.Watcher.State(ctx, append(run.Plan.Targets(), others...))
	if err != nil {
		return State{}, err
	}
	if was := run.Plan.ClusterUUID; was != "" && state.ClusterUUID != "" && state.ClusterUUID != was {
		return State{}, fmt.Errorf("%w: %w", ErrUnavailable, Refuse("another_cluster", "See which cluster the configuration names.",
			"The cluster behind %s is another one than the plan was made for.", run.Plan.Cluster))
	}
	return state, nil
}

// seeing gives what is known of the targets, never older than a look may be when
// something is done by it: settings that go out one by one can take longer.
func (r *Runner) seeing(ctx context.Context, run Run) func() (State, error) {
	var state State
	var at time.Time
	return func() (State, error) {
		if !at.IsZero() && r.Now().Sub(at) <= lookFresh {
			return state, nil
		}
		at = r.Now()
		var err error
		if state, err = r.state(ctx, run); err == nil && r.Now().Sub(at) > lookFresh {
			err = fmt.Errorf("%w: %w", ErrUnavailable, Refuse("slow_look", "", "%s takes too long to answer.", run.Plan.Cluster))
		}
		if err != nil {
			at = time.Time{}
		}
		return state, err
	}
}

// restore looks whether Elasticsearch has the request, and journals it when it
// surely does not and mayAsk.
func (r *Runner) restore(ctx context.Context, run Run, mayAsk bool) (Outcome, error) {
	unknown := run.Sent != nil && r.notSent != run.Sent.Attempt && !r.accepted
	queued := false
	if unknown {
		var err error
		if queued, err = r.Watcher.Queued(ctx); err != nil {
			r.quietSince = time.Time{}
			return Outcome{}, fmt.Errorf("looking at the master's queue: %w", err)
		}
	}
	looked := r.Now().UTC() // what is seen may be as old as this
	state, err := r.state(ctx, run)
	if err != nil {
		r.quietSince = time.Time{} // who did not answer was not seen to be quiet
		return Outcome{}, fmt.Errorf("looking at the targets: %w", err)
	}
	if r.accepted || marked(state, run.Marker) {
		return r.begun(ctx, run, state)
	}
	if unknown {
		if wait := r.unsettled(queued, state); wait != "" {
			return Outcome{Waiting: wait}, nil
		}
	}
	if !mayAsk {
		return r.neverBegun(ctx, run)
	}
	targets, failure := lookAt(run, state)
	if failure != nil {
		return Outcome{Failure: failure}, nil
	}
	if wait := r.mustWait(state); wait != "" {
		return Outcome{Waiting: wait}, nil
	}
	if r.Reader != nil && r.Now().Sub(r.pinned) > pinFresh {
		failure, err := r.sameSnapshot(ctx, run)
		if err != nil || failure != nil {
			return Outcome{Failure: failure}, err
		}
		r.pinned = r.Now()
		return r.restore(ctx, run, mayAsk) // the look is older now
	}
	// A request that surely was not carried out goes out under its own number.
	attempt := 1
	switch {
	case unknown:
		attempt = run.Sent.Attempt + 1
	case run.Sent != nil:
		attempt = run.Sent.Attempt
	}
	if attempt > attempts {
		return Outcome{Failure: Refuse("no_answer", "See whether the cluster is healthy, then ask again.",
			"Elasticsearch was asked %d times and never answered; no restore of this operation is there.", attempts)}, nil
	}
	return Outcome{Journal: &Sent{At: looked, Attempt: attempt, Looked: targets}}, nil
}

// sameSnapshot makes sure that the snapshot is the very one that was approved:
// Elasticsearch takes a name, and its owner can delete it and take another one
// under it.
func (r *Runner) sameSnapshot(ctx context.Context, run Run) (*Refusal, error) {
	plan := run.Plan
	found, err := r.Reader.Snapshots(ctx, plan.Repository, plan.Snapshot)
	if refusal, refused := Refused(err); refused {
		return refusal, nil
	}
	if err != nil {
		return nil, fmt.Errorf("comparing the snapshot: %w", err)
	}
	for _, s := range found {
		switch {
		case s.Name != plan.Snapshot:
		case plan.SnapshotUUID != "" && s.UUID != plan.SnapshotUUID:
			return Refuse("snapshot_remade", "Plan it again.",
				"The snapshot %s was deleted and taken anew under its name since it was approved. Nothing was changed.", plan.Snapshot), nil
		default:
			return nil, nil
		}
	}
	return Refuse("snapshot_gone", "Choose another snapshot.",
		"The snapshot %s is no longer in %s. Nothing was changed.", plan.Snapshot, plan.Repository), nil
}

// begun tells which targets there are. Elasticsearch makes all of them at once,
// but a look at very many names is several: one that saw some looks again.
func (r *Runner) begun(ctx context.Context, run Run, state State) (Outcome, error) {
	if len(state.Targets) < len(run.Plan.Items) {
		var err error
		if state, err = r.state(ctx, run); err != nil {
			return Outcome{}, fmt.Errorf("looking at the targets: %w", err)
		}
	}
	return Outcome{Result: accepted(run, state)}, nil
}

// mustWait says why Elasticsearch would not take a restore now, or "".
func (r *Runner) mustWait(state State) string {
	switch {
	case len(state.Restores) > 0 && !r.Version.AtLeast(6, 6):
		return fmt.Sprintf("Elasticsearch %s does one restore at a time and is at another.", r.Version)
	case r.busy > 0 && (state.Snapshots > 0 || r.Now().Sub(r.busySince) < r.busy):
		return busyWords
	}
	return ""
}

const busyWords = "Elasticsearch is busy and takes no restore now; it is asked again."

// unsettled says why the fate of a sent request is not known yet, or "".
func (r *Runner) unsettled(queued bool, state State) string {
	if state.Snapshots > 0 || queued {
		r.quietSince = time.Time{}
		return "The answer to the restore request was lost, and the cluster is busy with a snapshot; until it is known whether the restore has begun, nothing else is started."
	}
	if r.quietSince.IsZero() {
		r.quietSince = r.Now()
	}
	if r.Now().Sub(r.quietSince) < quietFor {
		return "The answer to the restore request was lost; until it is known whether the restore has begun, nothing else is started."
	}
	return ""
}

// lookAt compares the targets with what the plan rests on.
func lookAt(run Run, state State) ([]Looked, *Refusal) {
	var looked []Looked
	for _, item := range run.Plan.Items {
		target, taken := state.Targets[item.Target]
		free := item.TargetState == TargetAbsent || item.TargetState == TargetBroken // removed by now
		switch {
		case free && taken:
			return nil, Refuse("target_taken", "Plan it again, beside it with --as or under another name.",
				"%s appeared on %s since the plan was made (%s). Nothing of it was touched.", item.Target, run.Plan.Cluster, target.State)
		case item.TargetState == TargetClosed && (target.State != TargetClosed || target.UUID != item.TargetUUID):
			return nil, Refuse("target_changed", "Plan it again.",
				"%s is no longer the closed index that the plan was made for. Nothing of it was touched.", item.Target)
		}
		was := item.TargetState
		if free {
			was = TargetAbsent
		}
		looked = append(looked, Looked{Target: item.Target, State: was, UUID: target.UUID})
	}
	return looked, nil
}

// marked reports whether a target bears the marker. Elasticsearch begins a
// restore for all targets or none, so one is enough; the others may have been
// removed by hand since.
func marked(state State, marker string) bool {
	for _, t := range state.Targets {
		if t.Marker == marker {
			return true
		}
	}
	return false
}

// accepted is the result of the restore step: which targets there are now, and
// which of them are made by us. What lacks our marker, and was not there in the
// look before the request, is somebody else's, made since: the target itself is
// gone.
func accepted(run Run, state State) *Result {
	looked := map[string]Looked{}
	if run.Sent != nil {
		for _, l := range run.Sent.Looked {
			looked[l.Target] = l
		}
	}
	result := &Result{Step: StepRestore}
	for _, name := range run.Plan.Targets() {
		t := state.Targets[name]
		if t.Marker != run.Marker && t.UUID != looked[name].UUID {
			t = Target{}
		}
		result.Targets = append(result.Targets, TargetResult{
			Name: name, UUID: t.UUID, Shards: t.Shards,
			Made: looked[name].State == TargetAbsent && t.Marker == run.Marker && t.UUID != "",
		})
	}
	return result
}
