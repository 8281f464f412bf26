package elastic_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

func TestALookTellsWhatStandsUnderTheNames(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{
		"cluster_uuid":"uuid-of-b",
		"restore":{"snapshots":[{"snapshot":"s","repository":"r","state":"INIT","shards":[{"index":{"index_name":"open","index_uuid":"u1"},"shard":0,"state":"INIT"}]}]},
		"snapshots":{"snapshots":[{"snapshot":"x"}]},"snapshot_deletions":{"snapshot_deletions":[{"snapshot":"y"}]},
		"nodes":{"n1":{"name":"es-0"}},
		"metadata":{
			"indices":{
				"open":{"state":"open","settings":{"index":{"uuid":"u1","number_of_shards":"2","routing":{"allocation":{"exclude":{"restore_op":"r-1"}}}}},"aliases":[]},
				"closed":{"state":"close","settings":{"index":{"uuid":"u2","number_of_shards":"1"}},"aliases":["alias"]},
				"behind":{"state":"open","settings":{"index":{"uuid":"u3","number_of_shards":"1"}},"aliases":["alias","other"]},
				"unasked":{"state":"open","settings":{"index":{"uuid":"u4","number_of_shards":"1"}},"aliases":[]}},
			"data_stream":{"data_stream":{"stream":{"name":"stream"},"unasked-stream":{}}}},
		"routing_table":{"indices":{
			"open":{"shards":{
				"0":[{"state":"UNASSIGNED","primary":true,"node":null,"shard":0,"index":"open","unassigned_info":{"reason":"NEW_INDEX_RESTORED","details":"restore_source[r/s]"}},
				     {"state":"UNASSIGNED","primary":false,"node":null,"shard":0,"index":"open","unassigned_info":{"reason":"NEW_INDEX_RESTORED"}}],
				"1":[{"state":"STARTED","primary":true,"node":"n1","shard":1,"index":"open"}]}},
			"unasked":{"shards":{"0":[{"state":"STARTED","primary":true,"node":"n1","shard":0,"index":"unasked"}]}}}}}`}}
	got, err := client(t, playing(t, s)).State(t.Context(), []string{"open", "closed", "alias", "stream", "free"})
	want := esops.State{
		ClusterUUID: "uuid-of-b",
		Targets: map[string]esops.Target{
			"open":   {State: esops.TargetOpen, UUID: "u1", Shards: 2, Marker: "r-1"},
			"closed": {State: esops.TargetClosed, UUID: "u2", Shards: 1},
			"alias":  {State: esops.TargetAlias, Behind: []string{"behind", "closed"}},
			"stream": {State: esops.TargetStream},
		},
		Shards: []esops.Shard{
			{Index: "open", Number: 0, State: "UNASSIGNED", Reason: "NEW_INDEX_RESTORED"},
			{Index: "open", Number: 1, State: "STARTED", Node: "es-0"},
		},
		Restores:  []esops.Restoring{{Repository: "r", Snapshot: "s", Shards: []esops.RestoringShard{{Index: "open", UUID: "u1", State: "INIT"}}}},
		Snapshots: 2,
	}
	if diff := cmp.Diff(want, got, sortedShards); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
}

// sortedShards compares shards in any order.
var sortedShards = cmp.Transformer("sorted", func(shards []esops.Shard) map[string]esops.Shard {
	by := map[string]esops.Shard{}
	for _, s := range shards {
		by[fmt.Sprint(s.Index, "/", s.Number)] = s
	}
	return by
})

func TestNamesThatNoIndexCanHaveAreNotAskedFor(t *testing.T) {
	odd := []string{"", "_all", "*", "logs-*", "a,b", "-a", "+a", "_users", `a\b`, "a/b", "a?b", `a"b`, "a<b", "<logs-{now/d}>", "a|b", "a b", ".", ".."}
	s := &script{answers: map[string]string{"*": `{"cluster_uuid":"u","metadata":{"indices":{"other":{"state":"open","aliases":[]}}}}`}}
	c := client(t, playing(t, s))
	for _, names := range [][]string{nil, odd, append(append([]string{}, odd...), fileIndex)} {
		state, err := c.State(t.Context(), names)
		if err != nil || len(state.Targets) > 0 || state.ClusterUUID != "u" {
			t.Errorf("%q: %+v %v", names, state, err)
		}
	}
	want := []string{"/_cluster/state/blocks%2Ccustoms%2Cnodes", "/_cluster/state/blocks%2Ccustoms%2Cnodes", "/_cluster/state/blocks%2Ccustoms%2Cnodes%2Cmetadata%2Crouting_table/" + fileIndex}
	var got []string
	for _, line := range s.lines() {
		path, _, _ := strings.Cut(strings.Fields(line)[1], "?")
		got = append(got, path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// names makes n names of a length, all different.
func names(n, length int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%0*d", length, i)
	}
	return all
}

func TestRequestLinesStayWithinWhatElasticsearchTakes(t *testing.T) {
	const limit = 4096
	for _, c := range []struct {
		n, length                    int
		state, recoveries, snapshots int // requests
	}{
		{1, 20, 1, 1, 1},
		{100, 20, 1, 1, 1},
		{200, 20, 2, 2, 2},
		{400, 20, 4, 4, 4},
		{2000, 20, 1, 1, 19}, // everything at once
		{30, 255, 4, 4, 4},
		{40, 255, 1, 1, 5},
	} {
		s := &script{answers: map[string]string{"*": `{}`}}
		es := client(t, playing(t, s))
		asked := func(f func() error) int {
			before := len(s.lines())
			if err := f(); err != nil {
				t.Fatal(err)
			}
			return len(s.lines()) - before
		}
		list := names(c.n, c.length)
		state := asked(func() error { _, err := es.State(t.Context(), list); return err })
		recoveries := asked(func() error { _, err := es.Recoveries(t.Context(), list); return err })
		snapshots := asked(func() error { _, err := es.Snapshots(t.Context(), repository, list...); return err })
		if state != c.state || recoveries != c.recoveries || snapshots != c.snapshots {
			t.Errorf("%d names of %d: %d, %d and %d requests, want %d, %d and %d", c.n, c.length, state, recoveries, snapshots, c.state, c.recoveries, c.snapshots)
		}
		for _, line := range s.lines() {
			if len(line) > limit {
				t.Errorf("%d names of %d: a request line of %d bytes", c.n, c.length, len(line))
			}
		}
	}
	s := &script{answers: map[string]string{"*": `{}`}}
	es := client(t, playing(t, s))
	var wide []string
	for i := range 30 {
		wide = append(wide, strings.Repeat("é", 126)+fmt.Sprintf("%03d", i)) // three times as long on the wire
	}
	if _, err := es.State(t.Context(), wide[:10]); err != nil {
		t.Fatal(err)
	}
	if _, err := es.Snapshots(t.Context(), repository, wide...); err != nil {
		t.Fatal(err)
	}
	for _, line := range s.lines() {
		if len(line) > limit {
			t.Errorf("a request line of %d bytes", len(line))
		}
	}
}

func TestEverythingAtOnceTellsOnlyWhatWasAskedFor(t *testing.T) {
	s := &script{answers: map[string]string{
		"/_cluster/state/blocks,customs,nodes,metadata,routing_table": `{"metadata":{"indices":{"` + names(1, 20)[0] + `":{"state":"open","settings":{"index":{"uuid":"u"}},"aliases":[]},"other":{"state":"open","aliases":[]}}}}`,
		"/_recovery": `{"` + names(1, 20)[0] + `":{"shards":[{"id":0,"primary":true},{"id":0,"primary":false}]},"other":{"shards":[{"id":0,"primary":true}]}}`,
	}}
	es := client(t, playing(t, s))
	state, err := es.State(t.Context(), names(2000, 20))
	if err != nil || len(state.Targets) != 1 {
		t.Errorf("%+v %v", state, err)
	}
	recoveries, err := es.Recoveries(t.Context(), names(2000, 20))
	if err != nil || len(recoveries) != 1 {
		t.Errorf("%+v %v", recoveries, err)
	}
}

func TestRestoresAndSnapshotsAreThoseOfTheFirstAnswer(t *testing.T) {
	list := names(200, 20)
	s := &script{answers: map[string]string{"*": `{"cluster_uuid":"u","restore":{"snapshots":[{"snapshot":"s"}]},"snapshots":{"snapshots":[{}]}}`}}
	state, err := client(t, playing(t, s)).State(t.Context(), list)
	if err != nil || len(state.Restores) != 1 || state.Snapshots != 1 || len(s.lines()) != 2 {
		t.Errorf("%+v %v after %d requests", state, err, len(s.lines()))
	}
}
