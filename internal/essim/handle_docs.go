package essim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

func documentRoutes() []route {
	const search = "q df analyzer analyze_wildcard lenient default_operator preference routing size from sort _source _source_includes _source_excludes track_total_hits@6.6 rest_total_hits_as_int@6.6 timeout terminate_after min_score request_cache allow_partial_search_results search_type typed_keys scroll" + indexOptions
	const write = "refresh routing timeout version version_type op_type pipeline wait_for_active_shards parent@-5.6 if_seq_no@6.6 if_primary_term@6.6 require_alias@7.10"
	return []route{
		{methods: "GET,POST", path: "/_count", params: search, need: "index:read", action: "indices:data/read/search", do: (*call).count},
		{methods: "GET,POST", path: "/{index}/_count", params: search, need: "index:read", action: "indices:data/read/search", do: (*call).count},
		{methods: "GET,POST", path: "/_search", params: search, need: "index:read", action: "indices:data/read/search", do: (*call).search},
		{methods: "GET,POST", path: "/{index}/_search", params: search, need: "index:read", action: "indices:data/read/search", do: (*call).search},
		{methods: "POST,PUT", path: "/_bulk", params: write + " type", need: "index:write", action: "indices:data/write/bulk", do: (*call).bulk},
		{methods: "POST,PUT", path: "/{index}/_bulk", params: write + " type", need: "index:write", action: "indices:data/write/bulk", do: (*call).bulk},
		{methods: "POST,GET", path: "/_refresh", params: indexOptions, need: "index:manage", action: "indices:admin/refresh", do: (*call).refresh},
		{methods: "POST,GET", path: "/{index}/_refresh", params: indexOptions, need: "index:manage", action: "indices:admin/refresh", do: (*call).refresh},
		{methods: "PUT,POST", path: "/{index}/{type}/{id}", params: write, need: "index:write", action: "indices:data/write/index", do: (*call).indexDoc, until: "7.17"},
		{methods: "POST", path: "/{index}/{type}", params: write, need: "index:write", action: "indices:data/write/index", do: (*call).indexTyped},
		{methods: "PUT,POST", path: "/{index}/_doc/{id}", params: write, need: "index:write", action: "indices:data/write/index", do: (*call).indexDoc, from: "7.0"},
		{methods: "POST", path: "/{index}/_doc", params: write, need: "index:write", action: "indices:data/write/index", do: (*call).indexDoc, from: "7.0"},
		{methods: "GET,HEAD", path: "/{index}/{type}/{id}", params: search + " realtime refresh", need: "index:read", action: "indices:data/read/get", do: (*call).getDoc, until: "7.17"},
		{methods: "GET,HEAD", path: "/{index}/_doc/{id}", params: search + " realtime refresh", need: "index:read", action: "indices:data/read/get", do: (*call).getDoc, from: "7.0"},
		{methods: "DELETE", path: "/{index}/{type}/{id}", params: write, need: "index:write", action: "indices:data/write/delete", do: (*call).deleteDoc, until: "7.17"},
		{methods: "DELETE", path: "/{index}/_doc/{id}", params: write, need: "index:write", action: "indices:data/write/delete", do: (*call).deleteDoc, from: "7.0"},
	}
}

// count is the documents in the shards that serve.
func (ix *index) count() (n int) {
	for _, s := range ix.shards {
		if s.primary.state == started {
			n += len(s.docs)
		}
	}
	return n
}

// writable finds the index to write to, creating it where that is allowed.
func (k *call) writable(name string) (*index, *failure) {
	if ix := k.indices[name]; ix != nil {
		if ix.closed {
			return nil, k.v.indexClosed(ix)
		}
		return ix, k.v.naming(ix.name, ix.refuses("write"))
	}
	behind := k.behind(name)
	switch len(behind) {
	case 0:
		if f := k.v.checkIndexName(name); f != nil {
			return nil, f
		}
		if f := k.createBlock(); f != nil {
			return nil, f
		}
		return k.addIndex(name, settings{}, nil), nil
	case 1:
		return behind[0], k.v.naming(behind[0].name, behind[0].refuses("write"))
	}
	var leader *index
	for _, ix := range behind {
		if scalar(ix.aliases[name]["is_write_index"]) == "true" {
			leader = ix
		}
	}
	if leader == nil && k.v.major < 6 {
		var names []string
		for _, ix := range behind {
			names = append(names, ix.name)
		}
		return nil, illegalArgument("Alias [%s] has more than one indices associated with it [[%s]], can't execute a single index op", name, strings.Join(names, ", "))
	}
	if leader == nil {
		return nil, illegalArgument("no write index is defined for alias [%s]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index", name)
	}
	return leader, k.v.naming(leader.name, leader.refuses("write"))
}

// store writes one document and returns what is said of it.
func (k *call) store(name, kind, id string, source []byte) (map[string]any, int, *failure) {
	ix, f := k.writable(name)
	if f != nil {
		return nil, 0, f
	}
	var check map[string]any
	if err := decode(source, &check); err != nil {
		return nil, 0, fail(http.StatusBadRequest, "mapper_parsing_exception", "failed to parse")
	}
	if id == "" {
		id = newUUID()[:20]
	}
	if kind == "" || k.v.major >= 7 {
		kind = "_doc"
	}
	if k.v.major == 6 && len(ix.mappings) > 0 && ix.mappings[kind] == nil {
		var have string
		for t := range ix.mappings {
			have = t
		}
		return nil, 0, illegalArgument("Rejecting mapping update to [%s] as the final mapping would have more than 1 type: [%s, %s]", ix.name, have, kind)
	}
	s := ix.route(id)
	if s.primary.state != started {
		return nil, 0, fail(http.StatusServiceUnavailable, "unavailable_shards_exception", "[%s][%d] primary shard is not active Timeout: [1m]", ix.name, s.id)
	}
	d := &doc{id: id, kind: kind, source: bytes.Clone(source)}
	created := s.put(d)
	ix.learn(kind, check)
	result, status := "updated", http.StatusOK
	if created {
		result, status = "created", http.StatusCreated
	}
	return k.written(ix, s, d, result), status, nil
}

func (k *call) written(ix *index, s *shard, d *doc, result string) map[string]any {
	good := 0
	for _, cp := range s.copies() {
		if cp.state == started {
			good++
		}
	}
	o := k.docHead(ix, d, map[string]any{"_version": d.version, "result": result, "_shards": map[string]any{"total": 1 + len(s.replicas), "successful": good, "failed": 0}})
	if k.v.major >= 6 {
		o["_seq_no"], o["_primary_term"] = d.seq, 1
	}
	if k.v.major < 6 && result != "deleted" {
		o["created"] = result == "created"
	}
	if k.q.Has("refresh") && k.q.Get("refresh") != "false" && k.q.Get("refresh") != "wait_for" {
		o["forced_refresh"] = true
	}
	return o
}

func (k *call) indexDoc() (*answer, *failure) {
	o, status, f := k.store(k.vars["index"], k.vars["type"], k.vars["id"], k.body)
	if f != nil {
		return nil, f
	}
	return &answer{status: status, body: o}, nil
}

// indexTyped is a route that 8.x has for old clients only.
func (k *call) indexTyped() (*answer, *failure) {
	if k.v.major >= 8 {
		return nil, k.noHandler(k.r, nil)
	}
	return k.indexDoc()
}

func (k *call) getDoc() (*answer, *failure) {
	if strings.HasPrefix(k.vars["index"], "_") {
		return nil, k.v.indexMissing(k.vars["index"], "index_expression")
	}
	list, f := k.resolve(k.vars["index"], expand{forbidClose: true})
	if f != nil {
		return nil, f
	}
	if len(list) != 1 {
		return nil, illegalArgument("Alias [%s] has more than one indices associated with it, can't execute a single index op", k.vars["index"])
	}
	ix := list[0]
	d := ix.route(k.vars["id"]).docs[k.vars["id"]]
	if d == nil {
		kind := k.vars["type"]
		if kind == "" {
			kind = "_doc"
		}
		return &answer{status: http.StatusNotFound, body: k.docHead(ix, &doc{id: k.vars["id"], kind: kind}, map[string]any{"found": false})}, nil
	}
	o := k.docHead(ix, d, map[string]any{"_version": d.version, "found": true, "_source": d.source})
	if k.v.from(6, 6) {
		o["_seq_no"], o["_primary_term"] = d.seq, 1
	}
	return ok(o)
}

func (k *call) deleteDoc() (*answer, *failure) {
	ix, f := k.writable(k.vars["index"])
	if f != nil {
		return nil, f
	}
	id := k.vars["id"]
	s := ix.route(id)
	d := &doc{id: id, kind: "_doc", version: 1}
	if old := s.docs[id]; old != nil {
		d = &doc{id: id, kind: old.kind, version: old.version + 1, seq: s.seq}
		s.seq++
	}
	if !s.remove(id) {
		return &answer{status: http.StatusNotFound, body: k.written(ix, s, d, "not_found")}, nil
	}
	return ok(k.written(ix, s, d, "deleted"))
}

// bulk understands index, create and delete.
func (k *call) bulk() (*answer, *failure) {
	lines := bytes.Split(k.body, []byte("\n"))
	items := []any{}
	errors := false
	for i := 0; i < len(lines); i++ {
		if len(bytes.TrimSpace(lines[i])) == 0 {
			continue
		}
		var raw map[string]map[string]any
		if err := json.Unmarshal(lines[i], &raw); err != nil || len(raw) != 1 {
			return nil, illegalArgument("Malformed action/metadata line [%d], expected START_OBJECT", i+1)
		}
		for what, meta := range raw {
			name, kind, id := scalar(meta["_index"]), scalar(meta["_type"]), scalar(meta["_id"])
			if name == "" {
				name = k.vars["index"]
			}
			if _, typed := meta["_type"]; typed && k.v.major >= 8 {
				return nil, illegalArgument("Action/metadata line [%d] contains an unknown parameter [_type]", i+1)
			}
			var source []byte
			if what != "delete" {
				if i++; i >= len(lines) {
					return nil, illegalArgument("The bulk request must be terminated by a newline [\\n]")
				}
				source = lines[i]
			}
			item := k.bulkItem(what, name, kind, id, source)
			if _, failed := item["error"]; failed {
				errors = true
			}
			items = append(items, map[string]any{what: item})
		}
	}
	return ok(map[string]any{"took": 1, "errors": errors, "items": items})
}

func (k *call) bulkItem(what, name, kind, id string, source []byte) map[string]any {
	var o map[string]any
	var status int
	var f *failure
	switch what {
	case "delete":
		sub := *k
		sub.vars = map[string]string{"index": name, "id": id}
		var a *answer
		if a, f = sub.deleteDoc(); f == nil {
			o, status = a.body.(map[string]any), a.status
		}
	case "create":
		if ix := k.indices[name]; ix != nil && ix.route(id).docs[id] != nil {
			f = indexFailure(http.StatusConflict, "version_conflict_engine_exception", ix, "[%s]: version conflict, document already exists", id)
			break
		}
		o, status, f = k.store(name, kind, id, source)
	case "index":
		o, status, f = k.store(name, kind, id, source)
	default:
		f = illegalArgument("Malformed action/metadata line [1], expected one of [create, delete, index, update] but found [%s]", what)
	}
	if f != nil {
		return map[string]any{"_index": name, "_id": id, "status": f.status, "error": f.nested()}
	}
	o["status"] = status
	return o
}
