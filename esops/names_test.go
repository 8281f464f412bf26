package esops

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMatchTakesTheStarForAnythingAndTheRestForItself(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
	}{
		{"logs-2019", "logs-2019", true},
		{"logs-2019", "logs-2019-a", false},
		{"logs-*", "logs-", true},
		{"logs-*", "log", false},
		{"*", "", true},
		{"*", ".kibana_1", true},
		{"*-2019", "logs-2019", true},
		{"*-2019", "logs-2019-07", false},
		{"l*s*9", "logs-2019", true},
		{"l*s*9", "ls9", true},
		{"a*a", "a", false}, // two letters are asked for
		{"a*ba", "aba", true},
		{"*a*", "bab", true},
		{"**", "x", true},
		{"logs?", "logs1", false},
		{"logs?", "logs?", true},
		{"l.gs", "logs", false},
		{"", "", true},
		{"", "x", false},
	} {
		if got := Match(c.glob, c.name); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.glob, c.name, got)
		}
	}
}

func TestMatchAgreesWithARegularExpression(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		glob := rapid.StringMatching(`[ab.*]{0,8}`).Draw(t, "glob")
		name := rapid.StringMatching(`[ab.]{0,8}`).Draw(t, "name")
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, ".*") + "$"
		if got, want := Match(glob, name), regexp.MustCompile(pattern).MatchString(name); got != want {
			t.Fatalf("Match(%q, %q) = %v", glob, name, got)
		}
	})
}

// story is what the vendor's example snapshot holds.
var story = []string{".kibana_1", ".monitoring-es-6-2019.07.05", "file-2019-08-25", "kibana_sample_data_ecommerce", "kibana_sample_data_logs"}

func TestASelectionReadsTheListAsElasticsearchDoes(t *testing.T) {
	plain := []string{"file-2019-08-25", "kibana_sample_data_ecommerce", "kibana_sample_data_logs"}
	for _, c := range []struct {
		expression string
		system     bool
		want       selection
	}{
		{"file-2019-08-25", false, selection{names: plain[:1]}},
		{" kibana_sample_data_logs , file-2019-08-25 ", false, selection{names: []string{"file-2019-08-25", "kibana_sample_data_logs"}}},
		{"file-2019-08-25,file-2019-08-25", false, selection{names: plain[:1]}},
		{"*", false, selection{names: plain, systemLeft: story[:2]}},
		{"_all", false, selection{names: plain, systemLeft: story[:2]}},
		{"*", true, selection{names: story}},
		{"kibana*", false, selection{names: plain[1:]}},
		{"*,-.monitoring*,-.security*,-.kibana*", false, selection{names: plain, systemLeft: story[:2]}},
		{"*,-.monitoring*,-.security*,-.kibana*", true, selection{names: plain}},
		{"*,-kibana*", false, selection{names: plain[:1], systemLeft: story[:2]}},
		{"kibana*,-*logs", false, selection{names: plain[1:2]}},
		{"kibana*,-*logs,kibana_sample_data_logs", false, selection{names: plain[1:]}}, // left to right
		{"kibana*,-file*", false, selection{names: plain[1:]}},                         // an exclusion may match nothing picked
		{"*,-nosuch*", false, selection{names: plain, systemLeft: story[:2]}},          // or nothing at all
		{"*,-nosuch", false, selection{names: plain, systemLeft: story[:2], missing: []string{"nosuch"}}},
		{"nosuch,file-2019-08-25", false, selection{names: plain[:1], missing: []string{"nosuch"}}},
		{"nosuch*", false, selection{missing: []string{"nosuch*"}}},
		{"FILE-2019-08-25", false, selection{missing: []string{"FILE-2019-08-25"}}},
		{".kibana_1", false, selection{systemSaid: []string{".kibana_1"}}},
		{".kibana_1", true, selection{names: story[:1]}},
		{".k*", false, selection{systemSaid: []string{".k*"}}},
		{".nosuch", true, selection{missing: []string{".nosuch"}}},
		{"*kibana_1", false, selection{systemLeft: story[:1]}},
		{"-file*", false, selection{exclusion: true}},
		{" -* , file-2019-08-25", false, selection{exclusion: true}},
		{",,-*", false, selection{exclusion: true}},
	} {
		got := selectIndices(c.expression, story, c.system)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(selection{})); diff != "" {
			t.Errorf("%q, system %v: %s", c.expression, c.system, diff)
		}
	}
}

func TestAnExistingNameWinsOverItsSign(t *testing.T) {
	have := []string{"-a", "a", "b"}
	for expression, want := range map[string][]string{
		"-a":     {"-a"},
		"*,-a":   {"-a", "a", "b"},
		"*,-b":   {"-a", "a"},
		"-a,-a":  {"-a"},
		"b,-a,a": {"-a", "a", "b"},
	} {
		if diff := cmp.Diff(want, selectIndices(expression, have, false).names); diff != "" {
			t.Errorf("%q: %s", expression, diff)
		}
	}
}

func TestAnEmptyListIsNeverEverything(t *testing.T) {
	for _, expression := range []string{"", " ", ",", " , ,", "-*", "-*,-.*", "*,-*", "nosuch*", "nosuch", "-file-2019-08-25"} {
		for _, system := range []bool{false, true} {
			if s := selectIndices(expression, story, system); len(s.names) != 0 {
				t.Errorf("%q, system %v picks %v", expression, system, s.names)
			}
		}
	}
}

// picked is selectIndices told the other way round: the last part that is about
// a name decides.
func picked(expression string, have []string, system bool) (names []string) {
	var parts []string
	for _, part := range strings.Split(expression, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) > 0 && strings.HasPrefix(parts[0], "-") && !slices.Contains(have, parts[0]) {
		return nil
	}
	for _, name := range have {
		if strings.HasPrefix(name, ".") && !system {
			continue
		}
		for _, part := range slices.Backward(parts) {
			taken := true
			if !slices.Contains(have, part) && strings.HasPrefix(part, "-") {
				part, taken = part[1:], false
			}
			if part == "_all" {
				part = "*"
			}
			if taken && strings.HasPrefix(part, ".") && !system {
				continue // refused, so it picks nothing
			}
			if regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(part), `\*`, ".*") + "$").MatchString(name) {
				if taken {
					names = append(names, name)
				}
				break
			}
		}
	}
	return names
}

func TestASelectionIsWhatTheLastWordAboutEachNameSays(t *testing.T) {
	name := rapid.StringMatching(`[.-]?[ab]{1,3}`)
	part := rapid.OneOf(name, rapid.StringMatching(`-?\.?[ab*]{1,3}`), rapid.SampledFrom([]string{"*", "_all", "", " ", "-*", ".*", "-.*"}))
	rapid.Check(t, func(t *rapid.T) {
		have := rapid.SliceOfNDistinct(name, 0, 6, rapid.ID).Draw(t, "have")
		expression := strings.Join(rapid.SliceOfN(part, 0, 5).Draw(t, "parts"), ",")
		system := rapid.Bool().Draw(t, "system")
		got := selectIndices(expression, have, system)
		if diff := cmp.Diff(picked(expression, have, system), got.names); diff != "" {
			t.Fatalf("%q of %q: %s", expression, have, diff)
		}
		for _, n := range append(slices.Clone(got.names), got.systemLeft...) {
			if !slices.Contains(have, n) {
				t.Fatalf("%q is not in the snapshot", n)
			}
			if strings.HasPrefix(n, ".") && !system && slices.Contains(got.names, n) {
				t.Fatalf("%q was picked without leave", n)
			}
		}
	})
}

func TestNearestKnowsWhatWasProbablyMeant(t *testing.T) {
	for _, c := range []struct {
		name string
		want []string
	}{
		{"file-2019-08-26", []string{"file-2019-08-25"}},
		{"FILE-2019-08-25", []string{"file-2019-08-25"}},
		{"kibana_sample_data_log", []string{"kibana_sample_data_logs", "kibana_sample_data_ecommerce"}},
		{"*ecommerce", []string{"kibana_sample_data_ecommerce"}},
		{"ecommerce", []string{"kibana_sample_data_ecommerce"}},
		{"payments", nil},
		{"", nil},
		{"*", nil},
	} {
		if diff := cmp.Diff(c.want, Nearest(c.name, story)); diff != "" {
			t.Errorf("%q: %s", c.name, diff)
		}
	}
	if got := Nearest("a", []string{"a1", "a2", "a3", "a4"}); len(got) != 3 {
		t.Errorf("%d suggestions: %v", len(got), got)
	}
	if diff := cmp.Diff([]string{"logs-1", "logs-12", "logs-123"}, Nearest("logs-1", []string{"logs-123", "logs-12", "logs-1"})); diff != "" {
		t.Errorf("the best is not first: %s", diff)
	}
}

func TestRenamePutsTheWholeNameInPlace(t *testing.T) {
	for _, c := range []struct{ template, name, want string }{
		{"", "logs", "logs"},
		{"restored-$1", "logs", "restored-logs"},
		{"$1-$1", "logs", "logs-logs"},
		{"same", "logs", "same"},
		{"a-$1", "$1", "a-$1"}, // what the name holds is not read again
		{"$10", "logs", "logs0"},
	} {
		if got := Rename(c.template, c.name); got != c.want {
			t.Errorf("Rename(%q, %q) = %q", c.template, c.name, got)
		}
	}
}

// java replaces the whole of name as java.util.regex.Matcher does with the
// pattern ^(.+)$, or fails.
func java(template, name string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		switch c := template[i]; {
		case c == '\\':
			i++
			if i == len(template) {
				return "", false
			}
			b.WriteByte(template[i])
		case c == '$':
			i++
			if i == len(template) || template[i] < '0' || template[i] > '1' {
				return "", false // no digit, or no such group
			}
			b.WriteString(name) // group 0 is the whole match, and so is group 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

func TestATemplateThatIsTakenMeansTheSameToElasticsearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"$1", "$", "0", "1", "2", `\`, "a", "-", "{", "$0"}), 1, 6).Draw(t, "template"), "")
		name := rapid.StringMatching(`[a$1]{1,4}`).Draw(t, "name")
		if checkTemplate(template) != nil {
			return
		}
		if got, ok := java(template, name); !ok || got != Rename(template, name) {
			t.Fatalf("%q makes %q of %q, and Elasticsearch %q", template, Rename(template, name), name, got)
		}
	})
}

func TestATemplateWithForeignSyntaxIsRefused(t *testing.T) {
	for _, template := range []string{"$", "$2", "$0", "a$$1", "$$11", `\$1`, `a\`, "${name}", "r-$1-$x"} {
		refusal := checkTemplate(template)
		if refusal == nil || refusal.Code != "bad_rename" || !strings.Contains(refusal.WayOut, "'restored-$1'") {
			t.Errorf("%q: %v", template, refusal)
		}
	}
	for _, template := range []string{"", "same", "$1", "restored-$1", "$1$1", "$10"} {
		if refusal := checkTemplate(template); refusal != nil {
			t.Errorf("%q: %v", template, refusal)
		}
	}
}

func TestIllegalNamesAreTold(t *testing.T) {
	for name, why := range map[string]string{
		"": "empty", ".": ". or ..", "..": ". or ..", "UP-logs": "lower-case", "Ä": "lower-case",
		"_a": "begin", "-a": "begin", "+a": "begin", strings.Repeat("a", 256): "255 bytes", strings.Repeat("é", 128): "255 bytes",
		"a b": "hold any of", "a,b": "hold any of", "a*": "hold any of", `a\b`: "hold any of", "a/b": "hold any of", "a?": "hold any of",
		`a"b`: "hold any of", "a<b": "hold any of", "a>b": "hold any of", "a|b": "hold any of", "a#b": "hold any of", "a:b": "hold any of",
		"a\tb": "control", "a\u00a0b": "control", "a\x00": "control",
	} {
		if got := illegalName(name); !strings.Contains(got, why) || got == "" {
			t.Errorf("%q: %q, want %q", name, got, why)
		}
	}
	for _, name := range []string{"a", ".a", "a-_+.b", "é", strings.Repeat("a", 255), "a%b", "a$b"} {
		if got := illegalName(name); got != "" {
			t.Errorf("%q: %s", name, got)
		}
	}
}
