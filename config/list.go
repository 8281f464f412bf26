package config

import (
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// entries are the nodes of a list.
func (n node) entries() ([]node, bool) {
	list, ok := n.value.(*ast.SequenceNode)
	if !ok {
		const write = "write [a, b], or a line with - for each entry"
		switch n.value.(type) {
		case nil:
		case *ast.NullNode:
			n.problem(nothing, write)
		default:
			n.problem("not a list", write)
		}
		return nil, false
	}
	entries := make([]node, len(list.Values))
	for i, value := range list.Values {
		value = rejoin(value)
		entries[i] = n.r.node(fmt.Sprintf("%s[%d]", n.path, i), lineOf(value), value)
	}
	return entries, true
}

// rejoin undoes what the YAML library does to a list within {}: it takes an
// entry such as group:S0ENG or redis-1:6379, which is plain text by YAML's
// rules, for a key with a value (https://github.com/goccy/go-yaml/issues/832).
func rejoin(entry ast.Node) ast.Node {
	m, ok := entry.(*ast.MappingNode)
	if !ok || len(m.Values) != 1 {
		return entry
	}
	key, colon, value := m.Values[0].Key.GetToken(), m.Values[0].Start, m.Values[0].Value.GetToken()
	if !adjoin(key, colon) || !adjoin(colon, value) || key.Type != token.StringType || value.Indicator != token.NotIndicator {
		return entry
	}
	whole := key.Clone()
	whole.Value = key.Value + colon.Value + value.Value
	return ast.String(whole)
}

// adjoin reports whether b begins where a ends.
func adjoin(a, b *token.Token) bool {
	return a != nil && b != nil && a.Position.Line == b.Position.Line &&
		a.Position.Column+utf8.RuneCountInString(a.Value) == b.Position.Column
}

// someEntries are the nodes of a list that must have one, because an empty list
// would not mean what it looks like: it would hold for everything.
func (n node) someEntries() ([]node, bool) {
	entries, ok := n.entries()
	if ok && len(entries) == 0 {
		n.problem("an empty list", "write at least one entry")
		return nil, false
	}
	return entries, ok
}

// isEmptyList reports whether a list is written and has no entry.
func (n node) isEmptyList() bool {
	list, ok := n.value.(*ast.SequenceNode)
	return ok && len(list.Values) == 0
}

// listOf makes the reader of a list from that of its entries. Entries that do
// not fit are left out, each with its problem.
func listOf[T any](entry func(node) (T, bool)) func(node) ([]T, bool) {
	return func(n node) ([]T, bool) {
		entries, ok := n.entries()
		return readAll(entries, entry), ok
	}
}

// someOf is listOf for a list that must have an entry.
func someOf[T any](entry func(node) (T, bool)) func(node) ([]T, bool) {
	return func(n node) ([]T, bool) {
		entries, ok := n.someEntries()
		return readAll(entries, entry), ok
	}
}

func readAll[T any](entries []node, entry func(node) (T, bool)) []T {
	var list []T
	for _, e := range entries {
		if value, ok := entry(e); ok {
			list = append(list, value)
		}
	}
	return list
}
