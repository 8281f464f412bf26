package essim

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// settings are Elasticsearch settings by their flat names. A value is a string
// or a list of strings; nil stands for "remove".
type settings map[string]any

func (s settings) str(key string) string {
	v, _ := s[key].(string)
	return v
}

func (s settings) num(key string, otherwise int) int {
	n, err := strconv.Atoi(s.str(key))
	if err != nil {
		return otherwise
	}
	return n
}

func (s settings) clone() settings {
	o := make(settings, len(s))
	for k, v := range s {
		o[k] = v
	}
	return o
}

// apply sets every key of change and removes those that are nil.
func (s settings) apply(change settings) {
	for k, v := range change {
		if v == nil {
			for have := range s {
				if have == k || matchName(k, have) {
					delete(s, have)
				}
			}
			continue
		}
		s[k] = v
	}
}

// flatten turns nested or dotted JSON settings into flat ones.
func flatten(v map[string]any) settings {
	out := settings{}
	flattenInto(out, "", v)
	return out
}

func flattenInto(out settings, prefix string, v map[string]any) {
	for k, x := range v {
		key := k
		if prefix != "" {
			key = prefix + "." + k
		}
		switch t := x.(type) {
		case map[string]any:
			flattenInto(out, key, t)
		case nil:
			out[key] = nil
		case []any:
			list := make([]any, len(t))
			for i, e := range t {
				list[i] = scalar(e)
			}
			out[key] = list
		default:
			out[key] = scalar(t)
		}
	}
}

func scalar(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case json.Number:
		return t.String()
	case bool:
		return strconv.FormatBool(t)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// indexed gives every key the prefix "index." that lacks it.
func (s settings) indexed() settings {
	out := make(settings, len(s))
	for k, v := range s {
		if !strings.HasPrefix(k, "index.") && !strings.HasPrefix(k, "archived.") {
			k = "index." + k
		}
		out[k] = v
	}
	return out
}

// json renders settings the way an answer shows them.
func (s settings) json(flat bool) map[string]any {
	out := map[string]any{}
	if flat {
		for k, v := range s {
			out[k] = v
		}
		return out
	}
	for _, k := range s.keys() {
		at := out
		parts := strings.Split(k, ".")
		for i, p := range parts {
			if i == len(parts)-1 {
				at[p] = s[k]
				break
			}
			next, ok := at[p].(map[string]any)
			if !ok {
				if _, taken := at[p]; taken { // a value where a group is needed
					at[strings.Join(parts[i:], ".")] = s[k]
					break
				}
				next = map[string]any{}
				at[p] = next
			}
			at = next
		}
	}
	return out
}

func (s settings) keys() []string {
	keys := make([]string, 0, len(s))
	for k := range s {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// matchName tells whether name matches pattern, in which * stands for anything.
func matchName(pattern, name string) bool {
	if !strings.Contains(pattern, "*") {
		return pattern == name
	}
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	rest := name[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matchName(p, name) })
}

// within tells whether location lies in or below one of the roots.
func within(roots []string, location string) bool {
	location = path.Clean(location)
	for _, r := range roots {
		r = path.Clean(r)
		if location == r || strings.HasPrefix(location, strings.TrimSuffix(r, "/")+"/") {
			return true
		}
	}
	return false
}

// byteSize parses "40mb"; a bare number is bytes, "-1" and "0" mean no limit.
func byteSize(s string) (int64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	unit := int64(1)
	for _, u := range []struct {
		suffix string
		n      int64
	}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"tb", 1 << 40}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"b", 1}} {
		if number, has := strings.CutSuffix(s, u.suffix); has {
			s, unit = number, u.n
			break
		}
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return 0, false
	}
	return int64(f * float64(unit)), true
}

// humanBytes renders a size the way _cat does: 3.5kb.
func humanBytes(n int64) string {
	units := []string{"b", "kb", "mb", "gb", "tb"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + "b"
	}
	s := strconv.FormatFloat(float64(int64(f*10))/10, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0") + units[i]
}
