package escontract

import (
	"slices"
	"strings"
	"testing"
)

// states are the checks of the cluster state, which tells in one answer what
// stands under some names.
func states() []check {
	return []check{
		{"the cluster state tells of indices, aliases, settings and shards by name", stateByName},
		{"the cluster state passes over names that nothing bears", stateOfNothing},
		{"the cluster state refuses names that no index can have", stateOfUnderscores},
		{"what is filtered is what was found, not what went wrong", errorsUnfiltered},
		{"the defaults of settings are shown", defaultsShown},
		{"the cluster state shows a running restore shard by shard", stateOfRestore},
		{"the cluster state shows blocks", stateBlocks},
	}
}

const stateOf = "/_cluster/state/blocks,customs,nodes,metadata,routing_table"

func stateByName(t *testing.T, p *Pair) {
	c := p.Reader
	c.create(t, index{name: "a", shards: 2, aliases: []string{"al", "al2"}, more: obj{"index.number_of_replicas": 1, marker: "op-1"}})
	c.create(t, index{name: "c"})
	c.do(t, "POST", "/c/_close", nil).ok(t)
	p.eventually(t, "the index to be yellow", func() bool {
		return c.do(t, "GET", "/_cluster/health/a", nil).str("status") == "yellow"
	})
	for _, name := range []string{"a", "al", "a*", "al*"} {
		r := c.do(t, "GET", stateOf+"/"+name, nil).ok(t).lacks(t, "metadata.indices.c")
		r.wants(t, "metadata.indices.a.state", "open").wants(t, "metadata.indices.a.settings.index.number_of_shards", "2")
		r.wants(t, "metadata.indices.a.settings.index.routing.allocation.exclude.restore_op", "op-1").has(t, "metadata.indices.a.settings.index.uuid")
		same(t, "aliases", names(r.get("metadata.indices.a.aliases")), []string{"al", "al2"})
		nodes, _ := r.get("nodes").(obj)
		for _, s := range []string{"0", "1"} {
			copies, _ := r.get("routing_table.indices.a.shards." + s).([]any)
			if len(copies) != 2 {
				t.Fatalf("shard %s has %d copies, want 2", s, len(copies))
			}
			primary, replica := copies[0], copies[1]
			if text(dig(primary, "primary")) != "true" {
				primary, replica = replica, primary
			}
			if text(dig(primary, "state")) != "STARTED" || nodes[text(dig(primary, "node"))] == nil {
				t.Errorf("the primary is %s", text(primary))
			}
			if text(dig(replica, "state")) != "UNASSIGNED" || text(dig(replica, "unassigned_info.reason")) != "INDEX_CREATED" || dig(replica, "node") != nil {
				t.Errorf("the replica is %s", text(replica))
			}
		}
	}
	r := c.do(t, "GET", stateOf+"/c", nil).ok(t).wants(t, "metadata.indices.c.state", "close").wants(t, "metadata.indices.c.aliases", "[]")
	if has := r.get("routing_table.indices.c") != nil; has != p.from(7, 2) {
		t.Errorf("a closed index is in the routing table: %v", has)
	}
	if has := r.get("cluster_uuid") != nil; has != (p.major() >= 6) {
		t.Errorf("the state has a cluster_uuid: %v", has)
	}
	whole := c.do(t, "GET", "/_cluster/state/metadata?filter_path=metadata.cluster_uuid", nil).ok(t).str("metadata.cluster_uuid")
	if got := r.str("metadata.cluster_uuid"); (got == whole) != (p.major() >= 6) {
		t.Errorf("beside a name the cluster_uuid is %q, alone %q", got, whole)
	}
}

func stateOfNothing(t *testing.T, p *Pair) {
	p.Reader.create(t, index{name: "a"})
	for _, name := range []string{"nosuch", "nosuch*", "-a"} {
		p.Reader.do(t, "GET", stateOf+"/"+name, nil).ok(t).wants(t, "metadata.indices", "{}").wants(t, "routing_table.indices", "{}")
	}
	p.Reader.do(t, "GET", stateOf+"/a,nosuch", nil).ok(t).has(t, "metadata.indices.a").lacks(t, "metadata.indices.nosuch")
	p.Reader.do(t, "GET", "/_cluster/state/nosuch", nil).ok(t).lacks(t, "metadata", "nodes", "blocks")
}

func stateOfUnderscores(t *testing.T, p *Pair) {
	p.Reader.create(t, index{name: "a"})
	for _, name := range []string{"_name", "_name,a", "a,_name"} {
		r := p.Reader.do(t, "GET", "/_cluster/state/metadata/"+name, nil)
		if p.major() < 6 {
			r.ok(t).lacks(t, "metadata.indices._name")
			continue
		}
		r.fails(t, 400, "invalid_index_name_exception", "Invalid index name [_name], must not start with '_'.")
	}
	p.Reader.do(t, "GET", "/_cluster/state/metadata/_all", nil).ok(t).has(t, "metadata.indices.a")
}

func errorsUnfiltered(t *testing.T, p *Pair) {
	for _, path := range []string{"/nosuch?filter_path=metadata", "/nosuch?filter_path=error.type", "/_snapshot/nosuch?filter_path=*.type"} {
		r := p.Reader.do(t, "GET", path, nil)
		if r.status < 400 {
			t.Errorf("%s answers %d", path, r.status)
		}
		r.has(t, "error.root_cause.0.reason").has(t, "status")
	}
}

func defaultsShown(t *testing.T, p *Pair) {
	r := p.Reader.do(t, "GET", "/_cluster/settings?include_defaults=true", nil).ok(t)
	r.wants(t, "defaults.cluster.routing.allocation.enable", pick(p, "ALL", at(6, 0, "all")))
	r = p.Reader.do(t, "GET", "/_cluster/settings?include_defaults=true&flat_settings=true", nil).ok(t)
	defaults, _ := r.get("defaults").(obj)
	if got := text(defaults["cluster.routing.allocation.enable"]); got != pick(p, "ALL", at(6, 0, "all")) {
		t.Errorf("the default is %q", got)
	}
}

func stateOfRestore(t *testing.T, p *Pair) {
	p.slowly(t, 2, 400, "60kb")
	p.copying(t)
	r := p.Reader.do(t, "GET", stateOf+"/r-big", nil).ok(t).wants(t, "restore.snapshots.0.shards.0.index.index_name", "r-big")
	r.wants(t, "restore.snapshots.0.shards.0.index.index_uuid", r.str("metadata.indices.r-big.settings.index.uuid"))
	var seen []string
	for _, s := range []string{"0", "1"} {
		primary := r.get("routing_table.indices.r-big.shards." + s + ".0")
		seen = append(seen, text(dig(primary, "state")))
		if text(dig(primary, "unassigned_info.reason")) != "NEW_INDEX_RESTORED" || text(dig(primary, "unassigned_info.details")) != "restore_source[shared/s1]" || text(dig(primary, "recovery_source.type")) != "SNAPSHOT" {
			t.Errorf("the shard is %s", text(primary))
		}
	}
	if !slices.Contains(seen, "INITIALIZING") {
		t.Errorf("the shards are %v", seen)
	}
	p.finish(t)
	if got := p.Reader.do(t, "GET", stateOf+"/r-big", nil).ok(t).str("metadata.indices"); got != "{}" {
		t.Errorf("after its end there is %s", got)
	}
}

func stateBlocks(t *testing.T, p *Pair) {
	c := p.Reader
	c.create(t, index{name: "a", more: obj{"index.blocks.write": true}})
	c.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{"cluster.blocks.read_only": true}}).ok(t)
	r := c.do(t, "GET", "/_cluster/state/blocks", nil).ok(t)
	r.wants(t, "blocks.global.6.description", "cluster read-only (api)").wants(t, "blocks.indices.a.8.description", "index write (api)")
	both := obj{"persistent": obj{"cluster.blocks.read_only": nil, "cluster.routing.allocation.enable": "all"}}
	c.do(t, "PUT", "/_cluster/settings", both).fails(t, 403, "cluster_block_exception", "[FORBIDDEN/6/cluster read-only (api)];")
	if !strings.Contains(r.str("blocks.global.6.levels"), "metadata_write") {
		t.Errorf("the block forbids %s", r.str("blocks.global.6.levels"))
	}
}
