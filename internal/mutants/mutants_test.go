package main

import (
	"cmp"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The lists are of the tree as it is: each guard stands once where it is said to, what
// replaces it can be read as Go, and its test is there.
func TestEveryGuardStandsOnceAndHasItsTest(t *testing.T) {
	t.Chdir("../..")
	seen := map[string]bool{}
	for _, m := range mutants() {
		if seen[m.Guarantee+m.Guard] {
			t.Errorf("twice: %s", m)
		}
		seen[m.Guarantee+m.Guard] = true
		text, err := m.mutated()
		if err != nil {
			t.Errorf("%s: %v", m, err)
			continue
		}
		if m.Text == m.Instead || strings.HasSuffix(m.File, "_test.go") {
			t.Errorf("it removes no guard: %s", m)
		}
		if strings.HasSuffix(m.File, ".go") {
			if _, err := parser.ParseFile(token.NewFileSet(), m.File, text, 0); err != nil {
				t.Errorf("%s: what is left can't be read: %v", m, err)
			}
		}
		if !strings.Contains(tests(t, m.Package), "\nfunc "+m.Test+"(") {
			t.Errorf("there is no such test: %s in %s", m, m.Package)
		}
	}
}

// tests is the text of a package's tests.
func tests(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

func TestEveryGuaranteeHasGuards(t *testing.T) {
	count := map[string]int{}
	for _, m := range mutants() {
		count[m.Guarantee]++
	}
	for _, g := range []string{"G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10", "G11", "G12", ""} {
		if count[g] < 2 {
			t.Errorf("%q has %d", g, count[g])
		}
		delete(count, g)
	}
	for g := range count {
		t.Errorf("there is no guarantee %s", g)
	}
}

var update = flag.Bool("update", false, "write the tables of docs/guarantees.md anew")

// docs/guarantees.md lists the guards of each guarantee as they are here.
func TestThePageOfTheGuaranteesListsTheGuards(t *testing.T) {
	const page = "../../docs/guarantees.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range mutants() {
		rows[m.Guarantee] += fmt.Sprintf("| %s | `%s` |\n", m.Guard, m.Test)
	}
	is := string(text)
	for g, table := range rows {
		mark := "guards " + cmp.Or(g, "beside")
		before, rest, found := strings.Cut(is, "<!-- "+mark+" -->\n")
		_, after, ended := strings.Cut(rest, "<!-- /"+mark+" -->")
		if !found || !ended {
			t.Fatalf("%s has no place for the guards of %q", page, g)
		}
		is = before + "<!-- " + mark + " -->\n\n| without this guard | fails |\n|---|---|\n" + table + "\n<!-- /" + mark + " -->" + after
	}
	if is == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s lists other guards than are here; write it anew with: go test ./internal/mutants -update", page)
	}
	if err := os.WriteFile(page, []byte(is), 0o644); err != nil { //nolint:gosec // a page for everybody
		t.Fatal(err)
	}
}
