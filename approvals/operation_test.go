package approvals_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"es-restore/approvals"
	"es-restore/esops"
)

// opening is the event that opens an operation by Anna under some needs.
func opening(needs approvals.Needs) approvals.Event {
	plan, readings := restoring("a", "b"), sized(1, 2)
	return approvals.Event{
		Time: start, Operation: "R-22222", Kind: approvals.Opened, Actor: person(anna, eng), Plan: plan.Digest(),
		Data: approvals.Data{Request: &esops.Request{Kind: esops.KindRestore, Indices: "a,b"}, Plan: &plan, Readings: &readings,
			Needs: &needs, Reason: "it is gone", Channel: "C0ES", Follows: "R-33333"},
	}
}

// after applies events to one another's outcome, a minute apart.
func after(t *testing.T, op approvals.Operation, events ...approvals.Event) approvals.Operation {
	t.Helper()
	for i, e := range events {
		if e.Time.IsZero() {
			e.Time = start.Add(time.Duration(op.Version) * time.Minute)
		}
		if op.ID != "" {
			e.Operation, e.Plan = op.ID, op.Digest
		}
		next, err := op.Apply(e)
		if err != nil {
			t.Fatalf("event %d, %s: %v", i, e.Kind, err)
		}
		op = next
	}
	return op
}

func approvedBy(a approvals.Actor) approvals.Event {
	return approvals.Event{Kind: approvals.Approved, Actor: a, Data: approvals.Data{Reason: "go on"}}
}

func TestAnOpenedOperationHoldsWhatWasAsked(t *testing.T) {
	needs := needing(of(1, group(dba)))
	op := after(t, approvals.Operation{}, opening(needs))
	plan := restoring("a", "b")
	want := approvals.Operation{
		ID: "R-22222", Version: 1, Kind: esops.KindRestore, State: approvals.Waiting, Requester: person(anna, eng),
		Reason: "it is gone", Request: esops.Request{Kind: esops.KindRestore, Indices: "a,b"}, Plan: plan, Digest: plan.Digest(),
		Readings: sized(1, 2), Needs: needs, Channel: "C0ES", Follows: "R-33333", Opened: start, Expires: start.Add(time.Hour),
	}
	if diff := cmp.Diff(want, op); diff != "" {
		t.Error(diff)
	}
}

func TestAStandingApprovalOpensAsReady(t *testing.T) {
	op := after(t, approvals.Operation{}, opening(needing()))
	if op.State != approvals.Ready || !op.ReadyAt.Equal(start) || !op.StartBy.Equal(start.Add(time.Hour)) {
		t.Errorf("it is %s, ready at %v, to be started by %v", op.State, op.ReadyAt, op.StartBy)
	}
}

func TestTheLastApprovalMissingMakesItReady(t *testing.T) {
	op := after(t, approvals.Operation{}, opening(needing(of(2, group(dba)))))
	op = after(t, op, approvedBy(person(ben, dba)))
	if op.State != approvals.Waiting || !op.StartBy.IsZero() || !op.ReadyAt.IsZero() {
		t.Errorf("after one of two it is %s, to be started by %v", op.State, op.StartBy)
	}
	op = after(t, op, approvedBy(person(olga, eng)))
	if op.State != approvals.Waiting {
		t.Errorf("after one who does not count it is %s", op.State)
	}
	op = after(t, op, approvedBy(person(dora, dba)))
	at := start.Add(3 * time.Minute)
	if op.State != approvals.Ready || !op.ReadyAt.Equal(at) || !op.StartBy.Equal(at.Add(time.Hour)) {
		t.Errorf("after two it is %s since %v, to be started by %v", op.State, op.ReadyAt, op.StartBy)
	}
	if got := op.Approvals(); len(got) != 3 || got[0].ID != ben || got[2].ID != dora {
		t.Errorf("the approvals are %v", got)
	}
}

func TestOneMoreApprovalProlongsTheTimeToStartAndKeepsThePlaceInTheQueue(t *testing.T) {
	op := after(t, approvals.Operation{}, opening(needing(of(1, group(dba)))), approvedBy(person(ben, dba)))
	more := after(t, op, approvedBy(person(dora, dba)))
	if !more.ReadyAt.Equal(op.ReadyAt) {
		t.Errorf("its place in the queue moved from %v to %v", op.ReadyAt, more.ReadyAt)
	}
	if want := start.Add(2*time.Minute + time.Hour); !more.StartBy.Equal(want) {
		t.Errorf("it is to be started by %v, and should by %v", more.StartBy, want)
	}
}

func TestEachEventLeavesItsMark(t *testing.T) {
	waiting := after(t, approvals.Operation{}, opening(needing(of(1, group(dba)))))
	ready := after(t, waiting, approvedBy(person(ben, dba)))
	claim := approvals.Event{Kind: approvals.Claimed, Actor: approvals.System, Data: approvals.Data{Worker: "one/1", Epoch: 7}}
	running := after(t, ready, claim)
	cancelled := approvals.Event{Kind: approvals.WasCancel, Actor: person(anna), Data: approvals.Data{Reason: "wrong one"}}
	stopping := after(t, running, cancelled)
	sent := &esops.Sent{At: start, Attempt: 1}
	result := esops.Result{Step: esops.StepRestore}
	tests := map[string]struct {
		from  approvals.Operation
		event approvals.Event
		mark  func(*approvals.Operation, time.Time)
	}{
		"denied": {ready, approvals.Event{Kind: approvals.WasDenied, Actor: person(dora, dba), Data: approvals.Data{Reason: "not now"}},
			func(o *approvals.Operation, at time.Time) {
				o.State, o.Ended = approvals.Denied, at
				o.Decisions = append(o.Decisions, approvals.Decision{Actor: person(dora, dba), At: at, Denied: true, Reason: "not now"})
			}},
		"cancelled before the start": {waiting, cancelled, func(o *approvals.Operation, at time.Time) {
			o.State, o.Ended = approvals.Cancelled, at
			o.Stopper = &approvals.Decision{Actor: person(anna), At: at, Reason: "wrong one"}
		}},
		"cancelled while it runs": {running, cancelled, func(o *approvals.Operation, at time.Time) {
			o.State = approvals.Stopping
			o.Stopper = &approvals.Decision{Actor: person(anna), At: at, Reason: "wrong one"}
		}},
		"expired": {waiting, approvals.Event{Kind: approvals.WasExpired, Data: approvals.Data{Code: "unanswered", Sentence: "Nobody.", WayOut: "Ask."}},
			func(o *approvals.Operation, at time.Time) {
				o.State, o.Ended = approvals.Expired, at
				o.Failure = &esops.Refusal{Code: "unanswered", Sentence: "Nobody.", WayOut: "Ask."}
			}},
		"claimed": {ready, claim, func(o *approvals.Operation, at time.Time) {
			o.State, o.Started, o.Worker, o.Epoch = approvals.Running, at, "one/1", 7
		}},
		"taken over": {running, approvals.Event{Kind: approvals.Claimed, Data: approvals.Data{Worker: "two/1", Epoch: 8}},
			func(o *approvals.Operation, _ time.Time) { o.Worker, o.Epoch = "two/1", 8 }},
		"stepped: journal": {running, approvals.Event{Kind: approvals.Stepped, Data: approvals.Data{Sent: sent}},
			func(o *approvals.Operation, _ time.Time) { o.Sent = sent }},
		"stepped: finished": {stopping, approvals.Event{Kind: approvals.Stepped, Data: approvals.Data{Result: &result}},
			func(o *approvals.Operation, _ time.Time) { o.Results = []esops.Result{result} }},
		"stopped": {stopping, approvals.Event{Kind: approvals.Stopped, Data: approvals.Data{Stopped: &esops.Stopped{Removed: []string{"a"}}}},
			func(o *approvals.Operation, at time.Time) {
				o.State, o.Ended, o.Stopped = approvals.Cancelled, at, &esops.Stopped{Removed: []string{"a"}}
			}},
		"succeeded": {running, approvals.Event{Kind: approvals.Succeed}, func(o *approvals.Operation, at time.Time) {
			o.State, o.Ended = approvals.Succeeded, at
		}},
		"failed": {running, approvals.Event{Kind: approvals.Fail, Data: approvals.Data{Code: "plan_changed", Sentence: "It changed.", Differences: []string{"a is new"}}},
			func(o *approvals.Operation, at time.Time) {
				o.State, o.Ended, o.Changed = approvals.Failed, at, []string{"a is new"}
				o.Failure = &esops.Refusal{Code: "plan_changed", Sentence: "It changed."}
			}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.event.Time = start.Add(42 * time.Minute)
			want := test.from
			want.Version++
			test.mark(&want, test.event.Time)
			if diff := cmp.Diff(want, after(t, test.from, test.event), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An operation is a value: what is made from one leaves it as it was, though
// both share the same past.
func TestApplyingAnEventLeavesTheOperationBeforeAsItWas(t *testing.T) {
	waiting := after(t, approvals.Operation{}, opening(needing(of(3, group(dba), group(sre)))), approvedBy(person(ben, dba)), approvedBy(person(carl, sre)))
	running := after(t, approvals.Operation{}, opening(needing()), approvals.Event{Kind: approvals.Claimed},
		approvals.Event{Kind: approvals.Stepped, Data: approvals.Data{Result: &esops.Result{Step: esops.StepRestore}}},
		approvals.Event{Kind: approvals.Stepped, Data: approvals.Data{Result: &esops.Result{Step: esops.StepWait}}})
	// Room behind what is there is where a careless append would write.
	waiting.Decisions = slices.Grow(waiting.Decisions, 4)
	running.Results = slices.Grow(running.Results, 4)
	text := func(op approvals.Operation) string {
		encoded, err := json.Marshal(op)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	denied := approvals.Event{Kind: approvals.WasDenied, Actor: person(olga), Data: approvals.Data{Reason: "no"}}
	approved := approvedBy(person(dora, dba))
	for _, pair := range [][2]approvals.Event{{approved, denied}, {denied, approved}, {approved, approvedBy(person(olga, sre))}, {denied, denied}} {
		first := after(t, waiting, pair[0])
		before := text(first)
		pair[1].Time = start.Add(time.Hour)
		after(t, waiting, pair[1])
		if got := text(first); got != before {
			t.Errorf("%s on the operation before changed a later one:\n%s\n%s", pair[1].Kind, before, got)
		}
	}
	step := after(t, running, approvals.Event{Kind: approvals.Stepped, Data: approvals.Data{Result: &esops.Result{Step: esops.StepVerify}}})
	before := text(step)
	after(t, running, approvals.Event{Kind: approvals.Stepped, Data: approvals.Data{Result: &esops.Result{Step: esops.StepSettle}}})
	if got := text(step); got != before {
		t.Errorf("another step changed a later one:\n%s\n%s", before, got)
	}
}

func TestDeadlinesAreOverFromTheVeryMoment(t *testing.T) {
	waiting := after(t, approvals.Operation{}, opening(needing(of(1, group(dba)))))
	ready := after(t, waiting, approvedBy(person(ben, dba)))
	tests := map[string]struct {
		op  approvals.Operation
		end time.Time
	}{
		"waiting": {waiting, waiting.Expires},
		"ready":   {ready, ready.StartBy},
	}
	for name, test := range tests {
		if test.op.Overdue(test.end.Add(-time.Nanosecond)) {
			t.Errorf("%s: it is over before its time", name)
		}
		if !test.op.Overdue(test.end) || !test.op.Overdue(test.end.Add(1000*time.Hour)) {
			t.Errorf("%s: its time never ends", name)
		}
	}
	if !waiting.Expires.Before(ready.StartBy) || ready.Overdue(waiting.Expires) {
		t.Error("once it is ready, the time to answer it still counts")
	}
	late := start.Add(10000 * time.Hour)
	for _, state := range approvals.States {
		op := ready
		op.State = state
		if want := state == approvals.Waiting || state == approvals.Ready; op.Overdue(late) != want {
			t.Errorf("%s: overdue is %v", state, !want)
		}
	}
}

func TestWhoMayStopWhatRuns(t *testing.T) {
	byDefault := after(t, approvals.Operation{}, opening(needing(of(1, group(dba)))))
	named := byDefault
	named.Needs.Stop = []approvals.Principal{group(sre)}
	standing := after(t, approvals.Operation{}, opening(needing()))
	tests := map[string]struct {
		op    approvals.Operation
		actor approvals.Actor
		may   bool
	}{
		"by default the requester":           {byDefault, person(anna, eng), true},
		"and whoever could approve":          {byDefault, person(ben, dba), true},
		"nobody else":                        {byDefault, person(carl, sre), false},
		"not the bot":                        {byDefault, approvals.System, false},
		"whom the rule names":                {named, person(carl, sre), true},
		"and then not the requester":         {named, person(anna, eng), false},
		"unless she is among them":           {named, person(anna, sre), true},
		"nor whoever could approve":          {named, person(ben, dba), false},
		"a standing approval's requester":    {standing, person(anna, eng), true},
		"a standing approval's anybody else": {standing, person(ben, dba), false},
	}
	for name, test := range tests {
		if got := test.op.MayStop(test.actor); got != test.may {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestItIsVerifiedWhenTheStepSaysSo(t *testing.T) {
	op := after(t, approvals.Operation{}, opening(needing()), approvals.Event{Kind: approvals.Claimed})
	if verified, notProved := op.Verified(); verified || notProved != nil {
		t.Error("before the step it is verified")
	}
	step := func(verified bool, notProved ...string) approvals.Operation {
		return after(t, op, approvals.Event{Kind: approvals.Stepped, Data: approvals.Data{
			Result: &esops.Result{Step: esops.StepVerify, Verified: verified, NotProved: notProved}}})
	}
	if verified, _ := step(true).Verified(); !verified {
		t.Error("after the step it is not")
	}
	verified, notProved := step(false, "shard 3").Verified()
	if verified || !slices.Equal(notProved, []string{"shard 3"}) {
		t.Errorf("it is %v, and not proved is %v", verified, notProved)
	}
}

func TestARunIsTheOperationsOwn(t *testing.T) {
	op := after(t, approvals.Operation{}, opening(needing()))
	run := op.Run()
	if run.Marker != esops.MarkerOf("R-22222", op.Digest) || run.Next() != esops.StepRestore {
		t.Errorf("the run is %+v", run)
	}
}
