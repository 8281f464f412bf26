package esops

import (
	"context"
	"fmt"
	"slices"
)

// step is the step the run is at.
func (r Run) step() Step { return r.Plan.Steps[len(r.Results)] }

// removeMade removes what an earlier operation made, and nothing else: an index
// with another UUID under the same name is somebody else's and stays.
func (r *Runner) removeMade(ctx context.Context, run Run) (Outcome, error) {
	at := r.Now()
	state, err := r.state(ctx, run)
	if err != nil {
		return Outcome{}, fmt.Errorf("looking at what is to be removed: %w", err)
	}
	result := Result{Step: StepRemove}
	for _, made := range run.step().Remove {
		now, there := state.Targets[made.Name]
		if there && now.UUID == made.UUID {
			if r.Now().Sub(at) > lookFresh {
				return Outcome{Waiting: "Removing takes longer than a look may be old; it is looked again."}, nil
			}
			if err := r.Writer.Delete(ctx, made.Name); err != nil {
				if refusal, refused := Refused(err); refused {
					return Outcome{Failure: refusal}, nil
				}
				return Outcome{}, fmt.Errorf("removing %s: %w", made.Name, err)
			}
		} else if there {
			result.NotProved = append(result.NotProved, made.Name+" is another index now and stays")
			continue
		}
		result.Targets = append(result.Targets, TargetResult{Name: made.Name, UUID: made.UUID, Made: true})
	}
	return Outcome{Result: &result}, nil
}

// replicas sets the number of replicas that was asked for. Setting it twice is
// harmless.
func (r *Runner) replicas(ctx context.Context, run Run) (Outcome, error) {
	left, err := r.setReplicas(ctx, run, r.seeing(ctx, run))
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: &Result{Step: StepReplicas, NotProved: left}}, nil
}

// setReplicas sets the replicas of every target that was restored; left says
// where the cluster would not.
func (r *Runner) setReplicas(ctx context.Context, run Run, see func() (State, error)) (left []string, err error) {
	step := run.Plan.Step(StepReplicas)
	begun, restored := run.result(StepRestore)
	if step == nil || !restored {
		return nil, nil
	}
	for _, t := range begun.Targets {
		state, err := see()
		if err != nil {
			return nil, fmt.Errorf("looking before setting replicas: %w", err)
		}
		if now, there := state.Targets[t.Name]; !there || now.UUID != t.UUID || now.State != TargetOpen {
			continue
		}
		err = r.Writer.SetReplicas(ctx, t.Name, *step.Replicas)
		if refusal, refused := Refused(err); refused {
			left = append(left, fmt.Sprintf("%s keeps 0 replicas: %s", t.Name, refusal.Sentence))
		} else if err != nil {
			return nil, fmt.Errorf("setting the replicas of %s: %w", t.Name, err)
		}
	}
	return left, nil
}

// moveAlias moves an alias in one act. It is done when the alias is on the new
// index alone, and refused when it is neither there nor where the plan saw it.
func (r *Runner) moveAlias(ctx context.Context, run Run) (Outcome, error) {
	step := run.step()
	move := *step.Move
	at := r.Now()
	state, err := r.state(ctx, run, append(slices.Clone(move.From), move.To, move.Alias)...)
	if err != nil {
		return Outcome{}, fmt.Errorf("looking at the alias %s: %w", move.Alias, err)
	}
	named, taken := state.Targets[move.Alias]
	behind := slices.Sorted(slices.Values(named.Behind))
	switch {
	case taken && named.State != TargetAlias:
		return r.notMoved(ctx, run, Refuse("alias_moved", "Move the alias by hand if it is still wanted.",
			"%s is no alias any more but %s. %s", move.Alias, article(named.State), leftBeside(step.Kind, move)))
	case slices.Equal(behind, []string{move.To}):
		return Outcome{Result: &Result{Step: step.Kind}}, nil
	case !slices.Equal(behind, slices.Sorted(slices.Values(move.From))):
		return r.notMoved(ctx, run, Refuse("alias_moved", "Move the alias by hand if it is still wanted.",
			"The alias %s was moved by someone else meanwhile; it is for %s now. %s", move.Alias, orNothing(behind), leftBeside(step.Kind, move)))
	case state.Targets[move.To].State != TargetOpen:
		return r.notMoved(ctx, run, Refuse("alias_target_gone", "See what became of it.",
			"The alias %s stays where it is: %s is not an open index any more.", move.Alias, move.To))
	case run.replaced(move, state):
		return r.notMoved(ctx, run, Refuse("alias_target_gone", "See what became of it.",
			"The alias %s stays where it is: someone else put another index in the place of the restored one.", move.Alias))
	case r.Now().Sub(at) > lookFresh:
		return Outcome{Waiting: "Looking took longer than a look may be old; it is looked again."}, nil
	}
	err = r.Writer.MoveAlias(ctx, move)
	if refusal, refused := Refused(err); refused {
		return r.notMoved(ctx, run, refusal)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("moving the alias %s: %w", move.Alias, err)
	}
	return Outcome{Waiting: "Looking whether the alias has moved."}, nil
}

// replaced reports whether the restored index of an alias's move, to which it goes
// or from which it goes back, is another one by now.
func (r Run) replaced(move AliasMove, state State) bool {
	restored, _ := r.result(StepRestore)
	for _, t := range restored.Targets {
		if t.Name == move.To {
			return state.Targets[move.To].UUID != t.UUID
		}
	}
	return move.fromAnother(state)
}

// notMoved ends the operation, which is not settled then: the markers go now.
func (r *Runner) notMoved(ctx context.Context, run Run, why *Refusal) (Outcome, error) {
	if _, err := r.clear(ctx, run); err != nil {
		return Outcome{}, err
	}
	return Outcome{Failure: why}, nil
}

// article names what a name is for instead of an alias.
func article(state string) string {
	if state == TargetStream {
		return "a data stream"
	}
	return "an index"
}

func leftBeside(kind StepKind, move AliasMove) string {
	if kind == StepSwap {
		return fmt.Sprintf("%s is restored and stays beside.", move.To)
	}
	return "Nothing was removed."
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return some(names)
}
