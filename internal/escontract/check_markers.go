package escontract

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// marker is the setting that tells which request made an index.
const marker = "index.routing.allocation.exclude.restore_op"

// markers are the checks of the setting a restore can be recognised by.
func markers() []check {
	return []check{
		{"the marker is on the index as soon as the restore is accepted", markerThere},
		{"the marker survives close and open and is removed by null", markerLife},
		{"the marker is kept when the filters are left out, and comes back with a snapshot", markerFilters},
		{"of two restores of one target exactly one wins, and its marker is on the index", race},
		{"names that filter by require or include never allocate", otherFilters},
		{"settings that nobody registered fail, are put aside, or pass", unregistered},
		{"a restore waits behind a running snapshot of its own cluster", queue},
	}
}

func markerThere(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", shards: 2})
	if got := p.Reader.do(t, "GET", "/_all/_settings/"+marker, nil).ok(t).body; got != "{}" {
		t.Errorf("without a marker the answer is %s", got)
	}
	p.restore(t, obj{"indices": "orders", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1", "index_settings": obj{marker: "op-1"}}).ok(t)
	for _, target := range []string{"r-orders", "_all", "r-orders,nosuch"} {
		r := p.Reader.do(t, "GET", "/"+target+"/_settings/"+marker+"?ignore_unavailable=true", nil).ok(t)
		r.wants(t, "r-orders.settings.index.routing.allocation.exclude.restore_op", "op-1")
	}
	p.Reader.do(t, "GET", "/nosuch/_settings/"+marker, nil).fails(t, 404, "index_not_found_exception", "no such index")
	if r := p.Reader.do(t, "GET", "/r-orders/_settings/"+marker+"?flat_settings=true", nil); p.major() < 6 {
		r.fails(t, 400, "illegal_argument_exception", "unrecognized parameter: [flat_settings]")
	} else {
		r.ok(t).wants(t, "r-orders.settings."+strings.ReplaceAll(marker, ".", "/"), "op-1")
	}
	p.eventually(t, "the marked index to be green", func() bool {
		return p.Reader.do(t, "GET", "/_cluster/health/r-orders", nil).str("status") == "green"
	})
}

func (c *Cluster) markerOf(t *testing.T, name string) string {
	t.Helper()
	return c.do(t, "GET", "/"+name+"/_settings/"+marker, nil).ok(t).str(name + ".settings.index.routing.allocation.exclude.restore_op")
}

func markerLife(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders"})
	p.restoreAll(t, obj{"indices": "orders", "index_settings": obj{marker: "op-1"}}).ok(t)
	p.Reader.do(t, "POST", "/orders/_close", nil).ok(t)
	if got := p.Reader.markerOf(t, "orders"); got != "op-1" {
		t.Errorf("on the closed index the marker is %q", got)
	}
	p.restoreAll(t, obj{"indices": "orders", "index_settings": obj{marker: "op-2"}}).ok(t)
	if got := p.Reader.markerOf(t, "orders"); got != "op-2" {
		t.Errorf("after a restore over the closed index the marker is %q", got)
	}
	p.Reader.do(t, "PUT", "/orders/_settings", obj{marker: nil}).ok(t).wants(t, "acknowledged", "true")
	if got := p.Reader.do(t, "GET", "/orders/_settings/"+marker, nil).ok(t).body; got != "{}" {
		t.Errorf("after its removal the answer is %s", got)
	}
}

func markerFilters(t *testing.T, p *Pair) {
	p.share(t, nil)
	p.Owner.create(t, index{name: "orders", more: obj{marker: "old", "index.routing.allocation.exclude.rack": "r9"}})
	p.snapshot(t, "orders")
	p.restoreAll(t, obj{"indices": "orders", "index_settings": obj{marker: "op-1"}, "ignore_index_settings": []string{"index.routing.allocation.*", marker}}).ok(t)
	r := p.Reader.do(t, "GET", "/orders/_settings?flat_settings=true", nil).ok(t)
	r.wants(t, "orders.settings."+strings.ReplaceAll(marker, ".", "/"), "op-1").lacks(t, "orders.settings.index/routing/allocation/exclude/rack")
	p.restoreAll(t, obj{"indices": "orders", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"}).ok(t)
	if got := p.Reader.markerOf(t, "r-orders"); got != "old" {
		t.Errorf("the marker in the snapshot came back as %q", got)
	}
}

func race(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", docs: 4})
	for round := range 3 {
		var both []*pending
		for i := range 2 {
			both = append(both, p.Reader.start(t, "POST", "/_snapshot/shared/s1/_restore", obj{"indices": "orders", "index_settings": obj{marker: fmt.Sprintf("op-%d", i)}}))
		}
		won := -1
		for i, w := range both {
			r := w.wait(t)
			switch {
			case r.status == 200 && won < 0:
				won = i
			case r.status == 200:
				t.Fatalf("round %d: both restores were accepted", round)
			case p.major() < 6 && r.status == 503:
				r.fails(t, 503, "concurrent_snapshot_execution_exception", "Restore process is already running in this cluster")
			default:
				r.fails(t, 500, "snapshot_restore_exception", openText(p, "orders"))
			}
		}
		if got, want := p.Reader.markerOf(t, "orders"), fmt.Sprintf("op-%d", won); got != want {
			t.Errorf("round %d: the marker is %q, the winner was %q", round, got, want)
		}
		p.eventually(t, "the restore to end", func() bool { return len(p.Reader.restoring(t)) == 0 })
		p.Reader.do(t, "DELETE", "/orders", nil).ok(t)
	}
}

func otherFilters(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", shards: 2})
	for _, kind := range []string{"require", "include"} {
		key := "index.routing.allocation." + kind + ".restore_op"
		p.restoreAll(t, obj{"indices": "orders", "index_settings": obj{key: "op-1"}}).ok(t).wants(t, "snapshot.shards.failed", "2").wants(t, "snapshot.shards.total", "2")
		p.Reader.do(t, "GET", "/_cluster/health/orders", nil).ok(t).wants(t, "status", "red")
		for _, row := range p.Reader.shardsOf(t, "orders") {
			if text(row["state"]) != "UNASSIGNED" || text(row["unassigned.reason"]) != "NEW_INDEX_RESTORED" || text(row["unassigned.details"]) != "restore_source[shared/s1]" {
				t.Errorf("the shard is %s", text(row))
			}
		}
		if n := len(p.Reader.recoveries(t, "orders")); n != 0 {
			t.Errorf("%d recoveries of shards that never began", n)
		}
		// freeing it later does not bring it back
		p.Reader.do(t, "PUT", "/orders/_settings", obj{key: nil}).ok(t)
		p.Reader.do(t, "POST", "/_cluster/reroute?retry_failed=true&filter_path=acknowledged", nil).ok(t)
		p.Pass(500 * time.Millisecond)
		p.Reader.do(t, "GET", "/_cluster/health/orders", nil).ok(t).wants(t, "status", "red")
		p.Reader.do(t, "DELETE", "/orders", nil).ok(t)
	}
}

func unregistered(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders"})
	r := p.restoreAll(t, obj{"indices": "orders", "index_settings": obj{"index.bogus": "x"}}).ok(t)
	set := p.Reader.do(t, "GET", "/orders/_settings?flat_settings=true", nil).ok(t)
	switch {
	case p.major() < 6:
		r.wants(t, "snapshot.shards.failed", "0")
		set.wants(t, "orders.settings.index/bogus", "x")
	case !p.from(6, 8):
		r.wants(t, "snapshot.shards.failed", "1")
		rows := p.Reader.shardsOf(t, "orders")
		if text(rows[0]["unassigned.reason"]) != "ALLOCATION_FAILED" || !strings.Contains(text(rows[0]["unassigned.details"]), "unknown setting [index.bogus] please check that any required plugins are installed") {
			t.Errorf("the shard is %s", text(rows[0]))
		}
	default:
		r.wants(t, "snapshot.shards.failed", "0")
		set.wants(t, "orders.settings.archived/index/bogus", "x").lacks(t, "orders.settings.index/bogus")
	}
}

func queue(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders"})
	p.Reader.create(t, index{name: "mine", docs: 300, bulky: true})
	p.Reader.do(t, "PUT", "/_snapshot/mine", obj{"type": "fs", "settings": obj{"location": p.location(), "max_snapshot_bytes_per_sec": "100kb"}}).ok(t)
	p.Reader.do(t, "PUT", "/_snapshot/mine/running", obj{"indices": "mine"}).ok(t)
	running := func() bool {
		return len(p.Reader.do(t, "GET", "/_snapshot/_status", nil).ok(t).get("snapshots").([]any)) > 0
	}
	if !running() {
		t.Fatal("the snapshot does not run")
	}
	refused := p.Reader.start(t, "POST", "/_snapshot/shared/nope/_restore", obj{})
	wanted := p.Reader.start(t, "POST", "/_snapshot/shared/s1/_restore", obj{"indices": "orders", "index_settings": obj{marker: "op-1"}})
	p.Pass(500 * time.Millisecond)
	if p.major() >= 7 { // accepted at once; its shards wait
		refused.wait(t).fails(t, 500, "snapshot_restore_exception", "[shared:nope] snapshot does not exist")
		wanted.wait(t).ok(t).wants(t, "accepted", "true")
		if got := p.Reader.do(t, "GET", "/_cluster/health/orders", nil).str("status"); running() && got != "yellow" {
			t.Errorf("while the snapshot runs the restored index is %s, want yellow", got)
		}
	} else { // not even a refusal comes
		if !refused.open() || !wanted.open() {
			t.Error("a restore was answered while the snapshot ran")
		}
		p.Reader.do(t, "GET", "/orders", nil).is(t, 404)
		wanted.wait(t).ok(t).wants(t, "accepted", "true")
		refused.wait(t).fails(t, 500, "snapshot_restore_exception", "[shared:nope] snapshot does not exist")
	}
	if got := p.Reader.markerOf(t, "orders"); got != "op-1" {
		t.Errorf("the marker is %q", got)
	}
	p.eventually(t, "the snapshot to end", func() bool { return !running() })
}
