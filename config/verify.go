package config

import (
	"encoding/json"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"es-restore/esops"
)

// readVerify reads the saved queries that a restored index is held against.
func readVerify(root section) []esops.Query {
	n, ok := root.find("verify")
	if !ok {
		return nil
	}
	entries, _ := n.someEntries()
	var queries []esops.Query
	for _, entry := range entries {
		s, ok := entry.section()
		if !ok {
			continue
		}
		for _, key := range []string{"indices", "query", "expect"} {
			if !s.has(key) {
				s.missing(key).problem("not written", "write the indices it is about, the query, and how many documents it must find")
			}
		}
		queries = append(queries, esops.Query{
			Indices: read(s, "indices", someOf(node.indexGlob), nil),
			Query:   read(s, "query", node.query, nil),
			Expect:  read(s, "expect", node.number, 0),
		})
	}
	return queries
}

// query reads any tree as the JSON it stands for.
func (n node) query() (json.RawMessage, bool) {
	if _, null := n.value.(*ast.NullNode); null {
		n.problem(nothing, "write a query as Elasticsearch takes it, or leave the entry out")
		return nil, false
	}
	var tree any
	if n.value == nil || yaml.NodeToValue(n.value, &tree) != nil {
		n.problem("not a query", "write one as Elasticsearch takes it, such as {term: {status: paid}}")
		return nil, false
	}
	text, err := json.Marshal(tree)
	if _, isMap := tree.(map[string]any); err != nil || !isMap {
		n.problem("not a query", "write one as Elasticsearch takes it, such as {term: {status: paid}}")
		return nil, false
	}
	return text, true
}

// number reads a number of documents.
func (n node) number() (int64, bool) {
	text, ok := n.word()
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 {
		n.problem("not a number of documents", "write a whole number from 0 on")
		return 0, false
	}
	return number, true
}
