package essim

import (
	"strconv"
)

// stateIndices are the indices a cluster state is asked about: every one
// without names, else those with the names and those behind aliases of these
// names. A name nobody has is passed over.
func (k *call) stateIndices() []*index {
	names := splitList(k.vars["index"])
	var list []*index
	for _, ix := range k.indices {
		if len(names) == 0 {
			list = append(list, ix)
			continue
		}
		for _, name := range names {
			if _, alias := ix.aliases[name]; alias || ix.name == name || name == "_all" || matchName(name, ix.name) {
				list = append(list, ix)
				break
			}
		}
	}
	return list
}

// stateMetadata is the part of the cluster state that describes indices.
func (k *call) stateMetadata() map[string]any {
	indices := map[string]any{}
	for _, ix := range k.stateIndices() {
		aliases := []any{}
		for alias := range ix.aliases {
			aliases = append(aliases, alias)
		}
		state := "open"
		if ix.closed {
			state = "close"
		}
		indices[ix.name] = map[string]any{"state": state, "settings": ix.settings.json(false), "aliases": aliases}
	}
	return map[string]any{"cluster_uuid": k.uuid, "indices": indices}
}

// stateRouting is the part that says where each copy of a shard is. Up to 7.1
// closed indices have none.
func (k *call) stateRouting() map[string]any {
	indices := map[string]any{}
	for _, ix := range k.stateIndices() {
		if !k.shown(ix) {
			continue
		}
		shards := map[string]any{}
		for _, s := range ix.shards {
			copies := []any{}
			for _, cp := range append([]*shardCopy{s.primary}, s.replicas...) {
				copies = append(copies, k.routed(ix, s, cp))
			}
			shards[strconv.Itoa(s.id)] = copies
		}
		indices[ix.name] = map[string]any{"shards": shards}
	}
	return map[string]any{"indices": indices}
}

func (k *call) routed(ix *index, s *shard, cp *shardCopy) map[string]any {
	entry := map[string]any{"state": cp.state, "primary": cp.primary, "node": nil, "relocating_node": nil, "shard": s.id, "index": ix.name}
	if cp.node != nil {
		entry["node"] = cp.node.id
	}
	if cp.state == unassigned {
		entry["unassigned_info"] = map[string]any{"reason": cp.why.reason, "at": millis(cp.why.at), "details": cp.why.details}
	}
	return entry
}
