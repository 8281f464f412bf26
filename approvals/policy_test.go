package approvals_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/esops"
)

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

// rule is one that needs an approval by a DBA when it is about something.
func rule(name string, when approvals.When) approvals.Rule {
	return approvals.Rule{Name: name, When: when, Require: []approvals.Requirement{of(1, group(dba))}}
}

func renamed(index, target string) esops.Plan {
	plan := restoring(index)
	plan.Items[0].Target = target
	return plan
}

func TestEachKeyOfWhenMustHold(t *testing.T) {
	undo := restoring("payments-1")
	undo.Kind = esops.KindUndo
	const mb = 1 << 20
	tests := map[string]struct {
		when     approvals.When
		plan     esops.Plan
		readings esops.Readings
		groups   []string // the requester's
		about    bool
	}{
		"nothing written":                  {approvals.When{}, restoring("a"), sized(mb), nil, true},
		"clusters: the name":               {approvals.When{Clusters: []string{"prod-b"}}, restoring("a"), sized(mb), nil, true},
		"clusters: a glob":                 {approvals.When{Clusters: []string{"dev-*", "prod-*"}}, restoring("a"), sized(mb), nil, true},
		"clusters: another":                {approvals.When{Clusters: []string{"dev-*", "prod-a"}}, restoring("a"), sized(mb), nil, false},
		"clusters: not the source":         {approvals.When{Clusters: []string{"prod-a"}}, restoring("a"), sized(mb), nil, false},
		"sources: a glob":                  {approvals.When{Sources: []string{"*-a"}}, restoring("a"), sized(mb), nil, true},
		"sources: not the destination":     {approvals.When{Sources: []string{"prod-b"}}, restoring("a"), sized(mb), nil, false},
		"indices: a glob":                  {approvals.When{Indices: []string{"payments-*"}}, restoring("payments-1"), sized(mb), nil, true},
		"indices: another":                 {approvals.When{Indices: []string{"payments-*"}}, restoring("orders-1"), sized(mb), nil, false},
		"indices: the whole name":          {approvals.When{Indices: []string{"payments"}}, restoring("payments-1"), sized(mb), nil, false},
		"kinds: this":                      {approvals.When{Kinds: []esops.Kind{esops.KindUndo, esops.KindRestore}}, restoring("a"), sized(mb), nil, true},
		"kinds: another":                   {approvals.When{Kinds: []esops.Kind{esops.KindShare}}, restoring("a"), sized(mb), nil, false},
		"kinds: undo":                      {approvals.When{Kinds: []esops.Kind{esops.KindUndo}}, undo, sized(mb), nil, true},
		"requesters: a group":              {approvals.When{Requesters: []approvals.Principal{group(oncall)}}, restoring("a"), sized(mb), []string{eng, oncall}, true},
		"requesters: not in it":            {approvals.When{Requesters: []approvals.Principal{group(oncall)}}, restoring("a"), sized(mb), []string{eng}, false},
		"requesters: a person":             {approvals.When{Requesters: []approvals.Principal{group(oncall), user(anna)}}, restoring("a"), sized(mb), nil, true},
		"requesters: another person":       {approvals.When{Requesters: []approvals.Principal{user(ben)}}, restoring("a"), sized(mb), nil, false},
		"overwrites: true, and it does":    {approvals.When{Overwrites: yes()}, overwriting("a"), sized(mb), nil, true},
		"overwrites: true, and it doesn't": {approvals.When{Overwrites: yes()}, restoring("a"), sized(mb), nil, false},
		"overwrites: false, and it does":   {approvals.When{Overwrites: no()}, overwriting("a"), sized(mb), nil, false},
		"overwrites: false, it doesn't":    {approvals.When{Overwrites: no()}, restoring("a"), sized(mb), nil, true},
		"overwrites: a share never does":   {approvals.When{Overwrites: no()}, sharing(), sized(), nil, true},
		"larger_than: it is":               {approvals.When{LargerThan: mb}, restoring("a"), sized(mb + 1), nil, true},
		"larger_than: as large":            {approvals.When{LargerThan: mb}, restoring("a"), sized(mb), nil, false},
		"larger_than: all together are":    {approvals.When{LargerThan: mb}, restoring("a", "b"), sized(mb, 1), nil, true},
		"larger_than: one was not read":    {approvals.When{LargerThan: 1000 * mb}, restoring("a", "b"), sized(1), nil, true},
		"larger_than: a share is":          {approvals.When{LargerThan: 1000 * mb}, sharing(), sized(), nil, true},
		"larger_than: one is not known":    {approvals.When{LargerThan: 1000 * mb}, restoring("a", "b"), sized(1, -1), nil, true},
		"larger_than 0: whatever it is":    {approvals.When{}, restoring("a"), sized(0), nil, true},
		"all at once": {approvals.When{Clusters: []string{"prod-*"}, Sources: []string{"prod-*"}, Indices: []string{"a*"},
			Kinds: []esops.Kind{esops.KindRestore}, Overwrites: no(), LargerThan: 1}, restoring("a"), sized(mb), nil, true},
		"all but one": {approvals.When{Clusters: []string{"prod-*"}, Sources: []string{"prod-*"}, Indices: []string{"a*"},
			Kinds: []esops.Kind{esops.KindRestore}, Overwrites: no(), LargerThan: mb}, restoring("a"), sized(mb), nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			subject := approvals.Subject{Plan: test.plan, Readings: test.readings, Requester: person(anna, test.groups...)}
			needs, refusal := approvals.Rules{rule("it", test.when)}.Needs(subject)
			if about := refusal == nil; about != test.about {
				t.Fatalf("the rule is about it: %v, and should be %v", about, test.about)
			}
			if test.about && !slices.Equal(needs.Names(), []string{"it"}) {
				t.Errorf("the needs come from %v", needs.Names())
			}
		})
	}
}

func TestEachNameFindsItsOwnFirstRule(t *testing.T) {
	rules := approvals.Rules{
		rule("payments", approvals.When{Indices: []string{"payments-*"}}),
		rule("logs", approvals.When{Indices: []string{"logs-*", "payments-logs"}}),
		rule("large", approvals.When{LargerThan: 1 << 40}),
		rule("restored", approvals.When{Indices: []string{"restored-*"}}),
	}
	tests := map[string]struct {
		plan     esops.Plan
		readings esops.Readings
		rules    []string
		without  []string
	}{
		"one name":                         {plan: restoring("payments-1"), rules: []string{"payments"}},
		"the first of two that match":      {plan: restoring("payments-logs"), rules: []string{"payments"}},
		"two names, two rules":             {plan: restoring("logs-1", "payments-1"), rules: []string{"payments", "logs"}},
		"two names, one rule":              {plan: restoring("logs-1", "logs-2"), rules: []string{"logs"}},
		"the target is judged too":         {plan: renamed("logs-1", "payments-1"), rules: []string{"payments", "logs"}},
		"and the index":                    {plan: renamed("payments-1", "restored-payments-1"), rules: []string{"payments", "restored"}},
		"a target without a rule":          {plan: renamed("payments-1", "public"), without: []string{"public"}},
		"an index without a rule":          {plan: renamed("secret", "restored-1"), without: []string{"secret"}},
		"one without a rule among others":  {plan: restoring("logs-1", "secret", "payments-1", "other"), without: []string{"secret", "other"}},
		"size catches what names do not":   {plan: restoring("secret"), readings: sized(1 << 41), rules: []string{"large"}},
		"and only those":                   {plan: restoring("secret", "logs-1"), readings: sized(1<<41, 1), rules: []string{"logs", "large"}},
		"a share is about every name":      {plan: sharing(), rules: []string{"payments"}},
		"a name twice is one name":         {plan: restoring("logs-1", "logs-1"), rules: []string{"logs"}},
		"the order of names means nothing": {plan: restoring("payments-1", "logs-1"), rules: []string{"payments", "logs"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.readings.Items == nil {
				test.readings = sized(slices.Repeat([]int64{1}, len(test.plan.Items))...)
			}
			needs, refusal := rules.Needs(approvals.Subject{Plan: test.plan, Readings: test.readings, Requester: person(anna)})
			if len(test.without) == 0 {
				if refusal != nil {
					t.Fatal(refusal)
				}
				if diff := cmp.Diff(test.rules, needs.Names()); diff != "" {
					t.Errorf("other rules decide:\n%s", diff)
				}
				return
			}
			if refusal == nil || refusal.Code != "no_rule" {
				t.Fatalf("it is not refused: %v", refusal)
			}
			for _, name := range test.without {
				if !strings.Contains(refusal.Sentence, `"`+name+`"`) {
					t.Errorf("%q does not name %s", refusal.Sentence, name)
				}
			}
		})
	}
}

func TestARefusalNamesFiveAndCountsTheRest(t *testing.T) {
	_, refusal := approvals.Rules{}.Needs(approvals.Subject{Plan: restoring("a", "b", "c", "d", "e", "f", "g")})
	const want = `No policy is about ["a" "b" "c" "d" "e"] and 2 more on prod-b, so nobody can approve it.`
	if refusal == nil || refusal.Sentence != want || refusal.WayOut == "" {
		t.Errorf("it says %+v", refusal)
	}
}

// A first rule that is easy on some names must not be the way for others that
// come in the same request.
func TestALaxFirstRuleDecidesForItsOwnNamesOnly(t *testing.T) {
	lax := approvals.Rule{Name: "on call helps itself", When: approvals.When{Indices: []string{"dev-*"}, Overwrites: no()}}
	rules := approvals.Rules{lax, rule("everything else", approvals.When{})}
	tests := map[string]struct {
		plan     esops.Plan
		standing bool
	}{
		"its own names alone":               {restoring("dev-1", "dev-2"), true},
		"with another's name":               {restoring("dev-1", "payments-1"), false},
		"the other first":                   {restoring("payments-1", "dev-1"), false},
		"another's under a name of its own": {renamed("payments-1", "dev-1"), false},
		"its own under another's name":      {renamed("dev-1", "payments-1"), false},
		"its own, overwriting":              {overwriting("dev-1"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			needs, refusal := rules.Needs(approvals.Subject{Plan: test.plan, Readings: sized(1), Requester: person(anna)})
			if refusal != nil {
				t.Fatal(refusal)
			}
			if needs.Standing() != test.standing {
				t.Errorf("standing is %v; it rests on %v", needs.Standing(), needs.Names())
			}
			if met := approvals.Judge(needs, person(anna), nil).Met; met != test.standing {
				t.Errorf("without anybody it is met: %v", met)
			}
		})
	}
}

func TestTheShortestTimesOfAllRulesHold(t *testing.T) {
	quick := rule("quick", approvals.When{Indices: []string{"a"}})
	quick.Expires, quick.StartWithin, quick.Remind, quick.Channel = 30*time.Minute, 3*time.Hour, time.Hour, "C0A"
	plain := rule("plain", approvals.When{Indices: []string{"b"}})
	slow := rule("slow", approvals.When{Indices: []string{"c"}})
	slow.Expires, slow.StartWithin, slow.Remind, slow.Channel = 100*time.Hour, 2*time.Hour, 20*time.Minute, "C0C"
	rules := approvals.Rules{quick, plain, slow}
	type times struct {
		Expires, StartWithin, Remind time.Duration
		Channel                      string
	}
	tests := map[string]struct {
		plan esops.Plan
		want times
	}{
		"what a rule leaves out is the default": {restoring("b"), times{4 * time.Hour, time.Hour, 0, ""}},
		"as written":                            {restoring("c"), times{100 * time.Hour, 2 * time.Hour, 20 * time.Minute, "C0C"}},
		"the default is shorter":                {restoring("b", "c"), times{4 * time.Hour, time.Hour, 20 * time.Minute, "C0C"}},
		"the default is longer":                 {restoring("a", "b"), times{30 * time.Minute, time.Hour, time.Hour, "C0A"}},
		"each from another rule":                {restoring("a", "c"), times{30 * time.Minute, 2 * time.Hour, 20 * time.Minute, "C0A"}},
		"of all three":                          {restoring("c", "b", "a"), times{30 * time.Minute, time.Hour, 20 * time.Minute, "C0A"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n, refusal := rules.Needs(approvals.Subject{Plan: test.plan, Requester: person(anna)})
			if refusal != nil {
				t.Fatal(refusal)
			}
			if diff := cmp.Diff(test.want, times{n.Expires, n.StartWithin, n.Remind, n.Channel}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheNoteThatAnyRuleRequiresIsRequired(t *testing.T) {
	notes := []approvals.Note{approvals.NoteNone, approvals.NoteOptional, approvals.NoteRequired} // the strictest last
	for i, first := range notes {
		for j, second := range notes {
			a, b := rule("a", approvals.When{Indices: []string{"a"}}), rule("b", approvals.When{})
			a.Note, b.Note = first, second
			needs, _ := approvals.Rules{a, b}.Needs(approvals.Subject{Plan: restoring("a", "b")})
			if want := notes[max(i, j)]; needs.Note != want {
				t.Errorf("of %q and %q comes %q", first, second, needs.Note)
			}
		}
	}
}

func TestWhoMayStopIsNamedByAnyOfTheRules(t *testing.T) {
	a, b := rule("a", approvals.When{Indices: []string{"a"}}), rule("b", approvals.When{})
	a.Stop = []approvals.Principal{group(sre), user(olga)}
	b.Stop = []approvals.Principal{user(ben), group(sre)}
	needs, _ := approvals.Rules{a, b}.Needs(approvals.Subject{Plan: restoring("a", "b")})
	want := []approvals.Principal{group(sre), user(olga), user(ben)}
	if diff := cmp.Diff(want, needs.Stop); diff != "" {
		t.Error(diff)
	}
}

func TestTheDigestOfNeedsCoversAllOfThem(t *testing.T) {
	subject := approvals.Subject{Plan: restoring("a"), Requester: person(anna)}
	digest := func(change func(*approvals.Rule)) string {
		r := rule("it", approvals.When{})
		change(&r)
		needs, refusal := approvals.Rules{r}.Needs(subject)
		if refusal != nil {
			t.Fatal(refusal)
		}
		return needs.Digest
	}
	plain := digest(func(*approvals.Rule) {})
	if again := digest(func(*approvals.Rule) {}); again != plain {
		t.Error("the same needs have two digests")
	}
	if !strings.HasPrefix(plain, "sha256:") || len(plain) != len("sha256:")+64 {
		t.Errorf("%q is not a digest", plain)
	}
	seen := map[string]string{plain: "plain"}
	for name, change := range map[string]func(*approvals.Rule){
		"name":         func(r *approvals.Rule) { r.Name = "another" },
		"count":        func(r *approvals.Rule) { r.Require[0].Count = 2 },
		"from":         func(r *approvals.Rule) { r.Require[0].From = []approvals.Principal{group(sre)} },
		"kind of from": func(r *approvals.Rule) { r.Require[0].From = []approvals.Principal{user(dba)} },
		"none":         func(r *approvals.Rule) { r.Require = nil },
		"expires":      func(r *approvals.Rule) { r.Expires = time.Minute },
		"start_within": func(r *approvals.Rule) { r.StartWithin = time.Minute },
		"remind":       func(r *approvals.Rule) { r.Remind = time.Minute },
		"stop":         func(r *approvals.Rule) { r.Stop = []approvals.Principal{group(sre)} },
		"channel":      func(r *approvals.Rule) { r.Channel = "C0A" },
		"note":         func(r *approvals.Rule) { r.Note = approvals.NoteRequired },
	} {
		d := digest(change)
		if same, ok := seen[d]; ok {
			t.Errorf("%s has the digest of %s", name, same)
		}
		seen[d] = name
	}
}

func TestNeedsSurviveJSON(t *testing.T) {
	r := rule("it", approvals.When{})
	r.Stop, r.Remind, r.Channel = []approvals.Principal{group(sre), user(olga)}, time.Minute, "C0A"
	needs, _ := approvals.Rules{r}.Needs(approvals.Subject{Plan: restoring("a")})
	text, err := json.Marshal(needs)
	if err != nil {
		t.Fatal(err)
	}
	var back approvals.Needs
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(needs, back); diff != "" {
		t.Error(diff)
	}
}

func TestApproversAreAllWhoseApprovalCouldCount(t *testing.T) {
	needs := approvals.Needs{Rules: []approvals.NeededRule{
		{Name: "a", Require: []approvals.Requirement{of(1, group(dba), user(olga)), of(1, group(sre))}},
		{Name: "b", Require: []approvals.Requirement{of(2, group(dba))}},
		{Name: "c"},
	}}
	want := []approvals.Principal{group(dba), user(olga), group(sre)}
	if diff := cmp.Diff(want, needs.Approvers()); diff != "" {
		t.Error(diff)
	}
	if needs.Standing() {
		t.Error("one rule that asks for nobody makes all of them stand")
	}
}

func TestTheGroupsThatDecideWhichRuleItIsAreKnown(t *testing.T) {
	rules := approvals.Rules{
		{When: approvals.When{Requesters: []approvals.Principal{group(oncall), user(olga)}}},
		{When: approvals.When{Requesters: []approvals.Principal{group(eng), group(oncall)}}},
	}
	if diff := cmp.Diff([]string{oncall, eng}, rules.RequesterGroups()); diff != "" {
		t.Error(diff)
	}
}
