package esops

import (
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// Match reports whether name matches glob, in which * stands for any run of
// characters and every other character for itself, as in Elasticsearch.
func Match(glob, name string) bool {
	head, rest, wild := strings.Cut(glob, "*")
	if !wild {
		return glob == name
	}
	if !strings.HasPrefix(name, head) {
		return false
	}
	name = name[len(head):]
	parts := strings.Split(rest, "*")
	for i, part := range parts {
		if i == len(parts)-1 {
			return strings.HasSuffix(name, part)
		}
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return true
}

// A selection is what an index expression picked from a snapshot.
type selection struct {
	names      []string // in the snapshot's order
	missing    []string // names, excluded ones too, and patterns that matched nothing
	systemLeft []string // dot indices a wildcard matched and that stayed out
	systemSaid []string // dot names or patterns that were typed without leave
	exclusion  bool     // the expression begins with an exclusion
}

// selectIndices resolves a comma list with * and -exclusions, left to right as
// Elasticsearch does it (a name that exists wins over the sign). Unlike
// Elasticsearch it never reads an empty list as everything, and keeps dot
// indices out unless system is set.
func selectIndices(expression string, have []string, system bool) selection {
	var s selection
	picked := map[string]bool{}
	left := map[string]bool{}
	exists := map[string]bool{}
	for _, name := range have {
		exists[name] = true
	}
	first := true
	for _, part := range strings.Split(expression, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if part == "_all" {
			part = "*"
		}
		pattern, exclude := strings.CutPrefix(part, "-")
		if exists[part] {
			pattern, exclude = part, false
		}
		if exclude && first {
			s.exclusion = true
			return s
		}
		first = false
		if exclude {
			if !strings.Contains(pattern, "*") && !exists[pattern] {
				s.missing = append(s.missing, pattern) // mistyped, it would leave nothing out
			}
			for _, name := range have {
				if Match(pattern, name) {
					delete(picked, name)
				}
			}
			continue
		}
		if strings.HasPrefix(pattern, ".") && !system {
			s.systemSaid = append(s.systemSaid, pattern)
			continue
		}
		matched := false
		for _, name := range have {
			if !Match(pattern, name) {
				continue
			}
			matched = true
			if strings.HasPrefix(name, ".") && !system {
				left[name] = true
				continue
			}
			picked[name] = true
		}
		if !matched {
			s.missing = append(s.missing, pattern)
		}
	}
	for _, name := range have {
		if picked[name] {
			s.names = append(s.names, name)
		} else if left[name] {
			s.systemLeft = append(s.systemLeft, name)
		}
	}
	return s
}

// Nearest returns up to three of the candidates that look most like name,
// best first, and none that looks nothing like it.
func Nearest(name string, candidates []string) []string {
	type scored struct {
		name     string
		distance int
	}
	var near []scored
	lower := strings.ToLower(name)
	core := strings.Trim(lower, "*")
	for _, c := range candidates {
		distance := levenshtein.ComputeDistance(lower, strings.ToLower(c))
		limit := max(len(name), len(c)) / 2
		if distance <= limit || core != "" && strings.Contains(strings.ToLower(c), core) {
			near = append(near, scored{c, distance})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, n := range near[:min(3, len(near))] {
		names = append(names, n.name)
	}
	return names
}

// Rename applies a name template to an index name. An empty template keeps it.
func Rename(template, name string) string {
	if template == "" {
		return name
	}
	return strings.ReplaceAll(template, "$1", name)
}

// checkTemplate refuses a name template that Elasticsearch's Java replacement
// syntax would read as something else than Rename does.
func checkTemplate(template string) *Refusal {
	if template == "" {
		return nil
	}
	rest := strings.ReplaceAll(template, "$1", "")
	if strings.ContainsAny(rest, `$\`) {
		return Refuse("bad_rename", "Write the new name with $1 where the index's name goes, such as --as 'restored-$1'.",
			"The new name %q holds a $ or \\ that is not $1.", template)
	}
	return nil
}

// illegalName says why Elasticsearch would refuse name for a new index, or "".
// The rules are those of the strictest version spoken to: 7.x also refuses ':'.
func illegalName(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case name == "." || name == "..":
		return "it may not be . or .."
	case len(name) > 255:
		return "it is longer than 255 bytes"
	case strings.ContainsAny(name[:1], "_-+"):
		return "it may not begin with _, - or +"
	case strings.ContainsAny(name, `\/*?"<>| ,#:`):
		return `it may not hold any of \ / * ? " < > | , # : or a space`
	case strings.ToLower(name) != name:
		return "it must be lower-case"
	}
	for _, r := range name {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return "it holds a control character or white space"
		}
	}
	return ""
}
