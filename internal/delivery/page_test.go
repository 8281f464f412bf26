package delivery_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// read returns a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// between returns what a page holds between <!-- mark --> and <!-- /mark -->.
func between(t *testing.T, path, mark string) string {
	t.Helper()
	_, rest, _ := strings.Cut(read(t, path), "<!-- "+mark+" -->")
	inner, _, found := strings.Cut(rest, "<!-- /"+mark+" -->")
	if !found || strings.TrimSpace(inner) == "" {
		t.Fatalf("%s has nothing between <!-- %s --> and <!-- /%s -->", path, mark, mark)
	}
	return inner
}

// fenced returns the first block between ``` lines.
func fenced(t *testing.T, text string) string {
	t.Helper()
	block := regexp.MustCompile("(?s)```[a-z]*\n(.*?)```").FindStringSubmatch(text)
	if block == nil {
		t.Fatalf("there is no fenced block in:\n%s", text)
	}
	return block[1]
}

// pages are all pages for people.
func pages(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
	for _, path := range all {
		names = append(names, "docs/"+filepath.Base(path))
	}
	return names
}

// source is the text of every Go file of the repository that matches.
func source(t *testing.T, under string, tests bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(filepath.Join(root, under), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && strings.HasSuffix(path, "_test.go") == tests {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.Write(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
