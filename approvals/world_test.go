package approvals_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"es-restore/approvals"
	"es-restore/esops"
)

var update = flag.Bool("update", false, "write the diagram of the states into the documentation")

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.steps", "100") // a walk takes some to come anywhere; the command line still decides
	goleak.VerifyTestMain(m)
}

// The people of these tests. Anna asks; Ben and Dora are DBAs, Carl is an SRE,
// Olga is in none of the groups that matter.
const (
	anna = "U0ANNA"
	ben  = "U0BEN"
	carl = "U0CARL"
	dora = "U0DORA"
	olga = "U0OLGA"

	eng    = "S0ENG"
	dba    = "S0DBA"
	sre    = "S0SRE"
	oncall = "S0ONCALL"

	destination = "prod-b"
)

var start = time.Date(2026, 11, 23, 20, 5, 12, 345_000_000, time.UTC)

// A clock stands still until it is told otherwise.
type clock struct {
	mu   sync.Mutex
	at   time.Time
	step time.Duration // by which every look at it moves it on
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.at
	c.at = c.at.Add(c.step)
	return at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A directory is who people are at this moment. Like Slack it tells of a person
// only the groups that were asked about.
type directory struct {
	mu     sync.Mutex
	groups map[string][]string
	gone   map[string]string // why a person can neither ask nor decide
	away   error
}

func newDirectory() *directory {
	return &directory{
		groups: map[string][]string{anna: {eng}, ben: {eng, dba}, carl: {eng, sre}, dora: {eng, dba}, olga: {eng}},
		gone:   map[string]string{},
	}
}

func (d *directory) Actor(_ context.Context, id string, groups []string) (approvals.Actor, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away != nil {
		return approvals.Actor{}, d.away
	}
	if why, ok := d.gone[id]; ok {
		return approvals.Actor{}, esops.Refuse("not_allowed", "", "%s", why)
	}
	a := approvals.Actor{ID: id, Name: nameOf(id)}
	for _, g := range d.groups[id] {
		if slices.Contains(groups, g) {
			a.Groups = append(a.Groups, g)
		}
	}
	return a, nil
}

// actor is a person with every group, as a click brings them.
func (d *directory) actor(id string) approvals.Actor {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id == approvals.System.ID {
		return approvals.System
	}
	return approvals.Actor{ID: id, Name: nameOf(id), Groups: slices.Clone(d.groups[id])}
}

func nameOf(id string) string {
	return map[string]string{anna: "Anna", ben: "Ben", carl: "Carl", dora: "Dora", olga: "Olga"}[id]
}

// tester is what is common to the tests of testing and of rapid.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// A world is a desk with everything it needs under the test's control.
type world struct {
	t      tester
	desk   *approvals.Desk
	shelf  *shelf
	people *directory
	clock  *clock
	rules  approvals.Rules
}

func newWorld(t tester, rules ...approvals.Rule) *world {
	t.Helper()
	w := &world{t: t, shelf: newShelf(), people: newDirectory(), clock: &clock{at: start}, rules: rules}
	w.desk = &approvals.Desk{Store: w.shelf, People: w.people, Now: w.clock.now, Rules: func() approvals.Rules { return w.rules }}
	return w
}

func (w *world) ask(plan esops.Plan) approvals.Operation {
	w.t.Helper()
	op, err := w.open(plan)
	if err != nil {
		w.t.Fatalf("Anna asks: %v", err)
	}
	return op
}

func (w *world) open(plan esops.Plan) (approvals.Operation, error) {
	return w.desk.Open(context.Background(), w.people.actor(anna), approvals.Opening{
		Request: esops.Request{Kind: plan.Kind, Cluster: plan.Cluster}, Plan: plan,
		Readings: sized(1 << 20), Reason: "the week of the 12th is gone", Channel: "C0ES",
	})
}

func (w *world) approve(who string, id approvals.ID) (approvals.Operation, error) {
	return w.desk.Decide(context.Background(), w.people.actor(who), id, approvals.Choice{})
}

func (w *world) mustApprove(who string, id approvals.ID) approvals.Operation {
	w.t.Helper()
	op, err := w.approve(who, id)
	if err != nil {
		w.t.Fatalf("%s approves: %v", nameOf(who), err)
	}
	return op
}

func (w *world) claim(id approvals.ID) (approvals.Operation, error) {
	return w.desk.Claim(context.Background(), w.shelf.lease(destination), "host/1", id)
}

func (w *world) stored(id approvals.ID) approvals.Operation {
	w.t.Helper()
	op, err := w.shelf.Load(context.Background(), id)
	if err != nil {
		w.t.Fatalf("loading %s: %v", id, err)
	}
	return op
}

// bring puts an operation into a state by events, past the desk.
func (w *world) bring(op approvals.Operation, to approvals.State) approvals.Operation {
	w.t.Helper()
	claimed := approvals.Event{Kind: approvals.Claimed, Actor: approvals.System, Data: approvals.Data{Worker: "host/1", Epoch: 1}}
	approved := approvals.Event{Kind: approvals.Approved, Actor: w.people.actor(dora), Data: approvals.Data{Met: true}}
	cancelled := approvals.Event{Kind: approvals.WasCancel, Actor: w.people.actor(anna)}
	ways := map[approvals.State][]approvals.Event{
		approvals.Waiting:   {},
		approvals.Ready:     {approved},
		approvals.Running:   {approved, claimed},
		approvals.Stopping:  {approved, claimed, cancelled},
		approvals.Succeeded: {approved, claimed, {Kind: approvals.Succeed, Actor: approvals.System}},
		approvals.Failed:    {approved, claimed, {Kind: approvals.Fail, Actor: approvals.System}},
		approvals.Denied:    {{Kind: approvals.WasDenied, Actor: w.people.actor(dora), Data: approvals.Data{Reason: "not now"}}},
		approvals.Cancelled: {cancelled},
		approvals.Expired:   {{Kind: approvals.WasExpired, Actor: approvals.System}},
	}
	for _, e := range ways[to] {
		e.Operation, e.Plan, e.Time = op.ID, op.Digest, w.clock.now()
		after, err := op.Apply(e)
		if err != nil {
			w.t.Fatalf("bringing it to %s: %v", to, err)
		}
		if err := w.shelf.Commit(context.Background(), approvals.Change{Before: op.Version, After: after, Event: e}); err != nil {
			w.t.Fatalf("bringing it to %s: %v", to, err)
		}
		op = after
	}
	if op.State != to {
		w.t.Fatalf("it is %s, and should be %s", op.State, to)
	}
	return op
}

// restoring is the plan of a restore of these names, each to itself.
func restoring(names ...string) esops.Plan {
	plan := esops.Plan{
		Kind: esops.KindRestore, Cluster: destination, ClusterUUID: "uuid-of-prod-b", Source: "prod-a",
		Repository: "aliyun_auto_snapshot", Snapshot: "snap-1", SnapshotUUID: "uuid-of-snap-1",
		Steps: []esops.Step{{Kind: esops.StepRestore, Body: &esops.RestoreBody{Indices: names}}, {Kind: esops.StepWait}},
	}
	for _, name := range names {
		plan.Items = append(plan.Items, esops.Item{Index: name, Target: name, TargetState: esops.TargetAbsent})
	}
	return plan
}

// overwriting is the plan of a restore over a closed index.
func overwriting(name string) esops.Plan {
	plan := restoring(name)
	plan.Items[0].TargetState, plan.Items[0].TargetUUID = esops.TargetClosed, "uuid-of-the-closed"
	return plan
}

// sharing is a plan without indices: it gives away all of its source.
func sharing() esops.Plan {
	return esops.Plan{Kind: esops.KindShare, Cluster: destination, ClusterUUID: "uuid-of-prod-b", Source: "prod-a"}
}

func sized(bytes ...int64) esops.Readings {
	r := esops.Readings{Taken: start, Version: "7.10.0", Health: "green"}
	for i, b := range bytes {
		r.Items = append(r.Items, esops.ItemReading{Index: fmt.Sprintf("i%d", i), Bytes: b, Shards: 1})
	}
	return r
}

func group(id string) approvals.Principal { return approvals.Principal{Group: true, ID: id} }
func user(id string) approvals.Principal  { return approvals.Principal{ID: id} }

func of(count int, from ...approvals.Principal) approvals.Requirement {
	return approvals.Requirement{Count: count, From: from}
}

// needing makes needs of one rule.
func needing(require ...approvals.Requirement) approvals.Needs {
	return approvals.Needs{
		Rules:   []approvals.NeededRule{{Name: "a rule", Require: require}},
		Expires: time.Hour, StartWithin: time.Hour,
	}
}

// oneDBA is the rule that most of these tests live under.
var oneDBA = approvals.Rule{Name: "one DBA", Require: []approvals.Requirement{of(1, group(dba))}}

// code is the refusal's in an error, "" when it is none.
func code(err error) string {
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}
