// Command testreport reads what `go test -json` writes and tells what came of it:
// how many tests passed, failed and were skipped, why each one was skipped, and
// which took longest.
//
// It fails when a test failed, when none ran, and when one was skipped for a reason
// that is not on the list of those that are always right: in a run that asks for
// everything, a test that is left out is a hole. It can write a page with what came
// of each test. Start at report.go.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	allowed := flag.String("skips", "", "a file with the reasons that may be skipped for, one a line, # begins a comment")
	table := flag.String("table", "", "a page that is written with what came of each test")
	commit := flag.String("commit", "", "what was tested, for that page")
	log := flag.String("log", "", "where the tests' own output goes")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *allowed, *log, page{path: *table, commit: *commit}); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1) //nolint:forbidigo // this is a program of its own
	}
}

func run(in io.Reader, out io.Writer, allowed, log string, table page) error {
	r := newReport()
	if allowed != "" {
		text, err := os.ReadFile(allowed)
		if err != nil {
			return fmt.Errorf("reading the reasons that are right: %w", err)
		}
		r.allowed = reasons(string(text))
	}
	output := io.Discard
	if log != "" {
		f, err := os.Create(log)
		if err != nil {
			return fmt.Errorf("writing the tests' output: %w", err)
		}
		defer func() { _ = f.Close() }()
		output = f
	}
	if err := r.read(bufio.NewReader(in), output); err != nil {
		return err
	}
	if _, err := io.WriteString(out, r.String()); err != nil {
		return err
	}
	if table.path != "" {
		if err := os.WriteFile(table.path, []byte(r.page(table.commit, time.Now())), 0o644); err != nil {
			return fmt.Errorf("writing the page: %w", err)
		}
	}
	if !r.good() {
		return errors.New("not all is well")
	}
	return nil
}

// reasons reads a list of them.
func reasons(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}
