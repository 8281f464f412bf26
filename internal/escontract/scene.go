package escontract

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The names that checks use for their repositories and snapshot.
const (
	own    = "own"    // the owner's repository
	shared = "shared" // the same, as the reader sees it, read-only
	snap   = "s1"
)

// index is an index that a check needs.
type index struct {
	name    string
	shards  int
	docs    int
	bulky   bool // documents of a kilobyte that cannot be compressed
	aliases []string
	more    obj // further settings
}

// create makes an index and fills it.
func (c *Cluster) create(t *testing.T, ix index) {
	t.Helper()
	settings := obj{"index.number_of_shards": max(ix.shards, 1), "index.number_of_replicas": 0}
	for k, v := range ix.more {
		settings[k] = v
	}
	mapping := obj{"properties": obj{"n": obj{"type": "long"}, "blob": obj{"type": "keyword", "index": false, "doc_values": false}}}
	if c.pair.major() < 7 {
		mapping = obj{"doc": mapping}
	}
	aliases := obj{}
	for _, a := range ix.aliases {
		aliases[a] = obj{}
	}
	c.do(t, "PUT", "/"+ix.name, obj{"settings": settings, "mappings": mapping, "aliases": aliases}).ok(t)
	c.write(t, ix.name, 0, ix.docs, ix.bulky)
}

// write adds documents with the ids first to first+count-1.
func (c *Cluster) write(t *testing.T, name string, first, count int, bulky bool) {
	t.Helper()
	if count == 0 {
		return
	}
	var b strings.Builder
	for i := first; i < first+count; i++ {
		head := obj{"_index": name, "_id": fmt.Sprint(i)}
		if c.pair.major() < 7 {
			head["_type"] = "doc"
		}
		doc := obj{"n": i}
		if bulky {
			var blob []byte
			for j := range 24 {
				sum := sha256.Sum256([]byte(fmt.Sprint(name, i, j)))
				blob = append(blob, sum[:]...)
			}
			doc["blob"] = base64.StdEncoding.EncodeToString(blob)
		}
		for _, v := range []any{obj{"index": head}, doc} {
			line, _ := json.Marshal(v)
			b.Write(line)
			b.WriteByte('\n')
		}
	}
	c.do(t, "POST", "/_bulk?refresh=true", b.String()).ok(t).wants(t, "errors", "false")
}

func (c *Cluster) count(t *testing.T, name string) int {
	t.Helper()
	return c.do(t, "GET", "/"+name+"/_count", nil).ok(t).num("count")
}

// share registers a fresh repository with both clusters. The limits, such as
// max_restore_bytes_per_sec, are settings of the reader's registration.
func (p *Pair) share(t *testing.T, limits obj) string {
	t.Helper()
	location := p.location()
	p.Owner.do(t, "PUT", "/_snapshot/"+own, obj{"type": "fs", "settings": obj{"location": location, "compress": true}}).ok(t)
	settings := obj{"location": location, "compress": true, "readonly": true}
	for k, v := range limits {
		settings[k] = v
	}
	p.Reader.do(t, "PUT", "/_snapshot/"+shared, obj{"type": "fs", "settings": settings}).ok(t)
	return location
}

// snapshot takes s1 of these indices in the owner.
func (p *Pair) snapshot(t *testing.T, indices ...string) {
	t.Helper()
	p.Owner.do(t, "PUT", "/_snapshot/own/s1?wait_for_completion=true", obj{"indices": strings.Join(indices, ","), "include_global_state": false}).ok(t).wants(t, "snapshot.state", "SUCCESS")
}

// stage makes indices in the owner, a snapshot of them, and shares it.
func (p *Pair) stage(t *testing.T, indices ...index) {
	t.Helper()
	p.share(t, nil)
	var names []string
	for _, ix := range indices {
		p.Owner.create(t, ix)
		names = append(names, ix.name)
	}
	p.snapshot(t, names...)
}

// restore asks the reader to restore from s1 and not to wait.
func (p *Pair) restore(t *testing.T, body any) *reply {
	t.Helper()
	return p.Reader.do(t, "POST", "/_snapshot/shared/s1/_restore", body)
}

// restoreAll asks the reader to restore from s1 and waits for the end.
func (p *Pair) restoreAll(t *testing.T, body any) *reply {
	t.Helper()
	return p.Reader.do(t, "POST", "/_snapshot/shared/s1/_restore?wait_for_completion=true", body)
}

// names reads a list of names, sorted.
func names(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		out = append(out, text(x))
	}
	slices.Sort(out)
	return out
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// shardsOf are the rows of _cat/shards for an index, with why they are not
// assigned.
func (c *Cluster) shardsOf(t *testing.T, name string) []obj {
	t.Helper()
	var out []obj
	for _, row := range c.do(t, "GET", "/_cat/shards/"+name+"?format=json&h=index,shard,prirep,state,unassigned.reason,unassigned.details,node", nil).ok(t).list() {
		out = append(out, row.(obj))
	}
	return out
}

// recoveries are the entries of _recovery for an index.
func (c *Cluster) recoveries(t *testing.T, name string) []obj {
	t.Helper()
	var out []obj
	list, _ := c.do(t, "GET", "/"+name+"/_recovery", nil).ok(t).get(strings.ReplaceAll(name, ".", "/") + ".shards").([]any)
	for _, x := range list {
		out = append(out, x.(obj))
	}
	return out
}
