package esops_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"es-restore/esops"
)

// A driver does with a Runner what the bot does: it records what a look came
// to, the journal before the request, and can die between any two of these.
type driver struct {
	t      testing.TB
	s      *standin
	sky    *sky     // of shares
	watch  *witness // who judges what it does, if anybody
	runner *esops.Runner
	run    esops.Run // what is on record
	end    string    // how it ended, or ""

	// begunThen is how many restores were begun when it ended.
	begunThen int
	failure   *esops.Refusal
	stopped   *esops.Stopped
	waiting   string
	reading   *esops.Progress

	points  int // where it could have died so far
	dieAt   int // the point to die at; 0 is never
	recordS time.Duration
}

var errDied = errors.New("the process died")

// seen is the cluster as a planner sees it, with the vendor's snapshot.
func (s *standin) seen() *shelf {
	about := story()
	about.cluster.UUID, about.cluster.Version, about.snapshots[0].Version = s.uuid, s.version, s.version
	about.sizes = map[string]esops.Size{}
	for index, shards := range s.shards {
		about.sizes[index] = esops.Size{Bytes: int64(1000 * shards), Shards: shards}
	}
	about.looks = func(names []string) esops.State {
		state, err := s.State(context.Background(), names)
		if err != nil {
			panic(err)
		}
		return state
	}
	return about
}

// restoring is a driver with a plan for the indices.
func restoring(t testing.TB, s *standin, indices string, flags esops.Flags) *driver {
	t.Helper()
	req := ask(indices)
	req.Flags = flags
	made, readings := plan(t, s.seen(), req)
	if len(readings.Blocking()) > 0 {
		t.Fatal(readings.Blocking())
	}
	return driving(t, s, made)
}

// driving is a driver of a plan.
func driving(t testing.TB, s *standin, made esops.Plan) *driver {
	d := &driver{t: t, s: s, run: esops.Run{Plan: made, Marker: esops.MarkerOf("R-7K3M9", made.Digest())}}
	d.restart()
	return d
}

// restart is another process that goes on.
func (d *driver) restart() {
	d.runner = &esops.Runner{Reader: d.s.seen(), Watcher: d.s, Writer: d.s, Version: d.s.version, Total: 5000, Now: func() time.Time { return d.s.now }}
	if d.watch != nil {
		eye := &eye{witness: d.watch}
		d.runner.Watcher, d.runner.Writer = eye, eye
	}
	if d.sky != nil {
		d.runner.Reader, d.runner.Cloud = d.sky, d.sky
	}
}

// mayDie is a point at which the process may die.
func (d *driver) mayDie() error {
	d.points++
	if d.points == d.dieAt {
		d.restart()
		return errDied
	}
	return nil
}

// look makes one look and records what it came to.
func (d *driver) look(stopping bool) error {
	if d.run.Next() == "" {
		d.end = "succeeded"
		return nil
	}
	o, err := d.runner.Look(d.t.Context(), d.run, stopping)
	if err := errors.Join(err, d.mayDie()); err != nil {
		return err
	}
	if o.Journal != nil {
		if o, err = d.send(*o.Journal); err != nil {
			return err
		}
	}
	return d.record(o)
}

// send records the journal, then sends.
func (d *driver) send(sent esops.Sent) (esops.Outcome, error) {
	d.s.now = d.s.now.Add(d.recordS)
	d.run.Sent = &sent
	if err := d.mayDie(); err != nil {
		return esops.Outcome{}, err
	}
	o, err := d.runner.Send(d.t.Context(), d.run, sent)
	return o, errors.Join(err, d.mayDie())
}

func (d *driver) record(o esops.Outcome) error {
	d.waiting, d.reading = o.Waiting, o.Reading
	switch {
	case o.Result != nil:
		d.run.Results = append(d.run.Results, *o.Result)
	case o.Failure != nil:
		d.end, d.failure, d.begunThen = "failed", o.Failure, len(d.s.begun)
	case o.Stopped != nil:
		d.end, d.stopped, d.begunThen = "stopped", o.Stopped, len(d.s.begun)
	}
	return d.mayDie()
}

// must makes one look that has to work.
func (d *driver) must() {
	d.t.Helper()
	if err := d.look(false); err != nil {
		d.t.Fatal(err)
	}
}

// until looks once a second, while the cluster works, until the end or until
// done holds.
func (d *driver) until(stopping bool, done func() bool) {
	d.t.Helper()
	for range 2000 {
		if d.end != "" || done != nil && done() {
			return
		}
		_ = d.look(stopping)
		d.s.progress()
		d.s.now = d.s.now.Add(time.Second)
	}
	d.t.Fatalf("no end: step %q, waiting %q", d.run.Next(), d.waiting)
}

// step is whether a step is finished.
func (d *driver) step(kind esops.StepKind) func() bool {
	return func() bool {
		_, ok := d.result(kind)
		return ok
	}
}

func (d *driver) result(kind esops.StepKind) (esops.Result, bool) {
	for _, r := range d.run.Results {
		if r.Step == kind {
			return r, true
		}
	}
	return esops.Result{}, false
}

// pass lets time pass.
func (d *driver) pass(t time.Duration) { d.s.now = d.s.now.Add(t) }
