package esops_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"es-restore/esops"
)

// A witness keeps the books of a cluster in which others act at any moment, and
// judges each effect by what stood under its name when the process last looked,
// or since, and for no longer than 5 seconds. It knows nothing of plans, runs and
// results: what is ours is what a restore that was asked for brought into being.
type witness struct {
	*standin
	others func() // what others do, at the boundary of every call
	past   []books
	filled map[string]bool // UUIDs of indices that a restore of ours wrote to
	raced  map[string]bool // UUIDs of those that came into its way after the last look

	// What was asked for and was seen when it was approved.
	request  esops.Request
	undoing  bool
	approved books
	home     []string // who had the alias before all of it

	judged int // effects
	wrong  string
}

// books are what the cluster holds from a time on.
type books struct {
	at      time.Time
	indices map[string]entry
	aliases map[string][]string
	streams map[string]bool
}

type entry struct {
	uuid   string
	closed bool
}

func (w *witness) now() books {
	b := books{at: w.standin.now, indices: map[string]entry{}, aliases: map[string][]string{}, streams: maps.Clone(w.streams)}
	for name, h := range w.indices {
		b.indices[name] = entry{h.uuid, h.closed}
		if h.from != "" {
			w.filled[h.uuid] = true
		}
	}
	for name, behind := range w.aliases {
		b.aliases[name] = slices.Sorted(slices.Values(behind))
	}
	return b
}

// note writes down what holds now.
func (w *witness) note() { w.past = append(w.past, w.now()) }

// happens lets others act.
func (w *witness) happens() {
	w.others()
	w.note()
}

// An eye is how one process sees the cluster, and acts on it.
type eye struct {
	*witness
	looked int // the page of the books that its last look began at
	at     time.Time
}

func (e *eye) State(ctx context.Context, names []string) (esops.State, error) {
	e.note()
	e.looked, e.at = len(e.past)-1, e.standin.now
	e.happens()
	state, err := e.standin.State(ctx, names)
	e.happens()
	return state, err
}

// effect judges a request by a rule, which must have held at some moment since the
// look, and lets it come.
func (e *eye) effect(what string, rule func(books) bool) {
	e.happens()
	e.judged++
	if e.wrong == "" && (e.at.IsZero() || e.standin.now.Sub(e.at) > 5*time.Second || !slices.ContainsFunc(e.past[e.looked:], rule)) {
		e.wrong = fmt.Sprintf("%s, by a look %s old: %+v", what, e.standin.now.Sub(e.at), e.past[len(e.past)-1])
	}
}

func (e *eye) Restore(ctx context.Context, body esops.RestoreBody, repo, snapshot string) error {
	e.effect(fmt.Sprintf("a restore of %v as %q", body.Indices, body.RenameReplacement), func(b books) bool {
		return !e.undoing && !slices.ContainsFunc(body.Indices, func(index string) bool {
			target := esops.Rename(body.RenameReplacement, index)
			is, taken := b.indices[target]
			over := e.request.OverwriteClosed && is.closed && is == e.approved.indices[target]
			return taken && !over || b.aliases[target] != nil || b.streams[target]
		})
	})
	for _, index := range body.Indices {
		// Elasticsearch takes names, not conditions: what was closed under the name
		// since the look is overwritten, and can't be told from what is made.
		target := esops.Rename(body.RenameReplacement, index)
		if is := e.past[len(e.past)-1].indices[target]; is.closed && e.past[e.looked].indices[target] != is {
			e.raced[is.uuid] = true
		}
	}
	err := e.standin.Restore(ctx, body, repo, snapshot)
	e.happens()
	return err
}

func (e *eye) Delete(ctx context.Context, index string) error {
	e.effect("a removal of "+index, func(b books) bool {
		is, there := b.indices[index]
		return !there || e.made[is.uuid] || e.raced[is.uuid]
	})
	e.takes()
	err := e.standin.Delete(ctx, index)
	e.happens()
	return err
}

func (e *eye) SetReplicas(ctx context.Context, index string, n int) error {
	e.effect("the replicas of "+index, func(b books) bool {
		is, there := b.indices[index]
		return !there || e.filled[is.uuid] && e.request.Replicas != nil && *e.request.Replicas == n
	})
	e.takes()
	return e.standin.SetReplicas(ctx, index, n)
}

func (e *eye) ClearMarker(ctx context.Context, index string) error {
	e.effect("the marker of "+index, func(b books) bool {
		is, there := b.indices[index]
		return !there || e.filled[is.uuid]
	})
	e.takes()
	return e.standin.ClearMarker(ctx, index)
}

func (e *eye) MoveAlias(ctx context.Context, move esops.AliasMove) error {
	e.effect(fmt.Sprintf("a move of %+v", move), func(b books) bool {
		to, there := b.indices[move.To]
		holders := b.aliases[move.Alias]
		_, index := b.indices[move.Alias]
		if move.Alias != e.request.Swap || index || b.streams[move.Alias] || !there || to.closed {
			return false
		}
		if e.undoing {
			return len(holders) == 1 && e.filled[b.indices[holders[0]].uuid] && slices.Equal(e.home, []string{move.To})
		}
		return e.filled[to.uuid] && slices.Equal(holders, e.approved.aliases[move.Alias])
	})
	err := e.standin.MoveAlias(ctx, move)
	e.happens()
	return err
}

// takes is that a change takes as long as a look.
func (w *witness) takes() { w.standin.now = w.standin.now.Add(w.slow) }

// An oracle is one cluster, one request and what becomes of them.
type oracle struct {
	rt    *rapid.T
	w     *witness
	calm  bool
	names []string // what there could be
}

func draw[V any](o *oracle, what string, of ...V) V { return rapid.SampledFrom(of).Draw(o.rt, what) }

// now and then, but not when it is calm.
func (o *oracle) chance(in int, what string) bool {
	return !o.calm && rapid.IntRange(1, in).Draw(o.rt, what) == 1
}

// populate makes a random cluster.
func (o *oracle) populate() {
	for _, name := range o.names {
		if o.chance(5, "there is "+name) {
			o.become(name, draw(o, "as", "open", "closed", "other shards", "alias", "stream"))
		}
	}
	if o.w.aliases["live"] == nil && o.w.indices["live"] == nil && !o.w.streams["live"] && o.chance(2, "live") {
		o.become("home-1", "open")
		o.w.aliases["live"] = []string{"home-1"}
	}
}

// become has somebody else put something under a name.
func (o *oracle) become(name, what string) {
	w := o.w
	w.remove(name)
	delete(w.aliases, name)
	delete(w.streams, name)
	shards := 1
	for index, n := range w.shards {
		if name == index || name == "restored-"+index {
			shards = n
		}
	}
	switch what {
	case "open":
		w.put(name, shards, false)
	case "closed":
		w.put(name, shards, true)
	case "other shards":
		w.put(name, shards+2, true)
	case "alias":
		if w.indices["home-2"] == nil {
			w.put("home-2", 1, false)
		}
		w.aliases[name] = []string{"home-2"}
	case "stream":
		w.streams[name] = true
	}
	if h := w.indices[name]; h != nil && o.chance(4, "marked") {
		h.marker = "r-other-0123456789ab"
	}
}

// others act: they make, remove, open, close and remake what there is.
func (o *oracle) others() {
	if !o.chance(12, "others act") {
		return
	}
	name := draw(o, "on", o.names...)
	h := o.w.indices[name]
	restoring := slices.ContainsFunc(o.w.restoring, func(w *work) bool { return slices.Contains(w.targets, name) })
	switch what := draw(o, "by", "open", "closed", "gone", "alias", "stream", "opening", "closing", "moving"); what {
	case "opening":
		if h != nil {
			h.closed = false
		}
	case "closing":
		if h != nil && !restoring { // Elasticsearch refuses it then
			h.closed = true
		}
	case "moving":
		if o.w.aliases["live"] != nil {
			o.w.aliases["live"] = []string{"home-2"}
		}
	case "gone":
		o.become(name, "")
	default:
		o.become(name, what)
	}
}

// request is a random one.
func (o *oracle) request() esops.Request {
	req := ask(draw(o, "indices", "*", fileIndex, logs, ecommerce+","+logs, "*,-"+logs))
	req.As = draw(o, "as", "", "", "restored-$1")
	req.OverwriteClosed = draw(o, "overwrites", false, true)
	req.Swap = draw(o, "swap", "", "live")
	if n := draw(o, "replicas", -1, 0, 2); n >= 0 {
		req.Replicas = &n
	}
	return req
}

// begins approves a plan and, as the worker does, plans it again before it is
// begun; sometimes by a process that claimed it and died, after which it is not
// planned again.
func (o *oracle) begins(t *testing.T, plan esops.Plan, name string) *driver {
	o.w.approved = o.w.now()
	for range rapid.IntRange(0, 8).Draw(o.rt, "acts before the start") {
		o.w.others()
	}
	o.w.standin.now = o.w.standin.now.Add(time.Duration(draw(o, "minutes until the start", 0, 1, 60)) * time.Minute)
	if !o.chance(3, "taken over") {
		again, readings, err := o.planner().Again(t.Context(), plan)
		if err != nil || len(readings.Blocking()) > 0 || again.Digest() != plan.Digest() {
			return nil
		}
	}
	d := &driver{t: t, s: o.w.standin, watch: o.w, run: esops.Run{Plan: plan, Marker: esops.MarkerOf(name, plan.Digest())}}
	d.restart()
	return d
}

func (o *oracle) planner() esops.Planner { return o.w.seen().planner() }

// muddles carries a plan out while others act, processes die and answers are lost.
func (o *oracle) muddles(d *driver) {
	stopping := false
	for range 60 {
		if d.end != "" || d.run.Next() == "" {
			break
		}
		switch draw(o, "next", "look", "look", "look", "die", "time", "work", "answer", "fail", "slow", "stop") {
		case "look":
			_ = d.look(stopping)
		case "die":
			d.dieAt = d.points + rapid.IntRange(1, 3).Draw(o.rt, "point")
			_ = d.look(stopping)
		case "time":
			d.pass(time.Duration(draw(o, "seconds", 1, 4, 6, 61)) * time.Second)
		case "work":
			o.w.finish()
		case "answer":
			o.w.answers = append(o.w.answers, draw(o, "answer", lost, never, busy, unsent, plainly))
		case "fail":
			call := draw(o, "call", "state", "recoveries", "replicas", "clear", "delete", "move")
			o.w.fails[call] = append(o.w.fails[call], esops.ErrUnknown)
		case "slow":
			o.w.slow = time.Duration(draw(o, "slow", 0, 1, 2, 4)) * time.Second
			d.recordS = time.Duration(draw(o, "slow to record", 0, 1, 6)) * time.Second
		case "stop":
			stopping = stopping || o.chance(4, "stop")
		}
		if o.chance(8, "a shard fails") && len(o.w.restoring) > 0 && len(o.w.restoring[0].targets) > 0 {
			o.w.fail(o.w.restoring[0].targets[0], 0, "ALLOCATION_FAILED", corrupt)
		}
		o.w.happens()
	}
	// Left alone, it comes to an end.
	o.calm, o.w.slow, d.recordS, d.dieAt, o.w.answers = true, 0, 0, 0, nil
	clear(o.w.fails)
	d.until(stopping, nil)
	o.calm = false
}

// plays is one request and what may follow it; tally tells how far it came.
func (o *oracle) plays(t *testing.T, tally map[string]int) {
	w := o.w
	o.populate()
	w.note()
	w.request = o.request()
	w.home = slices.Clone(w.aliases[w.request.Swap])
	plan, readings, err := o.planner().Restore(t.Context(), w.request)
	if err != nil {
		o.rt.Fatal(err)
	}
	if len(readings.Blocking()) > 0 {
		tally["refused"]++
		return
	}
	d := o.begins(t, plan, "R-7K3M9")
	if d == nil {
		tally["not begun"]++
		return
	}
	o.muddles(d)
	tally[d.end]++
	if retried, readings, err := o.planner().Retry(t.Context(), d.run); d.end != "succeeded" && err == nil && len(readings.Blocking()) == 0 {
		if next := o.begins(t, retried, "R-9XYZ2"); next != nil {
			o.muddles(next)
			tally["retry "+next.end]++
		}
	}
	w.undoing = true
	if undone, readings, err := o.planner().Undo(t.Context(), d.run); err == nil && len(readings.Blocking()) == 0 {
		if back := o.begins(t, undone, "R-8ABC3"); back != nil {
			o.muddles(back)
			tally["undo "+back.end]++
		}
	}
}

// TestNoEffectFallsOnWhatWasOpenOrIsNotOursByAnOracle plays random requests on
// random clusters in which others make, remove, open, close and remake anything at
// any moment, and holds each effect against the cluster's own books.
func TestNoEffectFallsOnWhatWasOpenOrIsNotOursByAnOracle(t *testing.T) {
	defer atLeast(5000)()
	tally := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := newStandin()
		delete(s.shards, kibana)
		o := &oracle{rt: rt, w: &witness{standin: s, filled: map[string]bool{}, raced: map[string]bool{}},
			names: []string{fileIndex, ecommerce, logs, "restored-" + fileIndex, "restored-" + logs, "live", "bystander"}}
		o.w.others = o.others
		o.plays(t, tally)
		tally["effects"] += o.w.judged
		if o.w.wrong != "" {
			rt.Fatal(o.w.wrong)
		}
	})
	t.Log(tally)
	for _, end := range []string{"refused", "not begun", "succeeded", "failed", "stopped", "retry succeeded", "undo succeeded"} {
		if tally[end] == 0 && !t.Failed() {
			t.Errorf("no case came to be %q", end)
		}
	}
}

// atLeast has a property tried with so many cases, unless the command line says
// how many.
func atLeast(n int) (back func()) {
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() != checks.DefValue {
		return func() {}
	}
	_ = flag.Set("rapid.checks", strconv.Itoa(n))
	return func() { _ = flag.Set("rapid.checks", checks.DefValue) }
}
