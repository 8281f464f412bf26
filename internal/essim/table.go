package essim

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// column is one column of a _cat table.
type column struct {
	name    string
	aliases string // comma list
	hidden  bool   // only when asked for
	right   bool   // aligned to the right
	help    string
}

// table is the answer of a _cat request. A cell that is nil is empty in text
// and null in JSON.
type table struct {
	columns []column
	rows    [][]any
}

func (t *table) add(cells ...any) { t.rows = append(t.rows, cells) }

// pick applies h and s.
func (t *table) pick(q url.Values) {
	for _, key := range slices.Backward(splitList(q.Get("s"))) {
		name, desc := strings.CutSuffix(key, ":desc")
		name = strings.TrimSuffix(name, ":asc")
		i := t.find(name)
		if i < 0 {
			continue
		}
		slices.SortStableFunc(t.rows, func(a, b []any) int {
			c := compareCells(a[i], b[i])
			if desc {
				return -c
			}
			return c
		})
	}
	var keep []int
	if h := splitList(q.Get("h")); len(h) > 0 {
		for _, name := range h {
			for i, c := range t.columns {
				if hit := c.name == name || slices.Contains(splitList(c.aliases), name) || isPattern(name) && matchName(name, c.name); hit && !slices.Contains(keep, i) {
					keep = append(keep, i)
				}
			}
		}
	} else {
		for i, c := range t.columns {
			if !c.hidden {
				keep = append(keep, i)
			}
		}
	}
	cols := make([]column, len(keep))
	for j, i := range keep {
		cols[j] = t.columns[i]
	}
	for n, row := range t.rows {
		cells := make([]any, len(keep))
		for j, i := range keep {
			cells[j] = row[i]
		}
		t.rows[n] = cells
	}
	t.columns = cols
}

func compareCells(a, b any) int {
	x, y := scalar(a), scalar(b)
	if len(x) != len(y) && isNumber(x) && isNumber(y) {
		return len(x) - len(y)
	}
	return strings.Compare(x, y)
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func (t *table) find(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool {
		return c.name == name || slices.Contains(splitList(c.aliases), name)
	})
}

func (t *table) json() []any {
	out := []any{}
	for _, row := range t.rows {
		o := map[string]any{}
		for i, c := range t.columns {
			o[c.name] = row[i]
		}
		out = append(out, o)
	}
	return out
}

// text renders the table in columns; v adds the head, help explains instead.
func (t *table) text(q url.Values) string {
	if q.Has("help") && q.Get("help") != "false" {
		return t.help()
	}
	head := q.Has("v") && q.Get("v") != "false"
	width := make([]int, len(t.columns))
	for i, c := range t.columns {
		if head {
			width[i] = utf8.RuneCountInString(c.name)
		}
		for _, row := range t.rows {
			width[i] = max(width[i], utf8.RuneCountInString(scalar(row[i])))
		}
	}
	var b strings.Builder
	line := func(cells []any) {
		for i, c := range t.columns {
			text := scalar(cells[i])
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(text))
			last := i == len(t.columns)-1
			switch {
			case c.right:
				b.WriteString(pad + text)
			case last:
				b.WriteString(text)
			default:
				b.WriteString(text + pad)
			}
			if !last {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	if head {
		names := make([]any, len(t.columns))
		for i, c := range t.columns {
			names[i] = c.name
		}
		line(names)
	}
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}

func (t *table) help() string {
	h := table{columns: []column{{name: "name"}, {name: "aliases"}, {name: "help"}}}
	for _, c := range t.columns {
		h.add(c.name, "| "+c.aliases, "| "+c.help)
	}
	return h.text(url.Values{})
}
