package approvals

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"es-restore/esops"
)

// Claim gives an operation to the worker that holds the lease of its
// destination. One that is ready starts, if its approvals still hold: everyone
// who approved is looked up anew, and the needs it was opened under as well as
// those by the rules in force must be met. One that runs is taken over.
//
// A *esops.Refusal says what an operation that must wait is missing; it is not
// recorded, since nobody asked.
func (d *Desk) Claim(ctx context.Context, fence Fence, worker string, id ID) (Operation, error) {
	op, err := d.Fresh(ctx, id)
	if err != nil || op.State.Final() {
		return op, err
	}
	data := Data{Worker: worker, Epoch: fence.Epoch, TakenOver: op.State != Ready}
	if op.State == Ready {
		if !op.Due(d.Now()) {
			return op, esops.Refuse("not_due", "", "It was asked for at %s, and not before.", op.At.UTC().Format("2006-01-02 15:04:05 UTC"))
		}
		if data.Approvers, err = d.stillApproved(ctx, op); err != nil {
			return op, err
		}
	}
	return d.commit(ctx, op, Event{Kind: Claimed, Actor: System, Data: data}, &fence)
}

// stillApproved returns whose approvals count at this moment, when they are enough.
func (d *Desk) stillApproved(ctx context.Context, op Operation) ([]Actor, error) {
	groups := d.Concerns(op)
	requester, gone, err := d.lookUp(ctx, op.Requester, groups)
	if err != nil {
		return nil, err
	}
	if gone != "" {
		return nil, esops.Refuse("requester_gone", "Someone else can ask again.", "Who asked for it can't any more: %s", gone)
	}
	// By the requester's groups of today another rule can be about it, and so
	// other groups of approvers.
	now, refusal := d.needsNow(op, requester)
	if refusal != nil {
		return nil, refusal
	}
	approvers, lost, err := d.lookUpAll(ctx, op.Approvals(), append(groups, GroupsOf(now.Approvers())...))
	if err != nil {
		return nil, err
	}
	var counted []Actor
	for _, needs := range []Needs{op.Needs, now} {
		verdict := Judge(needs, op.Requester, approvers)
		if !verdict.Met {
			sentence := "Its approvals are not enough any more; missing: " + verdict.Missing(Principal.String) + "."
			return nil, esops.Refuse("approval_lost", "Another approval can be given on the card.",
				"%s", strings.Join(append([]string{sentence}, lost...), " "))
		}
		counted = append(counted, verdict.By()...)
	}
	return eligible(op.Requester, counted), nil
}

// lookUpAll asks who people are now; lost says why some count no more.
func (d *Desk) lookUpAll(ctx context.Context, were []Actor, groups []string) (are []Actor, lost []string, err error) {
	for _, was := range were {
		now, gone, err := d.lookUp(ctx, was, groups)
		if err != nil {
			return nil, nil, err
		}
		if gone != "" {
			lost = append(lost, gone)
			continue
		}
		are = append(are, now)
	}
	return are, lost, nil
}

// lookUp asks who someone is now; gone says why the person counts no more.
func (d *Desk) lookUp(ctx context.Context, was Actor, groups []string) (now Actor, gone string, err error) {
	now, err = d.People.Actor(ctx, was.ID, groups)
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return Actor{}, refusal.Sentence, nil
	}
	if err != nil {
		return Actor{}, "", fmt.Errorf("asking Slack who %s is: %w", was.ID, err)
	}
	return now, "", nil
}

// Advance records what the worker did, under its lease.
func (d *Desk) Advance(ctx context.Context, fence Fence, op Operation, kind EventKind, data Data) (Operation, error) {
	return d.commit(ctx, op, Event{Kind: kind, Actor: System, Data: data}, &fence)
}
