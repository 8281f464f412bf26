package essim

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func catRoutes() []route {
	m := func(path, params string, do func(*call) (*answer, *failure)) route {
		return route{methods: "GET", path: path, params: params + catOptions, need: "monitor", action: "indices:monitor/stats", do: do}
	}
	return []route{
		m("/_cat/indices", "health pri include_unloaded_segments expand_wildcards@7.5", (*call).catIndices),
		m("/_cat/indices/{index}", "health pri include_unloaded_segments expand_wildcards@7.5", (*call).catIndices),
		m("/_cat/shards", "", (*call).catShards),
		m("/_cat/shards/{index}", "", (*call).catShards),
		m("/_cat/aliases", "expand_wildcards@7.5", (*call).catAliases),
		m("/_cat/aliases/{name}", "expand_wildcards@7.5", (*call).catAliases),
		m("/_cat/snapshots", "ignore_unavailable", (*call).catSnapshots),
		m("/_cat/snapshots/{repo}", "ignore_unavailable", (*call).catSnapshots),
		m("/_cat/recovery", "active_only@7.4 detailed@7.4 index", (*call).catRecovery),
		m("/_cat/recovery/{index}", "active_only@7.4 detailed@7.4", (*call).catRecovery),
		m("/_cat/health", "", (*call).catHealth),
		m("/_cat/nodes", "full_id", (*call).catNodes),
		m("/_cat/master", "", (*call).catMaster),
		m("/_cat/plugins", "", (*call).catPlugins),
		m("/_cat/repositories", "", (*call).catRepositories),
		m("/_cat/allocation", "", (*call).catAllocation),
	}
}

// cat finishes a table.
func (k *call) cat(t *table) (*answer, *failure) {
	k.q = urlValues(k.q)
	if !k.q.Has("help") {
		t.pick(k.q)
	}
	return &answer{status: 200, table: t}, nil
}

func urlValues(q url.Values) url.Values { return maps.Clone(q) }

// size renders bytes as the bytes parameter asks.
func (k *call) size(n int64) string {
	unit := map[string]int64{"b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30, "t": 1 << 40, "tb": 1 << 40}[k.q.Get("bytes")]
	if unit == 0 {
		return humanBytes(n)
	}
	return strconv.FormatInt(n/unit, 10)
}

func (k *call) catIndices() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	t := &table{columns: []column{
		{name: "health", aliases: "h", help: "current health status"}, {name: "status", aliases: "s", help: "open/close status"},
		{name: "index", aliases: "i,idx", help: "index name"}, {name: "uuid", aliases: "id,uuid", help: "index uuid"},
		{name: "pri", aliases: "p,shards.primary,shardsPrimary", right: true, help: "number of primary shards"},
		{name: "rep", aliases: "r,shards.replica,shardsReplica", right: true, help: "number of replica shards"},
		{name: "docs.count", aliases: "dc,docsCount", right: true, help: "available docs"}, {name: "docs.deleted", aliases: "dd,docsDeleted", right: true, help: "deleted docs"},
		{name: "creation.date", aliases: "cd", hidden: true, help: "index creation date (millisecond value)"},
		{name: "creation.date.string", aliases: "cds", hidden: true, help: "index creation date (as string)"},
		{name: "store.size", aliases: "ss,storeSize", right: true, help: "store size of primaries & replicas"},
		{name: "pri.store.size", right: true, help: "store size of primaries"},
	}}
	if k.v.from(8, 13) {
		t.columns = append(t.columns, column{name: "dataset.size", right: true, help: "total size of dataset"})
	}
	for _, ix := range list {
		if h := k.q.Get("health"); h != "" && h != ix.health() {
			continue
		}
		t.add(k.catIndex(ix, len(t.columns))...)
	}
	return k.cat(t)
}

func (k *call) catIndex(ix *index, width int) []any {
	var health, pri, rep, docs, deleted, store, priStore any
	status := "open"
	if ix.closed {
		status = "close"
	}
	if k.shown(ix) {
		health, pri, rep = ix.health(), strconv.Itoa(len(ix.shards)), strconv.Itoa(ix.replicaCount())
	}
	if up := slices.ContainsFunc(ix.shards, func(s *shard) bool { return s.primary.state == started }); up && k.shown(ix) {
		var all, primaries int64
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				if cp.state != unassigned {
					all += s.bytes()
					if cp.primary {
						primaries += s.bytes()
					}
				}
			}
		}
		docs, deleted = strconv.Itoa(ix.count()), "0"
		store, priStore = k.size(all), k.size(primaries)
		if ix.closed {
			docs, deleted = nil, nil
		}
	}
	created := int64(ix.settings.num("index.creation_date", 0))
	cells := []any{health, status, ix.name, ix.uuid, pri, rep, docs, deleted, strconv.FormatInt(created, 10), iso(time.UnixMilli(created)), store, priStore}
	if len(cells) < width {
		cells = append(cells, priStore)
	}
	return cells
}

func (k *call) catShards() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{forbidClose: true})
	if f != nil {
		return nil, f
	}
	t := &table{columns: []column{
		{name: "index", aliases: "i,idx", help: "index name"}, {name: "shard", aliases: "s,sh", help: "shard name"},
		{name: "prirep", aliases: "p,pr,primaryOrReplica", help: "primary or replica"}, {name: "state", aliases: "st", help: "shard state"},
		{name: "docs", aliases: "d,dc", right: true, help: "number of docs in shard"}, {name: "store", aliases: "sto", right: true, help: "store size of shard (how much disk it uses)"},
		{name: "ip", help: "ip of node where it lives"}, {name: "id", hidden: true, help: "unique id of node where it lives"}, {name: "node", aliases: "n", help: "name of node where it lives"},
		{name: "unassigned.reason", aliases: "ur", hidden: true, help: "reason shard is unassigned"}, {name: "unassigned.at", aliases: "ua", hidden: true, help: "time shard became unassigned (UTC)"},
		{name: "unassigned.for", aliases: "uf", hidden: true, help: "time has been unassigned"}, {name: "unassigned.details", aliases: "ud", hidden: true, help: "additional details as to why the shard became unassigned"},
		{name: "recoverysource.type", aliases: "rs", hidden: true, help: "recovery source type"},
	}}
	if k.v.from(8, 13) {
		t.columns = slices.Insert(t.columns, 6, column{name: "dataset", right: true, help: "total size of dataset"})
	}
	for _, ix := range list {
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				t.add(k.catShard(ix, s, cp)...)
			}
		}
	}
	return k.cat(t)
}

func (k *call) catShard(ix *index, s *shard, cp *shardCopy) []any {
	kind := "r"
	if cp.primary {
		kind = "p"
	}
	var docs, store, ip, id, name, reason, at, ago, details, source any
	if cp.state == started {
		docs, store = strconv.Itoa(len(s.docs)), k.size(s.bytes())
	}
	if cp.node != nil {
		ip, id, name = "127.0.0.1", cp.node.id, cp.node.name
	}
	if w := cp.why; w.reason != "" && cp.state != started {
		reason, at = w.reason, iso(w.at)
		ago = shortDuration(k.now.Sub(w.at))
		if w.details != "" {
			details = w.details
		}
	}
	if cp.state != started {
		source = "peer"
		if cp.primary {
			source = map[bool]string{true: "snapshot", false: "existing_store"}[strings.HasSuffix(cp.why.reason, "_RESTORED")]
		}
	}
	cells := []any{ix.name, strconv.Itoa(s.id), kind, cp.state, docs, store, ip, id, name, reason, at, ago, details, source}
	if k.v.from(8, 13) {
		cells = slices.Insert(cells, 6, store)
	}
	return cells
}

// shortDuration renders as Elasticsearch does: 147ms, 1.2s, 3.4m.
func shortDuration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0s"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return trimZero(d.Seconds()) + "s"
	case d < time.Hour:
		return trimZero(d.Minutes()) + "m"
	case d < 24*time.Hour:
		return trimZero(d.Hours()) + "h"
	}
	return trimZero(d.Hours()/24) + "d"
}

func trimZero(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(float64(int64(f*10))/10, 'f', 1, 64), ".0")
}

func (k *call) catAliases() (*answer, *failure) {
	t := &table{columns: []column{{name: "alias", aliases: "a", help: "alias name"}, {name: "index", aliases: "i,idx", help: "index alias points to"}, {name: "filter", aliases: "f,fi", help: "filter"},
		{name: "routing.index", aliases: "ri,routingIndex", help: "index routing"}, {name: "routing.search", aliases: "rs,routingSearch", help: "search routing"}}}
	if k.v.from(7, 4) {
		t.columns = append(t.columns, column{name: "is_write_index", aliases: "w,isWriteIndex", help: "write index"})
	}
	names := splitList(k.vars["name"])
	for _, ix := range k.sorted(k.indices) {
		for _, a := range slices.Sorted(maps.Keys(ix.aliases)) {
			if len(names) > 0 && !matchAny(names, a) {
				continue
			}
			o := ix.aliases[a]
			filter := "-"
			if o["filter"] != nil {
				filter = "*"
			}
			cells := []any{a, ix.name, filter, orDash(o["index_routing"]), orDash(o["search_routing"])}
			if k.v.from(7, 4) {
				cells = append(cells, orDash(o["is_write_index"]))
			}
			t.add(cells...)
		}
	}
	return k.cat(t)
}

func orDash(v any) string {
	if s := scalar(v); s != "" {
		return s
	}
	return "-"
}

func (k *call) catSnapshots() (*answer, *failure) {
	t := &table{columns: []column{
		{name: "id", aliases: "id,snapshot", help: "unique snapshot"}, {name: "status", aliases: "s,status", right: true, help: "snapshot name"},
		{name: "start_epoch", aliases: "ste,startEpoch", help: "start time in seconds since 1970-01-01 00:00:00"}, {name: "start_time", aliases: "sti,startTime", help: "start time in HH:MM:SS"},
		{name: "end_epoch", aliases: "ete,endEpoch", help: "end time in seconds since 1970-01-01 00:00:00"}, {name: "end_time", aliases: "eti,endTime", help: "end time in HH:MM:SS"},
		{name: "duration", aliases: "dur,duration", right: true, help: "duration"}, {name: "indices", aliases: "i,indices", right: true, help: "number of indices"},
		{name: "successful_shards", aliases: "ss,successful_shards", right: true, help: "number of successful shards"}, {name: "failed_shards", aliases: "fs,failed_shards", right: true, help: "number of failed shards"},
		{name: "total_shards", aliases: "ts,total_shards", right: true, help: "number of total shards"}, {name: "reason", aliases: "r,reason", hidden: true, help: "reason for failures"},
	}}
	if k.v.from(7, 12) {
		t.columns = slices.Insert(t.columns, 1, column{name: "repository", aliases: "re,repo", help: "repository name"})
	}
	if k.q.Has("help") {
		return k.cat(t)
	}
	repos := []string{k.vars["repo"]}
	if k.vars["repo"] == "" && !k.v.from(7, 14) {
		return nil, validation("repository is missing")
	}
	if k.v.from(7, 14) {
		list, f := k.named(k.vars["repo"])
		if f != nil && k.v.major < 8 {
			return nil, fail(500, "exception", "Repositories [%s] failed to retrieve snapshots", k.vars["repo"]).causedBy(f, true)
		}
		if f != nil {
			return nil, f
		}
		repos = nil
		for _, r := range list {
			repos = append(repos, r.name)
		}
	}
	var all []entry
	for _, name := range repos {
		r, st, f := k.readable(name)
		if f != nil {
			return nil, f
		}
		for _, e := range k.entries(r, st) {
			if e.sn.unreadable {
				if k.flag("ignore_unavailable", false) {
					continue
				}
				return nil, k.v.unreadable(e.repo, e.sn, true)
			}
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.sn.start.Compare(b.sn.start) })
	for _, e := range all {
		t.add(k.catSnapshot(e)...)
	}
	return k.cat(t)
}

func (k *call) catSnapshot(e entry) []any {
	o := e.sn.json(k.v, e.repo, e.running, false)
	shards := o["shards"].(map[string]any)
	end, duration := e.sn.end, e.sn.end.Sub(e.sn.start)
	if e.running {
		end, duration = time.UnixMilli(0), k.now.Sub(e.sn.start)
	}
	cells := []any{e.sn.name, scalar(o["state"]), strconv.FormatInt(e.sn.start.Unix(), 10), e.sn.start.UTC().Format("15:04:05"), strconv.FormatInt(end.Unix(), 10), end.UTC().Format("15:04:05"),
		shortDuration(duration), strconv.Itoa(len(e.sn.indices)), scalar(shards["successful"]), scalar(shards["failed"]), scalar(shards["total"]), nil}
	if k.v.from(7, 12) {
		cells = slices.Insert(cells, 1, any(e.repo))
	}
	return cells
}

func (k *call) catRepositories() (*answer, *failure) {
	t := &table{columns: []column{{name: "id", aliases: "id,repoId", help: "unique repository id"}, {name: "type", aliases: "t,type", right: true, help: "repository type"}}}
	for _, n := range k.order {
		t.add(n, k.registered[n].kind)
	}
	return k.cat(t)
}

func (k *call) catPlugins() (*answer, *failure) {
	t := &table{columns: []column{{name: "name", aliases: "n", help: "node name"}, {name: "component", aliases: "c", help: "component"}, {name: "version", aliases: "v", help: "component version"}}}
	for _, n := range k.nodes {
		for _, p := range k.opts.RepositoryTypes {
			t.add(n.name, "repository-"+p, k.v.String())
		}
	}
	return k.cat(t)
}

func (k *call) catMaster() (*answer, *failure) {
	t := &table{columns: []column{{name: "id"}, {name: "host", aliases: "h"}, {name: "ip"}, {name: "node", aliases: "n"}}}
	t.add(k.nodes[0].id, "127.0.0.1", "127.0.0.1", k.nodes[0].name)
	return k.cat(t)
}

func (k *call) catNodes() (*answer, *failure) {
	t := &table{columns: []column{{name: "ip", aliases: "i"}, {name: "heap.percent", aliases: "hp,heapPercent", right: true}, {name: "ram.percent", aliases: "rp,ramPercent", right: true}, {name: "cpu", right: true},
		{name: "load_1m", aliases: "l", right: true}, {name: "load_5m", aliases: "l", right: true}, {name: "load_15m", aliases: "l", right: true}, {name: "node.role", aliases: "r,role,nodeRole"}, {name: "master", aliases: "m"}, {name: "name", aliases: "n"}}}
	for i, n := range k.nodes {
		t.add("127.0.0.1", "32", "60", "1", "0.10", "0.10", "0.10", map[bool]string{true: "dim", false: "mdi"}[k.v.from(7, 6)], map[bool]string{true: "*", false: "-"}[i == 0], n.name)
	}
	return k.cat(t)
}

func (k *call) catAllocation() (*answer, *failure) {
	t := &table{columns: []column{{name: "shards", aliases: "s", right: true}, {name: "disk.indices", aliases: "di", right: true}, {name: "disk.used", aliases: "du", right: true}, {name: "disk.avail", aliases: "da", right: true},
		{name: "disk.total", aliases: "dt", right: true}, {name: "disk.percent", aliases: "dp", right: true}, {name: "host", aliases: "h"}, {name: "ip"}, {name: "node", aliases: "n"}}}
	for _, n := range k.nodes {
		count := 0
		for _, ix := range k.indices {
			for _, s := range ix.shards {
				for _, cp := range s.copies() {
					if cp.node == n {
						count++
					}
				}
			}
		}
		used := k.used(n)
		t.add(strconv.Itoa(count), k.size(used), k.size(used), k.size(k.opts.DiskBytes-used), k.size(k.opts.DiskBytes), strconv.FormatInt(used*100/k.opts.DiskBytes, 10), "127.0.0.1", "127.0.0.1", n.name)
	}
	return k.cat(t)
}

func (k *call) catHealth() (*answer, *failure) {
	t := &table{columns: []column{{name: "epoch", aliases: "t,time"}, {name: "timestamp", aliases: "ts,hms"}, {name: "cluster", aliases: "cl"}, {name: "status", aliases: "st"}, {name: "node.total", aliases: "nt", right: true}, {name: "node.data", aliases: "nd", right: true},
		{name: "shards", right: true}, {name: "pri", right: true}, {name: "relo", right: true}, {name: "init", right: true}, {name: "unassign", right: true}, {name: "pending_tasks", right: true}, {name: "max_task_wait_time", right: true}, {name: "active_shards_percent", right: true}}}
	a, _ := k.healthNow(false)
	o := a.body.(map[string]any)
	nodes := strconv.Itoa(len(k.nodes))
	cells := []any{strconv.FormatInt(k.now.Unix(), 10), k.now.UTC().Format("15:04:05"), k.opts.Name, o["status"], nodes, nodes, scalar(o["active_shards"]), scalar(o["active_primary_shards"]), "0",
		scalar(o["initializing_shards"]), scalar(o["unassigned_shards"]), "0", "-", strconv.FormatFloat(k.percentActive(), 'f', 1, 64) + "%"}
	if k.v.from(8, 16) {
		t.columns = slices.Insert(t.columns, 11, column{name: "unassign.pri", right: true})
		cells = slices.Insert(cells, 11, any(scalar(o["unassigned_primary_shards"])))
	}
	t.add(cells...)
	return k.cat(t)
}
