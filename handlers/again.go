package handlers

import (
	"context"
	"fmt"
	"strings"

	"es-restore/approvals"
	"es-restore/esops"
)

// The buttons of a finished operation's card.
const (
	actionRetry     = "retry"
	actionUndo      = "undo"
	actionPlanAgain = "plan_again"
)

var followUpActions = []string{actionRetry, actionUndo, actionPlanAgain}

// again asks for a new operation that follows a finished one: what failed only,
// taking back what it made, or the same once more.
func (a visit) again(ctx context.Context, c Command, caller Caller) (*Answer, error) {
	was, err := a.find(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if refusal := a.mayFollow(was, c.Verb); refusal != nil {
		return nil, refusal
	}
	cluster, err := a.changeable(was.Plan.Cluster)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, planWithin)
	defer cancel()
	plan, readings, err := follow(within, cluster.Planner, was, c.Verb)
	if err != nil {
		return nil, err
	}
	if len(readings.Blocking()) > 0 {
		return blocked("It can't be done; nobody was asked.", readings.Findings), nil
	}
	reason := strings.TrimSpace(c.Reason)
	if reason == "" && c.Verb == actionPlanAgain && wantedNext(was) {
		reason = was.Reason // it is the restore's: the share was asked for on its way
	}
	if reason == "" {
		reason = fmt.Sprintf("%s of %s", map[string]string{actionRetry: "retry", actionUndo: "undo", actionPlanAgain: "new plan"}[c.Verb], was.ID)
	}
	op, err := a.open(ctx, caller, approvals.Opening{
		Request: requestOf(plan, was), Plan: plan, Readings: readings, Reason: reason, Follows: was.ID,
	})
	if err != nil {
		return nil, err
	}
	if op.Channel == caller.Channel {
		return nil, nil // its card is the answer
	}
	return a.elsewhere(ctx, op), nil
}

// requestOf is what the new operation was asked for, as a request.
func requestOf(plan esops.Plan, was approvals.Operation) esops.Request {
	req := was.Request
	if plan.Kind == esops.KindShare || plan.Step(esops.StepUnshare) != nil {
		req.Kind = plan.Kind
		if plan.Kind == esops.KindUndo {
			req.Then = nil
		}
		return req
	}
	if req.Then != nil {
		req = *req.Then
	}
	req.Kind, req.Snapshot = plan.Kind, plan.Snapshot
	indices := make([]string, len(plan.Items))
	for i, item := range plan.Items {
		indices[i] = item.Index
	}
	req.Indices = strings.Join(indices, ",")
	return req
}

// follow plans what follows.
func follow(ctx context.Context, planner esops.Planner, was approvals.Operation, verb string) (esops.Plan, esops.Readings, error) {
	share := was.Plan.Step(esops.StepShare)
	switch {
	case verb == actionRetry:
		return planner.Retry(ctx, was.Run())
	case verb == actionUndo && share != nil:
		return planner.Unshare(ctx, was.Run())
	case verb == actionUndo:
		return planner.Undo(ctx, was.Run())
	case wantedNext(was):
		return planner.Restore(ctx, *was.Request.Then)
	case share != nil:
		return planner.Share(ctx, share.Share.Source, share.Share.Destination)
	}
	return planner.Restore(ctx, was.Request)
}

// wantedNext reports a share that is done and was asked for on the way to a
// restore.
func wantedNext(op approvals.Operation) bool {
	return op.Kind == esops.KindShare && op.State == approvals.Succeeded && op.Request.Then != nil
}

// mayFollow refuses what can't follow an operation as it is.
func (a *App) mayFollow(was approvals.Operation, verb string) *esops.Refusal {
	if !was.State.Final() {
		return esops.Refuse("not_finished", fmt.Sprintf("See how it stands with: status %s", was.ID), "%s is not finished.", was.ID)
	}
	switch verb {
	case actionUndo:
		if !madeSomething(was) {
			return esops.Refuse("nothing_to_undo", "", "%s made nothing that could be taken back.", was.ID)
		}
		if over := was.Ended.Add(a.UndoFor); a.Now().After(over) {
			return esops.Refuse("undo_too_late", "Remove by hand what is no longer wanted.",
				"%s ended at %s and could be undone for %s.", was.ID, stamp(was.Ended), roughly(a.UndoFor))
		}
	case actionRetry:
		if was.Kind != esops.KindRestore || was.State != approvals.Failed && was.State != approvals.Cancelled {
			return esops.Refuse("nothing_to_retry", "", "%s is %s; only what failed or was stopped is tried again.", was.ID, was.State)
		}
	case actionPlanAgain:
		if was.Kind == esops.KindUndo || was.Kind == esops.KindShare && was.State == approvals.Succeeded && was.Request.Then == nil {
			return esops.Refuse("nothing_to_plan", "", "%s is %s; there is nothing to plan again.", was.ID, was.State)
		}
	}
	return nil
}

// madeSomething reports whether an operation left something that can be taken back.
func madeSomething(op approvals.Operation) bool {
	if op.Kind == esops.KindUndo {
		return false
	}
	for _, r := range op.Results {
		if r.Step == esops.StepSwap {
			return true
		}
		for _, t := range r.Targets {
			if (r.Step == esops.StepRestore || r.Step == esops.StepShare) && t.Made {
				return true
			}
		}
	}
	return false
}

// followUps are the buttons for what can follow a finished operation.
func followUps(op approvals.Operation) []string {
	if !op.State.Final() || op.Kind == esops.KindUndo {
		return nil
	}
	var actions []string
	switch {
	case wantedNext(op):
		actions = append(actions, actionPlanAgain)
	case op.Kind == esops.KindRestore && op.Sent != nil && (op.State == approvals.Failed || op.State == approvals.Cancelled):
		actions = append(actions, actionRetry)
	case op.State == approvals.Failed || op.State == approvals.Expired:
		actions = append(actions, actionPlanAgain)
	}
	if madeSomething(op) {
		actions = append(actions, actionUndo)
	}
	return actions
}
