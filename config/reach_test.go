package config

import (
	"testing"

	"pgregory.net/rapid"

	"es-restore/approvals"
	"es-restore/esops"
)

// The judge of what a rule is about is package approvals; here only whether one
// rule leaves anything to another is told, and that must never be told wrongly.
func TestARuleThatCoversAnotherIsAboutAllThatTheOtherIsAbout(t *testing.T) {
	covered := 0
	rapid.Check(t, func(t *rapid.T) {
		a, b := whens().Draw(t, "a"), whens().Draw(t, "b")
		if !covers(a, b) {
			return
		}
		covered++
		subject := subjects().Draw(t, "subject")
		isAbout := func(when approvals.When) bool {
			_, refusal := approvals.Rules{{Name: "it", When: when}}.Needs(subject)
			return refusal == nil
		}
		if isAbout(b) && !isAbout(a) {
			t.Fatal("a covers b, but only b is about it")
		}
	})
	if covered == 0 {
		t.Error("no rule covered another")
	}
}

func TestARuleCoversWhatIsNarrower(t *testing.T) {
	yes := true
	everything := approvals.When{}
	for name, c := range map[string]struct {
		a, b approvals.When
		want bool
	}{
		"everything covers itself":        {everything, everything, true},
		"everything covers some":          {everything, approvals.When{Clusters: []string{"a"}}, true},
		"some does not cover everything":  {approvals.When{Clusters: []string{"a"}}, everything, false},
		"a star covers everything":        {approvals.When{Indices: []string{"*"}}, everything, true},
		"a wider glob covers":             {approvals.When{Indices: []string{"x", "pay*"}}, approvals.When{Indices: []string{"payments-*", "pay"}}, true},
		"one glob of two is not enough":   {approvals.When{Indices: []string{"pay*"}}, approvals.When{Indices: []string{"payments-*", "log"}}, false},
		"all kinds cover everything":      {approvals.When{Kinds: kinds}, everything, true},
		"two kinds do not":                {approvals.When{Kinds: kinds[:2]}, everything, false},
		"a smaller size covers":           {approvals.When{LargerThan: 1}, approvals.When{LargerThan: 2}, true},
		"a larger size does not":          {approvals.When{LargerThan: 2}, approvals.When{LargerThan: 1}, false},
		"any size covers":                 {everything, approvals.When{LargerThan: 1}, true},
		"some size does not cover any":    {approvals.When{LargerThan: 1}, everything, false},
		"what overwrites covers not all":  {approvals.When{Overwrites: &yes}, everything, false},
		"more requesters cover":           {approvals.When{Requesters: []approvals.Principal{{ID: "U1"}, {ID: "U2"}}}, approvals.When{Requesters: []approvals.Principal{{ID: "U2"}}}, true},
		"a group covers no person":        {approvals.When{Requesters: []approvals.Principal{{Group: true, ID: "S1"}}}, approvals.When{Requesters: []approvals.Principal{{ID: "U2"}}}, false},
		"each key is looked at by itself": {approvals.When{Clusters: []string{"a"}}, approvals.When{Sources: []string{"a"}}, false},
	} {
		if got := covers(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// sparsely gives a value to one of four, so that rules often cover one another.
func sparsely[T any](t *rapid.T, key string, value *rapid.Generator[T]) (zero T) {
	if rapid.IntRange(0, 3).Draw(t, "with "+key) == 3 {
		return value.Draw(t, key)
	}
	return zero
}

func whens() *rapid.Generator[approvals.When] {
	globs := rapid.SliceOfN(rapid.SampledFrom([]string{"*", "a*", "*a", "ab*", "a*b", "*b*", "ab", "a"}), 1, 2)
	people := rapid.SliceOfN(rapid.SampledFrom([]approvals.Principal{{ID: "U1"}, {ID: "U2"}, {Group: true, ID: "S1"}}), 1, 2)
	return rapid.Custom(func(t *rapid.T) approvals.When {
		yes, no := true, false
		return approvals.When{
			Clusters:   sparsely(t, "clusters", globs),
			Sources:    sparsely(t, "sources", globs),
			Indices:    sparsely(t, "indices", globs),
			Kinds:      sparsely(t, "kinds", rapid.SliceOfN(rapid.SampledFrom(kinds), 1, 3)),
			Requesters: sparsely(t, "requesters", people),
			Overwrites: sparsely(t, "overwrites", rapid.SampledFrom([]*bool{&yes, &no})),
			LargerThan: sparsely(t, "larger than", rapid.Int64Range(1, 2)),
		}
	})
}

func subjects() *rapid.Generator[approvals.Subject] {
	return rapid.Custom(func(t *rapid.T) approvals.Subject {
		name := rapid.StringMatching(`[ab]{1,3}`)
		s := approvals.Subject{
			Plan: esops.Plan{
				Kind:    rapid.SampledFrom(kinds).Draw(t, "kind"),
				Cluster: name.Draw(t, "cluster"), Source: name.Draw(t, "source"),
			},
			Requester: approvals.Actor{ID: rapid.SampledFrom([]string{"U1", "U2", "U3"}).Draw(t, "id")},
		}
		if rapid.Bool().Draw(t, "in group") {
			s.Requester.Groups = []string{"S1"}
		}
		if s.Plan.Kind != esops.KindShare {
			index := name.Draw(t, "index")
			state := rapid.SampledFrom([]string{esops.TargetAbsent, esops.TargetClosed}).Draw(t, "state")
			s.Plan.Items = []esops.Item{{Index: index, Target: index, TargetState: state}}
			s.Readings.Items = []esops.ItemReading{{Index: index, Bytes: rapid.Int64Range(-1, 3).Draw(t, "bytes")}}
		}
		return s
	})
}
