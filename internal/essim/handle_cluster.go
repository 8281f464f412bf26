package essim

import (
	"fmt"
	"maps"
	"time"
)

func clusterRoutes() []route {
	return []route{
		{methods: "GET,HEAD", path: "/", do: (*call).root},
		{methods: "GET", path: "/_cluster/health", params: healthParams, need: "monitor", action: "cluster:monitor/health", do: (*call).health},
		{methods: "GET", path: "/_cluster/health/{index}", params: healthParams, need: "monitor", action: "cluster:monitor/health", do: (*call).health},
		{methods: "GET", path: "/_nodes", params: "flat_settings timeout", need: "monitor", action: "cluster:monitor/nodes/info", do: (*call).nodesInfo},
		{methods: "GET", path: "/_nodes/{node}", params: "flat_settings timeout", need: "monitor", action: "cluster:monitor/nodes/info", do: (*call).nodesInfo},
		{methods: "GET", path: "/_nodes/{node}/{metric}", params: "flat_settings timeout", need: "monitor", action: "cluster:monitor/nodes/info", do: (*call).nodesInfo},
		{methods: "GET", path: "/_nodes/stats", params: "timeout level groups types", need: "monitor", action: "cluster:monitor/nodes/stats", do: (*call).nodesStats},
		{methods: "GET", path: "/_nodes/stats/{metric}", params: "timeout level groups types", need: "monitor", action: "cluster:monitor/nodes/stats", do: (*call).nodesStats},
		{methods: "GET", path: "/_cluster/settings", params: "include_defaults flat_settings local master_timeout", need: "monitor", action: "cluster:monitor/state", do: (*call).clusterSettings},
		{methods: "PUT", path: "/_cluster/settings", params: "flat_settings timeout master_timeout", need: "manage", action: "cluster:admin/settings/update", do: (*call).putClusterSettings},
		{methods: "GET", path: "/_cluster/state", params: stateParams, need: "monitor", action: "cluster:monitor/state", do: (*call).state},
		{methods: "GET", path: "/_cluster/state/{metric}", params: stateParams, need: "monitor", action: "cluster:monitor/state", do: (*call).state},
		{methods: "GET", path: "/_cluster/state/{metric}/{index}", params: stateParams, need: "monitor", action: "cluster:monitor/state", do: (*call).state},
		{methods: "GET", path: "/_cluster/pending_tasks", params: "local master_timeout", need: "monitor", action: "cluster:monitor/task", do: (*call).pendingTasks},
		{methods: "GET,POST", path: "/_cluster/allocation/explain", params: "include_yes_decisions include_disk_info", need: "monitor", action: "cluster:monitor/allocation/explain", do: (*call).explain},
		{methods: "POST", path: "/_cluster/reroute", params: "dry_run explain retry_failed metric timeout master_timeout", need: "manage", action: "cluster:admin/reroute", do: (*call).reroute},
		{methods: "GET", path: "/_tasks", params: "actions nodes detailed parent_task_id wait_for_completion timeout group_by", need: "monitor", action: "cluster:monitor/tasks/lists", do: (*call).tasks},
	}
}

const (
	healthParams = "level timeout master_timeout wait_for_status wait_for_no_relocating_shards wait_for_no_initializing_shards wait_for_active_shards wait_for_nodes wait_for_events local expand_wildcards@7.2"
	stateParams  = "local master_timeout flat_settings ignore_unavailable allow_no_indices expand_wildcards wait_for_metadata_version@6.4 wait_for_timeout@6.4"
)

func (k *call) root() (*answer, *failure) {
	b := k.v.build()
	ver := map[string]any{"number": k.v.String(), "build_hash": b.hash, "build_date": b.date, "build_snapshot": false, "lucene_version": b.lucene}
	if k.v.from(6, 3) {
		ver["build_flavor"], ver["build_type"] = k.opts.Flavor, "zip"
		ver["minimum_wire_compatibility_version"], ver["minimum_index_compatibility_version"] = b.wire, b.index
	}
	return ok(map[string]any{
		"name": k.nodes[0].name, "cluster_name": k.opts.Name, "cluster_uuid": k.uuid, "version": ver, "tagline": "You Know, for Search",
	})
}

func (n *node) address() string { return fmt.Sprintf("127.0.0.1:%d", n.port) }

func (k *call) nodesHead(nodes map[string]any) map[string]any {
	return map[string]any{"_nodes": map[string]any{"total": len(nodes), "successful": len(nodes), "failed": 0}, "cluster_name": k.opts.Name, "nodes": nodes}
}

func (k *call) roles() []any {
	if k.v.from(7, 10) {
		return []any{"data", "ingest", "master"}
	}
	return []any{"master", "data", "ingest"}
}

func (k *call) nodesInfo() (*answer, *failure) {
	out := map[string]any{}
	for i, n := range k.nodes {
		if w := k.vars["node"]; (w == "_local" || w == "_master") && i > 0 {
			continue
		}
		repo := []any{}
		for _, r := range k.repos.Roots {
			repo = append(repo, r)
		}
		plugins := []any{}
		for _, t := range k.opts.RepositoryTypes {
			plugins = append(plugins, map[string]any{"name": "repository-" + t, "version": k.v.String()})
		}
		e := map[string]any{
			"name": n.name, "transport_address": n.address(), "host": "127.0.0.1", "ip": "127.0.0.1", "version": k.v.String(),
			"build_hash": k.v.build().hash, "roles": k.roles(), "plugins": plugins, "modules": []any{},
			"settings": map[string]any{"cluster": map[string]any{"name": k.opts.Name}, "node": map[string]any{"name": n.name}, "path": map[string]any{"repo": repo}},
			"os":       map[string]any{"name": "Linux", "available_processors": 2, "allocated_processors": 2},
		}
		if k.v.from(6, 3) {
			e["build_flavor"], e["build_type"] = k.opts.Flavor, "zip"
		}
		out[n.id] = e
	}
	return ok(k.nodesHead(out))
}

// used is what a node's disk holds.
func (c *Cluster) used(n *node) (bytes int64) {
	for _, ix := range c.indices {
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				if cp.node == n {
					bytes += s.bytes()
				}
			}
		}
	}
	return bytes
}

func (k *call) nodesStats() (*answer, *failure) {
	out := map[string]any{}
	for _, n := range k.nodes {
		free := k.opts.DiskBytes - k.used(n)
		if len(k.faults.noAllocation) > 0 {
			free = min(free, k.opts.DiskBytes*97/1000)
		}
		total := map[string]any{"total_in_bytes": k.opts.DiskBytes, "free_in_bytes": free, "available_in_bytes": free}
		data := maps.Clone(total)
		data["path"], data["mount"], data["type"] = "/data/nodes/0", "/ (/dev/vda)", "ext4"
		out[n.id] = map[string]any{
			"timestamp": millis(k.now), "name": n.name, "transport_address": n.address(), "host": "127.0.0.1", "ip": n.address(), "roles": k.roles(),
			"fs": map[string]any{"timestamp": millis(k.now), "total": total, "data": []any{data}},
		}
	}
	return ok(k.nodesHead(out))
}

func (k *call) pendingTasks() (*answer, *failure) { return ok(map[string]any{"tasks": []any{}}) }

func (k *call) tasks() (*answer, *failure) { return ok(map[string]any{"nodes": map[string]any{}}) }

// reroute never brings a failed restore back, whatever it is asked.
func (k *call) reroute() (*answer, *failure) {
	o := map[string]any{"acknowledged": true}
	if k.v.major < 8 || k.q.Get("metric") != "none" && k.q.Get("metric") != "" {
		o["state"] = map[string]any{}
		if k.v.major >= 6 {
			o["state"] = map[string]any{"cluster_uuid": k.uuid}
		}
	}
	if k.flag("retry_failed", false) {
		for _, ix := range k.indices {
			for _, s := range ix.shards {
				if w := &s.primary.why; s.primary.state == unassigned && w.attempts > 0 && k.v.from(6, 7) {
					w.reason, w.attempts = "MANUAL_ALLOCATION", 0
				}
			}
		}
	}
	return ok(o)
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
