package essim

import (
	"net/http"
	"strconv"
)

// reading finds the indices of a search; every shard that has a primary
// answers, and none at all is a failure.
func (k *call) reading() (list []*index, total, successful int, f *failure) {
	list, f = k.resolve(k.vars["index"], expand{forbidClose: true})
	if f != nil {
		return nil, 0, 0, f
	}
	for _, ix := range list {
		if f := ix.refuses("read"); f != nil {
			return nil, 0, 0, k.v.naming(ix.name, f)
		}
		for _, s := range ix.shards {
			total++
			if s.primary.state == started {
				successful++
			}
		}
	}
	if total > 0 && successful == 0 {
		f := fail(http.StatusServiceUnavailable, "search_phase_execution_exception", "all shards failed").
			with(map[string]any{"phase": "query", "grouped": true, "failed_shards": []any{}})
		f.noRoot = true
		if k.v.from(7, 15) { // one stands for all that failed alike
			one := k.unavailable(list)[0].(map[string]any)
			f.fields["failed_shards"], f.roots = []any{one}, []any{one["reason"]}
		}
		return nil, 0, 0, f
	}
	return list, total, successful, nil
}

// unavailable lists the shards that have no copy to ask.
func (k *call) unavailable(list []*index) []any {
	out := []any{}
	for _, ix := range list {
		for _, s := range ix.shards {
			if s.primary.state != started {
				reason := map[string]any{"type": "no_shard_available_action_exception", "reason": nil}
				if k.v.major < 8 {
					reason["index_uuid"], reason["shard"], reason["index"] = ix.uuid, strconv.Itoa(s.id), ix.name
				}
				out = append(out, map[string]any{"shard": s.id, "index": ix.name, "node": nil, "reason": reason})
			}
		}
	}
	return out
}

func (k *call) shardsJSON(list []*index, total, successful int) map[string]any {
	o := map[string]any{"total": total, "successful": successful, "failed": 0}
	o["skipped"] = 0
	if k.v.from(7, 11) && successful < total {
		o["failed"], o["failures"] = total-successful, k.unavailable(list)
	}
	return o
}

func (k *call) count() (*answer, *failure) {
	if f := k.onlyMatchAll(); f != nil {
		return nil, f
	}
	list, total, successful, f := k.reading()
	if f != nil {
		return nil, f
	}
	n := 0
	for _, ix := range list {
		n += ix.count()
	}
	return ok(map[string]any{"count": n, "_shards": k.shardsJSON(list, total, successful)})
}

// onlyMatchAll refuses queries that a double would answer wrongly.
func (k *call) onlyMatchAll() *failure {
	o, f := k.object()
	if f != nil {
		return f
	}
	q, _ := o["query"].(map[string]any)
	for name := range q {
		if name != "match_all" {
			return fail(http.StatusBadRequest, "parsing_exception", "no [query] registered for [%s]", name)
		}
	}
	return nil
}

func (k *call) search() (*answer, *failure) {
	if f := k.onlyMatchAll(); f != nil {
		return nil, f
	}
	o, _ := k.object()
	size, from := 10, 0
	for _, src := range []string{scalar(o["size"]), k.q.Get("size")} {
		if n, err := strconv.Atoi(src); err == nil {
			size = n
		}
	}
	for _, src := range []string{scalar(o["from"]), k.q.Get("from")} {
		if n, err := strconv.Atoi(src); err == nil {
			from = n
		}
	}
	list, total, successful, f := k.reading()
	if f != nil {
		return nil, f
	}
	hits := []any{}
	n := 0
	for _, ix := range list {
		for _, s := range ix.shards {
			if s.primary.state != started {
				continue
			}
			for _, d := range s.all() {
				if n++; n > from && len(hits) < size {
					hits = append(hits, k.docHead(ix, d, map[string]any{"_score": 1.0, "_source": d.source}))
				}
			}
		}
	}
	var score any = 1.0
	if len(hits) == 0 {
		score = nil
		if k.v.major < 7 && n > 0 {
			score = 0.0
		}
	}
	var count any = n
	if k.v.major >= 7 && !k.flag("rest_total_hits_as_int", false) {
		count = map[string]any{"value": min(n, 10000), "relation": map[bool]string{true: "gte", false: "eq"}[n > 10000]}
		if scalar(o["track_total_hits"]) == "true" || k.q.Get("track_total_hits") == "true" {
			count = map[string]any{"value": n, "relation": "eq"}
		}
	}
	return ok(map[string]any{"took": 1, "timed_out": false, "_shards": k.shardsJSON(list, total, successful),
		"hits": map[string]any{"total": count, "max_score": score, "hits": hits}})
}

// docHead adds what names a document to o.
func (k *call) docHead(ix *index, d *doc, o map[string]any) map[string]any {
	o["_index"], o["_id"] = ix.name, d.id
	if k.v.major < 8 {
		o["_type"] = d.kind
	}
	return o
}

func (k *call) refresh() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{forbidClose: true})
	if f != nil {
		return nil, f
	}
	total, good := 0, 0
	for _, ix := range list {
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				total++
				if cp.state == started {
					good++
				}
			}
		}
	}
	return ok(map[string]any{"_shards": map[string]any{"total": total, "successful": good, "failed": 0}})
}
