package esops

import (
	"context"
	"time"
)

// A Reader answers what planning asks of a cluster. It can't change anything.
//
// Its errors are a *Refusal where the cluster answered something people can act
// on, and ErrUnavailable (wrapped, with the reason) where it did not answer.
type Reader interface {
	// Cluster tells who the cluster is and how it is.
	Cluster(ctx context.Context) (Cluster, error)
	// Repositories lists the snapshot repositories, never their settings: those
	// can hold keys and account ids.
	Repositories(ctx context.Context) ([]Repository, error)
	// Snapshots lists a repository. Without names the cheap way, which knows
	// name, UUID, state and indices only and costs one read for the whole
	// repository; with names everything about those. A name that does not exist
	// is left out of the answer.
	Snapshots(ctx context.Context, repository string, names ...string) ([]Snapshot, error)
	// Sizes tells how large each index of one snapshot is. It reads a blob per
	// shard; callers bound it with a deadline and live without the answer.
	Sizes(ctx context.Context, repository, snapshot string) (map[string]Size, error)
	// State tells what stands under each of the names now, and what the cluster
	// is at.
	State(ctx context.Context, names []string) (State, error)
}

// A Watcher answers what following a restore asks of a cluster. Its errors are
// those of a Reader.
type Watcher interface {
	State(ctx context.Context, names []string) (State, error)
	// Recoveries tells how the primaries of the indices got their data, as far
	// as Elasticsearch lists it: four shards a node while they are coming, and
	// never a failed one. An index that does not exist has none.
	Recoveries(ctx context.Context, indices []string) ([]Recovery, error)
	// Queued reports whether a restore request waits in the master's queue.
	Queued(ctx context.Context) (bool, error)
	// Count counts the documents of an index.
	Count(ctx context.Context, index string) (Count, error)
	// Explain tells in Elasticsearch's words why a primary has no place; nothing of
	// one that has one, or is about to.
	Explain(ctx context.Context, index string, shard int) (string, error)
}

// A Writer changes a cluster. None of its calls is ever sent twice by any layer
// below it. Its errors are a *Refusal where Elasticsearch refused (nothing was
// changed), ErrBusy where it would take it later (nothing was changed),
// ErrUnavailable where the request was never sent, and ErrUnknown where it may
// or may not have been carried out.
type Writer interface {
	Restore(ctx context.Context, body RestoreBody, repository, snapshot string) error
	// ClearMarker takes the marker off an index. Doing it twice is harmless.
	ClearMarker(ctx context.Context, index string) error
	// Delete removes one concrete index.
	Delete(ctx context.Context, index string) error
	// SetReplicas sets an index's number of replicas.
	SetReplicas(ctx context.Context, index string, replicas int) error
	// MoveAlias takes an alias off some indices and puts it on one, atomically.
	MoveAlias(ctx context.Context, move AliasMove) error
}

// A Cluster is who a cluster is (Name, UUID, Version) and how it is.
type Cluster struct {
	Name    string
	UUID    string
	Version Version
	Health  string // green, yellow or red
	Nodes   int    // data nodes
}

// A Repository is a place where snapshots are.
type Repository struct {
	Name     string
	Type     string // fs, oss, s3, url …
	ReadOnly bool
}

// The states of a snapshot. Only a SUCCESS or PARTIAL one can be restored.
const (
	SnapshotSuccess    = "SUCCESS"
	SnapshotPartial    = "PARTIAL"
	SnapshotFailed     = "FAILED"
	SnapshotInProgress = "IN_PROGRESS"
)

// A Snapshot is what a repository tells about one. After a cheap listing
// Started and later fields are zero.
type Snapshot struct {
	Name     string
	UUID     string
	State    string
	Indices  []string
	Started  time.Time // by the clock of the cluster that made it
	Ended    time.Time
	Version  Version
	Failures []ShardFailure
	Shards   int
	Failed   int
}

// A ShardFailure is a shard that a PARTIAL snapshot does not hold.
type ShardFailure struct {
	Index  string
	Shard  int
	Reason string
}

// A Size is how much of an index a snapshot holds.
type Size struct {
	Bytes  int64
	Shards int // primaries
	Failed int // of which the snapshot does not hold
}

// The states of a name in a cluster, beside being free.
const (
	TargetOpen   = "open"
	TargetClosed = "closed"
	TargetAlias  = "alias"
	TargetStream = "data stream"
)

// State is one look at the cluster state. Up to a hundred names or so it is one
// answer and thus consistent; for more, Restores and Snapshots are from the
// first, so that a restore is never missing that ended later.
type State struct {
	ClusterUUID string // empty on 5.x
	// Targets are what stands under the names that were asked for; a free name
	// is not in it.
	Targets   map[string]Target
	Shards    []Shard // the primaries of those that are indices
	Restores  []Restoring
	Snapshots int // being taken or removed now
}

// A Target is what stands under a name.
type Target struct {
	State  string
	UUID   string   // of the index; empty for an alias or a stream
	Shards int      // primaries
	Marker string   // which operation's restore made it, while that is unsettled
	Behind []string // the indices of an alias
}

// Restoring is a restore that Elasticsearch is at.
type Restoring struct {
	Repository string
	Snapshot   string
	Shards     []RestoringShard
}

// A RestoringShard is one shard of a running restore.
type RestoringShard struct {
	Index string
	UUID  string
	Shard int
	State string // INIT, STARTED, SUCCESS or FAILURE
}

// A Shard is where one primary shard stands.
type Shard struct {
	Index  string
	Number int
	State  string // STARTED, INITIALIZING, UNASSIGNED or RELOCATING
	Node   string
	Reason string // why it is unassigned, such as ALLOCATION_FAILED
	Detail string // Elasticsearch's own words for it
}

// A Recovery is how a primary shard got its data.
type Recovery struct {
	Target     string
	Shard      int
	Type       string // SNAPSHOT, EMPTY_STORE, EXISTING_STORE, PEER …
	Stage      string
	Repository string
	Snapshot   string
	Index      string // its name in the snapshot
	Total      int64  // bytes
	Recovered  int64
}

// A Count is the number of documents in an index. It is whole only when every
// shard answered: a red index counts its healthy shards without an error.
type Count struct {
	Docs   int64
	Shards int
	Whole  bool
}
