package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// A page is where to write what came of each test, and of which commit.
type page struct{ path, commit string }

// An end is what came of one test. It took as long as a clock on the wall says: what
// `go test` tells leaves out the tests within that run at the same time.
type end struct {
	name
	action string
	took   time.Duration
}

var words = map[string]string{"pass": "passed", "fail": "**failed**", "skip": "left out"}

// page tells of each test, and of each case right within one, in a table for each
// package.
func (r *report) page(commit string, now time.Time) string {
	var b strings.Builder
	result := "all is well"
	if !r.good() {
		result = "**not all is well**"
	}
	fmt.Fprintf(&b, "# What ran on real nodes\n\n`make matrix` wrote this page: restores between clusters of different Elasticsearch\n"+
		"versions, what every version answers, and bots that are killed, all on real nodes; and\nproperties that are held against very many cases. Times are those of one small machine.\n\n"+
		"| | |\n|---|---|\n| date | %s |\n| commit | %s |\n| result | %s: %d passed, %d failed, %d left out, those within others counted |\n",
		now.UTC().Format("2006-01-02 15:04 UTC"), cmp.Or(commit, "not known"), result, r.passed(), len(r.failed), len(r.skipped))
	var packages []string
	rows := map[string]*strings.Builder{}
	for _, e := range r.inOrder() {
		if rows[e.pkg] == nil {
			rows[e.pkg] = &strings.Builder{}
			packages = append(packages, e.pkg)
		}
		test, part, within := strings.Cut(e.test, "/")
		if within {
			test = ""
		} else {
			test = sentence(test)
		}
		part = strings.ReplaceAll(strings.ReplaceAll(part, "_", " "), "|", "\\|")
		fmt.Fprintf(rows[e.pkg], "| %s | %s | %s | %.0f s | %s |\n", test, part, words[e.action], e.took.Seconds(), r.note(e))
	}
	for _, pkg := range packages {
		fmt.Fprintf(&b, "\n## %s\n\n| test | case | result | took | |\n|---|---|---|---|---|\n%s", pkg, rows[pkg].String())
	}
	for _, f := range r.failed {
		if f.test == "" {
			fmt.Fprintf(&b, "\n**%s could not be built or ended badly.**\n", f.pkg)
		}
	}
	return b.String()
}

// sentence is a test's name as words: the page tells what ran then, and outlives names.
func sentence(test string) string {
	var b strings.Builder
	letters := []rune(strings.TrimPrefix(test, "Test"))
	upper := func(i int) bool { return i < len(letters) && unicode.IsUpper(letters[i]) }
	lower := func(i int) bool { return i < len(letters) && unicode.IsLower(letters[i]) }
	for i, letter := range letters {
		if i > 0 && upper(i) && (!upper(i-1) || lower(i+1)) {
			b.WriteByte(' ')
			if !upper(i+1) || lower(i+2) { // else it is an abbreviation
				letter = unicode.ToLower(letter)
			}
		}
		b.WriteRune(letter)
	}
	return b.String()
}

// inOrder are the tests as they ended, each before the cases that are right within it.
func (r *report) inOrder() []end {
	var all []end
	for _, e := range r.ends {
		if strings.Contains(e.test, "/") {
			continue
		}
		all = append(all, e)
		for _, c := range r.ends {
			if c.pkg == e.pkg && strings.HasPrefix(c.test, e.test+"/") && strings.Count(c.test, "/") == 1 {
				all = append(all, c)
			}
		}
	}
	return all
}

// many is how a property tells what it was held against.
var many = regexp.MustCompile(`\[rapid\] OK, passed (\d+) tests`)

// note is why a test was left out, or else how much it stands for.
func (r *report) note(e end) string {
	if e.action == "skip" {
		return r.why(e.name)
	}
	if out := r.output[e.name]; out != nil {
		if found := many.FindStringSubmatch(out.String()); found != nil {
			return found[1] + " random cases"
		}
	}
	within := 0
	for _, c := range r.ends {
		if c.pkg == e.pkg && strings.HasPrefix(c.test, e.test+"/") {
			within++
		}
	}
	switch {
	case within == 0 || !strings.Contains(e.test, "/"):
		return ""
	case within == 1:
		return "1 check"
	}
	return fmt.Sprintf("%d checks", within)
}
