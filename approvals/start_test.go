package approvals_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/esops"
)

// lead is the rule whose approver is one person, or anyone of a group.
var lead = approvals.Rule{Name: "lead", Require: []approvals.Requirement{of(1, group(sre), user(olga))}}

func TestAClaimStartsWhatIsStillApproved(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.mustApprove(ben, w.ask(restoring("a")).ID)
	w.people.groups[ben] = []string{eng, dba, oncall} // as Slack knows him now
	w.clock.add(time.Minute)
	got, err := w.claim(op.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != approvals.Running || got.Worker != "host/1" || got.Epoch != 1 || !got.Started.Equal(start.Add(time.Minute)) {
		t.Errorf("it is %s by %s since %v", got.State, got.Worker, got.Started)
	}
	events := w.shelf.events(op.ID)
	e := events[len(events)-1]
	want := approvals.Data{Worker: "host/1", Epoch: 1, Approvers: []approvals.Actor{{ID: ben, Name: "Ben", Groups: []string{dba}}}}
	if diff := cmp.Diff(want, e.Data); diff != "" || e.Kind != approvals.Claimed || e.Actor.ID != "system" || e.Plan != op.Digest {
		t.Errorf("the record is %s by %s:\n%s", e.Kind, e.Actor.ID, diff)
	}
}

// What makes a claim wait, and what it says. Nothing is recorded: nobody asked.
func TestAClaimJudgesTheApprovalsAnew(t *testing.T) {
	errSlack := errors.New("slack answers 503")
	standing := approvals.Rule{Name: "by itself", When: approvals.When{Overwrites: no()}}
	tests := map[string]struct {
		rule    approvals.Rule
		by      []string
		changes func(*world)
		code    string
		says    string
		err     error
	}{
		"nothing changed": {oneDBA, []string{ben}, func(*world) {}, "", "", nil},
		"the approver left the group": {oneDBA, []string{ben}, func(w *world) { w.people.groups[ben] = []string{eng} },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0DBA.", nil},
		"the approver is a guest now": {oneDBA, []string{ben}, func(w *world) { w.people.gone[ben] = "Ben is a guest." },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0DBA. Ben is a guest.", nil},
		"the approver was deactivated": {lead, []string{olga}, func(w *world) { w.people.gone[olga] = "Olga's account is deactivated." },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0SRE, user:U0OLGA. Olga's account is deactivated.", nil},
		"one of two who approved is gone": {oneDBA, []string{ben, dora}, func(w *world) { w.people.gone[ben] = "Ben is a guest." }, "", "", nil},
		"who asked is gone": {oneDBA, []string{ben}, func(w *world) { w.people.gone[anna] = "Anna's account is deactivated." },
			"requester_gone", "Who asked for it can't any more: Anna's account is deactivated.", nil},
		"Slack is away": {oneDBA, []string{ben}, func(w *world) { w.people.away = errSlack }, "", "", errSlack},
		"the rule wants two now": {oneDBA, []string{ben}, func(w *world) { w.rules[0].Require = []approvals.Requirement{of(2, group(dba))} },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0DBA.", nil},
		"two approved, and the rule wants two now": {oneDBA, []string{ben, dora},
			func(w *world) { w.rules[0].Require = []approvals.Requirement{of(2, group(dba))} }, "", "", nil},
		"the rule wants others now": {oneDBA, []string{ben}, func(w *world) { w.rules[0].Require = []approvals.Requirement{of(1, group(sre))} },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0SRE.", nil},
		"an easier rule does not loosen what it was opened under": {approvals.Rule{Name: "two", Require: []approvals.Requirement{of(2, group(dba))}},
			[]string{ben, dora}, func(w *world) { w.rules = approvals.Rules{oneDBA}; w.people.gone[dora] = "Dora is a guest." },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0DBA. Dora is a guest.", nil},
		"no rule is about it now": {oneDBA, []string{ben}, func(w *world) { w.rules[0].When.Clusters = []string{"dev-*"} },
			"no_rule", `No policy is about ["a"] on prod-b, so nobody can approve it.`, nil},
		"a standing approval": {standing, nil, func(*world) {}, "", "", nil},
		"a standing approval is gone": {standing, nil, func(w *world) { w.rules = approvals.Rules{oneDBA} },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0DBA.", nil},
		"the requester of a standing approval is gone": {standing, nil, func(w *world) { w.people.gone[anna] = "Anna is a guest." },
			"requester_gone", "Who asked for it can't any more: Anna is a guest.", nil},
		"a standing approval was for those on call": {
			approvals.Rule{Name: "on call", When: approvals.When{Requesters: []approvals.Principal{group(eng)}, Overwrites: no()}}, nil,
			func(w *world) { w.people.groups[anna] = nil; w.rules = append(w.rules, oneDBA) },
			"approval_lost", "Its approvals are not enough any more; missing: 1 of group:S0DBA.", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.rule)
			op := w.ask(restoring("a"))
			for _, who := range test.by {
				op = w.mustApprove(who, op.ID)
			}
			if op.State != approvals.Ready {
				t.Fatalf("it is %s", op.State)
			}
			before := len(w.shelf.events(op.ID))
			test.changes(w)
			got, err := w.claim(op.ID)
			if test.code == "" && test.err == nil {
				if err != nil || got.State != approvals.Running {
					t.Fatalf("it is %s: %v", got.State, err)
				}
				return
			}
			if code(err) != test.code || test.err != nil && !errors.Is(err, test.err) {
				t.Fatalf("it came to %v", err)
			}
			var refusal *esops.Refusal
			if errors.As(err, &refusal) && refusal.Sentence != test.says {
				t.Errorf("it says\n%s\nand should say\n%s", refusal.Sentence, test.says)
			}
			if n := len(w.shelf.events(op.ID)); n != before || !same(op, w.stored(op.ID)) {
				t.Errorf("%d records came of it, and it is %s", n-before, w.stored(op.ID).State)
			}
		})
	}
}

// A request can fall under another rule by the requester's groups as they are
// at the start; then the groups of that rule are asked about too.
func TestAClaimKnowsTheGroupsOfTheRuleThatHoldsNow(t *testing.T) {
	w := newWorld(t,
		approvals.Rule{Name: "of those on call", When: approvals.When{Requesters: []approvals.Principal{group(oncall)}}, Require: []approvals.Requirement{of(1, group(sre))}},
		oneDBA)
	w.people.groups[anna] = []string{eng, oncall}
	w.people.groups[carl] = []string{eng, sre, dba}
	op := w.mustApprove(carl, w.ask(restoring("a")).ID)
	w.people.groups[anna] = []string{eng}
	if got, err := w.claim(op.ID); err != nil || got.State != approvals.Running {
		t.Errorf("Carl, who is in both, does not count: %v", err)
	}
}

func TestTheRecordOfAClaimNamesOnlyWhoCounted(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	w.mustApprove(ben, op.ID)
	w.mustApprove(dora, op.ID)
	w.people.groups[ben] = []string{eng}
	if _, err := w.claim(op.ID); err != nil {
		t.Fatal(err)
	}
	events := w.shelf.events(op.ID)
	got := events[len(events)-1].Data.Approvers
	if len(got) != 1 || got[0].ID != dora {
		t.Errorf("it names %v", got)
	}
}

func TestAnotherApprovalMendsWhatWasLost(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.mustApprove(ben, w.ask(restoring("a")).ID)
	w.people.gone[ben] = "Ben is a guest."
	if _, err := w.claim(op.ID); code(err) != "approval_lost" {
		t.Fatalf("it came to %v", err)
	}
	w.mustApprove(dora, op.ID)
	if got, err := w.claim(op.ID); err != nil || got.State != approvals.Running {
		t.Errorf("it is %s: %v", got.State, err)
	}
}

func TestWhatRunsIsTakenOverWithoutAskingAgain(t *testing.T) {
	for _, state := range []approvals.State{approvals.Running, approvals.Stopping} {
		t.Run(string(state), func(t *testing.T) {
			w := newWorld(t, oneDBA)
			op := w.bring(w.ask(restoring("a")), state)
			w.people.away = errors.New("slack is away")
			w.rules = nil
			got, err := w.desk.Claim(context.Background(), w.shelf.lease(destination), "host/2", op.ID)
			if err != nil || got.State != state || got.Worker != "host/2" || !got.Started.Equal(op.Started) {
				t.Errorf("it is %s by %s: %v", got.State, got.Worker, err)
			}
			events := w.shelf.events(op.ID)
			if e := events[len(events)-1]; !e.Data.TakenOver || e.Data.Approvers != nil {
				t.Errorf("the record is %+v", e.Data)
			}
		})
	}
}

func TestAClaimOfWhatEndedGivesItAsItIs(t *testing.T) {
	for _, state := range approvals.States {
		if !state.Final() {
			continue
		}
		w := newWorld(t, oneDBA)
		op := w.bring(w.ask(restoring("a")), state)
		before := len(w.shelf.events(op.ID))
		got, err := w.claim(op.ID)
		if err != nil || !same(got, op) || len(w.shelf.events(op.ID)) != before {
			t.Errorf("%s: it is %s: %v", state, got.State, err)
		}
	}
}

func TestAClaimThatComesTooLateExpiresIt(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.mustApprove(ben, w.ask(restoring("a")).ID)
	w.clock.add(time.Hour)
	if got, err := w.claim(op.ID); err != nil || got.State != approvals.Expired {
		t.Errorf("it is %s: %v", got.State, err)
	}
}

func TestWhatWasAskedForLaterIsNotStartedBefore(t *testing.T) {
	at := start.Add(30 * time.Hour)
	tests := map[string]struct {
		approvedAfter time.Duration
		startBy       time.Time
	}{
		"approved long before": {time.Hour, at.Add(time.Hour)},
		"approved afterwards":  {31 * time.Hour, start.Add(32 * time.Hour)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			patient := oneDBA
			patient.Expires = 100 * time.Hour
			w := newWorld(t, patient)
			op, err := w.desk.Open(context.Background(), w.people.actor(anna), approvals.Opening{Plan: restoring("a"), Readings: sized(1), At: at})
			if err != nil {
				t.Fatal(err)
			}
			w.clock.add(test.approvedAfter)
			op = w.mustApprove(ben, op.ID)
			if !op.StartBy.Equal(test.startBy) || !op.At.Equal(at) {
				t.Errorf("it is to start from %v to %v", op.At, op.StartBy)
			}
			if early := at.Add(-time.Millisecond).Sub(w.clock.now()); early > 0 {
				w.clock.add(early)
				before := len(w.shelf.events(op.ID))
				if _, err := w.claim(op.ID); code(err) != "not_due" || err.Error() != "It was asked for at 2026-11-25 02:05:12 UTC, and not before." {
					t.Errorf("early it came to %v", err)
				}
				if len(w.shelf.events(op.ID)) != before {
					t.Error("that was recorded, though nobody asked")
				}
				w.clock.add(time.Millisecond)
			}
			if got, err := w.claim(op.ID); err != nil || got.State != approvals.Running {
				t.Errorf("in time it is %s: %v", got.State, err)
			}
		})
	}
}

func TestWhatWasAskedForLaterExpiresLaterToo(t *testing.T) {
	w := newWorld(t, oneDBA)
	op, err := w.desk.Open(context.Background(), w.people.actor(anna), approvals.Opening{Plan: restoring("a"), Readings: sized(1), At: start.Add(30 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	w.mustApprove(ben, op.ID)
	w.clock.add(31*time.Hour - time.Millisecond)
	if got, err := w.desk.Fresh(context.Background(), op.ID); err != nil || got.State != approvals.Ready {
		t.Errorf("a moment before its time is over it is %s: %v", got.State, err)
	}
	w.clock.add(time.Millisecond)
	if got, err := w.claim(op.ID); err != nil || got.State != approvals.Expired {
		t.Errorf("afterwards it is %s: %v", got.State, err)
	}
}

func TestWhatWaitsIsNotClaimed(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	if _, err := w.claim(op.ID); err == nil || !strings.Contains(err.Error(), "waiting") {
		t.Errorf("it came to %v", err)
	}
	if got := w.stored(op.ID); got.State != approvals.Waiting {
		t.Errorf("it is %s", got.State)
	}
}

func TestWithoutItsLeaseAWorkerRecordsNothing(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.mustApprove(ben, w.ask(restoring("a")).ID)
	fence := w.shelf.lease(destination)
	w.shelf.lose(destination)
	if _, err := w.desk.Claim(context.Background(), fence, "host/1", op.ID); !errors.Is(err, approvals.ErrFenced) {
		t.Errorf("claiming came to %v", err)
	}
	running, err := w.claim(op.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.Advance(context.Background(), fence, running, approvals.Succeed, approvals.Data{}); !errors.Is(err, approvals.ErrFenced) {
		t.Errorf("advancing came to %v", err)
	}
	if got := w.stored(op.ID); got.State != approvals.Running || got.Version != running.Version {
		t.Errorf("it is %s in version %d", got.State, got.Version)
	}
}

func TestADenialBetweenTheJudgementAndTheStartWins(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.mustApprove(ben, w.ask(restoring("a")).ID)
	w.shelf.before = func() {
		if _, err := w.desk.Decide(context.Background(), w.people.actor(dora), op.ID, approvals.Choice{Deny: true, Reason: "no"}); err != nil {
			t.Errorf("Dora denies: %v", err)
		}
	}
	if _, err := w.claim(op.ID); !errors.Is(err, approvals.ErrConflict) {
		t.Errorf("it came to %v", err)
	}
	if got := w.stored(op.ID); got.State != approvals.Denied {
		t.Errorf("it is %s", got.State)
	}
}

func TestTheWorkersStepsAreRecordedInTurn(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.mustApprove(ben, w.ask(restoring("a")).ID)
	op, err := w.claim(op.ID)
	if err != nil {
		t.Fatal(err)
	}
	fence := w.shelf.lease(destination)
	for _, step := range []struct {
		kind approvals.EventKind
		data approvals.Data
	}{
		{approvals.Stepped, approvals.Data{Step: esops.StepRestore, Sent: &esops.Sent{At: start, Attempt: 1}}},
		{approvals.Stepped, approvals.Data{Step: esops.StepRestore, Result: &esops.Result{Step: esops.StepRestore}}},
		{approvals.Stepped, approvals.Data{Step: esops.StepWait, Result: &esops.Result{Step: esops.StepWait}}},
		{approvals.Succeed, approvals.Data{}},
	} {
		if op, err = w.desk.Advance(context.Background(), fence, op, step.kind, step.data); err != nil {
			t.Fatal(err)
		}
	}
	if !same(op, w.stored(op.ID)) || op.State != approvals.Succeeded || op.Sent.Attempt != 1 || len(op.Results) != 2 {
		t.Errorf("it is %s with %d results", op.State, len(op.Results))
	}
	if _, err := w.desk.Advance(context.Background(), fence, op, approvals.Fail, approvals.Data{}); err == nil {
		t.Error("what succeeded failed afterwards")
	}
}
