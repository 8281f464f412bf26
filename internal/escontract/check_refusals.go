package escontract

import (
	"fmt"
	"strings"
	"testing"
)

// refusals are the checks of restores that are refused.
func refusals() []check {
	return []check{
		{"an open index of the same name refuses, and nothing else is restored", openIndex},
		{"a closed index with other shards refuses", otherShards},
		{"a snapshot that is not there does not exist", noSnapshot},
		{"a target that is an alias refuses", targetIsAlias},
		{"an alias that is an index refuses", aliasIsIndex},
		{"two indices renamed into one refuse", renamedIntoOne},
		{"names that no index may have refuse", badNames},
		{"a replacement or a pattern that is wrong refuses", badRename},
		{"body keys that are unknown or malformed refuse", badBody},
		{"settings that may not be changed or removed refuse", protectedSettings},
		{"a read-only cluster refuses", readOnlyCluster},
		{"a restored read-only block forbids to delete the index", readOnlyIndex},
		{"too many shards are refused from 7.0 on", shardLimit},
		{"a snapshot without every shard restores only what is whole, or partially", partialSnapshot},
	}
}

// openText is what is said of an open index.
func openText(p *Pair, name string) string {
	return pick(p, "cannot restore index ["+name+"] because it's open",
		at(6, 3, "cannot restore index ["+name+"] because an open index with same name already exists in the cluster. Either close or delete the existing index or restore the index under a different name by providing a rename pattern and replacement name"))
}

func openIndex(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders"}, index{name: "users"})
	p.Reader.create(t, index{name: "orders", docs: 3})
	uuid := p.Reader.do(t, "GET", "/_snapshot/shared/s1", nil).ok(t).str("snapshots.0.uuid")
	for _, w := range []string{"", "?wait_for_completion=true"} {
		p.Reader.do(t, "POST", "/_snapshot/shared/s1/_restore"+w, obj{"indices": "users,orders"}).fails(t, 500, "snapshot_restore_exception", "[shared:s1/"+uuid+"] "+openText(p, "orders"))
	}
	p.Reader.do(t, "GET", "/users", nil).is(t, 404)
	if n := p.Reader.count(t, "orders"); n != 3 {
		t.Errorf("the index has %d documents, had 3", n)
	}
}

func otherShards(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", shards: 3})
	p.Reader.create(t, index{name: "orders", shards: 1})
	p.Reader.do(t, "POST", "/orders/_close", nil).ok(t)
	want := pick(p, "cannot restore index [orders] with [1] shard from snapshot with [3] shards", at(6, 0, "cannot restore index [orders] with [1] shards from a snapshot of index [orders] with [3] shards"))
	p.restore(t, obj{"indices": "orders"}).fails(t, 500, "snapshot_restore_exception", want)
}

func noSnapshot(t *testing.T, p *Pair) {
	p.share(t, nil)
	p.Reader.do(t, "POST", "/_snapshot/shared/nope/_restore", obj{}).fails(t, 500, "snapshot_restore_exception", "[shared:nope] snapshot does not exist")
}

func targetIsAlias(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	p.Reader.create(t, index{name: "people", aliases: []string{"users"}})
	p.restore(t, obj{"indices": "users"}).fails(t, 400, "invalid_index_name_exception", "Invalid index name [users], already exists as alias")
}

func aliasIsIndex(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", aliases: []string{"orders_live"}})
	p.Reader.create(t, index{name: "orders_live"})
	want := pick(p, "index and alias names need to be unique, but the following duplicates were found [orders_live (alias of [orders/", at(7, 9, "index, alias, and data stream names need to be unique, but the following duplicates were found [orders_live (alias of [orders/"))
	p.restore(t, obj{"indices": "orders"}).fails(t, 500, "illegal_state_exception", want)
	p.restoreAll(t, obj{"indices": "orders", "include_aliases": false}).ok(t)
}

func renamedIntoOne(t *testing.T, p *Pair) {
	p.stage(t, index{name: "logs-5"}, index{name: "logs-6"})
	r := p.restore(t, obj{"indices": "logs-*", "rename_pattern": ".+", "rename_replacement": "same"}).fails(t, 500, "snapshot_restore_exception", "are renamed into the same index [same]")
	if !strings.Contains(r.body, "[logs-5]") || !strings.Contains(r.body, "[logs-6]") {
		t.Errorf("both names should be told: %s", r.body)
	}
}

func badNames(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	names := map[string]string{"UPPER": "must be lowercase", "_x": "must not start with", "-x": "must not start with", "+x": "must not start with", "a b": "must not contain", "a*b": "must not contain", "a,b": "must not contain", "a#b": "must not contain '#'", "..": "must not be '.' or '..'", strings.Repeat("x", 256): "too long"}
	if p.major() < 6 { // 5.x was asked for the upper case only
		names = map[string]string{"UPPER": "must be lowercase"}
	}
	for name, want := range names {
		p.restore(t, obj{"indices": "users", "rename_pattern": "^.+$", "rename_replacement": name}).fails(t, 400, "invalid_index_name_exception", want)
	}
	colon := p.restoreAll(t, obj{"indices": "users", "rename_pattern": "^.+$", "rename_replacement": "a:b"})
	switch p.major() {
	case 5, 6:
		colon.ok(t)
	default:
		colon.fails(t, 400, "invalid_index_name_exception", "must not contain ':'")
	}
}

func badRename(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	p.restore(t, obj{"indices": "users", "rename_pattern": "(.+)", "rename_replacement": "$9"}).fails(t, 500, "index_out_of_bounds_exception", "No group 9")
	p.restore(t, obj{"indices": "users", "rename_pattern": "(", "rename_replacement": "x"}).fails(t, 400, "pattern_syntax_exception", "Unclosed group")
}

func badBody(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	p.restore(t, obj{"foo": 1}).fails(t, 400, "illegal_argument_exception", "Unknown parameter foo")
	p.restore(t, obj{"indices": 5}).fails(t, 400, "illegal_argument_exception", "malformed indices section, should be an array of strings")
	p.restore(t, obj{"index_settings": 5}).fails(t, 400, "illegal_argument_exception", "malformed index_settings section")
	if p.major() >= 6 {
		p.restore(t, obj{"partial": "foo"}).fails(t, 400, "illegal_argument_exception", "Could not convert [partial] to boolean")
	}
	kind := pick(p, "json_e_o_f_exception", at(8, 0, "x_content_parse_exception"))
	p.restore(t, `{"indices":`).fails(t, pick(p, 500, at(7, 0, 400)), kind, "Unexpected end-of-input")
	if r := p.restoreAll(t, obj{"indices": "users", "settings": obj{"max_restore_bytes_per_sec": "1mb"}}); p.major() >= 8 {
		r.fails(t, 400, "illegal_argument_exception", "Unknown parameter settings")
	} else {
		r.ok(t)
	}
}

func protectedSettings(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	for _, key := range []string{"index.number_of_shards", "index.uuid", "index.creation_date", "index.version.created"} {
		p.restore(t, obj{"indices": "users", "index_settings": obj{key: "3"}}).fails(t, 500, "snapshot_restore_exception", "cannot modify setting ["+key+"] on restore")
	}
	for _, key := range []string{"index.number_of_shards", "index.number_of_replicas"} {
		p.restore(t, obj{"indices": "users", "ignore_index_settings": key}).fails(t, 500, "snapshot_restore_exception", "cannot remove setting ["+key+"] on restore")
	}
}

func readOnlyCluster(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	p.Reader.create(t, index{name: "other"})
	for key, want := range map[string]string{"cluster.blocks.read_only": "[FORBIDDEN/6/cluster read-only (api)];", "cluster.blocks.read_only_allow_delete": "[FORBIDDEN/13/cluster read-only / allow delete (api)];"} {
		p.Reader.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{key: true}}).ok(t)
		r := p.restore(t, obj{"indices": "users"}).fails(t, 403, "cluster_block_exception", "blocked by: "+want)
		if r.header.Get("X-Elastic-Product") != "" {
			t.Error("the answer of the master bears the product header")
		}
		p.Reader.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{key: nil}}).ok(t)
	}
	p.restoreAll(t, obj{"indices": "users"}).ok(t)
}

func readOnlyIndex(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	p.restoreAll(t, obj{"indices": "users", "index_settings": obj{"index.blocks.read_only": true}}).ok(t)
	p.Reader.do(t, "DELETE", "/users", nil).fails(t, 403, "cluster_block_exception", "blocked by: [FORBIDDEN/5/index read-only (api)];")
	p.Reader.do(t, "PUT", "/users/_settings", obj{"index.blocks.read_only": nil}).ok(t)
	p.Reader.do(t, "DELETE", "/users", nil).ok(t)
}

func shardLimit(t *testing.T, p *Pair) {
	if !p.from(6, 7) {
		t.Skip("this version knows no limit")
	}
	p.stage(t, index{name: "wide", shards: 6}, index{name: "narrow", shards: 1})
	p.Reader.create(t, index{name: "have", shards: 2})
	p.Reader.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{"cluster.max_shards_per_node": 3}}).ok(t)
	r := p.restore(t, obj{"indices": "wide,narrow"})
	if p.major() < 7 {
		r.ok(t)
		return
	}
	r.fails(t, 400, "validation_exception", pick(p, "Validation Failed: 1: this action would add [6] total shards, but this cluster currently has [2]/[3] maximum shards open;",
		at(7, 17, "Validation Failed: 1: this action would add [6] shards, but this cluster currently has [2]/[3] maximum normal shards open;")))
	p.Reader.do(t, "GET", "/narrow", nil).is(t, 404)
}

func partialSnapshot(t *testing.T, p *Pair) {
	p.share(t, nil)
	p.Owner.create(t, index{name: "whole", docs: 3})
	// an index none of whose shards has found a place
	p.Owner.do(t, "PUT", "/half?timeout=1s", obj{"settings": obj{"index.number_of_shards": 2, "index.number_of_replicas": 0, "index.routing.allocation.require._name": "nosuch"}}).ok(t)
	refused := p.Owner.do(t, "PUT", "/_snapshot/own/strict?wait_for_completion=true", obj{"indices": "half,whole"})
	if p.major() < 7 {
		refused.ok(t).wants(t, "snapshot.state", "FAILED")
		p.Reader.do(t, "POST", "/_snapshot/shared/strict/_restore", obj{"indices": "whole"}).fails(t, 500, "snapshot_restore_exception", "unsupported snapshot state [FAILED]")
	} else {
		refused.fails(t, 500, "snapshot_exception", pick(p, "Indices don't have primary shards [half]", at(8, 0, "the following indices have unassigned primary shards and cannot be included in a snapshot unless [partial] is set to [true]: [half]")))
	}
	r := p.Owner.do(t, "PUT", "/_snapshot/own/s1?wait_for_completion=true", obj{"indices": "half,whole", "partial": true}).ok(t)
	r.wants(t, "snapshot.state", "PARTIAL").wants(t, "snapshot.shards.failed", "2").wants(t, "snapshot.shards.successful", "1").wants(t, "snapshot.failures.0.index", "half")
	p.restore(t, obj{"indices": "half"}).fails(t, 500, "snapshot_restore_exception", "index [half] wasn't fully snapshotted - cannot restore")
	p.restoreAll(t, obj{"indices": "whole"}).ok(t).wants(t, "snapshot.shards.failed", "0")
	body := obj{"indices": "half", "partial": true, "ignore_index_settings": "index.routing.allocation.*"}
	p.restoreAll(t, body).ok(t).wants(t, "snapshot.shards.failed", "2").wants(t, "snapshot.shards.total", "2")
	p.eventually(t, "the empty shards to start", func() bool {
		return p.Reader.do(t, "GET", "/_cluster/health/half", nil).str("status") == "green"
	})
	if n := p.Reader.count(t, "half"); n != 0 {
		t.Errorf("%d documents in shards that were not in the snapshot", n)
	}
	for _, e := range p.Reader.recoveries(t, "half") {
		if fmt.Sprint(e["type"]) != "EMPTY_STORE" {
			t.Errorf("the recovery of a missing shard is %s", text(e))
		}
	}
	p.Reader.do(t, "POST", "/half/_close", nil).ok(t)
	p.restore(t, body).fails(t, 500, "snapshot_restore_exception", "cannot restore partial index [half] because such index already exists")
}
