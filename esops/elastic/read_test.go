package elastic_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

// A script answers requests by their path, and keeps what it was asked.
type script struct {
	answers map[string]string // by "/path"; a body that begins with a number answers with that status
	header  http.Header

	mu    sync.Mutex
	asked []string // request lines
}

// playing serves a script.
func playing(t testing.TB, s *script) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, fmt.Sprintf("%s %s HTTP/1.1", r.Method, r.RequestURI))
	s.mu.Unlock()
	for key, values := range s.header {
		w.Header()[key] = values
	}
	body, known := s.answers[r.URL.Path]
	if !known {
		body = s.answers["*"]
	}
	code := http.StatusOK
	if n, err := fmt.Sscanf(body, "%d ", &code); n == 1 && err == nil {
		_, body, _ = strings.Cut(body, " ")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}

func (s *script) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// root is what GET / answers.
func root(number, more string) string {
	return fmt.Sprintf(`{"name":"n","cluster_name":"c","cluster_uuid":"uuid-of-b","version":{"number":%q%s},"tagline":"You Know, for Search"}`, number, more)
}

const health = `{"cluster_name":"c","status":"yellow","timed_out":false,"number_of_nodes":5,"number_of_data_nodes":3}`

func TestEveryElasticsearchFromFiveSixOnIsKnown(t *testing.T) {
	product := http.Header{"X-Elastic-Product": {"Elasticsearch"}}
	const oss, standard = `,"build_flavor":"oss"`, `,"build_flavor":"default"`
	for _, c := range []struct {
		name   string
		number string
		more   string
		header http.Header
	}{
		{"5.6 without a flavor", "5.6.16", "", nil},
		{"6.3", "6.3.2", standard, nil},
		{"6.7", "6.7.0", standard, nil},
		{"6.7 oss", "6.7.0", oss, nil},
		{"6.8 oss", "6.8.23", oss, nil},
		{"7.4", "7.4.0", standard, nil},
		{"7.10", "7.10.0", standard, nil},
		{"7.10 oss", "7.10.2", oss, nil},
		{"7.10 without a flavor", "7.10.2", "", nil},
		{"7.16 with the header", "7.16.2", standard, product},
		{"7.16 without", "7.16.2", standard, nil},
		{"8.5 without", "8.5.1", standard, nil},
		{"8.5 without flavor and header", "8.5.1", "", nil},
		{"8.15", "8.15.0", standard, product},
		{"a vendor's own build", "6.7.0_with_X-Pack", standard, nil},
	} {
		s := &script{answers: map[string]string{"/": root(c.number, c.more), "/_cluster/health": health}, header: c.header}
		got, err := client(t, playing(t, s)).Cluster(t.Context())
		version, _ := esops.ParseVersion(c.number)
		want := esops.Cluster{Name: "es-cn-b", UUID: "uuid-of-b", Version: version, Health: "yellow", Nodes: 3}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %s%v", c.name, diff, err)
		}
		if n := len(s.lines()); n != 2 {
			t.Errorf("%s: %d requests", c.name, n)
		}
	}
}

func TestWhatIsNoElasticsearchIsRefused(t *testing.T) {
	for name, body := range map[string]string{
		"OpenSearch":                   `{"version":{"distribution":"opensearch","number":"2.11.0"},"tagline":"The OpenSearch Project: https://opensearch.org/"}`,
		"OpenSearch that plays 7.10.2": `{"version":{"distribution":"opensearch","number":"7.10.2"},"tagline":"The OpenSearch Project: https://opensearch.org/"}`,
		"something with JSON":          `{"hello":"world"}`,
		"an odd version":               `{"version":{"number":"latest"}}`,
		"nothing":                      `{}`,
		"a list":                       `[]`,
		"a page":                       html,
	} {
		s := &script{answers: map[string]string{"/": body, "/_cluster/health": health}}
		_, err := client(t, playing(t, s)).Cluster(t.Context())
		if err == nil || !strings.Contains(err.Error(), "is not Elasticsearch") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVersionsInWhichAFailedRestoreHangsAreRefused(t *testing.T) {
	for number, refused := range map[string]bool{
		"2.4.6": true, "5.5.3": true, "5.6.5": true, "5.6.6": false, "6.0.0": true, "6.1.1": true, "6.1.2": false, "6.3.2": false,
	} {
		s := &script{answers: map[string]string{"/": root(number, ""), "/_cluster/health": health}}
		_, err := client(t, playing(t, s)).Cluster(t.Context())
		refusal, ok := esops.Refused(err)
		if ok != refused || ok && (refusal.Code != "version_too_old" || !strings.Contains(refusal.Sentence, number) || refusal.WayOut == "") {
			t.Errorf("%s: %v", number, err)
		}
	}
}

func TestAServerWithoutARootIsAskedOtherwise(t *testing.T) {
	s := &script{answers: map[string]string{
		"/":                                    `405 {"error":"Incorrect HTTP method for uri [/] and method [GET], allowed: [DELETE]","status":405}`,
		"/_nodes/_local":                       `{"nodes":{"x":{"version":"8.17.0"}}}`,
		"/_cluster/state/blocks,customs,nodes": `{"cluster_uuid":"uuid-of-b"}`,
		"/_cluster/health":                     health,
	}}
	got, err := client(t, playing(t, s)).Cluster(t.Context())
	want := esops.Cluster{Name: "es-cn-b", UUID: "uuid-of-b", Version: esops.Version{Major: 8, Minor: 17}, Health: "yellow", Nodes: 3}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
}

func TestALoginThatIsRefusedIsNotAskedAround(t *testing.T) {
	for answer, code := range map[string]string{
		"401 " + failure(401, "security_exception", "missing authentication credentials"):                         "cluster_unauthorized",
		"403 " + failure(403, "security_exception", "action [cluster:monitor/main] is unauthorized for user [x]"): "cluster_forbidden",
	} {
		s := &script{answers: map[string]string{"*": answer}}
		_, err := client(t, playing(t, s)).Cluster(t.Context())
		if class(err) != code || len(s.lines()) != 1 {
			t.Errorf("%s after %d requests", class(err), len(s.lines()))
		}
	}
}

func TestAClusterThatIsStartingIsNotReady(t *testing.T) {
	s := &script{answers: map[string]string{"/": "503 " + root("6.7.0", "")}} // so up to 6.x
	_, err := client(t, playing(t, s)).Cluster(t.Context())
	if class(err) != isUnavailable || !strings.Contains(err.Error(), "still starting") {
		t.Error(err)
	}
}

// TestAClusterThatHasNotReadItsStateHasLostNothing gives the answer of real
// nodes of 6.7 and 7.10 between a full restart and the recovery of their state.
func TestAClusterThatHasNotReadItsStateHasLostNothing(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{"cluster_uuid":"_na_","blocks":{"global":{"1":{"description":"state not recovered / initialized"}}},"metadata":{"indices":{}}}`}}
	_, err := client(t, playing(t, s)).State(t.Context(), []string{fileIndex})
	if class(err) != isUnavailable || !strings.Contains(err.Error(), "still starting") {
		t.Error(class(err), err)
	}
}

func TestRepositoriesAreListedWithoutTheirSettings(t *testing.T) {
	s := &script{answers: map[string]string{"/_snapshot": `{"b":{"type":"oss","settings":{"readonly":"true"}},"a":{"type":"fs"},"c":{"type":"fs","settings":{"readonly":true}}}`}}
	got, err := client(t, playing(t, s)).Repositories(t.Context())
	want := []esops.Repository{{Name: "a", Type: "fs"}, {Name: "b", Type: "oss", ReadOnly: true}, {Name: "c", Type: "fs", ReadOnly: true}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
	if line := s.lines()[0]; !strings.Contains(line, "filter_path=%2A.type%2C%2A.settings.readonly") {
		t.Errorf("the settings, which can hold keys, are asked for: %s", line)
	}
}

func TestAListingOfSeveralRepositoriesIsReadToo(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{"responses":[{"repository":"r","snapshots":[{"snapshot":"s","uuid":"u","state":"SUCCESS","indices":["a"],"version_id":7040099,"start_time_in_millis":1562364000000}]}]}`}}
	got, err := client(t, playing(t, s)).Snapshots(t.Context(), "r", "s")
	if err != nil || len(got) != 1 || got[0].Version.String() != "7.4.0" || got[0].Started.Format("15:04") != "22:00" || !got[0].Ended.IsZero() {
		t.Errorf("%+v %v", got, err)
	}
}

func TestNoSnapshotIsAnEmptyListOnEveryVersion(t *testing.T) {
	for _, answer := range []string{"404 " + failure(404, "snapshot_missing_exception", "[r:nope] is missing"), `{"snapshots":[]}`, `{"snapshots":[],"total":0,"remaining":0}`} {
		got, err := client(t, playing(t, &script{answers: map[string]string{"*": answer}})).Snapshots(t.Context(), "r", "nope")
		if len(got) != 0 || err != nil {
			t.Errorf("%s: %v %v", answer, got, err)
		}
	}
}

func TestAnAnswerThatHoldsNoShardIsNotWhole(t *testing.T) {
	for answer, want := range map[string]esops.Count{
		`{"count":751,"_shards":{"total":2,"successful":1,"skipped":0,"failed":0}}`:    {Docs: 751, Shards: 2},
		`{"count":1407,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0}}`:   {Docs: 1407, Shards: 2, Whole: true},
		"503 " + failure(503, "search_phase_execution_exception", "all shards failed"): {},
	} {
		got, err := client(t, playing(t, &script{answers: map[string]string{"*": answer}})).Count(t.Context(), fileIndex)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %s%v", answer, diff, err)
		}
	}
}

func TestSizesOfOldVersionsAreNotKnown(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{"snapshots":[{"indices":{"new":{"shards_stats":{"total":2,"failed":1},"stats":{"total":{"size_in_bytes":77}}},"old":{"shards_stats":{"total":1,"failed":0}}}}]}`}}
	got, err := client(t, playing(t, s)).Sizes(t.Context(), repository, automatic)
	if diff := cmp.Diff(map[string]esops.Size{"new": {Bytes: 77, Shards: 2, Failed: 1}, "old": {Bytes: -1, Shards: 1}}, got); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
}

func TestAQueuedRestoreIsSeenInTheMastersQueue(t *testing.T) {
	for answer, want := range map[string]bool{
		`{"tasks":[]}`: false,
		`{"tasks":[{"source":"create-index [x], cause [api]"}]}`:                           false,
		`{"tasks":[{"source":"put-mapping"},{"source":"restore_snapshot[es-cn-a_2019]"}]}`: true,
	} {
		got, err := client(t, playing(t, &script{answers: map[string]string{"*": answer}})).Queued(t.Context())
		if got != want || err != nil {
			t.Errorf("%s: %v %v", answer, got, err)
		}
	}
}

func TestWhyAShardHasNoPlaceIsGathered(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{"unassigned_info":{"reason":"ALLOCATION_FAILED","details":"shard failed"},"allocate_explanation":"cannot allocate",
		"node_allocation_decisions":[{"node_name":"node-1","deciders":[{"decision":"YES","explanation":"fine"},{"decider":"restore_in_progress","decision":"NO","explanation":"shard has failed to be restored"},{"decision":"NO","explanation":"no room"}]},
			{"node_name":"node-2","deciders":[{"decision":"NO","explanation":"no room"}]}]}`}}
	got, err := client(t, playing(t, s)).Explain(t.Context(), fileIndex, 1)
	if got != "shard failed on node-1, node-2: no room cannot allocate" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	s.answers["*"] = `{"unassigned_info":{"reason":"NEW_INDEX_RESTORED","details":"restore_source[r/s]"},"allocate_explanation":"cannot allocate"}`
	if got, err := client(t, playing(t, s)).Explain(t.Context(), fileIndex, 1); got != "cannot allocate" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	for _, answer := range []string{`{"can_allocate":"yes","allocate_explanation":"can allocate the shard"}`, "400 " + failure(400, "illegal_argument_exception", "unable to find any unassigned shards to explain"), "[]"} {
		if got, err := client(t, playing(t, &script{answers: map[string]string{"*": answer}})).Explain(t.Context(), fileIndex, 1); got != "" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
}

func TestLimitsAreReadInEveryForm(t *testing.T) {
	settings := func(persistent, transient, defaults string) *script {
		return &script{answers: map[string]string{
			"/_nodes/stats/fs":   `{"nodes":{"x":{"name":"es-0","roles":["data","ingest"],"fs":{"total":{"total_in_bytes":100,"available_in_bytes":40}}},"y":{"name":"es-m","roles":["master"]},"z":{"name":"es-1","roles":["data_hot"],"fs":{"total":{"total_in_bytes":100,"available_in_bytes":10}}}}}`,
			"/_cluster/settings": fmt.Sprintf(`{"persistent":{%s},"transient":{%s},"defaults":{%s}}`, persistent, transient, defaults),
			"/_cluster/health":   `{"active_shards":7,"initializing_shards":1,"unassigned_shards":2}`,
			"/_snapshot/r":       `{"r":{"settings":{"max_restore_bytes_per_sec":"20mb"}}}`,
		}}
	}
	disks := []esops.Disk{{Node: "es-0", Total: 100, Free: 40}, {Node: "es-1", Total: 100, Free: 10}}
	const allocation = `"cluster":{"routing":{"allocation":{%s}}}`
	for _, c := range []struct {
		name string
		s    *script
		want esops.Capacity
	}{
		{"the defaults of 5.6", settings("", "", fmt.Sprintf(allocation, `"enable":"ALL","disk":{"threshold_enabled":"true","watermark":{"low":"85%"}}`)+`,"indices":{"recovery":{"max_bytes_per_sec":"40mb"}}`),
			esops.Capacity{Watermarks: true, LowUsed: 0.85, Allocation: "all", NodeRate: 40 << 20}},
		{"what is set for now decides", settings(fmt.Sprintf(allocation, `"enable":"primaries","disk":{"watermark":{"low":"0.7"}}`), fmt.Sprintf(allocation, `"enable":"none"`), fmt.Sprintf(allocation, `"enable":"all","disk":{"watermark":{"low":"85%"}}`)),
			esops.Capacity{Watermarks: true, LowUsed: 0.7, Allocation: "none"}},
		{"bytes, and no watermarks", settings(fmt.Sprintf(allocation, `"disk":{"threshold_enabled":"false","watermark":{"low":"1.5gb"}}`), "", ""),
			esops.Capacity{LowFree: 3 << 29}},
		{"a limit of shards, and a block", settings(`"cluster":{"max_shards_per_node":"1000","blocks":{"read_only_allow_delete":"true"}}`, "", ""),
			esops.Capacity{Watermarks: true, ShardLimit: 2000, Shards: 10, Blocked: true}},
		{"no limit", settings(`"indices":{"recovery":{"max_bytes_per_sec":"-1"}}`, "", ""), esops.Capacity{Watermarks: true}},
	} {
		c.want.Disks, c.want.RepositoryRate = disks, 20<<20
		got, err := client(t, playing(t, c.s)).Capacity(t.Context(), "r")
		slices.SortFunc(got.Disks, func(a, b esops.Disk) int { return strings.Compare(a.Node, b.Node) })
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %s%v", c.name, diff, err)
		}
	}
}
