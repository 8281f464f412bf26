package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
)

// The inputs of the modals; each input's block has the same ID.
const (
	inputReason  = "reason"
	inputConfirm = "confirm"
	inputNote    = "note"
)

// openModal asks for what a decision needs. Everything shown is from the store,
// nothing from the message: whoever can replace a message can't change this.
func (a *App) openModal(ctx context.Context, op approvals.Operation, action string, caller Caller) error {
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: action, PrivateMetadata: string(op.ID),
		Close: plainText("Back"),
	}
	about := []block{
		prose{}.strong(string(op.ID)).say(": " + summary(op) + ". Asked by ").who(op.Requester).say(".").block(),
		items(op.Plan, op.Readings),
	}
	switch action {
	case actionDeny:
		view.Title, view.Submit = plainText("Deny the restore"), plainText("Deny")
		about = append(about, reasonInput(false, "Who asked reads it, and it stays on record."))
	case actionCancel:
		view.Title, view.Submit = plainText("Stop the restore"), plainText("Stop")
		about = append(about, words(stopWarning(op)).block(), reasonInput(true, "It stays on record."))
	case actionApprove:
		view.Title, view.Submit = plainText("Approve"), plainText("Approve")
		about = append(about, findings(op.Readings.Findings)...)
		if op.Plan.Overwrites() {
			about = append(about, confirmInput(op))
		}
		if op.Needs.Note != approvals.NoteNone {
			about = append(about, noteInput(op.Needs.Note))
		}
	}
	view.Blocks.BlockSet = about
	if _, err := a.API.OpenViewContext(ctx, caller.Trigger, view); err != nil {
		return fmt.Errorf("%w: %w", esops.Refuse("modal_not_opened", "Click again.", "Slack did not open the form in time. Nothing was recorded."), err)
	}
	return nil
}

func plainText(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

func reasonInput(optional bool, hint string) *slack.InputBlock {
	input := slack.NewPlainTextInputBlockElement(nil, inputReason)
	input.Multiline, input.MaxLength = true, reasonLimit
	b := slack.NewInputBlock(inputReason, plainText("Reason"), plainText(hint), input)
	b.Optional = optional
	return b
}

func noteInput(note approvals.Note) *slack.InputBlock {
	input := slack.NewPlainTextInputBlockElement(nil, inputNote)
	input.Multiline, input.MaxLength = true, reasonLimit
	b := slack.NewInputBlock(inputNote, plainText("Note"), plainText("It stands beside your approval, and stays on record."), input)
	b.Optional = note == approvals.NoteOptional
	return b
}

func confirmInput(op approvals.Operation) *slack.InputBlock {
	return slack.NewInputBlock(inputConfirm, plainText("Type the destination's name to approve"),
		plainText(clean(fmt.Sprintf("It is %s. Data there is overwritten or deleted.", op.Plan.Cluster), 150)),
		slack.NewPlainTextInputBlockElement(nil, inputConfirm))
}

// stopWarning lists, before the click, what stopping would remove.
func stopWarning(op approvals.Operation) string {
	var made, kept []string
	for _, item := range op.Plan.Items {
		if item.TargetState == esops.TargetAbsent {
			made = append(made, item.Target)
		} else {
			kept = append(kept, item.Target)
		}
	}
	said := "Removed if they are not finished by then: " + someOf(made) + "."
	if len(made) == 0 {
		said = "Nothing is removed."
	}
	if len(kept) > 0 {
		said += " Left to finish, since stopping would lose the index: " + someOf(kept) + "."
	}
	return said
}

func someOf(names []string) string {
	if len(names) <= 10 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:10], ", "), len(names)-10)
}

// Submit answers a submitted modal. The ack is sent when the decision is on
// record, or surely is not; then it carries what is wrong under the input.
func (a *App) Submit(ctx context.Context, in slack.InteractionCallback, ack func(payload any)) {
	began := a.Now()
	within, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	err := a.submit(within, in)
	a.Decided(a.Now().Sub(began))
	if err == nil {
		ack(nil)
		a.refreshHome(ctx, in.User.ID)
		return
	}
	ack(underInput(in.View, a.trouble(err)))
	if id, ok := approvals.ParseID(in.View.PrivateMetadata); ok && errors.Is(err, approvals.ErrNotKnown) {
		a.settle(ctx, id, in.View.CallbackID, Caller{User: in.User.ID}, func(ctx context.Context, _ approvals.Operation) error {
			return a.submit(ctx, in)
		})
	}
}

func (a *App) submit(ctx context.Context, in slack.InteractionCallback) error {
	if err := a.ours(in); err != nil {
		return err
	}
	id, ok := approvals.ParseID(in.View.PrivateMetadata)
	if !ok {
		return esops.Refuse("no_such_operation", "", "This form belongs to nothing that es-restore knows.")
	}
	op, err := a.operation(ctx, id)
	if err != nil {
		return err
	}
	if refusal := a.Directory.Channel(ctx, op.Channel); refusal != nil { // it may be another one than when the form was opened
		return a.recorded(ctx, op, in.User.ID, clean(in.View.CallbackID, 40), refusal)
	}
	actor, err := a.actor(ctx, op, in.User.ID, in.View.CallbackID)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(one(in.View, inputReason))
	if len([]rune(reason)) > reasonLimit {
		return esops.Refuse("reason_too_long", "", "A reason has 300 characters at most.")
	}
	switch in.View.CallbackID {
	case actionDeny:
		_, err = a.Desk.Decide(ctx, actor, id, approvals.Choice{Deny: true, Reason: reason})
	case actionCancel:
		_, err = a.Desk.Cancel(ctx, actor, id, reason)
	case actionApprove:
		_, err = a.Desk.Decide(ctx, actor, id, approvals.Choice{
			Confirm: strings.TrimSpace(one(in.View, inputConfirm)), Reason: strings.TrimSpace(one(in.View, inputNote)),
		})
	default:
		return a.recorded(ctx, op, in.User.ID, clean(in.View.CallbackID, 40), esops.Refuse("unknown_form", "", "There is no such form."))
	}
	return err
}

// underInput shows what went wrong under the form's input; one without an input
// is replaced by the sentence.
func underInput(view slack.View, trouble *Answer) *slack.ViewSubmissionResponse {
	for _, b := range view.Blocks.BlockSet {
		if input, ok := b.(*slack.InputBlock); ok {
			return slack.NewErrorsViewSubmissionResponse(map[string]string{input.BlockID: clean(unescaped(trouble.Text), 1500)})
		}
	}
	return slack.NewUpdateViewSubmissionResponse(&slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainText("Not done"), Close: plainText("Close"), Blocks: slack.Blocks{BlockSet: trouble.Blocks},
	})
}

// unescaped undoes escape, for places that show text as it is.
func unescaped(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}
