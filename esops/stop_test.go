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

// stop asks for the end until it came.
func (d *driver) stop() {
	d.t.Helper()
	d.until(true, nil)
}

func TestStoppingBeforeTheRequestTouchesNothing(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex, esops.Flags{})
	s.put(fileIndex, 1, false) // whatever is there
	d.stop()
	if diff := cmp.Diff(&esops.Stopped{}, d.stopped); diff != "" || len(s.asked)+len(s.deleted) > 0 {
		t.Error(diff, d.end, d.failure)
	}
}

func TestStoppingARequestOfUnknownFateWaitsUntilItIsKnown(t *testing.T) {
	t.Run("it was lost", func(t *testing.T) {
		s, d := loseFirst(t)
		for range 59 {
			d.pass(time.Second)
			if err := d.look(true); err != nil || d.end != "" {
				t.Fatal(err, d.end)
			}
		}
		s.put(fileIndex, 1, false) // a foreign index is no matter of ours
		d.pass(time.Second)
		if err := d.look(true); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&esops.Stopped{}, d.stopped); diff != "" || len(s.asked) != 1 || len(s.deleted) > 0 {
			t.Errorf("%s %s %v", d.end, diff, d.failure)
		}
	})
	t.Run("it arrives late", func(t *testing.T) {
		s := newStandin()
		s.answers = []answer{late}
		d := restoring(t, s, fileIndex, esops.Flags{})
		_ = d.look(false)
		for range 30 {
			d.pass(time.Second)
			if err := d.look(true); err != nil {
				t.Fatal(err)
			}
		}
		s.arrive()
		d.stop()
		if diff := cmp.Diff(&esops.Stopped{Begun: true, Removed: []string{fileIndex}}, d.stopped); diff != "" || len(s.indices) > 0 {
			t.Error(diff, d.end, d.failure)
		}
	})
	t.Run("it waits in the queue", func(t *testing.T) {
		s := newStandin()
		s.answers = []answer{queued}
		d := restoring(t, s, fileIndex, esops.Flags{})
		_ = d.look(false)
		for range 30 {
			d.pass(time.Minute)
			if err := d.look(true); err != nil || d.end != "" {
				t.Fatal(err, d.end)
			}
		}
		if !strings.Contains(d.waiting, "until it is known") {
			t.Errorf("waiting %q", d.waiting)
		}
	})
	t.Run("it was refused as busy", func(t *testing.T) {
		s := newStandin()
		s.answers = []answer{busy}
		d := restoring(t, s, fileIndex, esops.Flags{})
		d.must()
		if err := d.look(true); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&esops.Stopped{}, d.stopped); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStoppingRemovesOnlyWhatIsMadeByUsAndStillComing(t *testing.T) {
	s := newStandin()
	old := s.put(ecommerce, 1, true)
	bystander := s.put("bystander", 1, false)
	d := restoring(t, s, "*", esops.Flags{OverwriteClosed: true})
	d.must()
	for s.indices[fileIndex].routing[0].State != "STARTED" {
		s.progress() // the first is done, two are coming
	}
	if err := d.look(true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(d.waiting, "Removing") || s.indices[logs] != nil || len(s.deleted) != 1 {
		t.Errorf("waiting %q, deleted %v", d.waiting, s.deleted)
	}
	if err := d.look(true); err != nil {
		t.Fatal(err)
	}
	if d.end != "" || !strings.Contains(d.waiting, "overwrites can't be stopped") {
		t.Errorf("%s, waiting %q", d.end, d.waiting)
	}
	d.stop()
	if diff := cmp.Diff(&esops.Stopped{Begun: true, Removed: []string{logs}, Kept: []string{fileIndex, ecommerce}}, d.stopped); diff != "" {
		t.Error(d.end, diff)
	}
	if s.indices[ecommerce].uuid != old.uuid || s.indices["bystander"] != bystander || s.indices[fileIndex] == nil {
		t.Error("something else was removed")
	}
	if s.indices[ecommerce].marker+s.indices[fileIndex].marker != "" {
		t.Error("a marker stays")
	}
}

func TestStoppingWhatIsDoneLetsItSucceed(t *testing.T) {
	for _, at := range []esops.StepKind{esops.StepWait, esops.StepVerify, esops.StepSettle} {
		s := newStandin()
		d := restoring(t, s, fileIndex+","+logs, esops.Flags{})
		d.until(false, func() bool { return d.run.Next() == at })
		s.finish()
		d.stop()
		if d.end != "succeeded" || len(s.deleted) > 0 || len(d.run.Results) != 4 {
			t.Errorf("%s: %s, deleted %v", at, d.end, s.deleted)
		}
	}
}

func TestStoppingAnOverwriteOnlyWaits(t *testing.T) {
	s := newStandin()
	s.put(fileIndex, 1, true)
	d := restoring(t, s, fileIndex, esops.Flags{OverwriteClosed: true})
	d.must()
	d.stop()
	if d.end != "succeeded" || len(s.deleted) > 0 {
		t.Errorf("%s, deleted %v", d.end, s.deleted)
	}
}

func TestAFailedRestoreThatIsStoppedIsFailed(t *testing.T) {
	s, d := begun(t, logs, esops.Flags{})
	s.fail(logs, 0, "ALLOCATION_FAILED", corrupt)
	s.fail(logs, 1, "ALLOCATION_FAILED", corrupt)
	d.stop()
	if d.end != "failed" || len(s.deleted) > 0 {
		t.Errorf("%s, deleted %v", d.end, s.deleted)
	}
}

func TestStoppingDoesNotRemoveWhatIsNoLongerOurs(t *testing.T) {
	for name, change := range map[string]func(*standin){
		"another has the name":   func(s *standin) { s.remove(logs); s.put(logs, 2, false) },
		"the marker is taken":    func(s *standin) { s.indices[logs].marker = "" },
		"the marker is another":  func(s *standin) { s.indices[logs].marker = "r-other-0123456789ab" },
		"another restore has it": func(s *standin) { s.remove(logs); _ = s.begin(esops.RestoreBody{Indices: []string{logs}}) },
	} {
		s, d := begun(t, fileIndex+","+logs, esops.Flags{})
		change(s)
		uuid := s.indices[logs].uuid
		d.stop()
		if slices.Contains(s.deleted, uuid) || s.indices[logs] == nil || s.indices[logs].uuid != uuid {
			t.Errorf("%s: it was removed", name)
		}
	}
}

func TestNothingIsRemovedByALookThatIsNoLongerFresh(t *testing.T) {
	s, d := begun(t, fileIndex+","+logs, esops.Flags{})
	s.slow = 6 * time.Second
	for range 3 {
		if err := d.look(true); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.deleted) > 0 || d.end != "" || !strings.Contains(d.waiting, "Removing") {
		t.Errorf("deleted %v, %s, waiting %q", s.deleted, d.end, d.waiting)
	}
	s.slow = time.Second
	d.stop()
	if d.end != "stopped" || len(s.deleted) != 2 {
		t.Errorf("%s, deleted %v", d.end, s.deleted)
	}
}

func TestAnUnansweredRemovalIsLookedAtAgain(t *testing.T) {
	s, d := begun(t, fileIndex+","+logs, esops.Flags{})
	s.fails["delete"] = []error{nil, esops.ErrUnknown}
	if err := d.look(true); !errors.Is(err, esops.ErrUnknown) {
		t.Fatal(err)
	}
	d.stop()
	if diff := cmp.Diff(&esops.Stopped{Begun: true, Removed: []string{fileIndex, logs}}, d.stopped); diff != "" {
		t.Error(diff)
	}
}

// TestStoppingSurvivesDeathAnywhere stops at each moment and dies at each point.
func TestStoppingSurvivesDeathAnywhere(t *testing.T) {
	for moment := range 9 {
		for dieAt := 1; ; dieAt++ {
			s := newStandin()
			old := s.put(logs, 2, true)
			d := restoring(t, s, fileIndex+","+logs, esops.Flags{OverwriteClosed: true})
			for range moment {
				d.must()
				s.progress()
			}
			d.points, d.dieAt = 0, dieAt
			d.stop()
			if slices.Contains(s.deleted, old.uuid) || len(s.again()) > 0 {
				t.Fatalf("stopped after %d, died at %d: deleted %v, begun %v", moment, dieAt, s.deleted, s.begun)
			}
			if d.end == "failed" || d.end == "stopped" && d.stopped.Begun != (len(s.begun) > 0) {
				t.Fatalf("stopped after %d, died at %d: %s %v", moment, dieAt, d.end, d.failure)
			}
			for name, h := range s.indices {
				if h.marker != "" {
					t.Fatalf("stopped after %d, died at %d: a marker stays on %s", moment, dieAt, name)
				}
			}
			if d.points < dieAt {
				break
			}
		}
	}
}

// TestStoppingTellsWhatWasRemovedBeforeAnyRestore stops an undo and a retry at
// every look, and holds what is said against the cluster.
func TestStoppingTellsWhatWasRemovedBeforeAnyRestore(t *testing.T) {
	undo := func(s *standin) *driver {
		s.put("logs-1", 1, false)
		s.aliases["live"] = []string{"logs-1"}
		u, _ := done(t, s, logs, esops.Flags{Swap: "live"}).undo()
		return u
	}
	retry := func(s *standin) *driver {
		d := restoring(t, s, logs, esops.Flags{})
		d.until(false, d.step(esops.StepRestore))
		s.fail(logs, 0, "ALLOCATION_FAILED", corrupt)
		d.until(false, nil)
		made, _, err := s.seen().planner().Retry(t.Context(), d.run)
		if err != nil {
			t.Fatal(err)
		}
		return driving(t, s, made)
	}
	for name, makes := range map[string]func(*standin) *driver{"an undo": undo, "a retry": retry} {
		for dieAt := 1; ; dieAt++ {
			s := newStandin()
			d := makes(s)
			d.dieAt = dieAt
			d.until(false, func() bool { return d.points >= dieAt || d.run.Sent != nil })
			if d.end != "" || d.run.Sent != nil || d.run.Next() == "" {
				break
			}
			was := s.indices[logs] // nil when it is removed
			d.stop()
			back := name == "an undo" && slices.Equal(s.aliases["live"], []string{"logs-1"})
			if d.end != "stopped" || s.indices[logs] != was || (len(d.stopped.Removed) > 0) != (was == nil) || (d.stopped.Moved != "") != back || d.stopped.Begun {
				t.Errorf("%s at %d: %s %+v %v", name, dieAt, d.end, d.stopped, d.failure)
			}
		}
	}
}
