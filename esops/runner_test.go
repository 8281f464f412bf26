package esops_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

func TestARestoreRunsFromTheRequestToTheLastMarker(t *testing.T) {
	s := newStandin()
	two := 2
	d := restoring(t, s, "*", esops.Flags{As: "r-$1", Replicas: &two})
	digest := d.run.Plan.Digest()
	d.until(false, nil)
	if d.end != "succeeded" {
		t.Fatalf("%s: %v", d.end, d.failure)
	}
	want := []esops.Result{
		{Step: esops.StepRestore, Targets: []esops.TargetResult{
			{Name: "r-" + fileIndex, UUID: "uuid-1", Made: true, Shards: 1},
			{Name: "r-" + ecommerce, UUID: "uuid-2", Made: true, Shards: 1},
			{Name: "r-" + logs, UUID: "uuid-3", Made: true, Shards: 2},
		}},
		{Step: esops.StepWait, Targets: []esops.TargetResult{
			{Name: "r-" + fileIndex, UUID: "uuid-1", Made: true, Shards: 1, Proved: 1, Bytes: 1000},
			{Name: "r-" + ecommerce, UUID: "uuid-2", Made: true, Shards: 1, Proved: 1, Bytes: 1000},
			{Name: "r-" + logs, UUID: "uuid-3", Made: true, Shards: 2, Proved: 2, Bytes: 2000},
		}},
		{Step: esops.StepReplicas},
		{Step: esops.StepVerify, Verified: true, Targets: []esops.TargetResult{
			{Name: "r-" + fileIndex, UUID: "uuid-1", Made: true, Shards: 1, Proved: 1, Bytes: 1000, Docs: 250},
			{Name: "r-" + ecommerce, UUID: "uuid-2", Made: true, Shards: 1, Proved: 1, Bytes: 1000, Docs: 250},
			{Name: "r-" + logs, UUID: "uuid-3", Made: true, Shards: 2, Proved: 2, Bytes: 2000, Docs: 250},
		}},
		{Step: esops.StepSettle},
	}
	if diff := cmp.Diff(want, d.run.Results); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"r-" + fileIndex, "r-" + ecommerce, "r-" + logs}, s.cleared); diff != "" {
		t.Errorf("markers: %s", diff)
	}
	if diff := cmp.Diff(&esops.Sent{At: noon, Attempt: 1, Looked: []esops.Looked{
		{Target: "r-" + fileIndex, State: "absent"}, {Target: "r-" + ecommerce, State: "absent"}, {Target: "r-" + logs, State: "absent"},
	}}, d.run.Sent); diff != "" {
		t.Errorf("journal: %s", diff)
	}
	body := *d.run.Plan.Body()
	body.IndexSettings = map[string]any{"index.number_of_replicas": 0, esops.MarkerSetting: d.run.Marker}
	if diff := cmp.Diff([]esops.RestoreBody{body}, s.asked); diff != "" {
		t.Errorf("what was asked: %s", diff)
	}
	if diff := cmp.Diff([]string{repository + "/" + automatic}, s.sources); diff != "" {
		t.Error(diff)
	}
	if d.run.Plan.Digest() != digest {
		t.Error("sending changed the plan")
	}
}

func TestAMarkerIsDerivedFromTheOperationAlone(t *testing.T) {
	if got := esops.MarkerOf("R-7K3M9", "sha256:0123456789abcdef0123"); got != "r-7k3m9-0123456789ab" {
		t.Error(got)
	}
}

func TestALostAnswerIsFoundByItsMarker(t *testing.T) {
	s := newStandin()
	s.answers = []answer{lost}
	d := restoring(t, s, fileIndex, esops.Flags{})
	if err := d.look(false); !errors.Is(err, esops.ErrUnknown) {
		t.Fatalf("%v", err)
	}
	d.must()
	if !d.step(esops.StepRestore)() || len(s.asked) != 1 {
		t.Errorf("results %v after %d requests", d.run.Results, len(s.asked))
	}
	d.until(false, nil)
	if d.end != "succeeded" || s.begun[fileIndex] != 1 {
		t.Errorf("%s, begun %v", d.end, s.begun)
	}
}

// loseFirst is a driver whose first request was lost before it arrived.
func loseFirst(t *testing.T, answers ...answer) (*standin, *driver) {
	s := newStandin()
	s.answers = append([]answer{never}, answers...)
	d := restoring(t, s, fileIndex, esops.Flags{})
	if err := d.look(false); !errors.Is(err, esops.ErrUnknown) {
		t.Fatalf("%v", err)
	}
	d.must() // quiet since now
	return s, d
}

func TestALostRequestGoesOnceMoreAfterAMinuteOfQuiet(t *testing.T) {
	s, d := loseFirst(t)
	for range 59 {
		d.pass(time.Second)
		d.must()
		if len(s.asked) != 1 || !strings.Contains(d.waiting, "answer to the restore request was lost") {
			t.Fatalf("%d requests, waiting %q", len(s.asked), d.waiting)
		}
	}
	d.pass(time.Second)
	d.must()
	if len(s.asked) != 2 || d.run.Sent.Attempt != 2 {
		t.Fatalf("%d requests, attempt %d", len(s.asked), d.run.Sent.Attempt)
	}
	if diff := cmp.Diff(s.asked[0], s.asked[1]); diff != "" {
		t.Errorf("the second request is another one: %s", diff)
	}
	d.until(false, nil)
	if d.end != "succeeded" || s.begun[fileIndex] != 1 {
		t.Errorf("%s, begun %v", d.end, s.begun)
	}
}

func TestWhoIsBusyIsNotQuiet(t *testing.T) {
	for name, disturb := range map[string]func(*standin) (undo func()){
		"a snapshot runs": func(s *standin) func() {
			s.snapshots = 1
			return func() { s.snapshots = 0 }
		},
		"a restore is queued": func(s *standin) func() {
			s.queue = append(s.queue, func() {})
			return func() { s.queue = nil }
		},
		"the state is not told": func(s *standin) func() {
			s.fails["state"] = []error{esops.ErrUnavailable}
			return func() {}
		},
		"the queue is not told": func(s *standin) func() {
			s.fails["queued"] = []error{esops.ErrUnavailable}
			return func() {}
		},
	} {
		s, d := loseFirst(t)
		d.pass(50 * time.Second)
		undo := disturb(s)
		_ = d.look(false)
		undo()
		d.pass(time.Second)
		d.must()
		d.pass(59 * time.Second)
		d.must()
		if len(s.asked) != 1 {
			t.Errorf("%s: it was asked again a minute after the first look, not the disturbance", name)
		}
		d.pass(time.Second)
		d.must()
		if len(s.asked) != 2 {
			t.Errorf("%s: it was not asked again", name)
		}
	}
}

func TestABusyClusterSaysWhatIsWaitedFor(t *testing.T) {
	s, d := loseFirst(t)
	s.snapshots = 1
	for range 100 {
		d.pass(time.Minute)
		d.must()
	}
	if len(s.asked) != 1 || !strings.Contains(d.waiting, "busy with a snapshot") {
		t.Errorf("%d requests, waiting %q", len(s.asked), d.waiting)
	}
}

func TestAfterThreeRequestsWithoutAnAnswerItEnds(t *testing.T) {
	s := newStandin()
	s.answers = []answer{never, never, never, never}
	d := restoring(t, s, fileIndex, esops.Flags{})
	d.until(false, nil)
	if d.end != "failed" || d.failure.Code != "no_answer" || len(s.asked) != 3 || d.failure.WayOut == "" {
		t.Errorf("%s %v after %d requests", d.end, d.failure, len(s.asked))
	}
	if passed := s.now.Sub(noon); passed < 3*time.Minute {
		t.Errorf("it gave up after %v", passed)
	}
}

func TestARefusalOfTheSecondRequestByTheFirstIsNoRefusal(t *testing.T) {
	s := newStandin()
	s.answers = []answer{late}
	d := restoring(t, s, fileIndex, esops.Flags{})
	_ = d.look(false)
	d.must()
	d.pass(time.Minute)
	o, err := d.runner.Look(t.Context(), d.run, false)
	if err != nil || o.Journal == nil {
		t.Fatalf("%+v %v", o, err)
	}
	// The first arrives between the look and the second request.
	s.arrive()
	if o, err = d.send(*o.Journal); err != nil {
		t.Fatal(err)
	}
	if o.Failure != nil || o.Result == nil || !o.Result.Targets[0].Made {
		t.Errorf("%+v %v", o, o.Failure)
	}
	if len(s.asked) != 2 || s.begun[fileIndex] != 1 {
		t.Errorf("%d requests, begun %v", len(s.asked), s.begun)
	}
}

func TestARefusalEndsTheOperation(t *testing.T) {
	s := newStandin()
	s.answers = []answer{forbid}
	d := restoring(t, s, fileIndex, esops.Flags{})
	d.must()
	if d.end != "failed" || d.failure.Code != "cluster_forbidden" || len(s.begun) > 0 {
		t.Errorf("%s %v", d.end, d.failure)
	}
}

func TestARefusalWhoseReasonCannotBeLookedAtIsNotBelieved(t *testing.T) {
	s := newStandin()
	s.answers = []answer{forbid, plainly}
	d := restoring(t, s, fileIndex, esops.Flags{})
	s.fails["state"] = []error{nil, nil, esops.ErrUnavailable} // before the snapshot is compared, after it, and after the refusal
	if err := d.look(false); !errors.Is(err, esops.ErrUnavailable) || d.end != "" {
		t.Fatalf("%v %s", err, d.end)
	}
	d.must()
	if !strings.Contains(d.waiting, "lost") || len(s.asked) != 1 {
		t.Errorf("waiting %q, %d requests", d.waiting, len(s.asked))
	}
}

// The plan is checked at the start, but a busy cluster can hold the request up
// for hours after that.
func TestASnapshotThatIsNoLongerTheApprovedOneIsNotRestored(t *testing.T) {
	for _, c := range []struct {
		name, code string
		change     func(*shelf)
	}{
		{"made anew", "snapshot_remade", func(about *shelf) { about.snapshots[0].UUID = "another" }},
		{"deleted", "snapshot_gone", func(about *shelf) { about.snapshots = nil }},
		{"its repository gone", "no_such_repository", func(about *shelf) {
			about.fails = map[string]error{"details": esops.Refuse("no_such_repository", "", "There is none.")}
		}},
	} {
		s := newStandin()
		s.answers = []answer{busy}
		d := restoring(t, s, fileIndex, esops.Flags{})
		if err := d.look(false); err != nil || d.end != "" {
			t.Fatalf("%s: %v %s", c.name, err, d.end)
		}
		about := s.seen()
		c.change(about)
		d.runner.Reader = about
		s.now = s.now.Add(time.Minute)
		d.must()
		if d.end != "failed" || d.failure.Code != c.code || len(s.asked) != 1 || len(s.begun) > 0 {
			t.Errorf("%s: %s %v, asked %d times", c.name, d.end, d.failure, len(s.asked))
		}
	}
	s := newStandin()
	d := restoring(t, s, fileIndex, esops.Flags{})
	about := s.seen()
	about.fails = map[string]error{"details": esops.ErrUnavailable}
	d.runner.Reader = about
	if err := d.look(false); !errors.Is(err, esops.ErrUnavailable) || len(s.asked) != 0 {
		t.Errorf("a snapshot that can't be read: %v, asked %d times", err, len(s.asked))
	}
}

// TestAProcessMayDieAnywhere dies once at each point of a run and goes on.
func TestAProcessMayDieAnywhere(t *testing.T) {
	for _, answers := range [][]answer{{plainly}, {lost}, {never}, {queued}, {late}, {busy, busy, lost}, {unsent, never, late}, {never, late}} {
		for dieAt := 1; ; dieAt++ {
			s := newStandin()
			s.answers = slices.Clone(answers)
			old := s.put("r-"+fileIndex, 1, true)
			d := restoring(t, s, fileIndex+","+logs, esops.Flags{As: "r-$1", OverwriteClosed: true})
			d.dieAt = dieAt
			d.until(false, func() bool {
				if s.now.Sub(noon) > 40*time.Second {
					s.arrive()
				}
				return false
			})
			if d.end != "succeeded" {
				t.Fatalf("%v, died at %d: %s %v", answers, dieAt, d.end, d.failure)
			}
			if twice := s.again(); len(twice) > 0 || len(s.begun) != 2 {
				t.Fatalf("%v, died at %d: begun %v", answers, dieAt, s.begun)
			}
			for _, target := range d.run.Results[0].Targets {
				if target.Made != (target.UUID != old.uuid) {
					t.Fatalf("%v, died at %d: %+v", answers, dieAt, target)
				}
			}
			if verified, _ := d.result(esops.StepVerify); !verified.Verified || len(s.deleted) > 0 {
				t.Fatalf("%v, died at %d: %+v, deleted %v", answers, dieAt, verified, s.deleted)
			}
			if d.points < dieAt {
				break
			}
		}
	}
}

func TestAJournalWithoutARequestIsAskedAgainOnlyAfterAMinute(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex, esops.Flags{})
	d.dieAt = 2 // recorded, not sent
	if err := d.look(false); !errors.Is(err, errDied) || d.run.Sent == nil || len(s.asked) != 0 {
		t.Fatalf("%v %+v", err, d.run.Sent)
	}
	d.until(false, d.step(esops.StepRestore))
	if passed := s.now.Sub(noon); passed < time.Minute || len(s.asked) != 1 || d.run.Sent.Attempt != 2 {
		t.Errorf("after %v, %d requests, attempt %d", passed, len(s.asked), d.run.Sent.Attempt)
	}
}

func TestAProcessThatKnowsItDidNotSendNeedNotWait(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex, esops.Flags{})
	o, err := d.runner.Look(t.Context(), d.run, false)
	if err != nil || o.Journal == nil {
		t.Fatal(o, err)
	}
	d.run.Sent = o.Journal // the record was written, though writing it failed
	d.runner.Unsent(o.Journal.Attempt)
	d.must()
	if len(s.asked) != 1 || s.now != noon {
		t.Errorf("%d requests, waiting %q", len(s.asked), d.waiting)
	}
}

func TestALookOlderThanFiveSecondsIsNotActedOn(t *testing.T) {
	for name, make := range map[string]func(*standin, *driver){
		"recording took long": func(_ *standin, d *driver) { d.recordS = 6 * time.Second },
		"looking took long":   func(s *standin, _ *driver) { s.slow = 6 * time.Second },
		"both took long":      func(s *standin, d *driver) { s.slow, d.recordS = 3*time.Second, 3*time.Second },
	} {
		s := newStandin()
		d := restoring(t, s, fileIndex, esops.Flags{})
		make(s, d)
		for range 10 {
			d.must()
		}
		if len(s.asked) > 0 || !strings.Contains(d.waiting, "too long") || d.end != "" {
			t.Errorf("%s: %d requests, waiting %q", name, len(s.asked), d.waiting)
		}
		s.slow, d.recordS = time.Second, 3*time.Second
		d.until(false, nil)
		if d.end != "succeeded" || len(s.asked) != 1 {
			t.Errorf("%s: %s after %d requests", name, d.end, len(s.asked))
		}
	}
}

func TestASecondRequestRestsOnALookAfterTheQueue(t *testing.T) {
	s, d := loseFirst(t)
	d.pass(time.Minute)
	s.slow = 3 * time.Second // the queue's answer, then the look's
	d.must()
	if len(s.asked) != 2 {
		t.Errorf("%d requests, waiting %q", len(s.asked), d.waiting)
	}
}

func TestWhatChangedSinceThePlanIsNotTouched(t *testing.T) {
	for _, c := range []struct {
		name   string
		closed bool // the plan overwrites a closed index
		change func(*standin)
		code   string
	}{
		{"an open index appeared", false, func(s *standin) { s.put(fileIndex, 1, false) }, "target_taken"},
		{"a closed index appeared", false, func(s *standin) { s.put(fileIndex, 1, true) }, "target_taken"},
		{"an alias appeared", false, func(s *standin) { s.aliases[fileIndex] = []string{"files-1"} }, "target_taken"},
		{"the closed index was opened", true, func(s *standin) { s.indices[fileIndex].closed = false }, "target_changed"},
		{"the closed index was remade", true, func(s *standin) { s.put(fileIndex, 1, true) }, "target_changed"},
		{"the closed index was removed", true, func(s *standin) { s.remove(fileIndex) }, "target_changed"},
		{"the closed index is an alias now", true, func(s *standin) { s.remove(fileIndex); s.aliases[fileIndex] = []string{"files-1"} }, "target_changed"},
	} {
		s := newStandin()
		if c.closed {
			s.put(fileIndex, 1, true)
		}
		d := restoring(t, s, fileIndex+","+logs, esops.Flags{OverwriteClosed: true})
		c.change(s)
		d.must()
		if d.end != "failed" || d.failure.Code != c.code || !strings.Contains(d.failure.Sentence, "Nothing of it was touched") || d.failure.WayOut == "" {
			t.Errorf("%s: %s %v", c.name, d.end, d.failure)
		}
		if len(s.asked) > 0 || len(s.begun) > 0 {
			t.Errorf("%s: it was asked for", c.name)
		}
	}
}

func TestAForeignIndexIsNotOurs(t *testing.T) {
	t.Run("that came between look and request", func(t *testing.T) {
		s := newStandin()
		s.answers = []answer{stranger}
		d := restoring(t, s, fileIndex, esops.Flags{})
		d.must()
		if d.end != "failed" || d.failure.Code != "open_index" || len(d.run.Results) > 0 {
			t.Errorf("%s %v", d.end, d.failure)
		}
	})
	t.Run("that came after a lost request", func(t *testing.T) {
		s, d := loseFirst(t)
		s.put(fileIndex, 1, false).marker = "r-other-0123456789ab"
		d.until(false, nil)
		if d.end != "failed" || d.failure.Code != "target_taken" || len(s.asked) != 1 {
			t.Errorf("%s %v", d.end, d.failure)
		}
	})
}

func TestAnotherClusterUnderTheNameIsLeftAlone(t *testing.T) {
	for _, at := range []esops.StepKind{esops.StepRestore, esops.StepWait, esops.StepSettle} {
		s := newStandin()
		d := restoring(t, s, fileIndex, esops.Flags{})
		d.until(false, func() bool { return d.run.Next() == at })
		before := len(d.run.Results)
		s.uuid = "uuid-of-c"
		for _, stopping := range []bool{false, true} {
			err := d.look(stopping)
			if at == esops.StepRestore && stopping {
				continue // nothing was sent, so nothing is asked
			}
			var refusal *esops.Refusal
			if !errors.Is(err, esops.ErrUnavailable) || !errors.As(err, &refusal) || refusal.Code != "another_cluster" {
				t.Errorf("%s: %v", at, err)
			}
		}
		if len(d.run.Results) != before || len(s.cleared)+len(s.deleted) > 0 {
			t.Errorf("%s: it went on", at)
		}
	}
}

func TestAnOldClusterRestoresOneAtATime(t *testing.T) {
	s := newStandin()
	s.version = esops.Version{Major: 5, Minor: 6, Patch: 16}
	other := restoring(t, s, logs, esops.Flags{})
	other.must()
	d := restoring(t, s, fileIndex, esops.Flags{})
	for range 5 {
		d.must()
	}
	if len(s.asked) != 1 || !strings.Contains(d.waiting, "one restore at a time") || d.run.Sent != nil {
		t.Errorf("%d requests, waiting %q", len(s.asked), d.waiting)
	}
	s.finish()
	d.until(false, nil)
	if d.end != "succeeded" {
		t.Error(d.end, d.failure)
	}
	s = newStandin() // and a newer one several
	restoring(t, s, logs, esops.Flags{}).must()
	d = restoring(t, s, fileIndex, esops.Flags{})
	d.must()
	if len(s.asked) != 2 || !d.step(esops.StepRestore)() {
		t.Errorf("%d requests, waiting %q", len(s.asked), d.waiting)
	}
}

func TestABusyClusterIsAskedAgainAndNeverTakenForASilentOne(t *testing.T) {
	s := newStandin()
	for range 8 {
		s.answers = append(s.answers, busy)
	}
	d := restoring(t, s, fileIndex, esops.Flags{})
	var pauses []time.Duration
	last := s.now
	d.until(false, func() bool {
		if len(s.asked) > len(pauses) {
			pauses, last = append(pauses, s.now.Sub(last)), s.now
		}
		if !d.step(esops.StepRestore)() && d.waiting != "" && !strings.Contains(d.waiting, "busy") {
			t.Fatalf("waiting %q", d.waiting)
		}
		return false
	})
	if d.end != "succeeded" || len(s.asked) != 9 || d.run.Sent.Attempt != 1 {
		t.Errorf("%s %v after %d requests, attempt %d", d.end, d.failure, len(s.asked), d.run.Sent.Attempt)
	}
	for i := 2; i < len(pauses); i++ {
		if pauses[i] < pauses[i-1] || pauses[i] > 5*time.Minute+2*time.Second {
			t.Errorf("the pauses are %v", pauses)
		}
	}
}

func TestABusyClusterIsNotAskedWhileASnapshotRuns(t *testing.T) {
	s := newStandin()
	s.answers = []answer{busy}
	d := restoring(t, s, fileIndex, esops.Flags{})
	d.must()
	s.snapshots = 1
	for range 50 {
		d.pass(time.Minute)
		d.must()
	}
	if len(s.asked) != 1 || d.run.Sent.Attempt != 1 {
		t.Errorf("%d requests", len(s.asked))
	}
	s.snapshots = 0
	d.must()
	if len(s.asked) != 2 {
		t.Errorf("%d requests, waiting %q", len(s.asked), d.waiting)
	}
}

func TestARequestThatNeverLeftIsTriedAgainAtOnce(t *testing.T) {
	s := newStandin()
	s.answers = []answer{unsent, unsent, unsent, unsent, plainly}
	d := restoring(t, s, fileIndex, esops.Flags{})
	for range 4 {
		if err := d.look(false); !errors.Is(err, esops.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	d.must()
	if s.now != noon || !d.step(esops.StepRestore)() || d.run.Sent.Attempt != 1 {
		t.Errorf("waiting %q, %+v", d.waiting, d.run.Sent)
	}
}

func TestAfterARequestThatNeverLeftALostOneIsStillWaitedFor(t *testing.T) {
	s := newStandin()
	s.answers = []answer{unsent, never}
	d := restoring(t, s, fileIndex, esops.Flags{})
	_, _ = d.look(false), d.look(false)
	for range 30 {
		d.pass(time.Second)
		d.must()
	}
	if len(s.asked) != 2 || !strings.Contains(d.waiting, "lost") {
		t.Errorf("%d requests, waiting %q", len(s.asked), d.waiting)
	}
}

func TestARestoreThatBeginsWithinALookIsSeenWhole(t *testing.T) {
	s := newStandin()
	s.answers = []answer{late}
	d := restoring(t, s, "*", esops.Flags{})
	_ = d.look(false)
	s.between = func() {
		s.between = nil
		s.arrive()
	}
	d.must()
	result, ok := d.result(esops.StepRestore)
	if !ok {
		t.Fatalf("waiting %q", d.waiting)
	}
	for _, target := range result.Targets {
		if !target.Made || target.UUID == "" {
			t.Errorf("%+v", target)
		}
	}
	d.until(false, nil)
	if d.end != "succeeded" {
		t.Error(d.end, d.failure)
	}
}

func TestAnOverwrittenIndexIsNeverMadeByUs(t *testing.T) {
	for _, how := range []answer{plainly, lost} {
		s := newStandin()
		old := s.put(fileIndex, 1, true)
		s.answers = []answer{how}
		d := restoring(t, s, fileIndex+","+logs, esops.Flags{OverwriteClosed: true})
		d.until(false, nil)
		result, _ := d.result(esops.StepRestore)
		want := []esops.TargetResult{{Name: fileIndex, UUID: old.uuid, Shards: 1}, {Name: logs, UUID: "uuid-2", Made: true, Shards: 2}}
		if diff := cmp.Diff(want, result.Targets); diff != "" || d.end != "succeeded" {
			t.Errorf("%s: %s%v", how, diff, d.failure)
		}
	}
}

func TestATargetThatSomeoneReplacedAtOnceIsNotMadeByUs(t *testing.T) {
	s := newStandin()
	s.answers = []answer{lost}
	d := restoring(t, s, fileIndex+","+logs, esops.Flags{})
	_ = d.look(false)
	s.remove(logs)
	s.put(logs, 2, false)
	d.must()
	result, ok := d.result(esops.StepRestore)
	if !ok || !result.Targets[0].Made || result.Targets[1].Made {
		t.Errorf("%+v", result)
	}
}

func TestAMarkerWithoutAJournalMakesNothingOurs(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex, esops.Flags{})
	s.put(fileIndex, 1, false).marker = d.run.Marker // the record was rolled back
	d.must()
	result, ok := d.result(esops.StepRestore)
	if !ok || result.Targets[0].Made || len(s.asked) > 0 {
		t.Errorf("%+v after %d requests", result, len(s.asked))
	}
}

func TestAClusterThatDoesNotAnswerLeavesTheRunAsItIs(t *testing.T) {
	away := fmt.Errorf("%w: refused", esops.ErrUnavailable)
	for call, at := range map[string]esops.StepKind{"state": esops.StepRestore, "recoveries": esops.StepWait, "count": esops.StepVerify, "clear": esops.StepSettle} {
		s := newStandin()
		d := restoring(t, s, fileIndex, esops.Flags{})
		d.until(false, func() bool { return d.run.Next() == at })
		results := len(d.run.Results)
		s.fails[call] = []error{away, away}
		for range 2 {
			if err := d.look(false); !errors.Is(err, esops.ErrUnavailable) {
				t.Errorf("%s: %v", call, err)
			}
		}
		if len(d.run.Results) != results || d.end != "" {
			t.Errorf("%s: something was recorded", call)
		}
		d.until(false, nil)
		if d.end != "succeeded" {
			t.Errorf("%s: %s %v", call, d.end, d.failure)
		}
	}
}

func TestAnUnknownStepIsAnError(t *testing.T) {
	s := newStandin()
	d := restoring(t, s, fileIndex, esops.Flags{})
	d.run.Plan.Steps[0].Kind = "dance"
	if err := d.look(false); err == nil || !strings.Contains(err.Error(), "dance") {
		t.Error(err)
	}
}
