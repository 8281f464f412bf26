package approvals_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"es-restore/approvals"
)

func person(id string, groups ...string) approvals.Actor {
	return approvals.Actor{ID: id, Name: nameOf(id), Groups: groups}
}

// most is the oracle: how many of the people asked for can be found at most, by
// trying every assignment of people to places.
func most(needs approvals.Needs, requester approvals.Actor, approvers []approvals.Actor) (most, places int) {
	var asked [][]approvals.Principal
	for _, rule := range needs.Rules {
		for _, r := range rule.Require {
			for range r.Count {
				asked = append(asked, r.From)
			}
		}
	}
	counts := func(a approvals.Actor, from []approvals.Principal) bool {
		if a.ID == requester.ID || a.ID == "system" || a.ID == "" {
			return false
		}
		for _, p := range from {
			if !p.Group && p.ID == a.ID {
				return true
			}
			for _, g := range a.Groups {
				if p.Group && p.ID == g {
					return true
				}
			}
		}
		return false
	}
	used := map[string]bool{}
	var try func(place int) int
	try = func(place int) int {
		if place == len(asked) {
			return 0
		}
		best := try(place + 1) // leave it empty
		for i, a := range approvers {
			first := slices.IndexFunc(approvers, func(b approvals.Actor) bool { return a.ID == b.ID })
			if first == i && !used[a.ID] && counts(a, asked[place]) {
				used[a.ID] = true
				best = max(best, 1+try(place+1))
				used[a.ID] = false
			}
		}
		return best
	}
	return try(0), len(asked)
}

// greedy counts as one would at first thought: each requirement takes the first
// people it finds.
func greedy(needs approvals.Needs, requester approvals.Actor, approvers []approvals.Actor) bool {
	used := map[string]bool{requester.ID: true, "system": true, "": true}
	for _, r := range needs.Requirements() {
		missing := r.Count
		for _, a := range approvers {
			if missing > 0 && !used[a.ID] && a.IsAny(r.From) {
				used[a.ID] = true
				missing--
			}
		}
		if missing > 0 {
			return false
		}
	}
	return true
}

// randomCase draws needs and people from so few that they meet often.
func randomCase(r *rand.Rand) (approvals.Needs, approvals.Actor, []approvals.Actor) {
	groups := []string{"S0A", "S0B", "S0C"}
	ids := []string{"U0A", "U0B", "U0C", "U0D", "U0E", "system"}
	draw := func() approvals.Actor {
		a := approvals.Actor{ID: ids[r.IntN(len(ids))]}
		for _, g := range groups {
			if r.IntN(5) < 2 {
				a.Groups = append(a.Groups, g)
			}
		}
		return a
	}
	var needs approvals.Needs
	for i := range 1 + r.IntN(3) {
		rule := approvals.NeededRule{Name: fmt.Sprintf("rule %d", i)}
		for range r.IntN(3) {
			req := approvals.Requirement{Count: 1 + r.IntN(2)}
			for range 1 + r.IntN(2) {
				if r.IntN(4) == 0 {
					req.From = append(req.From, user(ids[r.IntN(len(ids))]))
				} else {
					req.From = append(req.From, group(groups[r.IntN(len(groups))]))
				}
			}
			rule.Require = append(rule.Require, req)
		}
		needs.Rules = append(needs.Rules, rule)
	}
	var approvers []approvals.Actor
	for range r.IntN(7) {
		approvers = append(approvers, draw())
	}
	return needs, draw(), approvers
}

func TestAVerdictAgreesWithTryingEveryAssignment(t *testing.T) {
	const cases = 10_000
	var met, missed, smarter int
	for seed := range uint64(cases) {
		needs, requester, approvers := randomCase(rand.New(rand.NewPCG(seed, 1)))
		verdict := approvals.Judge(needs, requester, approvers)
		found, asked := most(needs, requester, approvers)
		describe := func() string {
			return fmt.Sprintf("case %d: requester %+v, approvers %+v, needs %+v", seed, requester, approvers, needs.Rules)
		}
		if verdict.Met != (found == asked) {
			t.Fatalf("%s\nthe verdict is %v, and %d of %d can be found", describe(), verdict.Met, found, asked)
		}
		checkVerdict(t, describe, needs, requester, approvers, verdict, found)
		if verdict.Met {
			met++
		} else {
			missed++
		}
		if verdict.Met && !greedy(needs, requester, approvers) {
			smarter++
		}
	}
	if met < cases/10 || missed < cases/10 || smarter < 20 {
		t.Errorf("the cases are too much alike: %d met, %d not, %d where counting greedily would be wrong", met, missed, smarter)
	}
}

// checkVerdict holds a verdict's explanation to what it explains.
func checkVerdict(t *testing.T, describe func() string, needs approvals.Needs, requester approvals.Actor, approvers []approvals.Actor, v approvals.Verdict, found int) {
	t.Helper()
	seen := map[string]bool{}
	filled := 0
	for i, line := range v.Lines {
		if line.Count-line.Missing != len(line.By) || line.Missing < 0 {
			t.Fatalf("%s\nline %d: %d of %d are missing, and by %v", describe(), i, line.Missing, line.Count, line.By)
		}
		for _, by := range line.By {
			if seen[by.ID] {
				t.Fatalf("%s\n%s counts twice", describe(), by.ID)
			}
			if by.ID == requester.ID || by.ID == approvals.System.ID || !by.IsAny(line.From) {
				t.Fatalf("%s\n%s counts for line %d, and must not", describe(), by.ID, i)
			}
			if !slices.ContainsFunc(approvers, func(a approvals.Actor) bool { return a.ID == by.ID }) {
				t.Fatalf("%s\n%s never approved", describe(), by.ID)
			}
			seen[by.ID] = true
		}
		filled += len(line.By)
	}
	if filled != found {
		t.Fatalf("%s\n%d were placed, and %d could be", describe(), filled, found)
	}
	if len(v.Lines) != len(needs.Requirements()) {
		t.Fatalf("%s\n%d lines explain %d requirements", describe(), len(v.Lines), len(needs.Requirements()))
	}
}

func TestPeopleAreAssignedSoThatTheMostIsMet(t *testing.T) {
	both, dbaOnly, sreOnly := person(ben, dba, sre), person(dora, dba), person(carl, sre)
	tests := map[string]struct {
		needs     approvals.Needs
		approvers []approvals.Actor
		met       bool
		greedy    bool // what taking people in order would say
	}{
		"who could fill both leaves the other's place to them": {
			needing(of(1, group(dba)), of(1, group(sre))), []approvals.Actor{both, dbaOnly}, true, false},
		"in the other order too": {
			needing(of(1, group(dba)), of(1, group(sre))), []approvals.Actor{dbaOnly, both}, true, true},
		"one person never fills two places": {
			needing(of(1, group(dba)), of(1, group(sre))), []approvals.Actor{both}, false, false},
		"a count of two wants two people": {
			needing(of(2, group(dba))), []approvals.Actor{both, both}, false, false},
		"a chain of three is moved along": {
			needing(of(1, group(dba), group(sre)), of(1, group(sre), group(eng)), of(1, group(dba))),
			[]approvals.Actor{person(ben, dba), person(carl, sre), person(olga, eng)}, true, false},
		"a person named and a group": {
			needing(of(1, group(sre), user(ben)), of(1, user(ben))), []approvals.Actor{both, sreOnly}, true, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			requester := person(anna, eng)
			if got := approvals.Judge(test.needs, requester, test.approvers).Met; got != test.met {
				t.Errorf("met is %v, and should be %v", got, test.met)
			}
			if got := greedy(test.needs, requester, test.approvers); got != test.greedy {
				t.Errorf("counting greedily says %v, so this example shows nothing", got)
			}
		})
	}
}

func TestTheRequesterNeverCounts(t *testing.T) {
	needs := needing(of(1, group(dba), user(anna)))
	requester := person(anna, dba, sre)
	if approvals.Judge(needs, requester, []approvals.Actor{requester}).Met {
		t.Error("Anna's own approval met the needs")
	}
	again := approvals.Actor{ID: anna, Name: "Anna under another name", Groups: []string{dba}}
	if approvals.Judge(needs, requester, []approvals.Actor{again}).Met {
		t.Error("under another name she met them")
	}
	if !approvals.Judge(needs, requester, []approvals.Actor{requester, person(ben, dba)}).Met {
		t.Error("Ben's approval does not meet them beside hers")
	}
}

func TestNobodyAndTheBotNeverCount(t *testing.T) {
	needs := needing(of(1, group(dba), user("system"), user("")))
	for _, a := range []approvals.Actor{{ID: "", Groups: []string{dba}}, {ID: "system", Groups: []string{dba}}} {
		if approvals.Judge(needs, person(anna), []approvals.Actor{a}).Met {
			t.Errorf("%+v met the needs", a)
		}
	}
}

func TestAPersonCountsOnce(t *testing.T) {
	needs := needing(of(2, group(dba)))
	twice := []approvals.Actor{person(ben, dba), person(ben, dba, sre)}
	if v := approvals.Judge(needs, person(anna), twice); v.Met || v.Lines[0].Missing != 1 {
		t.Errorf("Ben counted twice: %+v", v)
	}
	across := approvals.Needs{Rules: []approvals.NeededRule{
		{Name: "one", Require: []approvals.Requirement{of(1, group(dba))}},
		{Name: "another", Require: []approvals.Requirement{of(1, group(dba))}},
	}}
	if approvals.Judge(across, person(anna), []approvals.Actor{person(ben, dba)}).Met {
		t.Error("Ben counted for two rules")
	}
}

func TestWithoutARuleNothingIsApproved(t *testing.T) {
	var none approvals.Needs
	if none.Standing() {
		t.Error("needs without a rule stand as approved")
	}
	if approvals.Judge(none, person(anna), []approvals.Actor{person(ben, dba)}).Met {
		t.Error("needs without a rule are met")
	}
}

func TestAVerdictExplainsItself(t *testing.T) {
	needs := approvals.Needs{Rules: []approvals.NeededRule{
		{Name: "production", Require: []approvals.Requirement{of(1, group(dba)), of(2, group(sre), user(olga))}},
		{Name: "what overwrites", Require: []approvals.Requirement{of(1, group(dba))}},
	}}
	type line struct{ rule, sentence string }
	tests := map[string]struct {
		approvers []approvals.Actor
		lines     []line
		missing   string
	}{
		"nobody yet": {nil,
			[]line{{"production", "0 of 1 approved, 1 missing"}, {"production", "0 of 2 approved, 2 missing"}, {"what overwrites", "0 of 1 approved, 1 missing"}},
			"1 of group:S0DBA; 2 of group:S0SRE, user:U0OLGA; 1 of group:S0DBA"},
		"one DBA": {[]approvals.Actor{person(ben, dba)},
			[]line{{"production", "1 of 1 approved"}, {"production", "0 of 2 approved, 2 missing"}, {"what overwrites", "0 of 1 approved, 1 missing"}},
			"2 of group:S0SRE, user:U0OLGA; 1 of group:S0DBA"},
		"one of two": {[]approvals.Actor{person(ben, dba), person(dora, dba), person(olga)},
			[]line{{"production", "1 of 1 approved"}, {"production", "1 of 2 approved, 1 missing"}, {"what overwrites", "1 of 1 approved"}},
			"1 of group:S0SRE, user:U0OLGA"},
		"all": {[]approvals.Actor{person(ben, dba), person(dora, dba), person(olga), person(carl, sre)},
			[]line{{"production", "1 of 1 approved"}, {"production", "2 of 2 approved"}, {"what overwrites", "1 of 1 approved"}},
			""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := approvals.Judge(needs, person(anna), test.approvers)
			var lines []line
			for _, l := range v.Lines {
				lines = append(lines, line{l.Rule, l.Sentence()})
			}
			if !slices.Equal(lines, test.lines) {
				t.Errorf("it says\n%v, and should\n%v", lines, test.lines)
			}
			if got := v.Missing(approvals.Principal.String); got != test.missing {
				t.Errorf("missing is %q, and should be %q", got, test.missing)
			}
			if v.Met != (test.missing == "") {
				t.Errorf("met is %v", v.Met)
			}
		})
	}
}

func ExampleJudge() {
	needs := needing(of(1, group("S0DBA")), of(1, group("S0SRE")))
	requester := approvals.Actor{ID: "U0ANNA"}
	both := approvals.Actor{ID: "U0BEN", Groups: []string{"S0DBA", "S0SRE"}}
	one := approvals.Actor{ID: "U0DORA", Groups: []string{"S0DBA"}}

	verdict := approvals.Judge(needs, requester, []approvals.Actor{both})
	fmt.Println(verdict.Met, "missing", verdict.Missing(approvals.Principal.String))
	verdict = approvals.Judge(needs, requester, []approvals.Actor{both, one})
	fmt.Println(verdict.Met, verdict.Lines[0].Sentence(), "and", verdict.Lines[1].Sentence())
	// Output:
	// false missing 1 of group:S0SRE
	// true 1 of 1 approved and 1 of 1 approved
}
