package manifest_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"es-restore/handlers"
)

const file = "../../manifest.yml"

// allowed are the bot scopes that the program has a use for.
var allowed = []string{"channels:read", "chat:write", "commands", "files:write", "groups:read", "usergroups:read", "users:read"}

// optional are those without which the program lacks no more than a flag.
var optional = []string{"files:write"}

// handled are the events that the program handles, in handlers/socket.go.
var handled = []string{"app_home_opened"}

// used are the features that the program has a use for.
var used = []string{"app_home", "bot_user", "slash_commands"}

// A manifest is the part of the file that these tests are about.
type manifest struct {
	Features map[string]any `json:"features"`
	OAuth    struct {
		Scopes map[string][]string `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			Bot  []string `json:"bot_events"`
			User []string `json:"user_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool `json:"is_enabled"`
		} `json:"interactivity"`
		OrgDeploy     bool `json:"org_deploy_enabled"`
		SocketMode    bool `json:"socket_mode_enabled"`
		TokenRotation bool `json:"token_rotation_enabled"`
	} `json:"settings"`
}

func read(t *testing.T) (manifest, map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	var all map[string]any
	for _, into := range []any{&m, &all} {
		if err := json.Unmarshal(encoded, into); err != nil {
			t.Fatal(err)
		}
	}
	return m, all
}

// schema is Slack's.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(pattern)
	if err := c.AddResource("manifest.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// notBefore is how the schema forbids a domain to begin with a dot or a dash,
// which Go's expressions can't say.
const notBefore = `^(?![\.\-])`

// A domain is an expression that begins with notBefore.
type domain struct{ *regexp.Regexp }

func (d domain) MatchString(text string) bool {
	return !strings.HasPrefix(text, ".") && !strings.HasPrefix(text, "-") && d.Regexp.MatchString(text)
}

func pattern(text string) (jsonschema.Regexp, error) {
	if rest, ok := strings.CutPrefix(text, notBefore); ok {
		compiled, err := regexp.Compile("^" + rest)
		return domain{compiled}, err
	}
	return regexp.Compile(text)
}

func TestSlackTakesTheManifest(t *testing.T) {
	_, all := read(t)
	if err := schema(t).Validate(all); err != nil {
		t.Error(err)
	}
}

func TestTheSchemaRefusesAManifestThatSlackWould(t *testing.T) {
	at := func(all map[string]any, keys ...string) map[string]any {
		for _, key := range keys {
			all, _ = all[key].(map[string]any)
		}
		return all
	}
	for name, spoil := range map[string]func(map[string]any){
		"an unknown key":             func(m map[string]any) { at(m, "settings")["socket_mode"] = true },
		"no name":                    func(m map[string]any) { delete(at(m, "display_information"), "name") },
		"a name of 36 characters":    func(m map[string]any) { at(m, "display_information")["name"] = strings.Repeat("x", 36) },
		"no word on interactivity":   func(m map[string]any) { delete(at(m, "settings", "interactivity"), "is_enabled") },
		"a command without a slash":  func(m map[string]any) { command(m)["command"] = "es-restore" },
		"a description of no length": func(m map[string]any) { command(m)["description"] = "" },
	} {
		t.Run(name, func(t *testing.T) {
			_, all := read(t)
			spoil(all)
			if schema(t).Validate(all) == nil {
				t.Error("the schema takes it")
			}
		})
	}
}

func command(all map[string]any) map[string]any {
	features, _ := all["features"].(map[string]any)
	commands, _ := features["slash_commands"].([]any)
	first, _ := commands[0].(map[string]any)
	return first
}

func TestTheManifestAsksForNothingThatIsNotUsed(t *testing.T) {
	m, _ := read(t)
	if diff := cmp.Diff(allowed, slices.Sorted(slices.Values(m.OAuth.Scopes["bot"]))); diff != "" {
		t.Errorf("bot scopes (-used +asked for):\n%s", diff)
	}
	if diff := cmp.Diff(optional, m.OAuth.Scopes["bot_optional"]); diff != "" {
		t.Errorf("optional scopes (-used +asked for):\n%s", diff)
	}
	if len(m.OAuth.Scopes) != 2 {
		t.Errorf("scopes of other tokens than the bot's: %v", m.OAuth.Scopes)
	}
	if diff := cmp.Diff(handled, slices.Concat(m.Settings.Events.Bot, m.Settings.Events.User)); diff != "" {
		t.Errorf("events (-handled +subscribed):\n%s", diff)
	}
	if diff := cmp.Diff(used, slices.Sorted(maps.Keys(m.Features))); diff != "" {
		t.Errorf("features (-used +asked for):\n%s", diff)
	}
	if m.Settings.OrgDeploy || m.Settings.TokenRotation {
		t.Error("the program does not deal with org-wide tokens or with tokens that change")
	}
}

func TestTheManifestNeedsNoAddressThatSlackReaches(t *testing.T) {
	m, _ := read(t)
	if !m.Settings.SocketMode {
		t.Error("Socket Mode is off")
	}
	if !m.Settings.Interactivity.Enabled {
		t.Error("interactivity is off: Slack would never deliver a click")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?m)^\s*-?\s*(url|request_url|redirect_urls|message_menu_options_url):`).Find(text); found != nil {
		t.Errorf("it has %q", found)
	}
}

func TestTheCommandsHintNamesVerbsThatExist(t *testing.T) {
	_, all := read(t)
	c := command(all)
	if c["command"] != "/es-restore" || c["should_escape"] != false {
		t.Errorf("command %v, should_escape %v", c["command"], c["should_escape"])
	}
	hint, _ := c["usage_hint"].(string)
	for _, part := range strings.Split(hint, " | ") {
		verb, _, _ := strings.Cut(part, " ")
		if _, refusal := handlers.Parse("help " + verb); refusal != nil {
			t.Errorf("%s: %v", verb, refusal)
		}
	}
}

func TestEveryScopeHasItsReasonInTheSetupGuide(t *testing.T) {
	m, _ := read(t)
	text, err := os.ReadFile("../../docs/setup.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- scopes -->")
	table, _, found := strings.Cut(rest, "<!-- /scopes -->")
	if !found {
		t.Fatal("docs/setup.md has no table between <!-- scopes --> and <!-- /scopes -->")
	}
	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z:.]+)` \\| (.{20,}) \\|$").FindAllStringSubmatch(table, -1) {
		explained = append(explained, row[1])
	}
	if diff := cmp.Diff(m.OAuth.Scopes["bot"], explained); diff != "" {
		t.Errorf("scopes (-manifest +docs/setup.md):\n%s", diff)
	}
}
