package essim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// expand says how index expressions are resolved.
type expand struct {
	closed      bool // wildcards find closed indices too
	noAliases   bool // wildcards find indices only
	forbidClose bool // a closed index that is named is an error
	refuseAlias bool // an alias that is named is an error
}

// resolve finds the indices of an expression such as "a*,-ab,c", sorted by name.
func (k *call) resolve(expr string, e expand) ([]*index, *failure) {
	ignore := k.flag("ignore_unavailable", false)
	if w := k.q.Get("expand_wildcards"); w != "" {
		list := splitList(w)
		e.closed = slices.Contains(list, "all") || slices.Contains(list, "closed")
	}
	parts := splitList(expr)
	if len(parts) == 0 || len(parts) == 1 && parts[0] == "_all" {
		parts = []string{"*"}
	}
	found := map[string]*index{}
	wild := false
	for _, p := range parts {
		if x, minus := strings.CutPrefix(p, "-"); minus && wild {
			for name := range found {
				if matchName(x, name) {
					delete(found, name)
				}
			}
			continue
		}
		if strings.Contains(p, "*") {
			wild = true
			k.addWild(found, p, e)
			continue
		}
		if f := k.addNamed(found, p, e, ignore); f != nil {
			return nil, f
		}
	}
	if len(found) == 0 && !k.flag("allow_no_indices", true) {
		return nil, k.v.indexMissing(expr, "index_or_alias")
	}
	return k.sorted(found), nil
}

func (k *call) sorted(found map[string]*index) []*index {
	out := make([]*index, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[name])
	}
	return out
}

func (k *call) addWild(found map[string]*index, pattern string, e expand) {
	for name, ix := range k.indices {
		if ix.closed && !e.closed || k.need != "" && !k.user.mayIndex(name, k.need) {
			continue
		}
		hit := matchName(pattern, name)
		for a := range ix.aliases {
			hit = hit || !e.noAliases && pattern != "*" && matchName(pattern, a)
		}
		if hit {
			found[name] = ix
		}
	}
}

func (k *call) addNamed(found map[string]*index, name string, e expand, ignore bool) *failure {
	if strings.HasPrefix(name, "_") {
		return k.badUnderscore(name)
	}
	if ix := k.indices[name]; ix != nil {
		if ix.closed && e.forbidClose {
			if ignore {
				return nil
			}
			return k.v.indexClosed(ix)
		}
		found[name] = ix
		return nil
	}
	behind := k.behind(name)
	if len(behind) > 0 && e.refuseAlias && k.v.major > 5 {
		if ignore {
			return nil
		}
		return illegalArgument("The provided expression [%s] matches an alias, specify the corresponding concrete indices instead.", name)
	}
	for _, ix := range behind {
		if ix.closed && e.forbidClose {
			return k.v.indexClosed(ix)
		}
		found[ix.name] = ix
	}
	if len(behind) == 0 && !ignore {
		return k.v.indexMissing(name, "index_or_alias")
	}
	return nil
}

// indexClosed is what reading a closed index is answered.
func (v version) indexClosed(ix *index) *failure {
	status := http.StatusBadRequest
	if v.major < 6 {
		status = http.StatusForbidden
	}
	return indexFailure(status, "index_closed_exception", ix, "closed")
}

func (k *call) badUnderscore(name string) *failure {
	if k.v.major < 6 {
		return illegalArgument("No endpoint or operation is available at [%s]", name)
	}
	return invalidIndexName(name, "must not start with '_'.")
}

// behind lists the indices that bear an alias, sorted by name.
func (c *Cluster) behind(alias string) []*index {
	var out []*index
	for _, name := range slices.Sorted(maps.Keys(c.indices)) {
		if _, has := c.indices[name].aliases[alias]; has {
			out = append(out, c.indices[name])
		}
	}
	return out
}

func invalidIndexName(name, why string) *failure {
	return fail(400, "invalid_index_name_exception", "Invalid index name [%s], %s", name, why).
		with(map[string]any{"index": name, "index_uuid": "_na_"})
}

// checkIndexName refuses names that Elasticsearch refuses.
func (v version) checkIndexName(name string) *failure {
	if name == "." || name == ".." {
		return invalidIndexName(name, "must not be '.' or '..'")
	}
	if strings.ContainsAny(name, " \",*\\<|>/?") {
		return invalidIndexName(name, `must not contain the following characters [ , ", *, \, <, |, ,, >, /, ?]`)
	}
	if strings.Contains(name, "#") {
		return invalidIndexName(name, "must not contain '#'")
	}
	if v.major >= 7 && strings.Contains(name, ":") {
		return invalidIndexName(name, "must not contain ':'")
	}
	if name == "" || strings.ContainsRune("_-+", rune(name[0])) {
		return invalidIndexName(name, "must not start with '_', '-', or '+'")
	}
	if len(name) > 255 {
		return invalidIndexName(name, "index name is too long, (256 > 255)")
	}
	if strings.ToLower(name) != name {
		return invalidIndexName(name, "must be lowercase")
	}
	return nil
}

// filterIndices resolves the "indices" of a snapshot or restore request
// against the names a snapshot has, left to right, wildcards and exclusions.
func (v version) filterIndices(available, selected []string, ignoreMissing bool) ([]string, *failure) {
	if len(selected) == 0 || len(selected) == 1 && (selected[0] == "_all" || selected[0] == "*" || selected[0] == "") {
		return slices.Clone(available), nil
	}
	var result map[string]bool
	take := func(name string) {
		if result == nil {
			result = map[string]bool{}
		}
		result[name] = true
	}
	for i, s := range selected {
		add := true
		if s != "" && !slices.Contains(available, s) {
			if rest, ok := strings.CutPrefix(s, "+"); ok {
				s = rest
			} else if rest, ok := strings.CutPrefix(s, "-"); ok {
				if i == 0 { // a leading exclusion means all but
					for _, a := range available {
						take(a)
					}
				}
				s, add = rest, false
			}
		}
		if !strings.Contains(s, "*") {
			if !slices.Contains(available, s) {
				if ignoreMissing {
					continue
				}
				return nil, v.indexMissing(s, "")
			}
			if add {
				take(s)
			} else {
				delete(result, s)
			}
			continue
		}
		for _, a := range available {
			if matchName(s, a) {
				if add {
					take(a)
				} else {
					delete(result, a)
				}
			}
		}
	}
	var out []string
	for _, a := range available {
		if result[a] {
			out = append(out, a)
		}
	}
	return out, nil
}
