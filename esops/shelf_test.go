package esops_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"es-restore/esops"
)

// A shelf is a Reader made of values: a cluster and what one repository holds.
type shelf struct {
	cluster    esops.Cluster
	snapshots  []esops.Snapshot
	sizes      map[string]esops.Size
	targets    map[string]esops.Target
	unreadable []string         // listed, but without details
	fails      map[string]error // by the name of the call
	// sizesHang lets Sizes wait for its deadline.
	sizesHang bool
	// looks answers State in place of targets.
	looks func(names []string) esops.State

	calls []string // what was asked, in order
	asked []string // whose details were asked
}

var _ esops.Reader = (*shelf)(nil)

func (s *shelf) call(name string) error {
	s.calls = append(s.calls, name)
	return s.fails[name]
}

func (s *shelf) Cluster(context.Context) (esops.Cluster, error) {
	return s.cluster, s.call("cluster")
}

func (s *shelf) Repositories(context.Context) ([]esops.Repository, error) {
	return nil, s.call("repositories")
}

// Snapshots tells of a cheap listing only what a cheap listing knows.
func (s *shelf) Snapshots(_ context.Context, _ string, names ...string) ([]esops.Snapshot, error) {
	var told []esops.Snapshot
	if len(names) == 0 {
		for _, one := range s.snapshots {
			told = append(told, esops.Snapshot{Name: one.Name, UUID: one.UUID, State: one.State, Indices: one.Indices})
		}
		return told, s.call("list")
	}
	for _, one := range s.snapshots {
		if slices.Contains(names, one.Name) && !slices.Contains(s.unreadable, one.Name) {
			told = append(told, one)
		}
	}
	s.asked = append(s.asked, names...)
	return told, s.call("details")
}

func (s *shelf) Sizes(ctx context.Context, _, _ string) (map[string]esops.Size, error) {
	if s.sizesHang {
		<-ctx.Done()
		return nil, fmt.Errorf("%w: %w", esops.ErrUnavailable, ctx.Err())
	}
	return s.sizes, s.call("sizes")
}

func (s *shelf) State(_ context.Context, names []string) (esops.State, error) {
	if s.looks != nil {
		return s.looks(names), s.call("state")
	}
	state := esops.State{ClusterUUID: s.cluster.UUID, Targets: map[string]esops.Target{}}
	for _, name := range names {
		if target, taken := s.targets[name]; taken {
			state.Targets[name] = target
		}
	}
	return state, s.call("state")
}

// called counts the calls of a name.
func (s *shelf) called(name string) int {
	n := 0
	for _, c := range s.calls {
		if c == name {
			n++
		}
	}
	return n
}

// noon is when the tests are.
var noon = time.Date(2019, 7, 6, 12, 0, 0, 0, time.UTC)

// The names of the vendor's example.
const (
	repository = "aliyun_snapshot_from_es-cn-a"
	automatic  = "es-cn-a_20190705220000"
	fileIndex  = "file-2019-08-25"
	ecommerce  = "kibana_sample_data_ecommerce"
	logs       = "kibana_sample_data_logs"
	kibana     = ".kibana_1"
)

// story is the vendor's example: es-cn-b is 6.7.0, empty, and sees the
// repository of es-cn-a with one snapshot.
func story() *shelf {
	return &shelf{
		cluster: esops.Cluster{Name: "es-cn-b", UUID: "uuid-of-b", Version: esops.Version{Major: 6, Minor: 7}, Health: "green", Nodes: 3},
		snapshots: []esops.Snapshot{{
			Name: automatic, UUID: "uuid-of-snapshot", State: esops.SnapshotSuccess,
			Indices: []string{kibana, fileIndex, ecommerce, logs},
			Started: noon.Add(-14 * time.Hour), Ended: noon.Add(-13 * time.Hour), Version: esops.Version{Major: 6, Minor: 7}, Shards: 5,
		}},
		sizes: map[string]esops.Size{
			kibana: {Bytes: 100, Shards: 1}, fileIndex: {Bytes: 2000, Shards: 1}, ecommerce: {Bytes: 3000, Shards: 1}, logs: {Bytes: 4000, Shards: 2},
		},
		targets: map[string]esops.Target{},
	}
}

func (s *shelf) planner() esops.Planner {
	return esops.Planner{
		Reader: s, Cluster: "es-cn-b", Zone: time.UTC, Now: func() time.Time { return noon },
		Owner: func(repository string) string { return esops.OwnerOf(repository, "es-cn-b", nil) },
	}
}

// ask is a request for indices of the automatic snapshot.
func ask(indices string) esops.Request {
	return esops.Request{Kind: esops.KindRestore, Cluster: "es-cn-b", Repository: repository, Snapshot: automatic, Indices: indices}
}

// snapshotsEvery makes n successful snapshots, every so often, oldest first.
func snapshotsEvery(n int, every time.Duration, name func(i int, at time.Time) string) []esops.Snapshot {
	made := make([]esops.Snapshot, n)
	for i := range made {
		at := noon.Add(time.Duration(i-n) * every)
		made[i] = esops.Snapshot{
			Name: name(i, at), UUID: fmt.Sprint("uuid-", i), State: esops.SnapshotSuccess, Indices: []string{fileIndex},
			Started: at, Ended: at.Add(time.Minute), Version: esops.Version{Major: 6, Minor: 7}, Shards: 1,
		}
	}
	return made
}

// surveyed is a Surveyor made of values.
type surveyed struct {
	capacity esops.Capacity
	facts    map[string]esops.Fact
	err      error
}

func (s surveyed) Capacity(context.Context, string) (esops.Capacity, error) { return s.capacity, s.err }

func (s surveyed) Facts(context.Context, []string) (map[string]esops.Fact, error) {
	return s.facts, s.err
}
