package handlers

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"es-restore/approvals"
	"es-restore/esops"
)

// words of anybody: letters, markup, marks that turn text around or hide in it,
// and characters of several bytes.
func anyWords(label string, most int) *rapid.Generator[string] {
	rune := rapid.OneOf(
		rapid.SampledFrom([]rune("<>&<>&*_~`|@#!^\u202e\u202d\u2066\u2069\u200b\u200d\ufeff\n\t\x00\x1b\u2028é字😀\ufffd")),
		rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz-._ ")),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return rapid.StringOfN(rune, 0, rapid.SampledFrom([]int{3, 20, most}).Draw(t, label+" most"), -1).Draw(t, label)
	})
}

func several(t *rapid.T, label string, most int) int {
	return rapid.SampledFrom([]int{0, 1, 2, 5, most}).Draw(t, label)
}

// anyOperation draws an operation in any state, with anything in it that people,
// clusters and snapshots can put there.
func anyOperation(tb testing.TB, t *rapid.T) approvals.Operation {
	words := func(label string, most int) string { return anyWords(label, most).Draw(t, label) }
	line := func(label string, most int) string { return words(label, most) + "." }
	l := asked(tb, func(d *approvals.Data) {
		d.Reason = words("reason", 3000)
		d.Plan.Cluster, d.Plan.Source = "es-"+words("cluster", 60), words("source", 255)
		d.Plan.Repository, d.Plan.Snapshot = words("repository", 255), words("snapshot", 255)
		d.Plan.Items, d.Readings.Items, d.Readings.Findings = nil, nil, nil
		for i := range several(t, "indices", 600) {
			name := words("index", 255)
			state := rapid.SampledFrom([]string{esops.TargetAbsent, esops.TargetClosed, esops.TargetBroken, esops.TargetMade}).Draw(t, "state")
			d.Plan.Items = append(d.Plan.Items, esops.Item{Index: name, Target: words("target", 255), TargetState: state})
			if i%3 > 0 {
				d.Readings.Items = append(d.Readings.Items, esops.ItemReading{Index: name, Bytes: rapid.Int64Range(-1, 1<<50).Draw(t, "bytes"), Shards: rapid.IntRange(-1, 999).Draw(t, "shards")})
			}
		}
		for range several(t, "findings", 60) {
			severity := rapid.SampledFrom([]esops.Severity{esops.Blocking, esops.Warning, esops.Note}).Draw(t, "severity")
			d.Readings.Findings = append(d.Readings.Findings, esops.Finding{Severity: severity, Sentence: line("sentence", 3000), WayOut: words("way out", 1000)})
		}
		d.Readings.SnapshotState, d.Readings.SnapshotMaker = words("snapshot state", 40), words("maker", 100)
		d.Needs = anyNeeds(t)
	})
	for i := range several(t, "approvals", 25) {
		if l.op.State == approvals.Waiting || l.op.State == approvals.Ready && !l.op.Needs.Standing() {
			by := approvals.Actor{ID: fmt.Sprintf("U0DBA%02d", i), Name: words("name", 80), Groups: []string{"S0DBA"}}
			l.then(approvals.Approved, by, approvals.Data{Reason: words("note", 300)})
		}
	}
	end(t, l, line)
	return l.op
}

func anyNeeds(t *rapid.T) *approvals.Needs {
	needs := &approvals.Needs{Expires: time.Hour, StartWithin: time.Hour}
	for i := range 1 + several(t, "rules", 15) {
		rule := approvals.NeededRule{Name: fmt.Sprintf("rule %d %s", i, anyWords("rule", 120).Draw(t, "rule"))}
		for range several(t, "requirements", 4) {
			requirement := approvals.Requirement{Count: rapid.IntRange(1, 5).Draw(t, "count")}
			for k := range 1 + several(t, "from", 120) {
				requirement.From = append(requirement.From, approvals.Principal{Group: k%2 == 0, ID: fmt.Sprintf("S0DBA%d", k)})
			}
			rule.Require = append(rule.Require, requirement)
		}
		needs.Rules = append(needs.Rules, rule)
	}
	return needs
}

// end brings an operation on from where it is, or leaves it there.
func end(t *rapid.T, l *tale, line func(string, int) string) {
	how := rapid.SampledFrom([]string{"as it is", "denied", "cancelled", "expired", "running", "stopped", "failed", "succeeded"}).Draw(t, "end")
	asks := l.op.State == approvals.Waiting || l.op.State == approvals.Ready
	sentence := func() approvals.Data {
		return approvals.Data{Code: "x", Sentence: line("sentence", 5000), WayOut: line("way out", 2000)}
	}
	switch {
	case how == "denied" && asks:
		l.then(approvals.WasDenied, cleo, approvals.Data{Reason: line("why", 300)})
	case how == "cancelled" && asks:
		l.then(approvals.WasCancel, anna, approvals.Data{Reason: line("why", 3000)})
	case how == "expired" && asks:
		l.then(approvals.WasExpired, approvals.System, sentence())
	case how == "as it is" || l.op.State != approvals.Ready:
		return
	}
	if l.op.State.Final() {
		return
	}
	l.then(approvals.Claimed, approvals.System, approvals.Data{Worker: "vm/1"})
	names := func(label string) (all []string) {
		for range several(t, label, 600) {
			all = append(all, line(label, 255))
		}
		return all
	}
	switch how {
	case "stopped":
		l.then(approvals.WasCancel, anna, approvals.Data{Reason: line("why", 3000)})
		l.then(approvals.Stopped, approvals.System, approvals.Data{Stopped: &esops.Stopped{Begun: true, Removed: names("removed"), Kept: names("kept")}})
	case "failed":
		l.then(approvals.Fail, approvals.System, sentence())
	case "succeeded":
		l.step(esops.Result{Step: esops.StepVerify, Verified: rapid.Bool().Draw(t, "verified"), NotProved: names("not proved"), Found: names("found")})
		l.then(approvals.Succeed, approvals.System, approvals.Data{})
	}
}

// TestNoCardEverExceedsSlacksLimitsOrLosesItsID draws any operation and posts its
// card, its preview, its details and its story.
func TestNoCardEverExceedsSlacksLimitsOrLosesItsID(t *testing.T) {
	t.Parallel()
	_, post := poster(t)
	rapid.Check(t, func(rt *rapid.T) {
		op := anyOperation(t, rt)
		shown := Shown{Op: op, Verdict: op.Verdict(), Owner: "es-cn-a", Now: noon, Trial: rapid.Bool().Draw(rt, "trial"),
			Place: rapid.IntRange(0, 9).Draw(rt, "place")}
		if rapid.Bool().Draw(rt, "progress") {
			shown.Progress = &esops.Progress{Bytes: rapid.Int64Range(0, 1<<50).Draw(rt, "bytes"), Total: rapid.Int64Range(0, 1<<50).Draw(rt, "total"),
				Shards: rapid.IntRange(0, 9999).Draw(rt, "shards"), Done: rapid.IntRange(0, 9999).Draw(rt, "done"), Rate: rapid.Float64Range(0, 1e12).Draw(rt, "rate"),
				Waiting: anyWords("waiting", 2000).Draw(rt, "waiting")}
		}
		card := render(shown)
		if problem := wrongWith(card, op); problem != "" {
			rt.Fatal(problem)
		}
		if problem := post(card); problem != "" {
			rt.Fatal(problem)
		}
	})
}
