package config

import (
	"slices"

	"es-restore/approvals"
)

// A policy is a rule as it stands in the file.
type policy struct {
	section
	rule     approvals.Rule
	examples []Example
	sound    bool // read without a problem, so that more can be said about it
}

// readPolicies reads the rules, and then looks at them together.
func readPolicies(root section, clusters []Cluster) (approvals.Rules, []Example) {
	n, ok := root.find("policies")
	if !ok {
		root.missing("policies").problem("not written, so nobody could approve anything",
			"write at least one, such as {name: everything, require: [{count: 1, from: [group:S0ENG]}]}")
		return nil, nil
	}
	entries, _ := n.someEntries()
	policies := make([]policy, len(entries))
	rules := make(approvals.Rules, len(entries))
	for i, entry := range entries {
		policies[i] = readPolicy(entry)
		rules[i] = policies[i].rule
		policies[i].nameTaken(rules[:i])
	}
	var examples []Example
	for i, p := range policies {
		p.checkReached(policies[:i])
		p.checkPeople()
		p.checkClusters(clusters)
		p.checkUnlimited()
		examples = append(examples, p.examples...)
	}
	return rules, examples
}

func readPolicy(n node) policy {
	before := len(n.r.problems)
	s, ok := n.section()
	if !ok {
		return policy{}
	}
	p := policy{section: s, rule: approvals.Rule{
		Name:        read(s, "name", node.policyName, ""),
		When:        read(s, "when", node.when, approvals.When{}),
		Require:     read(s, "require", listOf(node.requirement), nil),
		Expires:     read(s, "expires", node.duration, 0),
		StartWithin: read(s, "start_within", node.duration, 0),
		Remind:      read(s, "remind", node.duration, 0),
		Note:        read(s, "note", node.note, approvals.NoteNone),
		Stop:        read(s, "stop", someOf(node.principal), nil),
		Channel:     read(s, "channel", node.channel, ""),
	}}
	if !s.has("name") {
		s.missing("name").problem("not written", "write what the rule is for, such as production")
	}
	p.checkStanding()
	p.examples = readExamples(p)
	p.sound = len(n.r.problems) == before
	return p
}

func (n node) note() (approvals.Note, bool) {
	text, ok := n.fitting(func(text string) bool {
		return text == string(approvals.NoteOptional) || text == string(approvals.NoteRequired)
	},
		"not a kind of note", "write optional or required, or leave it out")
	return approvals.Note(text), ok
}

// maxPolicyName keeps a name fit for one line of a card.
const maxPolicyName = 100

func (n node) policyName() (string, bool) {
	return n.fitting(func(name string) bool { return len(name) <= maxPolicyName },
		"a name longer than 100 bytes", "write a shorter one")
}

func (p policy) nameTaken(earlier approvals.Rules) {
	taken := slices.ContainsFunc(earlier, func(r approvals.Rule) bool { return r.Name == p.rule.Name })
	if n, ok := p.values["name"]; ok && taken && p.rule.Name != "" {
		n.problem("the name of an earlier policy", "write another one: records tell policies by their names")
	}
}

// checkStanding wants the requirements written, and lets the configuration
// approve by itself only what overwrites nothing.
func (p policy) checkStanding() {
	n, written := p.find("require")
	if !written {
		p.missing("require").problem("not written", "write who must approve, such as [{count: 1, from: [group:S0DBA]}]")
		return
	}
	overwrites := p.rule.When.Overwrites
	if n.isEmptyList() && (overwrites == nil || *overwrites) {
		n.problem("empty, so what may overwrite data would need no approval",
			"write who must approve, such as [{count: 1, from: [group:S0DBA]}], or overwrites: false under when")
	}
}

func (n node) requirement() (approvals.Requirement, bool) {
	s, ok := n.section()
	if !ok {
		return approvals.Requirement{}, false
	}
	if !s.has("count") {
		s.missing("count").problem("not written", "write how many people, such as 1")
	}
	if !s.has("from") {
		s.missing("from").problem("not written", "write out of whom, such as [group:S0DBA]")
	}
	return approvals.Requirement{
		Count: read(s, "count", node.people, 0),
		From:  read(s, "from", someOf(node.principal), nil),
	}, true
}
