package essim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// state answers _cluster/state: the metrics that were asked for, and of the
// indices those that were named. Names that nothing bears are passed over.
func (k *call) state() (*answer, *failure) {
	o := map[string]any{"cluster_name": k.opts.Name}
	if k.v.major >= 6 {
		o["cluster_uuid"] = k.uuid
	}
	want := splitList(k.vars["metric"])
	all := len(want) == 0 || slices.Contains(want, "_all")
	list, f := k.stateIndices()
	if f != nil {
		return nil, f
	}
	for metric, show := range map[string]func(map[string]any){
		"master_node":   func(o map[string]any) { o["master_node"] = k.nodes[0].id },
		"version":       func(o map[string]any) { o["version"], o["state_uuid"] = 1, k.uuid },
		"nodes":         func(o map[string]any) { o["nodes"] = k.stateNodes() },
		"metadata":      func(o map[string]any) { o["metadata"] = k.stateMetadata(list) },
		"routing_table": func(o map[string]any) { o["routing_table"] = k.routingTable(list) },
		"blocks":        func(o map[string]any) { o["blocks"] = k.blocks() },
		"customs":       k.customs,
	} {
		if all || slices.Contains(want, metric) {
			show(o)
		}
	}
	return ok(o)
}

// stateIndices are the indices the state is asked about.
func (k *call) stateIndices() ([]*index, *failure) {
	lenient := *k
	lenient.q = map[string][]string{"ignore_unavailable": {"true"}}
	named := k.vars["index"]
	if k.v.major < 6 { // it passes over what can't be a name, too
		named = strings.Join(slices.DeleteFunc(splitList(named), func(name string) bool {
			return strings.HasPrefix(name, "_") && name != "_all"
		}), ",")
		if named == "" && k.vars["index"] != "" {
			return nil, nil
		}
	}
	return lenient.resolve(named, expand{closed: true})
}

func (k *call) stateNodes() map[string]any {
	nodes := map[string]any{}
	for _, n := range k.nodes {
		nodes[n.id] = map[string]any{"name": n.name, "ephemeral_id": n.ephemeral, "transport_address": n.address(), "attributes": map[string]any{}}
	}
	return nodes
}

func (k *call) stateMetadata(list []*index) map[string]any {
	indices := map[string]any{}
	for _, ix := range list {
		status := "open"
		if ix.closed {
			status = "close"
		}
		indices[ix.name] = map[string]any{
			"state": status, "settings": ix.settings.json(false), "mappings": copyJSON(ix.mappings),
			"aliases": asAny(slices.Sorted(maps.Keys(ix.aliases))),
		}
	}
	uuid := k.uuid
	if k.v.major < 6 && k.vars["index"] != "" {
		uuid = "_na_" // 5.x forgets it on the way
	}
	return map[string]any{"cluster_uuid": uuid, "templates": map[string]any{}, "indices": indices, "index-graveyard": map[string]any{"tombstones": []any{}}}
}

func (k *call) routingTable(list []*index) map[string]any {
	indices := map[string]any{}
	for _, ix := range list {
		if !k.shown(ix) {
			continue
		}
		shards := map[string]any{}
		for _, s := range ix.shards {
			copies := []any{}
			for _, cp := range s.copies() {
				copies = append(copies, k.routing(ix, s, cp))
			}
			shards[fmt.Sprint(s.id)] = copies
		}
		indices[ix.name] = map[string]any{"shards": shards}
	}
	return map[string]any{"indices": indices}
}

// routing is one copy in the routing table.
func (k *call) routing(ix *index, s *shard, cp *shardCopy) map[string]any {
	o := map[string]any{"state": cp.state, "primary": cp.primary, "node": nil, "relocating_node": nil, "shard": s.id, "index": ix.name}
	if cp.node != nil {
		o["node"] = cp.node.id
	}
	if cp.state == started {
		o["allocation_id"] = map[string]any{"id": cp.alloc}
		return o
	}
	w := cp.why
	info := map[string]any{"reason": w.reason, "at": iso(w.at), "delayed": false, "allocation_status": "no_attempt"}
	if w.status != "" {
		info["allocation_status"] = map[string]string{"no": "deciders_no", "throttled": "deciders_throttled"}[w.status]
		if info["allocation_status"] == "" {
			info["allocation_status"] = w.status
		}
	}
	if w.details != "" {
		info["details"] = w.details
	}
	if w.attempts > 0 {
		info["failed_attempts"] = w.attempts
	}
	o["recovery_source"], o["unassigned_info"] = map[string]any{"type": k.sourceType(cp)}, info
	return o
}

func (k *call) sourceType(cp *shardCopy) string {
	switch {
	case !cp.primary:
		return "PEER"
	case cp.why.reason == "INDEX_CREATED":
		return "EMPTY_STORE"
	case cp.why.reason == "NEW_INDEX_RESTORED", cp.why.reason == "EXISTING_INDEX_RESTORED", cp.why.failedRestore != nil:
		return "SNAPSHOT"
	}
	return "EXISTING_STORE"
}

// customs are what runs: 6.x shows them always, the others once there was one.
func (k *call) customs(o map[string]any) {
	restores := []any{}
	for _, r := range k.restores {
		if r.listed {
			restores = append(restores, r.custom())
		}
	}
	snaps := []any{}
	for _, s := range k.running {
		snaps = append(snaps, s.custom())
	}
	if k.v.major == 6 || len(k.begun) > 0 {
		o["restore"] = map[string]any{"snapshots": restores}
	}
	if k.v.major == 6 || k.snapped {
		o["snapshots"] = map[string]any{"snapshots": snaps}
	}
	if k.v.major == 6 {
		o["snapshot_deletions"] = map[string]any{"snapshot_deletions": []any{}}
	}
}

func (k *call) blocks() map[string]any {
	o := map[string]any{}
	indices := map[string]any{}
	for _, ix := range k.indices {
		if b := ix.blocks(); len(b) > 0 {
			indices[ix.name] = b
		}
	}
	if len(indices) > 0 {
		o["indices"] = indices
	}
	global := map[string]any{}
	if k.setting("cluster.blocks.read_only") == "true" {
		global["6"] = map[string]any{"description": "cluster read-only (api)", "retryable": false, "levels": []any{"write", "metadata_write"}}
	}
	if k.setting("cluster.blocks.read_only_allow_delete") == "true" {
		global["13"] = map[string]any{"description": "cluster read-only / allow delete (api)", "retryable": false, "levels": []any{"write", "metadata_write"}}
	}
	if len(global) > 0 {
		o["global"] = global
	}
	return o
}
