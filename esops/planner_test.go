package esops_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/esops"
)

func plan(t testing.TB, s *shelf, req esops.Request) (esops.Plan, esops.Readings) {
	t.Helper()
	made, readings, err := s.planner().Restore(t.Context(), req)
	if err != nil {
		t.Fatalf("it could not be judged: %v", err)
	}
	return made, readings
}

func TestAPlanHoldsWhatWillBeDone(t *testing.T) {
	s := story()
	req := ask("*")
	req.As = "restored-$1"
	one := 1
	req.Replicas = &one
	made, readings := plan(t, s, req)
	want := esops.Plan{
		Kind: esops.KindRestore, Cluster: "es-cn-b", ClusterUUID: "uuid-of-b", Source: "es-cn-a", Repository: repository,
		Snapshot: automatic, SnapshotUUID: "uuid-of-snapshot", Flags: req.Flags,
		Items: []esops.Item{
			{Index: fileIndex, Target: "restored-" + fileIndex, TargetState: esops.TargetAbsent},
			{Index: ecommerce, Target: "restored-" + ecommerce, TargetState: esops.TargetAbsent},
			{Index: logs, Target: "restored-" + logs, TargetState: esops.TargetAbsent},
		},
		Steps: []esops.Step{{Kind: esops.StepRestore, Body: &esops.RestoreBody{
			Indices: []string{fileIndex, ecommerce, logs}, RenamePattern: "^(.+)$", RenameReplacement: "restored-$1",
			IndexSettings:       map[string]any{"index.number_of_replicas": 0},
			IgnoreIndexSettings: []string{"index.blocks.*", "index.lifecycle.*", esops.MarkerSetting},
		}}, {Kind: esops.StepWait}, {Kind: esops.StepReplicas, Replicas: &one}, {Kind: esops.StepVerify}, {Kind: esops.StepSettle}},
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	wantReadings := esops.Readings{
		Taken: noon, Version: "6.7.0", Health: "green", SnapshotState: "SUCCESS", SnapshotStarted: noon.Add(-14 * time.Hour), SnapshotVersion: "6.7.0",
		Items:    []esops.ItemReading{{Index: fileIndex, Bytes: 2000, Shards: 1}, {Index: ecommerce, Bytes: 3000, Shards: 1}, {Index: logs, Bytes: 4000, Shards: 2}},
		Findings: []esops.Finding{{Code: "system_left_out", Severity: esops.Note, Sentence: "1 system index stays out: .kibana_1."}},
	}
	if diff := cmp.Diff(wantReadings, readings); diff != "" {
		t.Error(diff)
	}
	if bytes, known := readings.Bytes(); bytes != 9000 || !known {
		t.Errorf("%d bytes, known %v", bytes, known)
	}
	if made.Overwrites() {
		t.Error("nothing is overwritten")
	}
}

// A refusal is what one request is answered.
type refusal struct {
	name   string
	make   func(*shelf, *esops.Request) // from the story and a request for the file index
	code   string
	index  string
	says   []string
	wayOut []string
}

func on(target string, is esops.Target) func(*shelf, *esops.Request) {
	return func(s *shelf, _ *esops.Request) { s.targets[target] = is }
}

func asking(indices string, flags esops.Flags) func(*shelf, *esops.Request) {
	return func(_ *shelf, r *esops.Request) { r.Indices, r.Flags = indices, flags }
}

func partial(s *shelf) {
	s.snapshots[0].State = esops.SnapshotPartial
	s.snapshots[0].Failures = []esops.ShardFailure{{Index: logs, Shard: 10}, {Index: logs, Shard: 2}, {Index: logs, Shard: 2}, {Index: kibana, Shard: 0}}
}

func refusals() []refusal {
	closed := esops.Target{State: esops.TargetClosed, UUID: "old", Shards: 1}
	return []refusal{
		{"an open index", on(fileIndex, esops.Target{State: esops.TargetOpen, UUID: "u", Shards: 1}), "open_index", fileIndex,
			[]string{"es-cn-b has an open index " + fileIndex}, []string{"--as 'restored-$1'", "--overwrite-closed"}},
		{"an open index under a new name", func(s *shelf, r *esops.Request) {
			s.targets["old"], r.As = esops.Target{State: esops.TargetOpen, UUID: "u"}, "old"
		}, "open_index", fileIndex, []string{"open index old"}, []string{"Choose another name with --as"}},
		{"a closed index without leave", on(fileIndex, closed), "closed_index", fileIndex,
			[]string{"closed index " + fileIndex}, []string{"--as 'restored-$1'", "--overwrite-closed", "gone from the first second"}},
		{"a closed index with other shards", func(s *shelf, r *esops.Request) {
			s.targets[fileIndex], r.OverwriteClosed = esops.Target{State: esops.TargetClosed, UUID: "old", Shards: 5}, true
		}, "shard_count", fileIndex, []string{"has 5 primary shards and the snapshot's has 1"}, []string{"--as 'restored-$1'"}},
		{"an alias", on(fileIndex, esops.Target{State: esops.TargetAlias, Behind: []string{"files-1", "files-2"}}), "alias_name", fileIndex,
			[]string{"is an alias on es-cn-b, for files-1, files-2"}, []string{"--as 'restored-$1'", "remove the alias"}},
		{"a data stream", on(fileIndex, esops.Target{State: esops.TargetStream}), "data_stream_name", fileIndex,
			[]string{"is a data stream on es-cn-b"}, []string{"--as 'restored-$1'"}},
		{"an index that is not there", asking("file-2019-08-26", esops.Flags{}), "no_such_index", "file-2019-08-26",
			[]string{"holds no index file-2019-08-26"}, []string{"Did you mean " + fileIndex, "show es-cn-b " + repository + "/" + automatic}},
		{"a pattern that matches nothing", asking("payments-*", esops.Flags{}), "no_such_index", "payments-*", []string{"holds no index payments-*"}, []string{"show es-cn-b"}},
		{"a mistyped exclusion", asking("*,-file-2019-08-2", esops.Flags{}), "no_such_index", "file-2019-08-2", []string{"holds no index"}, []string{"Did you mean " + fileIndex}},
		{"a list that begins with an exclusion", asking("-file*", esops.Flags{}), "begins_with_exclusion", "", []string{"picks nothing"}, []string{"*,-logs-*"}},
		{"an empty list", asking(" , ", esops.Flags{}), "nothing_selected", "", []string{"picks nothing"}, []string{"show es-cn-b"}},
		{"only what was excluded again", asking("file*,-file*", esops.Flags{}), "nothing_selected", "", []string{"picks nothing"}, []string{"show es-cn-b"}},
		{"only system indices by a pattern", asking("*kibana_1", esops.Flags{}), "nothing_selected", "", []string{"picks nothing"}, nil},
		{"a system index typed", asking(".kibana_1", esops.Flags{}), "system_index", kibana, []string{".kibana_1 is a system index", "lock people out"}, []string{"--system"}},
		{"a system pattern typed", asking(".kib*", esops.Flags{}), "system_index", ".kib*", nil, []string{"--system"}},
		{"a new name that is a system index's", asking(fileIndex, esops.Flags{As: ".$1"}), "system_index", fileIndex, []string{"." + fileIndex + " would be a system index"}, []string{"--as", "--system"}},
		{"an illegal new name", asking(fileIndex, esops.Flags{As: "UP-$1"}), "illegal_name", fileIndex, []string{`"UP-` + fileIndex + `"`, "lower-case"}, []string{"--as"}},
		{"an illegal first letter", asking(fileIndex, esops.Flags{As: "_$1"}), "illegal_name", fileIndex, []string{"may not begin with"}, []string{"--as"}},
		{"two indices with one target", asking("file*,*ecommerce", esops.Flags{As: "same"}), "same_target", ecommerce, []string{fileIndex + " and " + ecommerce + " would both become same"}, []string{"$1"}},
		{"a snapshot that is not there", func(_ *shelf, r *esops.Request) { r.Snapshot = "es-cn-a_20190705220001" }, "no_such_snapshot", "",
			[]string{"has no snapshot es-cn-a_20190705220001"}, []string{"Did you mean " + automatic, "snapshots es-cn-b " + repository}},
		{"a snapshot that can't be read", func(s *shelf, _ *esops.Request) { s.unreadable = []string{automatic} }, "snapshot_unreadable", "",
			[]string{"lists snapshot " + automatic, "damaged"}, []string{"another one"}},
		{"an empty repository", func(s *shelf, _ *esops.Request) { s.snapshots = nil }, "no_such_snapshot", "",
			[]string{"holds no snapshot at all", "wrong path"}, []string{"snapshots es-cn-b"}},
		{"latest of an empty repository", func(s *shelf, r *esops.Request) { s.snapshots, r.Snapshot = nil, "latest" }, "no_such_snapshot", "",
			[]string{"holds no snapshot at all", "wrong path"}, []string{"snapshots es-cn-b"}},
		{"a time in an empty repository", func(s *shelf, r *esops.Request) { s.snapshots, r.Snapshot = nil, "2019-07-05T22:00" }, "no_such_snapshot", "",
			[]string{"holds no snapshot at all", "wrong path"}, []string{"snapshots es-cn-b"}},
		{"latest of failed snapshots", func(s *shelf, r *esops.Request) { s.snapshots[0].State, r.Snapshot = esops.SnapshotFailed, "latest" }, "no_such_snapshot", "",
			[]string{"no successful snapshot among its 1"}, []string{"snapshots es-cn-b"}},
		{"a time before all snapshots", func(_ *shelf, r *esops.Request) { r.Snapshot = "2019-07-05T21:59" }, "no_such_snapshot", "",
			[]string{"among the 1 of " + repository, "2019-07-05 21:59:00 UTC"}, []string{"snapshots es-cn-b"}},
		{"a snapshot that is still taken", func(s *shelf, _ *esops.Request) { s.snapshots[0].State = esops.SnapshotInProgress }, "snapshot_in_progress", "",
			[]string{"still being taken"}, []string{"Wait"}},
		{"a snapshot that failed", func(s *shelf, _ *esops.Request) { s.snapshots[0].State = esops.SnapshotFailed }, "snapshot_failed", "",
			[]string{"restores nothing from it"}, []string{"another one"}},
		{"a snapshot in an odd state", func(s *shelf, _ *esops.Request) { s.snapshots[0].State = "INCOMPATIBLE" }, "snapshot_unusable", "",
			[]string{"INCOMPATIBLE"}, []string{"another one"}},
		{"an index that is not whole", func(s *shelf, r *esops.Request) { partial(s); r.Indices = logs }, "index_not_whole", logs,
			[]string{"does not hold " + logs + " whole: shards 2, 10 are missing"}, []string{"Leave it out", "--partial"}},
		{"an index that is not whole over a closed one", func(s *shelf, r *esops.Request) {
			partial(s)
			s.targets[logs], r.Indices = closed, logs
			r.OverwriteClosed, r.Partial = true, true
		}, "partial_over_closed", logs, []string{"closed index " + logs, "whole"}, []string{"--as 'restored-$1'", "leave it out"}},
		{"a newer snapshot", func(s *shelf, _ *esops.Request) {
			s.snapshots[0].Version = esops.Version{Major: 7, Minor: 10, Patch: 2}
		}, "source_newer", "",
			[]string{"7.10.2", "6.7.0"}, []string{"newer version"}},
		{"a snapshot that is too old", func(s *shelf, _ *esops.Request) {
			s.cluster.Version, s.snapshots[0].Version = esops.Version{Major: 7, Minor: 17}, esops.Version{Major: 5, Minor: 6}
		}, "source_too_old", "", []string{"5.6.0", "6.x and 7.x"}, []string{"6.x cluster", "reindex"}},
	}
}

func TestWhatCannotBeDoneIsSaidBeforehandWithAWayOut(t *testing.T) {
	for _, c := range refusals() {
		t.Run(c.name, func(t *testing.T) {
			s, req := story(), ask(fileIndex)
			c.make(s, &req)
			_, readings := plan(t, s, req)
			blocking := readings.Blocking()
			if len(blocking) != 1 {
				t.Fatalf("%d blocking findings: %+v", len(blocking), readings.Findings)
			}
			f := blocking[0]
			if f.Code != c.code || f.Index != c.index {
				t.Errorf("%s of %q, want %s of %q", f.Code, f.Index, c.code, c.index)
			}
			for _, part := range c.says {
				if !strings.Contains(f.Sentence, part) {
					t.Errorf("%q is not in %q", part, f.Sentence)
				}
			}
			if f.WayOut == "" {
				t.Errorf("no way out of %q", f.Sentence)
			}
			for _, part := range c.wayOut {
				if !strings.Contains(f.WayOut, part) {
					t.Errorf("%q is not in %q", part, f.WayOut)
				}
			}
		})
	}
}

func TestWhoApprovesIsWarned(t *testing.T) {
	closed := esops.Target{State: esops.TargetClosed, UUID: "old", Shards: 1}
	for _, c := range []struct {
		name string
		make func(*shelf, *esops.Request)
		code string
		says string
	}{
		{"a closed index is overwritten", func(s *shelf, r *esops.Request) { s.targets[fileIndex], r.OverwriteClosed = closed, true }, "overwrites_closed", "gone from the first second"},
		{"shards come back empty", func(s *shelf, r *esops.Request) { partial(s); r.Indices, r.Partial = logs, true }, "empty_shards", "shards 2, 10 will be empty"},
		{"a system index is restored", asking(kibana, esops.Flags{System: true}), "restores_system_index", "lock people out of Kibana"},
		{"there may be several types", func(s *shelf, _ *esops.Request) { s.snapshots[0].Version = esops.Version{Major: 5, Minor: 6} }, "multiple_types", "several document types"},
	} {
		s, req := story(), ask(fileIndex)
		c.make(s, &req)
		made, readings := plan(t, s, req)
		if len(readings.Blocking()) > 0 {
			t.Errorf("%s: %+v", c.name, readings.Blocking())
		}
		if diff := cmp.Diff([]string{c.code}, made.Approves); diff != "" {
			t.Errorf("%s: what is approved: %s", c.name, diff)
		}
		if f := readings.Findings[0]; f.Severity != esops.Warning || !strings.Contains(f.Sentence, c.says) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestAnOverwriteIsPlannedWithWhatItOverwrites(t *testing.T) {
	s, req := story(), ask(fileIndex+","+logs)
	s.targets[fileIndex] = esops.Target{State: esops.TargetClosed, UUID: "old", Shards: 1}
	req.OverwriteClosed = true
	made, _ := plan(t, s, req)
	want := []esops.Item{
		{Index: fileIndex, Target: fileIndex, TargetState: esops.TargetClosed, TargetUUID: "old"},
		{Index: logs, Target: logs, TargetState: esops.TargetAbsent},
	}
	if diff := cmp.Diff(want, made.Items); diff != "" {
		t.Error(diff)
	}
	if !made.Overwrites() {
		t.Error("the plan does not say that it overwrites")
	}
}

func TestWholeIndicesOfAPartialSnapshotAreRestoredAsAnyOther(t *testing.T) {
	s, req := story(), ask(fileIndex)
	partial(s)
	s.targets[fileIndex] = esops.Target{State: esops.TargetClosed, UUID: "old", Shards: 1}
	req.Partial, req.OverwriteClosed = true, true
	if _, readings := plan(t, s, req); len(readings.Blocking()) > 0 {
		t.Errorf("%+v", readings.Blocking())
	}
}

func TestAllThatIsTheMatterIsSaidAtOnceWorstFirst(t *testing.T) {
	s := story()
	partial(s)
	s.cluster.Health = "red"
	s.cluster.Version, s.snapshots[0].Version = esops.Version{Major: 6, Minor: 8}, esops.Version{Major: 5, Minor: 6, Patch: 16}
	s.targets = map[string]esops.Target{
		"x":       {State: esops.TargetAlias, Behind: []string{"y"}},
		fileIndex: {State: esops.TargetOpen, UUID: "u"},
		ecommerce: {State: esops.TargetClosed, UUID: "v", Shards: 3},
	}
	s.sizes = nil
	req := ask("*,nosuch,.kibana_1")
	req.OverwriteClosed = true
	made, readings := plan(t, s, req)
	var got []string
	for _, f := range readings.Findings {
		got = append(got, string(f.Severity)+" "+f.Code)
	}
	want := []string{
		"blocking system_index", "blocking no_such_index", "blocking index_not_whole", "blocking open_index",
		"warning multiple_types", "warning overwrites_closed",
		"note system_left_out", "note health_red", "note size_unknown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"multiple_types", "overwrites_closed"}, made.Approves); diff != "" {
		t.Error(diff)
	}
}

func TestATemplateIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	s, req := story(), ask(fileIndex)
	req.As = "$2"
	_, _, err := s.planner().Restore(t.Context(), req)
	if refusal, ok := esops.Refused(err); !ok || refusal.Code != "bad_rename" || len(s.calls) > 0 {
		t.Errorf("%v after %v", err, s.calls)
	}
}

func TestWhatCouldNotBeReadIsAnErrorAndNoPlan(t *testing.T) {
	away := fmt.Errorf("%w: %w", esops.ErrUnavailable, esops.Refuse("cluster_dial", "", "es-cn-b refuses the connection."))
	newer := esops.Refuse("repository_newer", "Use a newer one.", "This repository was written by a newer Elasticsearch.")
	for _, c := range []struct {
		call string
		err  error
	}{{"cluster", away}, {"list", away}, {"list", newer}, {"details", newer}, {"state", away}} {
		s := story()
		s.fails = map[string]error{c.call: c.err}
		req := ask(fileIndex)
		if c.call == "list" {
			req.Snapshot = esops.Latest // a plain name is read without a listing
		}
		made, readings, err := s.planner().Restore(t.Context(), req)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.call, err)
		}
		if diff := cmp.Diff(esops.Plan{}, made); diff != "" || len(readings.Findings) > 0 {
			t.Errorf("%s: %s%v", c.call, diff, readings)
		}
	}
}

func TestSizesThatAreNotToldStopNoPlan(t *testing.T) {
	for name, make := range map[string]func(*shelf){
		"refused":           func(s *shelf) { s.fails = map[string]error{"sizes": esops.Refuse("cluster_forbidden", "", "no")} },
		"a proxy gave up":   func(s *shelf) { s.fails = map[string]error{"sizes": fmt.Errorf("%w: 504", esops.ErrUnavailable)} },
		"too slow":          func(s *shelf) { s.sizesHang = true },
		"not for every one": func(s *shelf) { delete(s.sizes, logs) },
		"an old version":    func(s *shelf) { s.sizes[logs] = esops.Size{Bytes: -1, Shards: 2} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := story()
				make(s)
				begun := time.Now()
				made, readings := plan(t, s, ask("*"))
				if len(made.Items) != 3 || len(readings.Blocking()) > 0 {
					t.Errorf("%+v", readings)
				}
				if _, known := readings.Bytes(); known {
					t.Error("the size counts as known")
				}
				last := readings.Findings[len(readings.Findings)-1]
				if last.Code != "size_unknown" || last.Severity != esops.Note {
					t.Errorf("%+v", last)
				}
				if waited := time.Since(begun); s.sizesHang && waited != 20*time.Second {
					t.Errorf("it waited %v", waited)
				}
			})
		})
	}
}

func TestAPlannerThatIsToldToEndEnds(t *testing.T) {
	s := story()
	s.sizesHang = true
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.planner().Restore(ctx, ask("*")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestASnapshotOfAnotherNameIsNeverTaken(t *testing.T) {
	s := story()
	req := ask("*")
	req.Snapshot = "_current"
	reader := answersAnyway{s}
	planner := s.planner()
	planner.Reader = reader
	made, readings, err := planner.Restore(t.Context(), req)
	if err != nil || made.Snapshot != "" || len(readings.Blocking()) != 1 {
		t.Errorf("%+v %+v %v", made, readings, err)
	}
}

// answersAnyway gives the one snapshot there is to every question.
type answersAnyway struct{ *shelf }

func (a answersAnyway) Snapshots(context.Context, string, ...string) ([]esops.Snapshot, error) {
	return a.snapshots, nil
}

func TestPlanningAgainStartsFromThePinnedSnapshot(t *testing.T) {
	s := story()
	s.snapshots = append(snapshotsEvery(5, time.Hour, stamped), s.snapshots...)
	req := ask("*,-kibana*")
	req.Snapshot, req.As = "latest", "restored-$1"
	was, _ := plan(t, s, req)
	s.snapshots = append(s.snapshots, esops.Snapshot{Name: "es-cn-a_20190706113000", State: esops.SnapshotSuccess, UUID: "n", Indices: []string{fileIndex}, Started: noon})
	again, readings, err := s.planner().Again(t.Context(), was)
	if err != nil || len(readings.Blocking()) > 0 {
		t.Fatalf("%v %+v", err, readings)
	}
	if diff := cmp.Diff(was, again); diff != "" || was.Digest() != again.Digest() {
		t.Errorf("the plan changed: %s", diff)
	}
}

func TestPlanningAgainSeesWhatChanged(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*shelf)
		want   string // a difference, or a blocking finding's code
	}{
		{"another cluster", func(s *shelf) { s.cluster.UUID = "other" }, "the cluster behind es-cn-b is another one now"},
		{"the snapshot was remade", func(s *shelf) { s.snapshots[0].UUID = "new" }, "snapshot " + automatic + " was made anew under its name"},
		{"the closed index was remade", func(s *shelf) {
			s.targets[fileIndex] = esops.Target{State: esops.TargetClosed, UUID: "new", Shards: 1}
		}, fileIndex + " is another index now"},
		{"the closed index is gone", func(s *shelf) { delete(s.targets, fileIndex) }, fileIndex + " was closed and is absent now"},
		{"the closed index was opened", func(s *shelf) { s.targets[fileIndex] = esops.Target{State: esops.TargetOpen, UUID: "old"} }, "open_index"},
		{"a closed index appeared", func(s *shelf) { s.targets[logs] = esops.Target{State: esops.TargetClosed, UUID: "x", Shards: 2} }, logs + " was absent and is closed now"},
		{"the snapshot lost an index", func(s *shelf) { s.snapshots[0].Indices = []string{fileIndex} }, "no_such_index"},
		{"the snapshot is gone", func(s *shelf) { s.snapshots = nil }, "no_such_snapshot"},
		{"nothing that decides", func(s *shelf) { s.cluster.Health, s.cluster.Nodes, s.sizes = "yellow", 1, nil }, ""},
	} {
		s, req := story(), ask(fileIndex+","+logs)
		s.targets[fileIndex] = esops.Target{State: esops.TargetClosed, UUID: "old", Shards: 1}
		req.OverwriteClosed = true
		was, _ := plan(t, s, req)
		c.change(s)
		again, readings, err := s.planner().Again(t.Context(), was)
		if err != nil {
			t.Fatal(err)
		}
		said := esops.Describe(was, again)
		for _, f := range readings.Blocking() {
			said = append(said, f.Code)
		}
		if c.want == "" && (len(said) > 0 || was.Digest() != again.Digest()) || c.want != "" && !slices.Contains(said, c.want) {
			t.Errorf("%s: %q, want %q", c.name, said, c.want)
		}
	}
}

// world draws a cluster, a snapshot and a request about it.
func world(t *rapid.T) (*shelf, esops.Request) {
	s := story()
	name := rapid.SampledFrom([]string{"a", "b", "ab", ".k", ".m", "logs-1", "logs-2"})
	version := rapid.SampledFrom([]esops.Version{{}, {Major: 5, Minor: 6}, {Major: 6, Minor: 7}, {Major: 6, Minor: 8}, {Major: 7, Minor: 1}, {Major: 7, Minor: 10}, {Major: 8}})
	s.cluster.Version, s.snapshots[0].Version = version.Draw(t, "destination"), version.Draw(t, "source")
	s.cluster.Health = rapid.SampledFrom([]string{"green", "yellow", "red"}).Draw(t, "health")
	s.snapshots[0].Indices = rapid.SliceOfNDistinct(name, 0, 5, rapid.ID).Draw(t, "holds")
	s.snapshots[0].State = rapid.SampledFrom([]string{esops.SnapshotSuccess, esops.SnapshotSuccess, esops.SnapshotPartial, esops.SnapshotFailed}).Draw(t, "state")
	s.sizes = map[string]esops.Size{}
	for _, index := range s.snapshots[0].Indices {
		if rapid.Bool().Draw(t, "sized") {
			s.sizes[index] = esops.Size{Bytes: int64(rapid.IntRange(-1, 100).Draw(t, "bytes")), Shards: rapid.IntRange(1, 3).Draw(t, "shards")}
		}
		if rapid.IntRange(0, 3).Draw(t, "hole") == 0 {
			s.snapshots[0].Failures = append(s.snapshots[0].Failures, esops.ShardFailure{Index: index})
		}
	}
	taken := rapid.OneOf(name, rapid.SampledFrom([]string{"x", "r-a", "r-b", ".r", "aa"}))
	for _, target := range rapid.SliceOfNDistinct(taken, 0, 5, rapid.ID).Draw(t, "taken") {
		s.targets[target] = esops.Target{
			State: rapid.SampledFrom([]string{esops.TargetOpen, esops.TargetClosed, esops.TargetAlias, esops.TargetStream}).Draw(t, "is"),
			UUID:  "uuid-of-" + target, Shards: rapid.IntRange(1, 3).Draw(t, "shards"),
		}
	}
	pieces := rapid.OneOf(name, rapid.SampledFrom([]string{"*", "-*", "a*", "-a*", ".*", "-.k", "", "nosuch", "logs-*", "-b"}))
	req := ask(strings.Join(rapid.SliceOfN(pieces, 0, 4).Draw(t, "indices"), ","))
	req.As = rapid.SampledFrom([]string{"", "", "r-$1", "$1$1", "x", ".$1", "UP$1", "_$1", "a"}).Draw(t, "as")
	req.OverwriteClosed, req.Partial, req.System = rapid.Bool().Draw(t, "overwrite"), rapid.Bool().Draw(t, "partial"), rapid.Bool().Draw(t, "system")
	return s, req
}

func TestAPlanThatIsNotRefusedIsOneThatElasticsearchCanTake(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, req := world(rt)
		made, readings := plan(t, s, req)
		if len(readings.Blocking()) > 0 {
			return
		}
		seen := map[string]bool{}
		for _, item := range made.Items {
			is, taken := s.targets[item.Target]
			switch {
			case seen[item.Target]:
				rt.Fatalf("%s is a target twice", item.Target)
			case taken && is.State != esops.TargetClosed:
				rt.Fatalf("%s is taken by %+v", item.Target, is)
			case taken && (!req.OverwriteClosed || item.TargetUUID != is.UUID || item.TargetState != esops.TargetClosed):
				rt.Fatalf("%s is overwritten as %+v", item.Target, item)
			case !taken && item.TargetState != esops.TargetAbsent:
				rt.Fatalf("%+v is not there", item)
			case item.Target != strings.ToLower(item.Target) || item.Target == "" || strings.ContainsAny(item.Target[:1], "_-+"):
				rt.Fatalf("%q is no name", item.Target)
			case strings.HasPrefix(item.Target+item.Index, ".") && !req.System:
				rt.Fatalf("%+v is a system index", item)
			case taken && slices.ContainsFunc(s.snapshots[0].Failures, func(f esops.ShardFailure) bool { return f.Index == item.Index }):
				rt.Fatalf("%s is not whole and goes over a closed index", item.Index)
			case taken && s.sizes[item.Index].Shards > 0 && s.sizes[item.Index].Shards != is.Shards:
				rt.Fatalf("%s has another number of shards", item.Index)
			}
			seen[item.Target] = true
		}
		body := made.Body()
		if body == nil || len(body.Indices) == 0 || len(body.Indices) != len(made.Items) {
			rt.Fatalf("the request is %+v for %+v", body, made.Items)
		}
		for i, index := range body.Indices {
			if index != made.Items[i].Index || !slices.Contains(s.snapshots[0].Indices, index) || strings.ContainsAny(index, "*,") {
				rt.Fatalf("%q is no index of the snapshot", index)
			}
		}
		if body.IncludeGlobalState || body.IncludeAliases || body.IgnoreUnavailable || body.Partial != req.Partial {
			rt.Fatalf("%+v", body)
		}
		if diff := cmp.Diff([]string{"index.blocks.*", "index.lifecycle.*", esops.MarkerSetting}, body.IgnoreIndexSettings); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestFindingsComeWorstFirstAndWarningsAreApproved(t *testing.T) {
	rank := map[esops.Severity]int{esops.Blocking: 0, esops.Warning: 1, esops.Note: 2}
	rapid.Check(t, func(rt *rapid.T) {
		s, req := world(rt)
		made, readings := plan(t, s, req)
		warned := map[string]bool{}
		for i, f := range readings.Findings {
			if i > 0 && rank[f.Severity] < rank[readings.Findings[i-1].Severity] {
				rt.Fatalf("%s comes after %s", f.Code, readings.Findings[i-1].Code)
			}
			if f.Severity == esops.Warning {
				warned[f.Code] = true
			}
			if f.Severity == esops.Blocking && f.WayOut == "" {
				rt.Fatalf("no way out of %s", f.Code)
			}
			if !strings.HasSuffix(f.Sentence, ".") {
				rt.Fatalf("%q is no sentence", f.Sentence)
			}
		}
		if len(warned) != len(made.Approves) || !slices.IsSorted(made.Approves) {
			rt.Fatalf("%v are approved, %v were warned of", made.Approves, warned)
		}
	})
}

func TestPlanningOfTwoThousandIndicesAsksFourTimes(t *testing.T) {
	s := wide(2000)
	plan(t, s, ask("*"))
	if diff := cmp.Diff([]string{"cluster", "details", "state", "sizes"}, s.calls); diff != "" {
		t.Error(diff)
	}
}

// wide is a story whose snapshot holds n indices.
func wide(n int) *shelf {
	s := story()
	s.snapshots[0].Indices, s.sizes = nil, map[string]esops.Size{}
	for i := range n {
		name := fmt.Sprintf("logs-%05d", i)
		s.snapshots[0].Indices = append(s.snapshots[0].Indices, name)
		s.sizes[name] = esops.Size{Bytes: 1 << 20, Shards: 2}
	}
	return s
}

func BenchmarkPlanningTwoThousandIndices(b *testing.B) {
	s := wide(2000)
	req := ask("*,-logs-00*")
	req.As = "restored-$1"
	for b.Loop() {
		s.calls = nil
		made, _ := plan(b, s, req)
		_ = made.Digest()
	}
}
