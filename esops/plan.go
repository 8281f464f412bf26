package esops

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gowebpki/jcs"
)

// A Plan is what will be done, and all of it decides: its digest is what people
// approve. Nothing measured is in it; sizes, health and ages are Readings.
type Plan struct {
	Kind         Kind     `json:"kind"`
	Cluster      string   `json:"cluster"`
	ClusterUUID  string   `json:"cluster_uuid"`
	Source       string   `json:"source"` // the owner of the repository
	Repository   string   `json:"repository,omitempty"`
	Snapshot     string   `json:"snapshot,omitempty"`
	SnapshotUUID string   `json:"snapshot_uuid,omitempty"`
	Items        []Item   `json:"items,omitempty"`
	Flags        Flags    `json:"flags"`
	Steps        []Step   `json:"steps"`
	Approves     []string `json:"approves,omitempty"` // codes of the findings that need approval
}

// An Item is one index and where it goes.
type Item struct {
	Index       string `json:"index"`
	Target      string `json:"target"`
	TargetState string `json:"target_state"` // absent, closed, broken or made
	TargetUUID  string `json:"target_uuid,omitempty"`
}

// What an item's target can be, beside closed.
const (
	TargetAbsent = "absent" // it does not exist yet
	// TargetBroken was made by an earlier operation and did not come whole; it
	// is removed first.
	TargetBroken = "broken"
	// TargetMade was made by the operation that is undone, and is removed.
	TargetMade = "made"
)

// StepKind names a step.
type StepKind string

// The steps, in the order a restore takes them.
const (
	StepMoveBack StepKind = "move_back" // of an undo: give an alias back to the old index
	StepRemove   StepKind = "remove"    // remove what an earlier operation made
	StepRestore  StepKind = "restore"   // ask Elasticsearch
	StepWait     StepKind = "wait"      // until every primary is there
	StepReplicas StepKind = "replicas"  // set the number of replicas that was asked for
	StepVerify   StepKind = "verify"    // look whether it is what was asked for
	StepSwap     StepKind = "swap"      // move an alias to the restored index
	StepSettle   StepKind = "settle"    // take our marker off
	StepShare    StepKind = "share"     // let the cloud share a repository
	StepUnshare  StepKind = "unshare"   // of an undo: take it off again
)

// Journaled reports whether a step records its request before it sends it.
func (k StepKind) Journaled() bool {
	return k == StepRestore || k == StepShare || k == StepUnshare
}

// A Step is one thing to do, as data. Each is performed by looking first and
// then acting, so running it twice is harmless.
type Step struct {
	Kind     StepKind     `json:"kind"`
	Body     *RestoreBody `json:"body,omitempty"`     // of StepRestore
	Replicas *int         `json:"replicas,omitempty"` // of StepReplicas
	Move     *AliasMove   `json:"move,omitempty"`     // of StepSwap and StepMoveBack
	Remove   []Made       `json:"remove,omitempty"`   // of StepRemove
	Share    *Sharing     `json:"share,omitempty"`    // of StepShare and StepUnshare
}

// An AliasMove takes an alias from the indices that have it, none or one, to
// another, in one atomic act.
type AliasMove struct {
	Alias string   `json:"alias"`
	From  []string `json:"from,omitempty"`
	To    string   `json:"to"`
	// FromUUID is the restored index's, from which an undo takes the alias.
	FromUUID string `json:"from_uuid,omitempty"`
}

// Made is an index that an operation made, by the UUID it had then.
type Made struct {
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

// A RestoreBody is the body of the restore request, but for the marker, which
// is derived from the operation when it is sent. Names are concrete: an empty
// list or a wildcard means other indices than were approved.
type RestoreBody struct {
	Indices             []string       `json:"indices"`
	IgnoreUnavailable   bool           `json:"ignore_unavailable"`
	IncludeGlobalState  bool           `json:"include_global_state"`
	IncludeAliases      bool           `json:"include_aliases"`
	Partial             bool           `json:"partial"`
	RenamePattern       string         `json:"rename_pattern,omitempty"`
	RenameReplacement   string         `json:"rename_replacement,omitempty"`
	IndexSettings       map[string]any `json:"index_settings,omitempty"`
	IgnoreIndexSettings []string       `json:"ignore_index_settings"`
}

// MarkerSetting is where a restore leaves its marker: the one setting that
// Elasticsearch 5.6 to 8.x writes with the restore itself, keeps, and otherwise
// makes nothing of, since no node has such an attribute.
const MarkerSetting = "index.routing.allocation.exclude.restore_op"

// ignoredSettings never come along from a snapshot: blocks would make the index
// read-only, lifecycle would act on it at once, the marker would be another's.
var ignoredSettings = []string{"index.blocks.*", "index.lifecycle.*", MarkerSetting}

// Targets are the names the plan writes to, in order.
func (p Plan) Targets() []string {
	names := make([]string, len(p.Items))
	for i, item := range p.Items {
		names[i] = item.Target
	}
	return names
}

// Holds are what the plan keeps others from planning on: its targets, and the
// repository that it shares or takes off. No index has a slash in its name.
func (p Plan) Holds() []string {
	names := p.Targets()
	for _, step := range p.Steps {
		if step.Share != nil {
			names = append(names, "repository/"+step.Share.Repository)
		}
	}
	return names
}

// Overwrites reports whether the plan replaces or deletes existing data.
func (p Plan) Overwrites() bool {
	return slices.ContainsFunc(p.Items, func(i Item) bool { return i.TargetState != TargetAbsent })
}

// Step is the plan's step of a kind, or nil.
func (p Plan) Step(kind StepKind) *Step {
	for i := range p.Steps {
		if p.Steps[i].Kind == kind {
			return &p.Steps[i]
		}
	}
	return nil
}

// Body is the restore request the plan holds, or nil.
func (p Plan) Body() *RestoreBody {
	if step := p.Step(StepRestore); step != nil {
		return step.Body
	}
	return nil
}

// Digest is "sha256:" and the SHA-256 of the plan's RFC 8785 form.
func (p Plan) Digest() string {
	plain, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("a plan is always JSON: %v", err)) // plain data by type
	}
	canonical, err := jcs.Transform(plain)
	if err != nil {
		panic(fmt.Sprintf("a plan has a canonical form: %v", err))
	}
	sum := sha256.Sum256(canonical)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Readings are what was measured when the plan was made. They stand beside the
// plan and decide nothing but a policy's larger_than.
type Readings struct {
	Taken           time.Time `json:"taken"`
	Version         string    `json:"version"` // the destination's
	Health          string    `json:"health"`
	SnapshotState   string    `json:"snapshot_state,omitempty"`
	SnapshotStarted time.Time `json:"snapshot_started,omitzero"`
	SnapshotVersion string    `json:"snapshot_version,omitempty"`
	// SnapshotMaker is the cloud's instance that took it, SnapshotGone when the
	// cloud deletes it for good; of automatic snapshots only.
	SnapshotMaker string        `json:"snapshot_maker,omitempty"`
	SnapshotGone  time.Time     `json:"snapshot_gone,omitzero"`
	Items         []ItemReading `json:"items,omitempty"`
	Findings      []Finding     `json:"findings,omitempty"`
}

// An ItemReading is what is known of one index in the snapshot. Negative means
// not known.
type ItemReading struct {
	Index  string `json:"index"`
	Bytes  int64  `json:"bytes"`
	Shards int    `json:"shards"`
}

// Bytes is the sum of what will be restored; false when one of them is not known.
func (r Readings) Bytes() (int64, bool) {
	var sum int64
	for _, item := range r.Items {
		if item.Bytes < 0 {
			return 0, false
		}
		sum += item.Bytes
	}
	return sum, true
}

// Blocking are the findings that forbid the plan.
func (r Readings) Blocking() []Finding {
	var blocking []Finding
	for _, f := range r.Findings {
		if f.Severity == Blocking {
			blocking = append(blocking, f)
		}
	}
	return blocking
}

// Severity is how much a finding weighs.
type Severity string

// The severities, worst first.
const (
	Blocking Severity = "blocking" // the plan can't be asked for
	Warning  Severity = "warning"  // whoever approves must see it; in the digest
	Note     Severity = "note"     // good to know
)

// A Finding is one sentence about a plan, with the way out.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Sentence string   `json:"sentence"`
	WayOut   string   `json:"way_out,omitempty"`
	// Index is the index it is about; empty when it is about the whole.
	Index string `json:"index,omitempty"`
}

// Describe tells how two plans for the same request differ, in words.
func Describe(was, is Plan) []string {
	var differences []string
	add := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	if was.ClusterUUID != is.ClusterUUID {
		add("the cluster behind %s is another one now", is.Cluster)
	}
	if was.Source != is.Source {
		add("repository %s belongs to %s now, no longer to %s", is.Repository, is.Source, was.Source)
	}
	if was.SnapshotUUID != is.SnapshotUUID {
		add("snapshot %s was made anew under its name", is.Snapshot)
	}
	before := map[string]Item{}
	for _, item := range was.Items {
		before[item.Index] = item
	}
	for _, item := range is.Items {
		old, ok := before[item.Index]
		delete(before, item.Index)
		switch {
		case !ok:
			add("%s came into the selection", item.Index)
		case old.TargetState != item.TargetState:
			add("%s was %s and is %s now", item.Target, old.TargetState, item.TargetState)
		case old.TargetUUID != item.TargetUUID:
			add("%s is another index now", item.Target)
		}
	}
	for _, item := range was.Items {
		if _, gone := before[item.Index]; gone {
			add("%s is no longer in the plan", item.Index)
		}
	}
	if !slices.Equal(was.Approves, is.Approves) {
		add("the warnings changed from %v to %v", was.Approves, is.Approves)
	}
	if len(differences) == 0 && was.Digest() != is.Digest() {
		add("what Elasticsearch would be asked changed")
	}
	return differences
}
