package essim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// allowedNodes lists the nodes that may hold this copy.
func (c *Cluster) allowedNodes(ix *index, s *shard, cp *shardCopy) []*node {
	var out []*node
	for _, n := range c.nodes {
		if len(c.objections(ix, s, cp, n)) == 0 {
			out = append(out, n)
		}
	}
	return out
}

// objection is a decider that says no.
type objection struct{ decider, explanation string }

// objections are the reasons why a node may not hold a copy.
func (c *Cluster) objections(ix *index, s *shard, cp *shardCopy, n *node) []objection {
	var out []objection
	if r := cp.why.failedRestore; cp.primary && cp.state == unassigned && r != nil {
		const way = "in order to retry to restore the snapshot again or use the reroute API to force the allocation of an empty primary shard"
		text := fmt.Sprintf("shard has failed to be restored from the snapshot [%s] because of [%s] - manually close or delete the index [%s] %s", r.label(), cp.why.details, ix.name, way)
		if c.v.major >= 8 {
			text = fmt.Sprintf("shard has failed to be restored from the snapshot [%s] - manually close or delete the index [%s] %s. Details: [%s]", r.label(), ix.name, way, cp.why.details)
		}
		out = append(out, objection{"restore_in_progress", text})
	}
	if cp.why.attempts > 0 && cp.why.attempts >= ix.settings.num("index.allocation.max_retries", 5) {
		out = append(out, objection{"max_retry", "shard has exceeded the maximum number of retries [5] on failed allocation attempts - manually call [/_cluster/reroute?retry_failed=true] to retry"})
	}
	for _, o := range s.copies() {
		if o != cp && o.node == n && o.state != unassigned {
			text := "the shard cannot be allocated to the same node on which a copy of the shard already exists"
			if c.v.major >= 7 {
				text = "a copy of this shard is already allocated to this node"
			}
			out = append(out, objection{"same_shard", text + " [[" + ix.name + "][" + strconv.Itoa(s.id) + "], node[" + n.id + "], [P], s[STARTED], a[id=" + o.alloc + "]]"})
		}
	}
	switch enable := c.setting("cluster.routing.allocation.enable"); {
	case enable == "none", enable == "new_primaries" && !cp.primary:
		out = append(out, objection{"enable", "no allocations are allowed due to cluster setting [cluster.routing.allocation.enable=" + enable + "]"})
	}
	for _, kind := range []string{"require", "include", "exclude"} {
		if why := filtered(ix.settings, kind, n); why != "" {
			out = append(out, objection{"filter", why})
		}
	}
	if text, ok := c.faults.noAllocation[ix.name]; ok {
		out = append(out, objection{"disk_threshold", text})
	} else if text, ok := c.faults.noAllocation[""]; ok {
		out = append(out, objection{"disk_threshold", text})
	}
	return out
}

// filtered tells why an index's allocation filter forbids a node, or "".
func filtered(set settings, kind string, n *node) string {
	prefix := "index.routing.allocation." + kind + "."
	var keys []string
	matched := false
	for _, k := range set.keys() {
		attr, ok := strings.CutPrefix(k, prefix)
		if !ok || attr == "_tier_preference" || attr == "_tier" {
			continue
		}
		keys = append(keys, attr+":\""+set.str(k)+"\"")
		has := map[string]string{"_name": n.name, "_id": n.id, "_ip": "127.0.0.1", "_host": "127.0.0.1", "name": n.name}[attr]
		one := has != "" && slices.ContainsFunc(splitList(set.str(k)), func(p string) bool { return matchName(p, has) })
		switch kind {
		case "require":
			if !one {
				return "node does not match index setting [index.routing.allocation.require] filters [" + strings.Join(keys, " AND ") + "]"
			}
		case "exclude":
			if one {
				return "node matches index setting [index.routing.allocation.exclude] filters [" + strings.Join(keys, " OR ") + "]"
			}
		}
		matched = matched || one
	}
	if kind == "include" && len(keys) > 0 && !matched {
		return "node does not match index setting [index.routing.allocation.include] filters [" + strings.Join(keys, " OR ") + "]"
	}
	return ""
}

// placePrimary starts the primary of a new or reopened index, if it may be.
func (c *Cluster) placePrimary(ix *index, s *shard, kind string) {
	cp := s.primary
	cp.why.status = "no_attempt"
	nodes := c.allowedNodes(ix, s, cp)
	if len(nodes) == 0 {
		cp.why.status = "no"
		return
	}
	n := nodes[0]
	for _, m := range nodes { // spread evenly
		if c.primariesOn(m) < c.primariesOn(n) {
			n = m
		}
	}
	cp.state, cp.node, cp.why, cp.alloc = started, n, whyUnassigned{}, newUUID()
	cp.recovery = &recovery{kind: kind, stage: "DONE", node: n, start: c.now, stop: c.now, source: map[string]any{}}
	if kind == "EXISTING_STORE" {
		cp.recovery.files, cp.recovery.reused = s.files(), true
		if c.v.from(6, 7) {
			cp.recovery.source = map[string]any{"bootstrap_new_history_uuid": false}
		}
	}
	c.placeReplicas(ix, s)
}

func (c *Cluster) primariesOn(n *node) (count int) {
	for _, ix := range c.indices {
		for _, s := range ix.shards {
			if s.primary.node == n {
				count++
			}
		}
	}
	return count
}

// placeReplicas sends the replicas of a started primary to other nodes.
func (c *Cluster) placeReplicas(ix *index, s *shard) {
	if s.primary.state != started {
		return
	}
	for _, cp := range s.replicas {
		if cp.state != unassigned {
			continue
		}
		nodes := c.allowedNodes(ix, s, cp)
		if len(nodes) == 0 {
			continue
		}
		n := nodes[0]
		cp.state, cp.node = initializing, n
		rec := &recovery{kind: "PEER", stage: "INDEX", node: n, start: c.now, files: s.files(), source: peerSource(s.primary.node)}
		cp.recovery = rec
		c.after(c.opts.Pace.Replica, func() {
			if cp.recovery == rec && c.indices[ix.name] == ix {
				cp.state, cp.alloc, cp.why = started, newUUID(), whyUnassigned{}
				rec.stage, rec.stop, rec.done = "DONE", c.now, float64(rec.bytes())
			}
		})
	}
}

func peerSource(n *node) map[string]any {
	return map[string]any{"id": n.id, "host": "127.0.0.1", "transport_address": n.address(), "ip": "127.0.0.1", "name": n.name}
}

// health of one shard, in Elasticsearch's words.
func (s *shard) health() string {
	if s.primary.state != started {
		w := s.primary.why
		restoring := s.primary.state == initializing || w.reason == "NEW_INDEX_RESTORED" || w.reason == "EXISTING_INDEX_RESTORED" || w.reason == "INDEX_CREATED"
		if restoring && w.attempts == 0 && w.status != "no" && w.failedRestore == nil {
			return "yellow"
		}
		return "red"
	}
	for _, r := range s.replicas {
		if r.state != started {
			return "yellow"
		}
	}
	return "green"
}

func worse(a, b string) string {
	rank := map[string]int{"green": 0, "yellow": 1, "red": 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func (ix *index) health() string {
	h := "green"
	for _, s := range ix.shards {
		h = worse(h, s.health())
	}
	return h
}
