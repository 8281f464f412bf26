package approvals

import "slices"

// State is where an operation stands.
type State string

// The states. Who moves an operation on, and what a crash leaves, is the same
// for all: the one event that was committed, or nothing.
const (
	Waiting   State = "waiting"   // for people to decide
	Ready     State = "ready"     // approved; the worker claims it when its destination is free
	Running   State = "running"   // the worker is at it, or will take it over
	Stopping  State = "stopping"  // someone stopped it; the worker brings it to rest
	Succeeded State = "succeeded" // final
	Failed    State = "failed"    // final
	Denied    State = "denied"    // final
	Cancelled State = "cancelled" // final
	Expired   State = "expired"   // final
)

// States lists every state, in the order of an operation's life.
var States = []State{Waiting, Ready, Running, Stopping, Succeeded, Failed, Denied, Cancelled, Expired}

// Final reports whether nothing can happen to an operation any more.
func (s State) Final() bool {
	return !slices.Contains([]State{Waiting, Ready, Running, Stopping}, s)
}

// EventKind names what happened.
type EventKind string

// The events. RolledBack belongs to the log itself and to no operation.
const (
	Opened     EventKind = "opened"
	Approved   EventKind = "approved"
	WasDenied  EventKind = "denied"
	WasCancel  EventKind = "cancelled"
	WasExpired EventKind = "expired"
	Claimed    EventKind = "claimed"
	Stepped    EventKind = "stepped"
	Stopped    EventKind = "stopped"
	Succeed    EventKind = "succeeded"
	Fail       EventKind = "failed"
	Refused    EventKind = "refused"
	RolledBack EventKind = "rolled_back"
)

// EventKinds lists every event that can happen to an operation.
var EventKinds = []EventKind{Opened, Approved, WasDenied, WasCancel, WasExpired, Claimed, Stepped, Stopped, Succeed, Fail, Refused}

// moves is the table of legal moves: from a state by an event to a state. The
// empty state is an operation that does not exist yet. Where an event leads to
// one of two states, Apply chooses by whether the needs are met.
var moves = map[State]map[EventKind][]State{
	"":       {Opened: {Waiting, Ready}},
	Waiting:  {Approved: {Waiting, Ready}, WasDenied: {Denied}, WasCancel: {Cancelled}, WasExpired: {Expired}},
	Ready:    {Approved: {Ready}, WasDenied: {Denied}, WasCancel: {Cancelled}, WasExpired: {Expired}, Claimed: {Running}},
	Running:  {Claimed: {Running}, Stepped: {Running}, WasCancel: {Stopping}, Succeed: {Succeeded}, Fail: {Failed}},
	Stopping: {Claimed: {Stopping}, Stepped: {Stopping}, Stopped: {Cancelled}, Succeed: {Succeeded}, Fail: {Failed}},
}

// Move tells where an event may lead from a state; nothing when it is illegal.
// A refused click or command changes nothing, and may happen in every state
// that exists.
func Move(from State, kind EventKind) []State {
	if kind == Refused && from != "" {
		return []State{from}
	}
	return moves[from][kind]
}
