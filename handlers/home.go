package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
)

// How many operations each part of the Home tab shows. Slack takes 100 blocks.
const (
	homeWaiting = 20
	homeOwn     = 12
	homeRunning = 8
)

// ShowHome publishes a person's Home tab: what waits for them, what they asked
// for, and what runs. From then on their own decisions are shown there at once.
func (a *App) ShowHome(ctx context.Context, user string) {
	a.homes.Store(user, true)
	blocks, err := a.home(ctx, user)
	if err != nil {
		blocks = a.trouble(err).Blocks
	}
	_, err = a.API.PublishViewContext(ctx, slack.PublishViewContextRequest{
		UserID: user, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}},
	})
	if err != nil {
		a.Log.Warn("home not published", "actor", user, "err", err)
	}
}

func (a *App) home(ctx context.Context, user string) ([]block, error) {
	open, err := a.Store.Open(ctx)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, op := range open {
		groups = append(groups, approvals.GroupsOf(op.Needs.Approvers())...)
	}
	v, err := a.visitor(ctx, user, groups)
	if err != nil {
		return nil, err
	}
	slices.Reverse(open) // newest first
	recent, _, err := a.Store.Recent(ctx, 0, 200)
	if err != nil {
		return nil, err
	}
	waiting := kept(open, func(op approvals.Operation) bool {
		return op.State == approvals.Waiting && !op.Overdue(a.Now()) && a.Desk.MayOpen(op, v.actor, actionApprove) == nil && !approvedBy(op, user)
	})
	own := kept(recent, func(op approvals.Operation) bool { return op.Requester.ID == user })
	running := kept(open, func(op approvals.Operation) bool {
		return (op.State == approvals.Running || op.State == approvals.Stopping || op.State == approvals.Ready) && v.sees(op.Plan.Cluster)
	})
	blocks := homePart("Waits for you", "Nothing waits for your decision.", waiting, homeWaiting, homeButtons)
	blocks = append(blocks, homePart("Your requests", "You have asked for nothing yet. Type /es-restore in a channel to begin.", own, homeOwn, homeDetails)...)
	return append(blocks, homePart("Under way", "Nothing runs now.", running, homeRunning, homeDetails)...), nil
}

func kept(ops []approvals.Operation, keep func(approvals.Operation) bool) []approvals.Operation {
	var some []approvals.Operation
	for _, op := range ops {
		if keep(op) {
			some = append(some, op)
		}
	}
	return some
}

func approvedBy(op approvals.Operation, user string) bool {
	return slices.ContainsFunc(op.Approvals(), func(a approvals.Actor) bool { return a.ID == user })
}

func homePart(title, nothing string, ops []approvals.Operation, most int, buttons func(approvals.Operation) block) []block {
	blocks := []block{heading(title)}
	if len(ops) == 0 {
		return append(blocks, words(nothing).block())
	}
	for _, op := range ops[:min(most, len(ops))] {
		p := prose{}.strong(string(op.ID)).say(fmt.Sprintf(" · %s · %s · asked by ", stateWords[op.State], summary(op))).who(op.Requester)
		if op.State == approvals.Waiting {
			p = p.say(" · expires at " + stamp(op.Expires))
		}
		blocks = append(blocks, p.block(), buttons(op))
	}
	if more := len(ops) - most; more > 0 {
		blocks = append(blocks, words(fmt.Sprintf("and %d more; see them with /es-restore list", more)).block())
	}
	return blocks
}

// homeButtons let people decide from the Home tab. Whatever they click opens a
// form that shows the facts from the store.
func homeButtons(op approvals.Operation) block {
	return slack.NewActionBlock("",
		cardButton(op, actionApprove, "Approve", "Approve restore").WithStyle(slack.StylePrimary),
		cardButton(op, actionDeny, "Deny", "Deny restore").WithStyle(slack.StyleDanger),
		cardButton(op, actionDetails, "Details", "Details of restore"))
}

func homeDetails(op approvals.Operation) block {
	return slack.NewActionBlock("", cardButton(op, actionDetails, "Details", "Details of restore"))
}

// visitor looks up who opened the Home tab, which is in no channel.
func (a *App) visitor(ctx context.Context, user string, groups []string) (visit, error) {
	v, err := a.visit(ctx, Caller{User: user, Channel: ""}, groups)
	var refusal *esops.Refusal
	if errors.As(err, &refusal) && refusal.Code == "not_requester" {
		// Approvers need not be among those who may ask.
		actor, err := a.Directory.Actor(ctx, user, groups)
		if err != nil {
			return visit{}, slackAway(err)
		}
		return visit{App: a, actor: actor}, nil
	}
	return v, err
}

// refreshHome shows a decision on the Home tab of whoever made it, when they
// have opened it.
func (a *App) refreshHome(ctx context.Context, user string) {
	if _, opened := a.homes.Load(user); opened {
		a.ShowHome(ctx, user)
	}
}
