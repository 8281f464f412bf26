package essim

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// target is one index that will be written.
type target struct {
	from     *image
	name     string
	settings settings
	aliases  map[string]map[string]any
	existing *index // closed, to be written over
}

// restore answers POST _restore.
func (k *call) restore() (*answer, *failure) {
	body, f := k.parseRestore()
	if f != nil {
		return nil, f
	}
	// Behind a running snapshot the request waits up to 6.x, even if it will be
	// refused. It is carried out later, whether or not anybody still waits for
	// the answer. From 7.0 on it is accepted, and its shards wait.
	if k.held() {
		if !k.wait(context.Background(), time.Time{}, func() bool { return !k.held() }) {
			return nil, fail(http.StatusServiceUnavailable, "node_closed_exception", "node closed")
		}
	}
	p, f := k.plan(body)
	if f != nil {
		return nil, f
	}
	r := k.carryOut(p, body)
	if len(p.targets) == 0 {
		return ok(r.info())
	}
	k.touch()
	if k.flag("wait_for_completion", false) {
		k.wait(k.r.Context(), time.Time{}, func() bool { return !r.listed })
		return ok(r.info())
	}
	return ok(map[string]any{"accepted": true})
}

func (k *call) held() bool {
	return k.faults.holds > 0 || k.v.major < 7 && len(k.running) > 0
}

// restorePlan is a restore that was checked and may begin.
type restorePlan struct {
	repository *repository
	store      *store
	snapshot   *snapshot
	targets    []target
}

// plan checks a restore the way and in the order the master does. Nothing is
// changed: refusals are atomic.
func (k *call) plan(b *restoreBody) (*restorePlan, *failure) {
	repo, name := k.vars["repo"], k.vars["snapshot"]
	if f := k.createBlock(); f != nil {
		return nil, f
	}
	r, st, f := k.readable(repo)
	if f != nil {
		return nil, f
	}
	sn := st.find(name)
	if sn == nil {
		return nil, restoreRefused(repo, name, "", "snapshot does not exist")
	}
	if sn.unreadable.Load() {
		return nil, k.v.unreadable(repo, sn, false)
	}
	refuse := func(format string, args ...any) *failure { return restoreRefused(repo, name, sn.uuid, format, args...) }
	if f := sn.unreadableIndex(k.v); f != nil && k.v.major < 6 {
		return nil, f
	}
	if sn.state != "SUCCESS" && sn.state != "PARTIAL" {
		return nil, refuse("unsupported snapshot state [%s]", sn.state)
	}
	if k.v.less(sn.by) {
		return nil, refuse("the snapshot was created with Elasticsearch version [%s] which is higher than the version of this node [%s]", sn.by.as(k.v), k.v)
	}
	oldest, text := k.v.minIndex()
	if k.v.from(7, 17) && sn.by.less(oldest) {
		return nil, refuse("the snapshot was created with Elasticsearch version [%s] which is below the current versions minimum index compatibility version [%s]", sn.by, text)
	}
	names, f := k.v.filterIndices(sn.indices, b.indices, b.ignoreMissing)
	if f != nil {
		return nil, f
	}
	p := &restorePlan{repository: r, store: st, snapshot: sn}
	for _, n := range names {
		if sn.images[n].badMeta.Load() {
			return nil, fail(http.StatusInternalServerError, "corrupt_state_exception", "codec footer mismatch (file truncated?): actual footer=0 vs expected footer=-1071082520")
		}
	}
	if f := k.rename(p, names, b, refuse); f != nil {
		return nil, f
	}
	if k.v.less(version{6, 6, 0}) && slices.ContainsFunc(k.restores, func(x *restore) bool { return !x.ended }) && len(p.targets) > 0 {
		return nil, fail(http.StatusServiceUnavailable, "concurrent_snapshot_execution_exception", "[%s:%s] Restore process is already running in this cluster", repo, name)
	}
	for i := range p.targets {
		if f := k.checkTarget(&p.targets[i], b, refuse); f != nil {
			return nil, f
		}
	}
	return p, k.checkAliases(p, b)
}

// checkTarget checks one index and computes what it will be.
func (k *call) checkTarget(t *target, b *restoreBody, refuse func(string, ...any) *failure) *failure {
	whole := !slices.ContainsFunc(t.from.shards, func(s *shardImage) bool { return s.missing })
	if !whole && !b.partial {
		return refuse("index [%s] wasn't fully snapshotted - cannot restore", t.from.name)
	}
	if f := k.changeSettings(t, b, refuse); f != nil {
		return f
	}
	if oldest, text := k.v.minIndex(); t.from.created.less(oldest) {
		cause := illegalState("The index [[%s/%s]] was created with version [%s] but the minimum compatible version is [%s]. It should be re-indexed in Elasticsearch %d.x before upgrading to %s.",
			t.from.name, t.from.settings.str("index.uuid"), t.from.created, text, k.v.major-1, k.v)
		return refuse("cannot restore index [%s] because it cannot be upgraded", t.from.name).causedBy(cause, false)
	}
	old := k.indices[t.name]
	if old == nil {
		if f := k.v.checkIndexName(t.name); f != nil {
			return f
		}
		if len(k.behind(t.name)) > 0 {
			return invalidIndexName(t.name, "already exists as alias")
		}
		return k.checkShardLimit(t)
	}
	switch {
	case !old.closed && k.v.less(version{6, 3, 0}):
		return refuse("cannot restore index [%s] because it's open", t.name)
	case !old.closed:
		return refuse("cannot restore index [%s] because an open index with same name already exists in the cluster. Either close or delete the existing index or restore the index under a different name by providing a rename pattern and replacement name", t.name)
	case !whole:
		return refuse("cannot restore partial index [%s] because such index already exists", t.name)
	case len(old.shards) != len(t.from.shards) && k.v.major < 6:
		return refuse("cannot restore index [%s] with [%d] shard from snapshot with [%d] shards", t.name, len(old.shards), len(t.from.shards))
	case len(old.shards) != len(t.from.shards):
		return refuse("cannot restore index [%s] with [%d] shards from a snapshot of index [%s] with [%d] shards", t.name, len(old.shards), t.from.name, len(t.from.shards))
	}
	t.existing = old
	return nil
}

func (k *call) checkShardLimit(t *target) *failure {
	if k.v.major < 7 {
		return nil
	}
	perNode, err := strconv.Atoi(k.setting("cluster.max_shards_per_node"))
	if err != nil {
		return nil
	}
	open := 0
	for _, ix := range k.indices {
		if !ix.closed {
			open += len(ix.shards) * (1 + ix.replicaCount())
		}
	}
	add, limit := len(t.from.shards)*(1+t.settings.num("index.number_of_replicas", 1)), perNode*len(k.nodes)
	if open+add <= limit {
		return nil
	}
	text := fmt.Sprintf("this action would add [%d] total shards, but this cluster currently has [%d]/[%d] maximum shards open;", add, open, limit)
	if k.v.from(7, 17) {
		text = fmt.Sprintf("this action would add [%d] shards, but this cluster currently has [%d]/[%d] maximum normal shards open;", add, open, limit)
	}
	if k.v.major >= 8 {
		text += " for more information, see https://www.elastic.co/guide/en/elasticsearch/reference/8.17/size-your-shards.html#troubleshooting-max-shards-open;"
	}
	return fail(http.StatusBadRequest, "validation_exception", "Validation Failed: 1: %s", text)
}

// checkAliases refuses aliases that fall together with an index.
func (k *call) checkAliases(p *restorePlan, b *restoreBody) *failure {
	for i := range p.targets {
		t := &p.targets[i]
		t.aliases = map[string]map[string]any{}
		if t.existing != nil && !b.aliases {
			t.aliases = copyAliases(t.existing.aliases)
		}
		if !b.aliases {
			continue
		}
		t.aliases = copyAliases(t.from.aliases)
		for _, a := range slices.Sorted(maps.Keys(t.aliases)) {
			for _, o := range p.targets {
				if o.name == a {
					return restoreRefused(p.repository.name, p.snapshot.name, p.snapshot.uuid,
						"cannot rename index [%s] into [%s] because of conflict with an alias with the same name", o.from.name, o.name)
				}
			}
			if k.indices[a] != nil {
				if k.v.from(7, 9) {
					return illegalState("index, alias, and data stream names need to be unique, but the following duplicates were found [%s (alias of [%s/%s]) conflicts with index]", a, t.name, k.indices[a].uuid)
				}
				return illegalState("index and alias names need to be unique, but the following duplicates were found [%s (alias of [%s/%s])]", a, t.name, k.indices[a].uuid)
			}
		}
	}
	return nil
}

// carryOut creates the indices and begins to fill them.
func (k *call) carryOut(p *restorePlan, b *restoreBody) *restore {
	r := &restore{uuid: newUUID(), repository: p.repository, store: p.store, snapshot: p.snapshot}
	fact := Restore{Repository: p.repository.name, Snapshot: p.snapshot.name, SnapshotUUID: p.snapshot.uuid, Targets: map[string]string{}, Settings: map[string]string{}}
	for key, v := range b.settings {
		fact.Settings[key] = scalar(v)
	}
	for _, t := range p.targets {
		fact.Targets[t.from.name] = t.name
		r.targets = append(r.targets, t.name)
		k.restoreIndex(r, t)
	}
	if len(p.targets) > 0 {
		k.begin(r, fact)
	}
	return r
}

func (k *call) restoreIndex(r *restore, t target) {
	ix, reason := t.existing, "EXISTING_INDEX_RESTORED"
	if ix == nil {
		ix, reason = &index{name: t.name, uuid: newUUID()}, "NEW_INDEX_RESTORED"
		k.indices[t.name] = ix
	}
	ix.closed, ix.settings, ix.aliases, ix.restoring = false, t.settings, t.aliases, r
	ix.settings["index.uuid"] = ix.uuid
	if t.from.created.less(k.v) && !k.v.from(7, 11) {
		ix.settings["index.version.upgraded"] = strconv.Itoa(k.v.id())
	}
	delete(ix.settings, "index.verified_before_close")
	ix.mappings = copyJSON(t.from.mappings).(map[string]any)
	if t.from.created.major < 6 && k.v.major == 6 {
		for _, m := range ix.mappings { // the upgrade spells a default out
			m.(map[string]any)["_all"] = map[string]any{"enabled": true}
		}
	}
	ix.shards = nil
	unknown := ""
	for key := range ix.settings {
		if !knownIndexSetting(key) && k.v.from(6, 0) && !strings.HasPrefix(key, "archived.") {
			unknown = key
		}
	}
	for i, im := range t.from.shards {
		s := k.newShard(i, ix.replicaCount())
		for _, cp := range s.copies() {
			cp.why = whyUnassigned{reason: reason, details: "restore_source[" + r.repository.name + "/" + r.snapshot.name + "]", at: k.now}
		}
		ix.shards = append(ix.shards, s)
		part := &restoreShard{index: ix, shard: s, copy: s.primary, image: im, from: t.from.name, state: "INIT"}
		r.parts = append(r.parts, part)
		if unknown != "" { // an unregistered setting: no node can create the index
			s.primary.why = whyUnassigned{reason: "ALLOCATION_FAILED", at: k.now, attempts: 1, status: "no", failedRestore: r,
				details: fmt.Sprintf("failed shard on node [%s]: failed to create index, failure IllegalArgumentException[unknown setting [%s] please check that any required plugins are installed, or check the breaking changes documentation for removed settings]", k.nodes[0].id, unknown)}
			part.state = "FAILURE"
		}
	}
}
