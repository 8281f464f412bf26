package esops_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

var two = 2

func TestReplicasComeOnceThePrimariesAreThere(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex+","+logs, esops.Flags{Replicas: &two})
	d.until(false, d.step(esops.StepRestore))
	if s.asked[0].IndexSettings["index.number_of_replicas"] != 0 || len(s.replicas) > 0 {
		t.Errorf("asked with %v, set %v", s.asked[0].IndexSettings, s.replicas)
	}
	d.until(false, nil)
	if diff := cmp.Diff(map[string]int{fileIndex: 2, logs: 2}, s.replicas); diff != "" || d.end != "succeeded" {
		t.Error(d.end, diff)
	}
	none := 0
	if made, _ := plan(t, story(), func() esops.Request { r := ask(fileIndex); r.Replicas = &none; return r }()); made.Step(esops.StepReplicas) != nil {
		t.Error("there is a step to set none")
	}
}

func TestReplicasComeHoweverItEnds(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex+","+logs, esops.Flags{Replicas: &two})
	d.must()
	s.fail(logs, 0, "ALLOCATION_FAILED", corrupt)
	s.finish()
	d.must()
	if diff := cmp.Diff(map[string]int{fileIndex: 2, logs: 2}, s.replicas); diff != "" || d.end != "failed" {
		t.Error(d.end, diff)
	}
	s = newStandin()
	d = restoring(t, s, fileIndex+","+logs, esops.Flags{Replicas: &two})
	d.must()
	for s.indices[fileIndex].routing[0].State != "STARTED" {
		s.progress()
	}
	d.stop()
	if diff := cmp.Diff(map[string]int{fileIndex: 2}, s.replicas); diff != "" || d.end != "stopped" {
		t.Error(d.end, diff)
	}
}

func TestReplicasThatMayNotBeSetHoldNothingUp(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex+","+logs, esops.Flags{Replicas: &two})
	d.until(false, d.step(esops.StepWait))
	s.denies[logs] = esops.Refuse("cluster_blocked", "", "index read-only.")
	d.until(false, nil)
	result, _ := d.result(esops.StepReplicas)
	if d.end != "succeeded" || !slices.Contains(result.NotProved, logs+" keeps 0 replicas: index read-only.") || s.replicas[fileIndex] != 2 {
		t.Errorf("%s %+v", d.end, result)
	}
}

// swapping is a cluster with an alias on an old index, and a restore beside it
// that takes the alias over.
func swapping(t *testing.T) (*standin, *driver) {
	s := newStandin()
	s.put(fileIndex, 1, false)
	s.aliases["files"] = []string{fileIndex}
	return s, restoring(t, s, fileIndex, esops.Flags{As: "restored-$1", Swap: "files"})
}

func TestAnAliasMovesOnceTheIndexIsThere(t *testing.T) {
	s, d := swapping(t)
	if diff := cmp.Diff([]string{"swaps_alias"}, d.run.Plan.Approves); diff != "" || d.run.Plan.Overwrites() {
		t.Error(diff)
	}
	d.until(false, d.step(esops.StepWait))
	if len(s.moves) > 0 {
		t.Error("it moved before the index was verified")
	}
	d.until(false, nil)
	want := []esops.AliasMove{{Alias: "files", From: []string{fileIndex}, To: "restored-" + fileIndex}}
	if diff := cmp.Diff(want, s.moves); diff != "" || d.end != "succeeded" {
		t.Error(d.end, d.failure, diff)
	}
	if diff := cmp.Diff([]string{"restored-" + fileIndex}, s.aliases["files"]); diff != "" {
		t.Error(diff)
	}
}

func TestAnAliasThatIsNotThereIsMade(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex, esops.Flags{Swap: "files"})
	d.until(false, nil)
	if diff := cmp.Diff([]string{fileIndex}, s.aliases["files"]); diff != "" || d.end != "succeeded" || len(d.run.Plan.Approves) > 0 {
		t.Error(d.end, diff)
	}
}

func TestAMoveWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	s, d := swapping(t)
	s.fails["move"] = []error{esops.ErrUnknown}
	d.until(false, nil)
	if d.end != "succeeded" || len(s.moves) != 1 {
		t.Errorf("%s after %d moves", d.end, len(s.moves))
	}
}

func TestAMoveSurvivesDeathAnywhere(t *testing.T) {
	for dieAt := 1; ; dieAt++ {
		s, d := swapping(t)
		d.dieAt = dieAt
		d.until(false, nil)
		if d.end != "succeeded" || len(s.moves) != 1 || s.begun["restored-"+fileIndex] != 1 {
			t.Fatalf("died at %d: %s %v, %d moves", dieAt, d.end, d.failure, len(s.moves))
		}
		if d.points < dieAt {
			break
		}
	}
}

func TestAnAliasThatSomeoneMovedStaysWhereItIs(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*standin)
		code   string
	}{
		"moved":               {func(s *standin) { s.aliases["files"] = []string{"other"} }, "alias_moved"},
		"removed":             {func(s *standin) { delete(s.aliases, "files") }, "alias_moved"},
		"on two":              {func(s *standin) { s.aliases["files"] = []string{fileIndex, "other"} }, "alias_moved"},
		"the target is gone":  {func(s *standin) { s.remove("restored-" + fileIndex) }, "alias_target_gone"},
		"the target is shut":  {func(s *standin) { s.indices["restored-"+fileIndex].closed = true }, "alias_target_gone"},
		"the move is refused": {func(s *standin) { s.denies["files"] = esops.Refuse("cluster_blocked", "", "no") }, "cluster_blocked"},
	} {
		s, d := swapping(t)
		d.until(false, func() bool { return d.run.Next() == esops.StepSwap })
		c.change(s)
		before := slices.Clone(s.aliases["files"])
		d.until(false, nil)
		if d.end != "failed" || d.failure.Code != c.code || len(s.moves) > 0 || !slices.Equal(before, s.aliases["files"]) {
			t.Errorf("%s: %s %v, alias on %v", name, d.end, d.failure, s.aliases["files"])
		}
		if h := s.indices["restored-"+fileIndex]; h != nil && h.marker != "" {
			t.Errorf("%s: a marker stays", name)
		}
	}
}

func TestAnAliasIsNotMovedByAnOldLookNorOnAnotherCluster(t *testing.T) {
	s, d := swapping(t)
	d.until(false, func() bool { return d.run.Next() == esops.StepSwap })
	s.slow = 6 * time.Second
	d.must()
	if len(s.moves) > 0 || d.waiting == "" {
		t.Errorf("%d moves, waiting %q", len(s.moves), d.waiting)
	}
	s.slow, s.uuid = 0, "uuid-of-c"
	if err := d.look(false); !errors.Is(err, esops.ErrUnavailable) || len(s.moves) > 0 {
		t.Errorf("%v, %d moves", err, len(s.moves))
	}
}

func TestASwapThatCannotBeIsRefusedBeforehand(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*shelf, *esops.Request)
		code string
	}{
		{"two indices", func(_ *shelf, r *esops.Request) { r.Indices = fileIndex + "," + logs }, "swap_one_index"},
		{"an index's name", func(s *shelf, _ *esops.Request) { s.targets["files"] = esops.Target{State: esops.TargetOpen} }, "swap_not_alias"},
		{"an alias of several", func(s *shelf, _ *esops.Request) {
			s.targets["files"] = esops.Target{State: esops.TargetAlias, Behind: []string{"a", "b"}}
		}, "swap_many"},
		{"an illegal alias", func(_ *shelf, r *esops.Request) { r.Swap = "UP" }, "illegal_name"},
		{"the index itself", func(_ *shelf, r *esops.Request) { r.Swap = fileIndex }, "swap_to_itself"},
	} {
		s, req := story(), ask(fileIndex)
		req.Swap = "files"
		c.make(s, &req)
		_, readings := plan(t, s, req)
		if blocking := readings.Blocking(); len(blocking) != 1 || blocking[0].Code != c.code || blocking[0].WayOut == "" {
			t.Errorf("%s: %+v", c.name, blocking)
		}
	}
}

func TestAMovedAliasIsAnotherPlan(t *testing.T) {
	s, req := story(), ask(fileIndex)
	req.Swap, req.As = "files", "r-$1"
	s.targets["files"] = esops.Target{State: esops.TargetAlias, Behind: []string{"a"}}
	was, _ := plan(t, s, req)
	s.targets["files"] = esops.Target{State: esops.TargetAlias, Behind: []string{"b"}}
	again, _, err := s.planner().Again(t.Context(), was)
	if err != nil || was.Digest() == again.Digest() || len(esops.Describe(was, again)) == 0 {
		t.Errorf("%v %q", err, esops.Describe(was, again))
	}
}

// broken is a cluster on which a restore of two indices failed in the second.
func broken(t *testing.T) (*standin, *driver) {
	s, d := begun(t, fileIndex+","+logs, esops.Flags{})
	s.fail(logs, 1, "ALLOCATION_FAILED", corrupt)
	s.finish()
	d.must()
	if d.end != "failed" {
		t.Fatal(d.end)
	}
	return s, d
}

// retry is a driver of what is still missing.
func (d *driver) retry() *driver {
	d.t.Helper()
	made, readings, err := d.s.seen().planner().Retry(d.t.Context(), d.run)
	if err != nil || len(readings.Blocking()) > 0 {
		d.t.Fatal(err, readings.Blocking())
	}
	next := driving(d.t, d.s, made)
	next.run.Marker = esops.MarkerOf("R-9XYZ2", made.Digest())
	return next
}

func TestARetryRemovesWhatIsBrokenAndBringsOnlyThat(t *testing.T) {
	s, d := broken(t)
	kept, gone := s.indices[fileIndex].uuid, s.indices[logs].uuid
	next := d.retry()
	want := []esops.Item{{Index: logs, Target: logs, TargetState: esops.TargetBroken, TargetUUID: gone}}
	if diff := cmp.Diff(want, next.run.Plan.Items); diff != "" || !next.run.Plan.Overwrites() || len(next.run.Plan.Approves) == 0 {
		t.Errorf("%s, approves %v", diff, next.run.Plan.Approves)
	}
	next.until(false, nil)
	if next.end != "succeeded" || s.indices[fileIndex].uuid != kept || s.indices[logs].uuid == gone || s.begun[fileIndex] != 1 {
		t.Errorf("%s %v, begun %v", next.end, next.failure, s.begun)
	}
	if diff := cmp.Diff([]string{gone}, s.deleted); diff != "" {
		t.Error(diff)
	}
	if result, _ := next.result(esops.StepRestore); !result.Targets[0].Made {
		t.Errorf("%+v", result)
	}
}

func TestARetrySurvivesDeathAnywhere(t *testing.T) {
	for dieAt := 1; ; dieAt++ {
		s, d := broken(t)
		gone := s.indices[logs].uuid
		next := d.retry()
		next.dieAt = dieAt
		next.until(false, nil)
		if next.end != "succeeded" || !slices.Equal(s.deleted, []string{gone}) || s.begun[logs] != 2 {
			t.Fatalf("died at %d: %s %v, deleted %v, begun %v", dieAt, next.end, next.failure, s.deleted, s.begun)
		}
		if next.points < dieAt {
			break
		}
	}
}

func TestARetryTouchesNothingThatCameInItsPlace(t *testing.T) {
	s, d := broken(t)
	next := d.retry()
	s.remove(logs)
	foreign := s.put(logs, 2, false)
	next.until(false, nil)
	if next.end != "failed" || next.failure.Code != "target_taken" || s.indices[logs] != foreign || len(s.deleted) > 0 {
		t.Errorf("%s %v, deleted %v", next.end, next.failure, s.deleted)
	}
}

func TestARetryOfWhatIsWholeIsRefused(t *testing.T) {
	_, d := waited(t, fileIndex)
	_, _, err := d.s.seen().planner().Retry(t.Context(), d.run)
	if refusal, ok := esops.Refused(err); !ok || refusal.Code != "nothing_missing" {
		t.Error(err)
	}
}

func TestARetryIsFromTheVerySnapshot(t *testing.T) {
	s, d := broken(t)
	seen := s.seen()
	seen.snapshots[0].UUID = "remade"
	_, _, err := seen.planner().Retry(t.Context(), d.run)
	if refusal, ok := esops.Refused(err); !ok || refusal.Code != "snapshot_remade" {
		t.Error(err)
	}
}

func TestWhatIsMissingIsRestoredByARetryWithoutRemoving(t *testing.T) {
	s, d := begun(t, fileIndex+","+logs, esops.Flags{})
	d.stop() // both are removed
	next := d.retry()
	if next.run.Plan.Step(esops.StepRemove) != nil {
		t.Errorf("%+v", next.run.Plan.Steps)
	}
	next.until(false, nil)
	if next.end != "succeeded" || len(s.deleted) != 2 {
		t.Errorf("%s %v", next.end, next.failure)
	}
}

func TestRemovingSaysWhatItCouldNot(t *testing.T) {
	s, d := broken(t)
	next := d.retry()
	s.denies[logs] = esops.Refuse("elasticsearch_refused", "", "Cannot delete indices that are being snapshotted.")
	next.until(false, nil)
	if next.end != "failed" || !strings.Contains(next.failure.Sentence, "being snapshotted") || len(s.asked) != 1 {
		t.Errorf("%s %v after %d requests", next.end, next.failure, len(s.asked))
	}
	delete(s.denies, logs)
	next = d.retry()
	s.slow = 6 * time.Second
	next.must()
	if len(s.deleted) > 0 || next.waiting == "" {
		t.Errorf("deleted %v by an old look", s.deleted)
	}
}
