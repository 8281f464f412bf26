package escontract

import (
	"fmt"
	"strings"
	"testing"
)

// listing are the checks of what is there: nodes, repositories, snapshots.
func listing() []check {
	return []check{
		{"the root page names version and cluster", rootPage},
		{"nodes tell their version where the root page is missing", nodeVersions},
		{"the product header is there from 7.14 on", productHeader},
		{"an unknown parameter is refused by name", unknownParameter},
		{"a path nobody handles, and a method nobody handles, are told apart", noHandler},
		{"filter_path keeps what it names", filterPaths},
		{"registered repositories are listed with settings as strings", repositories},
		{"a repository that nobody has is missing", missingRepository},
		{"a read-only repository that points nowhere is accepted by most versions", nowhere},
		{"a repository outside path.repo, or of an unknown type, cannot be created", badRepositories},
		{"snapshots are listed briefly without being read", briefList},
		{"a snapshot is described in the fields of its version", described},
		{"names, wildcards and lists choose snapshots", chooseSnapshots},
		{"a missing snapshot is missing, unless told otherwise", missingSnapshots},
		{"_cat/snapshots tabulates", catSnapshots},
		{"pages are cut where the version has pages", paging},
		{"a snapshot's status tells its bytes", snapshotStatus},
		{"a snapshot that is being made is seen by its owner only", inProgress},
		{"health of an index that is not there waits and is red", missingHealth},
	}
}

func rootPage(t *testing.T, p *Pair) {
	if !p.RootPage {
		t.Skip("this distribution has no root page")
	}
	r := p.Owner.do(t, "GET", "/", nil).ok(t).wants(t, "version.number", p.Version).wants(t, "tagline", "You Know, for Search")
	r.has(t, "name", "cluster_name", "cluster_uuid", "version.lucene_version")
	if p.from(6, 3) {
		r.has(t, "version.build_flavor", "version.minimum_wire_compatibility_version", "version.minimum_index_compatibility_version")
	}
	if r.str("cluster_uuid") == p.Reader.do(t, "GET", "/", nil).ok(t).str("cluster_uuid") {
		t.Error("two clusters bear the same uuid")
	}
}

func nodeVersions(t *testing.T, p *Pair) {
	r := p.Owner.do(t, "GET", "/_nodes/_local?filter_path=nodes.*.version", nil).ok(t)
	nodes, _ := r.get("nodes").(obj)
	if len(nodes) != 1 {
		t.Fatalf("%d local nodes in %s", len(nodes), r.body)
	}
	for _, n := range nodes {
		if got := text(n.(obj)["version"]); got != p.Version {
			t.Errorf("the node says %s, want %s", got, p.Version)
		}
	}
	stats := p.Owner.do(t, "GET", "/_nodes/stats/fs", nil).ok(t).wants(t, "_nodes.failed", "0")
	for _, n := range stats.get("nodes").(obj) {
		if number(dig(n, "fs.total.available_in_bytes")) <= 0 {
			t.Errorf("no disk in %s", text(n))
		}
	}
}

func productHeader(t *testing.T, p *Pair) {
	want := pick(p, "", at(7, 14, "Elasticsearch"))
	for _, path := range []string{"/_cluster/health", "/_snapshot/norepo/_all"} {
		if got := p.Owner.do(t, "GET", path, nil).header.Get("X-Elastic-Product"); got != want {
			t.Errorf("%s: the product header is %q, want %q", path, got, want)
		}
	}
}

func unknownParameter(t *testing.T, p *Pair) {
	p.share(t, nil)
	c := p.Owner
	c.do(t, "GET", "/_cluster/settings?foo=1", nil).fails(t, 400, "illegal_argument_exception", "request [/_cluster/settings] contains unrecognized parameter: [foo]")
	c.do(t, "GET", "/_snapshot/own/_all?bar=1&foo=1", nil).fails(t, 400, "illegal_argument_exception", "request [/_snapshot/own/_all] contains unrecognized parameters: [bar], [foo]")
	c.do(t, "POST", "/_snapshot/own/s1/_restore?foo=1", obj{}).fails(t, 400, "illegal_argument_exception", "unrecognized parameter: [foo]")
}

func noHandler(t *testing.T, p *Pair) {
	r := p.Owner.do(t, "GET", "/nosuch/path/that/does/not", nil).is(t, 400)
	if want := pick(p, "No handler found for uri", at(6, 0, "no handler found for uri")); !strings.Contains(r.body, want) {
		t.Errorf("%q is not in %s", want, r.body)
	}
	p.Owner.do(t, "GET", "/_snapshot/own/s1/_restore", nil).is(t, pick(p, 400, at(6, 0, 405)))
}

func filterPaths(t *testing.T, p *Pair) {
	p.Owner.create(t, index{name: "a"})
	r := p.Owner.do(t, "GET", "/_cluster/health?level=shards&filter_path=status,indices.a.sh*.0.status", nil).ok(t)
	r.wants(t, "status", "green").wants(t, "indices.a.shards.0.status", "green").lacks(t, "number_of_nodes", "indices.a.status")
	p.Owner.do(t, "GET", "/_cluster/health?filter_path=-status", nil).ok(t).lacks(t, "status").has(t, "number_of_nodes")
	p.Owner.do(t, "GET", "/_cluster/health?level=shards&filter_path=**.primary_active", nil).ok(t).wants(t, "indices.a.shards.0.primary_active", "true")
	if got := p.Owner.do(t, "GET", "/_cluster/health?filter_path=nosuch", nil).ok(t).body; got != "{}" {
		t.Errorf("nothing is left, but the answer is %s", got)
	}
}

func briefList(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"}, index{name: "orders"})
	r := p.Reader.do(t, "GET", "/_snapshot/shared/_all?verbose=false", nil).ok(t)
	r.wants(t, "snapshots.0.snapshot", "s1").wants(t, "snapshots.0.state", "SUCCESS").has(t, "snapshots.0.uuid")
	same(t, "indices", names(r.get("snapshots.0.indices")), []string{"orders", "users"})
	r.lacks(t, "snapshots.0.version_id", "snapshots.0.version", "snapshots.0.start_time", "snapshots.0.shards", "snapshots.0.failures")
	if p.from(7, 9) {
		r.has(t, "snapshots.0.data_streams")
	}
	if p.from(7, 15) {
		r.wants(t, "snapshots.0.repository", "shared").wants(t, "total", "1").wants(t, "remaining", "0")
	} else {
		r.lacks(t, "snapshots.0.repository", "total")
	}
}

func described(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users", docs: 3}, index{name: "orders", shards: 2})
	r := p.Reader.do(t, "GET", "/_snapshot/shared/s1", nil).ok(t)
	r.wants(t, "snapshots.0.state", "SUCCESS").wants(t, "snapshots.0.version", p.Version).wants(t, "snapshots.0.failures", "[]")
	r.wants(t, "snapshots.0.shards.total", "3").wants(t, "snapshots.0.shards.failed", "0").wants(t, "snapshots.0.shards.successful", "3")
	r.has(t, "snapshots.0.start_time", "snapshots.0.start_time_in_millis", "snapshots.0.end_time", "snapshots.0.end_time_in_millis", "snapshots.0.duration_in_millis")
	if got := r.num("snapshots.0.version_id") / 1000000; got != p.major() {
		t.Errorf("the major version in version_id is %d, want %d", got, p.major())
	}
	for _, f := range []struct {
		field        string
		major, minor int
	}{{"include_global_state", 6, 2}, {"data_streams", 7, 9}, {"feature_states", 7, 12}, {"repository", 7, 14}} {
		if p.from(f.major, f.minor) {
			r.has(t, "snapshots.0."+f.field)
		} else {
			r.lacks(t, "snapshots.0."+f.field)
		}
	}
}

func chooseSnapshots(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	for _, n := range []string{"s2", "t1"} {
		p.Owner.do(t, "PUT", "/_snapshot/own/"+n+"?wait_for_completion=true", obj{}).ok(t)
	}
	p.Owner.do(t, "PUT", "/_snapshot/own/s1", obj{}).fails(t, 400, pick(p, "invalid_snapshot_name_exception", at(8, 1, "snapshot_name_already_in_use_exception")), "snapshot with the same name already exists")
	p.Owner.do(t, "PUT", "/_snapshot/own/UPPER", obj{}).fails(t, 400, "invalid_snapshot_name_exception", "[own:UPPER] Invalid snapshot name [UPPER], must be lowercase")
	p.Reader.do(t, "PUT", "/_snapshot/shared/x", obj{}).fails(t, 500, "repository_exception", "[shared] cannot create snapshot in a readonly repository")
	p.Reader.do(t, "DELETE", "/_snapshot/shared/s1", nil).fails(t, 500, "repository_exception", pick(p, "[shared] cannot delete snapshot from a readonly repository", at(8, 0, "[shared] repository is readonly")))
	for expr, want := range map[string][]string{"_all": {"s1", "s2", "t1"}, "*": {"s1", "s2", "t1"}, "s*": {"s1", "s2"}, "s1,t*": {"s1", "t1"}, "t1": {"t1"}, "_current": nil} {
		for _, verbose := range []string{"", "?verbose=false"} {
			r := p.Reader.do(t, "GET", "/_snapshot/shared/"+expr+verbose, nil).ok(t)
			var got []string
			list, _ := r.get("snapshots").([]any)
			for _, s := range list {
				got = append(got, text(s.(obj)["snapshot"]))
			}
			same(t, expr+verbose, got, want)
		}
	}
	p.Owner.do(t, "DELETE", "/_snapshot/own/s2", nil).ok(t).wants(t, "acknowledged", "true")
	p.Reader.do(t, "GET", "/_snapshot/shared/s2", nil).fails(t, 404, "snapshot_missing_exception", "[shared:s2] is missing")
}

func missingSnapshots(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	c := p.Reader
	for _, expr := range []string{"nope", "s1,nope"} {
		c.do(t, "GET", "/_snapshot/shared/"+expr, nil).fails(t, 404, "snapshot_missing_exception", "[shared:nope] is missing")
	}
	c.do(t, "GET", "/_snapshot/shared/nope/_status", nil).fails(t, 404, "snapshot_missing_exception", "[shared:nope] is missing")
	p.Owner.do(t, "DELETE", "/_snapshot/own/nope", nil).fails(t, 404, "snapshot_missing_exception", "[own:nope] is missing")
	c.do(t, "GET", "/_snapshot/shared/s1,nope?ignore_unavailable=true", nil).ok(t).wants(t, "snapshots.0.snapshot", "s1")
	if r := c.do(t, "GET", "/_snapshot/shared/nope*", nil); p.major() >= 8 {
		r.ok(t).wants(t, "snapshots", "[]")
	} else {
		r.fails(t, 404, "snapshot_missing_exception", "[shared:nope*] is missing")
	}
	p.share(t, nil)
	c.do(t, "GET", "/_snapshot/shared/_all", nil).ok(t).wants(t, "snapshots", "[]")
	if r := c.do(t, "GET", "/_snapshot/shared/*", nil); p.from(7, 12) {
		r.ok(t).wants(t, "snapshots", "[]")
	} else {
		r.fails(t, 404, "snapshot_missing_exception", "[shared:*] is missing")
	}
}

func catSnapshots(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"}, index{name: "orders", shards: 2})
	r := p.Reader.do(t, "GET", "/_cat/snapshots/shared?format=json", nil).ok(t)
	r.wants(t, "0.id", "s1").wants(t, "0.status", "SUCCESS").wants(t, "0.indices", "2").wants(t, "0.successful_shards", "3").wants(t, "0.failed_shards", "0").wants(t, "0.total_shards", "3")
	r.has(t, "0.start_epoch", "0.start_time", "0.end_epoch", "0.end_time", "0.duration").lacks(t, "0.reason")
	head, _, _ := strings.Cut(p.Reader.do(t, "GET", "/_cat/snapshots/shared?v", nil).ok(t).body, "\n")
	want := "id status start_epoch start_time end_epoch end_time duration indices successful_shards failed_shards total_shards"
	if p.from(7, 14) {
		want = strings.Replace(want, "id ", "id repository ", 1)
	}
	if got := strings.Join(strings.Fields(head), " "); got != want {
		t.Errorf("the columns are %q, want %q", got, want)
	}
	r = p.Reader.do(t, "GET", "/_cat/snapshots/shared?format=json&h=id,reason,nosuch", nil).ok(t).has(t, "0.id", "0.reason")
	if n := len(r.get("0").(obj)); n != 2 {
		t.Errorf("%d columns in %s, want 2", n, r.body)
	}
}

func paging(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	for _, n := range []string{"s2", "s3"} {
		p.Owner.do(t, "PUT", "/_snapshot/own/"+n+"?wait_for_completion=true", obj{}).ok(t)
	}
	c := p.Reader
	first := c.do(t, "GET", "/_snapshot/shared/*?size=2&sort=name&order=desc", nil)
	if !p.from(7, 14) {
		first.fails(t, 400, "illegal_argument_exception", "contains unrecognized parameters: [order], [size], [sort]")
		return
	}
	first.ok(t).wants(t, "snapshots.0.snapshot", "s3").wants(t, "snapshots.1.snapshot", "s2").wants(t, "total", "3").wants(t, "remaining", "1")
	next := c.do(t, "GET", "/_snapshot/shared/*?size=2&sort=name&order=desc&after="+first.str("next"), nil).ok(t)
	next.wants(t, "snapshots.0.snapshot", "s1").wants(t, "remaining", "0").lacks(t, "next")
	c.do(t, "GET", "/_snapshot/shared/*?sort=name&offset=1", nil).ok(t).wants(t, "snapshots.0.snapshot", "s2")
	c.do(t, "GET", "/_snapshot/shared/*?size=0", nil).fails(t, 400, "action_request_validation_exception", "size must be -1 or greater than 0")
	c.do(t, "GET", "/_snapshot/shared/*?verbose=false&size=1&sort=name", nil).fails(t, 400, "action_request_validation_exception", "can't use non-default sort with verbose=false")
}

func snapshotStatus(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", shards: 2, docs: 40, bulky: true})
	r := p.Reader.do(t, "GET", "/_snapshot/shared/s1/_status", nil).ok(t)
	r.wants(t, "snapshots.0.state", "SUCCESS").wants(t, "snapshots.0.shards_stats.done", "2").wants(t, "snapshots.0.indices.orders.shards.0.stage", "DONE")
	size := "snapshots.0.stats.total.size_in_bytes"
	if !p.from(6, 4) {
		size = "snapshots.0.stats.total_size_in_bytes"
	}
	if r.num(size) < 40000 {
		t.Errorf("%s is %d for 40 documents of a kilobyte", size, r.num(size))
	}
	p.restoreAll(t, obj{"indices": "orders"}).ok(t)
	sum := 0
	for _, e := range p.Reader.recoveries(t, "orders") {
		sum += number(dig(e, "index.size.total_in_bytes"))
	}
	if sum != r.num(size) {
		t.Errorf("recoveries add up to %d bytes, the status says %d", sum, r.num(size))
	}
	for _, path := range []string{"/_snapshot/_status", "/_snapshot/shared/_status"} {
		p.Reader.do(t, "GET", path, nil).ok(t).wants(t, "snapshots", "[]")
	}
}

func inProgress(t *testing.T, p *Pair) {
	location := p.share(t, nil)
	p.Owner.create(t, index{name: "users", docs: 300, bulky: true})
	p.Owner.do(t, "PUT", "/_snapshot/own", obj{"type": "fs", "settings": obj{"location": location, "max_snapshot_bytes_per_sec": "100kb"}}).ok(t)
	p.Owner.do(t, "PUT", "/_snapshot/own/s1", obj{}).ok(t).wants(t, "accepted", "true")
	r := p.Owner.do(t, "GET", "/_snapshot/own/s1", nil).ok(t).wants(t, "snapshots.0.state", "IN_PROGRESS").wants(t, "snapshots.0.end_time_in_millis", "0")
	r.wants(t, "snapshots.0.shards.successful", "0").wants(t, "snapshots.0.shards.total", pick(p, "0", at(7, 12, "1")))
	if negative := r.num("snapshots.0.duration_in_millis") < 0; negative != !p.from(6, 8) {
		t.Errorf("the duration is %s", r.str("snapshots.0.duration_in_millis"))
	}
	p.Owner.do(t, "GET", "/_snapshot/own/_all?verbose=false", nil).ok(t).wants(t, "snapshots.0.state", "IN_PROGRESS")
	p.Owner.do(t, "GET", "/_snapshot/_status", nil).ok(t).wants(t, "snapshots.0.snapshot", "s1").wants(t, "snapshots.0.state", "STARTED")
	p.Reader.do(t, "GET", "/_snapshot/shared/_all", nil).ok(t).wants(t, "snapshots", "[]")
	p.Reader.do(t, "GET", "/_snapshot/shared/s1", nil).fails(t, 404, "snapshot_missing_exception", "[shared:s1] is missing")
	p.Reader.do(t, "POST", "/_snapshot/shared/s1/_restore", obj{}).fails(t, 500, "snapshot_restore_exception", "[shared:s1] snapshot does not exist")
	busy := p.Owner.do(t, "DELETE", "/users", nil)
	busy.fails(t, 400, pick(p, "illegal_argument_exception", at(6, 0, "snapshot_in_progress_exception")), "Cannot delete indices that are being snapshotted")
	p.Owner.do(t, "DELETE", "/_snapshot/own", nil).is(t, pick(p, 500, at(8, 0, 409)))
	p.eventually(t, "the snapshot to end", func() bool {
		return p.Owner.do(t, "GET", "/_snapshot/own/s1", nil).ok(t).str("snapshots.0.state") == "SUCCESS"
	})
	p.Reader.do(t, "GET", "/_snapshot/shared/s1", nil).ok(t).wants(t, "snapshots.0.state", "SUCCESS")
}

func missingHealth(t *testing.T, p *Pair) {
	r := p.Reader.do(t, "GET", "/_cluster/health/nosuch?timeout=300ms", nil).is(t, 408)
	r.wants(t, "status", "red").wants(t, "timed_out", "true").wants(t, "active_shards", "0")
	p.Reader.create(t, index{name: "one", shards: 2, more: obj{"index.number_of_replicas": 1}})
	r = p.Reader.do(t, "GET", "/_cluster/health/one?level=indices", nil).ok(t).wants(t, "status", "yellow").wants(t, "indices.one.number_of_shards", "2")
	r.wants(t, "indices.one.active_primary_shards", "2").wants(t, "indices.one.unassigned_shards", "2")
	want := fmt.Sprint(p.from(8, 16))
	if _, there := r.object()["unassigned_primary_shards"]; fmt.Sprint(there) != want {
		t.Errorf("unassigned_primary_shards is there: %v, want %s", there, want)
	}
}
