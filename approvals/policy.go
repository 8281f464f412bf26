package approvals

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"es-restore/esops"
)

// The defaults of a rule that does not say otherwise.
const (
	DefaultExpires     = 4 * time.Hour
	DefaultStartWithin = time.Hour
)

// A Rule tells what operations it is about and what those need.
type Rule struct {
	Name    string
	When    When
	Require []Requirement // empty: a standing approval by the configuration
	Expires time.Duration // unanswered for so long: expired
	// StartWithin is how long after the last approval it may start.
	StartWithin time.Duration
	Remind      time.Duration // 0: no reminder
	Note        Note          // whether an approval may, or must, say something
	Stop        []Principal   // who may stop it once it runs; empty: the requester and whoever could approve
	Channel     string        // where the card goes; empty: where it was asked
}

// Note is whether approving asks for a few words.
type Note string

// The kinds of notes.
const (
	NoteNone     Note = ""
	NoteOptional Note = "optional"
	NoteRequired Note = "required"
)

// When is what must hold for a rule to be about an index. All that is set must
// hold; a list holds when any entry does; the zero value always holds.
type When struct {
	Clusters   []string // globs on the destination's name
	Sources    []string // globs on the owner of the repository
	Indices    []string // globs on the index's name, in the snapshot or as target
	Kinds      []esops.Kind
	Requesters []Principal
	// Overwrites and LargerThan look at the whole operation. A size that is not
	// known counts as larger.
	Overwrites *bool
	LargerThan int64
}

// A Requirement is a number of people out of some. Each person counts for one
// requirement of an operation only.
type Requirement struct {
	Count int         `json:"count"`
	From  []Principal `json:"from"`
}

// Rules are the configuration's policies, in order; the first that is about a
// name decides for it.
type Rules []Rule

// A Subject is what rules are asked about.
type Subject struct {
	Plan      esops.Plan
	Readings  esops.Readings
	Requester Actor
}

// Needs are what one operation needs, copied from every rule that is about one
// of its names, so that later changes of the configuration can't loosen it.
type Needs struct {
	Rules       []NeededRule  `json:"rules"`
	Expires     time.Duration `json:"expires"`
	StartWithin time.Duration `json:"start_within"`
	Remind      time.Duration `json:"remind,omitempty"`
	Note        Note          `json:"note,omitempty"`
	Channel     string        `json:"channel,omitempty"`
	Stop        []Principal   `json:"stop,omitempty"`
	Digest      string        `json:"digest"` // of all this, to see that it is the same
}

// A NeededRule is a rule's part in an operation's needs.
type NeededRule struct {
	Name    string        `json:"name"`
	Require []Requirement `json:"require"`
}

// Standing reports whether the configuration itself approves: there are rules,
// and none of them asks for anybody.
func (n Needs) Standing() bool {
	return len(n.Rules) > 0 && !slices.ContainsFunc(n.Rules, func(r NeededRule) bool { return len(r.Require) > 0 })
}

// Requirements are those of every rule together.
func (n Needs) Requirements() []Requirement {
	var all []Requirement
	for _, r := range n.Rules {
		all = append(all, r.Require...)
	}
	return all
}

// Approvers are everyone whose approval could count.
func (n Needs) Approvers() []Principal {
	var all []Principal
	for _, r := range n.Requirements() {
		for _, p := range r.From {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// Names are the rules' names, in order.
func (n Needs) Names() []string {
	names := make([]string, len(n.Rules))
	for i, r := range n.Rules {
		names[i] = r.Name
	}
	return names
}

// Needs finds what a plan needs: each of its names, the one in the snapshot and
// the target's, finds the first rule about it, and all rules so found must be
// met. A name without a rule refuses the whole.
func (rules Rules) Needs(s Subject) (Needs, *esops.Refusal) {
	used := make([]bool, len(rules))
	var without []string
	for _, name := range subjectNames(s.Plan) {
		at := slices.IndexFunc(rules, func(r Rule) bool { return r.When.about(s, name) })
		if at < 0 {
			without = append(without, name)
			continue
		}
		used[at] = true
	}
	if len(without) > 0 {
		return Needs{}, esops.Refuse("no_rule", "Ask whoever keeps the bot's configuration for a rule about it, or leave it out.",
			"No policy is about %s on %s, so nobody can approve it.", someNames(without), s.Plan.Cluster)
	}
	var needs Needs
	for i, rule := range rules {
		if used[i] {
			needs.add(rule)
		}
	}
	needs.Digest = digestOf(needs)
	return needs, nil
}

// RequesterGroups are the user groups that decide which rule is about a request.
func (rules Rules) RequesterGroups() []string {
	var all []Principal
	for _, r := range rules {
		all = append(all, r.When.Requesters...)
	}
	return GroupsOf(all)
}

// subjectNames are the names of a plan that rules are asked about. A plan
// without indices, such as a share, gives everything away: the name "*" stands
// for that.
func subjectNames(p esops.Plan) []string {
	if len(p.Items) == 0 {
		return []string{anyName}
	}
	var names []string
	seen := map[string]bool{}
	for _, item := range p.Items {
		for _, name := range []string{item.Index, item.Target} {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// anyName stands for every index of a source. No index can have it as name.
const anyName = "*"

func (w When) about(s Subject, name string) bool {
	glob := func(globs []string, name string) bool {
		return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool { return esops.Match(g, name) })
	}
	bytes, known := s.bytes()
	return glob(w.Clusters, s.Plan.Cluster) &&
		glob(w.Sources, s.Plan.Source) &&
		(name == anyName || glob(w.Indices, name)) &&
		(len(w.Kinds) == 0 || slices.Contains(w.Kinds, s.Plan.Kind)) &&
		(len(w.Requesters) == 0 || s.Requester.IsAny(w.Requesters)) &&
		(w.Overwrites == nil || *w.Overwrites == s.Plan.Overwrites()) &&
		(w.LargerThan == 0 || !known || bytes > w.LargerThan)
}

// bytes is how much it is about; false when that is not known. A plan without
// indices, such as a share, gives away what nobody measured.
func (s Subject) bytes() (int64, bool) {
	bytes, known := s.Readings.Bytes()
	return bytes, known && len(s.Plan.Items) > 0 && len(s.Readings.Items) >= len(s.Plan.Items)
}

// add takes a rule into the needs; the shortest times of all hold.
func (n *Needs) add(r Rule) {
	first := len(n.Rules) == 0
	n.Rules = append(n.Rules, NeededRule{Name: r.Name, Require: r.Require})
	shorter := func(old, new, fallback time.Duration) time.Duration {
		if new == 0 {
			new = fallback
		}
		if first || new < old {
			return new
		}
		return old
	}
	n.Expires = shorter(n.Expires, r.Expires, DefaultExpires)
	n.StartWithin = shorter(n.StartWithin, r.StartWithin, DefaultStartWithin)
	if r.Remind > 0 && (n.Remind == 0 || r.Remind < n.Remind) {
		n.Remind = r.Remind
	}
	if r.Note == NoteRequired || n.Note == NoteNone {
		n.Note = r.Note
	}
	if n.Channel == "" {
		n.Channel = r.Channel
	}
	for _, p := range r.Stop {
		if !slices.Contains(n.Stop, p) {
			n.Stop = append(n.Stop, p)
		}
	}
}

func digestOf(n Needs) string {
	n.Digest = ""
	plain, err := json.Marshal(n)
	if err != nil {
		panic(fmt.Sprintf("needs are always JSON: %v", err))
	}
	sum := sha256.Sum256(plain)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func someNames(names []string) string {
	if len(names) <= 5 {
		return fmt.Sprintf("%q", names)
	}
	return fmt.Sprintf("%q and %d more", names[:5], len(names)-5)
}
