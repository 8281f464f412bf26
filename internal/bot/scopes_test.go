package bot

import (
	"os"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func TestTheManifestAsksForTheScopesThatCheckWants(t *testing.T) {
	text, err := os.ReadFile("../../manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		OAuth struct {
			Scopes struct {
				Bot      []string
				Optional []string `yaml:"bot_optional"`
			}
		} `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	asked := slices.DeleteFunc(manifest.OAuth.Scopes.Bot, func(s string) bool {
		return slices.Contains(manifest.OAuth.Scopes.Optional, s)
	})
	if diff := cmp.Diff(slices.Sorted(slices.Values(scopes)), slices.Sorted(slices.Values(asked))); diff != "" {
		t.Errorf("scopes (-check +manifest.yml):\n%s", diff)
	}
}
