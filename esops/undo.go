package esops

import (
	"context"
	"fmt"
	"slices"
)

// Undo plans to take back what a run made: an alias that it swapped goes back to
// the index that had it, and what it made is removed. What it overwrote can't be
// taken back, and the plan says so.
func (p Planner) Undo(ctx context.Context, run Run) (Plan, Readings, error) {
	was := run.Plan
	plan := Plan{Kind: KindUndo, Cluster: was.Cluster, ClusterUUID: was.ClusterUUID, Source: was.Source,
		Repository: was.Repository, Snapshot: was.Snapshot, SnapshotUUID: was.SnapshotUUID}
	begun, _ := run.result(StepRestore)
	made, uuids := map[string]string{}, map[string]string{}
	for _, t := range begun.Targets {
		uuids[t.Name] = t.UUID
		if t.Made {
			made[t.Name] = t.UUID
		}
	}
	var lost []Finding
	for _, item := range was.Items {
		if uuid, ours := made[item.Target]; ours {
			plan.Items = append(plan.Items, Item{Index: item.Index, Target: item.Target, TargetState: TargetMade, TargetUUID: uuid})
		} else if item.TargetState == TargetClosed && len(begun.Targets) > 0 {
			lost = append(lost, Finding{Code: "not_taken_back", Severity: Warning, Index: item.Index,
				Sentence: fmt.Sprintf("%s was overwritten; what it held before can't be taken back, and it stays as it is.", item.Target)})
		}
	}
	if step := was.Step(StepSwap); step != nil {
		if _, swapped := run.result(StepSwap); swapped && len(step.Move.From) == 1 {
			back := AliasMove{Alias: step.Move.Alias, From: []string{step.Move.To}, To: step.Move.From[0], FromUUID: uuids[step.Move.To]}
			plan.Steps = append(plan.Steps, Step{Kind: StepMoveBack, Move: &back})
		}
	}
	undone, readings, err := p.undo(ctx, plan)
	if err != nil {
		return undone, readings, err
	}
	readings.Findings = append(append(readings.Findings, lost...), p.written(ctx, run, undone)...)
	undone.Approves = approves(readings.Findings)
	sortFindings(readings.Findings)
	return undone, readings, nil
}

// written tells how many documents came into what is to be removed since it was
// verified.
func (p Planner) written(ctx context.Context, run Run, plan Plan) []Finding {
	verified, ok := run.result(StepVerify)
	if !ok || p.Surveyor == nil || len(plan.Items) == 0 {
		return nil
	}
	now, err := p.Surveyor.Facts(ctx, plan.Targets())
	if err != nil {
		return []Finding{{Code: "written_unknown", Severity: Note, Sentence: "Whether documents were written since is not known."}}
	}
	var findings []Finding
	for _, t := range verified.Targets {
		fact, there := now[t.Name]
		if !there || fact.Docs < 0 {
			continue
		}
		if more := fact.Docs - t.Docs; more != 0 {
			findings = append(findings, Finding{Code: "written_since", Severity: Note, Index: t.Name,
				Sentence: fmt.Sprintf("%s holds %d documents now and held %d when it was verified: what was written since is lost.", t.Name, fact.Docs, t.Docs)})
		}
	}
	return findings
}

// undo looks at what an undo is about as it is now. Its items and its alias are
// given; what is gone by now falls out of it.
func (p Planner) undo(ctx context.Context, was Plan) (Plan, Readings, error) {
	cluster, err := p.Reader.Cluster(ctx)
	if err != nil {
		return Plan{}, Readings{}, fmt.Errorf("asking %s who it is: %w", p.Cluster, err)
	}
	back := was.Step(StepMoveBack)
	names := was.Targets()
	if back != nil {
		names = append(append(names, back.Move.Alias, back.Move.To), back.Move.From...)
	}
	state, err := p.Reader.State(ctx, names)
	if err != nil {
		return Plan{}, Readings{}, fmt.Errorf("looking at what is to be taken back on %s: %w", p.Cluster, err)
	}
	plan := was
	plan.Cluster, plan.ClusterUUID, plan.Items, plan.Steps, plan.Approves = p.Cluster, cluster.UUID, nil, nil, nil
	readings := Readings{Taken: p.Now().UTC(), Version: cluster.Version.String(), Health: cluster.Health}
	add := func(f Finding) { readings.Findings = append(readings.Findings, f) }
	if back != nil {
		f := moveBack(*back.Move, state, p.Cluster)
		add(f)
		if f.Code != "alias_is_back" {
			plan.Steps = append(plan.Steps, *back)
		}
	}
	var remove []Made
	for _, item := range was.Items {
		now, there := state.Targets[item.Target]
		switch {
		case !there:
			add(Finding{Code: "gone_already", Severity: Note, Index: item.Index, Sentence: item.Target + " is gone already."})
			continue
		case now.UUID != item.TargetUUID:
			add(Finding{Code: "replaced_since", Severity: Note, Index: item.Index, Sentence: item.Target + " is another index now, made by someone else; it stays."})
			continue
		}
		plan.Items = append(plan.Items, item)
		readings.Items = append(readings.Items, ItemReading{Index: item.Index, Bytes: -1, Shards: now.Shards})
		remove = append(remove, Made{Name: item.Target, UUID: item.TargetUUID})
		add(Finding{Code: "removes_index", Severity: Warning, Index: item.Index,
			Sentence: fmt.Sprintf("%s, which that operation made, is removed with all that is in it now.", item.Target)})
	}
	if len(remove) > 0 {
		plan.Steps = append(plan.Steps, Step{Kind: StepRemove, Remove: remove})
	}
	if len(plan.Steps) == 0 {
		add(Finding{Code: "nothing_to_undo", Severity: Blocking, Sentence: "Nothing that it made is there any more.", WayOut: "There is nothing to do."})
	}
	plan.Approves = was.Approves
	if plan.Approves == nil {
		plan.Approves = approves(readings.Findings)
	}
	sortFindings(readings.Findings)
	return plan, readings, nil
}

// fromAnother reports whether someone else put another index in the place of the
// one from which an alias is to go back.
func (m AliasMove) fromAnother(state State) bool {
	return m.FromUUID != "" && state.Targets[m.From[0]].UUID != m.FromUUID
}

// moveBack tells what becomes of an alias that is to go back.
func moveBack(move AliasMove, state State, cluster string) Finding {
	behind := slices.Sorted(slices.Values(state.Targets[move.Alias].Behind))
	switch {
	case slices.Equal(behind, []string{move.To}):
		return Finding{Code: "alias_is_back", Severity: Note, Sentence: fmt.Sprintf("The alias %s is for %s already.", move.Alias, move.To)}
	case !slices.Equal(behind, move.From), move.fromAnother(state):
		return Finding{Code: "alias_moved", Severity: Blocking,
			Sentence: fmt.Sprintf("The alias %s was moved since; it is for %s now.", move.Alias, orNothing(behind)),
			WayOut:   "Move it by hand, and remove the restored index by hand."}
	case state.Targets[move.To].State != TargetOpen:
		return Finding{Code: "alias_home_gone", Severity: Blocking,
			Sentence: fmt.Sprintf("%s, which had the alias %s, is not an open index on %s any more.", move.To, move.Alias, cluster),
			WayOut:   "Open it, or move the alias by hand."}
	}
	return Finding{Code: "moves_alias_back", Severity: Warning,
		Sentence: fmt.Sprintf("The alias %s goes back from %s to %s.", move.Alias, move.From[0], move.To)}
}

// Retry plans a restore of what a run did not bring: what is missing, and what
// it made that is not whole, which is removed first.
func (p Planner) Retry(ctx context.Context, run Run) (Plan, Readings, error) {
	state, err := p.Reader.State(ctx, run.Plan.Targets())
	if err != nil {
		return Plan{}, Readings{}, fmt.Errorf("looking at what is missing on %s: %w", p.Cluster, err)
	}
	begun, _ := run.result(StepRestore)
	ours := map[string]TargetResult{}
	for _, t := range begun.Targets {
		ours[t.Name] = t
	}
	whole := wholeTargets(state)
	earlier := map[string]string{}
	var missing []Item
	for _, item := range run.Plan.Items {
		now, there := state.Targets[item.Target]
		t := ours[item.Target]
		if there && t.UUID != "" && now.UUID == t.UUID {
			if whole[item.Target] {
				continue
			}
			if t.Made {
				earlier[item.Target] = t.UUID
			}
		}
		missing = append(missing, item)
	}
	if len(missing) == 0 {
		return Plan{}, Readings{}, Refuse("nothing_missing", "", "Everything that it was to restore is there and whole; there is nothing to try again.")
	}
	plan, readings, err := p.restore(ctx, pinned(run.Plan, missing), earlier)
	if err == nil && plan.SnapshotUUID != "" && plan.SnapshotUUID != run.Plan.SnapshotUUID {
		return plan, readings, Refuse("snapshot_remade", "Ask for a restore of it anew.", "The snapshot %s was made anew under its name since.", run.Plan.Snapshot)
	}
	return plan, readings, err
}

// wholeTargets are the targets all of whose primaries are there.
func wholeTargets(state State) map[string]bool {
	there := map[string]int{}
	for _, s := range state.Shards {
		if s.State == "STARTED" || s.State == "RELOCATING" {
			there[s.Index]++
		}
	}
	whole := map[string]bool{}
	for name, t := range state.Targets {
		whole[name] = t.State == TargetOpen && there[name] == t.Shards
	}
	return whole
}
