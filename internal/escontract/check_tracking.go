package escontract

import (
	"strings"
	"testing"
	"time"
)

// tracking are the checks of a restore that runs.
func tracking() []check {
	return []check{
		{"a running restore is seen shard by shard", running},
		{"four shards of a node recover at once, the others wait", eightShards},
		{"what a running restore forbids", forbidden},
		{"another restore beside it is refused by 5.x only", beside},
		{"a restore ends when its index is deleted", cancelled},
		{"the repository's limit sets the speed, the cluster's from 7.10 on", speeds},
		{"a restart in the middle leaves the index red for good", restarted},
		{"the owner can delete a snapshot that a reader restores", deletedByOwner},
	}
}

// slowly stages an index of about this many kilobytes and begins to restore it
// at kilobytes per second.
func (p *Pair) slowly(t *testing.T, shards, kilobytes int, rate string) {
	t.Helper()
	p.share(t, obj{"max_restore_bytes_per_sec": rate})
	p.Owner.create(t, index{name: "big", shards: shards, docs: kilobytes, bulky: true, more: obj{"index.refresh_interval": "-1"}})
	p.Owner.do(t, "POST", "/big/_refresh", nil).ok(t)
	p.snapshot(t, "big")
	p.restore(t, obj{"indices": "big", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1", "index_settings": obj{marker: "op-1"}}).ok(t).wants(t, "accepted", "true")
}

// finish drops the slow restore.
func (p *Pair) finish(t *testing.T) {
	t.Helper()
	p.Reader.do(t, "DELETE", "/r-big", nil).ok(t)
	p.eventually(t, "the restore to be forgotten", func() bool { return len(p.Reader.restoring(t)) == 0 })
}

// copying waits until bytes of the slow restore flow.
func (p *Pair) copying(t *testing.T) []obj {
	t.Helper()
	var list []obj
	p.eventually(t, "bytes to flow", func() bool {
		list = p.Reader.recoveries(t, "r-big")
		for _, e := range list {
			if number(dig(e, "index.size.recovered_in_bytes")) > 0 {
				return true
			}
		}
		return false
	})
	return list
}

func running(t *testing.T, p *Pair) {
	p.slowly(t, 2, 2400, "80kb") // longer than a busy machine needs for what follows
	p.eventually(t, "both shards to be on their way", func() bool {
		return p.Reader.do(t, "GET", "/_cluster/health/r-big", nil).num("initializing_shards") == 2
	})
	entry := p.Reader.restoring(t)[0]
	for path, want := range map[string]string{"snapshot": "s1", "repository": "shared", "state": "INIT", "indices": `["r-big"]`, "shards.0.state": "INIT", "shards.0.index.index_name": "r-big", "shards.1.state": "INIT"} {
		if got := text(dig(entry, path)); got != want {
			t.Errorf("in the restore entry %s is %q, want %q", path, got, want)
		}
	}
	uuid := p.Reader.do(t, "GET", "/r-big/_settings?flat_settings=true", nil).ok(t).str("r-big.settings.index/uuid")
	if got := text(dig(entry, "shards.0.index.index_uuid")); got != uuid {
		t.Errorf("the entry names the index uuid %q, the index has %q", got, uuid)
	}
	for _, e := range p.copying(t) {
		if number(dig(e, "index.size.recovered_in_bytes")) == 0 {
			continue // it has not begun
		}
		if text(e["stage"]) != "INDEX" || text(e["type"]) != "SNAPSHOT" || e["stop_time_in_millis"] != nil || number(dig(e, "index.target_throttle_time_in_millis")) != 0 {
			t.Errorf("the running recovery is %s", text(e))
		}
		if !strings.HasSuffix(text(dig(e, "index.size.percent")), "%") || text(dig(e, "source.index")) != "big" || dig(e, "target.name") == nil {
			t.Errorf("the running recovery is %s", text(e))
		}
	}
	health := p.Reader.do(t, "GET", "/_cluster/health/r-big?level=indices", nil).ok(t).wants(t, "status", "yellow").wants(t, "initializing_shards", "2")
	health.wants(t, "indices.r-big.active_primary_shards", "0")
	for _, what := range []string{"_count", "_search"} {
		p.Reader.do(t, "GET", "/r-big/"+what, nil).fails(t, 503, "search_phase_execution_exception", "all shards failed")
	}
	for _, row := range p.Reader.shardsOf(t, "r-big") {
		if text(row["state"]) != "INITIALIZING" {
			t.Errorf("the shard is %s", text(row))
		}
	}
	if got := p.Reader.do(t, "GET", "/_tasks?actions=*restore*", nil).ok(t).str("nodes"); got != "{}" {
		t.Errorf("tasks of a restore: %s", got)
	}
	if got := p.Reader.do(t, "GET", "/_cluster/pending_tasks", nil).ok(t).get("tasks"); got == nil {
		t.Error("no list of pending tasks")
	}
	p.eventually(t, "bytes in _cat/recovery", func() bool {
		cat := p.Reader.do(t, "GET", "/_cat/recovery/r-big?format=json&bytes=b", nil).ok(t).wants(t, "0.type", "snapshot")
		// on 8.x one shard can have the whole rate to itself
		return (cat.num("0.bytes_total") > 0 && cat.str("0.stage") == "index") || (cat.num("1.bytes_total") > 0 && cat.str("1.stage") == "index")
	})
	p.finish(t)
}

func eightShards(t *testing.T, p *Pair) {
	p.slowly(t, 8, 1600, "80kb")
	p.copying(t)
	var list []obj
	p.eventually(t, "four shards to recover", func() bool {
		list = p.Reader.recoveries(t, "r-big")
		return len(list) == 4
	})
	entry := p.Reader.restoring(t)[0]
	if shards, _ := dig(entry, "shards").([]any); len(shards) != 8 {
		t.Errorf("the restore entry has %d shards, want all 8", len(shards))
	}
	p.eventually(t, "four shards to wait for the others", func() bool {
		counts := map[string]int{}
		for _, row := range p.Reader.shardsOf(t, "r-big") {
			counts[text(row["state"])]++
			if text(row["state"]) == "UNASSIGNED" && (text(row["unassigned.reason"]) != "NEW_INDEX_RESTORED" || text(row["unassigned.details"]) != "restore_source[shared/s1]") {
				t.Errorf("a waiting shard is %s", text(row))
			}
		}
		return counts["INITIALIZING"] == 4 && counts["UNASSIGNED"] == 4
	})
	p.eventually(t, "the wait to be explained", func() bool { return p.throttled(t) })
	p.finish(t)
}

// throttled tells whether the explain API says of a waiting shard that it waits
// its turn.
func (p *Pair) throttled(t *testing.T) bool {
	t.Helper()
	for _, row := range p.Reader.shardsOf(t, "r-big") {
		if text(row["state"]) != "UNASSIGNED" {
			continue
		}
		why := p.Reader.do(t, "POST", "/_cluster/allocation/explain", obj{"index": "r-big", "shard": number(row["shard"]), "primary": true}).ok(t)
		if why.str("can_allocate") != "throttled" {
			continue
		}
		why.wants(t, "current_state", "unassigned").wants(t, "unassigned_info.reason", "NEW_INDEX_RESTORED")
		why.wants(t, "node_allocation_decisions.0.deciders.0.decider", "throttling").wants(t, "node_allocation_decisions.0.deciders.0.decision", "THROTTLE")
		return true
	}
	return false
}

func forbidden(t *testing.T, p *Pair) {
	p.slowly(t, 1, 300, "60kb")
	p.copying(t)
	c := p.Reader
	c.do(t, "POST", "/r-big/_close", nil).fails(t, 400, "illegal_argument_exception", "Cannot close indices that are being restored: [[r-big/")
	used := c.do(t, "DELETE", "/_snapshot/shared", nil)
	switch {
	case p.major() >= 8:
		used.fails(t, 409, "repository_conflict_exception", "[shared] trying to modify or unregister repository that is currently used (snapshot restore is in progress)")
	case p.from(7, 17):
		used.fails(t, 500, "illegal_state_exception", "trying to modify or unregister repository [shared] that is currently used (snapshot restore is in progress)")
	default:
		used.fails(t, 500, "illegal_state_exception", "trying to modify or unregister repository that is currently used")
	}
	location := c.do(t, "GET", "/_snapshot/shared", nil).ok(t).str("shared.settings.location")
	put := func(settings obj) *reply {
		settings["location"], settings["readonly"] = location, true
		return c.do(t, "PUT", "/_snapshot/shared", obj{"type": "fs", "settings": settings})
	}
	// on a small node these can wait for threads that the restore has
	other := put(obj{"compress": false, "max_restore_bytes_per_sec": "60kb"})
	switch {
	case p.major() >= 8:
		other.fails(t, 409, "repository_conflict_exception", "[shared] trying to modify or unregister repository that is currently used (snapshot restore is in progress)")
		put(obj{"compress": true, "max_restore_bytes_per_sec": "50kb"}).ok(t)
	case p.from(7, 17):
		other.fails(t, 500, "illegal_state_exception", "trying to modify or unregister repository [shared] that is currently used (snapshot restore is in progress)")
		put(obj{"compress": true, "max_restore_bytes_per_sec": "50kb"}).ok(t)
	default:
		other.fails(t, 500, "illegal_state_exception", "trying to modify or unregister repository that is currently used")
	}
	for _, path := range []string{"/_snapshot/_status", "/_snapshot/shared/_status"} {
		c.do(t, "GET", path, nil).ok(t).wants(t, "snapshots", "[]")
	}
	p.finish(t)
	// the same cluster protects the snapshot it restores from
	c.do(t, "PUT", "/_snapshot/mine", obj{"type": "fs", "settings": obj{"location": p.location(), "max_restore_bytes_per_sec": "60kb"}}).ok(t)
	c.create(t, index{name: "big", docs: 300, bulky: true})
	c.do(t, "PUT", "/_snapshot/mine/s1?wait_for_completion=true", obj{"indices": "big"}).ok(t)
	c.do(t, "POST", "/_snapshot/mine/s1/_restore", obj{"indices": "big", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"}).ok(t)
	p.copying(t)
	c.do(t, "DELETE", "/_snapshot/mine/s1", nil).fails(t, 503, "concurrent_snapshot_execution_exception", "cannot delete snapshot during a restore")
	p.finish(t)
}

func beside(t *testing.T, p *Pair) {
	p.slowly(t, 1, 200, "60kb")
	p.copying(t)
	other := p.restore(t, obj{"indices": "big", "rename_pattern": "^(.+)$", "rename_replacement": "other-$1"})
	same := p.restore(t, obj{"indices": "big", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"})
	if p.major() < 6 {
		other.fails(t, 503, "concurrent_snapshot_execution_exception", "Restore process is already running in this cluster")
		same.fails(t, 503, "concurrent_snapshot_execution_exception", "Restore process is already running in this cluster")
	} else {
		other.ok(t).wants(t, "accepted", "true")
		same.fails(t, 500, "snapshot_restore_exception", openText(p, "r-big"))
		if n := len(p.Reader.restoring(t)); n != 2 {
			t.Errorf("%d restores run, want 2", n)
		}
		p.Reader.do(t, "DELETE", "/other-big", nil).ok(t)
	}
	p.finish(t)
}

func cancelled(t *testing.T, p *Pair) {
	p.share(t, obj{"max_restore_bytes_per_sec": "60kb"})
	p.Owner.create(t, index{name: "big", shards: 2, docs: 300, bulky: true})
	p.snapshot(t, "big")
	waits := p.Reader.start(t, "POST", "/_snapshot/shared/s1/_restore?wait_for_completion=true", obj{"indices": "big", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"})
	p.eventually(t, "the restore to begin", func() bool { return len(p.Reader.restoring(t)) > 0 })
	p.copying(t)
	p.Reader.do(t, "DELETE", "/r-big", nil).ok(t).wants(t, "acknowledged", "true")
	waits.wait(t).ok(t).wants(t, "snapshot.shards.total", "2").wants(t, "snapshot.shards.failed", "2").wants(t, "snapshot.shards.successful", "0")
	p.Reader.do(t, "GET", "/r-big/_recovery", nil).fails(t, 404, "index_not_found_exception", "no such index")
	p.eventually(t, "the restore to be forgotten", func() bool { return len(p.Reader.restoring(t)) == 0 })
}

// took restores the big index and tells how long it took in the cluster's time.
func (p *Pair) took(t *testing.T, after func()) time.Duration {
	t.Helper()
	after()
	p.eventually(t, "the restore to end", func() bool {
		list := p.Reader.recoveries(t, "r-big")
		return len(list) == 1 && text(list[0]["stage"]) == "DONE"
	})
	e := p.Reader.recoveries(t, "r-big")[0]
	return time.Duration(number(dig(e, "total_time_in_millis"))) * time.Millisecond
}

func speeds(t *testing.T, p *Pair) {
	p.slowly(t, 1, 400, "200kb")
	if d := p.took(t, func() {}); d < time.Second {
		t.Errorf("400 kB at 200 kB/s took %v", d)
	}
	p.Reader.do(t, "DELETE", "/r-big", nil).ok(t)
	location := p.Reader.do(t, "GET", "/_snapshot/shared", nil).ok(t).str("shared.settings.location")
	p.eventually(t, "the repository to be free", func() bool {
		return p.Reader.do(t, "PUT", "/_snapshot/shared", obj{"type": "fs", "settings": obj{"location": location, "readonly": true}}).status == 200
	})
	p.Reader.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{"indices.recovery.max_bytes_per_sec": "100kb"}}).ok(t)
	p.restore(t, obj{"indices": "big", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"}).ok(t)
	if !p.from(7, 10) { // the cluster's limit has no effect on restores
		if d := p.took(t, func() {}); d > 2*time.Second {
			t.Errorf("without a limit of the repository it took %v", d)
		}
		return
	}
	p.copying(t)
	p.Pass(time.Second)
	if text(p.Reader.recoveries(t, "r-big")[0]["stage"]) == "DONE" {
		t.Error("400 kB at 100 kB/s are done within a second")
	}
	// raising it takes effect at once
	d := p.took(t, func() {
		p.Reader.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{"indices.recovery.max_bytes_per_sec": "100mb"}}).ok(t)
	})
	if d > 3500*time.Millisecond {
		t.Errorf("after the limit was raised it still took %v", d)
	}
}

func restarted(t *testing.T, p *Pair) {
	if p.Restart == nil {
		t.Skip("this pair cannot restart")
	}
	p.slowly(t, 2, 400, "60kb")
	p.copying(t)
	p.Restart(t)
	p.eventually(t, "the cluster to be up", func() bool {
		return p.Reader.do(t, "GET", "/_cluster/health/r-big", nil).str("status") == "red"
	})
	if n := len(p.Reader.restoring(t)); n != 0 {
		t.Errorf("%d restores are known after the restart", n)
	}
	if n := len(p.Reader.recoveries(t, "r-big")); n != 0 {
		t.Errorf("%d recoveries are known after the restart", n)
	}
	for _, row := range p.Reader.shardsOf(t, "r-big") {
		if text(row["state"]) != "UNASSIGNED" || text(row["unassigned.reason"]) != "CLUSTER_RECOVERED" {
			t.Errorf("the shard is %s", text(row))
		}
	}
	if got := p.Reader.markerOf(t, "r-big"); got != "op-1" {
		t.Errorf("the marker is %q", got)
	}
	p.eventually(t, "the shards to be given up", func() bool {
		return p.Reader.do(t, "POST", "/_cluster/allocation/explain", obj{"index": "r-big", "shard": 0, "primary": true}).ok(t).str("can_allocate") == "no_valid_shard_copy"
	})
	p.Reader.do(t, "DELETE", "/r-big", nil).ok(t)
}

func deletedByOwner(t *testing.T, p *Pair) {
	p.slowly(t, 2, 400, "60kb")
	p.copying(t)
	p.Owner.do(t, "DELETE", "/_snapshot/own/s1", nil).ok(t).wants(t, "acknowledged", "true")
	p.Reader.do(t, "GET", "/_snapshot/shared/s1", nil).fails(t, 404, "snapshot_missing_exception", "[shared:s1] is missing")
	p.eventually(t, "the restore to end", func() bool { return len(p.Reader.restoring(t)) == 0 })
	p.Reader.do(t, "GET", "/_cluster/health/r-big", nil).ok(t).wants(t, "status", "red")
	failed := 0
	for _, row := range p.Reader.shardsOf(t, "r-big") {
		if text(row["unassigned.reason"]) == "ALLOCATION_FAILED" && strings.Contains(text(row["unassigned.details"]), "NoSuchFileException") {
			failed++
		}
	}
	if failed == 0 {
		t.Errorf("no shard failed for a file that is gone: %s", text(p.Reader.shardsOf(t, "r-big")[0]))
	}
}
