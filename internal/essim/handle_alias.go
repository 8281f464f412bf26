package essim

import (
	"net/http"
	"strings"
)

// aliasOptions turns what a request says of an alias into what is stored.
func aliasOptions(m map[string]any) map[string]any {
	o := map[string]any{}
	if f, has := m["filter"]; has {
		o["filter"] = f
	}
	if r, has := m["routing"]; has {
		o["index_routing"], o["search_routing"] = scalar(r), scalar(r)
	}
	for _, key := range []string{"index_routing", "search_routing", "is_write_index", "is_hidden"} {
		if v, has := m[key]; has {
			o[key] = v
		}
	}
	return o
}

func (v version) aliasIsIndex(name string, ix *index) *failure {
	if v.from(7, 11) {
		return fail(http.StatusBadRequest, "invalid_alias_name_exception", "Invalid alias name [%s]: an index or data stream exists with the same name as the alias", name)
	}
	return indexFailure(http.StatusBadRequest, "invalid_alias_name_exception", ix, "Invalid alias name [%s], an index exists with the same name as the alias", name)
}

func (k *call) getAlias() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	names := splitList(k.vars["name"])
	o := map[string]any{}
	seen := map[string]bool{}
	for _, ix := range list {
		aliases := map[string]any{}
		for a, v := range ix.aliases {
			if len(names) == 0 || matchAny(names, a) || names[0] == "_all" {
				aliases[a], seen[a] = v, true
			}
		}
		if len(names) == 0 || len(aliases) > 0 {
			o[ix.name] = map[string]any{"aliases": aliases}
		}
	}
	var missing []string
	for _, n := range names {
		if !isPattern(n) && !seen[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		noun := "alias"
		if len(missing) > 1 {
			noun = "aliases"
		}
		o["error"], o["status"] = noun+" ["+strings.Join(missing, ",")+"] missing", http.StatusNotFound
		return &answer{status: http.StatusNotFound, body: o}, nil
	}
	return ok(o)
}

func (k *call) putAlias() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	add := map[string]any{"index": k.vars["index"], "alias": k.vars["name"]}
	for key, v := range o {
		add[key] = v
	}
	return k.changeAliases([]any{map[string]any{"add": add}})
}

func (k *call) deleteAlias() (*answer, *failure) {
	return k.changeAliases([]any{map[string]any{"remove": map[string]any{"index": k.vars["index"], "alias": k.vars["name"]}}})
}

func (k *call) aliasActions() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	actions, _ := o["actions"].([]any)
	if len(actions) == 0 {
		return nil, illegalArgument("No action specified")
	}
	return k.changeAliases(actions)
}

// aliasChange is one step of a change, with its indices found.
type aliasChange struct {
	what    string
	indices []*index
	names   []string
	options map[string]any
	hits    int
}

// changeAliases checks every action and then does all: it is atomic.
func (k *call) changeAliases(actions []any) (*answer, *failure) {
	var steps []*aliasChange
	for _, a := range actions {
		m, _ := a.(map[string]any)
		for what, v := range m {
			args, _ := v.(map[string]any)
			s, f := k.aliasStep(what, args)
			if f != nil {
				return nil, f
			}
			steps = append(steps, s)
		}
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	if f := k.checkSteps(steps); f != nil {
		return nil, f
	}
	for _, s := range steps {
		if s.what == "remove_index" {
			for _, ix := range s.indices {
				k.dropIndex(ix)
			}
		}
	}
	for _, s := range steps {
		for _, ix := range s.indices {
			for _, n := range s.names {
				switch s.what {
				case "add":
					ix.aliases[n] = s.options
				case "remove":
					for have := range ix.aliases {
						if matchName(n, have) || n == "_all" {
							delete(ix.aliases, have)
						}
					}
				}
			}
		}
	}
	if k.v.major >= 8 {
		return ok(aliasResults(steps))
	}
	return acknowledged()
}

// aliasResults is the answer of 8.x, which says which removals found nothing.
func aliasResults(steps []*aliasChange) map[string]any {
	o := map[string]any{"acknowledged": true, "errors": false}
	results := []any{}
	for _, s := range steps {
		names := []any{}
		for _, ix := range s.indices {
			names = append(names, ix.name)
		}
		action := map[string]any{"type": s.what, "indices": names, "aliases": asAny(s.names)}
		if s.what == "remove_index" {
			action["type"], action["aliases"] = "remove-index", []any{}
		}
		e := map[string]any{"action": action, "status": http.StatusOK}
		if s.what == "remove" && s.hits == 0 {
			o["errors"], e["status"], e["error"] = true, http.StatusNotFound, aliasesMissing(s.names).object()
		}
		results = append(results, e)
	}
	if o["errors"] == true {
		o["action_results"] = results
	}
	return o
}

func (k *call) aliasStep(what string, args map[string]any) (*aliasChange, *failure) {
	switch what {
	case "add", "remove", "remove_index":
	default:
		return nil, k.badAction("[alias_action] unknown field [%s]%s", what)
	}
	if _, has := args["must_exist"]; has && !k.v.from(7, 11) {
		return nil, k.badAction("["+what+"] unknown field [%s]%s", "must_exist")
	}
	expr := stringList(args["index"])
	expr = append(expr, stringList(args["indices"])...)
	if len(expr) == 0 {
		return nil, validation("One of [index] or [indices] is required")
	}
	e := expand{closed: true, noAliases: true}
	if what == "remove_index" {
		e.refuseAlias = true
		e.noAliases = k.v.major > 5
	}
	list, f := k.resolve(strings.Join(expr, ","), e)
	if f != nil {
		return nil, f
	}
	names := append(stringList(args["alias"]), stringList(args["aliases"])...)
	s := &aliasChange{what: what, indices: list, names: names, options: aliasOptions(args)}
	for _, ix := range list {
		for _, n := range names {
			for have := range ix.aliases {
				if matchName(n, have) || n == "_all" {
					s.hits++
				}
			}
		}
	}
	if what == "remove" && s.hits == 0 && scalar(args["must_exist"]) == "true" {
		if k.v.major >= 8 {
			return nil, aliasesMissing(names)
		}
		return nil, fail(http.StatusNotFound, "resource_not_found_exception", "required alias [%s] does not exist", strings.Join(names, ","))
	}
	return s, nil
}

// badAction is a part of an alias action that the parser does not know.
func (k *call) badAction(format, what string) *failure {
	suffix := ", parser not found"
	if k.v.major >= 7 {
		suffix = ""
	}
	if k.v.major < 6 {
		return fail(http.StatusBadRequest, "parsing_exception", "[aliases] failed to parse field [actions]").
			causedBy(illegalArgument(format, what, suffix), false)
	}
	const kind = "x_content_parse_exception"
	return fail(http.StatusBadRequest, kind, "[aliases] failed to parse field [actions]").
		causedBy(fail(http.StatusBadRequest, kind, format, what, suffix), true)
}

func aliasesMissing(names []string) *failure {
	list := strings.Join(names, ",")
	return fail(http.StatusNotFound, "aliases_not_found_exception", "aliases [%s] missing", list).
		with(map[string]any{"resource.type": "aliases", "resource.id": list})
}

// checkSteps refuses an alias that is an index, unless the index goes in the
// same change, and a removal that is all there is and finds nothing.
func (k *call) checkSteps(steps []*aliasChange) *failure {
	gone := map[string]bool{}
	for _, s := range steps {
		if s.what == "remove_index" {
			for _, ix := range s.indices {
				gone[ix.name] = true
			}
		}
	}
	useful := false
	var missed []string
	for _, s := range steps {
		if s.what == "add" {
			for _, n := range s.names {
				if ix := k.indices[n]; ix != nil && !gone[n] {
					return k.v.aliasIsIndex(n, ix)
				}
			}
		}
		if s.what == "remove" && s.hits == 0 {
			missed = append(missed, s.names...)
			continue
		}
		useful = true
	}
	if !useful && len(missed) > 0 {
		return aliasesMissing(missed)
	}
	return nil
}
