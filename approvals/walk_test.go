package approvals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"es-restore/approvals"
	"es-restore/esops"
)

// A walk is a desk that all kinds of things happen to, in any order: people
// ask, click, join and leave, rules change, time passes, workers come and go,
// the store fails in every way it can. After each step it holds the laws.
type walk struct {
	*world
	ids    []approvals.ID
	seen   int                                  // records that were judged already
	replay map[approvals.ID]approvals.Operation // what the records make
	texts  map[approvals.ID][]byte              // the same as JSON
	judged map[approvals.EventKind]int          // how often each event was judged
	rule   int                                  // which of ruleSets is in force
	raced  bool                                 // someone decided between another's look and commit
}

var ruleSets = []approvals.Rules{
	{oneDBA},
	{{Name: "two kinds", Require: []approvals.Requirement{of(1, group(dba)), of(1, group(sre), group(dba))}, Expires: time.Hour, StartWithin: 20 * time.Minute}},
	{{Name: "own indices", When: approvals.When{Indices: []string{"a*"}, Overwrites: no()}, StartWithin: 10 * time.Minute},
		{Name: "rest", Require: []approvals.Requirement{of(1, group(sre), user(anna), user(olga))}, Stop: []approvals.Principal{group(sre)}}},
	{{Name: "on call", When: approvals.When{Requesters: []approvals.Principal{group(oncall)}, Overwrites: no()}},
		{Name: "all", Require: []approvals.Requirement{of(2, group(eng))}, Expires: 30 * time.Minute}},
	{{Name: "nothing of a", When: approvals.When{Indices: []string{"b*"}}, Require: []approvals.Requirement{of(1, group(dba))}}},
}

var everybody = []string{anna, ben, carl, dora, olga}

func TestNoWalkBreaksTheLaws(t *testing.T) {
	met := map[approvals.EventKind]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{world: newWorld(t, ruleSets[0]...), replay: map[approvals.ID]approvals.Operation{}, texts: map[approvals.ID][]byte{}, judged: met}
		t.Repeat(map[string]func(*rapid.T){
			// Named twice and thrice is done more often.
			"open": w.stepOpen, "open 2": w.stepOpen,
			"decide": w.stepDecide, "decide 2": w.stepDecide, "decide 3": w.stepDecide, "decide 4": w.stepDecide,
			"cancel": w.stepCancel,
			"claim":  w.stepClaim, "claim 2": w.stepClaim, "claim 3": w.stepClaim,
			"advance": w.stepAdvance, "advance 2": w.stepAdvance,
			"time":   w.stepTime,
			"people": w.stepPeople,
			"rules":  w.stepRules,
			"fault":  w.stepFault,
			"race":   w.stepRace,
			"":       w.laws,
		})
	})
	for _, kind := range approvals.EventKinds {
		if met[kind] == 0 {
			t.Errorf("no walk met %s, so they show nothing of it", kind)
		}
	}
}

func (w *walk) stepOpen(t *rapid.T) {
	if len(w.ids) >= 8 {
		t.Skip("enough")
	}
	names := rapid.SampledFrom([][]string{{"a1"}, {"b1"}, {"a1", "b2"}, {"a2"}, {"c1"}}).Draw(t, "names")
	plan := restoring(names...)
	if rapid.IntRange(0, 3).Draw(t, "overwrites") == 0 {
		plan.Items[0].TargetState, plan.Items[0].TargetUUID = esops.TargetClosed, "uuid"
	}
	who := rapid.SampledFrom([]string{anna, anna, olga, ben}).Draw(t, "who")
	once := rapid.SampledFrom([]string{"", "trigger-1", "trigger-2"}).Draw(t, "once")
	var at time.Time
	if rapid.IntRange(0, 3).Draw(t, "later") == 0 {
		at = w.clock.now().Add(15 * time.Minute)
	}
	op, err := w.desk.Open(context.Background(), w.people.actor(who), approvals.Opening{Plan: plan, Readings: sized(1, 1), Reason: "why", Once: once, At: at})
	w.known(t, err)
	if err == nil && !slices.Contains(w.ids, op.ID) {
		w.ids = append(w.ids, op.ID)
	}
}

func (w *walk) pick(t *rapid.T) approvals.Operation {
	if len(w.ids) == 0 {
		t.Skip("there is none yet")
	}
	ids := w.ids
	open := slices.DeleteFunc(slices.Clone(ids), func(id approvals.ID) bool { return w.replay[id].State.Final() })
	if len(open) > 0 && rapid.IntRange(0, 4).Draw(t, "open ones") > 0 {
		ids = open
	}
	return w.stored(rapid.SampledFrom(ids).Draw(t, "operation"))
}

func (w *walk) stepDecide(t *rapid.T) {
	op := w.pick(t)
	who := rapid.SampledFrom([]string{ben, carl, dora, ben, carl, dora, olga, anna, "system"}).Draw(t, "who")
	choice := approvals.Choice{Deny: rapid.IntRange(0, 5).Draw(t, "deny") == 0,
		Confirm: rapid.SampledFrom([]string{destination, destination, ""}).Draw(t, "confirm"),
		Reason:  rapid.SampledFrom([]string{"because", ""}).Draw(t, "reason")}
	got, err := w.desk.Decide(context.Background(), w.people.actor(who), op.ID, choice)
	w.clicked(t, op, got, err)
}

func (w *walk) stepCancel(t *rapid.T) {
	op := w.pick(t)
	who := rapid.SampledFrom([]string{op.Requester.ID, op.Requester.ID, carl, dora, olga}).Draw(t, "who")
	got, err := w.desk.Cancel(context.Background(), w.people.actor(who), op.ID, "why")
	w.clicked(t, op, got, err)
}

// clicked: a refused click changes nothing but that time may have run out.
func (w *walk) clicked(t *rapid.T, before, got approvals.Operation, err error) {
	w.known(t, err)
	now := w.stored(before.ID)
	raced := w.raced
	w.raced = false
	if code(err) != "" && !raced && !same(before, now) && now.State != approvals.Expired {
		t.Fatalf("a refused click (%v) changed %s from %s to %s", err, before.ID, before.State, now.State)
	}
	if err == nil && !same(got, now) {
		t.Fatalf("what came back is not what is stored: %s, %s", got.State, now.State)
	}
}

func (w *walk) stepClaim(t *rapid.T) {
	op := w.pick(t)
	fence := w.shelf.lease(destination)
	if rapid.IntRange(0, 5).Draw(t, "lost") == 0 {
		w.shelf.lose(destination)
		_, err := w.desk.Claim(context.Background(), fence, "late/1", op.ID)
		if err == nil && !w.stored(op.ID).State.Final() {
			t.Fatal("it was claimed without the lease")
		}
		return
	}
	_, err := w.desk.Claim(context.Background(), fence, "host/1", op.ID)
	if op.State != approvals.Waiting { // which no worker claims
		w.known(t, err)
	}
}

func (w *walk) stepAdvance(t *rapid.T) {
	op := w.pick(t)
	kinds := []approvals.EventKind{approvals.Stepped, approvals.Stepped, approvals.Stepped, approvals.Stopped, approvals.Succeed, approvals.Fail}
	if op.State == approvals.Stopping {
		kinds = append(kinds, approvals.Stopped, approvals.Stopped, approvals.Stopped)
	}
	if rapid.IntRange(0, 3).Draw(t, "sane") > 0 {
		kinds = slices.DeleteFunc(kinds, func(k approvals.EventKind) bool { return approvals.Move(op.State, k) == nil })
	}
	if len(kinds) == 0 {
		t.Skip("nothing to do")
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	_, err := w.desk.Advance(context.Background(), w.shelf.lease(destination), op, kind, approvals.Data{Result: &esops.Result{Step: esops.StepRestore}})
	legal := len(approvals.Move(op.State, kind)) > 0
	if !legal && (err == nil || !same(op, w.stored(op.ID))) {
		t.Fatalf("%s happened to what is %s", kind, op.State)
	}
	if legal {
		w.known(t, err)
	}
}

func (w *walk) stepTime(t *rapid.T) {
	w.clock.add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Minute, 9 * time.Minute, time.Hour}).Draw(t, "passes"))
	w.shelf.forget()
}

func (w *walk) stepPeople(t *rapid.T) {
	who := rapid.SampledFrom(everybody).Draw(t, "who")
	w.people.away = nil
	switch rapid.IntRange(0, 6).Draw(t, "what") {
	case 0:
		w.people.gone[who] = nameOf(who) + " is a guest."
	case 1:
		w.people.away = errors.New("slack is away")
	case 2, 3:
		w.people.groups[who] = rapid.SliceOfDistinct(rapid.SampledFrom([]string{eng, dba, sre, oncall}), rapid.ID).Draw(t, "groups")
	default:
		delete(w.people.gone, who)
	}
}

func (w *walk) stepRules(t *rapid.T) {
	w.rule = rapid.IntRange(0, len(ruleSets)-1).Draw(t, "rules")
	w.rules = ruleSets[w.rule]
}

func (w *walk) stepFault(t *rapid.T) {
	w.shelf.meet(rapid.SampledFrom([]fault{conflicts, lostAfter, lostAhead, away}).Draw(t, "fault"))
}

// stepRace lets someone decide between another's look and commit.
func (w *walk) stepRace(t *rapid.T) {
	op := w.pick(t)
	who := rapid.SampledFrom(everybody).Draw(t, "who")
	w.shelf.before = func() {
		w.raced = true
		_, err := w.desk.Decide(context.Background(), w.people.actor(who), op.ID, approvals.Choice{Confirm: destination})
		w.known(t, err)
	}
}

// known: an error is one of those a caller can tell apart.
func (w *walk) known(t *rapid.T, err error) {
	if err == nil || code(err) != "" {
		return
	}
	for _, e := range []error{approvals.ErrConflict, approvals.ErrNotKnown, approvals.ErrFenced, errAway, w.people.away} {
		if e != nil && errors.Is(err, e) {
			return
		}
	}
	t.Fatalf("an error that nobody can tell apart: %v", err)
}

// laws judges the records that came since, and then what is stored.
func (w *walk) laws(t *rapid.T) {
	events := w.shelf.events("")
	for ; w.seen < len(events); w.seen++ {
		w.judge(t, events[w.seen])
	}
	w.shelf.mu.Lock()
	defer w.shelf.mu.Unlock()
	open := map[string]approvals.ID{}
	for id, op := range w.replay {
		if !slices.Contains(w.ids, id) {
			w.ids = append(w.ids, id) // its opening was recorded and the answer lost
		}
		if string(w.texts[id]) != string(w.shelf.ops[id]) {
			t.Fatalf("the records make another %s than is stored:\n%s\n%s", id, w.texts[id], w.shelf.ops[id])
		}
		for _, target := range op.Plan.Targets() {
			if by, held := open[target]; held && !op.State.Final() {
				t.Fatalf("%s and %s are open, and both have %s", by, id, target)
			} else if !op.State.Final() {
				open[target] = id
			}
		}
	}
	if len(w.shelf.ops) != len(w.replay) {
		t.Fatalf("%d operations are stored, and the records tell of %d", len(w.shelf.ops), len(w.replay))
	}
}

// judge holds one record against the operation as it was before it.
func (w *walk) judge(t *rapid.T, e approvals.Event) {
	before := w.replay[e.Operation]
	fail := func(format string, args ...any) {
		t.Fatalf("%s at %v by %s on %s, which was %s: %s", e.Kind, e.Time, e.Actor.ID, e.Operation, before.State, fmt.Sprintf(format, args...))
	}
	after, err := before.Apply(e)
	if err != nil {
		fail("%v", err)
	}
	w.replay[e.Operation] = after
	w.texts[e.Operation], _ = json.Marshal(after)
	w.judged[e.Kind]++
	if e.Kind == approvals.Refused {
		if !same(before, after) {
			fail("a refusal changed it")
		}
		return
	}
	if before.State.Final() && before.State != "" {
		fail("it had ended")
	}
	if e.Plan != after.Plan.Digest() || e.Plan != after.Digest {
		fail("it is about another plan")
	}
	if before.Overdue(e.Time) && e.Kind != approvals.WasExpired {
		fail("its time was over")
	}
	switch e.Kind {
	case approvals.Opened:
		if _, met := w.met(after.Needs, after.Requester, nil); (after.State == approvals.Ready) != met {
			fail("it opened as %s", after.State)
		}
	case approvals.Approved:
		w.judgeApproval(fail, before, after, e)
	case approvals.WasDenied:
		if e.Actor.ID == before.Requester.ID || e.Data.Reason == "" {
			fail("that is no denial")
		}
	case approvals.WasExpired:
		if !before.Overdue(e.Time) {
			fail("its time was not over")
		}
	case approvals.Claimed:
		if before.State == approvals.Ready {
			w.judgeStart(fail, before, e)
		}
	}
}

func (w *walk) judgeApproval(fail func(string, ...any), before, after approvals.Operation, e approvals.Event) {
	if e.Actor.ID == before.Requester.ID || e.Actor.ID == "system" {
		fail("they must not")
	}
	for _, a := range before.Approvals() {
		if a.ID == e.Actor.ID {
			fail("they had approved before")
		}
	}
	_, met := w.met(before.Needs, before.Requester, after.Approvals())
	if (after.State == approvals.Ready) != met || e.Data.Met != met {
		fail("it is %s, the record says met %v, and the needs are met: %v", after.State, e.Data.Met, met)
	}
}

// judgeStart: by the people as they are at this moment and the rules in force,
// what starts is approved.
func (w *walk) judgeStart(fail func(string, ...any), before approvals.Operation, e approvals.Event) {
	if e.Time.Before(before.At) {
		fail("it was asked for at %v", before.At)
	}
	if w.people.away != nil || w.people.gone[before.Requester.ID] != "" {
		fail("nobody could tell who is who, or the requester is gone")
	}
	var approvers []approvals.Actor
	for _, a := range before.Approvals() {
		if w.people.gone[a.ID] == "" {
			approvers = append(approvers, w.people.actor(a.ID))
		}
	}
	now, refusal := ruleSets[w.rule].Needs(approvals.Subject{Plan: before.Plan, Readings: before.Readings, Requester: w.people.actor(before.Requester.ID)})
	if refusal != nil {
		fail("no rule is about it now: %v", refusal)
	}
	for _, needs := range []approvals.Needs{before.Needs, now} {
		if missing, met := w.met(needs, before.Requester, approvers); !met {
			fail("%d are missing of %v", missing, needs.Names())
		}
	}
	for _, a := range e.Data.Approvers {
		if a.ID == before.Requester.ID || w.people.gone[a.ID] != "" || !slices.ContainsFunc(before.Approvals(), func(b approvals.Actor) bool { return b.ID == a.ID }) {
			fail("the record names %s", a.ID)
		}
	}
}

// met asks the oracle, not the code.
func (w *walk) met(needs approvals.Needs, requester approvals.Actor, approvers []approvals.Actor) (missing int, met bool) {
	found, places := most(needs, requester, approvers)
	return places - found, found == places && len(needs.Rules) > 0
}
