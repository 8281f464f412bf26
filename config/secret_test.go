package config

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// canary is a secret that no message may hold; its beginning neither.
const (
	canary  = "c4nary-S3cret"
	feather = "c4na"
)

func leaks(text string) bool { return strings.Contains(text, feather) }

func TestASecretReadsSecretHoweverItIsPrinted(t *testing.T) {
	type holder struct {
		Public  Secret
		private Secret
	}
	secret := NewSecret(canary)
	held := holder{secret, secret}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "held", held)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "held", held, "list", []Secret{secret})
	inJSON, err := json.Marshal(map[string]any{"a": secret, "b": held, "c": &secret})
	inYAML, err2 := yaml.Marshal(map[string]any{"a": secret, "b": held.Public})
	inXML, err3 := xml.Marshal(secret)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	printed := []string{log.String(), string(inJSON), string(inYAML), string(inXML), cmp.Diff(secret, NewSecret("other"))}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T", "%100s"} {
		for _, value := range []any{secret, &secret, held, &held, []Secret{secret}, map[string]Secret{"a": secret}, struct{ h holder }{held}} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
	}
	for _, text := range printed {
		if leaks(text) || strings.Contains(text, fmt.Sprintf("%x", feather)) {
			t.Errorf("it is seen in: %s", text)
		}
	}
	if got := fmt.Sprint(secret, Secret{}); got != "[secret] [secret]" {
		t.Errorf("it prints as %s", got)
	}
	if secret.Reveal() != canary {
		t.Error("it is not revealed when asked for")
	}
}

func TestSecretsCompareByTheirValues(t *testing.T) {
	switch {
	case !NewSecret("a").Equal(NewSecret("a")), NewSecret("a").Equal(NewSecret("b")), NewSecret("a").Equal(Secret{}):
		t.Error("they compare otherwise")
	case !NewSecret("").IsZero(), !NewSecret("").Equal(Secret{}), NewSecret("a").IsZero():
		t.Error("an empty one is not as if none was given")
	}
}

// say is all that a reading says, with an environment and files full of secrets.
func say(text string) string {
	config, err := Parse("config.yml", []byte(text),
		func(string) (string, bool) { return canary, true },
		func(string) ([]byte, error) { return []byte(canary + "\n" + canary), nil })
	said := fmt.Sprintf("%v %+v %#v", err, config, config)
	var problems *Problems
	if errors.As(err, &problems) {
		said += fmt.Sprintf("%+v", problems.List)
	}
	if config != nil {
		said += fmt.Sprint(config.Warnings, config.Slack, &config.Redis, config.Clusters)
	}
	return said
}

func TestASecretInTheWrongPlaceIsNotRepeated(t *testing.T) {
	for section, known := range keys {
		for _, key := range append(slices.Clone(known), "unknown", canary) {
			for _, value := range []string{
				canary, `"` + canary + `"`, "[" + canary + "]", "{" + canary + ": x}", "{env: " + canary + "}", "{file: " + canary + "}",
				"{env: " + feather + "}", "{env: [" + canary + "]}", "{env: X, " + canary + ": x}", "&" + canary + " x", "*" + canary, "!" + canary + " x",
				"redis://:" + canary + "@host/0", "https://u:" + canary + "@host:1", "https://u:" + canary + "%zz@host", canary + "://x",
				"group:" + canary, "host:" + canary, canary + ":1", "http://host/?" + canary, canary + "\n- " + canary,
			} {
				text := value
				for _, step := range slices.Backward(strings.FieldsFunc(strings.ReplaceAll(join(section, key), "[]", ".[]"), func(r rune) bool { return r == '.' })) {
					if step == "[]" {
						text = "[" + text + "]"
					} else {
						text = "{" + step + ": " + text + "}"
					}
				}
				if said := sayProblems(text); leaks(said) {
					t.Errorf("%s\nis answered with: %s", text, said)
				}
			}
		}
	}
}

// sayProblems leaves out the values of a sound file, in which a text that is no
// secret may stand.
func sayProblems(text string) string {
	if _, err := parseText(text); err != nil {
		return err.Error()
	}
	return ""
}

const secretive = `slack:
  bot_token: CANARY
  app_token: 'CANARY'
redis:
  url: redis://r:1
  username: u
  password: |
    CANARY
clusters:
- {name: dev, url: http://e:1, api_key: CANARY}
- name: b
  url: http://f:1
  username: u
  password: "CANARY"
policies:
- name: all
  require: [{count: 1, from: [group:S0]}]
`

func TestABrokenFileDoesNotShowTheSecretsAroundTheBreak(t *testing.T) {
	text := strings.ReplaceAll(secretive, "CANARY", canary)
	if _, err := parseText(text); err != nil || leaks(say(text)) {
		t.Fatalf("the file is not as this test needs it: %v", err)
	}
	for i := range len(text) {
		broken := []string{text[:i], text[:i] + text[i+1:]}
		for _, insert := range []string{"'", `"`, ": ", "\t", "\n", "{", "]", "- ", "&", "*", "!", "\\", "@", "#", "|", "? ", "<<: ", "---\n", "%", "\x00", "\xff"} {
			broken = append(broken, text[:i]+insert+text[i:])
		}
		for _, b := range broken {
			if said := say(b); leaks(said) {
				t.Fatalf("broken at byte %d:\n%s\nis answered with: %s", i, b, said)
			}
		}
	}
}
