package esops_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/esops"
)

// done is a driver whose operation is at its end.
func done(t *testing.T, s *standin, indices string, flags esops.Flags) *driver {
	t.Helper()
	d := restoring(t, s, indices, flags)
	d.until(false, nil)
	if d.end != "succeeded" {
		t.Fatal(d.end, d.failure)
	}
	return d
}

// undo is a driver that takes an operation back, and what was found.
func (d *driver) undo() (*driver, esops.Readings) {
	d.t.Helper()
	made, readings, err := d.s.seen().planner().Undo(d.t.Context(), d.run)
	if err != nil {
		d.t.Fatal(err)
	}
	return driving(d.t, d.s, made), readings
}

func codes(findings []esops.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.Code)
	}
	return all
}

func TestAnUndoRemovesWhatWasMadeAndNothingElse(t *testing.T) {
	s := newStandin()
	old := s.put(ecommerce, 1, true)
	bystander := s.put("bystander", 1, false)
	d := done(t, s, "*", esops.Flags{OverwriteClosed: true})
	u, readings := d.undo()
	if diff := cmp.Diff([]string{"removes_index", "removes_index", "not_taken_back"}, codes(readings.Findings)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"not_taken_back", "removes_index"}, u.run.Plan.Approves); diff != "" || !u.run.Plan.Overwrites() || u.run.Plan.Kind != esops.KindUndo {
		t.Error(diff)
	}
	u.until(false, nil)
	if u.end != "succeeded" || s.indices[fileIndex] != nil || s.indices[logs] != nil {
		t.Errorf("%s %v", u.end, u.failure)
	}
	if s.indices[ecommerce] == nil || s.indices[ecommerce].uuid != old.uuid || s.indices["bystander"] != bystander || len(s.deleted) != 2 {
		t.Errorf("deleted %v", s.deleted)
	}
}

func TestAnUndoGivesAnAliasBackFirst(t *testing.T) {
	s := newStandin()
	s.put("files-1", 1, false)
	s.aliases["files"] = []string{"files-1"}
	d := done(t, s, fileIndex, esops.Flags{Swap: "files"})
	u, readings := d.undo()
	if diff := cmp.Diff([]string{"moves_alias_back", "removes_index"}, codes(readings.Findings)); diff != "" {
		t.Error(diff)
	}
	u.until(false, u.step(esops.StepMoveBack))
	if s.indices[fileIndex] == nil {
		t.Error("the index was removed before its alias moved")
	}
	u.until(false, nil)
	if diff := cmp.Diff([]string{"files-1"}, s.aliases["files"]); diff != "" || u.end != "succeeded" || s.indices[fileIndex] != nil {
		t.Error(u.end, u.failure, diff)
	}
}

func TestAnUndoSeesWhatOthersDidSince(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*standin)
		codes  []string
		blocks bool
	}{
		{"gone", func(s *standin) { s.remove(logs) }, []string{"alias_moved", "gone_already"}, true},
		{"replaced", func(s *standin) { s.remove(logs); s.put(logs, 2, false) }, []string{"alias_moved", "replaced_since"}, true},
		{"replaced, with its alias", func(s *standin) { s.remove(logs); s.put(logs, 2, false); s.aliases["live"] = []string{logs} },
			[]string{"alias_moved", "replaced_since"}, true},
		{"replaced, and the alias is back", func(s *standin) {
			s.remove(logs)
			s.put(logs, 2, false)
			s.aliases["live"] = []string{"logs-1"}
		}, []string{"nothing_to_undo", "alias_is_back", "replaced_since"}, true},
		{"the alias moved on", func(s *standin) { s.aliases["live"] = []string{"other"} }, []string{"alias_moved", "removes_index"}, true},
		{"the alias is back", func(s *standin) { s.aliases["live"] = []string{"logs-1"} }, []string{"removes_index", "alias_is_back"}, false},
		{"the old index is gone", func(s *standin) { s.remove("logs-1") }, []string{"alias_home_gone", "removes_index"}, true},
		{"all of it", func(s *standin) { s.remove(logs); s.aliases["live"] = []string{"logs-1"} }, []string{"nothing_to_undo", "alias_is_back", "gone_already"}, true},
	} {
		s := newStandin()
		s.put("logs-1", 1, false)
		s.aliases["live"] = []string{"logs-1"}
		d := done(t, s, logs, esops.Flags{Swap: "live"})
		c.change(s)
		u, readings := d.undo()
		if diff := cmp.Diff(c.codes, codes(readings.Findings)); diff != "" || len(readings.Blocking()) > 0 != c.blocks {
			t.Errorf("%s: %s", c.name, diff)
		}
		if !c.blocks {
			u.until(false, nil)
			if u.end != "succeeded" {
				t.Errorf("%s: %s %v", c.name, u.end, u.failure)
			}
		}
	}
}

func TestAnUndoChecksAgainRightBefore(t *testing.T) {
	s := newStandin()
	d := done(t, s, fileIndex+","+logs, esops.Flags{})
	u, _ := d.undo()
	s.remove(logs)
	foreign := s.put(logs, 2, false)
	u.until(false, nil)
	result, _ := u.result(esops.StepRemove)
	if u.end != "succeeded" || s.indices[logs] != foreign || s.indices[fileIndex] != nil || !strings.Contains(fmt.Sprint(result.NotProved), logs+" is another index now and stays") {
		t.Errorf("%s %v %+v", u.end, u.failure, result)
	}
}

func TestAnUndoSurvivesDeathAnywhere(t *testing.T) {
	for dieAt := 1; ; dieAt++ {
		s := newStandin()
		s.put("logs-1", 1, false)
		s.aliases["live"] = []string{"logs-1"}
		u, _ := done(t, s, logs, esops.Flags{Swap: "live"}).undo()
		u.dieAt = dieAt
		s.fails["delete"] = []error{esops.ErrUnknown}
		u.until(false, nil)
		if u.end != "succeeded" || len(s.deleted) != 1 || !slices.Equal(s.aliases["live"], []string{"logs-1"}) {
			t.Fatalf("died at %d: %s %v, deleted %v", dieAt, u.end, u.failure, s.deleted)
		}
		if u.points < dieAt {
			break
		}
	}
}

func TestAnUndoIsPlannedAgainToTheSameDigest(t *testing.T) {
	s := newStandin()
	s.put(ecommerce, 1, true)
	u, _ := done(t, s, "*", esops.Flags{OverwriteClosed: true}).undo()
	again, readings, err := s.seen().planner().Again(t.Context(), u.run.Plan)
	if err != nil || len(readings.Blocking()) > 0 || again.Digest() != u.run.Plan.Digest() {
		t.Errorf("%v %+v %q", err, readings.Blocking(), esops.Describe(u.run.Plan, again))
	}
	s.remove(logs)
	again, _, err = s.seen().planner().Again(t.Context(), u.run.Plan)
	if err != nil || again.Digest() == u.run.Plan.Digest() {
		t.Error("what is gone by now is still in the plan", err)
	}
}

func TestAnUndoTellsWhatWasWrittenSince(t *testing.T) {
	s := newStandin()
	d := done(t, s, fileIndex, esops.Flags{})
	for name, c := range map[string]struct {
		survey surveyed
		want   []string
	}{
		"as many":     {surveyed{facts: map[string]esops.Fact{fileIndex: {Docs: 250}}}, []string{"removes_index"}},
		"more":        {surveyed{facts: map[string]esops.Fact{fileIndex: {Docs: 251}}}, []string{"removes_index", "written_since"}},
		"not counted": {surveyed{facts: map[string]esops.Fact{fileIndex: {Docs: -1}}}, []string{"removes_index"}},
		"not told":    {surveyed{err: errors.New("away")}, []string{"removes_index", "written_unknown"}},
	} {
		planner := s.seen().planner()
		planner.Surveyor = c.survey
		_, readings, err := planner.Undo(t.Context(), d.run)
		if diff := cmp.Diff(c.want, codes(readings.Findings)); diff != "" || err != nil {
			t.Errorf("%s: %s%v", name, diff, err)
		}
	}
}

// TestWhateverBecameOfARestoreTakingItBackRemovesOnlyOurs muddles a restore,
// then tries again what is missing, then takes all back.
func TestWhateverBecameOfARestoreTakingItBackRemovesOnlyOurs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStandin()
		if rapid.Bool().Draw(rt, "overwrites") {
			s.put(logs, 2, true)
		}
		m := &muddle{driver: restoring(t, s, "*", esops.Flags{OverwriteClosed: true})}
		for range rapid.IntRange(0, 25).Draw(rt, "steps") {
			rapid.SampledFrom([]func(*rapid.T){m.look, m.look, m.dieWhileLooking, m.timePasses, m.clusterWorks, m.answersDiffer,
				m.aShardFails, m.someoneElseMakesAnIndex, m.stop}).Draw(rt, "step")(rt)
		}
		s.snapshots, s.answers = 0, nil
		clear(s.fails)
		m.dieAt = 0
		s.arrive()
		m.until(m.stopping, nil)
		runs := []*driver{m.driver}
		if made, readings, err := s.seen().planner().Retry(t.Context(), m.run); err == nil && len(readings.Blocking()) == 0 {
			next := driving(t, s, made)
			next.run.Marker = "r-9xyz2-" + made.Digest()[7:19]
			next.until(false, nil)
			runs = append(runs, next)
		}
		for _, d := range runs {
			made, readings, err := s.seen().planner().Undo(t.Context(), d.run)
			if err != nil {
				rt.Fatal(err)
			}
			if len(readings.Blocking()) == 0 {
				u := driving(t, s, made)
				u.until(false, nil)
				if u.end != "succeeded" {
					rt.Fatalf("%s: %v", u.end, u.failure)
				}
			}
		}
		for _, uuid := range s.deleted {
			if !s.made[uuid] {
				rt.Fatalf("an index was removed that was not made by us: %s", uuid)
			}
		}
	})
}
