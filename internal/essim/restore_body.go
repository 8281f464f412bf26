package essim

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// restoreBody is the body of POST _restore.
type restoreBody struct {
	indices        []string
	ignoreMissing  bool
	aliases        bool
	partial        bool
	pattern        string
	replacement    string
	hasRename      bool
	settings       settings
	ignoreSettings []string
}

// parseRestore reads the body with the defaults that bite: everything in the
// snapshot, aliases too, and before 6.0 missing names are passed over.
func (k *call) parseRestore() (*restoreBody, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	b := &restoreBody{aliases: true, ignoreMissing: k.v.major < 6, settings: settings{}}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		v := o[key]
		var f *failure
		switch key {
		case "indices":
			switch v.(type) {
			case string, []any:
				b.indices = stringList(v)
			default:
				f = illegalArgument("malformed indices section, should be an array of strings")
			}
		case "ignore_unavailable":
			b.ignoreMissing, f = k.v.lenientBool(key, v)
		case "include_aliases":
			b.aliases, f = k.v.lenientBool(key, v)
		case "partial":
			b.partial, f = k.v.lenientBool(key, v)
		case "include_global_state":
			_, f = k.v.lenientBool(key, v)
		case "allow_no_indices", "expand_wildcards", "ignore_throttled":
		case "rename_pattern":
			b.pattern = scalar(v)
		case "rename_replacement":
			b.replacement = scalar(v)
		case "index_settings":
			m, isMap := v.(map[string]any)
			if !isMap {
				return nil, illegalArgument("malformed index_settings section")
			}
			b.settings = flatten(m).indexed()
		case "ignore_index_settings":
			switch v.(type) {
			case string, []any:
				b.ignoreSettings = stringList(v)
			default:
				f = illegalArgument("malformed ignore_index_settings section, should be an array of strings")
			}
		case "feature_states":
			if !k.v.from(7, 12) {
				f = illegalArgument("Unknown parameter %s", key)
			}
		case "settings":
			if k.v.major >= 8 {
				f = illegalArgument("Unknown parameter %s", key)
			} else if _, isMap := v.(map[string]any); !isMap {
				f = illegalArgument("malformed settings section")
			}
		default:
			f = illegalArgument("Unknown parameter %s", key)
		}
		if f != nil {
			return nil, f
		}
	}
	b.hasRename = b.pattern != "" && o["rename_replacement"] != nil
	return b, nil
}

// lenientBool reads true, false, "true" and "false". 5.x takes anything else
// for true.
func (v version) lenientBool(key string, x any) (bool, *failure) {
	switch text := scalar(x); {
	case text == "true":
		return true, nil
	case text == "false":
		return false, nil
	case v.major < 6:
		return text != "0" && text != "off" && text != "no" && text != "", nil
	}
	return false, illegalArgument("Could not convert [%s] to boolean", key).
		causedBy(illegalArgument("Failed to parse value [%s] as only [true] or [false] are allowed.", scalar(x)), false)
}

// rename finds the new names; two that fall together are refused.
func (k *call) rename(p *restorePlan, names []string, b *restoreBody, refuse func(string, ...any) *failure) *failure {
	var re *regexp.Regexp
	if b.hasRename {
		var err error
		if re, err = regexp.Compile(b.pattern); err != nil {
			return fail(http.StatusBadRequest, "pattern_syntax_exception", "Unclosed group near index %d\n%s", len(b.pattern), b.pattern)
		}
	}
	from := map[string]string{}
	for _, n := range names {
		to := n
		if re != nil {
			repl, f := javaReplacement(b.replacement, re.NumSubexp())
			if f != nil && re.MatchString(n) {
				return f
			}
			to = re.ReplaceAllString(n, repl)
		}
		if other, taken := from[to]; taken {
			return refuse("indices [%s] and [%s] are renamed into the same index [%s]", n, other, to)
		}
		from[to] = n
		p.targets = append(p.targets, target{from: p.snapshot.images[n], name: to})
	}
	return nil
}

// javaReplacement turns a Java replacement ($1, \$) into a Go one.
func javaReplacement(s string, groups int) (string, *failure) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			if s[i] == '$' {
				out.WriteString("$$")
			} else {
				out.WriteByte(s[i])
			}
		case s[i] == '$':
			j := i + 1
			n := 0
			for j < len(s) && s[j] >= '0' && s[j] <= '9' && (j == i+1 || n*10+int(s[j]-'0') <= groups) {
				n = n*10 + int(s[j]-'0')
				j++
			}
			if j == i+1 {
				return "", illegalArgument("Illegal group reference")
			}
			if n > groups {
				return "", fail(http.StatusInternalServerError, "index_out_of_bounds_exception", "No group %d", n)
			}
			out.WriteString("${" + strconv.Itoa(n) + "}")
			i = j - 1
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String(), nil
}

var (
	cannotModify = []string{"index.number_of_shards", "index.version.created", "index.uuid", "index.creation_date"}
	cannotRemove = append([]string{"index.number_of_replicas", "index.auto_expand_replicas", "index.version.upgraded"}, cannotModify...)
)

func (k *call) changeSettings(t *target, b *restoreBody, refuse func(string, ...any) *failure) *failure {
	t.settings = t.from.settings.clone()
	for _, pattern := range b.ignoreSettings {
		if !strings.HasPrefix(pattern, "index.") && !strings.HasPrefix(pattern, "*") {
			pattern = "index." + pattern
		}
		if !containsStar(pattern) {
			if slices.Contains(cannotRemove, pattern) {
				return refuse("cannot remove setting [%s] on restore", pattern)
			}
			delete(t.settings, pattern)
			continue
		}
		for key := range t.settings {
			if matchName(pattern, key) && !slices.Contains(cannotRemove, key) {
				delete(t.settings, key)
			}
		}
	}
	for _, key := range b.settings.keys() {
		if slices.Contains(cannotModify, key) {
			return refuse("cannot modify setting [%s] on restore", key)
		}
	}
	for key, v := range b.settings {
		if !knownIndexSetting(key) && k.v.from(6, 8) { // put aside under another name
			key = "archived." + key
		}
		t.settings.apply(settings{key: v})
	}
	return nil
}
