package elastic_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/esops"
	"es-restore/esops/elastic"
)

// segments reads the path of a request line as a server does: cut at its
// slashes, then decoded, a plus being a space as up to 6.x.
func segments(t rapid.TB, line string) []string {
	path, query, _ := strings.Cut(strings.Fields(line)[1], "?")
	if strings.ContainsAny(query, "#") {
		t.Fatalf("%s: the query is cut", line)
	}
	var decoded []string
	for _, part := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		plain, err := url.QueryUnescape(part)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		decoded = append(decoded, plain)
	}
	return decoded
}

// calls are all that put a name into a path: what is asked, and the segments
// that are meant.
var calls = []struct {
	name string
	ask  func(ctx context.Context, c *elastic.Client, a, b string) error
	want func(a, b string) []string
}{
	{"listing", func(ctx context.Context, c *elastic.Client, a, _ string) error {
		_, err := c.Snapshots(ctx, a)
		return err
	},
		func(a, _ string) []string { return []string{"_snapshot", a, "_all"} }},
	{"details", func(ctx context.Context, c *elastic.Client, a, b string) error {
		_, err := c.Snapshots(ctx, a, b)
		return err
	},
		func(a, b string) []string { return []string{"_snapshot", a, b} }},
	{"sizes", func(ctx context.Context, c *elastic.Client, a, b string) error {
		_, err := c.Sizes(ctx, a, b)
		return err
	},
		func(a, b string) []string { return []string{"_snapshot", a, b, "_status"} }},
	{"restoring", func(ctx context.Context, c *elastic.Client, a, b string) error { return c.Restore(ctx, body(), a, b) },
		func(a, b string) []string { return []string{"_snapshot", a, b, "_restore"} }},
	{"counting", func(ctx context.Context, c *elastic.Client, a, _ string) error { _, err := c.Count(ctx, a); return err },
		func(a, _ string) []string { return []string{a, "_count"} }},
	{"looking", func(ctx context.Context, c *elastic.Client, a, _ string) error {
		_, err := c.State(ctx, []string{a})
		return err
	},
		func(a, _ string) []string {
			return []string{"_cluster", "state", "blocks,customs,nodes,metadata,routing_table", a}
		}},
	{"following", func(ctx context.Context, c *elastic.Client, a, _ string) error {
		_, err := c.Recoveries(ctx, []string{a})
		return err
	},
		func(a, _ string) []string { return []string{a, "_recovery"} }},
	{"settling", func(ctx context.Context, c *elastic.Client, a, _ string) error { return c.ClearMarker(ctx, a) },
		func(a, _ string) []string { return []string{a, "_settings"} }},
	{"removing", func(ctx context.Context, c *elastic.Client, a, _ string) error { return c.Delete(ctx, a) },
		func(a, _ string) []string { return []string{a} }},
}

func TestANameNeverChangesTheRequest(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{"accepted":true}`}}
	c := client(t, playing(t, s))
	odd := rapid.SampledFrom([]string{"?", "#", "/", "%", " ", "+", "&", "=", ";", ":", "@", "..", ".", "%2F", "%2e", "é", "日本", "\u2028", "$", "'", "!", "~", "_", "-", "*", ",", "\x7f", "\t"})
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(odd, rapid.StringMatching(`[a-z0-9]{1,3}`)), 1, 5).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(rt *rapid.T) {
		a, b := name.Draw(rt, "a"), name.Draw(rt, "b")
		call := rapid.SampledFrom(calls).Draw(rt, "call")
		before := len(s.lines())
		err := call.ask(t.Context(), c, a, b)
		for _, line := range s.lines()[before:] {
			want := call.want(a, b)
			got := segments(rt, line)
			if got[0] == "_cluster" && len(got) == 3 { // no name could be asked for
				want = []string{"_cluster", "state", "blocks,customs,nodes"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("%s %q %q: %s", call.name, a, b, diff)
			}
		}
		if err == nil && len(s.lines())-before > 1 {
			rt.Fatalf("%s %q %q: %d requests", call.name, a, b, len(s.lines())-before)
		}
	})
}

func TestANameNeverStandsForMore(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{"accepted":true}`}}
	c := client(t, playing(t, s))
	for _, call := range calls {
		for _, wide := range []string{"*", "logs-*", "_all", "a,b", ",", "", ".", "..", "_current"} {
			before := len(s.lines())
			err := call.ask(t.Context(), c, wide, wide)
			for _, line := range s.lines()[before:] {
				if slices.Contains(segments(t, line), wide) && call.name != "restoring" && wide != "_current" {
					t.Errorf("%s %q asks %s: %v", call.name, wide, line, err)
				}
			}
		}
	}
	// A POST reads its names as they are, so Elasticsearch itself refuses these.
	for _, empty := range [][2]string{{"", "s"}, {"r", ""}, {".", "s"}, {"r", ".."}} {
		before := len(s.lines())
		if err := c.Restore(t.Context(), body(), empty[0], empty[1]); class(err) != "illegal_name" || len(s.lines()) != before {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestRepositoriesAreAskedForOneByOne(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{"snapshots":[{"snapshot":"of another"}]}`}}
	c := client(t, playing(t, s))
	for _, name := range []string{"*", "a*", "_all", "a,b"} {
		if got, err := c.Snapshots(t.Context(), name); class(err) != "no_such_repository" || len(got) > 0 {
			t.Errorf("%q: %v %v", name, got, err)
		}
		if got, err := c.Snapshots(t.Context(), name, "s"); class(err) != "no_such_repository" || len(got) > 0 {
			t.Errorf("%q: %v %v", name, got, err)
		}
	}
	for _, name := range []string{"_current", "*", "a*", "a,b", "-a"} {
		if got, err := c.Snapshots(t.Context(), "r", name); err != nil || len(got) > 0 {
			t.Errorf("%q: %v %v", name, got, err)
		}
		if _, err := c.Sizes(t.Context(), "r", name); class(err) != "no_such_snapshot" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := s.lines(); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

func TestAPathBeforeTheClusterIsKept(t *testing.T) {
	s := &script{answers: map[string]string{"*": `{}`}}
	c := client(t, playing(t, s)+"/es/")
	if _, err := c.Snapshots(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Cluster(t.Context())
	if got := s.lines(); !strings.HasPrefix(got[0], "GET /es/_snapshot/r/_all?") || got[1] != "GET /es/ HTTP/1.1" {
		t.Errorf("%q", got)
	}
}

var _ esops.Reader = (*elastic.Client)(nil)
