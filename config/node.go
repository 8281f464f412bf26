package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"es-restore/approvals"
)

// A node is a value in the file with the place it stands at. What reads it
// reports a value that does not fit, and then says so with false.
type node struct {
	r     *reader
	path  string
	line  int      // of the key, or of the list's entry
	value ast.Node // never an anchor, alias or tag; nil when its problem is on record
}

// What is said of a key without a value: it might mean none, all or the default.
const nothing = "nothing is written here"

func (n node) problem(what, write string) {
	n.r.add(Problem{n.path, n.line, what, write})
}

func (n node) warning(what, write string) {
	n.r.warnings = append(n.r.warnings, Problem{n.path, n.line, what, write})
}

// text reads one value as it is written, so that 0123 stays 0123. It may be
// empty, but only when written as "".
func (n node) text() (string, bool) {
	var text string
	switch v := n.value.(type) {
	case nil:
		return "", false
	case *ast.StringNode:
		text = v.Value
	case *ast.LiteralNode:
		text = strings.TrimRight(v.Value.Value, "\n")
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		text = v.GetToken().Value
	case *ast.NullNode:
		n.problem(nothing, "write a value, or leave the key out")
		return "", false
	case *ast.SequenceNode:
		n.problem("a list where one value is needed", "write one value")
		return "", false
	default:
		n.problem("a key and value where one value is needed", "write one value; a colon within it has no space behind it, or the value is in quotes")
		return "", false
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		n.problem("a line break or control character in a value", "take it out")
		return "", false
	}
	return text, true
}

// word reads a value that is not empty.
func (n node) word() (string, bool) {
	text, ok := n.text()
	if ok && strings.TrimSpace(text) == "" {
		n.problem("empty", "write a value, or leave the key out")
		return "", false
	}
	return text, ok
}

// fitting reads a value and refuses one that does not fit.
func (n node) fitting(fits func(string) bool, what, write string) (string, bool) {
	text, ok := n.word()
	if ok && !fits(text) {
		n.problem(what, write)
		return "", false
	}
	return text, ok
}

func (n node) flag() (bool, bool) {
	switch v := n.value.(type) {
	case nil:
	case *ast.BoolNode:
		return v.Value, true
	case *ast.NullNode:
		n.problem(nothing, "write true or false, or leave the key out")
	default:
		n.problem("neither true nor false", "write true or false, without quotes")
	}
	return false, false
}

// duration reads one that is longer than nothing.
func (n node) duration() (time.Duration, bool) {
	text, ok := n.word()
	if !ok {
		return 0, false
	}
	duration, ok := parseDuration(text)
	if !ok || duration == 0 {
		n.problem("not a duration longer than 0", "write one such as 90s, 4h, 7d or 1h30m")
		return 0, false
	}
	return duration, true
}

// size reads one of at least a byte.
func (n node) size() (int64, bool) {
	text, ok := n.word()
	if !ok {
		return 0, false
	}
	size, ok := parseSize(text)
	if !ok || size == 0 {
		n.problem("not a size larger than 0", "write one such as 500mb, 1.5gb or 2tb")
		return 0, false
	}
	return size, true
}

// maxPeople bounds how many people a requirement can ask for.
const maxPeople = 100

func (n node) people() (int, bool) {
	text, ok := n.word()
	if !ok {
		return 0, false
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 1 || count > maxPeople {
		n.problem("not a number of people", fmt.Sprintf("write a whole number from 1 to %d", maxPeople))
		return 0, false
	}
	return count, true
}

// principal reads group:S… or user:U….
func (n node) principal() (approvals.Principal, bool) {
	text, ok := n.word()
	if !ok {
		return approvals.Principal{}, false
	}
	p, err := approvals.ParsePrincipal(text)
	prefixes := "UW"
	if p.Group {
		prefixes = "S"
	}
	if err != nil || !strings.ContainsAny(p.ID[:1], prefixes) {
		n.problem("neither a user group nor a person of Slack", "write group: and the group's ID such as group:S0ENG, or user: and the member's ID such as user:U0ANNA")
		return approvals.Principal{}, false
	}
	return p, true
}

// channel reads the ID of a channel.
func (n node) channel() (string, bool) {
	return n.fitting(func(text string) bool {
		return len(text) > 2 && strings.ContainsAny(text[:1], "CG") && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
	}, "not the ID of a channel", "write it as Slack shows it at the end of the channel's details, such as C0ES")
}
