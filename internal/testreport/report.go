package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// An event is one line of `go test -json`. Lines that are none, such as what the
// compiler says, are kept as output of no test.
type event struct {
	Time       time.Time
	Action     string
	Package    string
	ImportPath string // of what could not be built
	Test       string
	Elapsed    float64
	Output     string
}

type name struct{ pkg, test string }

func (n name) String() string {
	if n.test == "" {
		return n.pkg
	}
	return n.pkg + " " + n.test
}

type result struct {
	name
	action  string
	elapsed float64
}

// A report is what came of a run.
type report struct {
	allowed []string // reasons to be skipped that are always right
	output  map[name]*strings.Builder
	began   map[name]time.Time
	ends    []end // of tests alone, in their order
	tests   []result
	failed  []result // tests, and packages that could not be built or ended badly
	skipped []result
}

func newReport() *report {
	return &report{output: map[name]*strings.Builder{}, began: map[name]time.Time{}}
}

// read takes in a run and passes its output on.
func (r *report) read(in *bufio.Reader, output io.Writer) error {
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			if err := r.line(line, output); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the run: %w", err)
		}
	}
}

func (r *report) line(line string, output io.Writer) error {
	e := event{}
	if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		e = event{Action: "output", Output: line}
	}
	of := name{cmp.Or(e.Package, e.ImportPath), e.Test}
	switch e.Action {
	case "output", "build-output":
		if r.output[of] == nil {
			r.output[of] = &strings.Builder{}
		}
		r.output[of].WriteString(e.Output)
		if _, err := io.WriteString(output, e.Output); err != nil {
			return fmt.Errorf("writing the tests' output: %w", err)
		}
	case "run":
		r.began[of] = e.Time
	case "pass", "fail", "skip", "build-fail":
		if e.Test != "" {
			r.ends = append(r.ends, end{name: of, action: e.Action, took: e.Time.Sub(r.began[of])})
		}
		r.ended(result{name: of, action: e.Action, elapsed: e.Elapsed})
	}
	return nil
}

func (r *report) ended(one result) {
	switch {
	case one.action == "build-fail", one.action == "fail" && one.test == "" && !r.failedIn(one.pkg):
		r.failed = append(r.failed, one)
	case one.test == "":
		return // a package is what its tests are
	case one.action == "fail":
		r.failed = append(r.failed, one)
		r.tests = append(r.tests, one)
	case one.action == "skip":
		r.skipped = append(r.skipped, one)
	default:
		r.tests = append(r.tests, one)
	}
}

// failedIn reports whether something of a package has failed already.
func (r *report) failedIn(pkg string) bool {
	return slices.ContainsFunc(r.failed, func(f result) bool { return f.pkg == pkg })
}

// place is what `go test` puts before the words of a log line.
var place = regexp.MustCompile(`^[\w./-]+\.go:\d+: `)

// why is the reason a test gave for being skipped.
func (r *report) why(n name) string {
	if r.output[n] == nil {
		return ""
	}
	for line := range strings.Lines(r.output[n].String()) {
		line = strings.TrimSpace(line)
		if found := place.FindString(line); found != "" {
			return strings.TrimPrefix(line, found)
		}
	}
	return ""
}

// holes are the tests that were skipped for no reason that is right.
func (r *report) holes() []result {
	return slices.DeleteFunc(slices.Clone(r.skipped), func(s result) bool {
		return slices.Contains(r.allowed, r.why(s.name))
	})
}

func (r *report) good() bool { return len(r.failed) == 0 && len(r.holes()) == 0 && r.passed() > 0 }

func (r *report) passed() int {
	n := 0
	for _, t := range r.tests {
		if t.action == "pass" {
			n++
		}
	}
	return n
}

// Bounds of what is told.
const (
	slowest   = 8
	linesTold = 30
)

// String tells all of it. The last line is the numbers.
func (r *report) String() string {
	var b strings.Builder
	for _, f := range r.failed {
		fmt.Fprintf(&b, "FAILED %s\n%s", f.name, r.tail(f.name))
	}
	reasons := map[string]int{}
	for _, s := range r.skipped {
		reasons[r.why(s.name)]++
	}
	for _, s := range r.holes() {
		fmt.Fprintf(&b, "LEFT OUT %s: %s\n", s.name, cmp.Or(r.why(s.name), "it does not say why"))
		delete(reasons, r.why(s.name))
	}
	for _, why := range sorted(reasons) {
		fmt.Fprintf(&b, "skipped %d, rightly: %s\n", reasons[why], why)
	}
	top := slices.DeleteFunc(slices.Clone(r.tests), func(t result) bool { return strings.Contains(t.test, "/") || t.elapsed < 1 })
	slices.SortStableFunc(top, func(a, c result) int { return cmp.Compare(c.elapsed, a.elapsed) })
	for _, t := range top[:min(len(top), slowest)] {
		fmt.Fprintf(&b, "%6.1f s  %s\n", t.elapsed, t.name)
	}
	failed := 0
	for _, f := range r.failed {
		if f.test != "" {
			failed++
		}
	}
	if broken := len(r.failed) - failed; broken > 0 {
		fmt.Fprintf(&b, "packages that could not be built or ended badly: %d\n", broken)
	}
	fmt.Fprintf(&b, "tests: %d passed, %d failed, %d skipped\n", r.passed(), failed, len(r.skipped))
	return b.String()
}

// tail is the end of what a test said.
func (r *report) tail(n name) string {
	if r.output[n] == nil {
		return ""
	}
	lines := strings.SplitAfter(r.output[n].String(), "\n")
	return strings.Join(lines[max(0, len(lines)-linesTold):], "")
}

func sorted(reasons map[string]int) []string {
	var all []string
	for why := range reasons {
		all = append(all, why)
	}
	slices.Sort(all)
	return all
}
