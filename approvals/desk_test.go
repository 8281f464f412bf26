package approvals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/esops"
)

// clicks are every kind of clicker on every button in every state. A cell is
// the event that is recorded, the code of the refusal that is, or "=" where
// nothing changes and nothing is recorded.
//
// Anna asked, and Dora approved or denied where somebody did; Ben is the
// approver here, Olga the outsider. The plan overwrites a closed index, so that
// an approval needs the destination typed.
const clicks = `
state     action             requester         approver          outsider          system
waiting   approve            own_request       approved          not_approver      not_approver
waiting   approve-unconfirmed own_request      not_confirmed     not_approver      not_approver
waiting   approve-mistyped   own_request       not_confirmed     not_approver      not_approver
waiting   deny               own_request       denied            not_approver      not_approver
waiting   deny-silently      own_request       reason_missing    not_approver      not_approver
waiting   cancel             cancelled         not_requester     not_requester     not_requester
ready     approve            own_request       approved          not_approver      not_approver
ready     approve-unconfirmed own_request      not_confirmed     not_approver      not_approver
ready     approve-mistyped   own_request       not_confirmed     not_approver      not_approver
ready     deny               own_request       denied            not_approver      not_approver
ready     deny-silently      own_request       reason_missing    not_approver      not_approver
ready     cancel             cancelled         not_requester     not_requester     not_requester
running   approve            already_running   already_running   already_running   already_running
running   approve-unconfirmed already_running  already_running   already_running   already_running
running   approve-mistyped   already_running   already_running   already_running   already_running
running   deny               already_running   already_running   already_running   already_running
running   deny-silently      already_running   already_running   already_running   already_running
running   cancel             cancelled         cancelled         may_not_stop      may_not_stop
stopping  approve            already_stopping  already_stopping  already_stopping  already_stopping
stopping  approve-unconfirmed already_stopping already_stopping  already_stopping  already_stopping
stopping  approve-mistyped   already_stopping  already_stopping  already_stopping  already_stopping
stopping  deny               already_stopping  already_stopping  already_stopping  already_stopping
stopping  deny-silently      already_stopping  already_stopping  already_stopping  already_stopping
stopping  cancel             =                 =                 =                 =
succeeded approve            already_succeeded already_succeeded already_succeeded already_succeeded
succeeded approve-unconfirmed already_succeeded already_succeeded already_succeeded already_succeeded
succeeded approve-mistyped   already_succeeded already_succeeded already_succeeded already_succeeded
succeeded deny               already_succeeded already_succeeded already_succeeded already_succeeded
succeeded deny-silently      already_succeeded already_succeeded already_succeeded already_succeeded
succeeded cancel             already_succeeded already_succeeded already_succeeded already_succeeded
failed    approve            already_failed    already_failed    already_failed    already_failed
failed    approve-unconfirmed already_failed   already_failed    already_failed    already_failed
failed    approve-mistyped   already_failed    already_failed    already_failed    already_failed
failed    deny               already_failed    already_failed    already_failed    already_failed
failed    deny-silently      already_failed    already_failed    already_failed    already_failed
failed    cancel             already_failed    already_failed    already_failed    already_failed
denied    approve            already_denied    already_denied    already_denied    already_denied
denied    approve-unconfirmed already_denied   already_denied    already_denied    already_denied
denied    approve-mistyped   already_denied    already_denied    already_denied    already_denied
denied    deny               already_denied    already_denied    already_denied    already_denied
denied    deny-silently      already_denied    already_denied    already_denied    already_denied
denied    cancel             already_denied    already_denied    already_denied    already_denied
cancelled approve            already_cancelled already_cancelled already_cancelled already_cancelled
cancelled approve-unconfirmed already_cancelled already_cancelled already_cancelled already_cancelled
cancelled approve-mistyped   already_cancelled already_cancelled already_cancelled already_cancelled
cancelled deny               already_cancelled already_cancelled already_cancelled already_cancelled
cancelled deny-silently      already_cancelled already_cancelled already_cancelled already_cancelled
cancelled cancel             already_cancelled already_cancelled already_cancelled already_cancelled
expired   approve            already_expired   already_expired   already_expired   already_expired
expired   approve-unconfirmed already_expired  already_expired   already_expired   already_expired
expired   approve-mistyped   already_expired   already_expired   already_expired   already_expired
expired   deny               already_expired   already_expired   already_expired   already_expired
expired   deny-silently      already_expired   already_expired   already_expired   already_expired
expired   cancel             already_expired   already_expired   already_expired   already_expired`

// clickers are the people of the columns.
var clickers = map[string]string{"requester": anna, "approver": ben, "outsider": olga, "system": approvals.System.ID}

// click does what the button of that name does.
func (w *world) click(who, action string, op approvals.Operation) (approvals.Operation, error) {
	ctx, actor := context.Background(), w.people.actor(who)
	switch action {
	case "approve":
		return w.desk.Decide(ctx, actor, op.ID, approvals.Choice{Confirm: op.Plan.Cluster, Reason: "go on"})
	case "approve-unconfirmed":
		return w.desk.Decide(ctx, actor, op.ID, approvals.Choice{})
	case "approve-mistyped":
		return w.desk.Decide(ctx, actor, op.ID, approvals.Choice{Confirm: strings.ToUpper(op.Plan.Cluster)})
	case "deny":
		return w.desk.Decide(ctx, actor, op.ID, approvals.Choice{Deny: true, Reason: "not today"})
	case "deny-silently":
		return w.desk.Decide(ctx, actor, op.ID, approvals.Choice{Deny: true, Reason: " \n"})
	case "cancel":
		return w.desk.Cancel(ctx, actor, op.ID, "wrong snapshot")
	}
	panic("there is no action " + action)
}

// outcomes are the states that recorded events of a cell lead to.
var outcomes = map[string]approvals.State{
	"waiting/approved": approvals.Ready, "ready/approved": approvals.Ready, "waiting/denied": approvals.Denied, "ready/denied": approvals.Denied,
	"waiting/cancelled": approvals.Cancelled, "ready/cancelled": approvals.Cancelled, "running/cancelled": approvals.Stopping,
}

func TestEveryClickerOnEveryButtonInEveryState(t *testing.T) {
	rows := strings.Split(strings.TrimPrefix(clicks, "\n"), "\n")
	columns := strings.Fields(rows[0])[2:]
	tested := map[string]bool{}
	for _, row := range rows[1:] {
		fields := strings.Fields(row)
		state, action := approvals.State(fields[0]), fields[1]
		tested[string(state)+"/"+action] = true
		for i, cell := range fields[2:] {
			who := columns[i]
			t.Run(fmt.Sprintf("%s/%s/%s", state, action, who), func(t *testing.T) {
				w := newWorld(t, oneDBA)
				before := w.bring(w.ask(overwriting("a")), state)
				events := len(w.shelf.events(before.ID))
				w.clock.add(time.Second)
				got, err := w.click(clickers[who], action, before)
				w.check(before, w.shelf.events(before.ID)[events:], got, err, cell, strings.Split(action, "-")[0])
			})
		}
	}
	if want := len(approvals.States) * 6; len(tested) != want {
		t.Errorf("%d rows were tested, and there are %d", len(tested), want)
	}
}

// check holds what a click came to against its cell.
func (w *world) check(before approvals.Operation, recorded []approvals.Event, got approvals.Operation, err error, cell, asked string) {
	w.t.Helper()
	stored := w.stored(before.ID)
	if diff := cmp.Diff(stored, got); diff != "" {
		w.t.Errorf("what came back is not what is stored:\n%s", diff)
	}
	to, changes := outcomes[string(before.State)+"/"+cell]
	switch {
	case cell == "=":
		if err != nil || len(recorded) != 0 {
			w.t.Errorf("it came to %v and recorded %v", err, recorded)
		}
	case changes:
		if err != nil || len(recorded) != 1 || string(recorded[0].Kind) != cell {
			w.t.Fatalf("it came to %v and recorded %v", err, recorded)
		}
		if stored.State != to || stored.Version != before.Version+1 {
			w.t.Errorf("it is %s in version %d", stored.State, stored.Version)
		}
		return
	default:
		if code(err) != cell {
			w.t.Fatalf("it came to %v, and should be refused as %s", err, cell)
		}
		if len(recorded) != 1 {
			w.t.Fatalf("it recorded %v", recorded)
		}
		e := recorded[0]
		if e.Kind != approvals.Refused || e.Data.Asked != asked || e.Data.Code != cell || e.Data.Sentence == "" || e.Plan != before.Digest {
			w.t.Errorf("the record is %+v", e)
		}
	}
	if diff := cmp.Diff(before, stored); diff != "" {
		w.t.Errorf("the operation changed:\n%s", diff)
	}
}

// refusals are the words people see, with the way out after a bar.
func TestARefusedClickSaysWhyAndWhatToDo(t *testing.T) {
	tests := []struct {
		state       approvals.State
		who, action string
		want        string
	}{
		{approvals.Waiting, anna, "approve", "You asked for ID yourself, so your own decision does not count. | Ask a colleague; you can cancel it."},
		{approvals.Waiting, olga, "approve", "You are not among those who may decide ID. | The card names who may."},
		{approvals.Waiting, ben, "deny-silently", "A denial needs a reason. | Write one sentence."},
		{approvals.Waiting, ben, "approve-unconfirmed", "ID overwrites or deletes data, so the name of the destination must be typed to approve it. | Type prod-b."},
		{approvals.Waiting, ben, "cancel", "Only Anna, who asked for ID, can cancel it before it starts. | Whoever may approve it can deny it."},
		{approvals.Running, olga, "cancel", "ID is running, and you are not among those who may stop it. | "},
		{approvals.Running, ben, "approve", "ID is running; there is nothing to decide any more. | "},
		{approvals.Stopping, ben, "deny", "ID was stopped by Anna at 2026-11-23 20:05:12 UTC; there is nothing to decide any more. | "},
		{approvals.Denied, ben, "approve", "ID was denied by Dora at 2026-11-23 20:05:12 UTC; there is nothing to decide any more. | "},
		{approvals.Cancelled, ben, "approve", "ID was cancelled by Anna at 2026-11-23 20:05:12 UTC; there is nothing to decide any more. | "},
		{approvals.Expired, ben, "approve", "ID is expired; there is nothing to decide any more. | "},
		{approvals.Denied, anna, "cancel", "ID is denied; there is nothing to cancel any more. | "},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s/%s/%s", test.state, test.action, nameOf(test.who)), func(t *testing.T) {
			w := newWorld(t, oneDBA)
			op := w.bring(w.ask(overwriting("a")), test.state)
			_, err := w.click(test.who, test.action, op)
			var refusal *esops.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("it is not refused: %v", err)
			}
			if got := refusal.Sentence + " | " + refusal.WayOut; got != strings.ReplaceAll(test.want, "ID", string(op.ID)) {
				t.Errorf("it says\n%s\nand should say\n%s", got, test.want)
			}
		})
	}
}

// What was asked to stop and succeeded all the same was not cancelled.
func TestAnEndIsToldAsItWas(t *testing.T) {
	for _, end := range []approvals.EventKind{approvals.Succeed, approvals.Fail} {
		w := newWorld(t, oneDBA)
		op := w.bring(w.ask(restoring("a")), approvals.Stopping)
		op, err := w.desk.Advance(context.Background(), w.shelf.lease(destination), op, end, approvals.Data{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.approve(ben, op.ID)
		want := fmt.Sprintf("%s is %s; there is nothing to decide any more.", op.ID, op.State)
		if err == nil || err.Error() != want {
			t.Errorf("it says %v, and should say %q", err, want)
		}
	}
}

func TestAClickOnWhatDoesNotExistIsNotRecorded(t *testing.T) {
	w := newWorld(t, oneDBA)
	if _, err := w.approve(ben, "R-22222"); !errors.Is(err, approvals.ErrNoSuchOperation) {
		t.Errorf("it came to %v", err)
	}
	if events := w.shelf.events(""); len(events) != 0 {
		t.Errorf("on record is %v", events)
	}
}

func TestAnApprovalOfWhatOverwritesNothingNeedsNoName(t *testing.T) {
	w := newWorld(t, oneDBA)
	if op := w.mustApprove(ben, w.ask(restoring("a")).ID); op.State != approvals.Ready {
		t.Errorf("it is %s", op.State)
	}
}

func TestAnApprovalSaysSomethingWhereTheRuleWantsIt(t *testing.T) {
	for note, silent := range map[approvals.Note]string{approvals.NoteNone: "", approvals.NoteOptional: "", approvals.NoteRequired: "note_missing"} {
		t.Run("note "+string(note), func(t *testing.T) {
			w := newWorld(t, approvals.Rule{Name: "one DBA", Require: oneDBA.Require, Note: note})
			op := w.ask(restoring("a"))
			if refusal := w.desk.MayOpen(op, w.people.actor(ben), "approve"); refusal != nil {
				t.Errorf("the form it is written in is not opened: %v", refusal)
			}
			if _, err := w.approve(ben, op.ID); code(err) != silent {
				t.Fatalf("silently it came to %v", err)
			}
			got, err := w.desk.Decide(context.Background(), w.people.actor(dora), op.ID, approvals.Choice{Reason: "checked with Olga"})
			if err != nil || got.State != approvals.Ready || got.Decisions[len(got.Decisions)-1].Reason != "checked with Olga" {
				t.Errorf("with a note it is %s: %v", got.State, err)
			}
		})
	}
}

func TestAFormIsOpenedOnlyWhereItIsWorthIt(t *testing.T) {
	tests := []struct {
		state      approvals.State
		who, asked string
		code       string
	}{
		{approvals.Waiting, ben, "approve", ""}, // the name is typed in the form
		{approvals.Waiting, ben, "deny", ""},    // and the reason written
		{approvals.Waiting, anna, "approve", "own_request"},
		{approvals.Waiting, olga, "deny", "not_approver"},
		{approvals.Running, ben, "deny", "already_running"},
		{approvals.Running, anna, "cancel", ""},
		{approvals.Running, olga, "cancel", "may_not_stop"},
		{approvals.Stopping, olga, "cancel", ""},
		{approvals.Failed, anna, "cancel", "already_failed"},
	}
	for _, test := range tests {
		w := newWorld(t, oneDBA)
		op := w.bring(w.ask(overwriting("a")), test.state)
		before := len(w.shelf.events(""))
		refusal := w.desk.MayOpen(op, w.people.actor(test.who), test.asked)
		if got := ""; refusal != nil {
			got = refusal.Code
			if got != test.code {
				t.Errorf("%s, %s, %s: %q", test.state, test.who, test.asked, got)
			}
		} else if test.code != "" {
			t.Errorf("%s, %s, %s: it may be opened", test.state, test.who, test.asked)
		}
		if len(w.shelf.events("")) != before {
			t.Error("asking recorded something")
		}
	}
}

func TestDecidingTwiceChangesNothing(t *testing.T) {
	w := newWorld(t, approvals.Rule{Name: "two", Require: []approvals.Requirement{of(2, group(dba))}})
	op := w.ask(restoring("a"))
	once := w.mustApprove(ben, op.ID)
	again := w.mustApprove(ben, op.ID)
	if diff := cmp.Diff(once, again); diff != "" || again.State != approvals.Waiting {
		t.Errorf("the second click changed it:\n%s", diff)
	}
	w.mustApprove(dora, op.ID)
	w.mustApprove(dora, op.ID)
	want := []approvals.EventKind{approvals.Opened, approvals.Approved, approvals.Approved}
	if diff := cmp.Diff(want, w.shelf.kinds(op.ID)); diff != "" {
		t.Errorf("the record is another:\n%s", diff)
	}
}

func TestTheRecordOfAnApprovalSaysWhetherItWasTheLastMissing(t *testing.T) {
	w := newWorld(t, approvals.Rule{Name: "two", Require: []approvals.Requirement{of(2, group(dba))}})
	op := w.ask(restoring("a"))
	w.mustApprove(ben, op.ID)
	w.mustApprove(dora, op.ID)
	var met []bool
	for _, e := range w.shelf.events(op.ID)[1:] {
		met = append(met, e.Data.Met)
	}
	if !slices.Equal(met, []bool{false, true}) {
		t.Errorf("it says %v", met)
	}
}

func TestTheSameRefusalIsRecordedOnceAMinute(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	for range 3 {
		if _, err := w.approve(olga, op.ID); code(err) != "not_approver" {
			t.Fatalf("it came to %v", err)
		}
	}
	if n := len(w.shelf.events(op.ID)); n != 2 {
		t.Errorf("%d records, and there should be the opening and one refusal", n)
	}
	w.shelf.forget()
	_, _ = w.approve(olga, op.ID)
	if n := len(w.shelf.events(op.ID)); n != 3 {
		t.Errorf("%d records, a minute later", n)
	}
}

func TestTwoRacingApprovalsMakeOneReady(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	w.shelf.before = func() { w.mustApprove(dora, op.ID) } // between Ben's look and his commit
	got := w.mustApprove(ben, op.ID)
	if got.State != approvals.Ready || len(got.Approvals()) != 2 {
		t.Errorf("it is %s with %d approvals", got.State, len(got.Approvals()))
	}
	if !got.ReadyAt.Equal(w.stored(op.ID).ReadyAt) {
		t.Error("it became ready twice")
	}
}

func TestADenialAndAnApprovalThatRaceEndInTheFirst(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	w.shelf.before = func() {
		_, err := w.desk.Decide(context.Background(), w.people.actor(dora), op.ID, approvals.Choice{Deny: true, Reason: "no"})
		if err != nil {
			t.Errorf("Dora denies: %v", err)
		}
	}
	got, err := w.approve(ben, op.ID)
	if code(err) != "already_denied" || got.State != approvals.Denied {
		t.Errorf("it is %s: %v", got.State, err)
	}
	want := []approvals.EventKind{approvals.Opened, approvals.WasDenied, approvals.Refused}
	if diff := cmp.Diff(want, w.shelf.kinds(op.ID)); diff != "" {
		t.Error(diff)
	}
}

func TestManyAtOnceLoseNothing(t *testing.T) {
	everyone := []string{ben, dora, carl, olga}
	w := newWorld(t, approvals.Rule{Name: "all", Require: []approvals.Requirement{of(4, group(eng))}})
	op := w.ask(restoring("a"))
	var wg sync.WaitGroup
	for range 2 {
		for _, who := range everyone {
			wg.Go(func() {
				if _, err := w.approve(who, op.ID); err != nil {
					t.Errorf("%s: %v", who, err)
				}
			})
		}
	}
	wg.Wait()
	got := w.stored(op.ID)
	if got.State != approvals.Ready || len(got.Decisions) != 4 {
		t.Errorf("it is %s with %d decisions", got.State, len(got.Decisions))
	}
}

func TestWhoIsAlwaysTooSlowIsToldSo(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	w.shelf.meet(slices.Repeat([]fault{conflicts}, 100)...)
	if _, err := w.approve(ben, op.ID); !errors.Is(err, approvals.ErrConflict) {
		t.Errorf("it came to %v", err)
	}
	if got := w.stored(op.ID); got.State != approvals.Waiting {
		t.Errorf("it is %s", got.State)
	}
}

func TestAFaultOfTheStoreIsToldAsItIs(t *testing.T) {
	tests := map[string]struct {
		met  fault
		want error
		done bool
	}{
		"away":                       {away, errAway, false},
		"not known, and not written": {lostAhead, approvals.ErrNotKnown, false},
		"not known, though written":  {lostAfter, approvals.ErrNotKnown, true},
		"a conflict is tried again":  {conflicts, nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneDBA)
			op := w.ask(restoring("a"))
			w.shelf.meet(test.met)
			if _, err := w.approve(ben, op.ID); !errors.Is(err, test.want) {
				t.Errorf("it came to %v", err)
			}
			if done := w.stored(op.ID).State == approvals.Ready; done != test.done {
				t.Errorf("done is %v", done)
			}
			if got := w.mustApprove(ben, op.ID); got.State != approvals.Ready || len(got.Decisions) != 1 {
				t.Errorf("clicked again it is %s with %d decisions", got.State, len(got.Decisions))
			}
		})
	}
}

func TestARefusalThatCouldNotBeRecordedSaysBoth(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	w.shelf.meet(away)
	_, err := w.approve(olga, op.ID)
	if code(err) != "not_approver" || !errors.Is(err, errAway) {
		t.Errorf("it came to %v", err)
	}
}

func TestALateUseIsRefusedThoughNoTimerEverRan(t *testing.T) {
	uses := map[string]func(w *world, op approvals.Operation) (approvals.Operation, error){
		"approve": func(w *world, op approvals.Operation) (approvals.Operation, error) {
			return w.click(ben, "approve", op)
		},
		"deny": func(w *world, op approvals.Operation) (approvals.Operation, error) { return w.click(ben, "deny", op) },
		"cancel": func(w *world, op approvals.Operation) (approvals.Operation, error) {
			return w.click(anna, "cancel", op)
		},
		"claim": func(w *world, op approvals.Operation) (approvals.Operation, error) { return w.claim(op.ID) },
		"look": func(w *world, op approvals.Operation) (approvals.Operation, error) {
			return w.desk.Fresh(context.Background(), op.ID)
		},
	}
	ends := map[approvals.State]struct {
		within   time.Duration
		code     string
		sentence string
	}{
		approvals.Waiting: {4 * time.Hour, "unanswered", "Nobody who may decided it within 4h0m0s."},
		approvals.Ready:   {time.Hour, "not_started", "It was approved but could not start within 1h0m0s."},
	}
	for state, end := range ends {
		for name, use := range uses {
			t.Run(string(state)+"/"+name, func(t *testing.T) {
				w := newWorld(t, oneDBA)
				op := w.bring(w.ask(restoring("a")), state)
				events := len(w.shelf.events(op.ID))
				w.clock.add(end.within)
				got, err := use(w, op)
				if asks := name != "look" && name != "claim"; asks != (code(err) == "already_expired") {
					t.Errorf("it came to %v", err)
				}
				if got.State != approvals.Expired || w.stored(op.ID).State != approvals.Expired {
					t.Fatalf("it is %s", got.State)
				}
				e := w.shelf.events(op.ID)[events]
				if e.Kind != approvals.WasExpired || e.Actor.ID != "system" || e.Data.Code != end.code || e.Data.Sentence != end.sentence {
					t.Errorf("the record is %+v", e)
				}
			})
		}
	}
}

func TestAMomentBeforeTheDeadlineIsInTime(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	w.clock.add(4*time.Hour - time.Millisecond)
	if got := w.mustApprove(ben, op.ID); got.State != approvals.Ready {
		t.Errorf("it is %s", got.State)
	}
}

// The deadline passes between the look and the commit.
func TestADeadlineThatPassesMeanwhileIsNoticed(t *testing.T) {
	for name, use := range map[string]func(w *world, op approvals.Operation) (approvals.Operation, error){
		"approve": func(w *world, op approvals.Operation) (approvals.Operation, error) {
			return w.click(ben, "approve", op)
		},
		"cancel": func(w *world, op approvals.Operation) (approvals.Operation, error) {
			return w.click(anna, "cancel", op)
		},
		"claim": func(w *world, op approvals.Operation) (approvals.Operation, error) { return w.claim(op.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneDBA)
			op := w.bring(w.ask(restoring("a")), approvals.Ready)
			w.clock.add(time.Hour - time.Millisecond)
			w.clock.step = time.Second
			if _, err := use(w, op); err == nil {
				t.Error("it was done")
			}
			for _, e := range w.shelf.events(op.ID) {
				if e.Kind != approvals.Refused && e.Kind != approvals.WasExpired && !e.Time.Before(op.StartBy) {
					t.Errorf("%s is recorded at %v, and its time was over at %v", e.Kind, e.Time, op.StartBy)
				}
			}
		})
	}
}

func TestOpeningPutsTheWholeRequestOnRecord(t *testing.T) {
	w := newWorld(t, approvals.Rule{Name: "one DBA", Require: oneDBA.Require, Channel: "C0DBA"})
	op := w.ask(restoring("a"))
	if op.State != approvals.Waiting || op.Channel != "C0DBA" || !op.Expires.Equal(start.Add(4*time.Hour)) {
		t.Errorf("it is %s in %s until %v", op.State, op.Channel, op.Expires)
	}
	events := w.shelf.events(op.ID)
	if len(events) != 1 {
		t.Fatalf("on record is %v", events)
	}
	e := events[0]
	if e.Plan != restoring("a").Digest() || e.Data.Plan.Digest() != e.Plan || e.Actor.ID != anna || e.Data.Reason == "" {
		t.Errorf("the record is %+v", e)
	}
	again, err := approvals.Operation{}.Apply(e)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.stored(op.ID), again); diff != "" {
		t.Errorf("the record makes another operation:\n%s", diff)
	}
}

func TestAStandingApprovalNamesItsRules(t *testing.T) {
	w := newWorld(t, approvals.Rule{Name: "on call helps itself", When: approvals.When{Overwrites: no()}})
	op := w.ask(restoring("a"))
	if e := w.shelf.events(op.ID)[0]; op.State != approvals.Ready || !slices.Equal(e.Data.Standing, []string{"on call helps itself"}) {
		t.Errorf("it is %s by %v", op.State, e.Data.Standing)
	}
}

func TestWhatIsBlockedOrHasNoRuleIsNotOpened(t *testing.T) {
	w := newWorld(t, rule("payments", approvals.When{Indices: []string{"payments-*"}}))
	if _, err := w.open(restoring("a")); code(err) != "no_rule" {
		t.Errorf("without a rule it came to %v", err)
	}
	readings := sized(1)
	readings.Findings = []esops.Finding{
		{Code: "old", Severity: esops.Warning, Sentence: "It is old."},
		{Code: "open_index", Severity: esops.Blocking, Sentence: "payments-1 is open.", WayOut: "Close it."},
	}
	_, err := w.desk.Open(context.Background(), w.people.actor(anna), approvals.Opening{Plan: restoring("payments-1"), Readings: readings})
	if code(err) != "open_index" || err.Error() != "payments-1 is open. Close it." {
		t.Errorf("with a blocking finding it came to %v", err)
	}
	if events := w.shelf.events(""); len(events) != 0 {
		t.Errorf("on record is %v", events)
	}
}

func TestASecondOperationOnATargetIsRefusedWithTheFirstsID(t *testing.T) {
	w := newWorld(t, oneDBA)
	first := w.ask(restoring("a", "b"))
	_, err := w.open(restoring("b", "c"))
	want := fmt.Sprintf("b is the target of %s, which is not finished. See how it stands with: status %s", first.ID, first.ID)
	if code(err) != "target_held" || err.Error() != want {
		t.Errorf("it came to %v", err)
	}
	if _, err := w.desk.Cancel(context.Background(), w.people.actor(anna), first.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.ask(restoring("b", "c"))
}

func TestWhatHoldsIsToldInWords(t *testing.T) {
	w := newWorld(t, oneDBA)
	w.desk.Store = held{w.shelf}
	_, err := w.open(sharing())
	if want := "repository repo-of-a is the target of R-22222, which is not finished. See how it stands with: status R-22222"; err == nil || err.Error() != want {
		t.Errorf("it came to %v", err)
	}
}

// held is a store where another operation has what is asked for.
type held struct{ approvals.Store }

func (held) Commit(context.Context, approvals.Change) error {
	return &approvals.Held{Target: "repository/repo-of-a", By: "R-22222"}
}

func TestACommandDeliveredTwiceOpensOneOperation(t *testing.T) {
	w := newWorld(t, oneDBA)
	open := func(once string, plan esops.Plan) (approvals.Operation, error) {
		return w.desk.Open(context.Background(), w.people.actor(anna),
			approvals.Opening{Plan: plan, Readings: sized(1), Once: once})
	}
	first, err := open("trigger-1", restoring("a"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := open("trigger-1", restoring("a"))
	if err != nil || again.ID != first.ID {
		t.Errorf("the second delivery came to %s, %v", again.ID, err)
	}
	other, err := open("trigger-2", restoring("b"))
	if err != nil || other.ID == first.ID {
		t.Errorf("another command came to %s, %v", other.ID, err)
	}
	if n := len(w.shelf.events("")); n != 2 {
		t.Errorf("%d records, and there should be 2", n)
	}
}

// taken is a store whose first IDs are all taken.
type taken struct {
	approvals.Store
	times int
}

func (s *taken) Commit(ctx context.Context, c approvals.Change) error {
	if s.times--; s.times >= 0 {
		return approvals.ErrTaken
	}
	return s.Store.Commit(ctx, c)
}

func TestAnIDThatIsTakenIsDrawnAgain(t *testing.T) {
	w := newWorld(t, oneDBA)
	w.desk.Store = &taken{Store: w.shelf, times: 3}
	op := w.ask(restoring("a"))
	if got := w.stored(op.ID); got.State != approvals.Waiting {
		t.Errorf("it is %s", got.State)
	}
	w.desk.Store = &taken{Store: w.shelf, times: 1000}
	if _, err := w.open(restoring("b")); !errors.Is(err, approvals.ErrConflict) {
		t.Errorf("where all are taken it came to %v", err)
	}
}

// Records have milliseconds. What is stored has no more, so that the log alone
// gives every operation as it is.
func TestTimesAreThoseOfTheRecord(t *testing.T) {
	w := newWorld(t, oneDBA)
	w.clock.at = start.Add(123_456 * time.Nanosecond).In(time.FixedZone("CST", 8*3600))
	op := w.mustApprove(ben, w.ask(restoring("a")).ID)
	for name, at := range map[string]time.Time{"opened": op.Opened, "ready": op.ReadyAt, "decided": op.Decisions[0].At} {
		if !at.Equal(start) || at.Location() != time.UTC {
			t.Errorf("%s at %v", name, at)
		}
	}
}

func TestWhoIsAskedAboutAreTheGroupsThatDecide(t *testing.T) {
	was := approvals.Rule{Name: "was", Require: []approvals.Requirement{of(1, group(dba), user(olga))}, Stop: []approvals.Principal{group(sre)}}
	w := newWorld(t, was)
	op := w.ask(restoring("a"))
	w.rules = approvals.Rules{
		{Name: "now", When: approvals.When{Requesters: []approvals.Principal{group(oncall)}}},
		{Name: "else", Require: []approvals.Requirement{of(1, group("S0NEW"))}},
	}
	got := w.desk.Concerns(op)
	slices.Sort(got)
	if diff := cmp.Diff([]string{dba, "S0NEW", oncall, sre}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhoMayDecideByTheRulesInForceMayToo(t *testing.T) {
	w := newWorld(t, oneDBA)
	op := w.ask(restoring("a"))
	w.rules = approvals.Rules{{Name: "SRE now", Require: []approvals.Requirement{of(1, group(sre))}}}
	got := w.mustApprove(carl, op.ID)
	if got.State != approvals.Waiting || len(got.Decisions) != 1 {
		t.Errorf("by Carl's approval it is %s with %d decisions", got.State, len(got.Decisions))
	}
	if got = w.mustApprove(ben, op.ID); got.State != approvals.Ready {
		t.Errorf("by Ben's it is %s", got.State)
	}
}

// same compares operations as they are stored.
func same(a, b approvals.Operation) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}
