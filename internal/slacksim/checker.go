package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// surface is where blocks are shown; some blocks belong to one only.
type surface int

const (
	onMessage surface = 1 << iota
	onModal
	onHome
	anywhere = onMessage | onModal | onHome
)

// checker walks what an app sent and notes everything that Slack would refuse,
// in Slack's words, each with a JSON pointer.
type checker struct {
	on       surface
	problems []string
	blockIDs map[string]bool
	actions  map[string]bool // of the block at hand
	tables   int
	markdown int // characters in markdown blocks
}

func newChecker(on surface) *checker {
	return &checker{on: on, blockIDs: map[string]bool{}}
}

func (c *checker) wrong(at, format string, a ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, a...)+" [json-pointer:"+at+"]")
}

// rule checks one value.
type rule func(c *checker, at string, v any)

// field is one property of an object.
type field struct {
	name     string
	required bool
	rule     rule
}

func must(name string, r rule) field { return field{name, true, r} }
func may(name string, r rule) field  { return field{name, false, r} }

// length checks a string against a bound.
func (c *checker) length(at, s string, b bound) {
	n := utf8.RuneCountInString(s)
	if b.MinLength != nil && n < *b.MinLength {
		c.wrong(at, "must be more than %d characters", *b.MinLength-1)
	}
	if b.MaxLength != nil && n > *b.MaxLength {
		c.wrong(at, "must be less than %d characters", *b.MaxLength+1)
	}
}

func (c *checker) count(at string, n int, b bound) {
	if b.MinItems != nil && n < *b.MinItems {
		c.wrong(at, "must provide at least %d items", *b.MinItems)
	}
	if b.MaxItems != nil && n > *b.MaxItems {
		c.wrong(at, "no more than %d items allowed", *b.MaxItems)
	}
}

// str is a string within a bound.
func str(name string) rule {
	b := limit(name)
	return func(c *checker, at string, v any) {
		if s, ok := v.(string); ok {
			c.length(at, s, b)
			return
		}
		c.wrong(at, "must provide a string")
	}
}

// free is a string of any length.
func free(c *checker, at string, v any) {
	if _, ok := v.(string); !ok {
		c.wrong(at, "must provide a string")
	}
}

func boolean(c *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.wrong(at, "must provide a boolean")
	}
}

func anything(*checker, string, any) {}

// num is a number within a bound; whole numbers only, unless decimals is set.
func num(b bound, decimals bool) rule {
	return func(c *checker, at string, v any) {
		n, ok := v.(json.Number)
		f, err := n.Float64()
		if !ok || err != nil || !decimals && f != float64(int64(f)) {
			c.wrong(at, "must provide a number")
			return
		}
		switch {
		case b.Min != nil && f < *b.Min:
			c.wrong(at, "must be greater than or equal to %v", *b.Min)
		case b.Max != nil && f > *b.Max:
			c.wrong(at, "must be less than or equal to %v", *b.Max)
		case b.ExclusiveMin != nil && f <= *b.ExclusiveMin:
			c.wrong(at, "must be greater than %v", *b.ExclusiveMin)
		}
	}
}

func within(name string) rule { return num(limit(name), false) }

// enum is one of a few words.
func enum(words ...string) rule {
	return func(c *checker, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			c.wrong(at, "must be a valid enum value")
		}
	}
}

// listOf is an array within a bound.
func listOf(b bound, item rule) rule {
	return func(c *checker, at string, v any) {
		items, ok := v.([]any)
		if !ok {
			c.wrong(at, "must provide an array")
			return
		}
		c.count(at, len(items), b)
		for i, inner := range items {
			item(c, fmt.Sprintf("%s/%d", at, i), inner)
		}
	}
}

func list(name string, item rule) rule { return listOf(limit(name), item) }

// object has exactly these fields; null counts as absent.
func object(fields ...field) rule {
	return func(c *checker, at string, v any) {
		o, ok := v.(Object)
		if !ok {
			c.wrong(at, "must provide an object")
			return
		}
		c.fields(at, o, fields)
	}
}

func (c *checker) fields(at string, o Object, fields []field) {
	known := map[string]bool{}
	for _, f := range fields {
		known[f.name] = true
		v := o[f.name]
		switch {
		case v != nil:
			f.rule(c, at+"/"+f.name, v)
		case f.required:
			c.wrong(at, "missing required field: %s", f.name)
		}
	}
	var extra []string
	for name, v := range o {
		if !known[name] && v != nil {
			extra = append(extra, name)
		}
	}
	slices.Sort(extra)
	for _, name := range extra {
		c.wrong(at, "invalid additional property: %s", name)
	}
}

// typed is an object whose type says which schema it follows.
func typed(schemas map[string]rule, allowed ...string) rule {
	return func(c *checker, at string, v any) {
		o, ok := v.(Object)
		if !ok {
			c.wrong(at, "must provide an object")
			return
		}
		name, ok := o["type"].(string)
		if !ok {
			c.wrong(at, "missing required field: type")
			return
		}
		if len(allowed) > 0 && !slices.Contains(allowed, name) || schemas[name] == nil {
			c.wrong(at+"/type", "unsupported type: %s", name)
			return
		}
		schemas[name](c, at, o)
	}
}

// all is several rules on one value.
func all(rules ...rule) rule {
	return func(c *checker, at string, v any) {
		for _, r := range rules {
			r(c, at, v)
		}
	}
}

// oneOf asks for at least one of some fields, and names the first when all are
// missing.
func oneOf(names ...string) rule {
	return func(c *checker, at string, v any) {
		o, _ := v.(Object)
		for _, name := range names {
			if o[name] != nil {
				return
			}
		}
		c.wrong(at, "missing required field: %s", strings.Join(names, " or "))
	}
}

// notBoth refuses two fields together.
func notBoth(a, b string) rule {
	return func(c *checker, at string, v any) {
		if o, _ := v.(Object); o[a] != nil && o[b] != nil {
			c.wrong(at, "cannot provide both `%s` and `%s`", a, b)
		}
	}
}
