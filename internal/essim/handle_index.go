package essim

import (
	"net/http"
	"slices"
	"strconv"
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
