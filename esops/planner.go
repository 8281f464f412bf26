package esops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// sizesWithin bounds how long planning waits for sizes, which Elasticsearch
// reads shard by shard from the repository.
const sizesWithin = 20 * time.Second

// A Planner computes plans for one cluster. It finds everything that is the
// matter with a request at once, each with its way out.
type Planner struct {
	Reader  Reader
	Cluster string // its configured name
	// Owner names the cluster that a repository belongs to.
	Owner func(repository string) string
	// Zone is how a time without a zone is read.
	Zone *time.Location
	Now  func() time.Time

	// Surveyor tells what room there is; nil: nothing is said about it.
	Surveyor Surveyor
	// Origin finds the cluster that snapshots come from, by the name of their
	// owner, if it is configured; nil: it is not asked.
	Origin func(owner string) Surveyor
	// Cloud shares repositories; nil: there is none. Instance finds a configured
	// cluster by its ID there.
	Cloud    Cloud
	Instance func(id string) (Instance, bool)
	// Automatic tells what the cloud's rules say of a snapshot that it took by
	// itself, false of any other; nil: there is no such rule.
	Automatic func(repository string, s Snapshot) (Automatic, bool)
	// Speed is what restores to this cluster came to so far, in bytes a second;
	// false when it is not known.
	Speed func(ctx context.Context) (float64, bool)
}

// Restore plans a restore. A request that can't be carried out is a plan whose
// readings hold blocking findings; an error means that it could not be judged,
// because the cluster did not answer or the repository can't be read.
func (p Planner) Restore(ctx context.Context, req Request) (Plan, Readings, error) {
	return p.restore(ctx, req, nil)
}

// restore plans; earlier are targets, by name, that an earlier operation made
// with that UUID and that may be removed.
func (p Planner) restore(ctx context.Context, req Request, earlier map[string]string) (Plan, Readings, error) {
	if refusal := checkTemplate(req.As); refusal != nil {
		return Plan{}, Readings{}, refusal
	}
	cluster, err := p.Reader.Cluster(ctx)
	if err != nil {
		return Plan{}, Readings{}, fmt.Errorf("asking %s who it is: %w", p.Cluster, err)
	}
	plan := Plan{
		Kind: KindRestore, Cluster: p.Cluster, ClusterUUID: cluster.UUID,
		Source: p.Owner(req.Repository), Repository: req.Repository, Flags: req.Flags,
	}
	readings := Readings{Taken: p.Now().UTC(), Version: cluster.Version.String(), Health: cluster.Health}
	snapshot, finding, err := p.snapshot(ctx, req)
	if err != nil {
		return Plan{}, Readings{}, err
	}
	if finding != nil && blocks(*finding) {
		readings.Findings = []Finding{*finding}
		return plan, readings, nil
	}
	plan.Snapshot, plan.SnapshotUUID = snapshot.Name, snapshot.UUID
	readings.SnapshotState, readings.SnapshotStarted = snapshot.State, snapshot.Started
	readings.SnapshotVersion = maker(snapshot.Version)
	if p.Automatic != nil {
		if told, ok := p.Automatic(req.Repository, snapshot); ok {
			readings.SnapshotMaker, readings.SnapshotGone = told.Maker, told.Gone
		}
	}

	chosen := selectIndices(req.Indices, snapshot.Indices, req.System)
	readings.Findings = p.judge(cluster, snapshot, chosen, req)
	if finding != nil {
		readings.Findings = append(readings.Findings, *finding)
	}
	state, err := p.place(ctx, &plan, &readings, snapshot, chosen.names, earlier)
	if err != nil {
		return Plan{}, Readings{}, err
	}
	move, found := swapOf(plan, state)
	readings.Findings = append(readings.Findings, found...)
	if err := p.survey(ctx, &readings, plan, cluster, state); err != nil {
		return Plan{}, Readings{}, err
	}
	readings.Findings = append(readings.Findings, p.facts(ctx, plan, snapshot, cluster)...)
	plan.Steps = restoreSteps(plan, move)
	plan.Approves = approves(readings.Findings)
	sortFindings(readings.Findings)
	return plan, readings, nil
}

// Again plans what was approved once more, from the pinned snapshot. Of the
// warnings that were approved some may be gone, which makes no other plan of it.
func (p Planner) Again(ctx context.Context, was Plan) (Plan, Readings, error) {
	plan, readings, err := p.again(ctx, was)
	if err == nil && !slices.ContainsFunc(plan.Approves, func(code string) bool { return !slices.Contains(was.Approves, code) }) {
		plan.Approves = slices.Clone(was.Approves)
	}
	return plan, readings, err
}

func (p Planner) again(ctx context.Context, was Plan) (Plan, Readings, error) {
	for _, kind := range []StepKind{StepShare, StepUnshare} {
		if step := was.Step(kind); step != nil {
			return p.shareAgain(ctx, was, *step.Share)
		}
	}
	if was.Kind == KindUndo {
		return p.undo(ctx, was)
	}
	earlier := map[string]string{}
	for _, item := range was.Items {
		if item.TargetState == TargetBroken {
			earlier[item.Target] = item.TargetUUID
		}
	}
	return p.restore(ctx, pinned(was, was.Items), earlier)
}

// pinned is the request for some items of a plan, from its very snapshot.
func pinned(was Plan, items []Item) Request {
	indices := make([]string, len(items))
	for i, item := range items {
		indices[i] = item.Index
	}
	return Request{Kind: KindRestore, Cluster: was.Cluster, Repository: was.Repository, Snapshot: was.Snapshot,
		Indices: strings.Join(indices, ","), Flags: was.Flags}
}

// place gives each index its target and finds what stands in the way there.
func (p Planner) place(ctx context.Context, plan *Plan, readings *Readings, snapshot Snapshot, names []string, earlier map[string]string) (State, error) {
	if len(names) == 0 {
		return State{}, nil
	}
	targets := make([]string, len(names), len(names)+1)
	for i, name := range names {
		targets[i] = Rename(plan.Flags.As, name)
	}
	looked := targets
	if plan.Flags.Swap != "" {
		looked = append(looked, plan.Flags.Swap)
	}
	state, err := p.Reader.State(ctx, looked)
	if err != nil {
		return State{}, fmt.Errorf("looking at the targets on %s: %w", p.Cluster, err)
	}
	sizes, err := p.sizes(ctx, plan.Repository, snapshot.Name)
	if err != nil {
		return State{}, err
	}
	missing := missingShards(snapshot)
	first := map[string]string{}
	for i, name := range names {
		item := Item{Index: name, Target: targets[i], TargetState: TargetAbsent}
		if other, taken := first[item.Target]; taken {
			readings.Findings = append(readings.Findings, Finding{Code: "same_target", Severity: Blocking, Index: name,
				Sentence: fmt.Sprintf("%s and %s would both become %s.", other, name, item.Target),
				WayOut:   "Give each its own name with $1 in --as, or restore them one at a time."})
		}
		first[item.Target] = name
		reading := ItemReading{Index: name, Bytes: -1, Shards: -1}
		if size, ok := sizes[name]; ok {
			reading.Bytes, reading.Shards = size.Bytes, size.Shards
		}
		now, there := state.Targets[item.Target]
		switch {
		case there && now.UUID != "" && now.UUID == earlier[item.Target]:
			item.TargetState, item.TargetUUID = TargetBroken, now.UUID
		case there && now.State == TargetClosed:
			item.TargetState, item.TargetUUID = TargetClosed, now.UUID
		}
		if why := illegalName(item.Target); why != "" && item.Target != name {
			readings.Findings = append(readings.Findings, Finding{Code: "illegal_name", Severity: Blocking, Index: name,
				Sentence: fmt.Sprintf("%q can't be an index name: %s.", item.Target, why),
				WayOut:   "Choose another --as."})
		} else if strings.HasPrefix(item.Target, ".") && !plan.Flags.System {
			readings.Findings = append(readings.Findings, Finding{Code: "system_index", Severity: Blocking, Index: name,
				Sentence: fmt.Sprintf("%s would be a system index.", item.Target),
				WayOut:   "Choose another --as, or add --system if that is really meant."})
		}
		readings.Findings = append(readings.Findings, p.conflict(item, now, reading.Shards, len(missing[name]) > 0, plan.Flags)...)
		plan.Items = append(plan.Items, item)
		readings.Items = append(readings.Items, reading)
	}
	if _, known := readings.Bytes(); !known {
		why := "the repository did not tell within 20 seconds"
		if sizes != nil {
			why = "Elasticsearch " + readings.Version + " does not tell"
		}
		readings.Findings = append(readings.Findings, Finding{Code: "size_unknown", Severity: Note,
			Sentence: "How large the indices are is not known: " + why + "."})
	}
	return state, nil
}

// sizes returns nil, and no error, when the repository does not tell: sizes
// decide nothing that Elasticsearch would not decide again.
func (p Planner) sizes(ctx context.Context, repository, snapshot string) (map[string]Size, error) {
	within, cancel := context.WithTimeout(ctx, sizesWithin)
	defer cancel()
	sizes, err := p.Reader.Sizes(within, repository, snapshot)
	switch {
	case err == nil:
		return sizes, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("asking for sizes in %q: %w", snapshot, err)
	}
	return nil, nil
}

// restoreSteps are the steps of a restore; move is the alias to be swapped, if any.
func restoreSteps(plan Plan, move *AliasMove) []Step {
	body := &RestoreBody{IgnoreIndexSettings: slices.Clone(ignoredSettings), Partial: plan.Flags.Partial}
	for _, item := range plan.Items {
		body.Indices = append(body.Indices, item.Index)
	}
	if plan.Flags.As != "" {
		// Anchored: Elasticsearch replaces every match, also within a name.
		body.RenamePattern, body.RenameReplacement = "^(.+)$", plan.Flags.As
	}
	steps := []Step{{Kind: StepRestore, Body: body}, {Kind: StepWait}}
	if broken := plan.broken(); len(broken) > 0 {
		steps = append([]Step{{Kind: StepRemove, Remove: broken}}, steps...)
	}
	if n := plan.Flags.Replicas; n != nil {
		// None while restoring: half the copying, and whole the sooner.
		body.IndexSettings = map[string]any{"index.number_of_replicas": 0}
		if *n > 0 {
			steps = append(steps, Step{Kind: StepReplicas, Replicas: n})
		}
	}
	steps = append(steps, Step{Kind: StepVerify})
	if move != nil {
		steps = append(steps, Step{Kind: StepSwap, Move: move})
	}
	return append(steps, Step{Kind: StepSettle})
}

// broken are the targets that an earlier operation left broken.
func (p Plan) broken() []Made {
	var made []Made
	for _, item := range p.Items {
		if item.TargetState == TargetBroken {
			made = append(made, Made{Name: item.Target, UUID: item.TargetUUID})
		}
	}
	return made
}

func approves(findings []Finding) []string {
	var codes []string
	for _, f := range findings {
		if f.Severity == Warning {
			codes = append(codes, f.Code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func blocks(f Finding) bool { return f.Severity == Blocking }

// sortFindings puts the worst first and otherwise keeps the order.
func sortFindings(findings []Finding) {
	rank := map[Severity]int{Blocking: 0, Warning: 1, Note: 2}
	slices.SortStableFunc(findings, func(a, b Finding) int { return rank[a.Severity] - rank[b.Severity] })
}
