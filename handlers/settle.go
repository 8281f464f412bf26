package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"es-restore/approvals"
	"es-restore/esops"
)

// settleWithin bounds finding out what became of a decision whose record was in
// doubt. The store knows again as soon as it answers.
const settleWithin = time.Minute

// settle follows a decision of which it was not known whether it is on record,
// and tells the person the true answer. It looks, and decides the same again
// where nothing is on record: the record that was in doubt can't come later then.
func (a *App) settle(ctx context.Context, id approvals.ID, action string, caller Caller, again func(context.Context, approvals.Operation) error) {
	within, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	for within.Err() == nil {
		op, err := a.operation(within, id)
		if err == nil && !decidedBy(op, caller.User, action) {
			err = again(within, op)
			if now, failed := a.operation(within, id); failed == nil {
				op = now
			}
		}
		if caller.Channel == "" {
			caller.Channel = op.Channel
		}
		if err == nil || decidedBy(op, caller.User, action) {
			a.finish(ctx, caller, say(fmt.Sprintf("It is on record: %s is %s.", id, stateWords[op.State])), nil)
			return
		}
		if definite(err) {
			a.finish(ctx, caller, nil, err)
			return
		}
		pause(within, time.Second)
	}
	a.Log.Warn("decision not settled", "operation", id, "actor", caller.User) // the card shows what holds
}

// definite reports a refusal by the rules, after which nothing more comes.
func definite(err error) bool {
	refusal, is := esops.Refused(err)
	return is && refusal.Code != codeSlackAway && !errors.Is(err, approvals.ErrNotKnown)
}

// decidedBy reports whether a person's decision is on record.
func decidedBy(op approvals.Operation, user, action string) bool {
	if action == actionCancel {
		return op.Stopper != nil && op.Stopper.Actor.ID == user
	}
	for _, d := range op.Decisions {
		if d.Actor.ID == user && d.Denied == (action == actionDeny) {
			return true
		}
	}
	return false
}
