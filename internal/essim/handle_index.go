package essim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func indexRoutes() []route {
	return []route{
		{methods: "PUT", path: "/{index}", params: "wait_for_active_shards timeout master_timeout update_all_types@-5.6" + typeName, need: "index:create_index", action: "indices:admin/create", do: (*call).createIndex},
		{methods: "GET,HEAD", path: "/{index}", params: "flat_settings include_defaults local master_timeout features@7.14" + typeName + indexOptions, need: "index:view_index_metadata", action: "indices:admin/get", do: (*call).getIndex},
		{methods: "DELETE", path: "/{index}", params: "timeout master_timeout" + indexOptions, need: "index:delete_index", action: "indices:admin/delete", do: (*call).deleteIndex},
		{methods: "POST", path: "/{index}/_close", params: "timeout master_timeout wait_for_active_shards@7.2" + indexOptions, need: "index:manage", action: "indices:admin/close", do: (*call).closeIndex},
		{methods: "POST", path: "/{index}/_open", params: "timeout master_timeout wait_for_active_shards@6.0" + indexOptions, need: "index:manage", action: "indices:admin/open", do: (*call).openIndex},
		{methods: "GET", path: "/_settings", params: settingsParams, need: "index:view_index_metadata", action: "indices:monitor/settings/get", do: (*call).getSettings},
		{methods: "GET", path: "/_settings/{name}", params: settingsParams, need: "index:view_index_metadata", action: "indices:monitor/settings/get", do: (*call).getSettings},
		{methods: "GET", path: "/{index}/_settings", params: settingsParams, need: "index:view_index_metadata", action: "indices:monitor/settings/get", do: (*call).getSettings},
		{methods: "GET", path: "/{index}/_settings/{name}", params: settingsParams, need: "index:view_index_metadata", action: "indices:monitor/settings/get", do: (*call).getSettings},
		{methods: "PUT", path: "/_settings", params: putSettingsParams, need: "index:manage", action: "indices:admin/settings/update", do: (*call).putSettings},
		{methods: "PUT", path: "/{index}/_settings", params: putSettingsParams, need: "index:manage", action: "indices:admin/settings/update", do: (*call).putSettings},
		{methods: "GET", path: "/_mapping", params: mappingParams, need: "index:view_index_metadata", action: "indices:admin/mappings/get", do: (*call).getMapping},
		{methods: "GET", path: "/{index}/_mapping", params: mappingParams, need: "index:view_index_metadata", action: "indices:admin/mappings/get", do: (*call).getMapping},
		{methods: "GET", path: "/_alias", params: aliasParams, need: "index:view_index_metadata", action: "indices:admin/aliases/get", do: (*call).getAlias},
		{methods: "GET,HEAD", path: "/_alias/{name}", params: aliasParams, need: "index:view_index_metadata", action: "indices:admin/aliases/get", do: (*call).getAlias},
		{methods: "GET", path: "/{index}/_alias", params: aliasParams, need: "index:view_index_metadata", action: "indices:admin/aliases/get", do: (*call).getAlias},
		{methods: "GET,HEAD", path: "/{index}/_alias/{name}", params: aliasParams, need: "index:view_index_metadata", action: "indices:admin/aliases/get", do: (*call).getAlias},
		{methods: "PUT,POST", path: "/{index}/_alias/{name}", params: "timeout master_timeout", need: "index:manage", action: "indices:admin/aliases", do: (*call).putAlias},
		{methods: "DELETE", path: "/{index}/_alias/{name}", params: "timeout master_timeout", need: "index:manage", action: "indices:admin/aliases", do: (*call).deleteAlias},
		{methods: "POST", path: "/_aliases", params: "timeout master_timeout", need: "index:manage", action: "indices:admin/aliases", do: (*call).aliasActions},
		{methods: "GET", path: "/_recovery", params: recoveryParams, need: "index:monitor", action: "indices:monitor/recovery", do: (*call).recoveries},
		{methods: "GET", path: "/{index}/_recovery", params: recoveryParams, need: "index:monitor", action: "indices:monitor/recovery", do: (*call).recoveries},
		{methods: "GET", path: "/_template", params: "flat_settings local master_timeout" + typeName, need: "monitor", do: func(*call) (*answer, *failure) { return ok(map[string]any{}) }},
		{methods: "GET", path: "/_index_template", params: "flat_settings local master_timeout", need: "monitor", from: "7.8", do: func(*call) (*answer, *failure) { return ok(map[string]any{"index_templates": []any{}}) }},
	}
}

const (
	settingsParams    = "flat_settings include_defaults local master_timeout human" + indexOptions
	putSettingsParams = "flat_settings preserve_existing timeout master_timeout reopen@8.12" + indexOptions
	mappingParams     = "local master_timeout" + typeName + indexOptions
	aliasParams       = "local master_timeout" + indexOptions
	recoveryParams    = "active_only detailed" + indexOptions
)

// knownIndexSetting tells whether a stock node has registered the setting.
func knownIndexSetting(key string) bool {
	for _, p := range []string{
		"index.routing.", "index.blocks.", "index.analysis.", "index.translog.", "index.merge.", "index.search.", "index.indexing.", "index.mapping.",
		"index.unassigned.", "index.allocation.", "index.similarity.", "index.soft_deletes.", "index.sort.", "index.highlight.", "index.store.", "index.query.",
		"index.requests.", "index.queries.", "index.recovery.", "index.write.", "index.version.", "index.data_path", "index.default_pipeline", "index.final_pipeline",
		"index.number_of_", "index.auto_expand_replicas", "index.refresh_interval", "index.codec", "index.priority", "index.uuid", "index.creation_date",
		"index.provided_name", "index.shard.", "index.hidden", "index.max_", "index.verified_before_close", "index.resize.", "index.shrink.", "index.gc_deletes",
		"index.warmer.", "index.compound_", "index.fielddata.", "index.load_fixed_bitset", "index.history_uuid", "index.flush_after_merge", "index.replication", "index.compound_format", "index.frozen",
	} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

const unknownSetting = "unknown setting [%s] please check that any required plugins are installed, or check the breaking changes documentation for removed settings"

func (k *call) createIndex() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	name := k.vars["index"]
	if f := k.v.checkIndexName(name); f != nil {
		return nil, f
	}
	if old := k.indices[name]; old != nil {
		kind := "resource_already_exists_exception"
		if k.v.major < 6 {
			kind = "index_already_exists_exception"
		}
		return nil, indexFailure(http.StatusBadRequest, kind, old, "index [%s/%s] already exists", name, old.uuid)
	}
	if len(k.behind(name)) > 0 {
		return nil, invalidIndexName(name, "already exists as alias")
	}
	if f := k.createBlock(); f != nil {
		return nil, k.v.naming(name, f)
	}
	set := settings{}
	for key, v := range o {
		switch key {
		case "settings", "mappings", "aliases":
			continue
		}
		if k.v.major >= 7 {
			return nil, fail(http.StatusBadRequest, "parse_exception", "unknown key [%s] for create index", key)
		}
		for x, y := range flatten(map[string]any{key: v}).indexed() {
			set[x] = y
		}
	}
	m, _ := o["settings"].(map[string]any)
	set.apply(flatten(m).indexed())
	for _, key := range set.keys() {
		if !knownIndexSetting(key) {
			return nil, illegalArgument(unknownSetting, key)
		}
	}
	mappings, _ := o["mappings"].(map[string]any)
	ix := k.addIndex(name, set, mappings)
	aliases, _ := o["aliases"].(map[string]any)
	for a, v := range aliases {
		if k.indices[a] != nil {
			delete(k.indices, name)
			return nil, k.v.aliasIsIndex(a, k.indices[a])
		}
		m, _ := v.(map[string]any)
		ix.aliases[a] = aliasOptions(m)
	}
	ready := !slices.ContainsFunc(ix.shards, func(s *shard) bool { return s.primary.state != started })
	return ok(map[string]any{"acknowledged": true, "shards_acknowledged": ready, "index": name})
}

// addIndex creates an open, empty index.
func (c *Cluster) addIndex(name string, set settings, mappings map[string]any) *index {
	ix := &index{name: name, uuid: newUUID(), settings: set.clone(), mappings: map[string]any{}, aliases: map[string]map[string]any{}}
	def := "1"
	if c.v.major < 7 {
		def = "5"
	}
	for key, v := range map[string]string{"index.number_of_shards": def, "index.number_of_replicas": "1"} {
		if ix.settings.str(key) == "" {
			ix.settings[key] = v
		}
	}
	ix.settings["index.creation_date"] = strconv.FormatInt(millis(c.now), 10)
	ix.settings["index.uuid"], ix.settings["index.provided_name"] = ix.uuid, name
	ix.settings["index.version.created"] = strconv.Itoa(c.v.id())
	if c.v.from(7, 16) && ix.settings["index.routing.allocation.include._tier_preference"] == nil {
		ix.settings["index.routing.allocation.include._tier_preference"] = "data_content"
	}
	mappings, _ = copyJSON(mappings).(map[string]any)
	if len(mappings) > 0 {
		if c.v.major >= 7 {
			if doc, ok := mappings["_doc"].(map[string]any); ok {
				mappings = doc
			}
			mappings = map[string]any{"_doc": mappings}
		}
		ix.mappings = mappings
	}
	c.indices[name] = ix
	for i := range ix.shardCount() {
		s := c.newShard(i, ix.replicaCount())
		for _, cp := range s.copies() {
			cp.why = whyUnassigned{reason: "INDEX_CREATED", at: c.now}
		}
		ix.shards = append(ix.shards, s)
	}
	for _, s := range ix.shards {
		c.placePrimary(ix, s, "EMPTY_STORE")
	}
	return ix
}

func (k *call) getIndex() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{})
	if f != nil {
		return nil, f
	}
	o := map[string]any{}
	for _, ix := range list {
		o[ix.name] = map[string]any{"aliases": ix.aliasJSON(), "mappings": k.shape(ix), "settings": ix.settings.json(k.flag("flat_settings", false))}
	}
	return ok(o)
}

// shape is the mapping, by type unless that was asked otherwise.
func (k *call) shape(ix *index) map[string]any {
	if t := k.q.Get("include_type_name"); t != "" && k.v.from(6, 7) {
		if t == "true" {
			return copyJSON(ix.mappings).(map[string]any)
		}
		return ix.mappingJSON(version{7, 0, 0})
	}
	return ix.mappingJSON(k.v)
}

func (ix *index) aliasJSON() map[string]any {
	o := map[string]any{}
	for a, v := range ix.aliases {
		o[a] = v
	}
	return o
}

func (k *call) deleteIndex() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true, noAliases: k.v.major > 5, refuseAlias: true})
	if f != nil {
		return nil, f
	}
	if isPattern(k.vars["index"]) && k.setting("action.destructive_requires_name") == "true" {
		return nil, illegalArgument("Wildcard expressions or all indices are not allowed")
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	if f := k.deletableIndices(list); f != nil {
		return nil, f
	}
	for _, ix := range list {
		k.dropIndex(ix)
	}
	return acknowledged()
}

// deletableIndices refuses to delete what is blocked or being snapshotted.
func (k *call) deletableIndices(list []*index) *failure {
	var busy []string
	for _, ix := range list {
		if f := ix.refuses("delete"); f != nil {
			return k.v.naming(ix.name, f)
		}
		for _, s := range k.running {
			if slices.Contains(s.snapshot.indices, ix.name) {
				busy = append(busy, "["+ix.name+"/"+ix.uuid+"]")
			}
		}
	}
	if len(busy) > 0 {
		if k.v.major < 6 {
			return illegalArgument("Cannot delete indices that are being snapshotted: [%s]. Try again after snapshot finishes or cancel the currently running snapshot.", strings.Join(busy, ", "))
		}
		return fail(http.StatusBadRequest, "snapshot_in_progress_exception", "Cannot delete indices that are being snapshotted: [%s]. Try again after snapshot finishes or cancel the currently running snapshot.", strings.Join(busy, ", "))
	}
	return nil
}

func (c *Cluster) dropIndex(ix *index) {
	delete(c.indices, ix.name)
	c.abandon(ix)
}

func (k *call) closeIndex() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{})
	if f != nil {
		return nil, f
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	var busy []string
	for _, ix := range list {
		if ix.restoring != nil && !ix.restoring.ended {
			busy = append(busy, "["+ix.name+"/"+ix.uuid+"]")
		}
	}
	if len(busy) > 0 {
		return nil, illegalArgument("Cannot close indices that are being restored: [%s]", strings.Join(busy, ", "))
	}
	indices := map[string]any{}
	for _, ix := range list {
		ix.closed = true
		indices[ix.name] = map[string]any{"closed": true}
		if k.v.from(7, 2) {
			ix.settings["index.verified_before_close"] = "true"
		}
		k.restartShards(ix, "INDEX_CLOSED")
	}
	if k.v.from(7, 3) {
		active := func() bool {
			return !slices.ContainsFunc(list, func(ix *index) bool { return ix.health() == "red" })
		}
		// 8.x waits for the closed index's shards, which a red one never has
		if k.v.major >= 8 && k.q.Get("wait_for_active_shards") != "0" {
			limit := k.clock.Now().Add(k.period("timeout", 30*time.Second))
			return ok(map[string]any{"acknowledged": true, "shards_acknowledged": k.wait(k.r.Context(), limit, active), "indices": indices})
		}
		return ok(map[string]any{"acknowledged": true, "shards_acknowledged": len(list) > 0, "indices": indices})
	}
	return acknowledged()
}

func (k *call) openIndex() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	for _, ix := range list {
		if !ix.closed {
			continue
		}
		ix.closed = false
		delete(ix.settings, "index.verified_before_close")
		k.restartShards(ix, "INDEX_REOPENED")
	}
	if k.v.major < 6 {
		return acknowledged()
	}
	return ok(map[string]any{"acknowledged": true, "shards_acknowledged": true})
}

// restartShards lets an index start again from what its nodes hold. A shard
// that has no data stays away.
func (k *call) restartShards(ix *index, reason string) {
	for _, s := range ix.shards {
		whole := s.primary.state == started || s.primary.why.reason == "INDEX_CLOSED" && s.primary.why.status != "no_valid_shard_copy"
		for _, cp := range s.copies() {
			cp.state, cp.node, cp.recovery = unassigned, nil, nil
			cp.why = whyUnassigned{reason: reason, at: k.now}
		}
		if !whole {
			s.primary.why.status = "no_valid_shard_copy"
			continue
		}
		switch {
		case !ix.closed:
			k.placePrimary(ix, s, "EXISTING_STORE")
		case k.v.major >= 8:
			k.placePrimary(ix, s, "EXISTING_STORE")
		case k.v.from(7, 2): // closed indices keep their copies, after a moment
			k.after(k.opts.Pace.Allocate, func() {
				if ix.closed && s.primary.state == unassigned && slices.Contains(ix.shards, s) {
					k.placePrimary(ix, s, "EXISTING_STORE")
				}
			})
		}
	}
}

func (k *call) getSettings() (*answer, *failure) {
	if k.v.major < 6 && k.vars["name"] != "" && k.q.Has("flat_settings") {
		return nil, illegalArgument("request [%s] contains unrecognized parameter: [flat_settings]", k.r.URL.Path)
	}
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	names := splitList(k.vars["name"])
	flat := k.flag("flat_settings", false)
	o := map[string]any{}
	for _, ix := range list {
		s := settings{}
		for key, v := range ix.settings {
			if len(names) == 0 || matchAny(names, key) || slices.Contains(names, "_all") {
				s[key] = v
			}
		}
		e := map[string]any{"settings": s.json(flat)}
		if k.flag("include_defaults", false) {
			d := settings{}
			for key, v := range indexDefaults(k.v) {
				if _, set := ix.settings[key]; !set && (len(names) == 0 || matchAny(names, key)) {
					d[key] = v
				}
			}
			e["defaults"] = d.json(flat)
			if len(s)+len(d) > 0 {
				o[ix.name] = e
			}
			continue
		}
		if len(s) > 0 {
			o[ix.name] = e
		}
	}
	return ok(o)
}

func indexDefaults(version) map[string]string {
	return map[string]string{
		"index.blocks.read_only": "false", "index.blocks.read_only_allow_delete": "false", "index.blocks.read": "false", "index.blocks.write": "false", "index.blocks.metadata": "false",
		"index.refresh_interval": "1s", "index.max_result_window": "10000", "index.allocation.max_retries": "5", "index.priority": "1",
	}
}

func (k *call) putSettings() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	if inner, nested := o["settings"].(map[string]any); nested && len(o) == 1 {
		o = inner
	}
	change := flatten(o).indexed()
	if len(change) == 0 {
		return nil, validation("no settings to update")
	}
	if f := k.checkSettingsChange(list, change); f != nil {
		return nil, f
	}
	for _, ix := range list {
		ix.settings.apply(change)
		k.adjustReplicas(ix)
	}
	k.after(0, k.retryAll)
	return acknowledged()
}

func (k *call) checkSettingsChange(list []*index, change settings) *failure {
	onlyOpens := true
	for _, key := range change.keys() {
		onlyOpens = onlyOpens && strings.HasPrefix(key, "index.blocks.")
		if !knownIndexSetting(key) && !containsStar(key) {
			return illegalArgument(unknownSetting, key)
		}
		if s := change.str(key); key == "index.number_of_replicas" && change[key] != nil {
			if _, err := strconv.Atoi(s); err != nil {
				return illegalArgument("Failed to parse value [%s] for setting [%s]", s, key).
					causedBy(fail(http.StatusBadRequest, "number_format_exception", "For input string: %q", s), false)
			}
		}
	}
	if slices.ContainsFunc(change.keys(), func(s string) bool { return s == "index.number_of_shards" }) {
		var open []string
		for _, ix := range list {
			if !ix.closed {
				open = append(open, fmt.Sprintf("[%s/%s]", ix.name, ix.uuid))
			}
		}
		if len(open) > 0 {
			hint := ""
			if k.v.from(8, 12) {
				hint = " unless the `reopen` query parameter is set to true. Alternatively, close the indices, apply the settings changes, and reopen the indices"
			}
			return illegalArgument("Can't update non dynamic settings [[index.number_of_shards]] for open indices [%s]%s", strings.Join(open, ", "), hint)
		}
	}
	for _, ix := range list {
		if f := ix.refuses("metadata_write"); f != nil && !onlyOpens {
			return k.v.naming(ix.name, f)
		}
	}
	return nil
}

// adjustReplicas follows number_of_replicas.
func (c *Cluster) adjustReplicas(ix *index) {
	want := ix.replicaCount()
	for _, s := range ix.shards {
		for len(s.replicas) < want {
			s.replicas = append(s.replicas, &shardCopy{state: unassigned, why: whyUnassigned{reason: "REPLICA_ADDED", at: c.now}})
		}
		s.replicas = s.replicas[:max(want, 0)]
		c.placeReplicas(ix, s)
	}
}

func (k *call) getMapping() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: k.v.major >= 7})
	if f != nil {
		return nil, f
	}
	o := map[string]any{}
	for _, ix := range list {
		if k.v.major < 6 && len(ix.mappings) == 0 && k.vars["index"] != "" {
			continue
		}
		o[ix.name] = map[string]any{"mappings": k.shape(ix)}
	}
	return ok(o)
}
