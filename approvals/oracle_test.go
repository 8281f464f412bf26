package approvals_test

import (
	"context"
	"flag"
	"fmt"
	"path"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"es-restore/approvals"
	"es-restore/esops"
)

// An oracle knows what the policies mean, and nothing of how the desk does it: it
// keeps one operation as a few plain facts and says beforehand what each click,
// look and claim must come to.
type oracle struct {
	rules  approvals.Rules // in force
	groups map[string][]string
	gone   map[string]bool
	now    time.Time

	plan       esops.Plan
	bytes      int64    // -1: not known
	requester  string   // who asked
	was        []string // the requester's groups then
	needs      promise  // by the rules that were in force then
	state      approvals.State
	opened     time.Time
	startBy    time.Time
	approvedBy []string
	were       map[string][]string // the groups of approvers when they clicked
}

// A promise is what some rules ask for together.
type promise struct {
	known       bool // every name has a rule
	require     []approvals.Requirement
	expires     time.Duration
	startWithin time.Duration
	note        bool
}

// asked is what rules ask for a plan by someone who is in groups.
func (o *oracle) asked(groups []string) promise {
	names := map[string]bool{}
	for _, item := range o.plan.Items {
		names[item.Index], names[item.Target] = true, true
	}
	overwrites := slices.ContainsFunc(o.plan.Items, func(i esops.Item) bool { return i.TargetState != esops.TargetAbsent })
	fits := func(globs []string, name string) bool {
		for _, g := range globs {
			if ok, _ := path.Match(g, name); ok {
				return true
			}
		}
		return len(globs) == 0
	}
	about := func(w approvals.When, name string) bool {
		switch {
		case !fits(w.Clusters, o.plan.Cluster), !fits(w.Sources, o.plan.Source):
			return false
		case o.plan.Kind != esops.KindShare && !fits(w.Indices, name):
			return false
		case len(w.Kinds) > 0 && !slices.Contains(w.Kinds, o.plan.Kind):
			return false
		case w.Overwrites != nil && *w.Overwrites != overwrites:
			return false
		case w.LargerThan > 0 && o.plan.Kind != esops.KindShare && o.bytes >= 0 && o.bytes <= w.LargerThan:
			return false
		case len(w.Requesters) > 0 && !one(w.Requesters, o.requester, groups):
			return false
		}
		return true
	}
	if o.plan.Kind == esops.KindShare {
		names = map[string]bool{"everything": true}
	}
	var p promise
	found := map[string]bool{}
	for name := range names {
		has := false
		for _, r := range o.rules {
			if !about(r.When, name) {
				continue
			}
			has = true
			if !found[r.Name] {
				found[r.Name] = true
				p.require = append(p.require, r.Require...)
				p.note = p.note || r.Note == approvals.NoteRequired
				p.expires, p.startWithin = sooner(p.expires, r.Expires), sooner(p.startWithin, r.StartWithin)
			}
			break
		}
		if !has {
			return promise{}
		}
	}
	p.known = true
	return p
}

func sooner(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// one reports whether a person is one of some.
func one(of []approvals.Principal, id string, groups []string) bool {
	for _, p := range of {
		if (p.Group && slices.Contains(groups, p.ID)) || (!p.Group && p.ID == id) {
			return true
		}
	}
	return false
}

// enough tries every way of counting people.
func (p promise) enough(requester string, approvers map[string][]string) bool {
	var actors []approvals.Actor
	for id, groups := range approvers {
		actors = append(actors, approvals.Actor{ID: id, Groups: groups})
	}
	found, places := most(approvals.Needs{Rules: []approvals.NeededRule{{Require: p.require}}}, approvals.Actor{ID: requester}, actors)
	return p.known && found == places
}

// late lets the time that is over be over.
func (o *oracle) late() {
	if (o.state == approvals.Waiting && !o.now.Before(o.opened.Add(o.needs.expires))) ||
		(o.state == approvals.Ready && !o.now.Before(o.startBy)) {
		o.state = approvals.Expired
	}
}

// decide says whether a click counts.
func (o *oracle) decide(who string, c approvals.Choice) bool {
	o.late()
	by := slices.Concat(o.needs.require, o.asked(o.was).require)
	able := slices.ContainsFunc(by, func(r approvals.Requirement) bool { return one(r.From, who, o.groups[who]) })
	overwrites := slices.ContainsFunc(o.plan.Items, func(i esops.Item) bool { return i.TargetState != esops.TargetAbsent })
	switch {
	case o.state != approvals.Waiting && o.state != approvals.Ready, who == o.requester, !able:
		return false
	case c.Deny:
		if c.Reason == "" {
			return false
		}
		o.state = approvals.Denied
		return true
	case o.needs.note && c.Reason == "", overwrites && c.Confirm != o.plan.Cluster:
		return false
	case slices.Contains(o.approvedBy, who):
		return true
	}
	o.approvedBy = append(o.approvedBy, who)
	o.were[who] = slices.Clone(o.groups[who])
	if o.needs.enough(o.requester, o.were) {
		o.state, o.startBy = approvals.Ready, o.now.Add(o.needs.startWithin)
	}
	return true
}

// claim says whether it starts.
func (o *oracle) claim() bool {
	o.late()
	if o.state != approvals.Ready || o.gone[o.requester] {
		return false
	}
	are := map[string][]string{}
	for _, id := range o.approvedBy {
		if !o.gone[id] {
			are[id] = o.groups[id]
		}
	}
	if !o.needs.enough(o.requester, are) || !o.asked(o.groups[o.requester]).enough(o.requester, are) {
		return false
	}
	o.state = approvals.Running
	return true
}

// anyRules draws policies, often with a lax one in front.
func anyRules(t *rapid.T) approvals.Rules {
	principals := rapid.SampledFrom([]approvals.Principal{group(dba), group(sre), group(eng), group(oncall), user(ben), user(carl), user(anna)})
	globs := func(label string, from ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID).Draw(t, label)
	}
	require := func() []approvals.Requirement {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) approvals.Requirement {
			return of(rapid.IntRange(1, 2).Draw(t, "count"), rapid.SliceOfNDistinct(principals, 1, 2, rapid.ID).Draw(t, "from")...)
		}), 1, 2).Draw(t, "require")
	}
	var rules approvals.Rules
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		r := approvals.Rule{
			Name:        "rule " + strconv.Itoa(i),
			Expires:     rapid.SampledFrom([]time.Duration{30 * time.Minute, time.Hour}).Draw(t, "expires"),
			StartWithin: rapid.SampledFrom([]time.Duration{10 * time.Minute, time.Hour}).Draw(t, "start within"),
		}
		r.When.Indices = globs("indices", "a*", "b*", "*1", "c*", "*")
		switch rapid.IntRange(0, 5).Draw(t, "when") {
		case 0:
			r.When.Clusters = globs("clusters", "prod-*", "dev-*", destination)
		case 1:
			r.When.Sources = globs("sources", "prod-*", "dev-*")
		case 2:
			r.When.Kinds = []esops.Kind{rapid.SampledFrom([]esops.Kind{esops.KindRestore, esops.KindShare}).Draw(t, "kind")}
		case 3:
			r.When.Requesters = []approvals.Principal{principals.Draw(t, "requesters")}
		case 4:
			r.When.LargerThan = 1 << 20
		}
		switch rapid.IntRange(0, 4).Draw(t, "asks") {
		case 0: // as the configuration demands of what asks nobody
			r.When.Overwrites = no()
		case 1:
			r.When.Overwrites, r.Require = yes(), require()
		default:
			r.Require = require()
		}
		if rapid.IntRange(0, 5).Draw(t, "note") == 0 {
			r.Note = approvals.NoteRequired
		}
		rules = append(rules, r)
	}
	return rules
}

// anyPlan draws a restore, which may overwrite and rename, or a share.
func anyPlan(t *rapid.T) esops.Plan {
	if rapid.IntRange(0, 7).Draw(t, "share") == 0 {
		return sharing()
	}
	plan := restoring(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a1", "a2", "b1", "c1", "c2"}), 1, 3, rapid.ID).Draw(t, "names")...)
	for i := range plan.Items {
		switch rapid.IntRange(0, 5).Draw(t, "target") {
		case 0:
			plan.Items[i].TargetState, plan.Items[i].TargetUUID = esops.TargetClosed, "uuid"
		case 1:
			plan.Items[i].Target = rapid.SampledFrom([]string{"a", "b", "restored-"}).Draw(t, "as") + plan.Items[i].Index
		}
	}
	return plan
}

// often runs a property in n cases, unless the command line says how many.
func often(n int) (back func()) {
	was := flag.Lookup("rapid.checks")
	if was.Value.String() != was.DefValue {
		return func() {}
	}
	_ = flag.Set("rapid.checks", strconv.Itoa(n))
	return func() { _ = flag.Set("rapid.checks", was.DefValue) }
}

func TestRandomPoliciesAndClicksAgreeWithAnOracle(t *testing.T) {
	defer often(10_000)()
	met := map[string]int{} // so that a property that meets nothing is seen
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, anyRules(t)...)
		groupsOf := rapid.SliceOfDistinct(rapid.SampledFrom([]string{eng, dba, sre, oncall}), rapid.ID)
		for _, who := range everybody {
			w.people.groups[who] = groupsOf.Draw(t, who)
		}
		o := &oracle{
			rules: w.rules, groups: w.people.groups, gone: map[string]bool{}, now: w.clock.now(),
			plan: anyPlan(t), bytes: rapid.SampledFrom([]int64{1 << 10, 1 << 30, -1}).Draw(t, "bytes"), requester: anna,
			were: map[string][]string{},
		}
		o.was, o.needs, o.opened = slices.Clone(o.groups[anna]), o.asked(o.groups[anna]), o.now
		var readings esops.Readings
		for range o.plan.Items {
			readings.Items = append(readings.Items, esops.ItemReading{Bytes: o.bytes, Shards: 1})
		}
		if o.bytes >= 0 {
			o.bytes *= int64(len(o.plan.Items))
		}
		op, err := w.desk.Open(context.Background(), w.people.actor(anna), approvals.Opening{Request: esops.Request{Kind: o.plan.Kind}, Plan: o.plan, Readings: readings, Reason: "x", Channel: "C0ES"})
		if (err == nil) != o.needs.known {
			t.Fatalf("a rule for every name: %v, and asking gave %v", o.needs.known, err)
		}
		if err != nil {
			met["no rule"]++
			return
		}
		o.state = approvals.Waiting
		if len(o.needs.require) == 0 {
			o.state, o.startBy = approvals.Ready, o.opened.Add(o.needs.startWithin)
			met["nobody asked"]++
		}
		for i := range rapid.IntRange(1, 14).Draw(t, "steps") {
			did, agrees := "", true
			var said error
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				o.rules = anyRules(t)
				w.rules, did = o.rules, "other rules"
			case 1:
				who := rapid.SampledFrom(everybody).Draw(t, "who")
				o.groups[who], did = groupsOf.Draw(t, "groups"), who+" in other groups"
			case 2:
				who := rapid.SampledFrom(everybody).Draw(t, "who")
				o.gone[who], did = !o.gone[who], who+" gone or back"
				delete(w.people.gone, who)
				if o.gone[who] {
					w.people.gone[who] = who + " is a guest."
				}
			case 3:
				w.clock.add(rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Minute, 30 * time.Minute}).Draw(t, "passes"))
				o.now, did = w.clock.now(), "time"
			case 4, 5:
				starts := o.claim()
				got, err := w.claim(op.ID)
				did, agrees, said = "claim", starts == (err == nil && got.State == approvals.Running), err
				if o.state == approvals.Running {
					met["started"]++
				} else if o.state == approvals.Ready {
					met["approved and not started"]++
				}
			default:
				who := rapid.SampledFrom(everybody).Draw(t, "who")
				choice := approvals.Choice{Deny: rapid.IntRange(0, 7).Draw(t, "deny") == 0,
					Reason:  rapid.SampledFrom([]string{"because", "because", ""}).Draw(t, "reason"),
					Confirm: rapid.SampledFrom([]string{destination, destination, "prod"}).Draw(t, "confirm")}
				counts := o.decide(who, choice)
				_, err := w.desk.Decide(context.Background(), w.people.actor(who), op.ID, choice)
				did, agrees, said = fmt.Sprintf("%s decides %+v", who, choice), counts == (err == nil), err
				if o.state == approvals.Ready {
					met["ready"]++
				}
			}
			now, err := w.desk.Fresh(context.Background(), op.ID)
			o.late()
			if err != nil || !agrees || now.State != o.state {
				t.Fatalf("step %d, %s (%v): it is %s, the oracle says %s (%v)", i, did, said, now.State, o.state, err)
			}
			if o.state == approvals.Running {
				return
			}
		}
		met["ended "+string(o.state)]++
	})
	for _, what := range []string{"no rule", "nobody asked", "ready", "started", "approved and not started", "ended denied", "ended expired", "ended waiting"} {
		if met[what] == 0 {
			t.Errorf("no case met %q, so they show nothing of it", what)
		}
	}
	t.Log(met)
}
