package matrix_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"es-restore/internal/escontract/story"
	"es-restore/internal/rig"
)

// cutShort truncates a file of one index: that one fails and is explained, the other
// one is whole, and once the file is mended a retry brings what failed.
func cutShort(t *testing.T, p *pair) {
	r := p.company(t)
	blob := p.blob(t, story.LogsIndex)
	whole, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(blob, int64(len(whole)/2)); err != nil {
		t.Fatal(err)
	}
	card := r.Ask(rig.Anna, story.FileIndex+`,`+story.LogsIndex+` --as 'cut-$1' --reason "both"`)
	approve(r, card)
	says(t, r.Becomes(card, "failed").AllText(), "1 of 3 primary shards could not be restored (cut-"+story.LogsIndex+")",
		"a file in the repository is damaged", "The other 1 index is whole")
	p.same(t, story.FileIndex, "cut-"+story.FileIndex)

	if err := os.WriteFile(blob, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	before := p.uuid(t, "cut-"+story.FileIndex)
	retry := follow(r, card, "retry")
	says(t, retry.AllText(), "cut-"+story.LogsIndex+", which an earlier operation made and which did not come whole, is removed first")
	confirm(r, retry)
	verified(r, retry, story.LogsIndex)
	p.same(t, story.LogsIndex, "cut-"+story.LogsIndex)
	if p.uuid(t, "cut-"+story.FileIndex) != before {
		t.Error("what was whole was restored again")
	}
}

// blob is the largest file that the story's repository holds of an index.
func (p *pair) blob(t *testing.T, index string) string {
	t.Helper()
	lists, err := filepath.Glob(filepath.Join(p.Location, "index-*"))
	if err != nil || len(lists) == 0 {
		t.Fatalf("no list in %s: %v", p.Location, err)
	}
	newest := slices.MaxFunc(lists, func(a, b string) int { return number(t, a) - number(t, b) })
	text, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Indices map[string]struct{ ID string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatalf("%s: %v", newest, err)
	}
	blobs, err := filepath.Glob(filepath.Join(p.Location, "indices", list.Indices[index].ID, "*", "__*"))
	if err != nil || len(blobs) == 0 {
		t.Fatalf("no file of %s: %v", index, err)
	}
	return slices.MaxFunc(blobs, func(a, b string) int { return size(t, a) - size(t, b) })
}

func number(t *testing.T, list string) int {
	t.Helper()
	var n int
	if _, err := fmt.Sscanf(filepath.Base(list), "index-%d", &n); err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	return n
}

func size(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// vanishing takes the folder of a repository away while the second of two shards has
// not begun.
func vanishing(t *testing.T, p *pair) {
	r := p.company(t)
	location := p.shelf(t, "vanishing", map[string]any{"max_restore_bytes_per_sec": "4kb"}, story.EcommerceIndex, story.FileIndex)
	one := map[string]any{"persistent": map[string]any{"cluster.routing.allocation.node_initial_primaries_recoveries": 1}}
	do(t, p.reader, "PUT", "/_cluster/settings", one)
	card := open(r, `vanishing/s1 `+story.EcommerceIndex+`,`+story.FileIndex+` --as 'vanishing-$1' --reason "slowly"`)
	approve(r, card)
	r.Thread(card, "accepted")
	if err := os.Rename(location, location+"-elsewhere"); err != nil {
		t.Fatal(err)
	}
	says(t, r.Becomes(card, "failed").AllText(), "primary shards could not be restored", "a file is gone from the repository", "Elasticsearch never resumes failed shards")
}

// wrongPath registers a repository where nothing is.
func wrongPath(t *testing.T, p *pair) {
	r := p.company(t)
	wrong := map[string]any{"type": "fs", "settings": map[string]any{"location": filepath.Join(p.folder, "nowhere"), "readonly": true}}
	do(t, p.reader, "PUT", "/_snapshot/wrong?verify=false", wrong)
	listed := r.Answer(rig.Anna, "snapshots es-cn-b wrong", 1)
	asked := r.Answer(rig.Anna, "restore es-cn-b wrong/latest "+story.FileIndex+` --reason "where is it"`, 2)
	if p.to == "7.10.2" { // which notices
		says(t, listed, "es-cn-b can't use the repository", "Check the repository's registration")
		says(t, asked, "es-cn-b can't use the repository", "Check the repository's registration")
		return
	}
	says(t, listed, "wrong holds no snapshot", "registered over a wrong path")
	says(t, asked, "wrong holds no snapshot at all", "registered over a wrong path")
}

// changed remakes a snapshot, and makes an index in the place of a target, when both
// restores are approved and neither has begun.
func changed(t *testing.T, p *pair) {
	r := rig.New(t, rig.Options{Clusters: p.Clusters})
	held := r.Writer(true)
	r.Start()
	p.shelf(t, "remade", nil, story.FileIndex)
	remade := open(r, `remade/s1 `+story.FileIndex+` --as 'remade-$1' --reason "remade"`)
	taken := r.Ask(rig.Anna, story.FileIndex+` --as 'taken-$1' --reason "taken"`)
	approve(r, remade)
	approve(r, taken)
	do(t, p.owner, "DELETE", "/_snapshot/remade/s1", nil)
	p.snap(t, "remade", story.FileIndex)
	do(t, p.reader, "PUT", "/taken-"+story.FileIndex, nil)
	before := p.uuid(t, "taken-"+story.FileIndex)
	held.Release()
	says(t, r.Becomes(remade, "failed").AllText(), "snapshot s1 was made anew under its name", "Nothing was changed", "Plan it again")
	says(t, r.Becomes(taken, "failed").AllText(), "an open index taken-"+story.FileIndex+" already; Elasticsearch would refuse. Nothing was changed", "Plan it again")
	if p.uuid(t, "remade-"+story.FileIndex) != "" || p.uuid(t, "taken-"+story.FileIndex) != before {
		t.Error("something was restored")
	}
}

// shelf is a repository of its own, shared with the reader, with s1 of some indices.
func (p *pair) shelf(t *testing.T, name string, limits map[string]any, indices ...string) (location string) {
	t.Helper()
	location = filepath.Join(p.folder, name)
	if err := p.owner.Register(t.Context(), name, map[string]any{"location": location}); err != nil {
		t.Fatal(err)
	}
	p.snap(t, name, indices...)
	settings := map[string]any{"location": location, "readonly": true}
	for k, v := range limits {
		settings[k] = v
	}
	if err := p.reader.Register(t.Context(), name, settings); err != nil {
		t.Fatal(err)
	}
	return location
}

func (p *pair) snap(t *testing.T, repository string, indices ...string) {
	t.Helper()
	do(t, p.owner, "PUT", "/_snapshot/"+repository+"/s1?wait_for_completion=true",
		map[string]any{"indices": strings.Join(indices, ","), "include_global_state": false})
}
