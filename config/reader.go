package config

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A reader is one reading of one file: what it found, and what it may ask.
type reader struct {
	env      func(string) (string, bool)
	readFile func(string) ([]byte, error)

	problems []Problem
	warnings []Problem
	lines    map[string]int // path → line
	plain    []node         // secrets that stand in the file itself

	aliases map[*ast.AliasNode]ast.Node
	used    int // aliases followed so far
}

func newReader(env func(string) (string, bool), readFile func(string) ([]byte, error)) *reader {
	return &reader{env: env, readFile: readFile, lines: map[string]int{"": 1}}
}

func (r *reader) add(p Problem) { r.problems = append(r.problems, p) }

// maxAliases bounds what a small file can unfold to.
const maxAliases = 1000

// node makes the node of a value and remembers its line. Anchors and aliases
// are seen through. A node without value has its problem on record.
func (r *reader) node(path string, line int, value ast.Node) node {
	n := node{r: r, path: path, line: line}
	r.lines[path] = line
	for range 10 {
		switch v := value.(type) {
		case *ast.AnchorNode:
			value = v.Value
			continue
		case *ast.AliasNode:
			r.used++
			if value = r.aliases[v]; value == nil || r.used > maxAliases {
				n.problem("an alias of nothing, or one too many", "write the value out, or put a text that begins with * in quotes")
				return n
			}
			continue
		case *ast.TagNode:
			n.problem("a tag, which is not read here", "leave the ! word out, and put text in quotes")
			return n
		case *ast.CommentGroupNode, nil:
			value = ast.Null(nil)
		}
		n.value = value
		return n
	}
	n.problem("an alias of itself", "write the value out")
	return n
}

// resolve finds the value of every alias: of the anchors with its name, the last
// before it.
func resolve(body ast.Node) map[*ast.AliasNode]ast.Node {
	found := resolver{anchors: map[string]ast.Node{}, aliases: map[*ast.AliasNode]ast.Node{}}
	ast.Walk(found, body)
	return found.aliases
}

type resolver struct {
	anchors map[string]ast.Node
	aliases map[*ast.AliasNode]ast.Node
}

// Visit is called for each node of the file, in its order.
func (f resolver) Visit(n ast.Node) ast.Visitor {
	switch v := n.(type) {
	case *ast.AnchorNode:
		f.anchors[v.Name.GetToken().Value] = v.Value
	case *ast.AliasNode:
		f.aliases[v] = f.anchors[v.Value.GetToken().Value]
	}
	return f
}

// line is where a path stands, or else what it would stand in.
func (r *reader) line(path string) int { return lineIn(r.lines, path) }

func lineIn(lines map[string]int, path string) int {
	for {
		if line, ok := lines[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}
