package esops_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

// waited is a driver whose restore came to its end.
func waited(t *testing.T, indices string) (*standin, *driver) {
	s, d := begun(t, indices, esops.Flags{})
	s.finish()
	d.must()
	if !d.step(esops.StepWait)() {
		t.Fatal(d.end, d.failure, d.waiting)
	}
	return s, d
}

func TestWhatCannotBeCountedIsNotProvedAndNoFailure(t *testing.T) {
	for name, change := range map[string]func(*standin){
		"a shard is gone": func(s *standin) { s.counts[logs] = esops.Count{Docs: 751, Shards: 2} },
		"it is closed": func(s *standin) {
			refusal := esops.Refuse("elasticsearch_error", "", "closed")
			s.fails["count"] = []error{nil, refusal, nil, refusal, nil, refusal, nil, refusal, nil, refusal, nil, refusal}
		},
		"it was removed": func(s *standin) { s.remove(logs) },
	} {
		s, d := waited(t, fileIndex+","+logs)
		change(s)
		tries := 0
		for d.end == "" && !d.step(esops.StepVerify)() {
			d.must()
			tries++
		}
		result, _ := d.result(esops.StepVerify)
		want := []string{"not every shard of " + logs + " answered the count"}
		if diff := cmp.Diff(want, result.NotProved); diff != "" || result.Verified || tries != 6 {
			t.Errorf("%s: after %d tries %s", name, tries, diff)
		}
		d.until(false, nil)
		if d.end != "succeeded" {
			t.Errorf("%s: %s %v", name, d.end, d.failure)
		}
	}
}

func TestShardsThatAreSearchableALittleLaterAreCounted(t *testing.T) {
	s, d := waited(t, logs)
	s.counts[logs] = esops.Count{Shards: 2}
	d.must()
	d.must()
	if d.waiting != "Counting the documents." {
		t.Errorf("waiting %q", d.waiting)
	}
	s.counts[logs] = esops.Count{Docs: 1407, Shards: 2, Whole: true}
	d.must()
	result, _ := d.result(esops.StepVerify)
	if !result.Verified || result.Targets[0].Docs != 1407 {
		t.Errorf("%+v", result)
	}
}

func TestShardsWhoseOriginIsForgottenAreNotProved(t *testing.T) {
	s, d := begun(t, logs, esops.Flags{})
	s.finish()
	s.indices[logs].kind[0] = "PEER"
	d.until(false, nil)
	result, _ := d.result(esops.StepVerify)
	want := []string{"Elasticsearch no longer tells where 1 of the 2 shards of " + logs + " came from"}
	if diff := cmp.Diff(want, result.NotProved); diff != "" || result.Verified || result.Targets[0].Docs != 250 {
		t.Errorf("%s %+v", diff, result)
	}
}

func TestNothingIsVerifiedThatWasNotWaitedFor(t *testing.T) {
	_, d := waited(t, logs)
	d.run.Plan.Steps = []esops.Step{{Kind: esops.StepVerify}}
	d.run.Results = nil
	if err := d.look(false); err == nil {
		t.Error("it was")
	}
}

func TestSettlingTwiceIsHarmless(t *testing.T) {
	s, d := waited(t, fileIndex+","+logs)
	d.must()
	settled := len(d.run.Results)
	s.fails["clear"] = []error{nil, esops.ErrUnknown} // the second answer is lost
	if err := d.look(false); !errors.Is(err, esops.ErrUnknown) {
		t.Fatal(err)
	}
	for range 3 {
		d.run.Results = d.run.Results[:settled]
		d.must()
		if result, ok := d.result(esops.StepSettle); !ok || len(result.NotProved) > 0 {
			t.Errorf("%+v", result)
		}
	}
	if diff := cmp.Diff([]string{fileIndex, logs}, s.cleared); diff != "" {
		t.Errorf("each marker is taken off once: %s", diff)
	}
}

func TestOnlyOurOwnMarkerIsTakenOff(t *testing.T) {
	s, d := waited(t, fileIndex+","+logs)
	s.indices[logs].marker = "r-other-0123456789ab"
	d.until(false, nil)
	if slices.Contains(s.cleared, logs) || s.indices[logs].marker == "" {
		t.Error("another operation's marker is gone")
	}
}

func TestAMarkerThatMayNotBeTakenOffHoldsNothingUp(t *testing.T) {
	blocked := esops.Refuse("cluster_blocked", "", "es-cn-b is blocked for changes: index read-only.")
	s, d := waited(t, fileIndex+","+logs)
	s.denies[fileIndex] = blocked
	d.until(false, nil)
	result, _ := d.result(esops.StepSettle)
	if d.end != "succeeded" || len(result.NotProved) != 1 || !strings.Contains(result.NotProved[0], "the marker stays on "+fileIndex+": es-cn-b is blocked") {
		t.Errorf("%s %v %+v", d.end, d.failure, result)
	}
	if s.indices[logs].marker != "" {
		t.Error("the other's stays too")
	}
	s, d = begun(t, fileIndex+","+logs, esops.Flags{})
	s.denies[fileIndex] = blocked
	s.fail(logs, 0, "ALLOCATION_FAILED", corrupt)
	s.finish()
	d.must()
	if d.end != "failed" {
		t.Error("a failed restore does not end")
	}
}
