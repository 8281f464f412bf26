package essim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

func catRoutes() []route {
	m := func(path, params, need, action string, do func(*call) (*answer, *failure)) route {
		return route{methods: "GET", path: path, params: params + catOptions, need: need, action: action, do: do}
	}
	const stats, recovery, aliases, snapshots = "indices:monitor/stats", "indices:monitor/recovery", "indices:admin/aliases/get", "cluster:admin/snapshot/get"
	return []route{
		m("/_cat/indices", "health pri include_unloaded_segments expand_wildcards@7.5", "index:monitor", stats, (*call).catIndices),
		m("/_cat/indices/{index}", "health pri include_unloaded_segments expand_wildcards@7.5", "index:monitor", stats, (*call).catIndices),
		m("/_cat/shards", "", "index:monitor", stats, (*call).catShards),
		m("/_cat/shards/{index}", "", "index:monitor", stats, (*call).catShards),
		m("/_cat/aliases", "expand_wildcards@7.5", "index:view_index_metadata", aliases, (*call).catAliases),
		m("/_cat/aliases/{name}", "expand_wildcards@7.5", "index:view_index_metadata", aliases, (*call).catAliases),
		m("/_cat/snapshots", "ignore_unavailable", "monitor_snapshot", snapshots, (*call).catSnapshots),
		m("/_cat/snapshots/{repo}", "ignore_unavailable", "monitor_snapshot", snapshots, (*call).catSnapshots),
		m("/_cat/recovery", "active_only@7.4 detailed@7.4 index", "index:monitor", recovery, (*call).catRecovery),
		m("/_cat/recovery/{index}", "active_only@7.4 detailed@7.4", "index:monitor", recovery, (*call).catRecovery),
		m("/_cat/health", "", "monitor", "cluster:monitor/health", (*call).catHealth),
		m("/_cat/nodes", "full_id", "monitor", "cluster:monitor/state", (*call).catNodes),
		m("/_cat/master", "", "monitor", "cluster:monitor/state", (*call).catMaster),
		m("/_cat/plugins", "", "monitor", "cluster:monitor/nodes/info", (*call).catPlugins),
		m("/_cat/repositories", "", "monitor_snapshot", "cluster:admin/repository/get", (*call).catRepositories),
		m("/_cat/allocation", "", "monitor", "cluster:monitor/state", (*call).catAllocation),
	}
}

// cat finishes a table.
func (k *call) cat(t *table) (*answer, *failure) {
	if !k.q.Has("help") {
		t.pick(k.q)
	}
	return &answer{status: 200, table: t}, nil
}

// size renders bytes as the bytes parameter asks.
func (k *call) size(n int64) string {
	unit := map[string]int64{"b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30, "t": 1 << 40, "tb": 1 << 40}[k.q.Get("bytes")]
	if unit == 0 {
		return humanBytes(n)
	}
	return strconv.FormatInt(n/unit, 10)
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
			if e.sn.unreadable.Load() {
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
