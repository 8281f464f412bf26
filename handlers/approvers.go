package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"es-restore/approvals"
	"es-restore/esops"
)

// Bounds of looking people up one by one.
const (
	lookUpMost = 40 // to find out whether anybody can approve
	shownMost  = 15 // to show who
)

// candidates are the people whose approval could count, without whoever asked,
// in the order the rules name them.
func (a *App) candidates(ctx context.Context, needs approvals.Needs, requester approvals.Actor) ([]string, error) {
	var people []string
	add := func(id string) {
		if id != requester.ID && !slices.Contains(people, id) {
			people = append(people, id)
		}
	}
	members, err := a.Directory.members(ctx, approvals.GroupsOf(needs.Approvers()), freshFor)
	if err != nil {
		return nil, err
	}
	for _, p := range needs.Approvers() {
		if !p.Group {
			add(p.ID)
			continue
		}
		for _, id := range members[p.ID] {
			add(id)
		}
	}
	return people, nil
}

// nobodyCan refuses a request that nobody could approve: the groups are empty,
// or hold only guests, people who left, and whoever asks. When Slack does not
// say, it refuses nothing; whoever clicks is looked up in any case.
func (a *App) nobodyCan(ctx context.Context, needs approvals.Needs, requester approvals.Actor) *esops.Refusal {
	if needs.Standing() {
		return nil
	}
	people, err := a.candidates(ctx, needs, requester)
	if err != nil || len(people) > lookUpMost {
		return nil
	}
	groups := approvals.GroupsOf(needs.Approvers())
	var able []approvals.Actor
	for _, id := range people {
		actor, err := a.Directory.Actor(ctx, id, groups)
		var refusal *esops.Refusal
		if errors.As(err, &refusal) {
			continue
		}
		if err != nil {
			return nil
		}
		able = append(able, actor)
		if approvals.Judge(needs, requester, able).Met {
			return nil
		}
	}
	missing := approvals.Judge(needs, requester, able).Missing(approvals.Principal.String)
	return esops.Refuse("nobody_can", "Whoever keeps the groups or the bot's configuration must look at it.",
		"Nobody could approve this: missing are %s, without whoever asks.", missing)
}

// whoCan says for the details who could still approve, and why.
func (a *App) whoCan(ctx context.Context, op approvals.Operation) []prose {
	var lines []prose
	members, err := a.Directory.members(ctx, approvals.GroupsOf(op.Needs.Approvers()), freshFor)
	if err != nil {
		return []prose{words("Slack does not say now who is in the groups.")}
	}
	for _, line := range op.Verdict().Lines {
		var people []string
		for _, p := range line.From {
			if p.Group {
				people = append(people, members[p.ID]...)
			} else {
				people = append(people, p.ID)
			}
		}
		people = slices.Compact(slices.Sorted(slices.Values(people)))
		people = slices.DeleteFunc(people, func(id string) bool { return id == op.Requester.ID })
		p := prose{}.strong(line.Rule).say(": " + line.Sentence() + "; of ").principals(line.From).say(fmt.Sprintf(", which is %s: ", count(len(people), "person", "people")))
		for i, id := range people[:min(shownMost, len(people))] {
			if i > 0 {
				p = p.say(", ")
			}
			p = p.who(approvals.Actor{ID: id})
		}
		if more := len(people) - shownMost; more > 0 {
			p = p.say(fmt.Sprintf(" and %d more", more))
		}
		lines = append(lines, p.say(". Guests and people of other companies don't count."))
	}
	return lines
}
