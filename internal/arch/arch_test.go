package arch_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "es-restore/"
	page   = root + "/docs/architecture.md"
)

// A row is what the page says of one package.
type row struct {
	name    string
	job     string
	imports []string // package paths under the module, and modules of others
	all     bool     // it may import everything
}

// rows reads the table between <!-- name --> and <!-- /name -->.
func rows(t *testing.T, name string) []row {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- "+name+" -->")
	table, _, found := strings.Cut(rest, "<!-- /"+name+" -->")
	if !found {
		t.Fatalf("%s has no table between <!-- %s --> and <!-- /%s -->", page, name, name)
	}
	var all []row
	quoted := regexp.MustCompile("`([^`]+)`")
	for _, line := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+?) \\| (.+) \\|$").FindAllStringSubmatch(table, -1) {
		r := row{name: line[1], job: line[2], all: line[3] == "everything"}
		for _, path := range quoted.FindAllStringSubmatch(line[3], -1) {
			r.imports = append(r.imports, path[1])
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		t.Fatalf("the table %q of %s has no rows", name, page)
	}
	return all
}

// A listed package is one as `go list` knows it.
type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func (l listed) name() string { return strings.TrimPrefix(l.ImportPath, module) }

// packages lists the module's packages.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...")
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var one listed
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, one)
	}
}

// foreign reports whether an import is neither of the module nor of the standard
// library, whose paths have no dot in their first element.
func foreign(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// allows reports whether a row lets its package import path.
func (r row) allows(path string) bool {
	if own, ok := strings.CutPrefix(path, module); ok {
		return r.all || slices.Contains(r.imports, own)
	}
	return r.all || !foreign(path) || slices.ContainsFunc(r.imports, func(may string) bool {
		return path == may || strings.HasPrefix(path, may+"/")
	})
}

func find(all []row, name string) (row, bool) {
	at := slices.IndexFunc(all, func(r row) bool { return r.name == name })
	if at < 0 {
		return row{}, false
	}
	return all[at], true
}

func TestThePageNamesEveryPackageAndNoOther(t *testing.T) {
	page := append(rows(t, "packages"), rows(t, "support")...)
	var names []string
	for _, p := range packages(t) {
		names = append(names, p.name())
		if _, ok := find(page, p.name()); !ok {
			t.Errorf("%s is not in docs/architecture.md: give it a row", p.name())
		}
	}
	seen := map[string]bool{}
	for _, r := range page {
		if !slices.Contains(names, r.name) {
			t.Errorf("docs/architecture.md has a row for %s, and there is no such package", r.name)
		}
		if seen[r.name] {
			t.Errorf("docs/architecture.md has two rows for %s", r.name)
		}
		seen[r.name] = true
	}
}

func TestPackagesImportWhatThePageAllows(t *testing.T) {
	page := append(rows(t, "packages"), rows(t, "support")...)
	for _, p := range packages(t) {
		r, ok := find(page, p.name())
		if !ok {
			continue // said by another test
		}
		for _, path := range p.Imports {
			if !r.allows(path) {
				t.Errorf("%s imports %s, which its row in docs/architecture.md does not allow", r.name, path)
			}
		}
	}
}

func TestImportsPointInward(t *testing.T) {
	program := rows(t, "packages")
	for i, r := range program {
		for _, path := range r.imports {
			if foreign(path) {
				continue
			}
			if at := slices.IndexFunc(program, func(r row) bool { return r.name == path }); at <= i {
				t.Errorf("%s may import %s, which does not stand below it", r.name, path)
			}
		}
	}
	support := rows(t, "support")
	for _, p := range packages(t) {
		if _, ours := find(program, p.name()); !ours {
			continue
		}
		for _, path := range p.Imports {
			if _, test := find(support, strings.TrimPrefix(path, module)); test {
				t.Errorf("%s is part of the program and imports %s, which is for tests", p.name(), path)
			}
		}
	}
}

// A row that allows what nothing imports any more lets it come back unseen.
func TestThePageAllowsNothingThatIsNotImported(t *testing.T) {
	page := append(rows(t, "packages"), rows(t, "support")...)
	for _, p := range packages(t) {
		r, _ := find(page, p.name())
		for _, may := range r.imports {
			used := slices.ContainsFunc(p.Imports, func(path string) bool {
				return path == module+may || path == may || strings.HasPrefix(path, may+"/")
			})
			if !used {
				t.Errorf("docs/architecture.md allows %s to import %s, which it does not: take that out", r.name, may)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		name := p.name()[strings.LastIndex(p.name(), "/")+1:]
		if !strings.HasPrefix(p.Doc, "Package "+name+" ") && !strings.HasPrefix(p.Doc, "Command "+name+" ") {
			t.Errorf("%s has no comment that begins with \"Package %s\"", p.name(), name)
		}
	}
}

// A rule that no code could break would be no rule.
func TestARowAllowsWhatItNamesOnly(t *testing.T) {
	r := row{name: "handlers", imports: []string{"approvals", "github.com/slack-go/slack"}}
	for path, want := range map[string]bool{
		"fmt":                                  true,
		"net/http":                             true,
		"es-restore/approvals":                 true,
		"es-restore/esops/elastic":             false,
		"es-restore/store":                     false,
		"github.com/slack-go/slack":            true,
		"github.com/slack-go/slack/socketmode": true,
		"github.com/slack-go/slackish":         false,
		"github.com/redis/go-redis/v9":         false,
	} {
		if got := r.allows(path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
