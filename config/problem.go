package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing wrong in the file. It never holds a value of the file.
type Problem struct {
	Path  string // such as policies[0].expires; empty when it is about the whole file
	Line  int    // from 1; 0 when the file could not be read
	What  string // what is wrong, a phrase
	Write string // what to write instead, a phrase in the imperative
}

// String tells all of it but the file: "line 12: undo_for: not a duration; write …".
func (p Problem) String() string {
	if p.Line == 0 {
		return p.text()
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.text())
}

func (p Problem) text() string {
	text := p.What + "; " + p.Write
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	return text
}

// Problems is everything wrong with a file, in the order of its lines.
type Problems struct {
	File string
	List []Problem
}

// Error lists the problems one a line, each with file and line as compilers do.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, problem := range p.List {
		lines[i] = p.File + ": " + problem.text()
		if problem.Line > 0 {
			lines[i] = fmt.Sprintf("%s:%d: %s", p.File, problem.Line, problem.text())
		}
	}
	return strings.Join(lines, "\n")
}

func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return problems
}
