package config

import (
	"fmt"
	"testing"

	"es-restore/approvals"
	"es-restore/esops"
)

// What the warning about policies that ask nobody says is so: a share, and an undo
// without indices, are about what such a policy is about, whatever its indices.
func TestAPolicyThatIsWarnedOfAsksNobodyAboutAShareOfAnything(t *testing.T) {
	config := load(t, "good-standing-policies.yml")
	warned := map[int]bool{}
	for _, w := range config.Warnings {
		warned[w.Line] = true
	}
	names := 0
	for i, rule := range config.Policies {
		if len(rule.Require) > 0 || len(rule.When.Requesters) > 0 {
			continue // not about asking nobody because of its indices
		}
		asksNobody := false
		for _, kind := range []esops.Kind{esops.KindShare, esops.KindUndo} {
			needs, refusal := approvals.Rules{rule}.Needs(approvals.Subject{Plan: esops.Plan{Kind: kind, Cluster: "dev", Source: "payments"}})
			asksNobody = asksNobody || refusal == nil && needs.Standing()
		}
		line := config.Line(fmt.Sprintf("policies[%d].when.indices", i))
		if asksNobody != warned[line] {
			t.Errorf("%s: it asks nobody: %v, and it is warned of: %v", rule.Name, asksNobody, warned[line])
		}
		names++
	}
	if names != 4 {
		t.Errorf("%d policies were looked at", names)
	}
}
