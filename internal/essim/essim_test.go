package essim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"es-restore/internal/essim"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a cluster with a clock moved by hand, reached in memory.
type bench struct {
	*essim.Cluster
	t     *testing.T
	clock *essim.HandClock
	http  *http.Client
	user  string // name:password
}

var start = time.Date(2019, 7, 5, 22, 0, 0, 0, time.UTC)

func newBench(t *testing.T, o essim.Options) *bench {
	clock := essim.NewHandClock(start)
	o.Clock = clock
	c := essim.New(o)
	t.Cleanup(c.Close)
	return &bench{Cluster: c, t: t, clock: clock, http: &http.Client{Transport: c.Transport()}}
}

type result struct {
	status int
	body   string
	header http.Header
}

func (b *bench) try(method, path, body string) (result, error) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.URL()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if name, password, ok := strings.Cut(b.user, ":"); ok {
		req.SetBasicAuth(name, password)
	}
	res, err := b.http.Do(req)
	if err != nil {
		return result{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return result{res.StatusCode, string(text), res.Header}, err
}

func (b *bench) do(method, path, body string) result {
	b.t.Helper()
	r, err := b.try(method, path, body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (b *bench) ok(method, path, body string) result {
	b.t.Helper()
	r := b.do(method, path, body)
	if r.status > 299 {
		b.t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
	return r
}

func (r result) at(path string) string {
	var v any
	_ = json.Unmarshal([]byte(r.body), &v)
	for p := range strings.SplitSeq(path, ".") {
		switch t := v.(type) {
		case map[string]any:
			v = t[p]
		case []any:
			var i int
			if _, err := fmt.Sscan(p, &i); err != nil || i >= len(t) {
				return ""
			}
			v = t[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	out, _ := json.Marshal(v)
	return string(out)
}

// seeded has an index "orders" of two shards in snapshot own/s1, each padded
// to a megabyte.
func seeded(t *testing.T, o essim.Options) *bench {
	b := newBench(t, o)
	kind := "doc"
	if !strings.HasPrefix(b.Version(), "5") && !strings.HasPrefix(b.Version(), "6") {
		kind = "_doc"
	}
	b.ok("PUT", "/orders", `{"settings":{"number_of_shards":2,"number_of_replicas":0},"aliases":{"live":{}}}`)
	for i := range 20 {
		b.ok("PUT", fmt.Sprintf("/orders/%s/%d", kind, i), `{"n":1}`)
	}
	b.PadShard("orders", 0, 1<<20)
	b.PadShard("orders", 1, 1<<20)
	b.ok("PUT", "/_snapshot/own", `{"type":"fs","settings":{"location":"/r/own"}}`)
	b.ok("PUT", "/_snapshot/own/s1?wait_for_completion=true", `{}`)
	return b
}

const intoR = `{"indices":"orders","rename_pattern":"^(.+)$","rename_replacement":"r-$1","include_aliases":false}`

func (b *bench) restore() result {
	b.t.Helper()
	return b.ok("POST", "/_snapshot/own/s1/_restore", intoR)
}

func (b *bench) health(index string) string {
	b.t.Helper()
	return b.ok("GET", "/_cluster/health/"+index, "").at("status")
}

func TestARestoreTakesTheTimeItsBytesNeed(t *testing.T) {
	b := seeded(t, essim.Options{})
	b.Slow(1 << 20) // a megabyte a second for two megabytes
	b.restore()
	if got := b.ok("GET", "/r-orders/_recovery", "").body; got != "{}" {
		t.Errorf("right after it was accepted the recovery is %s", got)
	}
	b.clock.Advance(time.Second)
	percent := b.ok("GET", "/r-orders/_recovery", "").at("r-orders.shards.0.index.size.percent")
	if percent < "40.0%" || percent > "60.0%" {
		t.Errorf("after a second of two %s are done", percent)
	}
	if h := b.health("r-orders"); h != "yellow" {
		t.Errorf("meanwhile the index is %s", h)
	}
	b.clock.Advance(1500 * time.Millisecond)
	if h := b.health("r-orders"); h != "green" {
		t.Errorf("after its time the index is %s", h)
	}
	if n := b.ok("GET", "/r-orders/_count", "").at("count"); n != "20" {
		t.Errorf("%s documents came back, want 20", n)
	}
	r := b.Restores()
	if len(r) != 1 || r[0].State != "SUCCESS" || r[0].Targets["orders"] != "r-orders" || !r[0].Ended.After(r[0].Began) {
		t.Errorf("the restores are %+v", r)
	}
}

func TestTheSpeedCanBeChangedWhileARestoreRuns(t *testing.T) {
	b := seeded(t, essim.Options{})
	b.Slow(1000)
	b.restore()
	b.clock.Advance(time.Minute)
	if h := b.health("r-orders"); h != "yellow" {
		t.Fatalf("the index is %s", h)
	}
	b.Slow(0) // 40 MB/s of the repository
	b.clock.Advance(time.Second)
	if h := b.health("r-orders"); h != "green" {
		t.Errorf("the index is %s", h)
	}
}

func TestAStalledShardStandsStillUntilItIsLetGo(t *testing.T) {
	b := seeded(t, essim.Options{})
	free := b.Stall("r-orders", 1)
	b.restore()
	b.clock.Advance(time.Hour)
	r := b.ok("GET", "/r-orders/_recovery", "")
	if r.at("r-orders.shards.0.stage") != "DONE" || r.at("r-orders.shards.1.stage") != "INDEX" {
		t.Errorf("the recovery is %s", r.body)
	}
	if got := b.ok("GET", "/_cluster/state/customs?filter_path=restore", "").at("restore.snapshots.0.state"); got != "STARTED" {
		t.Errorf("the state of the restore is %q", got)
	}
	free()
	b.clock.Advance(time.Second)
	if h := b.health("r-orders"); h != "green" {
		t.Errorf("the index is %s", h)
	}
}

func TestAShardFailsForTheReasonGiven(t *testing.T) {
	for name, d := range map[string]essim.Damage{"CorruptIndexException": essim.CorruptBlob(), "NoSuchFileException": essim.MissingBlob(), "moonlight": essim.BrokenShard("moonlight")} {
		t.Run(name, func(t *testing.T) {
			b := seeded(t, essim.Options{})
			b.FailShard("r-orders", 0, d)
			b.restore()
			b.clock.Advance(time.Second)
			rows := b.ok("GET", "/_cat/shards/r-orders?s=shard&h=shard,state,unassigned.reason,unassigned.details", "")
			if !strings.HasPrefix(rows.body, "0 UNASSIGNED ALLOCATION_FAILED") || !strings.Contains(rows.body, name) || !strings.Contains(rows.body, "1 STARTED") {
				t.Errorf("the shards are %s", rows.body)
			}
			if s := b.Restores()[0].State; s != "FAILURE" {
				t.Errorf("the restore ended as %s", s)
			}
		})
	}
}

func TestAShardThatIsAboutToHaveAPlaceIsSaidToBe(t *testing.T) {
	b := seeded(t, essim.Options{})
	b.restore()
	why := b.ok("POST", "/_cluster/allocation/explain", `{"index":"r-orders","shard":0,"primary":true}`)
	if !strings.Contains(why.body, `"can_allocate":"yes"`) || !strings.Contains(why.body, `"can allocate the shard"`) {
		t.Errorf("the explanation is %s", why.body)
	}
}

func TestADiskAboveItsWatermarkTakesNoShard(t *testing.T) {
	b := seeded(t, essim.Options{})
	free := b.DenyAllocation("r-orders")
	b.restore()
	b.clock.Advance(time.Second)
	why := b.ok("POST", "/_cluster/allocation/explain", `{"index":"r-orders","shard":0,"primary":true}`)
	if !strings.Contains(why.body, "disk_threshold") || !strings.Contains(why.body, "low watermark") {
		t.Errorf("the explanation is %s", why.body)
	}
	free()
	b.clock.Advance(time.Second)
	if h := b.health("r-orders"); h != "red" {
		t.Errorf("after the disk was freed the index is %s, want red for good", h)
	}
}

func TestARestartForgetsTheRestoreAndLeavesTheIndexRed(t *testing.T) {
	b := seeded(t, essim.Options{})
	b.Slow(1000)
	b.restore()
	b.clock.Advance(time.Second)
	b.Restart()
	b.Slow(0)
	b.clock.Advance(time.Hour)
	if h := b.health("r-orders"); h != "red" {
		t.Errorf("the index is %s", h)
	}
	if h := b.health("orders"); h != "green" {
		t.Errorf("the old index is %s", h)
	}
	if got := b.ok("GET", "/_cat/shards/r-orders?h=unassigned.reason", "").body; got != "CLUSTER_RECOVERED\nCLUSTER_RECOVERED\n" {
		t.Errorf("the reasons are %q", got)
	}
}

func TestReplicasFollowOnOtherNodes(t *testing.T) {
	b := seeded(t, essim.Options{Nodes: 2})
	b.ok("POST", "/_snapshot/own/s1/_restore", `{"indices":"orders","rename_pattern":"^(.+)$","rename_replacement":"r-$1","index_settings":{"number_of_replicas":1}}`)
	b.clock.Advance(time.Second)
	if h := b.health("r-orders"); h != "green" {
		t.Errorf("the index is %s", h)
	}
	r := b.ok("GET", "/r-orders/_recovery", "")
	if !strings.Contains(r.body, `"type":"PEER"`) {
		t.Errorf("no replica in %s", r.body)
	}
}

func TestASnapshotRemadeUnderItsNameHasAnotherUUID(t *testing.T) {
	b := seeded(t, essim.Options{})
	before := b.ok("GET", "/_snapshot/own/s1", "").at("snapshots.0.uuid")
	b.ok("DELETE", "/_snapshot/own/s1", "")
	b.ok("PUT", "/_snapshot/own/s1?wait_for_completion=true", `{}`)
	if after := b.ok("GET", "/_snapshot/own/s1", "").at("snapshots.0.uuid"); after == before {
		t.Error("the uuid is the same")
	}
}

func TestClustersShareWhatTheirReposShare(t *testing.T) {
	repos := essim.NewRepos("/r")
	owner := seeded(t, essim.Options{Name: "a", Repos: repos})
	reader := newBench(t, essim.Options{Name: "b", Repos: repos})
	stranger := newBench(t, essim.Options{Name: "c"})
	for b, want := range map[*bench]string{reader: "s1", stranger: ""} {
		b.ok("PUT", "/_snapshot/shared", `{"type":"fs","settings":{"location":"/r/own","readonly":true}}`)
		if got := b.ok("GET", "/_snapshot/shared/_all", "").at("snapshots.0.snapshot"); got != want {
			t.Errorf("%s sees %q, want %q", b.URL(), got, want)
		}
	}
	if owner.UUID() == reader.UUID() {
		t.Error("two clusters bear one uuid")
	}
}

func TestAnOSSRepositoryIsAPlaceInReposToo(t *testing.T) {
	repos := essim.NewRepos()
	const body = `{"type":"oss","settings":{"endpoint":"http://oss","bucket":"b","base_path":"es-cn-a"}}`
	a := newBench(t, essim.Options{Repos: repos, RepositoryTypes: []string{"oss"}})
	a.ok("PUT", "/_snapshot/auto", body)
	a.ok("PUT", "/_snapshot/auto/s1?wait_for_completion=true", `{}`)
	b := newBench(t, essim.Options{Repos: repos, RepositoryTypes: []string{"oss"}})
	b.ok("PUT", "/_snapshot/from-a", body)
	if got := b.ok("GET", "/_snapshot/from-a/_all", "").at("snapshots.0.snapshot"); got != "s1" {
		t.Errorf("b sees %q", got)
	}
}
