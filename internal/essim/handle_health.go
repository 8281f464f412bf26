package essim

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// counts are the numbers of shard copies that health shows.
type counts struct{ primaries, active, initializing, unassigned, unassignedPrimaries int }

func (n *counts) add(s *shard) {
	for _, cp := range s.copies() {
		switch cp.state {
		case started:
			n.active++
			if cp.primary {
				n.primaries++
			}
		case initializing:
			n.initializing++
		default:
			n.unassigned++
			if cp.primary {
				n.unassignedPrimaries++
			}
		}
	}
}

func (n counts) json(k *call, o map[string]any) map[string]any {
	o["active_primary_shards"], o["active_shards"], o["relocating_shards"] = n.primaries, n.active, 0
	o["initializing_shards"], o["unassigned_shards"] = n.initializing, n.unassigned
	if k.v.from(8, 16) {
		o["unassigned_primary_shards"] = n.unassignedPrimaries
	}
	return o
}

// shown tells whether an index has shards at all: closed ones have none
// before 7.2.
func (k *call) shown(ix *index) bool { return !ix.closed || k.v.from(7, 2) }

func (k *call) health() (*answer, *failure) {
	limit := k.clock.Now().Add(k.period("timeout", 30*time.Second))
	status := k.q.Get("wait_for_status")
	rank := map[string]int{"green": 0, "yellow": 1, "red": 2}
	met := func() bool {
		list, missing := k.healthIndices()
		if missing {
			return false
		}
		h := "green"
		initializing := 0
		for _, ix := range list {
			h = worse(h, ix.health())
			var n counts
			for _, s := range ix.shards {
				n.add(s)
			}
			initializing += n.initializing
		}
		if k.flag("wait_for_no_initializing_shards", false) && initializing > 0 {
			return false
		}
		return status == "" || rank[h] <= rank[status]
	}
	timedOut := !k.wait(k.r.Context(), limit, met)
	return k.healthNow(timedOut)
}

// healthIndices are the indices health speaks of; missing is set when one that
// was named is not there.
func (k *call) healthIndices() (list []*index, missing bool) {
	names := splitList(k.vars["index"])
	if len(names) == 0 {
		names = []string{"*"}
	}
	found := map[string]*index{}
	for _, n := range names {
		before := len(found)
		for name, ix := range k.indices {
			if n == "_all" || matchName(n, name) || ix.aliases[n] != nil {
				if k.shown(ix) {
					found[name] = ix
				}
				before = -1
			}
		}
		if before >= 0 && n != "_all" && n != "*" {
			missing = missing || !isPattern(n)
		}
	}
	return k.sorted(found), missing
}

func isPattern(s string) bool { return len(s) > 0 && (s == "_all" || containsStar(s)) }

func containsStar(s string) bool { return slices.Contains([]byte(s), '*') }

func (k *call) healthNow(timedOut bool) (*answer, *failure) {
	list, missing := k.healthIndices()
	h := "green"
	var all counts
	indices := map[string]any{}
	for _, ix := range list {
		h = worse(h, ix.health())
		var n counts
		shards := map[string]any{}
		for _, s := range ix.shards {
			var one counts
			one.add(s)
			n.add(s)
			all.add(s)
			e := map[string]any{"status": s.health(), "primary_active": s.primary.state == started, "active_shards": one.active, "relocating_shards": 0, "initializing_shards": one.initializing, "unassigned_shards": one.unassigned}
			if k.v.from(8, 16) {
				e["unassigned_primary_shards"] = one.unassignedPrimaries
			}
			shards[fmt.Sprint(s.id)] = e
		}
		e := n.json(k, map[string]any{"status": ix.health(), "number_of_shards": len(ix.shards), "number_of_replicas": ix.replicaCount()})
		if k.q.Get("level") == "shards" {
			e["shards"] = shards
		}
		indices[ix.name] = e
	}
	if missing {
		h, timedOut = "red", true
	}
	o := all.json(k, map[string]any{
		"cluster_name": k.opts.Name, "status": h, "timed_out": timedOut, "number_of_nodes": len(k.nodes), "number_of_data_nodes": len(k.nodes),
		"delayed_unassigned_shards": 0, "number_of_pending_tasks": 0, "number_of_in_flight_fetch": 0,
		"task_max_waiting_in_queue_millis": 0, "active_shards_percent_as_number": k.percentActive(),
	})
	if l := k.q.Get("level"); l == "indices" || l == "shards" {
		o["indices"] = indices
	}
	status := http.StatusOK
	if timedOut && (k.v.major < 8 || missing) {
		status = http.StatusRequestTimeout
	}
	return &answer{status: status, body: o}, nil
}

// percentActive is of the whole cluster, whatever was asked.
func (k *call) percentActive() float64 {
	var n counts
	for _, ix := range k.indices {
		if k.shown(ix) {
			for _, s := range ix.shards {
				n.add(s)
			}
		}
	}
	total := n.active + n.initializing + n.unassigned
	if total == 0 {
		return 100
	}
	return 100 * float64(n.active) / float64(total)
}
