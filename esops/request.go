package esops

// Kind is what an operation does.
type Kind string

// The kinds of operations. A retry is a Restore that is linked to an earlier one.
const (
	KindRestore Kind = "restore"
	KindShare   Kind = "share"
	KindUndo    Kind = "undo"
)

// A Request is what a person asked for, as resolved from what they typed.
type Request struct {
	Kind    Kind   `json:"kind"`
	Cluster string `json:"cluster"` // the destination's configured name
	// Source of a share is the instance whose snapshots are shared, and Then the
	// restore that it is wanted for, if there is one.
	Source string   `json:"source,omitempty"`
	Then   *Request `json:"then,omitempty"`
	// Repository and Snapshot name the snapshot as typed: a name, "latest" or
	// a time. The plan holds what they were resolved to.
	Repository string `json:"repository,omitempty"`
	Snapshot   string `json:"snapshot,omitempty"`
	// Indices is the comma list as typed, with * and -exclusions.
	Indices string `json:"indices,omitempty"`
	Flags
}

// Flags are the choices that change what a restore does. The zero value is the
// safe one.
type Flags struct {
	// As renames: $1 stands for the index's name; empty keeps every name.
	As string `json:"as,omitempty"`
	// OverwriteClosed allows restoring over a closed index, whose data is gone
	// from the first second.
	OverwriteClosed bool `json:"overwrite_closed,omitempty"`
	// Swap moves this alias from the index that has it to the restored one.
	Swap string `json:"swap,omitempty"`
	// Replicas is the number of replicas asked for; nil keeps the snapshot's.
	Replicas *int `json:"replicas,omitempty"`
	// Partial takes indices that a PARTIAL snapshot does not hold whole; the
	// missing shards come back empty.
	Partial bool `json:"partial,omitempty"`
	// System allows names that begin with a dot.
	System bool `json:"system,omitempty"`
}
