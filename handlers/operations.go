package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"es-restore/approvals"
)

// searchMost bounds how many operations one list looks through.
const searchMost = 5000

// list shows operations, open ones first.
func (a visit) list(ctx context.Context, c Command) (*Answer, error) {
	open, err := a.Store.Open(ctx)
	if err != nil {
		return nil, err
	}
	slices.Reverse(open) // newest first
	ops := a.matching(c, open)
	title := count(len(ops), "open operation", "open operations")
	if c.All {
		finished, err := a.finished(ctx, c)
		if err != nil {
			return nil, err
		}
		ops = append(ops, finished...)
		title = fmt.Sprintf("%s, open ones first", count(len(ops), "operation", "operations"))
	}
	if len(ops) == 0 {
		if c.All {
			return say("Nothing like that was ever asked for here."), nil
		}
		return say("Nothing is open. Finished operations: list --all"), nil
	}
	return a.table(c, title, ops), nil
}

// history shows finished operations, or sends all their records as a file.
func (a visit) history(ctx context.Context, c Command, caller Caller) (*Answer, error) {
	ops, err := a.finished(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(ops) == 0 {
		return say("Nothing like that was ever finished here."), nil
	}
	if c.File {
		return a.sendHistory(ctx, ops, caller)
	}
	return a.table(c, count(len(ops), "finished operation", "finished operations")+", newest first", ops), nil
}

// table is a page of operations.
func (a visit) table(c Command, title string, ops []approvals.Operation) *Answer {
	if c.Limit > 0 {
		ops = ops[:min(c.Limit, len(ops))]
	}
	page, pages := paged(ops, c.Page)
	if len(page) == 0 {
		return say(fmt.Sprintf("There is no page %d.", c.Page))
	}
	var items []prose
	var text []string
	for _, op := range page {
		said := fmt.Sprintf(" · %s · %s", op.State, summary(op))
		items = append(items, prose{}.strong(string(op.ID)).say(said+" · asked by ").who(op.Requester).say(" · "+stamp(op.Opened)))
		text = append(text, string(op.ID)+said)
	}
	answer := listed(title, items, text)
	answer.Blocks = append(answer.Blocks, pager(c, pages)...)
	return answer
}

// finished finds the finished operations that match, newest first.
func (a visit) finished(ctx context.Context, c Command) ([]approvals.Operation, error) {
	const chunk = 200
	var found []approvals.Operation
	for offset := int64(0); offset < searchMost; offset += chunk {
		some, total, err := a.Store.Recent(ctx, offset, chunk)
		if err != nil {
			return nil, err
		}
		for _, op := range a.matching(c, some) {
			if op.State.Final() {
				found = append(found, op)
			}
		}
		past := len(some) > 0 && c.Since > 0 && some[len(some)-1].Opened.Before(a.Now().Add(-c.Since))
		if past || offset+chunk >= total || c.Limit > 0 && len(found) >= c.Limit {
			break
		}
	}
	if c.Limit > 0 {
		found = found[:min(c.Limit, len(found))]
	}
	return found, nil
}

// matching keeps what the person may see and the flags ask for.
func (a visit) matching(c Command, ops []approvals.Operation) []approvals.Operation {
	by := strings.TrimPrefix(strings.Trim(c.By, "<>"), "@")
	by, _, _ = strings.Cut(by, "|")
	if strings.EqualFold(by, "me") {
		by = a.actor.ID
	}
	return kept(ops, func(op approvals.Operation) bool {
		return a.sees(op.Plan.Cluster) &&
			(by == "" || strings.EqualFold(by, op.Requester.ID) || strings.EqualFold(by, op.Requester.Name)) &&
			(c.Cluster == "" || strings.EqualFold(c.Cluster, op.Plan.Cluster)) &&
			(c.Since == 0 || op.Opened.After(a.Now().Add(-c.Since)))
	})
}

// log is an operation's audit trail in words, with each record's number.
func (a visit) log(ctx context.Context, c Command) (*Answer, error) {
	op, err := a.find(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	trail, err := a.Store.Trail(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if c.File {
		return a.sendTrail(ctx, op)
	}
	page, pages := paged(trail, c.Page)
	var items []prose
	var text []string
	for _, r := range page {
		p, said := story(r, op)
		items = append(items, append(words(fmt.Sprintf("#%d · ", r.Seq)), p...))
		text = append(text, said)
	}
	title := fmt.Sprintf("%s: %s", op.ID, count(len(trail), "record", "records"))
	if len(items) == 0 {
		return say(title), nil
	}
	answer := listed(title, items, text)
	answer.Blocks = append(answer.Blocks, pager(c, pages)...)
	return answer, nil
}
