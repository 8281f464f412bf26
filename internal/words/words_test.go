package words_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/words.md")

const (
	root = "../.."
	page = root + "/docs/words.md"
)

// A saying is one text with what tells it apart.
type saying struct{ kind, code, sentence, wayOut, at string }

// spoken finds what the sources have people read.
func spoken(t *testing.T) []saying {
	t.Helper()
	var all []saying
	for _, dir := range []string{"approvals", "esops", "handlers", "aliyun", "worker"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := sayingOf(n); ok {
					at := files.Position(n.Pos())
					s.at = fmt.Sprintf("%s:%d", strings.TrimPrefix(at.Filename, root+"/"), at.Line)
					all = append(all, s)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func sayingOf(n ast.Node) (saying, bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		kind := map[string]string{"Refuse": "refusal", "block": "blocking", "warn": "warning", "note": "note"}[called(n.Fun)]
		switch {
		case kind == "note" && len(n.Args) >= 2 && text(n.Args[1]) != "":
			return saying{kind: kind, code: text(n.Args[0]), sentence: text(n.Args[1])}, true
		case kind != "" && kind != "note" && len(n.Args) >= 3 && text(n.Args[2]) != "":
			return saying{kind: kind, code: text(n.Args[0]), wayOut: orDots(n.Args[1]), sentence: text(n.Args[2])}, true
		}
	case *ast.CompositeLit:
		switch kind := called(n.Type); kind {
		case "Finding", "Refusal":
			s := saying{kind: strings.ToLower(kind)}
			for _, e := range n.Elts {
				pair, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				switch called(pair.Key) {
				case "Code":
					s.code = text(pair.Value)
				case "Sentence":
					s.sentence = text(pair.Value)
				case "WayOut":
					s.wayOut = orDots(pair.Value)
				case "Severity":
					s.kind = strings.ToLower(called(pair.Value))
				}
			}
			return s, s.code != "" && s.sentence != ""
		case "happening":
			if len(n.Elts) == 2 && text(n.Elts[0]) != "" {
				return saying{kind: "happening", code: text(n.Elts[0]), sentence: text(n.Elts[1])}, true
			}
		}
	}
	return saying{}, false
}

// called is the last word of a name.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

var verbs = regexp.MustCompile(`%[+#]?[-0-9.]*[a-zA-Z]`)

// text is what an expression says, with … for what is put into it.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if said, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return verbs.ReplaceAllString(said, "…")
		}
	case *ast.BinaryExpr:
		left, right := text(e.X), text(e.Y)
		switch {
		case left == "" && right == "":
			return ""
		case left == "":
			left = "…"
		case right == "":
			right = "…"
		}
		return left + right
	case *ast.CallExpr:
		if called(e.Fun) == "Sprintf" && len(e.Args) > 0 {
			return text(e.Args[0])
		}
	case *ast.Ident:
		if name, ok := strings.CutPrefix(e.Name, "code"); ok && name != "" { // a constant for a code
			return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(name, "${1}_$2"))
		}
	}
	return ""
}

// orDots is the text, or … for one that is made elsewhere.
func orDots(e ast.Expr) string {
	if _, literal := e.(*ast.BasicLit); !literal && text(e) == "" {
		return "…"
	}
	return text(e)
}

const head = `# Words

Every refusal, finding and happening that people read, as the sources say it: … stands
for a name, a number or a time. The code is what records hold and what a translation goes
by. This page is written by ` + "`go test ./internal/words -update`" + `, and held to the sources by the
same test, which also holds them to how they are written: whole sentences, short, without
blame, and a way out for whatever forbids a plan.
`

// written is the page.
func written(all []saying) string {
	titles := map[string]string{
		"refusal": "Refusals", "blocking": "Findings that forbid a plan", "warning": "Findings that need approval",
		"note": "Notes", "happening": "What happened, in the thread",
	}
	var b strings.Builder
	b.WriteString(head)
	for _, kind := range []string{"refusal", "blocking", "warning", "note", "happening"} {
		fmt.Fprintf(&b, "\n## %s\n\n| code | what is said | what to do |\n|---|---|---|\n", titles[kind])
		var rows []string
		for _, s := range all {
			if s.kind == kind {
				cell := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }
				rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", s.code, cell(s.sentence), cell(s.wayOut)))
			}
		}
		slices.Sort(rows)
		for _, row := range slices.Compact(rows) {
			b.WriteString(row)
		}
	}
	return b.String()
}

func TestThePageHasEveryWordThatPeopleRead(t *testing.T) {
	all := spoken(t)
	if len(all) < 150 {
		t.Fatalf("only %d sayings are found", len(all))
	}
	if *update {
		if err := os.WriteFile(page, []byte(written(all)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil || string(have) != written(all) {
		t.Errorf("docs/words.md is not what the sources say (%v); write it with -update, and read it", err)
	}
}

// What is never said: blame, shouting, false courtesy, or what helps nobody.
var never = regexp.MustCompile(`(?i)!|\b(please|sorry|oops|invalid|illegal argument|you must|you failed|your fault|unknown error)\b`)

func TestWhatPeopleReadIsOneVoice(t *testing.T) {
	for _, s := range spoken(t) {
		if s.kind == "happening" {
			continue // words within a sentence
		}
		for _, said := range []string{s.sentence, s.wayOut} {
			if bad := never.FindString(said); bad != "" {
				t.Errorf("%s: %s says %q: %q", s.at, s.code, bad, said)
			}
			if len(said) > 400 {
				t.Errorf("%s: %s is %d characters long", s.at, s.code, len(said))
			}
		}
		first, last := []rune(s.sentence)[0], s.sentence[len(s.sentence)-1]
		if strings.ToUpper(string(first)) != string(first) && !strings.HasPrefix(s.sentence, "es-restore") && !strings.HasPrefix(s.sentence, "latest") {
			t.Errorf("%s: %s begins small: %q", s.at, s.code, s.sentence)
		}
		if !strings.ContainsRune(".:", rune(last)) && !strings.HasSuffix(s.sentence, "…") {
			t.Errorf("%s: %s is no whole sentence: %q", s.at, s.code, s.sentence)
		}
		if s.kind == "blocking" && s.wayOut == "" {
			t.Errorf("%s: %s leaves no way out: %q", s.at, s.code, s.sentence)
		}
	}
}
