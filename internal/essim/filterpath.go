package essim

import "strings"

// filterPath keeps of v what one of the patterns names, and drops what a
// pattern with a leading minus names, as the filter_path parameter does.
func filterPath(v any, patterns string) any {
	var include, exclude [][]string
	for _, p := range splitList(patterns) {
		if x, ok := strings.CutPrefix(p, "-"); ok {
			exclude = append(exclude, splitPath(x))
		} else {
			include = append(include, splitPath(p))
		}
	}
	if len(include) > 0 {
		v, _ = keep(v, include)
	}
	if len(exclude) > 0 {
		v = drop(v, exclude)
	}
	if v == nil {
		return map[string]any{}
	}
	return v
}

// splitPath splits at dots; a dot after a backslash belongs to the name.
func splitPath(p string) []string {
	var out []string
	cur := ""
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			cur += string(p[i])
		case p[i] == '.':
			out, cur = append(out, cur), ""
		default:
			cur += string(p[i])
		}
	}
	return append(out, cur)
}

// step moves the patterns into a field; whole is set when one ends there.
func step(patterns [][]string, field string) (next [][]string, whole bool) {
	for _, p := range patterns {
		switch {
		case p[0] == "**":
			if len(p) == 1 {
				return nil, true
			}
			next = append(next, p)
			more, all := step([][]string{p[1:]}, field)
			if all {
				return nil, true
			}
			next = append(next, more...)
		case matchName(p[0], field):
			if len(p) == 1 {
				return nil, true
			}
			next = append(next, p[1:])
		}
	}
	return next, false
}

func keep(v any, patterns [][]string) (any, bool) {
	switch t := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range t {
			next, whole := step(patterns, k)
			if whole {
				out[k] = x
			} else if len(next) > 0 {
				if kept, ok := keep(x, next); ok {
					out[k] = kept
				}
			}
		}
		return out, len(out) > 0
	case []any:
		out := []any{}
		for _, x := range t {
			if kept, ok := keep(x, patterns); ok {
				out = append(out, kept)
			}
		}
		return out, len(out) > 0
	}
	return nil, false
}

func drop(v any, patterns [][]string) any {
	switch t := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range t {
			next, whole := step(patterns, k)
			if whole {
				continue
			}
			if len(next) > 0 {
				x = drop(x, next)
			}
			out[k] = x
		}
		return out
	case []any:
		out := make([]any, len(t))
		for i, x := range t {
			out[i] = drop(x, patterns)
		}
		return out
	}
	return v
}
