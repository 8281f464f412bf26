package esops

import (
	"context"
	"errors"
	"fmt"
)

// countTries bounds how often an index that does not answer whole is counted.
const countTries = 5

// verify establishes what can be known of what was restored. It never fails an
// operation: where something can't be proved, it says so.
func (r *Runner) verify(ctx context.Context, run Run) (Outcome, error) {
	waited, ok := run.result(StepWait)
	if !ok {
		return Outcome{}, errors.New("nothing was waited for before verifying")
	}
	result := Result{Step: StepVerify}
	for _, t := range waited.Targets {
		count, err := r.count(ctx, t.Name)
		if err != nil {
			return Outcome{}, err
		}
		if !count.Whole && r.counted < countTries {
			r.counted++ // shards just started may take a moment to be searchable
			return Outcome{Waiting: "Counting the documents."}, nil
		}
		t.Docs = count.Docs
		switch {
		case !count.Whole:
			result.NotProved = append(result.NotProved, fmt.Sprintf("not every shard of %s answered the count", t.Name))
		case t.Proved+len(t.Empty) < t.Shards:
			result.NotProved = append(result.NotProved, fmt.Sprintf(
				"Elasticsearch no longer tells where %d of the %d shards of %s came from", t.Shards-t.Proved-len(t.Empty), t.Shards, t.Name))
		}
		result.Targets = append(result.Targets, t)
	}
	if err := r.Proofs.add(ctx, run, &result); err != nil {
		return Outcome{}, err
	}
	result.Verified = len(result.NotProved) == 0
	return Outcome{Result: &result}, nil
}

// count counts an index. One that is gone or closed is not whole, and no error.
func (r *Runner) count(ctx context.Context, index string) (Count, error) {
	count, err := r.Watcher.Count(ctx, index)
	if _, refused := Refused(err); refused {
		return Count{}, nil
	}
	if err != nil {
		return Count{}, fmt.Errorf("counting the documents of %s: %w", index, err)
	}
	return count, nil
}

// settle takes our marker off, so that the index is the customer's alone.
func (r *Runner) settle(ctx context.Context, run Run) (Outcome, error) {
	kept, err := r.clear(ctx, run)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: &Result{Step: StepSettle, NotProved: kept}}, nil
}

// clear takes the marker off every target that bears ours. Where the cluster
// refuses, such as on an index that is blocked, the marker stays, harmless, and
// kept says so.
func (r *Runner) clear(ctx context.Context, run Run) (kept []string, err error) {
	see := r.seeing(ctx, run)
	if _, set := run.result(StepReplicas); !set {
		// However it ends: what is there gets the replicas it was to have.
		if kept, err = r.setReplicas(ctx, run, see); err != nil {
			return nil, err
		}
	}
	for _, name := range run.Plan.Targets() {
		state, err := see()
		if err != nil {
			return nil, fmt.Errorf("looking for markers: %w", err)
		}
		if state.Targets[name].Marker != run.Marker {
			continue
		}
		err = r.Writer.ClearMarker(ctx, name)
		if refusal, refused := Refused(err); refused {
			kept = append(kept, fmt.Sprintf("the marker stays on %s: %s", name, refusal.Sentence))
		} else if err != nil {
			return nil, fmt.Errorf("taking the marker off %s: %w", name, err)
		}
	}
	return kept, nil
}
