package config

import (
	"fmt"
	"slices"

	"es-restore/approvals"
)

// checkPeople finds requirements that nobody could ever meet, as far as the
// file alone tells: those that name their people. Whom a group holds is not
// known here.
func (p policy) checkPeople() {
	if !p.sound {
		return
	}
	short := false
	for i, r := range p.rule.Require {
		people := users(r.From)
		if len(people) >= r.Count || len(people) == 0 {
			continue
		}
		short = true
		path := fmt.Sprintf("%s.require[%d].count", p.path, i)
		node{r: p.r, path: path, line: p.r.line(path)}.problem(
			fmt.Sprintf("%d people out of %d", r.Count, len(people)), "lower count, or name more people or a group in from")
	}
	if !short && !meetable(p.rule) {
		p.values["require"].problem("never met: each person counts for one requirement only, and the requester for none",
			"name more people or a group in from")
	}
}

// users are the different people of a list, or none when there is a group in it.
func users(from []approvals.Principal) []approvals.Actor {
	var people []approvals.Actor
	for _, p := range from {
		if p.Group {
			return nil
		}
		if !slices.ContainsFunc(people, func(a approvals.Actor) bool { return a.ID == p.ID }) {
			people = append(people, approvals.Actor{ID: p.ID})
		}
	}
	return people
}

// meetable reports whether the requirements that name people are met when all
// those approve, for at least one requester.
func meetable(rule approvals.Rule) bool {
	var named []approvals.Requirement
	var approvers []approvals.Actor
	for _, r := range rule.Require {
		if people := users(r.From); people != nil {
			named = append(named, r)
			approvers = append(approvers, people...)
		}
	}
	requesters := users(rule.When.Requesters)
	if requesters == nil {
		requesters = []approvals.Actor{{}}
	}
	needs := approvals.Needs{Rules: []approvals.NeededRule{{Name: rule.Name, Require: named}}}
	return slices.ContainsFunc(requesters, func(requester approvals.Actor) bool {
		return approvals.Judge(needs, requester, approvers).Met
	})
}
