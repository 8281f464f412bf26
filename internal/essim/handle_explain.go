package essim

import (
	"maps"
	"net/http"
	"slices"
)

// explain tells why a shard copy is where it is, or nowhere.
func (k *call) explain() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	ix, s, cp, f := k.explained(o)
	if f != nil {
		return nil, f
	}
	out := map[string]any{"index": ix.name, "shard": s.id, "primary": cp.primary}
	if len(o) == 0 && k.v.from(7, 13) {
		out["note"] = "No shard was specified in the explain API request, so this response explains a randomly chosen unassigned shard. There may be other unassigned shards in this cluster which cannot be assigned for different reasons. It may not be possible to assign this shard until one of the other shards is assigned correctly. To explain the allocation of other shards (whether assigned or unassigned) you must specify the target shard in the request to this API."
	}
	switch cp.state {
	case started:
		out["current_state"] = "started"
		out["current_node"] = map[string]any{"id": cp.node.id, "name": cp.node.name, "transport_address": cp.node.address(), "weight_ranking": 1}
		out["can_remain_on_current_node"], out["can_rebalance_cluster"], out["can_rebalance_to_other_node"] = "yes", "no", "no"
		out["rebalance_explanation"] = "rebalancing is not allowed"
		return ok(out)
	case initializing:
		out["current_state"] = "initializing"
		out["current_node"] = map[string]any{"id": cp.node.id, "name": cp.node.name, "transport_address": cp.node.address()}
		out["explanation"] = "the shard is in the process of initializing on node [" + cp.node.name + "], wait until initialization has completed"
		return ok(out)
	}
	k.explainUnassigned(out, ix, s, cp)
	return ok(out)
}

// explained finds the copy that was asked for, or any unassigned one.
func (k *call) explained(o map[string]any) (*index, *shard, *shardCopy, *failure) {
	if len(o) == 0 {
		for _, primary := range []bool{true, false} {
			for _, name := range slices.Sorted(maps.Keys(k.indices)) {
				for _, s := range k.indices[name].shards {
					for _, cp := range s.copies() {
						if cp.state == unassigned && cp.primary == primary && k.shown(k.indices[name]) {
							return k.indices[name], s, cp, nil
						}
					}
				}
			}
		}
		return nil, nil, nil, k.nothingToExplain()
	}
	name, number := scalar(o["index"]), int(numberOf(o["shard"]))
	ix := k.indices[name]
	if ix == nil {
		return nil, nil, nil, k.v.indexMissing(name, "")
	}
	if number < 0 || number >= len(ix.shards) {
		f := indexFailure(http.StatusNotFound, "shard_not_found_exception", ix, "no such shard")
		f.fields["shard"] = scalar(o["shard"])
		return nil, nil, nil, f
	}
	s := ix.shards[number]
	if scalar(o["primary"]) == "true" {
		return ix, s, s.primary, nil
	}
	for _, cp := range s.replicas {
		if cp.state == unassigned {
			return ix, s, cp, nil
		}
	}
	if len(s.replicas) > 0 {
		return ix, s, s.replicas[0], nil
	}
	return nil, nil, nil, illegalArgument("unable to find a replica shard to explain for shard [%s][%d]", name, number)
}

func (k *call) nothingToExplain() *failure {
	const sixSeven = "unable to find any unassigned shards to explain [ClusterAllocationExplainRequest[useAnyUnassignedShard=true,includeYesDecisions?=false]"
	const later = "No shard was specified in the request which means the response should explain a randomly-chosen unassigned shard, but there are no unassigned shards in this cluster. To explain the allocation of an assigned shard you must specify the target shard in the request."
	switch {
	case k.v.major >= 8:
		return illegalArgument("%s See https://www.elastic.co/guide/en/elasticsearch/reference/8.17/cluster-allocation-explain.html for more information.", later)
	case k.v.from(7, 13):
		return illegalArgument("%s", later)
	}
	return illegalArgument("%s", sixSeven)
}

func (k *call) explainUnassigned(out map[string]any, ix *index, s *shard, cp *shardCopy) {
	w := cp.why
	info := map[string]any{"reason": w.reason, "at": iso(w.at), "last_allocation_status": w.status}
	if w.status == "" {
		info["last_allocation_status"] = "no_attempt"
	}
	if w.details != "" {
		info["details"] = w.details
	}
	if w.attempts > 0 {
		info["failed_allocation_attempts"] = w.attempts
	}
	out["current_state"], out["unassigned_info"] = "unassigned", info
	if w.status == "no_valid_shard_copy" {
		out["can_allocate"] = "no_valid_shard_copy"
		out["allocate_explanation"] = "cannot allocate because all found copies of the shard are either stale or corrupt"
		return
	}
	throttled := w.failedRestore == nil && w.status == "throttled"
	out["can_allocate"] = "no"
	out["allocate_explanation"] = "cannot allocate because allocation is not permitted to any of the nodes"
	if k.v.major >= 8 {
		out["allocate_explanation"] = "Elasticsearch isn't allowed to allocate this shard to any of the nodes in the cluster. Choose a node to which you expect this shard to be allocated, find this node in the node-by-node explanation, and address the reasons which prevent Elasticsearch from allocating this shard there."
	}
	if throttled {
		out["can_allocate"], out["allocate_explanation"] = "throttled", "allocation temporarily throttled"
		if k.v.major >= 8 {
			out["allocate_explanation"] = "Elasticsearch is currently busy with other activities. It expects to be able to allocate this shard when those activities finish. Please wait."
		}
	}
	decisions, placed := []any{}, false
	for i, n := range k.nodes {
		deciders := []any{}
		for _, o := range k.objections(ix, s, cp, n) {
			deciders = append(deciders, map[string]any{"decider": o.decider, "decision": "NO", "explanation": o.explanation})
		}
		decision := "no"
		if len(deciders) == 0 && throttled {
			decision = "throttled"
			deciders = append(deciders, map[string]any{"decider": "throttling", "decision": "THROTTLE",
				"explanation": "reached the limit of ongoing initial primary recoveries [4], cluster setting [cluster.routing.allocation.node_initial_primaries_recoveries=4]"})
		} else if len(deciders) == 0 {
			decision, placed = "yes", true
		}
		decisions = append(decisions, map[string]any{
			"node_id": n.id, "node_name": n.name, "transport_address": n.address(), "node_decision": decision, "weight_ranking": i + 1, "deciders": deciders,
		})
	}
	out["node_allocation_decisions"] = decisions
	if placed { // the next reroute gives it one of them
		out["can_allocate"], out["allocate_explanation"] = "yes", "can allocate the shard"
		if k.v.major >= 8 {
			out["allocate_explanation"] = "Elasticsearch can allocate the shard."
		}
	}
}

func numberOf(v any) int64 {
	n, ok := byteSize(scalar(v))
	if !ok {
		return -1
	}
	return n
}
