// Package approvals is the kernel: who may do what to an operation, and what it
// becomes.
//
// An [Operation] is a value that changes only by [Operation.Apply], which takes
// one [Event] through one table of legal moves. [Rules] tell what a plan needs,
// [Judge] whether it has it, and the [Desk] does both for every call from
// outside and commits the change with its event in one act.
//
// Everything but the Desk is pure: no clock, no store, no log. Start reading at
// state.go, then operation.go, policy.go, desk.go.
package approvals
