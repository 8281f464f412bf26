package elastic_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
	"es-restore/esops/elastic"
	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
)

func TestFailedShardsAreExplainedOnEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		for _, c := range []struct {
			name string
			make func(*stage)
			says string
		}{
			{"a damaged file", func(s *stage) {
				s.simOwner.DamageSnapshot(story.OwnerRepository, story.Snapshot, story.LogsIndex, 1, essim.CorruptBlob())
			}, "a file in the repository is damaged"},
			{"a missing file", func(s *stage) {
				s.simOwner.DamageSnapshot(story.OwnerRepository, story.Snapshot, story.LogsIndex, 1, essim.MissingBlob())
			}, "deleted the snapshot meanwhile"},
			{"a full disk", func(s *stage) { s.simReader.DenyAllocation(story.LogsIndex) }, "no room for it on its disk"},
			{"an odd trouble", func(s *stage) {
				s.simReader.FailShard(story.LogsIndex, 1, essim.BrokenShard("ShardLockObtainFailedException[obtaining shard lock timed out]"))
			}, "Elasticsearch says: "},
		} {
			s := simulated(t, version)
			c.make(s)
			r := s.ride(ask(story.FileIndex+","+story.LogsIndex, esops.Flags{}))
			r.until(false, nil)
			if r.end != "failed" || r.failure.Code != "shards_failed" {
				t.Errorf("%s: %s %v", c.name, r.end, r.failure)
				continue
			}
			if c.name == "an odd trouble" && !strings.Contains(r.failure.Sentence, "obtaining shard lock timed out") {
				t.Errorf("the cause is not in %q", r.failure.Sentence)
			}
			for _, part := range []string{"of 3 primary shards could not be restored (" + story.LogsIndex + ")", c.says, "The other 1 index is whole."} {
				if !strings.Contains(r.failure.Sentence, part) {
					t.Errorf("%s: %q is not in %q", c.name, part, r.failure.Sentence)
				}
			}
			if marked := s.marked(); len(marked) > 0 {
				t.Errorf("%s: markers stay on %q", c.name, marked)
			}
		}
	})
}

// slowed is a stage whose restores take their time.
func slowed(t *testing.T, version string) *stage {
	s := simulated(t, version)
	s.simReader.Slow(10_000)
	return s
}

func TestARestartMidRestoreIsAFailureThatSaysSo(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := slowed(t, version)
		r := s.ride(ask(story.LogsIndex, esops.Flags{}))
		r.until(false, func() bool { return len(r.measure) > 2 })
		s.simReader.Restart()
		r.until(false, nil)
		if r.end != "failed" || !strings.Contains(r.failure.Sentence, "a node went away or was restarted") {
			t.Errorf("%s %v", r.end, r.failure)
		}
	})
}

func TestARefusedConnectionOnlyDelays(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := slowed(t, version)
		s.es = client(t, s.simReader.URL()) // past the door
		r := s.ride(ask(story.FileIndex, esops.Flags{}))
		r.until(false, r.step(esops.StepRestore))
		up := s.simReader.Refuse()
		for range 5 {
			if err := r.look(t.Context(), false); class(err) != isUnavailable {
				t.Errorf("%s: %v", class(err), err)
			}
		}
		up()
		r.succeed()
	})
}

func TestAnAnswerThatNeverComesIsFoundByItsMarker(t *testing.T) {
	for _, how := range []essim.Loss{essim.HangUp, essim.Reset, essim.Silence} {
		s := simulated(t, "6.7.0")
		s.es = client(t, s.simReader.URL()) // past the door
		r := s.ride(ask(story.FileIndex, esops.Flags{}))
		s.simReader.Lose(essim.Restoring(), how)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := r.look(ctx, false)
		cancel()
		if class(err) != isUnknown {
			t.Errorf("%v: %s: %v", how, class(err), err)
		}
		r.succeed()
		if n := len(s.simReader.Restores()); n != 1 {
			t.Errorf("%v: %d restores", how, n)
		}
	}
}

// TestARequestBehindASnapshotIsWaitedFor holds the request as a node does that
// is busy with a snapshot; whoever sent it has given up.
func TestARequestBehindASnapshotIsWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := simulated(t, version)
		r := s.ride(ask(story.FileIndex, esops.Flags{}))
		s.do(s.reader, "PUT", "/_snapshot/own", map[string]any{"type": "fs", "settings": map[string]any{"location": "/repositories/own"}}, nil)
		s.do(s.reader, "PUT", "/mine", nil, nil)
		release := s.simReader.HoldSnapshots()
		s.do(s.reader, "PUT", "/_snapshot/own/nightly", nil, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_ = r.look(ctx, false)
		cancel()
		for range 10 {
			s.pass(time.Minute)
			if err := r.look(t.Context(), false); err != nil {
				t.Fatal(err)
			}
		}
		// From 7.0 on the request is taken at once, and the restore itself waits.
		if r.run.Sent.Attempt != 1 || !s.from(7, 0) && !strings.Contains(r.waiting, "busy with a snapshot") {
			t.Errorf("attempt %d, waiting %q", r.run.Sent.Attempt, r.waiting)
		}
		release()
		r.succeed()
		if n := len(s.simReader.Restores()); n != 1 {
			t.Errorf("%d restores", n)
		}
	})
}

// TestTwoRequestsUnderWayBeginOneRestore lets both arrive at last.
func TestTwoRequestsUnderWayBeginOneRestore(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := simulated(t, version)
		r := s.ride(ask(story.FileIndex, esops.Flags{}))
		release := s.simReader.HoldRestores()
		for attempt := 1; attempt <= 2; attempt++ {
			for r.run.Sent == nil || r.run.Sent.Attempt < attempt {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				_ = r.look(ctx, false)
				cancel()
				s.pass(time.Second)
			}
		}
		release()
		r.succeed()
		if n := len(s.simReader.Restores()); n != 1 || len(s.simReader.Requests(essim.Restoring())) != 2 {
			t.Errorf("%d restores of %d requests", n, len(s.simReader.Requests(essim.Restoring())))
		}
	})
}

func TestProgressComesFromElasticsearch(t *testing.T) {
	s := slowed(t, "6.7.0")
	r := s.ride(ask(story.LogsIndex, esops.Flags{}))
	r.succeed()
	size, _ := r.readings.Bytes()
	if len(r.measure) < 10 {
		t.Fatalf("%d readings", len(r.measure))
	}
	for i, p := range r.measure {
		if p.Total != size || p.Shards != 2 || p.Bytes > p.Total {
			t.Errorf("%+v of %d bytes", p, size)
		}
		if i > 0 && p.Bytes < r.measure[i-1].Bytes {
			t.Errorf("it went back: %+v", p)
		}
	}
	if p := r.measure[len(r.measure)/2]; p.Rate < 5_000 || p.Rate > 15_000 || p.Left() == 0 {
		t.Errorf("%+v at 10 kB a second", p)
	}
	if last := r.measure[len(r.measure)-1]; last.Bytes != size || last.Done != 2 {
		t.Errorf("%+v", last)
	}
}

func TestAnOldClusterRefusesASecondRestoreForNow(t *testing.T) {
	s := simulated(t, "5.6.16")
	s.simReader.Slow(1)
	if err := s.es.Restore(t.Context(), body(), story.ReaderRepository, story.Snapshot); err != nil {
		t.Fatal(err)
	}
	b := body()
	b.Indices = []string{story.LogsIndex}
	if err := s.es.Restore(t.Context(), b, story.ReaderRepository, story.Snapshot); class(err) != isBusy {
		t.Errorf("%s: %v", class(err), err)
	}
}

func TestWhatTheOwnerDeletesMidRestoreIsTold(t *testing.T) {
	s := slowed(t, "6.7.0")
	r := s.ride(ask(story.LogsIndex, esops.Flags{}))
	r.until(false, func() bool { return len(r.measure) > 2 })
	s.do(s.owner, "DELETE", "/_snapshot/"+story.OwnerRepository+"/"+story.Snapshot, nil, nil)
	r.until(false, nil)
	if r.end != "failed" || !strings.Contains(r.failure.Sentence, "most likely the source cluster deleted the snapshot meanwhile") {
		t.Errorf("%s %v", r.end, r.failure)
	}
}

func TestContentsTellWhatASnapshotHolds(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := simulated(t, version)
		contents, findings, err := s.planner().Contents(t.Context(), story.ReaderRepository, story.Snapshot)
		if err != nil || len(findings) > 0 || contents.Snapshot.State != esops.SnapshotSuccess || len(contents.Indices) != 5 {
			t.Fatalf("%+v %+v %v", contents, findings, err)
		}
		for _, index := range contents.Indices {
			if (index.Bytes > 0) != s.sized() || index.Shards == 0 {
				t.Errorf("%+v", index)
			}
		}
		_, findings, err = s.planner().Contents(t.Context(), story.ReaderRepository, "nope")
		if err != nil || len(findings) != 1 || findings[0].Code != "no_such_snapshot" {
			t.Errorf("%+v %v", findings, err)
		}
	})
}

func TestTheLeastRoleIsEnoughAndLessIsTold(t *testing.T) {
	role := func(r elastic.Role) essim.User {
		return essim.User{Password: "secret", Cluster: r.Cluster, Indices: map[string][]string{"*": r.Indices[0].Privileges}}
	}
	full, reads := elastic.LeastRole(false), elastic.LeastRole(true)
	repos := essim.NewRepos("/repositories")
	c := essim.New(essim.Options{Name: "es-cn-b", Version: "6.7.0", Repos: repos, Users: map[string]essim.User{
		"restorer": role(full), "reader": role(reads), "root": {Password: "secret", Superuser: true},
	}})
	t.Cleanup(c.Close)
	as := func(user string) *elastic.Client {
		return clientOf(t, elastic.Options{URL: c.URL(), Username: user, Password: "secret"})
	}
	var writes []string
	for _, right := range full.Cluster[len(reads.Cluster):] {
		writes = append(writes, "cluster: "+right)
	}
	for _, right := range full.Indices[0].Privileges[len(reads.Indices[0].Privileges):] {
		writes = append(writes, "indices *: "+right)
	}
	slices.Sort(writes)
	for user, want := range map[string][]string{"restorer": nil, "root": nil, "reader": writes} {
		missing, known, err := as(user).Privileges(t.Context(), full)
		if diff := cmp.Diff(want, missing); diff != "" || !known || err != nil {
			t.Errorf("%s: known %v, %s%v", user, known, diff, err)
		}
	}
	if _, known, err := as("nobody").Privileges(t.Context(), full); known || class(err) != "cluster_unauthorized" {
		t.Errorf("%v %v", known, err)
	}
	if err := as("reader").Restore(t.Context(), body(), repository, automatic); class(err) != "cluster_forbidden" || !strings.Contains(err.Error(), "cluster:admin/snapshot/restore") || strings.Contains(err.Error(), "reader") {
		t.Error(err)
	}
	open := essim.New(essim.Options{Version: "6.7.0"})
	t.Cleanup(open.Close)
	if missing, known, err := client(t, open.URL()).Privileges(t.Context(), full); known || len(missing) > 0 || err != nil {
		t.Errorf("without security: %v %v %v", missing, known, err)
	}
}
