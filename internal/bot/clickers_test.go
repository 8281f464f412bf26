package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// What can be done to an operation: a click of a button, or a submitted form.
const (
	clickApprove = "click approve"
	clickDeny    = "click deny"
	clickCancel  = "click cancel"
	clickDetails = "click details"
	formDeny     = "form deny"
	formApprove  = "form approve"
	formStop     = "form cancel"
)

var (
	everyone = []string{rig.Anna, rig.Ben, rig.Cleo, rig.Dora, rig.Gast, rig.Otto, rig.Gone, rig.Robot}
	doings   = []string{clickApprove, clickDeny, clickCancel, clickDetails, formDeny, formApprove, formStop}
)

// An outcome is what must come of one person doing one thing in one state.
type outcome struct {
	after    approvals.State
	event    approvals.EventKind // recorded; empty: nothing is
	code     string              // of a refusal
	sentence string              // what the person reads holds it; empty: they read nothing
	form     bool                // a form or the details open
}

// strangers can do nothing, whatever group they are in.
var strangers = map[string]outcome{
	rig.Gast:  {code: "guest", sentence: "Guests can neither ask for restores nor decide about them."},
	rig.Otto:  {code: "outsider", sentence: "People of other companies can neither ask for restores nor decide about them."},
	rig.Gone:  {code: "deactivated", sentence: "This account is deactivated."},
	rig.Robot: {code: "not_a_person", sentence: "Bots and workflows can neither ask nor decide."},
}

// expected tells what must come of it, written down apart from the code that
// decides.
func expected(who, doing string, state approvals.State) outcome {
	if doing == clickDetails {
		_, noPerson := map[string]bool{rig.Gone: true, rig.Robot: true}[who]
		return outcome{after: state, form: !noPerson}
	}
	if o, is := strangers[who]; is {
		o.after, o.event = state, approvals.Refused
		return o
	}
	refused := func(code, sentence string) outcome {
		return outcome{after: state, event: approvals.Refused, code: code, sentence: sentence}
	}
	if doing == clickCancel || doing == formStop {
		return expectedOfCancel(who, doing, state, refused)
	}
	decidable := state == approvals.Waiting || state == approvals.Ready
	switch {
	case !decidable:
		return refused("already_"+string(state), "nothing to decide any more")
	case who == rig.Anna:
		return refused("own_request", "You asked for")
	case who == rig.Dora:
		return refused("not_approver", "You are not among those who may decide")
	case doing == clickDeny:
		return outcome{after: state, form: true}
	case doing == formDeny:
		return outcome{after: approvals.Denied, event: approvals.WasDenied}
	case state == approvals.Ready && who == rig.Ben: // he has approved before
		return outcome{after: approvals.Ready, sentence: "That is on record already"}
	}
	return outcome{after: approvals.Ready, event: approvals.Approved, sentence: "Recorded: "}
}

func expectedOfCancel(who, doing string, state approvals.State, refused func(code, sentence string) outcome) outcome {
	switch {
	case state.Final():
		return refused("already_"+string(state), "nothing to cancel any more")
	case state == approvals.Running && who == rig.Dora:
		return refused("may_not_stop", "you are not among those who may stop it")
	case state == approvals.Running && doing == clickCancel:
		return outcome{after: state, form: true}
	case state == approvals.Running:
		return outcome{after: approvals.Stopping, event: approvals.WasCancel}
	case state == approvals.Stopping: // it is stopped already, whoever asks again
		return outcome{after: state, sentence: "That is on record already"}
	case who == rig.Anna:
		return outcome{after: approvals.Cancelled, event: approvals.WasCancel, sentence: "Recorded: "}
	}
	return refused("not_requester", "Only anna")
}

func (o outcome) changes() bool {
	return o.event != "" && o.event != approvals.Refused
}

// TestEveryPersonOnEveryButtonInEveryState goes through the whole table.
func TestEveryPersonOnEveryButtonInEveryState(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	writer := r.Writer(true)
	channel := channels(r)
	shared := map[approvals.State]approvals.Operation{}
	own := map[string]approvals.Operation{} // whatever changes an operation gets one of its own
	for _, state := range approvals.States {
		at := channel()
		shared[state] = writer.In(state, at, strings.ToLower(at)+"-$1")
		for _, doing := range doings {
			for _, who := range everyone {
				if expected(who, doing, state).changes() {
					at := channel()
					own[who+doing+string(state)] = writer.In(state, at, strings.ToLower(at)+"-$1")
				}
			}
		}
	}
	r.Start()
	for _, state := range approvals.States {
		for _, doing := range doings {
			for _, who := range everyone {
				op, is := own[who+doing+string(state)]
				if !is {
					op = shared[state]
				}
				t.Run(fmt.Sprintf("%s, %s, %s", who, doing, state), func(t *testing.T) {
					check(t, r.For(t), op, who, doing, expected(who, doing, state))
				})
			}
		}
	}
}

// channels makes channels that everyone is in, one after the other: Slack takes
// one message a second in each.
func channels(r *rig.Rig) func() string {
	n := 0
	return func() string {
		n++
		id := fmt.Sprintf("C0T%03d", n)
		r.Slack.PutChannel(slacksim.Channel{ID: id, Name: strings.ToLower(id), Members: append(slices.Clone(everyone), r.Slack.App().BotUserID)})
		return id
	}
}

// check does one thing and looks what came of it.
func check(t *testing.T, r *rig.Rig, op approvals.Operation, who, doing string, want outcome) {
	t.Helper()
	card := r.Card(op.ID)
	before := r.Trail(op.ID)
	kind, action, _ := strings.Cut(doing, " ")
	said := ""
	if kind == "click" {
		said = clicked(r, who, op, card, action, want)
	} else {
		said = submitted(r, who, op, action)
	}
	if kind == "form" && want.event != approvals.Refused {
		want.sentence = "" // it closes without a word
	}
	if !strings.Contains(said, want.sentence) || want.sentence == "" && said != "" {
		t.Errorf("want %q in %q", want.sentence, said)
	}
	if got := r.Operation(op.ID).State; got != want.after {
		t.Errorf("it is %s afterwards, want %s", got, want.after)
	}
	recorded := r.Trail(op.ID)[len(before):]
	if want.event == "" {
		if len(recorded) > 0 {
			t.Errorf("recorded: %+v", recorded)
		}
		return
	}
	if want.event == approvals.Refused && refusedBefore(before, who, action) {
		if len(recorded) > 0 {
			t.Errorf("recorded twice within the minute: %+v", recorded)
		}
		return
	}
	if len(recorded) != 1 {
		t.Fatalf("%d records: %+v", len(recorded), recorded)
	}
	record := recorded[0]
	if record.Event != want.event || record.Actor.ID != who || record.Operation != op.ID {
		t.Errorf("recorded: %+v", record)
	}
	if want.event == approvals.Refused && (record.Data.Asked != action || record.Data.Code != want.code || !strings.Contains(record.Data.Sentence, want.sentence)) {
		t.Errorf("recorded: %+v, want %s and code %s", record.Data, action, want.code)
	}
}

func refusedBefore(trail []record, who, asked string) bool {
	return slices.ContainsFunc(trail, func(r record) bool {
		return r.Event == approvals.Refused && r.Actor.ID == who && r.Data.Asked == asked
	})
}

// clicked clicks and returns what the person then reads.
func clicked(r *rig.Rig, who string, op approvals.Operation, card message, action string, want outcome) string {
	r.T.Helper()
	if !want.form && want.sentence == "" {
		r.Click(who, card, action, slacksim.WithValue(string(op.ID)))
		return ""
	}
	if !want.form {
		return r.Told(who, card, action, slacksim.WithValue(string(op.ID)))
	}
	open := len(r.Slack.Views(who))
	r.Click(who, card, action, slacksim.WithValue(string(op.ID)))
	r.Until("a form", func() bool { return len(r.Slack.Views(who)) == open+1 })
	if _, err := r.Slack.CloseAll(r.T.Context(), who); err != nil {
		r.T.Fatal(err)
	}
	return ""
}

// submitted sends a form, whether or not the person could have it open, and
// returns what it then says.
func submitted(r *rig.Rig, who string, op approvals.Operation, action string) string {
	r.T.Helper()
	input, value := "reason", "written in the form"
	if action == "approve" {
		input, value = "confirm", op.Plan.Cluster
	}
	return r.Forge(r.FormPayload(who, action, string(op.ID), map[string]string{input: value})).Words()
}

type record = audit.Record
