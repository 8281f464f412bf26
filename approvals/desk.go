package approvals

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"es-restore/esops"
)

// What a Store can answer beside done.
var (
	// ErrNoSuchOperation: no operation has that ID.
	ErrNoSuchOperation = errors.New("there is no such operation")
	// ErrConflict: the operation changed since it was loaded. Nothing was written.
	ErrConflict = errors.New("the operation changed meanwhile")
	// ErrTaken: another operation has that ID. Nothing was written.
	ErrTaken = errors.New("the id is taken")
	// ErrFenced: the lease that the write rests on is not held any more.
	// Nothing was written.
	ErrFenced = errors.New("the lease is held by another process")
	// ErrNotKnown: the store did not answer; the write may have happened.
	ErrNotKnown = errors.New("it is not known whether it was recorded")
	// ErrAgain: the same was refused to the same person a moment ago, and is on
	// record already. Nothing was written.
	ErrAgain = errors.New("already on record")
)

// Held says that an open operation has a target already.
type Held struct {
	Target string
	By     ID
}

func (h *Held) Error() string { return fmt.Sprintf("%s is held by %s", h.Target, h.By) }

// Once says that the same request opened an operation before.
type Once struct{ Opened ID }

func (o *Once) Error() string { return fmt.Sprintf("it opened %s before", o.Opened) }

// A Fence is the lease a write rests on.
type Fence struct {
	Lease string
	Token string
	Epoch int64
}

// A Change is an operation's next version with the event that made it. A Store
// writes both or neither.
type Change struct {
	Before int // the version it was made from; 0 for a new operation
	After  Operation
	Event  Event
	Fence  *Fence // must be held for the write to happen
	Once   string // opens at most one operation
}

// A Store remembers operations and the log of their events.
type Store interface {
	Load(ctx context.Context, id ID) (Operation, error)
	Commit(ctx context.Context, change Change) error
}

// People tells who someone is and which of the groups they are in, asked of
// Slack for this very question. It refuses whoever can neither ask nor decide:
// guests, people of other companies, deactivated people and bots.
type People interface {
	Actor(ctx context.Context, userID string, groups []string) (Actor, error)
}

// A Desk takes every decision: it loads the operation, judges, applies the
// event and commits it, again from the start when someone else was faster. It
// is the only type here with a store and a clock.
type Desk struct {
	Store  Store
	People People
	Rules  func() Rules // those in force now
	Now    func() time.Time
}

// tries bounds how often a change is made again because of others' changes.
const tries = 8

// An Opening is what Desk.Open needs to know of a new operation.
type Opening struct {
	Request  esops.Request
	Plan     esops.Plan
	Readings esops.Readings
	Reason   string
	Channel  string // where it was asked; a rule may send the card elsewhere
	Once     string // of the command or form, so that redelivery opens nothing twice
	Follows  ID
	At       time.Time // not to be started before; zero: at once
}

// Open puts a planned request on the desk. An operation with the same once-key
// is returned as it is, without a second one.
func (d *Desk) Open(ctx context.Context, actor Actor, o Opening) (Operation, error) {
	if blocking := o.Readings.Blocking(); len(blocking) > 0 {
		f := blocking[0]
		return Operation{}, &esops.Refusal{Code: f.Code, Sentence: f.Sentence, WayOut: f.WayOut}
	}
	needs, refusal := d.Rules().Needs(Subject{Plan: o.Plan, Readings: o.Readings, Requester: actor})
	if refusal != nil {
		return Operation{}, refusal
	}
	event := Event{
		Kind: Opened, Actor: actor, Plan: o.Plan.Digest(),
		Data: Data{Request: &o.Request, Plan: &o.Plan, Readings: &o.Readings, Needs: &needs,
			Reason: o.Reason, Channel: o.Channel, Follows: o.Follows, At: o.At},
	}
	if needs.Channel != "" {
		event.Data.Channel = needs.Channel
	}
	if needs.Standing() {
		event.Data.Standing = needs.Names()
	}
	for range tries {
		event.Operation, event.Time = NewID(), d.now()
		opened, err := Operation{}.Apply(event)
		if err != nil {
			return Operation{}, err
		}
		err = d.Store.Commit(ctx, Change{After: opened, Event: event, Once: o.Once})
		var once *Once
		var held *Held
		switch {
		case errors.Is(err, ErrTaken), errors.Is(err, ErrConflict):
			continue
		case errors.As(err, &once):
			return d.Store.Load(ctx, once.Opened)
		case errors.As(err, &held):
			return Operation{}, esops.Refuse("target_held", fmt.Sprintf("See how it stands with: status %s", held.By),
				"%s is the target of %s, which is not finished.", strings.Replace(held.Target, "/", " ", 1), held.By)
		}
		return opened, err
	}
	return Operation{}, ErrConflict
}

// A Choice is a click of Approve or Deny, with what the person wrote.
type Choice struct {
	Deny   bool
	Reason string // why; a denial needs one
	// Confirm is the destination's name as typed by the person. An approval of
	// what overwrites or deletes data needs it.
	Confirm string
}

func (c Choice) asked() string {
	if c.Deny {
		return "deny"
	}
	return "approve"
}

// Decide records a person's decision. Deciding the same twice changes nothing.
func (d *Desk) Decide(ctx context.Context, actor Actor, id ID, choice Choice) (Operation, error) {
	return d.change(ctx, id, actor, choice.asked(), func(op Operation) (*Event, *esops.Refusal) {
		if refusal := d.mayDecide(op, actor, choice); refusal != nil {
			return nil, refusal
		}
		if choice.Deny {
			return &Event{Kind: WasDenied, Data: Data{Reason: choice.Reason}}, nil
		}
		for _, approved := range op.Approvals() {
			if approved.ID == actor.ID {
				return nil, nil // a second click
			}
		}
		approvers := append(op.Approvals(), actor)
		return &Event{Kind: Approved, Data: Data{Reason: choice.Reason, Met: Judge(op.Needs, op.Requester, approvers).Met}}, nil
	})
}

// mayDecide goes through the reasons why not, the plainest first.
func (d *Desk) mayDecide(op Operation, actor Actor, choice Choice) *esops.Refusal {
	if refusal := decided(op); refusal != nil {
		return refusal
	}
	if actor.ID == op.Requester.ID {
		wayOut := "Ask a colleague; you can cancel it."
		return esops.Refuse("own_request", wayOut, "You asked for %s yourself, so your own decision does not count.", op.ID)
	}
	able := op.Needs.Approvers()
	if now, refusal := d.needsNow(op, op.Requester); refusal == nil {
		able = append(able, now.Approvers()...)
	}
	if !actor.IsAny(able) {
		return esops.Refuse("not_approver", "The card names who may.",
			"You are not among those who may decide %s.", op.ID)
	}
	if choice.Deny && strings.TrimSpace(choice.Reason) == "" {
		return esops.Refuse("reason_missing", "Write one sentence.", "A denial needs a reason.")
	}
	if !choice.Deny && op.Needs.Note == NoteRequired && strings.TrimSpace(choice.Reason) == "" {
		return esops.Refuse("note_missing", "Write a few words.", "The policy wants an approval of %s to say something.", op.ID)
	}
	if !choice.Deny && op.Plan.Overwrites() && choice.Confirm != op.Plan.Cluster {
		return esops.Refuse("not_confirmed", fmt.Sprintf("Type %s.", op.Plan.Cluster),
			"%s overwrites or deletes data, so the name of the destination must be typed to approve it.", op.ID)
	}
	return nil
}

// MayOpen tells whether a form for a decision is worth opening: what is refused
// whatever is written in it is refused at once.
func (d *Desk) MayOpen(op Operation, actor Actor, asked string) *esops.Refusal {
	if asked == "cancel" {
		_, refusal := cancel(op, actor, "")
		return refusal
	}
	return d.mayDecide(op, actor, Choice{Deny: asked == "deny", Reason: "written in the form", Confirm: op.Plan.Cluster})
}

// decided refuses what comes too late, and says who was faster.
func decided(op Operation) *esops.Refusal {
	if op.State == Waiting || op.State == Ready {
		return nil
	}
	how := fmt.Sprintf("%s is %s", op.ID, op.State)
	by := func(what string, d Decision) string {
		return fmt.Sprintf("%s was %s by %s at %s", op.ID, what, d.Actor.Name, d.At.UTC().Format(time.DateTime+" UTC"))
	}
	switch {
	case op.State == Denied && len(op.Decisions) > 0:
		how = by("denied", op.Decisions[len(op.Decisions)-1])
	case op.State == Cancelled && op.Stopper != nil:
		how = by("cancelled", *op.Stopper)
	case op.State == Stopping && op.Stopper != nil:
		how = by("stopped", *op.Stopper)
	}
	return esops.Refuse("already_"+string(op.State), "", "%s; there is nothing to decide any more.", how)
}

// Cancel ends an operation before it starts, and asks it to stop once it runs.
func (d *Desk) Cancel(ctx context.Context, actor Actor, id ID, reason string) (Operation, error) {
	return d.change(ctx, id, actor, "cancel", func(op Operation) (*Event, *esops.Refusal) {
		return cancel(op, actor, reason)
	})
}

func cancel(op Operation, actor Actor, reason string) (*Event, *esops.Refusal) {
	switch {
	case op.State == Stopping:
		return nil, nil
	case op.State.Final():
		return nil, esops.Refuse("already_"+string(op.State), "", "%s is %s; there is nothing to cancel any more.", op.ID, op.State)
	case op.State == Running && !op.MayStop(actor):
		return nil, esops.Refuse("may_not_stop", "", "%s is running, and you are not among those who may stop it.", op.ID)
	case op.State != Running && actor.ID != op.Requester.ID:
		return nil, esops.Refuse("not_requester", "Whoever may approve it can deny it.",
			"Only %s, who asked for %s, can cancel it before it starts.", op.Requester.Name, op.ID)
	}
	return &Event{Kind: WasCancel, Data: Data{Reason: reason}}, nil
}

// change makes one change on behalf of a person, and records a refusal.
func (d *Desk) change(ctx context.Context, id ID, actor Actor, asked string, decide func(Operation) (*Event, *esops.Refusal)) (Operation, error) {
	for range tries {
		op, err := d.Fresh(ctx, id)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return Operation{}, err
		}
		event, refusal := decide(op)
		if refusal != nil {
			if err := d.Refuse(ctx, actor, op, asked, refusal); err != nil {
				return op, errors.Join(refusal, err)
			}
			return op, refusal
		}
		if event == nil {
			return op, nil
		}
		event.Actor = actor
		changed, err := d.commit(ctx, op, *event, nil)
		if errors.Is(err, ErrConflict) {
			continue
		}
		return changed, err
	}
	return Operation{}, ErrConflict
}

// Fresh loads an operation as it is now: one whose time is over is expired
// first, whether or not anything noticed before.
func (d *Desk) Fresh(ctx context.Context, id ID) (Operation, error) {
	op, err := d.Store.Load(ctx, id)
	if err != nil || !op.Overdue(d.Now()) {
		return op, err
	}
	data := Data{Code: "unanswered", Sentence: fmt.Sprintf("Nobody who may decided it within %s.", op.Needs.Expires), WayOut: "Ask again if it is still needed."}
	if op.State == Ready {
		data.Code, data.Sentence = "not_started", fmt.Sprintf("It was approved but could not start within %s.", op.Needs.StartWithin)
	}
	return d.commit(ctx, op, Event{Kind: WasExpired, Actor: System, Data: data}, nil)
}

// Refuse records that a click or command on an operation was refused. It
// changes nothing; the same refusal within a minute is recorded once.
func (d *Desk) Refuse(ctx context.Context, actor Actor, op Operation, asked string, refusal *esops.Refusal) error {
	_, err := d.commit(ctx, op, Event{Kind: Refused, Actor: actor,
		Data: Data{Asked: asked, Code: refusal.Code, Sentence: refusal.Sentence}}, nil)
	if errors.Is(err, ErrAgain) || errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}

// commit applies an event and stores what it makes. One that comes too late,
// though the look before it was in time, meets a conflict like any other that
// someone else was faster with.
func (d *Desk) commit(ctx context.Context, op Operation, e Event, fence *Fence) (Operation, error) {
	e.Operation, e.Plan, e.Time = op.ID, op.Digest, d.now()
	if op.Overdue(e.Time) && e.Kind != WasExpired && e.Kind != Refused {
		return op, ErrConflict
	}
	changed, err := op.Apply(e)
	if err != nil {
		return op, err
	}
	if err := d.Store.Commit(ctx, Change{Before: op.Version, After: changed, Event: e, Fence: fence}); err != nil {
		return op, err
	}
	return changed, nil
}

// now is the time of an event, as fine as records have it.
func (d *Desk) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

// Concerns lists the user groups that decide about an operation: under its own
// needs and by the rules in force. Whoever acts on it is looked up in these.
func (d *Desk) Concerns(op Operation) []string {
	all := append(op.Needs.Approvers(), op.Needs.Stop...)
	if now, refusal := d.needsNow(op, op.Requester); refusal == nil {
		all = append(all, now.Approvers()...)
	}
	return append(GroupsOf(all), d.Rules().RequesterGroups()...)
}

// needsNow are the needs by the rules in force.
func (d *Desk) needsNow(op Operation, requester Actor) (Needs, *esops.Refusal) {
	return d.Rules().Needs(Subject{Plan: op.Plan, Readings: op.Readings, Requester: requester})
}
