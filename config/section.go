package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"es-restore/esops"
)

// A section is a node with keys, all of them known.
type section struct {
	node
	values map[string]node
}

// section reads the keys of a node; one that is missing altogether has none.
func (n node) section() (section, bool) {
	s := section{node: n, values: map[string]node{}}
	pairs, ok := n.pairs()
	known := keys[generic(n.path)]
	for _, pair := range pairs {
		key, line := keyText(pair.Key), lineOf(pair.Key)
		switch first, twice := s.values[key]; {
		case !slices.Contains(known, key):
			s.unknown(key, line, known)
		case twice:
			s.at(key, line).problem("written twice", fmt.Sprintf("keep one; the first is on line %d", first.line))
		default:
			s.values[key] = n.r.node(join(n.path, key), line, pair.Value)
		}
	}
	return s, ok
}

// pairs are the keys and values as they stand.
func (n node) pairs() ([]*ast.MappingValueNode, bool) {
	switch v := n.value.(type) {
	case nil:
		return nil, false
	case *ast.MappingNode:
		return v.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{v}, true
	case *ast.NullNode:
		n.problem(nothing, "write its keys, or leave it out")
	default:
		n.problem("not a section of keys", "write a line with key: value for each")
	}
	return nil, false
}

// keyText is a key as it is written, or "" when it is more than a word.
func keyText(key ast.MapKeyNode) string {
	switch k := key.(type) {
	case *ast.StringNode:
		return k.Value
	case *ast.MergeKeyNode:
		return "<<"
	}
	return ""
}

func (s section) unknown(key string, line int, known []string) {
	write := "leave it out; known here are " + strings.Join(known, ", ")
	if key == "<<" {
		s.r.add(Problem{s.path, line, "a merge key, which is not read here", "write the keys out"})
		return
	}
	if !showable(key, known) {
		s.r.add(Problem{s.path, line, "an unknown key on this line", write})
		return
	}
	if near := esops.Nearest(key, known); len(near) > 0 {
		write = "write " + near[0]
	}
	s.r.add(Problem{join(s.path, key), line, "an unknown key", write})
}

var plainWords = regexp.MustCompile(`^[a-z]{1,16}(_[a-z]{1,16}){0,2}$`)

// showable reports whether a key is plainly a key: words, or a known one in
// other writing. Anything else might be a secret that slipped into its place.
func showable(key string, known []string) bool {
	return plainWords.MatchString(key) || slices.ContainsFunc(known, func(k string) bool { return letters(k) == letters(key) })
}

func letters(key string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, strings.ToLower(key))
}

// at is the place of a key that has no node of its own.
func (s section) at(key string, line int) node {
	return node{r: s.r, path: join(s.path, key), line: line}
}

// missing is the place of a key that should have been written.
func (s section) missing(key string) node { return s.at(key, s.line) }

// find gives the node of a key, when it is written.
func (s section) find(key string) (node, bool) {
	if !slices.Contains(keys[generic(s.path)], key) {
		panic(fmt.Sprintf("no key %s in section %q", key, s.path))
	}
	n, ok := s.values[key]
	return n, ok
}

// has reports whether a key is written.
func (s section) has(key string) bool { _, ok := s.find(key); return ok }

// read gives the value of a key, or the fallback when it is left out or wrong.
func read[T any](s section, key string, value func(node) (T, bool), fallback T) T {
	if n, ok := s.find(key); ok {
		if v, ok := value(n); ok {
			return v
		}
	}
	return fallback
}

// sub reads a section within a section. When it is left out, or when nothing is
// written under it, it has no keys.
func (s section) sub(key string) section {
	n, ok := s.find(key)
	if _, null := n.value.(*ast.NullNode); !ok || null {
		return section{node: s.missing(key)}
	}
	sub, _ := n.section()
	return sub
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

var index = regexp.MustCompile(`\[\d+\]`)

// generic is a path with [] for each [12], as the table of keys has it.
func generic(path string) string { return index.ReplaceAllString(path, "[]") }
