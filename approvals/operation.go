package approvals

import (
	"fmt"
	"slices"
	"time"

	"es-restore/esops"
)

// An Operation is one thing that was asked for, from the question to the end.
// It is a value: Apply returns a changed copy and is the only way to change one.
type Operation struct {
	ID        ID             `json:"id"`
	Version   int            `json:"version"` // counts its changes, from 1
	Kind      esops.Kind     `json:"kind"`
	State     State          `json:"state"`
	Requester Actor          `json:"requester"`
	Reason    string         `json:"reason,omitempty"`
	Request   esops.Request  `json:"request"`
	Plan      esops.Plan     `json:"plan"`
	Digest    string         `json:"digest"`
	Readings  esops.Readings `json:"readings"`
	Needs     Needs          `json:"needs"`
	Channel   string         `json:"channel,omitempty"` // where its card is
	Follows   ID             `json:"follows,omitempty"` // the operation it retries or undoes
	Decisions []Decision     `json:"decisions,omitempty"`

	Opened  time.Time `json:"opened"`
	Expires time.Time `json:"expires"`           // unanswered until then: expired
	StartBy time.Time `json:"start_by,omitzero"` // ready and not started until then: expired
	ReadyAt time.Time `json:"ready_at,omitzero"` // its place in its destination's queue
	At      time.Time `json:"at,omitzero"`       // not to be started before; zero: at once
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`

	Worker  string         `json:"worker,omitempty"` // which process has it
	Epoch   int64          `json:"epoch,omitempty"`
	Sent    *esops.Sent    `json:"sent,omitempty"`
	Results []esops.Result `json:"results,omitempty"`

	Stopper *Decision      `json:"stopper,omitempty"` // who cancelled or stopped it
	Failure *esops.Refusal `json:"failure,omitempty"` // why it failed
	Changed []string       `json:"changed,omitempty"` // how the plan differed at the start
	Stopped *esops.Stopped `json:"stopped,omitempty"`
}

// A Decision is what one person said.
type Decision struct {
	Actor  Actor     `json:"actor"`
	At     time.Time `json:"at"`
	Denied bool      `json:"denied,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Run is how far the operation has been carried out.
func (o Operation) Run() esops.Run {
	return esops.Run{Plan: o.Plan, Marker: esops.MarkerOf(string(o.ID), o.Digest), Sent: o.Sent, Results: o.Results}
}

// Approvals are the people who approved, as they were when they did.
func (o Operation) Approvals() []Actor {
	var actors []Actor
	for _, d := range o.Decisions {
		if !d.Denied {
			actors = append(actors, d.Actor)
		}
	}
	return actors
}

// Verdict judges the operation by the needs it was opened under.
func (o Operation) Verdict() Verdict { return Judge(o.Needs, o.Requester, o.Approvals()) }

// Overdue reports whether the operation's time to be answered, or to be
// started, is over. Nothing needs to have noticed it: whoever uses the
// operation asks first.
func (o Operation) Overdue(now time.Time) bool {
	switch o.State {
	case Waiting:
		return !now.Before(o.Expires)
	case Ready:
		return !now.Before(o.StartBy)
	}
	return false
}

// Due reports whether a ready operation may start now, as far as the time that
// was asked for goes.
func (o Operation) Due(now time.Time) bool { return !now.Before(o.At) }

// Verified is what is known of the result: whether it was verified, and what is
// not proved.
func (o Operation) Verified() (verified bool, notProved []string) {
	for _, r := range o.Results {
		if r.Step == esops.StepVerify {
			return r.Verified, r.NotProved
		}
	}
	return false, nil
}

// MayStop reports whether an actor may stop the operation once it runs: whom
// its rules name, or else the requester and whoever could approve it.
func (o Operation) MayStop(a Actor) bool {
	if len(o.Needs.Stop) > 0 {
		return a.IsAny(o.Needs.Stop)
	}
	return a.ID == o.Requester.ID || a.IsAny(o.Needs.Approvers())
}

// Apply returns the operation as it is after the event. It fails on an event
// that is illegal in the operation's state, and then nothing happened.
func (o Operation) Apply(e Event) (Operation, error) {
	to := Move(o.State, e.Kind)
	if len(to) == 0 {
		return o, fmt.Errorf("%s can't be %s while it is %q", e.Operation, e.Kind, o.State)
	}
	if e.Kind == Refused {
		return o, nil
	}
	o.Version++
	o.State = to[0]
	switch e.Kind {
	case Opened:
		o.open(e)
	case Approved:
		o.approve(e)
	case WasDenied:
		o.Decisions = append(slices.Clone(o.Decisions), Decision{Actor: e.Actor, At: e.Time, Denied: true, Reason: e.Data.Reason})
	case WasCancel:
		o.Stopper = &Decision{Actor: e.Actor, At: e.Time, Reason: e.Data.Reason}
	case WasExpired, Fail:
		o.Failure = &esops.Refusal{Code: e.Data.Code, Sentence: e.Data.Sentence, WayOut: e.Data.WayOut}
		o.Changed = e.Data.Differences
	case Claimed:
		o.Worker, o.Epoch = e.Data.Worker, e.Data.Epoch
		if o.Started.IsZero() {
			o.Started = e.Time
		}
	case Stepped:
		o.step(e)
	case Stopped:
		o.Stopped = e.Data.Stopped
	}
	if o.State.Final() {
		o.Ended = e.Time
	}
	return o, nil
}

func (o *Operation) open(e Event) {
	o.ID, o.Requester, o.Opened = e.Operation, e.Actor, e.Time
	o.Reason, o.Channel, o.Follows, o.At = e.Data.Reason, e.Data.Channel, e.Data.Follows, e.Data.At
	o.Request, o.Plan, o.Readings, o.Needs = *e.Data.Request, *e.Data.Plan, *e.Data.Readings, *e.Data.Needs
	o.Kind, o.Digest = o.Plan.Kind, e.Plan
	o.Expires = e.Time.Add(o.Needs.Expires)
	if o.Needs.Standing() {
		o.becomeReady(e.Time)
	}
}

func (o *Operation) approve(e Event) {
	o.Decisions = append(slices.Clone(o.Decisions), Decision{Actor: e.Actor, At: e.Time, Reason: e.Data.Reason})
	if o.Verdict().Met {
		o.becomeReady(e.Time)
	}
}

func (o *Operation) becomeReady(at time.Time) {
	o.State = Ready
	o.StartBy = at.Add(o.Needs.StartWithin)
	if o.At.After(at) {
		o.StartBy = o.At.Add(o.Needs.StartWithin)
	}
	if o.ReadyAt.IsZero() {
		o.ReadyAt = at
	}
}

func (o *Operation) step(e Event) {
	if e.Data.Sent != nil {
		o.Sent = e.Data.Sent
	}
	if e.Data.Result != nil {
		o.Results = append(slices.Clone(o.Results), *e.Data.Result)
	}
}
