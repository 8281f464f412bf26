package esops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Cloud shares repositories between instances. Its errors are those of a
// Reader for questions and of a Writer for changes.
type Cloud interface {
	// Judge finds what is the matter with sharing one instance's repository with
	// another; a finding already_shared says that there is nothing to do.
	Judge(ctx context.Context, source, destination Instance) ([]Finding, error)
	// Shared lists the repositories that others share with an instance. The
	// cloud asks the instance's own Elasticsearch for it.
	Shared(ctx context.Context, destination Instance) ([]SharedRepository, error)
	// Share adds a source's repository to a destination, Unshare takes it off.
	// Neither is ever sent twice by a layer below.
	Share(ctx context.Context, destination, source Instance) error
	Unshare(ctx context.Context, destination, source Instance) error
}

// An Instance is a cluster as the cloud knows it.
type Instance struct {
	Name   string `json:"name,omitempty"` // as configured; empty when it is not
	ID     string `json:"id"`
	Region string `json:"region"`
	// Reader asks its Elasticsearch, where it is configured.
	Reader Reader `json:"-"`
}

// A SharedRepository is one that another instance's snapshots are in.
type SharedRepository struct {
	Name   string
	Source string // the instance that owns it
	Valid  bool   // whether the cloud calls it available
}

// An Automatic is what a cloud's rules say of a snapshot that it took by itself.
type Automatic struct {
	Maker string         // the instance that took it; empty: its name does not tell
	Zone  *time.Location // its region's; nil: not known
	Gone  time.Time      // when it is deleted for good, at the latest; zero: not known
}

// A Sharing is whose repository goes where.
type Sharing struct {
	Source      Instance `json:"source"`
	Destination Instance `json:"destination"`
	Repository  string   `json:"repository"` // its name there
}

// SharedName is the name that a source's repository has where it is shared.
func SharedName(source string) string { return "aliyun_snapshot_from_" + source }

// Share plans to share a source's automatic snapshots with this cluster.
func (p Planner) Share(ctx context.Context, source, destination Instance) (Plan, Readings, error) {
	return p.share(ctx, KindShare, Sharing{Source: source, Destination: destination, Repository: SharedName(source.ID)})
}

// Unshare plans to take back a share that this operation made.
func (p Planner) Unshare(ctx context.Context, run Run) (Plan, Readings, error) {
	step := run.Plan.Step(StepShare)
	if step == nil {
		return Plan{}, Readings{}, Refuse("nothing_to_undo", "", "It shared nothing.")
	}
	shared, _ := run.result(StepShare)
	if len(shared.Targets) == 0 || !shared.Targets[0].Made {
		return Plan{}, Readings{}, Refuse("nothing_to_undo", "Remove it in the console if it is no longer wanted.",
			"The repository was there already, so it is not this operation's to remove.")
	}
	return p.share(ctx, KindUndo, *step.Share)
}

// shareAgain plans a share, or its undo, once more. That the repository is there
// by now is no reason to fail, and what can't be told now, but was known when it
// was approved, is waited for.
func (p Planner) shareAgain(ctx context.Context, was Plan, sharing Sharing) (Plan, Readings, error) {
	plan, readings, err := p.share(ctx, was.Kind, sharing)
	if err != nil {
		return plan, readings, err
	}
	for i, f := range readings.Findings {
		switch {
		case was.Kind == KindShare && (f.Code == codeShared || f.Code == "shared_invalid"):
			readings.Findings[i].Severity = Note
		case f.Severity == Warning && strings.HasSuffix(f.Code, "_unknown") && !slices.Contains(was.Approves, f.Code):
			return plan, readings, fmt.Errorf("%w: %w", ErrUnavailable, Refuse(f.Code, f.WayOut, "%s", f.Sentence))
		}
	}
	return plan, readings, nil
}

// codeShared is the finding that there is nothing to share.
const codeShared = "already_shared"

func (p Planner) share(ctx context.Context, kind Kind, sharing Sharing) (Plan, Readings, error) {
	if p.Cloud == nil {
		return Plan{}, Readings{}, Refuse("no_cloud", "Add the aliyun section.", "No Alibaba Cloud is configured here.")
	}
	cluster, err := p.Reader.Cluster(ctx)
	if err != nil {
		return Plan{}, Readings{}, fmt.Errorf("asking %s who it is: %w", p.Cluster, err)
	}
	readings := Readings{Taken: p.Now().UTC(), Version: cluster.Version.String(), Health: cluster.Health}
	plan := Plan{Kind: kind, Cluster: p.Cluster, ClusterUUID: cluster.UUID, Source: named(sharing.Source), Repository: sharing.Repository}
	plan.Steps = []Step{{Kind: StepShare, Share: &sharing}}
	if kind == KindUndo {
		plan.Steps = []Step{{Kind: StepUnshare, Share: &sharing}}
		readings.Findings, err = p.mayUnshare(ctx, sharing)
	} else {
		readings.Findings, err = p.mayShare(ctx, sharing)
	}
	if err != nil {
		return Plan{}, Readings{}, err
	}
	plan.Approves = approves(readings.Findings)
	sortFindings(readings.Findings)
	return plan, readings, nil
}

// mayShare asks the cloud. While its list of what is shared can't be had,
// Elasticsearch's own tells whether the repository is there.
func (p Planner) mayShare(ctx context.Context, sharing Sharing) ([]Finding, error) {
	findings, err := p.Cloud.Judge(ctx, p.configured(sharing.Source), p.configured(sharing.Destination))
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(findings, func(f Finding) bool { return f.Code == "shared_unknown" })
	if at < 0 {
		return findings, nil
	}
	listed, err := p.Reader.Repositories(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the repositories of %s: %w", p.Cluster, err)
	}
	if slices.ContainsFunc(listed, func(r Repository) bool { return r.Name == sharing.Repository }) {
		findings[at] = Finding{Code: codeShared, Severity: Blocking,
			Sentence: fmt.Sprintf("%s has the repository of %s already, as Elasticsearch lists it.", p.Cluster, named(sharing.Source)),
			WayOut:   "There is nothing to share; restore from it."}
	}
	return findings, nil
}

// configured is an instance with what only the configuration knows of it.
func (p Planner) configured(i Instance) Instance {
	if p.Instance == nil {
		return i
	}
	if found, ok := p.Instance(i.ID); ok {
		return found
	}
	return i
}

func named(i Instance) string {
	if i.Name != "" {
		return i.Name
	}
	return i.ID
}

// mayUnshare finds what keeps a repository from being taken off.
func (p Planner) mayUnshare(ctx context.Context, sharing Sharing) ([]Finding, error) {
	state, err := p.Reader.State(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("looking at what %s is at: %w", p.Cluster, err)
	}
	if using(state, sharing.Repository) {
		return []Finding{{Code: "repository_in_use", Severity: Blocking,
			Sentence: fmt.Sprintf("A restore from %s is running on %s.", sharing.Repository, p.Cluster),
			WayOut:   "Wait until it is done."}}, nil
	}
	return []Finding{{Code: "takes_repository_off", Severity: Warning,
		Sentence: fmt.Sprintf("%s can't restore from %s any more; the snapshots stay where they are.", p.Cluster, named(sharing.Source))}}, nil
}

// using reports whether a restore reads a repository.
func using(state State, repository string) bool {
	return slices.ContainsFunc(state.Restores, func(r Restoring) bool { return r.Repository == repository })
}

// Times of a share and of its undo.
const (
	// shareAgain is how long what the cloud was asked for may stay unseen until
	// it is asked once more; adding a repository twice makes one.
	shareAgain = 60 * time.Second
	shareTries = 3
)

// share looks whether the repository is there, and adds it when it is not. It is
// done when the cloud calls it available and Elasticsearch lists it; while the
// cloud's list fails, which it says it does under load, Elasticsearch's decides.
func (r *Runner) share(ctx context.Context, run Run) (Outcome, error) {
	sharing := *run.step().Share
	there, valid, err := r.sharedThere(ctx, sharing)
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case there && valid:
		return Outcome{Result: &Result{Step: StepShare, Targets: []TargetResult{{Name: sharing.Repository, Made: run.Sent != nil}}}}, nil
	case there:
		return Outcome{Waiting: "The repository is added; it is waited for until it is available."}, nil
	case r.asking(run):
		return Outcome{Waiting: "Alibaba Cloud was asked to add the repository; it is not to be seen yet."}, nil
	}
	return r.askCloud(run, Looked{Target: sharing.Repository, State: TargetAbsent})
}

// sharedThere looks at both lists.
func (r *Runner) sharedThere(ctx context.Context, sharing Sharing) (there, valid bool, err error) {
	listed, err := r.Reader.Repositories(ctx)
	if err != nil {
		return false, false, fmt.Errorf("listing the repositories: %w", err)
	}
	visible := slices.ContainsFunc(listed, func(x Repository) bool { return x.Name == sharing.Repository })
	shared, err := r.Cloud.Shared(ctx, sharing.Destination)
	if errors.Is(err, ErrUnavailable) {
		return visible, visible, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("asking Alibaba Cloud for the shared repositories: %w", err)
	}
	for _, s := range shared {
		if s.Source == sharing.Source.ID {
			return true, s.Valid && visible, nil
		}
	}
	return visible, visible, nil
}

// unshare takes the repository off, unless a restore reads it.
func (r *Runner) unshare(ctx context.Context, run Run) (Outcome, error) {
	sharing := *run.step().Share
	there, _, err := r.sharedThere(ctx, sharing)
	if err != nil {
		return Outcome{}, err
	}
	if !there {
		return Outcome{Result: &Result{Step: StepUnshare, Targets: []TargetResult{{Name: sharing.Repository}}}}, nil
	}
	state, err := r.Watcher.State(ctx, nil)
	if err != nil {
		return Outcome{}, fmt.Errorf("looking at running restores: %w", err)
	}
	if using(state, sharing.Repository) {
		return Outcome{Waiting: "A restore reads the repository; it is waited for."}, nil
	}
	if r.asking(run) {
		return Outcome{Waiting: "Alibaba Cloud was asked to take the repository off; it is still to be seen."}, nil
	}
	return r.askCloud(run, Looked{Target: sharing.Repository, State: TargetMade})
}

// asking reports whether the cloud was asked a moment ago, and may be at it.
func (r *Runner) asking(run Run) bool {
	return run.Sent != nil && r.notSent != run.Sent.Attempt && r.Now().Sub(run.Sent.At) < shareAgain
}

// askCloud journals the next request to the cloud, or gives up. One that surely
// changed nothing goes out again under its own number, after a while.
func (r *Runner) askCloud(run Run, looked Looked) (Outcome, error) {
	attempt := 1
	switch {
	case run.Sent == nil:
	case r.notSent != run.Sent.Attempt:
		attempt = run.Sent.Attempt + 1
	case r.Now().Sub(r.busySince) < r.busy:
		return Outcome{Waiting: r.why}, nil
	default:
		attempt = run.Sent.Attempt
	}
	if attempt > shareTries {
		return Outcome{Failure: Refuse("cloud_unseen", "Look into the console, then ask again.",
			"Alibaba Cloud was asked %d times, and what it was asked for never came to be seen.", shareTries)}, nil
	}
	return Outcome{Journal: &Sent{At: r.Now().UTC(), Attempt: attempt, Looked: []Looked{looked}}}, nil
}

// sendCloud sends the change, once for each journal entry.
func (r *Runner) sendCloud(ctx context.Context, run Run, sent Sent) (Outcome, error) {
	r.notSent = 0
	sharing := *run.step().Share
	share := run.Next() == StepShare
	change := r.Cloud.Unshare
	if share {
		change = r.Cloud.Share
	}
	err := change(ctx, sharing.Destination, sharing.Source)
	if refusal, refused := Refused(err); refused {
		// What the cloud refuses because it is so already is no refusal.
		if there, _, lookErr := r.sharedThere(ctx, sharing); lookErr == nil && there == share {
			return Outcome{}, nil
		}
		return Outcome{Failure: refusal}, nil
	}
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) {
		r.notSent = sent.Attempt
		r.busySince, r.busy = r.Now(), min(max(2*r.busy, busyPause), busyLimit)
		r.why = "Alibaba Cloud takes no change now; it is asked again." + because(err)
		return Outcome{Waiting: r.why}, nil
	}
	return Outcome{}, nil // done, or only looking tells
}

// because is what a refusal inside an error says.
func because(err error) string {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return " " + refusal.Sentence
	}
	return ""
}
