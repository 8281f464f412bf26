package delivery_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/config"
	"es-restore/esops/elastic"
)

const setup = "docs/setup.md"

// sound fails for a configuration with problems or warnings. Every variable
// that it names is set.
func sound(t *testing.T, name, text string) {
	t.Helper()
	c, err := config.Parse(name, []byte(text), func(string) (string, bool) { return "a-value", true }, os.ReadFile)
	if err != nil {
		t.Fatalf("%v\nin:\n%s", err, text)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("%s is warned of: %v", name, c.Warnings)
	}
}

func TestTheConfigurationsShownAreSound(t *testing.T) {
	sound(t, "config.compose.yml", read(t, "config.compose.yml"))
	sound(t, setup, fenced(t, between(t, setup, "least")))
	clusters := "clusters: [{name: prod-1, url: 'https://a.example'}, {name: dev-1, url: 'https://b.example'}]\n"
	sound(t, "docs/policy.md", clusters+fenced(t, read(t, "docs/policy.md")))
}

func TestTheRoleShownIsTheOneThatCheckAsksFor(t *testing.T) {
	var shown elastic.Role
	if err := json.Unmarshal([]byte(fenced(t, between(t, setup, "role"))), &shown); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(elastic.LeastRole(false), shown); diff != "" {
		t.Errorf("role (-check +%s):\n%s", setup, diff)
	}
	// What the page says of a cluster that is read only: what can be left out.
	shown.Cluster = slices.DeleteFunc(shown.Cluster, func(p string) bool { return p == "cluster:admin/snapshot/restore" })
	last := slices.Index(shown.Indices[0].Privileges, "view_index_metadata")
	shown.Indices[0].Privileges = shown.Indices[0].Privileges[:last+1]
	if diff := cmp.Diff(elastic.LeastRole(true), shown); diff != "" {
		t.Errorf("role of a cluster that is read only (-check +%s):\n%s", setup, diff)
	}
}

func TestEveryMessageOfTheSetupGuideIsOneThatTheProgramSays(t *testing.T) {
	program := source(t, ".", false)
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(between(t, setup, "messages"), -1)
	if len(rows) < 20 {
		t.Errorf("%d messages are explained", len(rows))
	}
	for _, row := range rows {
		if !strings.Contains(program, row[1]) {
			t.Errorf("%s explains %q, which nothing says", setup, row[1])
		}
	}
}

func TestTheMetricsOfTheSetupGuideAreThoseThereAre(t *testing.T) {
	name := regexp.MustCompile(`esrestore_[a-z_]+[a-z]`)
	sorted := func(text string) []string {
		return slices.Compact(slices.Sorted(slices.Values(name.FindAllString(text, -1))))
	}
	if diff := cmp.Diff(sorted(source(t, "internal/telemetry", false)), sorted(read(t, setup))); diff != "" {
		t.Errorf("metrics (-there +%s):\n%s", setup, diff)
	}
}
