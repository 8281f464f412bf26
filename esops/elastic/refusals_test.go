package elastic_test

import (
	"strings"
	"testing"

	"es-restore/esops"
	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
)

// A refusal is what a request is answered on clusters of one version.
type refusal struct {
	name   string
	make   func(*stage, *esops.Request) // from the story and a request for the file index
	code   string
	says   string
	wayOut string
}

// closeIndex makes an index of the reader and closes it.
func closeIndex(s *stage, name string, shards int) {
	s.do(s.reader, "PUT", "/"+name, map[string]any{"settings": map[string]any{"index.number_of_shards": shards, "index.number_of_replicas": 0}}, nil)
	s.do(s.reader, "POST", "/"+name+"/_close", nil, nil)
}

var refusals = []refusal{
	{"an open index", func(s *stage, _ *esops.Request) { s.do(s.reader, "PUT", "/"+story.FileIndex, nil, nil) },
		"open_index", "es-cn-b has an open index " + story.FileIndex, "--as 'restored-$1'"},
	{"a closed index", func(s *stage, _ *esops.Request) { closeIndex(s, story.FileIndex, 1) },
		"closed_index", "es-cn-b has a closed index " + story.FileIndex, "--overwrite-closed"},
	{"a closed index with other shards", func(s *stage, r *esops.Request) { closeIndex(s, story.FileIndex, 3); r.OverwriteClosed = true },
		"shard_count", "has 3 primary shards and the snapshot's has 1", "--as 'restored-$1'"},
	{"an alias", func(s *stage, _ *esops.Request) {
		s.do(s.reader, "PUT", "/files-1", map[string]any{"aliases": map[string]any{story.FileIndex: map[string]any{}}}, nil)
	}, "alias_name", "is an alias on es-cn-b, for files-1", "remove the alias"},
	{"an alias of a closed index", func(s *stage, _ *esops.Request) {
		s.do(s.reader, "PUT", "/files-1", map[string]any{"aliases": map[string]any{story.FileIndex: map[string]any{}}}, nil)
		s.do(s.reader, "POST", "/files-1/_close", nil, nil)
	}, "alias_name", "is an alias on es-cn-b, for files-1", "remove the alias"},
	{"a missing index", func(_ *stage, r *esops.Request) { r.Indices = "file-2019-08-26" }, "no_such_index", "holds no index file-2019-08-26", "Did you mean " + story.FileIndex},
	{"a missing snapshot", func(_ *stage, r *esops.Request) { r.Snapshot = "es-cn-a_20190705220001" }, "no_such_snapshot", "has no snapshot", "Did you mean " + story.Snapshot},
	{"a running snapshot by its name for Elasticsearch", func(s *stage, r *esops.Request) {
		hold(s)
		r.Repository, r.Snapshot = "aliyun_auto_snapshot", "_current"
	},
		"no_such_snapshot", "has no snapshot _current", "snapshots es-cn-b"},
	{"a snapshot in progress", func(s *stage, r *esops.Request) {
		hold(s)
		r.Repository, r.Snapshot = "aliyun_auto_snapshot", "running"
	},
		"snapshot_in_progress", "still being taken", "Wait"},
	{"a damaged snapshot", func(s *stage, _ *esops.Request) {
		s.simOwner.DamageSnapshotInfo(story.OwnerRepository, story.Snapshot, true)
	},
		"snapshot_unreadable", "can't be read", "another one"},
	{"an empty repository", func(s *stage, r *esops.Request) {
		s.do(s.reader, "PUT", "/_snapshot/empty", map[string]any{"type": "fs", "settings": map[string]any{"location": "/repositories/empty"}}, nil)
		r.Repository = "empty"
	}, "no_such_snapshot", "holds no snapshot at all", "snapshots es-cn-b empty"},
	{"a system index", func(_ *stage, r *esops.Request) { r.Indices = story.KibanaIndex }, "system_index", "is a system index", "--system"},
	{"an illegal name", func(_ *stage, r *esops.Request) { r.As = "UP-$1" }, "illegal_name", "lower-case", "--as"},
	{"a name that is an API's", func(_ *stage, r *esops.Request) { r.As = "_$1" }, "illegal_name", "begin with", "--as"},
	{"two indices with one name", func(_ *stage, r *esops.Request) { r.Indices, r.As = "file*,*ecommerce", "same" }, "same_target", "would both become same", "$1"},
	{"an index that is not whole", func(s *stage, r *esops.Request) { half(s, r) }, "index_not_whole", "shard 1 is missing", "--partial"},
	{"an index that is not whole over a closed one", func(s *stage, r *esops.Request) {
		half(s, r)
		closeIndex(s, story.LogsIndex, 2)
		r.Partial, r.OverwriteClosed = true, true
	}, "partial_over_closed", "does not hold " + story.LogsIndex + " whole", "leave it out"},
}

// hold leaves a snapshot running in the reader.
func hold(s *stage) {
	s.do(s.reader, "PUT", "/_snapshot/aliyun_auto_snapshot", map[string]any{"type": "fs", "settings": map[string]any{"location": "/repositories/es-cn-b"}}, nil)
	s.do(s.reader, "PUT", "/mine", nil, nil)
	s.simReader.HoldSnapshots()
	s.do(s.reader, "PUT", "/_snapshot/aliyun_auto_snapshot/running", nil, nil)
}

// half takes a snapshot that misses a shard, and asks for that index.
func half(s *stage, r *esops.Request) {
	s.simOwner.LoseShard(story.LogsIndex, 1)
	s.do(s.owner, "PUT", "/_snapshot/"+story.OwnerRepository+"/half?wait_for_completion=true", map[string]any{"partial": true}, nil)
	r.Snapshot, r.Indices = "half", story.LogsIndex
}

func TestThePlannerRefusesBeforehandOnEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		for _, c := range refusals {
			s, req := simulated(t, version), ask(story.FileIndex, esops.Flags{})
			c.make(s, &req)
			_, readings := s.plan(req)
			blocking := readings.Blocking()
			if len(blocking) != 1 || blocking[0].Code != c.code || !strings.Contains(blocking[0].Sentence, c.says) || !strings.Contains(blocking[0].WayOut, c.wayOut) {
				t.Errorf("%s: %+v", c.name, blocking)
			}
		}
	})
}

// TestWhatThePlannerRefusesElasticsearchRefusesToo sends the request that a
// planner without eyes would have made.
func TestWhatThePlannerRefusesElasticsearchRefusesToo(t *testing.T) {
	blind := map[string]bool{"an open index": true, "a closed index with other shards": true, "an alias": true, "an alias of a closed index": true, "an illegal name": true,
		"two indices with one name": true, "an index that is not whole": true, "an index that is not whole over a closed one": true, "a missing snapshot": true}
	each(t, func(t *testing.T, version string) {
		for _, c := range refusals {
			if !blind[c.name] {
				continue
			}
			s, req := simulated(t, version), ask(story.FileIndex, esops.Flags{})
			c.make(s, &req)
			b := body()
			b.Indices, b.Partial = strings.Split(strings.NewReplacer("file*", story.FileIndex, "*ecommerce", story.EcommerceIndex).Replace(req.Indices), ","), req.Partial
			if req.As != "" {
				b.RenamePattern, b.RenameReplacement = "^(.+)$", req.As
			}
			if err := s.es.Restore(t.Context(), b, req.Repository, req.Snapshot); class(err) != c.code {
				t.Errorf("%s: %s, want %s: %v", c.name, class(err), c.code, err)
			}
			if n := len(s.simReader.Restores()); n != 0 {
				t.Errorf("%s: %d restores were begun", c.name, n)
			}
		}
	})
}

func TestAPartialIndexComesWithEmptyShards(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s, req := simulated(t, version), ask(story.LogsIndex, esops.Flags{})
		half(s, &req)
		req.Partial = true
		r := s.ride(req)
		if f := r.readings.Findings[0]; f.Code != "empty_shards" || !strings.Contains(f.Sentence, "shard 1 will be empty") {
			t.Errorf("%+v", f)
		}
		found := r.succeed()[story.LogsIndex]
		if len(found.Empty) != 1 || found.Empty[0] != 1 || found.Proved != 1 || found.Docs >= 1407 || found.Docs == 0 {
			t.Errorf("%+v", found)
		}
	})
}

func TestAFailedSnapshotIsRefused(t *testing.T) {
	for _, version := range []string{"5.6.16", "6.7.0", "6.8.23"} { // later ones keep none
		s, req := simulated(t, version), ask(story.LogsIndex, esops.Flags{})
		s.simOwner.LoseShard(story.LogsIndex, 0)
		s.do(s.owner, "PUT", "/_snapshot/"+story.OwnerRepository+"/failed?wait_for_completion=true", nil, nil)
		req.Snapshot = "failed"
		_, readings := s.plan(req)
		if blocking := readings.Blocking(); len(blocking) != 1 || blocking[0].Code != "snapshot_failed" {
			t.Errorf("%s: %+v", version, blocking)
		}
	}
}

// TestSnapshotsOfOtherVersionsAreJudgedAsElasticsearchDoes plans on each pair
// of versions, and restores where the plan says that it can be done.
func TestSnapshotsOfOtherVersionsAreJudgedAsElasticsearchDoes(t *testing.T) {
	for _, owner := range essim.Versions {
		for _, reader := range essim.Versions {
			t.Run(owner+" on "+reader, func(t *testing.T) {
				t.Parallel()
				s := between(t, owner, reader)
				made, readings, err := s.planner().Restore(t.Context(), ask(story.FileIndex, esops.Flags{}))
				if err != nil {
					if class(err) != "repository_newer" || owner < reader {
						t.Errorf("%s: %v", class(err), err)
					}
					return
				}
				if len(readings.Blocking()) == 0 {
					s.ride(ask(story.FileIndex, esops.Flags{})).succeed()
					return
				}
				code := readings.Blocking()[0].Code
				if err := s.es.Restore(t.Context(), *made.Body(), made.Repository, made.Snapshot); class(err) != code {
					t.Errorf("the planner says %s, Elasticsearch %s: %v", code, class(err), err)
				}
			})
		}
	}
}

func TestAMissingRepositoryIsToldOnEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s, req := simulated(t, version), ask(story.FileIndex, esops.Flags{})
		req.Repository = "nowhere"
		_, _, err := s.planner().Restore(t.Context(), req)
		refusal, ok := esops.Refused(err)
		if !ok || refusal.Code != "no_such_repository" || !strings.Contains(refusal.WayOut, "repos es-cn-b") {
			t.Error(err)
		}
	})
}
