package escontract

import (
	"strings"
	"testing"
)

// failing are the checks of restores that fail on the way.
func failing() []check {
	return []check{
		{"a damaged file fails its shard, and only _cat/shards tells why", damagedFile},
		{"a missing file is tried five times from 7.10 on", missingFile},
		{"no node may take the index: every shard fails at once", nobodyTakes},
		{"a red index counts what is left without calling it a failure", redCount},
		{"a failed restore over a closed index has destroyed what was there", destroyed},
	}
}

func damagedFile(t *testing.T, p *Pair) {
	p.stage(t, index{name: "docs", docs: 60, bulky: true})
	p.Damage(t, own, snap, "docs", 0, Flipped)
	p.restoreAll(t, obj{"indices": "docs"}).ok(t).wants(t, "snapshot.shards.failed", "1").wants(t, "snapshot.shards.successful", "0")
	if n := len(p.Reader.recoveries(t, "docs")); n != 0 {
		t.Errorf("%d recoveries of the failed shard are listed", n)
	}
	p.Reader.do(t, "GET", "/_cluster/health/docs", nil).ok(t).wants(t, "status", "red")
	row := p.Reader.shardsOf(t, "docs")[0]
	if text(row["unassigned.reason"]) != "ALLOCATION_FAILED" || !strings.Contains(text(row["unassigned.details"]), pick(p, "CorruptIndexException[", at(8, 0, "CorruptIndexException: "))) {
		t.Errorf("the shard is %s", text(row))
	}
	p.explained(t, "docs")
	// neither a reroute nor a repaired file brings it back by itself
	p.Damage(t, own, snap, "docs", 0, Whole)
	p.Reader.do(t, "POST", "/_cluster/reroute?retry_failed=true&filter_path=acknowledged", nil).ok(t)
	p.Pass(500 * millisecond)
	p.Reader.do(t, "GET", "/_cluster/health/docs", nil).ok(t).wants(t, "status", "red")
	want := pick(p, "ALLOCATION_FAILED", at(6, 0, "MANUAL_ALLOCATION"))
	if got := text(p.Reader.shardsOf(t, "docs")[0]["unassigned.reason"]); got != want {
		t.Errorf("after the reroute the reason is %s, want %s", got, want)
	}
	// closing it and restoring again does
	p.Reader.do(t, "POST", "/docs/_close?timeout=1s", nil).ok(t)
	p.restoreAll(t, obj{"indices": "docs"}).ok(t).wants(t, "snapshot.shards.failed", "0")
	if n := p.Reader.count(t, "docs"); n != 60 {
		t.Errorf("%d documents, want 60", n)
	}
}

// explained checks what the explain API says of a failed restore.
func (p *Pair) explained(t *testing.T, name string) {
	t.Helper()
	why := p.Reader.do(t, "POST", "/_cluster/allocation/explain", obj{"index": name, "shard": 0, "primary": true}).ok(t)
	why.wants(t, "current_state", "unassigned").wants(t, "can_allocate", "no")
	found := false
	for _, d := range why.get("node_allocation_decisions.0.deciders").([]any) {
		if text(dig(d, "decider")) != "restore_in_progress" {
			continue
		}
		found = true
		says := text(dig(d, "explanation"))
		if !strings.Contains(says, "shard has failed to be restored from the snapshot [shared:s1/") || !strings.Contains(says, "manually close or delete the index ["+name+"] in order to retry to restore the snapshot again") {
			t.Errorf("the explanation is %s", says)
		}
	}
	if !found {
		t.Errorf("no decider restore_in_progress in %s", cut(why.body))
	}
}

func missingFile(t *testing.T, p *Pair) {
	p.stage(t, index{name: "docs", docs: 60, bulky: true})
	p.Damage(t, own, snap, "docs", 0, Removed)
	p.restoreAll(t, obj{"indices": "docs"}).ok(t).wants(t, "snapshot.shards.failed", "1")
	row := p.Reader.shardsOf(t, "docs")[0]
	if text(row["unassigned.reason"]) != "ALLOCATION_FAILED" || !strings.Contains(text(row["unassigned.details"]), pick(p, "NoSuchFileException[", at(8, 0, "NoSuchFileException: "))) {
		t.Errorf("the shard is %s", text(row))
	}
	why := p.Reader.do(t, "POST", "/_cluster/allocation/explain", obj{"index": "docs", "shard": 0, "primary": true}).ok(t)
	why.wants(t, "unassigned_info.failed_allocation_attempts", pick(p, "1", at(7, 10, "5")))
	if p.from(7, 10) {
		p.Reader.do(t, "DELETE", "/docs", nil).ok(t)
		p.restoreAll(t, obj{"indices": "docs", "index_settings": obj{"index.allocation.max_retries": 1}}).ok(t)
		why = p.Reader.do(t, "POST", "/_cluster/allocation/explain", obj{"index": "docs", "shard": 0, "primary": true}).ok(t)
		why.wants(t, "unassigned_info.failed_allocation_attempts", "1")
	}
}

func nobodyTakes(t *testing.T, p *Pair) {
	p.stage(t, index{name: "docs", shards: 2, docs: 4})
	p.Reader.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{"cluster.routing.allocation.enable": "none"}}).ok(t)
	p.restoreAll(t, obj{"indices": "docs"}).ok(t).wants(t, "snapshot.shards.failed", "2").wants(t, "snapshot.shards.total", "2")
	p.Reader.do(t, "GET", "/_cluster/health/docs", nil).ok(t).wants(t, "status", "red")
	p.explained(t, "docs")
	p.Reader.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{"cluster.routing.allocation.enable": nil}}).ok(t)
	p.Pass(500 * millisecond)
	p.Reader.do(t, "GET", "/_cluster/health/docs", nil).ok(t).wants(t, "status", "red")
	if got := text(p.Reader.shardsOf(t, "docs")[0]["unassigned.reason"]); got != "NEW_INDEX_RESTORED" {
		t.Errorf("the reason is %s, want NEW_INDEX_RESTORED", got)
	}
}

func redCount(t *testing.T, p *Pair) {
	p.stage(t, index{name: "docs", shards: 2, docs: 120, bulky: true})
	p.Damage(t, own, snap, "docs", 1, Removed)
	p.restoreAll(t, obj{"indices": "docs"}).ok(t).wants(t, "snapshot.shards.failed", "1").wants(t, "snapshot.shards.successful", "1")
	if list := p.Reader.recoveries(t, "docs"); len(list) != 1 || text(list[0]["stage"]) != "DONE" || number(list[0]["id"]) != 0 {
		t.Errorf("the recoveries are %v, want the good shard's only", list)
	}
	r := p.Reader.do(t, "GET", "/docs/_count", nil).ok(t).wants(t, "_shards.total", "2").wants(t, "_shards.successful", "1")
	r.wants(t, "_shards.failed", pick(p, "0", at(7, 17, "1")))
	if n := r.num("count"); n <= 0 || n >= 120 {
		t.Errorf("the count is %d, want that of one shard of two", n)
	}
}

func destroyed(t *testing.T, p *Pair) {
	p.stage(t, index{name: "docs", docs: 60, bulky: true})
	p.Damage(t, own, snap, "docs", 0, Flipped)
	p.Reader.create(t, index{name: "docs", docs: 7})
	p.Reader.do(t, "POST", "/docs/_close", nil).ok(t)
	p.restoreAll(t, obj{"indices": "docs"}).ok(t).wants(t, "snapshot.shards.failed", "1")
	closed := p.Reader.do(t, "POST", "/docs/_close?timeout=1s", nil).ok(t).wants(t, "acknowledged", "true")
	if p.major() >= 8 { // it waited in vain for the shard
		closed.wants(t, "shards_acknowledged", "false")
	}
	p.Reader.do(t, "POST", "/docs/_open?timeout=1s", nil).ok(t)
	p.Pass(500 * millisecond)
	p.Reader.do(t, "GET", "/_cluster/health/docs", nil).ok(t).wants(t, "status", "red")
	row := p.Reader.shardsOf(t, "docs")[0]
	if text(row["state"]) != "UNASSIGNED" || text(row["unassigned.reason"]) != "INDEX_REOPENED" {
		t.Errorf("after close and open the shard is %s", text(row))
	}
}
