package esops_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

const gb = 1 << 30

// roomy is a cluster with room for everything.
func roomy() esops.Capacity {
	return esops.Capacity{
		Disks:      []esops.Disk{{Node: "a", Total: 100 * gb, Free: 90 * gb}, {Node: "b", Total: 100 * gb, Free: 90 * gb}},
		Watermarks: true, LowUsed: 0.85, Allocation: "all", NodeRate: 40 << 20,
	}
}

// found plans with a survey, and gives the finding with a code.
func found(t *testing.T, s *shelf, capacity esops.Capacity, req esops.Request, code string) (esops.Finding, bool) {
	t.Helper()
	planner := s.planner()
	planner.Surveyor = surveyed{capacity: capacity}
	_, readings, err := planner.Restore(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(readings.Findings, func(f esops.Finding) bool { return f.Code == code })
	if at < 0 {
		return esops.Finding{}, false
	}
	return readings.Findings[at], true
}

// sized is the story with an index of that many bytes.
func sized(bytes int64) *shelf {
	s := story()
	s.sizes[fileIndex] = esops.Size{Bytes: bytes, Shards: 1}
	return s
}

// spread is the same in four shards.
func spread(bytes int64) *shelf {
	s := sized(bytes)
	s.sizes[fileIndex] = esops.Size{Bytes: bytes, Shards: 4}
	return s
}

func TestWhatDoesNotFitIsRefusedBeforehand(t *testing.T) {
	seven := esops.Version{Major: 7, Minor: 10}
	for _, c := range []struct {
		name   string
		bytes  int64
		change func(*esops.Capacity, *shelf, *esops.Request)
		code   string // of a blocking finding, or ""
		says   string
	}{
		{"it fits", 149 * gb / 2, func(*esops.Capacity, *shelf, *esops.Request) {}, "", ""},
		{"more than up to the watermark", 151 * gb, func(*esops.Capacity, *shelf, *esops.Request) {}, "no_room", "room for 150 GiB on 2 data nodes, and this needs 151 GiB"},
		{"with its replicas", 76 * gb, func(_ *esops.Capacity, _ *shelf, r *esops.Request) { one := 1; r.Replicas = &one }, "no_room", "needs 152 GiB"},
		{"no watermarks", 170 * gb, func(c *esops.Capacity, s *shelf, _ *esops.Request) {
			c.Watermarks = false
			s.sizes = spread(170 * gb).sizes
		}, "", ""},
		{"a shard larger than any node's room", 80 * gb, func(*esops.Capacity, *shelf, *esops.Request) {}, "no_room_for_shard", "a shard of 80 GiB; the most is 75 GiB"},
		{"a watermark in bytes", 151 * gb, func(c *esops.Capacity, _ *shelf, _ *esops.Request) { c.LowUsed, c.LowFree = 0, 20*gb }, "no_room", "room for 140 GiB"},
		{"a disk that is full", 76 * gb, func(c *esops.Capacity, _ *shelf, _ *esops.Request) { c.Disks[1].Free = 0 }, "no_room", "room for 75 GiB"},
		{"a size that is not known", -1, func(c *esops.Capacity, _ *shelf, _ *esops.Request) { c.Disks[0].Free, c.Disks[1].Free = 0, 0 }, "", ""},
		{"a read-only cluster", 1, func(c *esops.Capacity, _ *shelf, _ *esops.Request) { c.Blocked = true }, "cluster_blocked", "read-only"},
		{"no allocation", 1, func(c *esops.Capacity, _ *shelf, _ *esops.Request) { c.Allocation = "none" }, "allocation_off", "places no shards"},
		{"the shard limit", 1, func(c *esops.Capacity, s *shelf, _ *esops.Request) {
			s.cluster.Version, c.ShardLimit, c.Shards = seven, 2000, 2000
		}, "shard_limit", "holds 2000 shards of at most 2000; this adds at least 1"},
		{"the shard limit just met", 1, func(c *esops.Capacity, s *shelf, _ *esops.Request) {
			s.cluster.Version, c.ShardLimit, c.Shards = seven, 2000, 1999
		}, "", ""},
		{"a limit that 6.x only shows", 1, func(c *esops.Capacity, _ *shelf, _ *esops.Request) { c.ShardLimit, c.Shards = 10, 10 }, "", ""},
	} {
		s, capacity, req := sized(c.bytes), roomy(), ask(fileIndex)
		c.change(&capacity, s, &req)
		planner := s.planner()
		planner.Surveyor = surveyed{capacity: capacity}
		_, readings, err := planner.Restore(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		blocking := readings.Blocking()
		if c.code == "" && len(blocking) > 0 {
			t.Errorf("%s: %+v", c.name, blocking)
		}
		if c.code != "" && (len(blocking) != 1 || blocking[0].Code != c.code || !strings.Contains(blocking[0].Sentence, c.says) || blocking[0].WayOut == "") {
			t.Errorf("%s: %+v", c.name, blocking)
		}
	}
}

func TestATightFitIsNoted(t *testing.T) {
	if f, ok := found(t, spread(130*gb), roomy(), ask(fileIndex), "little_room"); !ok || f.Severity != esops.Note {
		t.Errorf("%+v", f)
	}
	if f, ok := found(t, sized(50*gb), roomy(), ask(fileIndex), "little_room"); ok {
		t.Errorf("%+v", f)
	}
	if f, ok := found(t, sized(50*gb), roomy(), ask(fileIndex), "room"); !ok || !strings.Contains(f.Sentence, "room for 150 GiB: a 75 GiB, b 75 GiB") {
		t.Errorf("%+v", f)
	}
}

func TestHowLongItMayTakeIsToldWithItsThrottle(t *testing.T) {
	for _, c := range []struct {
		name    string
		version esops.Version
		rates   [2]int64 // of the nodes and of the repository, in MB a second
		speed   float64
		says    []string
	}{
		{"up to 7.8 by the default", esops.Version{Major: 6, Minor: 7}, [2]int64{40, 0}, 0, []string{"At least 20 min", "40 MiB a second and node by the repository's max_restore_bytes_per_sec"}},
		{"up to 7.8 by the repository", esops.Version{Major: 6, Minor: 7}, [2]int64{1, 400}, 0, []string{"At least 2 min", "400 MiB", "repository's"}},
		{"from 7.9 by the cluster", esops.Version{Major: 7, Minor: 10}, [2]int64{40, 0}, 0, []string{"At least 20 min", "indices.recovery.max_bytes_per_sec"}},
		{"from 7.9 by the lower one", esops.Version{Major: 7, Minor: 10}, [2]int64{40, 20}, 0, []string{"At least 40 min", "20 MiB", "repository's"}},
		{"from 7.9 by the repository alone", esops.Version{Major: 7, Minor: 10}, [2]int64{0, 20}, 0, []string{"At least 40 min", "20 MiB", "repository's"}},
		{"by what was seen", esops.Version{Major: 6, Minor: 7}, [2]int64{40, 0}, 20 << 20, []string{"About 80 min, by what restores to es-cn-b came to so far (20 MiB a second)", "40 MiB a second and node"}},
	} {
		s, capacity := sized(96_000<<20), roomy()
		s.cluster.Version = c.version
		capacity.NodeRate, capacity.RepositoryRate = c.rates[0]<<20, c.rates[1]<<20
		planner := s.planner()
		planner.Surveyor = surveyed{capacity: capacity}
		if c.speed > 0 {
			planner.Speed = func(context.Context) (float64, bool) { return c.speed, true }
		}
		_, readings, err := planner.Restore(t.Context(), ask(fileIndex))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(readings.Findings, func(f esops.Finding) bool { return f.Code == "time_expected" })
		if at < 0 {
			t.Errorf("%s: nothing is said", c.name)
			continue
		}
		for _, part := range c.says {
			if !strings.Contains(readings.Findings[at].Sentence, part) {
				t.Errorf("%s: %q is not in %q", c.name, part, readings.Findings[at].Sentence)
			}
		}
	}
}

func TestASurveyThatIsNotToldStopsNoPlan(t *testing.T) {
	s := story()
	planner := s.planner()
	planner.Surveyor = surveyed{err: errors.New("away")}
	_, readings, err := planner.Restore(t.Context(), ask(fileIndex))
	if err != nil || len(readings.Blocking()) > 0 || !slices.Contains(codes(readings.Findings), "room_unknown") {
		t.Errorf("%v %q", err, codes(readings.Findings))
	}
}

// TestNothingSurveyedIsInTheDigest plans with and without answers of the
// destination's survey and of the cluster that the snapshot comes from.
func TestNothingSurveyedIsInTheDigest(t *testing.T) {
	s := story()
	s.cluster.Version, s.snapshots[0].Version = esops.Version{Major: 6, Minor: 7}, esops.Version{Major: 6, Minor: 7}
	facts := map[string]esops.Fact{fileIndex: {Version: esops.Version{Major: 5, Minor: 6}, Lifecycle: "hot", Aliases: []string{"a"}, Stream: "s", Docs: 1}}
	digests := map[string]string{}
	for name, change := range map[string]func(*esops.Planner){
		"nothing": func(*esops.Planner) {},
		"all": func(p *esops.Planner) {
			p.Surveyor = surveyed{capacity: roomy()}
			p.Origin = func(string) esops.Surveyor { return surveyed{facts: facts} }
		},
		"errors": func(p *esops.Planner) {
			p.Surveyor = surveyed{err: errors.New("away")}
			p.Origin = func(string) esops.Surveyor { return surveyed{err: errors.New("away")} }
		},
	} {
		planner := s.planner()
		change(&planner)
		made, _, err := planner.Restore(t.Context(), ask(fileIndex))
		if err != nil {
			t.Fatal(err)
		}
		digests[made.Digest()] += name + " "
	}
	if len(digests) != 1 {
		t.Errorf("%v", digests)
	}
}

func TestAWarningThatTheSourceNoLongerTellsMakesNoOtherPlan(t *testing.T) {
	s := story()
	planner := s.planner()
	planner.Origin = func(string) esops.Surveyor {
		return surveyed{facts: map[string]esops.Fact{fileIndex: {Version: esops.Version{Major: 5, Minor: 6}, Types: []string{"a", "b"}}}}
	}
	was, _, err := planner.Restore(t.Context(), ask(fileIndex))
	if err != nil || !slices.Contains(was.Approves, "multiple_types") {
		t.Fatalf("%v %q", err, was.Approves)
	}
	planner.Origin = func(string) esops.Surveyor { return surveyed{err: errors.New("away")} }
	again, readings, err := planner.Again(t.Context(), was)
	if err != nil || len(readings.Blocking()) > 0 || again.Digest() != was.Digest() {
		t.Errorf("%v %+v %q", err, readings.Blocking(), esops.Describe(was, again))
	}
}

func TestAWarningThatNobodySawMakesAnotherPlan(t *testing.T) {
	s := story()
	planner := s.planner()
	was, _, err := planner.Restore(t.Context(), ask(fileIndex))
	if err != nil {
		t.Fatal(err)
	}
	planner.Origin = func(string) esops.Surveyor {
		return surveyed{facts: map[string]esops.Fact{fileIndex: {Version: esops.Version{Major: 5, Minor: 6}, Types: []string{"a", "b"}}}}
	}
	again, _, err := planner.Again(t.Context(), was)
	if err != nil || again.Digest() == was.Digest() || len(esops.Describe(was, again)) == 0 {
		t.Errorf("%v %q", err, esops.Describe(was, again))
	}
}

func TestWhatTheSourceKnowsIsTold(t *testing.T) {
	five, six := esops.Version{Major: 5, Minor: 6}, esops.Version{Major: 6, Minor: 7}
	for _, c := range []struct {
		name        string
		fact        esops.Fact
		destination esops.Version
		want        []string
	}{
		{"nothing odd", esops.Fact{Version: six}, six, nil},
		{"made too long ago", esops.Fact{Version: five}, esops.Version{Major: 7, Minor: 10}, []string{"blocking index_too_old"}},
		{"several types", esops.Fact{Version: six, Types: []string{"a", "b"}}, six, []string{"warning multiple_types"}},
		{"several types on 7.x", esops.Fact{Version: six, Types: []string{"a", "b"}}, esops.Version{Major: 7, Minor: 10}, []string{"blocking multiple_types"}},
		{"one type", esops.Fact{Version: six, Types: []string{"doc"}}, six, nil},
		{"a lifecycle policy", esops.Fact{Version: six, Lifecycle: "hot"}, six, []string{"note lifecycle_left"}},
		{"aliases", esops.Fact{Version: six, Aliases: []string{"a", "b"}}, six, []string{"note aliases_left"}},
		{"a data stream", esops.Fact{Version: six, Stream: "s"}, six, []string{"note stream_left"}},
		{"made anew since", esops.Fact{Version: five, Created: noon, Types: []string{"a", "b"}}, six, []string{"note facts_unknown"}},
	} {
		s := story()
		s.cluster.Version = c.destination
		planner := s.planner()
		planner.Origin = func(owner string) esops.Surveyor {
			if owner != "es-cn-a" {
				t.Errorf("asked of %s", owner)
			}
			return surveyed{facts: map[string]esops.Fact{fileIndex: c.fact}}
		}
		_, readings, err := planner.Restore(t.Context(), ask(fileIndex))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range readings.Findings {
			if f.Code != "older_major" {
				got = append(got, string(f.Severity)+" "+f.Code)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestNotesAboutManyIndicesAreGathered(t *testing.T) {
	s := wide(50)
	facts := map[string]esops.Fact{}
	for _, name := range s.snapshots[0].Indices {
		facts[name] = esops.Fact{Version: esops.Version{Major: 6}, Lifecycle: "hot"}
	}
	planner := s.planner()
	planner.Origin = func(string) esops.Surveyor { return surveyed{facts: facts} }
	_, readings, err := planner.Restore(t.Context(), ask("*"))
	if err != nil || len(readings.Findings) != 4 || !strings.Contains(readings.Findings[3].Sentence, "The same for 47 more: logs-00003") {
		t.Errorf("%v %+v", err, readings.Findings)
	}
}
