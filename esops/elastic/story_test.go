package elastic_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
	"es-restore/internal/escontract/story"
)

// The acts are what every version must do, simulated or real.
var acts = []struct {
	name string
	play func(*testing.T, *stage)
}{
	{"what is restored is verified", restoresVerified},
	{"it is restored beside under new names", restoresBeside},
	{"a closed index is overwritten", overwritesClosed},
	{"a lost answer is found by its marker", findsLostAnswer},
	{"a lost request goes once more", sendsLostRequestAgain},
	{"a foreign index refuses", refusesForeignIndex},
	{"an alias is swapped and given back", swapsAndUndoes},
	{"the clusters tell what they know", tells},
	{"it is stopped", stops}, // last: what it read so slowly is still being read a while
}

func TestTheStoryOnSimulatedClusters(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		for _, act := range acts {
			t.Run(act.name, func(t *testing.T) { act.play(t, simulated(t, version)) })
		}
	})
}

// sized reports whether a version tells the sizes of what a snapshot holds.
func (s *stage) sized() bool { return s.from(6, 4) }

func restoresVerified(t *testing.T, s *stage) {
	r := s.ride(ask("*", esops.Flags{}))
	want := []string{story.FileIndex, story.EcommerceIndex, story.LogsIndex}
	if diff := cmp.Diff(want, r.run.Plan.Targets(), sorted); diff != "" {
		t.Errorf("the plan: %s", diff)
	}
	bytes := map[string]int64{}
	for _, item := range r.readings.Items {
		bytes[item.Index] = item.Bytes
		if (item.Bytes >= 0) != s.sized() || item.Shards < 1 {
			t.Errorf("%+v", item)
		}
	}
	for name, target := range r.succeed() {
		if target.Docs != int64(story.Docs(name)) || !target.Made || target.Proved != target.Shards {
			t.Errorf("%+v, and %d documents were there", target, story.Docs(name))
		}
		if s.sized() && target.Bytes != bytes[name] {
			t.Errorf("%s: %d bytes came, and the snapshot tells of %d", name, target.Bytes, bytes[name])
		}
	}
	if marked := s.marked(); len(marked) > 0 {
		t.Errorf("markers stay on %q", marked)
	}
	var aliases map[string]struct{ Aliases map[string]any }
	s.do(s.reader, "GET", "/"+story.EcommerceIndex+"/_alias", nil, &aliases)
	if len(aliases[story.EcommerceIndex].Aliases) > 0 {
		t.Errorf("aliases came along: %v", aliases)
	}
	if n := s.door.passed.Load(); n != 1 {
		t.Errorf("%d restore requests", n)
	}
}

var sorted = cmp.Transformer("sorted", func(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
})

func restoresBeside(t *testing.T, s *stage) {
	none := 0
	s.do(s.reader, "PUT", "/"+story.FileIndex, nil, nil)
	before := s.uuid(story.FileIndex)
	r := s.ride(ask(story.FileIndex+","+story.KibanaIndex, esops.Flags{As: "restored-$1", System: true, Replicas: &none}))
	found := r.succeed()
	if found["restored-"+story.FileIndex].Docs != 250 || found["restored-"+story.KibanaIndex].Docs != 12 {
		t.Errorf("%+v", found)
	}
	if s.uuid(story.FileIndex) != before {
		t.Error("the live index was touched")
	}
}

func overwritesClosed(t *testing.T, s *stage) {
	s.ride(ask(story.LogsIndex, esops.Flags{})).succeed()
	s.do(s.reader, "POST", "/"+story.LogsIndex+"/_close", nil, nil)
	before := s.uuid(story.LogsIndex)
	_, readings := s.plan(ask(story.LogsIndex, esops.Flags{}))
	if blocking := readings.Blocking(); len(blocking) != 1 || blocking[0].Code != "closed_index" {
		t.Fatalf("%+v", blocking)
	}
	r := s.ride(ask(story.LogsIndex, esops.Flags{OverwriteClosed: true}))
	if !r.run.Plan.Overwrites() || r.run.Plan.Items[0].TargetUUID != before {
		t.Errorf("%+v", r.run.Plan.Items)
	}
	found := r.succeed()[story.LogsIndex]
	if found.Made || found.UUID != before || s.uuid(story.LogsIndex) != before || found.Docs != 1407 {
		t.Errorf("%+v, before it was %s", found, before)
	}
	if marked := s.marked(); len(marked) > 0 {
		t.Errorf("markers stay on %q", marked)
	}
}

func findsLostAnswer(t *testing.T, s *stage) {
	r := s.ride(ask(story.FileIndex+","+story.LogsIndex, esops.Flags{}))
	s.door.answers.Store(1)
	if err := r.look(t.Context(), false); class(err) != isUnknown {
		t.Fatalf("%s: %v", class(err), err)
	}
	r.restart() // and whoever was told nothing died
	begun := s.now()
	r.until(false, r.step(esops.StepRestore))
	if passed := s.now().Sub(begun); passed > 10*time.Second {
		t.Errorf("it was found after %v", passed)
	}
	for name, target := range r.succeed() {
		if !target.Made || target.Docs != int64(story.Docs(name)) {
			t.Errorf("%+v", target)
		}
	}
	if n := s.door.passed.Load(); n != 1 {
		t.Errorf("%d restore requests", n)
	}
}

func sendsLostRequestAgain(t *testing.T, s *stage) {
	if s.simReader == nil {
		t.Skip("left out on real nodes: it takes a minute of quiet")
	}
	r := s.ride(ask(story.FileIndex, esops.Flags{}))
	s.door.requests.Store(1)
	_ = r.look(t.Context(), false)
	begun := s.now()
	r.until(false, r.step(esops.StepRestore))
	if passed := s.now().Sub(begun); passed < time.Minute {
		t.Errorf("it was sent again after %v", passed)
	}
	r.succeed()
	if n := s.door.passed.Load(); n != 2 || len(s.simReader.Restores()) != 1 {
		t.Errorf("%d restore requests, %d restores", n, len(s.simReader.Restores()))
	}
}

func refusesForeignIndex(t *testing.T, s *stage) {
	r := s.ride(ask(story.FileIndex+","+story.LogsIndex, esops.Flags{}))
	o, err := r.runner.Look(t.Context(), r.run, false)
	if err != nil || o.Journal == nil {
		t.Fatalf("%+v %v", o, err)
	}
	s.do(s.reader, "PUT", "/"+story.LogsIndex, nil, nil) // after the look
	r.run.Sent = o.Journal
	o, err = r.runner.Send(t.Context(), r.run, *o.Journal)
	if err != nil || o.Failure == nil || o.Failure.Code != "open_index" {
		t.Fatalf("%+v %v", o, err)
	}
	if s.uuid(story.FileIndex) != "" || len(s.marked()) > 0 {
		t.Error("something was restored")
	}
}

func swapsAndUndoes(t *testing.T, s *stage) {
	one := 1
	s.do(s.reader, "PUT", "/files-1", map[string]any{"aliases": map[string]any{"files": map[string]any{}}}, nil)
	r := s.ride(ask(story.FileIndex, esops.Flags{Swap: "files", Replicas: &one}))
	r.succeed()
	behind := func() []string {
		state, err := s.es.State(t.Context(), []string{"files"})
		if err != nil {
			t.Fatal(err)
		}
		return state.Targets["files"].Behind
	}
	if diff := cmp.Diff([]string{story.FileIndex}, behind()); diff != "" {
		t.Error(diff)
	}
	var settings map[string]struct {
		Settings struct {
			Index struct {
				Replicas string `json:"number_of_replicas"`
			}
		}
	}
	s.do(s.reader, "GET", "/"+story.FileIndex+"/_settings", nil, &settings)
	if n := settings[story.FileIndex].Settings.Index.Replicas; n != "1" {
		t.Errorf("%s replicas", n)
	}
	made, readings, err := s.planner().Undo(t.Context(), r.run)
	if err != nil || len(readings.Blocking()) > 0 {
		t.Fatalf("%v %+v", err, readings.Blocking())
	}
	u := &ride{stage: s, run: esops.Run{Plan: made, Marker: "r-9xyz2"}, readings: readings}
	u.restart()
	u.until(false, nil)
	if diff := cmp.Diff([]string{"files-1"}, behind()); diff != "" || u.end != "succeeded" || s.uuid(story.FileIndex) != "" || s.uuid("files-1") == "" {
		t.Errorf("%s %v %s", u.end, u.failure, diff)
	}
}

// tells holds what the owner and the reader know of one index against each other.
func tells(t *testing.T, s *stage) {
	s.ride(ask(story.EcommerceIndex, esops.Flags{As: "restored-$1"})).succeed()
	origin := client(t, s.ownerURL)
	facts, err := origin.Facts(t.Context(), []string{story.EcommerceIndex, "nosuch"})
	fact := facts[story.EcommerceIndex]
	if err != nil || len(facts) != 1 || fact.Docs != 467 || fact.Version.Major != s.major() || fact.Created.IsZero() || !slices.Equal(fact.Aliases, []string{story.EcommerceAlias}) {
		t.Errorf("%+v %v", facts, err)
	}
	if len(fact.Types) > 1 || s.from(7, 0) && len(fact.Types) > 0 {
		t.Errorf("types %q", fact.Types)
	}
	was, there, err := origin.Shape(t.Context(), story.EcommerceIndex)
	if err != nil || !there {
		t.Fatal(there, err)
	}
	is, there, err := s.es.Shape(t.Context(), "restored-"+story.EcommerceIndex)
	if err != nil || !there {
		t.Fatal(there, err)
	}
	if diff := cmp.Diff(was, is); diff != "" || was.Mapping == "" || was.Docs != 467 || len(was.Settings) == 0 {
		t.Errorf("%+v: %s", was, diff)
	}
	if s.simReader == nil { // the simulated ones filter errors, too
		if _, there, err := s.es.Shape(t.Context(), story.EcommerceIndex); there || err != nil {
			t.Errorf("%v %v", there, err)
		}
	}
	if read, err := s.es.Sample(t.Context(), "restored-"+story.EcommerceIndex); !read || err != nil {
		t.Errorf("%v %v", read, err)
	}
	if n, err := s.es.Matching(t.Context(), "restored-"+story.EcommerceIndex, json.RawMessage(`{"match_all":{}}`)); n != 467 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	capacity, err := s.es.Capacity(t.Context(), story.ReaderRepository)
	if err != nil || len(capacity.Disks) != 1 || capacity.Disks[0].Free <= 0 || capacity.Disks[0].Total < capacity.Disks[0].Free ||
		capacity.LowUsed == 0 && capacity.LowFree == 0 || capacity.Blocked || capacity.Allocation != "all" || capacity.NodeRate != 40<<20 {
		t.Errorf("%+v %v", capacity, err)
	}
	if (capacity.ShardLimit > 0) != s.from(6, 7) || s.from(6, 7) && capacity.Shards == 0 {
		t.Errorf("%d shards of %d", capacity.Shards, capacity.ShardLimit)
	}
}

func stops(t *testing.T, s *stage) {
	// Slow enough to be caught, whoever runs.
	s.do(s.reader, "PUT", "/_snapshot/slow", map[string]any{"type": "fs", "settings": map[string]any{
		"location": s.location(), "readonly": true, "max_restore_bytes_per_sec": "2kb"}}, nil)
	req := ask(story.FileIndex+","+story.LogsIndex, esops.Flags{})
	req.Repository = "slow"
	s.ride(ask(story.EcommerceIndex, esops.Flags{})).succeed()
	r := s.ride(req)
	r.until(false, r.step(esops.StepRestore))
	r.until(true, nil)
	if r.end != "stopped" || !r.stopped.Begun {
		t.Fatalf("%s: %v", r.end, r.failure)
	}
	if len(r.stopped.Removed) == 0 || slices.Contains(r.stopped.Removed, story.EcommerceIndex) {
		t.Errorf("%+v", r.stopped)
	}
	for _, name := range r.stopped.Removed {
		if s.uuid(name) != "" {
			t.Errorf("%s is still there", name)
		}
	}
	if s.uuid(story.EcommerceIndex) == "" || len(s.marked()) > 0 {
		t.Error("another index was removed, or a marker stays")
	}
}

// location is the folder of the shared repository.
func (s *stage) location() string {
	s.t.Helper()
	var repositories map[string]struct{ Settings struct{ Location string } }
	s.do(s.reader, "GET", "/_snapshot/"+story.ReaderRepository, nil, &repositories)
	return repositories[story.ReaderRepository].Settings.Location
}
