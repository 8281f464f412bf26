package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/google/go-cmp/cmp"
)

const exampleFile = "../config.example.yml"

// loadExample loads it with every variable it names set.
func loadExample(t *testing.T) (*Config, string) {
	t.Helper()
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`\{env: (\w+)\}`).FindAllStringSubmatch(string(data), -1) {
		t.Setenv(name[1], "value-of-"+name[1])
	}
	config, err := Load(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return config, string(data)
}

func TestTheExampleIsSound(t *testing.T) {
	config, _ := loadExample(t)
	if len(config.Warnings) > 0 {
		t.Errorf("it is warned of: %v", config.Warnings)
	}
	var names []string
	for _, rule := range config.Policies {
		names = append(names, rule.Name)
	}
	want := []string{"production", "what overwrites or deletes data needs two", "on call helps itself with small things", "everything else"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
}

func TestTheExampleShowsEveryKeyThatIsKnownAndNoOther(t *testing.T) {
	_, text := loadExample(t)
	shown := regexp.MustCompile(`(?m)^( *)#([a-z_]+:)`).ReplaceAllString(text, "$1$2")
	file, err := parser.ParseBytes([]byte(shown), 0)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	collect(got, "", file.Docs[0].Body)
	for section, want := range keys {
		slices.Sort(got[section])
		want = slices.Sorted(slices.Values(want))
		if diff := cmp.Diff(want, slices.Compact(got[section])); diff != "" {
			t.Errorf("section %q (-known +shown):\n%s", section, diff)
		}
	}
}

// collect notes the keys of every section.
func collect(found map[string][]string, path string, value ast.Node) {
	switch v := value.(type) {
	case *ast.MappingNode:
		for _, pair := range v.Values {
			key := keyText(pair.Key)
			found[path] = append(found[path], key)
			collect(found, join(path, key), pair.Value)
		}
	case *ast.SequenceNode:
		for _, entry := range v.Values {
			collect(found, path+"[]", entry)
		}
	}
}

func TestEveryPathOfTheExampleStandsOnItsLine(t *testing.T) {
	config, text := loadExample(t)
	lines := strings.Split(text, "\n")
	seen := 0
	for path, line := range config.lines {
		key := path[strings.LastIndex(path, ".")+1:]
		if path == "" || strings.HasSuffix(key, "]") {
			continue
		}
		seen++
		if !strings.Contains(lines[line-1], key+":") {
			t.Errorf("%s is not on line %d: %s", path, line, lines[line-1])
		}
	}
	if seen < 50 {
		t.Errorf("only %d paths", seen)
	}
}

// A key without a value might mean none, all or the default, so it is refused,
// and that tells as well whether a known key is read at all.
func TestEveryKnownKeyIsReadAndRefusedWithoutAValue(t *testing.T) {
	lenient := []string{"slack", "redis", "http", "aliyun"}
	for section, known := range keys {
		for _, key := range known {
			path := join(section, key)
			if slices.Contains(lenient, path) {
				continue
			}
			text := "null"
			steps := regexp.MustCompile(`\[\]|\w+`).FindAllString(path, -1)
			for _, step := range slices.Backward(steps) {
				if step == "[]" {
					text = "[" + text + "]"
				} else {
					text = "{" + step + ": " + text + "}"
				}
			}
			_, err := parseText(text)
			want := strings.ReplaceAll(path, "[]", "[0]") + ": " + nothing
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in:\n%v", text, want, err)
			}
		}
	}
}
