package handlers

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/approvals"
	"es-restore/esops"
)

func parsed(t *testing.T, text string) Command {
	t.Helper()
	c, refusal := Parse(text)
	if refusal != nil {
		t.Fatalf("%s: %s", text, refusal.Error())
	}
	return c
}

func TestCommandsAreReadAsTyped(t *testing.T) {
	t.Parallel()
	two := 2
	for _, c := range []struct {
		text string
		want Command
	}{
		{"", Command{}},
		{"help", Command{Verb: "help", Page: 1}},
		{"HELP Restore", Command{Verb: "help", Help: "restore", Page: 1}},
		{"list --all --page 3", Command{Verb: "list", All: true, Page: 3}},
		{"snapshots es-cn-b repo --match 'a*' --since 7d", Command{Verb: "snapshots", Cluster: "es-cn-b", Repository: "repo", Match: "a*", Since: 7 * 24 * time.Hour, Page: 1}},
		{"status r-7k3m9", Command{Verb: "status", ID: "R-7K3M9", Page: 1}},
		{"restore es-cn-b repo/latest 'logs-*,-logs-old' --as 'restored-$1' --replicas 2 --partial --reason why", Command{Verb: "restore", Cluster: "es-cn-b",
			Repository: "repo", Snapshot: "latest", Indices: "logs-*,-logs-old", Reason: "why", Page: 1, Flags: esops.Flags{As: "restored-$1", Replicas: &two, Partial: true}}},
		// What phones and Slack do to text is undone.
		{"restore es-cn-b repo/latest “logs-*,–logs-old” —as ‘restored-$1’ —reason “why”", Command{Verb: "restore", Cluster: "es-cn-b",
			Repository: "repo", Snapshot: "latest", Indices: "logs-*,-logs-old", Reason: "why", Page: 1, Flags: esops.Flags{As: "restored-$1"}}},
		{"plan es-cn-b repo/latest a&amp;b", Command{Verb: "plan", Cluster: "es-cn-b", Repository: "repo", Snapshot: "latest", Indices: "a&b", Page: 1}},
	} {
		if diff := cmp.Diff(c.want, parsed(t, c.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestAReasonIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	at := "restore es-cn-b repo/latest x "
	for _, c := range []struct{ typed, reason string }{
		{`--reason "ticket 4711"`, "ticket 4711"},
		{`--reason 'it''s'`, "it''s"},
		{`--reason=short`, "short"},
		{`--reason "a &amp; b &lt;c&gt; — “quoted” –d"`, "a &amp; b &lt;c&gt; — “quoted” –d"},
		{`—reason “ends with a dash —”`, "ends with a dash —"},
		{`--reason "a \"quote\" and a \\ in it"`, `a "quote" and a \ in it`},
		{`--reason "--as 'not-$1' --system"`, "--as 'not-$1' --system"},
		{`--reason "not closed --partial`, "not closed --partial"},
		{`--reason „deutsch“`, "deutsch"},
		{`--reason «français»`, "français"},
		{"--reason \"two\nlines\"", "two\nlines"},
	} {
		got := parsed(t, at+c.typed)
		if got.Reason != c.reason {
			t.Errorf("%s: %q", c.typed, got.Reason)
		}
		if got.Flags != (esops.Flags{}) {
			t.Errorf("%s: its words became flags: %+v", c.typed, got.Flags)
		}
	}
	if got := parsed(t, at+`--reason "first" --as 'r-$1'`); got.Flags.As != "r-$1" || got.Reason != "first" {
		t.Errorf("what follows a reason: %+v", got)
	}
}

func TestWhatCannotBeReadSaysWhatToType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, code, wayOut string }{
		{"restroe x", "unknown_verb", "Did you mean restore?"},
		{"help restroe", "unknown_verb", "Did you mean restore?"},
		{"list --al", "unknown_flag", "Did you mean --all?"},
		{"restore es-cn-b", "usage", "/es-restore restore"},
		{"restore es-cn-b repo x --reason y", "usage", "REPOSITORY/SNAPSHOT"},
		{"restore es-cn-b repo/s x", "usage", "--reason"},
		{"restore es-cn-b repo/s '-x' --reason y", "begins_with_exclusion", "Name first what to take"},
		{`show es-cn-b "repo/s`, "usage", "Close it"},
		{"status R-0OIL1", "usage", "status ID"},
		{"clusters please", "usage", "Use: clusters"},
		{"list --page 0", "usage", "list"},
		{"snapshots es-cn-b --since never", "usage", "--since"},
		{"restore es-cn-b repo/s x --replicas 99 --reason y", "usage", "restore"},
	} {
		_, refusal := Parse(c.text)
		if refusal == nil {
			t.Errorf("%s is taken", c.text)
			continue
		}
		if refusal.Code != c.code || !strings.Contains(refusal.WayOut, c.wayOut) {
			t.Errorf("%s: %s, %s", c.text, refusal.Code, refusal.Error())
		}
	}
}

// quotable are words that a listing's page button or a proposal may have to hold.
func quotable() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.OneOf(
		rapid.SampledFrom([]rune(" '\"\\$*?&<>|;()`#~!{}[]“”„«»‘’‚—–=-,./@:é😀\t")),
		rapid.RuneFrom([]rune("abcxyz019._-")),
	), 1, 12, -1)
}

// whole leaves out what would be cut at a slash.
func whole(word string) bool { return !strings.Contains(word, "/") }

// typable leaves out what plain undoes on purpose: typed text can't hold it.
func typable(word string) bool {
	return plain(word) == word && undash(word) == word && !strings.HasPrefix(word, "-") && strings.TrimSpace(word) == word && word != "" && !reasonFlag.MatchString(word)
}

func TestAPageButtonAsksForWhatItWasMadeFrom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		word := func(label string) string { return quotable().Filter(typable).Draw(rt, label) }
		noSlash := func(label string) string { return quotable().Filter(typable).Filter(whole).Draw(rt, label) }
		page := rapid.IntRange(1, 999).Draw(rt, "page")
		c := Command{Page: page}
		switch rapid.SampledFrom([]string{"snapshots", "show", "list", "log"}).Draw(rt, "verb") {
		case "snapshots":
			c.Verb, c.Cluster, c.Repository, c.Match = "snapshots", noSlash("cluster"), noSlash("repository"), word("match")
			c.Since = time.Duration(rapid.IntRange(0, 1000).Draw(rt, "since")) * time.Hour
		case "show":
			c.Verb, c.Cluster, c.Repository, c.Snapshot = "show", noSlash("cluster"), noSlash("repository"), noSlash("snapshot")
			if rapid.Bool().Draw(rt, "named like its repository") {
				c.Repository = c.Cluster
			}
		case "list":
			c.Verb, c.All, c.By, c.Cluster = "list", rapid.Bool().Draw(rt, "all"), word("by"), noSlash("cluster")
			c.Limit = rapid.IntRange(0, 50).Draw(rt, "limit")
		case "log":
			c.Verb, c.ID = "log", approvals.NewID()
		}
		text := commandText(c, page)
		got, refusal := Parse(text)
		if refusal != nil {
			rt.Fatalf("%s: %s", text, refusal.Error())
		}
		if diff := cmp.Diff(c, got); diff != "" {
			rt.Fatalf("%s (-was +is):\n%s", text, diff)
		}
	})
}

func TestAProposedCommandAsksForWhatWasPlanned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		word := func(label string) string { return quotable().Filter(typable).Draw(rt, label) }
		c := Command{Verb: "restore", Cluster: word("cluster"), Repository: quotable().Filter(typable).Filter(whole).Draw(rt, "repository"), Snapshot: word("snapshot"),
			Indices: word("indices"), Reason: "why", Page: 1}
		c.Flags.As = word("as")
		if rapid.Bool().Draw(rt, "replicas") {
			n := rapid.IntRange(0, 20).Draw(rt, "n")
			c.Flags.Replicas = &n
		}
		c.Flags.OverwriteClosed, c.Flags.Partial, c.Flags.System = rapid.Bool().Draw(rt, "overwrite"), rapid.Bool().Draw(rt, "partial"), rapid.Bool().Draw(rt, "system")
		got, refusal := Parse(askFor(c))
		if refusal != nil {
			rt.Fatalf("%s: %s", askFor(c), refusal.Error())
		}
		if diff := cmp.Diff(c, got); diff != "" {
			rt.Fatalf("%s (-was +is):\n%s", askFor(c), diff)
		}
	})
}

// FuzzParse holds the grammar to what must be true of any text.
func FuzzParse(f *testing.F) {
	for _, v := range verbs {
		f.Add(v.example)
		f.Add(v.name + " " + v.usage)
	}
	for _, text := range []string{"", "—", "“", "--reason", "restore --reason", "restore a b/c d --reason “x", "restore a b/c d —reason=«y", "\x00\xff", "'", `"\`, "restore a b/c d --reason \"\\",
		"list --page 99999999999999999999", "help --", "restore -- --reason x", "restore a b/c '$1' --as '$1$2'"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, refusal := Parse(text)
		if refusal != nil {
			if refusal.Code == "" || refusal.Sentence == "" || refusal.WayOut == "" {
				t.Errorf("%q is refused without words: %+v", text, refusal)
			}
			return
		}
		if _, known := verbNamed(c.Verb); !known && c.Verb != "" {
			t.Errorf("%q is the verb %q", text, c.Verb)
		}
		if c.Page < 1 && c.Verb != "" {
			t.Errorf("%q asks for page %d", text, c.Page)
		}
		// Whatever is understood of a reason stands in the text as it is, but for
		// what a backslash kept in straight double quotes.
		if c.Reason != "" && !strings.Contains(text, c.Reason) && !strings.Contains(text, `\`) {
			t.Errorf("%q: the reason %q is not in it", text, c.Reason)
		}
		// Another reason changes nothing but the reason.
		if c.Verb == "restore" && !strings.ContainsAny(text, `"'“”„«»‘’‚\`) && strings.Count(strings.ToLower(text), "reason") == 1 {
			other, refusal := Parse(strings.Replace(text, c.Reason, "another", 1))
			if refusal == nil && other.Reason == "another" {
				other.Reason = c.Reason
				if diff := cmp.Diff(c, other); diff != "" {
					t.Errorf("%q: with another reason:\n%s", text, diff)
				}
			}
		}
		if c.Snapshot != "" && strings.ContainsFunc(c.Repository, unicode.IsControl) && !strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%q: the repository is %q", text, c.Repository)
		}
	})
}
