package config

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxBytes bounds a file; a larger one is not a configuration.
const maxBytes = 1 << 20

// parse finds the one document of the file. It gives nil after a problem, and an
// empty node for an empty file.
func (r *reader) parse(data []byte) ast.Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch {
	case len(data) > maxBytes:
		r.add(Problem{"", 1, "larger than 1 MiB", "check that this is the right file"})
		return nil
	case !utf8.Valid(data):
		r.add(Problem{"", 1, "not UTF-8 text", "save the file as UTF-8"})
		return nil
	}
	body, aliases, problem := parseYAML(data)
	if problem != nil {
		r.add(*problem)
		return nil
	}
	r.aliases = aliases
	return body
}

// parseYAML parses, and tells a syntax error without the source that the
// library shows with it. The library can panic on what no person writes.
func parseYAML(data []byte) (body ast.Node, aliases map[*ast.AliasNode]ast.Node, problem *Problem) {
	defer func() {
		if recover() != nil {
			problem = &Problem{"", 1, "not valid YAML", "check indentation, quotes and colons"}
		}
	}()
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, nil, syntaxProblem(err)
	}
	for _, doc := range file.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); directive || doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, nil, &Problem{"", lineOf(doc.Body), "a second document", "keep one, and take out the --- before it"}
		}
		body = doc.Body
	}
	if body == nil {
		return ast.Mapping(nil, true), nil, nil
	}
	return body, resolve(body), nil
}

func syntaxProblem(err error) *Problem {
	line, message := 1, ""
	if syntax := yaml.Error(nil); errors.As(err, &syntax) {
		message = syntax.GetMessage()
		if token := syntax.GetToken(); token != nil && token.Position != nil {
			line = token.Position.Line
		}
	}
	what, write := explain(message)
	return &Problem{"", line, what, write}
}

// explain translates the library's messages, which it gives as text alone. They
// are never passed on: some hold a piece of the file.
func explain(message string) (what, write string) {
	has := func(part string) bool { return strings.Contains(message, part) }
	switch {
	case has("tab character"), has(`'\t'`), has("'\t'"):
		return "a tab, which YAML does not take", "indent with spaces"
	case has("-quoted text"):
		return "a quote that is not closed", "close it"
	case has("escape"):
		return `a \ in double quotes that begins no escape`, "use single quotes"
	case has("'}'"), has("']'"):
		return "brackets that do not match", "close every [ and { on the same level"
	case has("reserved character"):
		return "a value begins with a character that YAML reserves", "put the value in quotes"
	case has("mapping value is not allowed"), has("map key-value is pre-defined"):
		return "not valid YAML here", "line up this key and the next with their section, and put a value that holds a colon in quotes"
	case has("unexpected key name"), has("non-map value"):
		return "a line without key and value", "write key: value, with a space after the colon"
	case has("merge key"), has("anchor"), has("alias"):
		return "an anchor or alias that is not complete", "write the value out, or put a text that begins with & or * in quotes"
	case has("unexpected scalar value"):
		return "a value that can't be read", "put it in quotes"
	}
	return "not valid YAML", "check indentation, quotes and colons of this line and the next"
}

func lineOf(value ast.Node) int {
	if value == nil || value.GetToken() == nil || value.GetToken().Position == nil {
		return 1
	}
	return value.GetToken().Position.Line
}
