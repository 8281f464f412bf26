package approvals

import (
	"fmt"
	"strings"
)

// A Verdict tells whether an operation's needs are met, and what is missing.
// It explains itself: every requirement with who fills it.
type Verdict struct {
	Met   bool
	Lines []VerdictLine
}

// A VerdictLine is one requirement's part in a verdict.
type VerdictLine struct {
	Rule    string
	Count   int
	From    []Principal
	By      []Actor // who fills it
	Missing int
}

// Sentence tells how far the requirement is.
func (l VerdictLine) Sentence() string {
	if l.Missing == 0 {
		return fmt.Sprintf("%d of %d approved", l.Count, l.Count)
	}
	return fmt.Sprintf("%d of %d approved, %d missing", l.Count-l.Missing, l.Count, l.Missing)
}

// Judge decides whether approvers together meet the needs. It is pure and
// total; needs without a rule are never met. The banned, the requester first of
// all, are taken out before anyone is counted; a person counts once, for one
// requirement, assigned in the way that meets the most.
func Judge(needs Needs, requester Actor, approvers []Actor) Verdict {
	candidates := eligible(requester, approvers)
	var lines []VerdictLine
	var slots []int // for each person to be found, the line that asks
	for _, rule := range needs.Rules {
		for _, r := range rule.Require {
			for range r.Count {
				slots = append(slots, len(lines))
			}
			lines = append(lines, VerdictLine{Rule: rule.Name, Count: r.Count, From: r.From, Missing: r.Count})
		}
	}
	verdict := Verdict{Met: len(needs.Rules) > 0}
	for person, slot := range assign(candidates, slots, lines) {
		if slot < 0 {
			continue
		}
		line := &lines[slots[slot]]
		line.By = append(line.By, candidates[person])
		line.Missing--
	}
	for _, l := range lines {
		if l.Missing > 0 {
			verdict.Met = false
		}
	}
	verdict.Lines = lines
	return verdict
}

// eligible leaves out the requester, the bot, and whoever was there already.
func eligible(requester Actor, approvers []Actor) []Actor {
	banned := map[string]bool{requester.ID: true, System.ID: true, "": true}
	var candidates []Actor
	for _, a := range approvers {
		if !banned[a.ID] {
			banned[a.ID] = true
			candidates = append(candidates, a)
		}
	}
	return candidates
}

// assign gives each person at most one slot so that as many slots as possible
// are filled (a maximum bipartite matching by augmenting paths). It returns for
// each person the slot, or -1. Counting greedily would not do: with one person
// in A and B, and another in A alone, "one of A, one of B" can be met.
func assign(people []Actor, slots []int, lines []VerdictLine) []int {
	holder := make([]int, len(slots)) // slot → person
	for i := range holder {
		holder[i] = -1
	}
	var place func(person int, tried []bool) bool
	place = func(person int, tried []bool) bool {
		for slot, line := range slots {
			if tried[slot] || !people[person].IsAny(lines[line].From) {
				continue
			}
			tried[slot] = true
			if holder[slot] < 0 || place(holder[slot], tried) {
				holder[slot] = person
				return true
			}
		}
		return false
	}
	for person := range people {
		place(person, make([]bool, len(slots)))
	}
	given := make([]int, len(people))
	for i := range given {
		given[i] = -1
	}
	for slot, person := range holder {
		if person >= 0 {
			given[person] = slot
		}
	}
	return given
}

// By are the people who fill its places.
func (v Verdict) By() []Actor {
	var all []Actor
	for _, l := range v.Lines {
		all = append(all, l.By...)
	}
	return all
}

// Missing says in one line what is missing, or "" when nothing is.
func (v Verdict) Missing(name func(Principal) string) string {
	var parts []string
	for _, l := range v.Lines {
		if l.Missing == 0 {
			continue
		}
		var from []string
		for _, p := range l.From {
			from = append(from, name(p))
		}
		parts = append(parts, fmt.Sprintf("%d of %s", l.Missing, strings.Join(from, ", ")))
	}
	return strings.Join(parts, "; ")
}
