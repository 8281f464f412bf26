package matrix_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/escontract/story"
	"es-restore/internal/esnode"
	"es-restore/internal/esnode/esnodetest"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// A pair is es-cn-a of one version, which owns the snapshots, and es-cn-b of another,
// which reads them.
type pair struct {
	*rig.Clusters
	from, to      string
	owner, reader *story.Cluster
	// folder is where both may have repositories.
	folder string
}

// An act is something that people do with a pair, as a company of its own.
type act struct {
	name string
	play func(*testing.T, *pair)
}

// always are the pairs that every run with real nodes makes.
var always = []string{"6.7.0 to 6.7.0", "7.10.2 to 8.17.0", "7.10.2 to 6.7.0"}

func named(from, to string) string { return from + " to " + to }

// start starts a pair, tells it the story, and leaves it out where it was not asked
// for. An owner that can gets an index of several document types, too.
func start(t *testing.T, from, to string) *pair {
	t.Helper()
	esnodetest.Need(t, from, to)
	if !slices.Contains(always, named(from, to)) && os.Getenv("ESRESTORE_MATRIX") != "1" {
		t.Skip("left out: set ESRESTORE_MATRIX=1 to restore between all pairs of versions")
	}
	folder := t.TempDir()
	a := esnodetest.Start(t, esnode.Options{Version: from, Name: "es-cn-a", Repos: []string{folder}})
	b := esnodetest.Start(t, esnode.Options{Version: to, Name: "es-cn-b", Repos: []string{folder}})
	folder = a.Repos()[0]
	p := &pair{
		from: from, to: to, owner: rig.At(a.URL()), reader: rig.At(b.URL()), folder: folder,
		Clusters: &rig.Clusters{Owner: a.URL(), Reader: b.URL(), NodeReader: b, Location: filepath.Join(folder, "es-cn-a")},
	}
	o := story.Options{Owner: a.URL(), Reader: b.URL(), Location: p.Location}
	if err := story.Seed(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if p.typed() {
		do(t, p.owner, "PUT", "/"+typed+"/invoice/1?refresh=true", map[string]any{"total": 100})
		do(t, p.owner, "PUT", "/"+typed+"/reminder/1?refresh=true", map[string]any{"level": 2})
	}
	if err := story.Snap(t.Context(), o, story.Snapshot); err != nil {
		t.Fatal(err)
	}
	if err := story.Share(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return p
}

// typed is an index of several document types, which only 5.x makes.
const typed = "many-types"

func (p *pair) typed() bool { return strings.HasPrefix(p.from, "5.") }

// company is a bot with people around it, on the pair's clusters.
func (p *pair) company(t *testing.T) *rig.Rig {
	t.Helper()
	r := rig.New(t, rig.Options{Clusters: p.Clusters})
	r.Start()
	return r
}

func TestEveryPairOfVersionsRestoresInEveryWayAndTakesItBack(t *testing.T) {
	for _, v := range [][2]string{
		{"6.7.0", "6.7.0"}, {"5.6.16", "6.7.0"}, {"6.8.23", "7.10.2"}, {"7.10.2", "7.17.28"}, {"7.17.28", "8.17.0"},
		{"7.10.2", "8.17.0"},
	} {
		t.Run(named(v[0], v[1]), func(t *testing.T) {
			p := start(t, v[0], v[1])
			acts := []act{
				{"under its own name", ownName},
				{"beside what is there", beside},
				{"beside, and an alias swapped", swapped},
				{"with a file cut short", cutShort},
				{"from a repository that vanishes", vanishing},
				{"from a repository over a wrong path", wrongPath},
				{"what changed since the approval", changed},
			}
			if p.typed() {
				acts = append(acts, act{"an index of several types", severalTypes})
			}
			for _, a := range acts {
				t.Run(a.name, func(t *testing.T) {
					t.Parallel() // each has names of its own
					a.play(t, p)
				})
			}
		})
	}
}

func ownName(t *testing.T, p *pair) {
	r := p.company(t)
	says(t, r.Answer(rig.Anna, "clusters", 1), p.from, p.to)
	card := r.Ask(rig.Anna, story.FileIndex+` --reason "own name"`)
	approve(r, card)
	says(t, verified(r, card, story.FileIndex), "250 documents")
	p.same(t, story.FileIndex, story.FileIndex)
}

func beside(t *testing.T, p *pair) {
	r := p.company(t)
	do(t, p.reader, "PUT", "/"+story.EcommerceIndex, nil)
	before := p.uuid(t, story.EcommerceIndex)
	arguments := story.EcommerceIndex + `,` + story.FileIndex
	says(t, r.Answer(rig.Anna, "plan es-cn-b "+rig.Repository+"/"+rig.Snapshot+" "+story.EcommerceIndex, 2), "open index "+story.EcommerceIndex, "--as 'restored-$1'")
	card := r.Ask(rig.Anna, arguments+` --as 'beside-$1' --replicas 0 --reason "beside"`)
	approve(r, card)
	verified(r, card, story.EcommerceIndex, story.FileIndex)
	p.same(t, story.EcommerceIndex, "beside-"+story.EcommerceIndex)
	p.same(t, story.FileIndex, "beside-"+story.FileIndex)
	if p.uuid(t, story.EcommerceIndex) != before {
		t.Error("the index that was there is another one now")
	}
}

func swapped(t *testing.T, p *pair) {
	r := p.company(t)
	do(t, p.reader, "PUT", "/files-before", map[string]any{"aliases": map[string]any{"files": map[string]any{}}})
	card := r.Ask(rig.Anna, story.FileIndex+` --as 'swapped-$1' --swap files --reason "go back a day"`)
	says(t, card.AllText(), "The alias files moves from files-before to swapped-"+story.FileIndex)
	approve(r, card)
	verified(r, card, story.FileIndex)
	p.same(t, story.FileIndex, "files")
	undo := follow(r, card, "undo")
	says(t, undo.AllText(), "The alias files goes back")
	confirm(r, undo)
	r.Becomes(undo, "succeeded")
	if diff := cmp.Diff([]string{"files-before"}, p.behind(t, "files")); diff != "" {
		t.Error(diff)
	}
	if p.uuid(t, "swapped-"+story.FileIndex) != "" {
		t.Error("what it made is still there")
	}
}

func severalTypes(t *testing.T, p *pair) {
	r := p.company(t)
	card := r.Ask(rig.Anna, typed+` --reason "two types"`)
	says(t, card.AllText(), "Warning", typed+" holds several document types (invoice, reminder)", "Reindex it into one index per type")
	approve(r, card)
	says(t, verified(r, card, typed), "2 documents")
	p.same(t, typed, typed)
	var mapping map[string]struct{ Mappings map[string]any }
	ask(t, p.reader, "/"+typed+"/_mapping", &mapping)
	if types := mapping[typed].Mappings; len(types) != 2 {
		t.Errorf("it has the types %v", types)
	}
}

func TestPairsOfVersionsThatDoNotFitAreRefusedWithTheReasonAndAWayOut(t *testing.T) {
	for _, c := range []struct {
		from, to string
		// what everything that reads the repository is told, unless it is readable
		reading      []string
		refusal, way string
	}{
		{"7.10.2", "6.7.0", []string{"written by a newer Elasticsearch than es-cn-b's", "Use it from a cluster of at least that version"},
			"written by a newer Elasticsearch than es-cn-b's", "Use it from a cluster of at least that version"},
		{"5.6.16", "7.10.2", nil, "made by Elasticsearch 5.6.16, and 7.10.2 reads indices of 6.x and 7.x only", "Restore it to a 6.x cluster, reindex there"},
	} {
		t.Run(named(c.from, c.to), func(t *testing.T) {
			p := start(t, c.from, c.to)
			r := p.company(t)
			for text, answers := range map[string]int{"snapshots es-cn-b " + rig.Repository: 1, "show es-cn-b " + rig.Repository + "/" + rig.Snapshot: 1} {
				got := r.Answer(rig.Anna, text, answers)
				if c.reading == nil {
					says(t, got, rig.Snapshot)
				}
				says(t, got, c.reading...)
			}
			for _, snapshot := range []string{rig.Snapshot, "latest"} {
				at := " es-cn-b " + rig.Repository + "/" + snapshot + " " + story.FileIndex
				for _, text := range []string{"plan" + at, "restore" + at + ` --reason "no"`, "restore" + at + ` --as 'beside-$1' --reason "no"`} {
					got := r.Answer(rig.Anna, text, 2)
					says(t, got, c.refusal, c.way)
					for _, raw := range []string{"exception", "FIELD_NAME", "{"} {
						if strings.Contains(got, raw) {
							t.Errorf("%s is answered in Elasticsearch's words:\n%s", text, got)
						}
					}
				}
			}
			if n := len(r.Slack.Messages(rig.Channel)); n > 0 {
				t.Errorf("somebody was asked\n%s", r.Dump())
			}
		})
	}
}

// What people do.

func approve(r *rig.Rig, card slacksim.Message) {
	r.T.Helper()
	says(r.T, r.Told(rig.Ben, card, "approve"), "Recorded")
}

// confirm approves what removes something: the destination's name is typed.
func confirm(r *rig.Rig, card slacksim.Message) {
	r.T.Helper()
	r.Click(rig.Ben, card, "approve")
	if result := r.Submit(rig.Ben, slacksim.Values{"confirm": "es-cn-b"}); result.Action != "closed" {
		r.T.Fatalf("not approved: %+v", result)
	}
}

// follow clicks a button of a finished card and returns the new card.
func follow(r *rig.Rig, card slacksim.Message, action string) slacksim.Message {
	r.T.Helper()
	before := len(r.Slack.Messages(rig.Channel))
	r.Click(rig.Anna, r.Now(card), action)
	r.Until("the card that follows", func() bool { return len(r.Slack.Messages(rig.Channel)) > before })
	return r.Slack.Messages(rig.Channel)[before]
}

// open types a restore and returns its card.
func open(r *rig.Rig, text string) slacksim.Message {
	r.T.Helper()
	before := len(r.Slack.Messages(rig.Channel))
	r.Type(rig.Anna, rig.Channel, "restore es-cn-b "+text)
	r.Until("the card of "+text, func() bool { return len(r.Slack.Messages(rig.Channel)) > before })
	return r.Slack.Messages(rig.Channel)[before]
}

// verified waits for the end, which must be a verified one.
func verified(r *rig.Rig, card slacksim.Message, indices ...string) string {
	r.T.Helper()
	text := r.Becomes(card, "succeeded").AllText()
	says(r.T, text, "Verified yes")
	for _, index := range indices {
		says(r.T, text, "the source has as many documents in "+index)
	}
	return text
}

func says(t testing.TB, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in:\n%s", w, got)
		}
	}
}

// What clusters say.

func do(t testing.TB, c *story.Cluster, method, path string, body any) {
	t.Helper()
	if err := c.Do(t.Context(), method, path, body, nil); err != nil {
		t.Fatal(err)
	}
}

func ask(t testing.TB, c *story.Cluster, path string, out any) {
	t.Helper()
	if err := c.Do(t.Context(), "GET", path, nil, out); err != nil {
		t.Fatal(err)
	}
}

// same holds what is counted of a target against the source.
func (p *pair) same(t *testing.T, source, target string) {
	t.Helper()
	var from, to struct{ Count int }
	ask(t, p.owner, "/"+source+"/_count", &from)
	ask(t, p.reader, "/"+target+"/_count", &to)
	if from.Count != to.Count || to.Count == 0 {
		t.Errorf("%s has %d documents, %s %d", source, from.Count, target, to.Count)
	}
}

// uuid is that of an index of the reader, or empty.
func (p *pair) uuid(t *testing.T, index string) string {
	t.Helper()
	var rows []struct{ Index, UUID string }
	ask(t, p.reader, "/_cat/indices?format=json&h=index,uuid", &rows)
	for _, row := range rows {
		if row.Index == index {
			return row.UUID
		}
	}
	return ""
}

// behind are the indices of an alias of the reader.
func (p *pair) behind(t *testing.T, alias string) []string {
	t.Helper()
	var rows []struct{ Index string }
	ask(t, p.reader, "/_cat/aliases/"+alias+"?format=json", &rows)
	var indices []string
	for _, row := range rows {
		indices = append(indices, row.Index)
	}
	return indices
}
