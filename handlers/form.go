package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
)

// The form's callback and inputs; each input's block has the same ID.
const (
	formRestore      = "restore"
	inputDestination = "destination"
	inputRepository  = "repository"
	inputSnapshot    = "snapshot"
	inputIndices     = "indices"
	inputNames       = "names"
	inputFlags       = "flags"
)

// actionForm is the button of a list that opens the form; its value says what is
// chosen already, as "CLUSTER REPOSITORY/SNAPSHOT".
const actionForm = "form"

// noDestination stands for a destination that is still to be chosen.
const noDestination = "-"

// openForm opens the form, with what a list's button has chosen already.
func (a visit) openForm(ctx context.Context, caller Caller, d draft) error {
	d.Channel = caller.Channel
	if _, err := a.API.OpenViewContext(ctx, caller.Trigger, a.formView(d, nil)); err != nil {
		return fmt.Errorf("%w: %w", esops.Refuse("modal_not_opened", "Try again, or type: help restore", "Slack did not open the form in time. Nothing was asked."), err)
	}
	return nil
}

// Chosen follows what a person enters into the form: as soon as there is enough,
// the plan stands below the inputs, with what can't work.
func (a *App) Chosen(ctx context.Context, in slack.InteractionCallback) {
	isLast, leave := a.choices.enter(in.View.ID, chosenAt(in))
	defer leave()
	d := readDraft(in.View)
	v, err := a.visit(ctx, Caller{User: in.User.ID, Channel: d.Channel}, nil)
	if err != nil {
		a.Log.Info("form left alone", "actor", in.User.ID, "err", err)
		return
	}
	var below []block
	switch {
	case d.complete():
		below = v.outlook(ctx, &d)
	case d.Destination != "" && d.Repository != "":
		below = v.unlisted(ctx, d)
	}
	if !isLast() {
		return
	}
	_, err = a.API.UpdateViewContext(ctx, v.formView(d, below), "", in.View.Hash, in.View.ID)
	if slackCode(err) == "hash_conflict" && isLast() { // what was chosen before it was answered meanwhile
		_, err = a.API.UpdateViewContext(ctx, v.formView(d, below), "", "", in.View.ID)
	}
	if err != nil && slackCode(err) != "hash_conflict" && slackCode(err) != "not_found" { // a later choice was faster, or the form is closed
		a.Log.Warn("form not updated", "actor", in.User.ID, "err", err)
	}
}

// chosenAt is when a choice was made, by Slack's clock.
func chosenAt(in slack.InteractionCallback) string {
	if len(in.ActionCallback.BlockActions) == 0 {
		return ""
	}
	return in.ActionCallback.BlockActions[0].ActionTs
}

// unlisted says why a chosen repository has nothing to choose from, if so.
func (a visit) unlisted(ctx context.Context, d draft) []block {
	cluster, err := a.cluster(d.Destination)
	if err == nil {
		_, err = a.listings.list(ctx, cluster, d.Repository, a.Now)
	}
	if err != nil {
		return a.trouble(err).Blocks
	}
	return nil
}

// outlook plans a draft and says what would happen, or what is in the way.
func (a visit) outlook(ctx context.Context, d *draft) []block {
	plan, readings, err := a.planned(ctx, d.command())
	switch {
	case err != nil:
		return a.trouble(err).Blocks
	case len(readings.Blocking()) > 0:
		d.Shown = ""
		return blocked("This can't be done:", readings.Findings).Blocks
	}
	d.Shown = plan.Digest()
	return a.preview(plan, readings).Blocks
}

// SubmitForm answers the submitted form within the ack's time where that is
// enough for planning: with errors under the inputs, or by asking. Else the form
// says that it plans, and then what came of it.
func (a *App) SubmitForm(ctx context.Context, in slack.InteractionCallback, ack func(payload any)) {
	if err := a.ours(in); err != nil {
		ack(underInput(in.View, a.trouble(err)))
		return
	}
	d := readDraft(in.View)
	if wrong := d.wrong(); len(wrong) > 0 {
		ack(slack.NewErrorsViewSubmissionResponse(wrong))
		return
	}
	caller := Caller{User: in.User.ID, Channel: d.Channel, Trigger: in.View.ID}
	v, err := a.visit(ctx, caller, a.Desk.Rules().RequesterGroups())
	if err != nil {
		ack(formOutcome{err: err}.response(d, v))
		return
	}
	outcome := make(chan formOutcome, 1)
	go func() {
		o := formOutcome{err: errors.New("the planning of a form ended early")}
		defer func() { outcome <- o }()
		defer guard(a.Log)
		o = v.askFrom(ctx, d, caller)
	}()
	select {
	case o := <-outcome:
		ack(o.response(d, v))
	case <-time.After(recordWithin - 500*time.Millisecond):
		ack(slack.NewUpdateViewSubmissionResponse(notice("Planning", "Planning…; this window says what comes of it within a minute.")))
		o := <-outcome
		if _, err := a.API.UpdateViewContext(ctx, o.view(d, v), "", "", in.View.ID); err != nil {
			a.Log.Warn("form not updated", "actor", in.User.ID, "err", err)
			a.finish(ctx, caller, o.answer, o.err)
		}
	}
}

// A formOutcome is what came of a submitted form.
type formOutcome struct {
	op     approvals.Operation
	again  []block // the plan, shown anew because it is not the one that was seen
	shown  string
	faults []esops.Finding
	answer *Answer
	err    error
}

// askFrom plans a draft and asks for it, unless the person saw another plan.
func (a visit) askFrom(ctx context.Context, d draft, caller Caller) formOutcome {
	cluster, err := a.changeable(d.Destination)
	if err != nil {
		return formOutcome{err: err}
	}
	c := d.command()
	plan, readings, err := a.planned(ctx, c)
	if err != nil {
		return formOutcome{err: err}
	}
	if len(readings.Blocking()) > 0 {
		return formOutcome{faults: readings.Findings}
	}
	if d.Shown != "" && d.Shown != plan.Digest() {
		return formOutcome{again: a.preview(plan, readings).Blocks, shown: plan.Digest()}
	}
	op, err := a.open(ctx, caller, approvals.Opening{Request: c.request(cluster.Name), Plan: plan, Readings: readings, Reason: c.Reason})
	return formOutcome{op: op, err: err}
}

// response is the outcome as the ack's payload.
func (o formOutcome) response(d draft, a visit) any {
	switch {
	case o.err != nil || len(o.faults) > 0:
		if errs := o.underInputs(); len(errs) > 0 {
			return slack.NewErrorsViewSubmissionResponse(errs)
		}
		fallthrough
	case o.again != nil:
		view := o.view(d, a)
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	return nil // asked: the form closes, the card is there
}

// underInputs puts each fault under the input it is about.
func (o formOutcome) underInputs() map[string]string {
	wrong := map[string]string{}
	for _, f := range o.faults {
		if f.Severity != esops.Blocking {
			continue
		}
		input := inputOf(f.Code)
		if wrong[input] == "" {
			wrong[input] = clean(strings.TrimSpace(f.Sentence+" "+f.WayOut), 500)
		}
	}
	var refusal *esops.Refusal
	if errors.As(o.err, &refusal) {
		wrong[inputOf(refusal.Code)] = clean(refusal.Error(), 500)
	}
	return wrong
}

// inputOf is the input that a finding is about.
func inputOf(code string) string {
	switch code {
	case "no_such_repository", "repository_newer", "repository_damaged", "repository_error":
		return inputRepository
	case "no_such_snapshot", "snapshot_in_progress", "snapshot_failed", "snapshot_unusable", "snapshot_unreadable", "source_newer", "source_too_old":
		return inputSnapshot
	case "open_index", "closed_index", "shard_count", "alias_name", "data_stream_name", "same_target", "illegal_name", "bad_rename":
		return inputNames
	case "no_such_index", "system_index", "index_not_whole", "nothing_selected", "begins_with_exclusion", "no_rule", "target_held":
		return inputIndices
	}
	return inputDestination
}

// view is the outcome as what the form becomes.
func (o formOutcome) view(d draft, a visit) slack.ModalViewRequest {
	switch {
	case o.err != nil:
		return *notice("Not done", a.trouble(o.err).words())
	case len(o.faults) > 0:
		return a.formView(d, blocked("This can't be done:", o.faults).Blocks)
	case o.again != nil:
		d.Shown = o.shown
		below := append([]block{prose{}.strong("This is the plan now. Submit once more to ask for it.").block()}, o.again...)
		return a.formView(d, below)
	}
	return *notice("Asked", fmt.Sprintf("%s is asked for; its card is in the channel.", o.op.ID))
}

// words are an answer's words as plain text.
func (a Answer) words() string { return unescaped(a.Text) }

// notice is a modal that only says something.
func notice(title, text string) *slack.ModalViewRequest {
	return &slack.ModalViewRequest{Type: slack.VTModal, Title: plainText(title), Close: plainText("Close"),
		Blocks: slack.Blocks{BlockSet: []block{words(text).block()}}}
}

// changeable finds a cluster that may be changed.
func (a visit) changeable(name string) (Cluster, error) {
	cluster, err := a.cluster(name)
	if err != nil {
		return cluster, err
	}
	if cluster.ReadOnly {
		return cluster, esops.Refuse("read_only", "Choose another destination.",
			"%s is read-only by the configuration: it can be listed, planned for and be a source.", cluster.Name)
	}
	return cluster, nil
}
