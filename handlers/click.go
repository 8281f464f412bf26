package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
	"es-restore/store"
)

// bindWithin is how long a click waits for its card to be on record.
const bindWithin = 1200 * time.Millisecond

// Click answers a click on a button. The ack is sent when the click is on record,
// or surely is not; what is to be said about it follows.
func (a *App) Click(ctx context.Context, in slack.InteractionCallback, ack func(payload any)) {
	caller := Caller{User: in.User.ID, Channel: channelOf(in), ResponseURL: in.ResponseURL, Trigger: in.TriggerID}
	if len(in.ActionCallback.BlockActions) != 1 {
		a.Log.Warn("click ignored", "actor", caller.User, "err", "not one action")
		ack(nil)
		return
	}
	action := in.ActionCallback.BlockActions[0]
	within, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	if in.View.CallbackID == formRestore && in.Container.Type == "view" {
		ack(nil)
		if a.ours(in) == nil {
			a.Chosen(ctx, in)
		}
		return
	}
	began := a.Now()
	answer, err := a.click(within, in, *action, caller)
	ack(nil)
	a.Decided(a.Now().Sub(began))
	a.finish(ctx, caller, answer, err) // has its own time: the click's may be over
	if answer != nil && answer.then != nil {
		answer.then(ctx)
	}
	if id, ok := approvals.ParseID(action.Value); ok && errors.Is(err, approvals.ErrNotKnown) {
		a.settle(ctx, id, action.ActionID, caller, func(ctx context.Context, op approvals.Operation) error {
			_, err := a.decide(ctx, op, action.ActionID, caller)
			return err
		})
	}
}

func channelOf(in slack.InteractionCallback) string {
	if in.Container.ChannelID != "" {
		return in.Container.ChannelID
	}
	return in.Channel.ID
}

// click goes through everything that must be true of a click, and then decides.
func (a *App) click(ctx context.Context, in slack.InteractionCallback, action slack.BlockAction, caller Caller) (*Answer, error) {
	if err := a.ours(in); err != nil {
		return nil, err
	}
	if strings.HasPrefix(action.ActionID, pageAction) {
		return a.turnPage(action, caller)
	}
	if action.ActionID == actionForm {
		v, err := a.visit(ctx, caller, nil)
		if err != nil {
			return nil, err
		}
		return nil, v.openForm(ctx, caller, chosenBefore(action.Value))
	}
	switch action.ActionID {
	case actionShare:
		return a.sharedFirst(action.Value, caller)
	case actionInstead:
		return a.instead(action.Value, caller)
	}
	id, ok := approvals.ParseID(action.Value)
	if !ok {
		a.Log.Warn("click ignored", "actor", caller.User, "err", "its value is no id")
		return nil, esops.Refuse("no_such_operation", "See them with: list --all", "This button belongs to nothing that es-restore knows.")
	}
	if action.ActionID == actionPage {
		return nil, a.turnDetails(ctx, in, id, action)
	}
	op, err := a.operation(ctx, id)
	if err != nil {
		a.Log.Warn("click ignored", "actor", caller.User, "operation", id, "err", err)
		return nil, err
	}
	if in.Container.Type == "view" && in.View.Type == slack.VTHomeTab {
		return nil, a.fromHome(ctx, op, action.ActionID, caller)
	}
	if refusal := a.onRecord(ctx, in, op, slices.Contains(followUpActions, action.ActionID)); refusal != nil {
		return nil, a.recorded(ctx, op, caller.User, action.ActionID, refusal)
	}
	if refusal := a.Directory.Channel(ctx, caller.Channel); refusal != nil {
		return nil, a.recorded(ctx, op, caller.User, action.ActionID, refusal)
	}
	switch action.ActionID {
	case actionApprove, actionDeny, actionCancel:
		return a.decide(ctx, op, action.ActionID, caller)
	case actionDetails:
		return nil, a.openDetails(ctx, op, caller)
	case actionRetry, actionUndo, actionPlanAgain:
		return a.followUp(ctx, op, action.ActionID, caller)
	}
	return nil, a.recorded(ctx, op, caller.User, clean(action.ActionID, 40),
		esops.Refuse("unknown_button", "Use the buttons of the card.", "There is no such button."))
}

// ours refuses what was not sent for this app in this workspace.
func (a *App) ours(in slack.InteractionCallback) error {
	app := a.app.Load()
	wrong := app != nil && in.APIAppID != *app
	if a.Home.Enterprise == "" {
		wrong = wrong || in.Team.ID != a.Home.Team
	} else {
		wrong = wrong || in.Enterprise.ID != a.Home.Enterprise
	}
	if !wrong {
		return nil
	}
	a.Log.Warn("click ignored", "actor", in.User.ID, "err", "it is for another app or workspace")
	return esops.Refuse("not_ours", "", "This was not meant for this es-restore.")
}

// onRecord refuses a click on any message but the operation's card: whoever has
// a token of the app, or a response URL, can post buttons in its name. What
// follows an operation, which decides nothing, can be asked for in its thread.
func (a *App) onRecord(ctx context.Context, in slack.InteractionCallback, op approvals.Operation, follows bool) *esops.Refusal {
	card, err := a.bound(ctx, op.ID)
	if err != nil {
		return esops.Refuse("card_unknown", "Try again.", "It can't be told now whether this is the card of %s. Nothing was recorded.", op.ID)
	}
	if card.TS != "" && card.Channel == channelOf(in) && !in.Container.IsEphemeral && (card.TS == in.Container.MessageTs || follows && card.TS == in.Container.ThreadTs) {
		return nil
	}
	wayOut := "Its card is in the channel where it was asked for."
	if link := a.link(ctx, op.ID); link != "" {
		wayOut = "Its card is here: " + link
	}
	return esops.Refuse("not_the_card", wayOut, "This is not the card of %s; only that one decides.", op.ID)
}

// bound finds the card on record. A card can be clicked a moment before it is:
// Slack shows it before it tells the bot where it is.
func (a *App) bound(ctx context.Context, id approvals.ID) (store.Card, error) {
	for deadline := time.Now().Add(bindWithin); ; {
		card, err := a.Store.Card(ctx, id)
		if err != nil || card.TS != "" || time.Now().After(deadline) {
			return card, err
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// recorded puts a refusal on record and returns it.
func (a *App) recorded(ctx context.Context, op approvals.Operation, user, asked string, refusal *esops.Refusal) error {
	return a.recordedBy(ctx, op, approvals.Actor{ID: user}, asked, refusal)
}

func (a *App) recordedBy(ctx context.Context, op approvals.Operation, actor approvals.Actor, asked string, refusal *esops.Refusal) error {
	if err := a.Desk.Refuse(ctx, actor, op, asked, refusal); err != nil {
		return errors.Join(refusal, err)
	}
	return refusal
}

// fromHome opens the form of a decision from the Home tab, which is not the card:
// what is decided there was shown from the store.
func (a *App) fromHome(ctx context.Context, op approvals.Operation, action string, caller Caller) error {
	switch action {
	case actionDetails:
		return a.openDetails(ctx, op, caller)
	case actionApprove, actionDeny:
		actor, err := a.actor(ctx, op, caller.User, action)
		if err != nil {
			return err
		}
		if refusal := a.Desk.MayOpen(op, actor, action); refusal != nil {
			return a.recordedBy(ctx, op, actor, action, refusal)
		}
		return a.openModal(ctx, op, action, caller)
	}
	return a.recorded(ctx, op, caller.User, clean(action, 40),
		esops.Refuse("unknown_button", "Use the buttons of the card.", "There is no such button."))
}

// decide records a decision, or opens the modal that asks for what it needs.
func (a *App) decide(ctx context.Context, op approvals.Operation, action string, caller Caller) (*Answer, error) {
	if action == actionDeny || action == actionCancel && op.State == approvals.Running ||
		action == actionApprove && (op.Plan.Overwrites() || op.Needs.Note != approvals.NoteNone) {
		// A trigger lasts three seconds, so the modal comes first; who may do it
		// is judged when it is submitted, and before if that can be told at once.
		actor, err := a.actor(ctx, op, caller.User, action)
		if err != nil {
			return nil, err
		}
		if refusal := a.Desk.MayOpen(op, actor, action); refusal != nil {
			return nil, a.recordedBy(ctx, op, actor, action, refusal)
		}
		return nil, a.openModal(ctx, op, action, caller)
	}
	actor, err := a.actor(ctx, op, caller.User, action)
	if err != nil {
		return nil, err
	}
	before := op.Version
	if action == actionCancel {
		op, err = a.Desk.Cancel(ctx, actor, op.ID, "")
	} else {
		op, err = a.Desk.Decide(ctx, actor, op.ID, approvals.Choice{})
	}
	if err != nil {
		return nil, err
	}
	return received(op, action, op.Version > before), nil
}

// received tells who clicked what was recorded; everyone else reads the card.
func received(op approvals.Operation, action string, changed bool) *Answer {
	switch {
	case !changed:
		return say(fmt.Sprintf("That is on record already: %s is %s.", op.ID, stateWords[op.State]))
	case action == actionCancel:
		return say(fmt.Sprintf("Recorded: %s is %s.", op.ID, stateWords[op.State]))
	case op.State == approvals.Waiting:
		return say(fmt.Sprintf("Recorded: your approval of %s. Still missing: %s.", op.ID, missing(op.Verdict())))
	}
	return say(fmt.Sprintf("Recorded: %s is %s.", op.ID, stateWords[op.State]))
}

func missing(v approvals.Verdict) string {
	n := 0
	for _, l := range v.Lines {
		n += l.Missing
	}
	return count(n, "approval", "approvals")
}

// followUp plans what follows a finished operation, after the ack: planning may
// take longer than Slack waits.
func (a *App) followUp(ctx context.Context, op approvals.Operation, action string, caller Caller) (*Answer, error) {
	if refusal := a.mayFollow(op, action); refusal != nil {
		return nil, a.recorded(ctx, op, caller.User, action, refusal)
	}
	return a.sayThen(planning, Command{Verb: action, ID: op.ID}, caller), nil
}

// turnPage answers a listing's page button in the place of the page before.
func (a *App) turnPage(action slack.BlockAction, caller Caller) (*Answer, error) {
	c, refusal := Parse(action.Value)
	if refusal != nil {
		return nil, refusal
	}
	switch c.Verb {
	case "snapshots", "show", "list", "history", "log":
	default:
		return nil, esops.Refuse("unknown_button", "", "There is no such button.")
	}
	caller.Replace = true
	return a.sayThen("", c, caller), nil
}
