package essim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func snapshotRoutes() []route {
	const get = "verbose ignore_unavailable master_timeout size@7.14 sort@7.14 order@7.14 after@7.14 offset@7.15 from_sort_value@7.16 slm_policy_filter@7.16 index_details@7.13 include_repository@7.16 index_names@8.3"
	return []route{
		{methods: "GET", path: "/_snapshot/{repo}/{snapshot}", params: get, need: "monitor_snapshot", action: "cluster:admin/snapshot/get", do: (*call).snapshots},
		{methods: "PUT,POST", path: "/_snapshot/{repo}/{snapshot}", params: "wait_for_completion master_timeout", need: "create_snapshot", action: "cluster:admin/snapshot/create", do: (*call).createSnapshot},
		{methods: "DELETE", path: "/_snapshot/{repo}/{snapshot}", params: "master_timeout wait_for_completion@8.15", need: "manage", action: "cluster:admin/snapshot/delete", do: (*call).deleteSnapshot},
		{methods: "GET", path: "/_snapshot/_status", params: "master_timeout ignore_unavailable", need: "monitor_snapshot", action: "cluster:admin/snapshot/status", do: (*call).snapshotStatus},
		{methods: "GET", path: "/_snapshot/{repo}/_status", params: "master_timeout ignore_unavailable", need: "monitor_snapshot", action: "cluster:admin/snapshot/status", do: (*call).snapshotStatus},
		{methods: "GET", path: "/_snapshot/{repo}/{snapshot}/_status", params: "master_timeout ignore_unavailable", need: "monitor_snapshot", action: "cluster:admin/snapshot/status", do: (*call).snapshotStatus},
		{methods: "POST", path: "/_snapshot/{repo}/{snapshot}/_restore", params: "wait_for_completion master_timeout", need: "manage", action: "cluster:admin/snapshot/restore", do: (*call).restore},
	}
}

func (k *call) createSnapshot() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	repo, name := k.vars["repo"], k.vars["snapshot"]
	r, st, f := k.readable(repo)
	if f != nil {
		return nil, f
	}
	if f := k.checkSnapshotName(r, st, name); f != nil {
		return nil, f
	}
	if f := k.createBlock(); f != nil && k.setting("cluster.blocks.read_only") == "true" {
		return nil, f
	}
	if len(k.running) > 0 && !k.v.from(7, 7) {
		return nil, fail(http.StatusServiceUnavailable, "concurrent_snapshot_execution_exception", "[%s:%s]  a snapshot is already running", repo, name)
	}
	k2 := *k
	k2.q = url.Values{}
	if said := scalar(o["ignore_unavailable"]); said == "true" || said == "" && k.v.major < 6 {
		k2.q.Set("ignore_unavailable", "true")
	}
	list, f := k2.resolve(strings.Join(stringList(o["indices"]), ","), expand{})
	if f != nil {
		return nil, f
	}
	meta, _ := o["metadata"].(map[string]any)
	global := scalar(o["include_global_state"]) != "false"
	sn := &snapshot{name: name, uuid: newUUID(), by: k.v, start: k.now, globalState: global, metadata: meta}
	bytes := k.take(sn, list)
	if f := k.notWhole(sn, repo, scalar(o["partial"]) == "true"); f != nil {
		return nil, f
	}
	s := &creation{repository: r, store: k.repos.at(r.location, true), snapshot: sn, bytes: bytes}
	k.startSnapshot(s)
	if k.flag("wait_for_completion", false) {
		if !k.wait(k.r.Context(), time.Time{}, func() bool { return s.over }) {
			return ok(map[string]any{"accepted": true})
		}
		return ok(map[string]any{"snapshot": sn.json(k.v, repo, false, false)})
	}
	return ok(map[string]any{"accepted": true})
}

func (k *call) checkSnapshotName(r *repository, st *store, name string) *failure {
	id := r.name + ":" + name
	if r.readonly {
		return fail(http.StatusInternalServerError, "repository_exception", "[%s] cannot create snapshot in a readonly repository", r.name)
	}
	if strings.ToLower(name) != name {
		return fail(http.StatusBadRequest, "invalid_snapshot_name_exception", "[%s] Invalid snapshot name [%s], must be lowercase", id, name)
	}
	if st.find(name) != nil || slices.ContainsFunc(k.running, func(s *creation) bool { return s.repository.name == r.name && s.snapshot.name == name }) {
		kind := "invalid_snapshot_name_exception"
		if k.v.from(8, 1) {
			kind = "snapshot_name_already_in_use_exception"
		}
		return fail(http.StatusBadRequest, kind, "[%s] Invalid snapshot name [%s], snapshot with the same name already exists", id, name)
	}
	return nil
}

// notWhole refuses, or fails, a snapshot of indices that lack a primary.
func (k *call) notWhole(sn *snapshot, repo string, partial bool) *failure {
	if len(sn.failures) == 0 || partial {
		return nil
	}
	if k.v.major >= 7 {
		var names []string
		for _, f := range sn.failures {
			if !slices.Contains(names, f.index) {
				names = append(names, f.index)
			}
		}
		if k.v.major >= 8 {
			return fail(http.StatusInternalServerError, "snapshot_exception", "[%s:%s/%s] the following indices have unassigned primary shards and cannot be included in a snapshot unless [partial] is set to [true]: [%s]; for help with troubleshooting unassigned shards see https://www.elastic.co/guide/en/elasticsearch/reference/8.17/red-yellow-cluster-status.html", repo, sn.name, sn.uuid, strings.Join(names, ", "))
		}
		return fail(http.StatusInternalServerError, "snapshot_exception", "[%s:%s/%s] Indices don't have primary shards [%s]", repo, sn.name, sn.uuid, strings.Join(names, ", "))
	}
	for _, im := range sn.images { // stored, but of no use
		for _, sh := range im.shards {
			*sh = shardImage{missing: true}
		}
	}
	return nil
}

func (k *call) deleteSnapshot() (*answer, *failure) {
	repo, expr := k.vars["repo"], k.vars["snapshot"]
	r, st, f := k.readable(repo)
	if f != nil {
		return nil, f
	}
	if r.readonly {
		if k.v.major >= 8 {
			return nil, fail(http.StatusInternalServerError, "repository_exception", "[%s] repository is readonly", repo)
		}
		return nil, fail(http.StatusInternalServerError, "repository_exception", "[%s] cannot delete snapshot from a readonly repository", repo)
	}
	all := k.entries(r, st)
	var list []entry
	if k.v.from(7, 8) {
		if list, f = k.choose(all, repo, expr, false); f != nil {
			return nil, f
		}
	} else {
		for _, e := range all {
			if e.sn.name == expr {
				list = append(list, e)
			}
		}
		if len(list) == 0 {
			return nil, snapshotMissing(repo, expr)
		}
	}
	for _, e := range list {
		if f := k.deletable(r, e); f != nil {
			return nil, f
		}
	}
	for _, e := range list {
		if e.running {
			for _, s := range slices.Clone(k.running) {
				if s.snapshot == e.sn {
					k.dropRunning(s)
				}
			}
			continue
		}
		st.remove(e.sn, k.now)
	}
	return acknowledged()
}

// deletable refuses to delete what this cluster restores.
func (k *call) deletable(r *repository, e entry) *failure {
	for _, x := range k.restores {
		if x.ended {
			continue
		}
		id := fmt.Sprintf("%s:%s/%s", r.name, e.sn.name, e.sn.uuid)
		if !k.v.from(7, 7) {
			return fail(http.StatusServiceUnavailable, "concurrent_snapshot_execution_exception", "[%s] cannot delete snapshot during a restore", id)
		}
		if x.snapshot == e.sn {
			return fail(http.StatusServiceUnavailable, "concurrent_snapshot_execution_exception",
				"[%s] cannot delete snapshot during a restore in progress in [RestoreInProgress[{%s}{%s}]]", id, x.uuid, id)
		}
	}
	return nil
}

func (k *call) snapshotStatus() (*answer, *failure) {
	repo, name := k.vars["repo"], k.vars["snapshot"]
	out := []any{}
	if name == "" {
		for _, s := range k.running {
			if repo == "" || repo == "_all" || s.repository.name == repo {
				out = append(out, s.snapshot.statusJSON(k.v, s.repository.name, true))
			}
		}
		return ok(map[string]any{"snapshots": out})
	}
	r, st, f := k.readable(repo)
	if f != nil {
		return nil, f
	}
	for _, n := range splitList(name) {
		hit := false
		for _, e := range k.entries(r, st) {
			if e.sn.name == n {
				hit = true
				if e.sn.unreadable.Load() {
					return nil, k.v.unreadable(repo, e.sn, false)
				}
				if f := e.sn.unreadableIndex(k.v); f != nil {
					return nil, f
				}
				out = append(out, e.sn.statusJSON(k.v, repo, e.running))
			}
		}
		if !hit && !k.flag("ignore_unavailable", false) {
			return nil, snapshotMissing(repo, n)
		}
	}
	return ok(map[string]any{"snapshots": out})
}
