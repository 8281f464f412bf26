package esops

import (
	"context"
	"fmt"
	"slices"
)

// stop ends a run: what is made by us and still being restored is removed;
// what was overwritten can't be stopped without losing the index, so it is left
// to finish; what is finished stays. Nothing is removed while it is not known
// whether the restore has begun.
func (r *Runner) stop(ctx context.Context, run Run) (Outcome, error) {
	if run.Sent == nil {
		return r.neverBegun(ctx, run)
	}
	if next := run.Next(); next == StepShare || next == StepUnshare {
		return r.Look(ctx, run, false) // the cloud is asked already: it ends by itself
	}
	if _, known := run.result(StepRestore); !known {
		return r.restore(ctx, run, false)
	}
	view, err := r.look(ctx, run)
	if err != nil {
		return Outcome{}, err
	}
	removing, err := r.remove(ctx, run, view)
	if err != nil {
		return Outcome{}, err
	}
	if removing {
		return Outcome{Waiting: "Removing what was still being restored."}, nil
	}
	if len(view.running) > 0 {
		return Outcome{Reading: r.reading(view), Waiting: "What it overwrites can't be stopped without losing the index; it is left to finish."}, nil
	}
	if view.gone == nil {
		return r.Look(ctx, run, false) // all of it ended before it could be stopped
	}
	if _, err := r.clear(ctx, run); err != nil {
		return Outcome{}, err
	}
	stopped := &Stopped{Begun: true}
	for _, t := range view.begun {
		if now, there := view.state.Targets[t.Name]; there && now.UUID == t.UUID {
			stopped.Kept = append(stopped.Kept, t.Name)
		} else if t.Made {
			stopped.Removed = append(stopped.Removed, t.Name)
		}
	}
	return Outcome{Stopped: stopped}, nil
}

// neverBegun tells what an operation had done that never asked for its restore:
// an undo, or a retry that removes first. It looks, since what it did need not be
// on record.
func (r *Runner) neverBegun(ctx context.Context, run Run) (Outcome, error) {
	remove, back := run.Plan.Step(StepRemove), run.Plan.Step(StepMoveBack)
	stopped := &Stopped{}
	if remove == nil && back == nil {
		return Outcome{Stopped: stopped}, nil
	}
	var alias []string
	if back != nil {
		alias = []string{back.Move.Alias}
	}
	state, err := r.state(ctx, run, alias...)
	if err != nil {
		return Outcome{}, fmt.Errorf("looking at what is done already: %w", err)
	}
	if remove != nil {
		for _, made := range remove.Remove {
			if state.Targets[made.Name].UUID != made.UUID {
				stopped.Removed = append(stopped.Removed, made.Name)
			} else {
				stopped.Kept = append(stopped.Kept, made.Name)
			}
		}
	}
	if back != nil && slices.Equal(state.Targets[back.Move.Alias].Behind, []string{back.Move.To}) {
		stopped.Moved = back.Move.Alias
	}
	return Outcome{Stopped: stopped}, nil
}

// remove deletes what is made by us, unsettled and still being restored, and
// reports whether there was such a thing. Elasticsearch takes names, not
// conditions, so it deletes nothing by a look that is no longer fresh.
func (r *Runner) remove(ctx context.Context, run Run, v view) (bool, error) {
	removing := false
	for _, t := range v.begun {
		now, there := v.state.Targets[t.Name]
		if !there || !t.Made || now.UUID != t.UUID || now.Marker != run.Marker || !v.running[t.Name] {
			continue
		}
		removing = true
		if r.Now().Sub(v.at) > lookFresh {
			break
		}
		if err := r.Writer.Delete(ctx, t.Name); err != nil {
			return true, fmt.Errorf("removing %s: %w", t.Name, err)
		}
	}
	return removing, nil
}
