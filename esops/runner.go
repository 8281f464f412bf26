package esops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Times of the restore request.
const (
	// lookFresh is how old the look before a request may be when it is sent.
	lookFresh = 5 * time.Second
	// quietFor is how long a cluster must be quiet (no answer, no marker, no
	// snapshot running, nothing queued) until a request of unknown fate is
	// taken as never carried out.
	quietFor = 60 * time.Second
	// attempts bounds how often the same request goes out.
	attempts = 3
)

// A Runner carries out one operation's plan: each call of Look looks at the
// cluster, decides, and acts where acting twice is harmless. The one call that
// is not harmless, the restore request, needs a recorded journal first: Look
// returns it, and Send sends it.
//
// A Runner remembers only what may be forgotten: the last reading, and since
// when the cluster is quiet. It belongs to one goroutine.
type Runner struct {
	Watcher Watcher
	Writer  Writer
	Version Version
	Total   int64 // bytes the plan expects, 0 when not known
	Now     func() time.Time

	notSent    int       // the attempt that is known never to have been carried out
	accepted   bool      // Elasticsearch said so to this process
	quietSince time.Time // zero: not quiet
	lost       map[string]time.Time
	last       Progress
	counted    int // looks at an index that did not answer whole
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
	case StepSettle:
		return r.settle(ctx, run)
	}
	return Outcome{}, fmt.Errorf("a plan holds an unknown step %q", run.Next())
}

// restore looks whether Elasticsearch has the request, and journals it when it
// surely does not and mayAsk.
func (r *Runner) restore(ctx context.Context, run Run, mayAsk bool) (Outcome, error) {
	state, err := r.Watcher.State(ctx, run.Plan.Targets())
	if err != nil {
		return Outcome{}, fmt.Errorf("looking at the targets: %w", err)
	}
	if r.accepted || marked(state, run.Marker) {
		return Outcome{Result: accepted(run, state)}, nil
	}
	attempt := 1
	if run.Sent != nil {
		attempt = run.Sent.Attempt + 1
		wait, err := r.unsettled(ctx, *run.Sent, state)
		if err != nil || wait != "" {
			return Outcome{Waiting: wait}, err
		}
	}
	looked, failure := lookAt(run, state)
	if failure != nil {
		return Outcome{Failure: failure}, nil
	}
	if !mayAsk {
		return Outcome{Stopped: &Stopped{}}, nil
	}
	if len(state.Restores) > 0 && !r.Version.AtLeast(6, 6) {
		return Outcome{Waiting: fmt.Sprintf("Elasticsearch %s does one restore at a time and is at another.", r.Version)}, nil
	}
	if attempt > attempts {
		return Outcome{Failure: Refuse("no_answer", "See whether the cluster is healthy, then ask again.",
			"Elasticsearch was asked %d times and never answered; no restore of this operation is there.", attempts)}, nil
	}
	return Outcome{Journal: &Sent{At: r.Now().UTC(), Attempt: attempt, Looked: looked}}, nil
}

// unsettled says why the fate of a sent request is not known yet, or "".
func (r *Runner) unsettled(ctx context.Context, sent Sent, state State) (string, error) {
	if r.notSent == sent.Attempt {
		return "", nil
	}
	queued, err := r.Watcher.Queued(ctx)
	if err != nil {
		return "", fmt.Errorf("looking at the master's queue: %w", err)
	}
	if state.Snapshots > 0 || queued {
		r.quietSince = time.Time{}
		return "The answer to the restore request was lost, and the cluster is busy with a snapshot; until it is known whether the restore has begun, nothing else is started.", nil
	}
	if r.quietSince.IsZero() {
		r.quietSince = r.Now()
	}
	if r.Now().Sub(r.quietSince) < quietFor {
		return "The answer to the restore request was lost; until it is known whether the restore has begun, nothing else is started.", nil
	}
	return "", nil
}

// Send sends the request that was just journaled. Only the process that wrote
// the journal entry may call it, and once.
func (r *Runner) Send(ctx context.Context, run Run, sent Sent) (Outcome, error) {
	r.quietSince = time.Time{}
	if r.Now().Sub(sent.At) > lookFresh {
		r.notSent = sent.Attempt // too long between look and request: look again
		return Outcome{}, nil
	}
	err := r.Writer.Restore(ctx, withMarker(*run.Plan.Body(), run.Marker), run.Plan.Repository, run.Plan.Snapshot)
	refusal, wasRefused := Refused(err)
	switch {
	case err == nil:
		r.accepted = true
		return r.restore(ctx, run, false)
	case errors.Is(err, ErrUnavailable):
		r.notSent = sent.Attempt
		return Outcome{}, err
	case errors.Is(err, ErrBusy):
		r.notSent = sent.Attempt
		return Outcome{Waiting: "Elasticsearch is busy and takes no restore now; it is asked again."}, nil
	case wasRefused:
		return r.refused(ctx, run, sent, refusal)
	}
	return Outcome{}, err // ErrUnknown and all else: only looking tells
}

// Unsent tells the runner that an attempt's journal entry may be on record, but
// its request was surely never sent by this process, which alone could.
func (r *Runner) Unsent(attempt int) { r.notSent = attempt }

// refused finds out what a refusal means: that of a second request, sent
// because the first one's answer was lost, may be due to the first.
func (r *Runner) refused(ctx context.Context, run Run, sent Sent, refusal *Refusal) (Outcome, error) {
	state, err := r.Watcher.State(ctx, run.Plan.Targets())
	if err != nil {
		return Outcome{}, fmt.Errorf("looking at the targets after a refusal: %w", err)
	}
	if marked(state, run.Marker) {
		return Outcome{Result: accepted(run, state)}, nil
	}
	r.notSent = sent.Attempt
	return Outcome{Failure: refusal}, nil
}

// lookAt compares the targets with what the plan rests on.
func lookAt(run Run, state State) ([]Looked, *Refusal) {
	var looked []Looked
	for _, item := range run.Plan.Items {
		target, taken := state.Targets[item.Target]
		switch {
		case item.TargetState == TargetAbsent && taken:
			return nil, Refuse("target_taken", "Plan it again, beside it with --as or under another name.",
				"%s appeared on %s since the plan was made (%s). Nothing of it was touched.", item.Target, run.Plan.Cluster, target.State)
		case item.TargetState == TargetClosed && (target.State != TargetClosed || target.UUID != item.TargetUUID):
			return nil, Refuse("target_changed", "Plan it again.",
				"%s is no longer the closed index that the plan was made for. Nothing of it was touched.", item.Target)
		}
		looked = append(looked, Looked{Target: item.Target, State: item.TargetState, UUID: target.UUID})
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
// which of them are made by us.
func accepted(run Run, state State) *Result {
	absent := map[string]bool{}
	if run.Sent != nil {
		for _, l := range run.Sent.Looked {
			absent[l.Target] = l.State == TargetAbsent
		}
	}
	result := &Result{Step: StepRestore}
	for _, name := range run.Plan.Targets() {
		t := state.Targets[name]
		result.Targets = append(result.Targets, TargetResult{
			Name: name, UUID: t.UUID, Shards: t.Shards,
			Made: absent[name] && t.Marker == run.Marker && t.UUID != "",
		})
	}
	return result
}

func withMarker(body RestoreBody, marker string) RestoreBody {
	settings := map[string]any{}
	maps.Copy(settings, body.IndexSettings)
	settings[MarkerSetting] = marker
	body.IndexSettings = settings
	return body
}
