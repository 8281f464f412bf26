package esops

import (
	"cmp"
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

// snapshot finds the one asked for, with its details; a finding says what is the
// matter with it, or which one a word or a time came to.
// A plain name costs one request; one that is really so named wins over a word
// or a time.
func (p Planner) snapshot(ctx context.Context, req Request) (Snapshot, *Finding, error) {
	moment, isTime := ParseMoment(req.Snapshot, p.Zone)
	byTime := isTime || req.Snapshot == Latest
	if !byTime {
		if s, ok, err := p.detail(ctx, req); ok || err != nil {
			return s, unfinished(s), err
		}
	}
	listed, err := p.Reader.Snapshots(ctx, req.Repository)
	if err != nil {
		return Snapshot{}, nil, fmt.Errorf("listing repository %q of %s: %w", req.Repository, p.Cluster, err)
	}
	named := slices.ContainsFunc(listed, func(s Snapshot) bool { return s.Name == req.Snapshot })
	if named && byTime {
		if s, ok, err := p.detail(ctx, req); ok || err != nil {
			return s, unfinished(s), err
		}
	}
	if named || !byTime {
		return Snapshot{}, missingSnapshot(p.Cluster, req, listed), nil
	}
	found, ok, err := startedBy(ctx, p.Reader, req.Repository, listed, moment)
	if err != nil {
		return Snapshot{}, nil, fmt.Errorf("looking for a snapshot by time in %q: %w", req.Repository, err)
	}
	if !ok {
		return Snapshot{}, &Finding{Code: "no_such_snapshot", Severity: Blocking,
			Sentence: noneByTime(req, len(listed), moment, isTime),
			WayOut:   fmt.Sprintf("List them with: snapshots %s %s", p.Cluster, req.Repository)}, nil
	}
	picked, err := p.picked(ctx, req, found, listed)
	return found, picked, err
}

// picked says which snapshot a word or a time came to, and what lies between it
// and the next one.
func (p Planner) picked(ctx context.Context, req Request, found Snapshot, listed []Snapshot) (*Finding, error) {
	said := fmt.Sprintf("%s is %s, which started at %s.", req.Snapshot, found.Name, found.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	NewestFirst(listed)
	at := slices.IndexFunc(listed, func(s Snapshot) bool { return s.Name == found.Name })
	if at > 0 {
		next := listed[at-1]
		details, err := p.Reader.Snapshots(ctx, req.Repository, next.Name)
		if err != nil {
			return nil, fmt.Errorf("reading the snapshot after %q: %w", found.Name, err)
		}
		if len(details) == 1 && details[0].Started.After(found.Started) {
			said += fmt.Sprintf(" The next one is %s (%s), started at %s: what was written between the two is in that one alone.",
				next.Name, next.State, details[0].Started.UTC().Format("2006-01-02 15:04:05 UTC"))
		}
	}
	return &Finding{Code: "picked", Severity: Note, Sentence: said}, nil
}

// detail reads the snapshot with exactly the name that was asked for.
func (p Planner) detail(ctx context.Context, req Request) (Snapshot, bool, error) {
	details, err := p.Reader.Snapshots(ctx, req.Repository, req.Snapshot)
	if err != nil {
		return Snapshot{}, false, fmt.Errorf("reading snapshot %q: %w", req.Snapshot, err)
	}
	for _, s := range details {
		if s.Name == req.Snapshot {
			return s, true, nil
		}
	}
	return Snapshot{}, false, nil
}

func noneByTime(req Request, listed int, moment time.Time, isTime bool) string {
	switch {
	case listed == 0:
		return emptyRepository(req.Repository)
	case !isTime:
		return fmt.Sprintf("Repository %s has no successful snapshot among its %d.", req.Repository, listed)
	}
	return fmt.Sprintf("No successful snapshot among the %d of %s started at or before %s.",
		listed, req.Repository, moment.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func emptyRepository(name string) string {
	return fmt.Sprintf("Repository %s holds no snapshot at all. A repository that is registered over a wrong path looks just like that, and a snapshot that is still being taken is not listed.", name)
}

func missingSnapshot(cluster string, req Request, listed []Snapshot) *Finding {
	names := make([]string, len(listed))
	for i, s := range listed {
		names[i] = s.Name
	}
	if slices.Contains(names, req.Snapshot) {
		return &Finding{Code: "snapshot_unreadable", Severity: Blocking,
			Sentence: fmt.Sprintf("Repository %s lists snapshot %s, but its description can't be read: it is damaged, or was deleted a moment ago.", req.Repository, req.Snapshot),
			WayOut:   "Choose another one."}
	}
	f := &Finding{Code: "no_such_snapshot", Severity: Blocking,
		Sentence: fmt.Sprintf("Repository %s has no snapshot %s.", req.Repository, req.Snapshot),
		WayOut:   fmt.Sprintf("List them with: snapshots %s %s", cluster, req.Repository)}
	switch near := Nearest(req.Snapshot, names); {
	case len(listed) == 0:
		f.Sentence = emptyRepository(req.Repository)
	case len(near) > 0:
		f.WayOut = "Did you mean " + strings.Join(near, " or ") + "? " + f.WayOut
	}
	return f
}

func unfinished(s Snapshot) *Finding {
	switch s.State {
	case SnapshotSuccess, SnapshotPartial:
		return nil
	case SnapshotInProgress:
		return &Finding{Code: "snapshot_in_progress", Severity: Blocking,
			Sentence: fmt.Sprintf("Snapshot %s is still being taken.", s.Name),
			WayOut:   "Wait until it is done, or choose an earlier one."}
	case SnapshotFailed:
		return &Finding{Code: "snapshot_failed", Severity: Blocking,
			Sentence: fmt.Sprintf("Snapshot %s failed; Elasticsearch restores nothing from it.", s.Name),
			WayOut:   "Choose another one."}
	}
	return &Finding{Code: "snapshot_unusable", Severity: Blocking,
		Sentence: fmt.Sprintf("Snapshot %s is %s, and only a SUCCESS or PARTIAL one can be restored.", s.Name, s.State),
		WayOut:   "Choose another one."}
}

// judge finds what is the matter with the selection and the pair of versions.
func (p Planner) judge(cluster Cluster, snapshot Snapshot, chosen selection, req Request) []Finding {
	var findings []Finding
	add := func(f Finding) { findings = append(findings, f) }
	if f := versionVerdict(snapshot.Version, cluster.Version); f != nil {
		add(*f)
	}
	if chosen.exclusion {
		add(Finding{Code: "begins_with_exclusion", Severity: Blocking,
			Sentence: "The list of indices begins with an exclusion, which picks nothing.",
			WayOut:   "Name first what to take, such as *,-logs-*."})
	}
	for _, name := range chosen.systemSaid {
		add(Finding{Code: "system_index", Severity: Blocking, Index: name,
			Sentence: fmt.Sprintf("%s is a system index: restoring one can lock people out of Kibana.", name),
			WayOut:   "Add --system if that is really meant."})
	}
	for _, name := range chosen.missing {
		f := Finding{Code: "no_such_index", Severity: Blocking, Index: name,
			Sentence: fmt.Sprintf("Snapshot %s holds no index %s.", snapshot.Name, name),
			WayOut:   fmt.Sprintf("See what it holds with: show %s %s/%s", p.Cluster, req.Repository, snapshot.Name)}
		if near := Nearest(name, snapshot.Indices); len(near) > 0 {
			f.WayOut = "Did you mean " + strings.Join(near, " or ") + "? " + f.WayOut
		}
		add(f)
	}
	if n := len(chosen.systemLeft); n > 0 {
		add(Finding{Code: "system_left_out", Severity: Note,
			Sentence: fmt.Sprintf("%d system %s out: %s.", n, plural(n, "index stays", "indices stay"), some(chosen.systemLeft))})
	}
	if len(chosen.names) == 0 && !slices.ContainsFunc(findings, blocks) {
		add(Finding{Code: "nothing_selected", Severity: Blocking,
			Sentence: "The list of indices picks nothing from this snapshot.",
			WayOut:   fmt.Sprintf("See what it holds with: show %s %s/%s", p.Cluster, req.Repository, snapshot.Name)})
	}
	for _, name := range chosen.names {
		if strings.HasPrefix(name, ".") {
			add(Finding{Code: "restores_system_index", Severity: Warning, Index: name,
				Sentence: fmt.Sprintf("%s is a system index: restoring it can lock people out of Kibana or break what depends on it.", name)})
		}
	}
	findings = append(findings, holes(snapshot, chosen.names, req.Partial)...)
	switch cluster.Health {
	case "red":
		add(Finding{Code: "health_red", Severity: Note, Sentence: fmt.Sprintf("%s is red: some of its data is not there now.", p.Cluster)})
	case "yellow":
		add(Finding{Code: "health_yellow", Severity: Note, Sentence: fmt.Sprintf("%s is yellow: some replicas have no place.", p.Cluster)})
	}
	return findings
}

// holes finds the chosen indices that a PARTIAL snapshot does not hold whole.
func holes(snapshot Snapshot, names []string, allowed bool) []Finding {
	missing := missingShards(snapshot)
	var findings []Finding
	for _, name := range names {
		shards := missing[name]
		if len(shards) == 0 {
			continue
		}
		list := plural(len(shards), "shard ", "shards ") + strings.Join(shards, ", ")
		if allowed {
			findings = append(findings, Finding{Code: "empty_shards", Severity: Warning, Index: name,
				Sentence: fmt.Sprintf("The snapshot does not hold %s whole: %s will be empty.", name, list)})
			continue
		}
		findings = append(findings, Finding{Code: "index_not_whole", Severity: Blocking, Index: name,
			Sentence: fmt.Sprintf("The snapshot does not hold %s whole: %s missing.", name, list+plural(len(shards), " is", " are")),
			WayOut:   "Leave it out, or add --partial to restore it with those shards empty."})
	}
	return findings
}

// missingShards are the shards that a snapshot does not hold, by index.
func missingShards(snapshot Snapshot) map[string][]string {
	failures := slices.Clone(snapshot.Failures)
	slices.SortFunc(failures, func(a, b ShardFailure) int { return cmp.Or(cmp.Compare(a.Index, b.Index), a.Shard-b.Shard) })
	missing := map[string][]string{}
	for _, f := range failures {
		if shard := fmt.Sprint(f.Shard); !slices.Contains(missing[f.Index], shard) {
			missing[f.Index] = append(missing[f.Index], shard)
		}
	}
	return missing
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

// conflict finds what stands under a target's name. hollow is an index that the
// snapshot does not hold whole.
func (p Planner) conflict(item Item, now Target, shards int, hollow bool, flags Flags) []Finding {
	beside := "restore it beside with --as 'restored-$1'"
	if flags.As != "" {
		beside = "choose another name with --as"
	}
	block := func(code, wayOut, format string, args ...any) []Finding {
		return []Finding{{Code: code, Severity: Blocking, Index: item.Index, Sentence: fmt.Sprintf(format, args...), WayOut: wayOut}}
	}
	if item.TargetState == TargetBroken {
		return []Finding{{Code: "removes_broken", Severity: Warning, Index: item.Index,
			Sentence: fmt.Sprintf("%s, which an earlier operation made and which did not come whole, is removed first.", item.Target)}}
	}
	switch now.State {
	case TargetOpen:
		return block("open_index", capital(beside)+", or close it yourself first and add --overwrite-closed.",
			"%s has an open index %s already; Elasticsearch would refuse.", p.Cluster, item.Target)
	case TargetAlias:
		return block("alias_name", capital(beside)+", or remove the alias first.",
			"%s is an alias on %s, for %s; an index can't have the name of an alias.", item.Target, p.Cluster, some(now.Behind))
	case TargetStream:
		return block("data_stream_name", capital(beside)+".", "%s is a data stream on %s.", item.Target, p.Cluster)
	case TargetClosed:
		if hollow {
			return block("partial_over_closed", capital(beside)+", or leave it out.",
				"%s has a closed index %s, and the snapshot does not hold %s whole; Elasticsearch restores that under a free name only.", p.Cluster, item.Target, item.Index)
		}
		if !flags.OverwriteClosed {
			return block("closed_index", capital(beside)+", or add --overwrite-closed: its data is gone from the first second.",
				"%s has a closed index %s already.", p.Cluster, item.Target)
		}
		if shards >= 0 && now.Shards != shards {
			return block("shard_count", capital(beside)+".",
				"The closed index %s has %d primary shards and the snapshot's has %d; Elasticsearch restores over the same number only.", item.Target, now.Shards, shards)
		}
		return []Finding{{Code: "overwrites_closed", Severity: Warning, Index: item.Index,
			Sentence: fmt.Sprintf("The closed index %s is overwritten: its data is gone from the first second, and a restore that fails does not bring it back.", item.Target)}}
	}
	return nil
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
