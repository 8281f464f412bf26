package escontract

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Pair is an owner of snapshots and a reader of them, of one version.
type Pair struct {
	Version string
	Owner   *Cluster
	Reader  *Cluster
	// Location is a folder in which both may register repositories.
	Location string
	// Pass lets this much of the clusters' time pass.
	Pass func(d time.Duration)
	// Damage damages (or, with Whole, repairs) the largest file of a shard of
	// the only index in the only snapshot of the owner's repository.
	Damage func(t *testing.T, repository, snapshot, index string, shard int, d Damage)
	// Restart restarts the reader with its data.
	Restart func(t *testing.T)
	// RootPage tells whether GET / is part of the distribution.
	RootPage bool

	counter atomic.Int32
}

// Damage is a state of a file in a repository.
type Damage int

// The damages.
const (
	Whole   Damage = iota // as it was
	Flipped               // a byte is wrong
	Removed               // the file is gone
)

// Cluster is one cluster under test.
type Cluster struct {
	URL    string
	Client *http.Client
	// User and Password log in, when set.
	User, Password string

	pair *Pair
}

type obj = map[string]any

// from tells whether the pair's version is major.minor or later.
func (p *Pair) from(major, minor int) bool {
	a, b := p.majorMinor()
	return a > major || a == major && b >= minor
}

func (p *Pair) major() int {
	a, _ := p.majorMinor()
	return a
}

func (p *Pair) majorMinor() (a, b int) {
	_, _ = fmt.Sscanf(p.Version, "%d.%d.", &a, &b)
	return a, b
}

// pick chooses what is expected of this version: the value of the last
// entry whose "since" is not later.
func pick[T any](p *Pair, first T, later ...since[T]) T {
	out := first
	for _, l := range later {
		if p.from(l.major, l.minor) {
			out = l.value
		}
	}
	return out
}

type since[T any] struct {
	major, minor int
	value        T
}

// at makes an entry for pick.
func at[T any](major, minor int, value T) since[T] { return since[T]{major, minor, value} }

// location is a folder no check has used yet.
func (p *Pair) location() string {
	return fmt.Sprintf("%s/r%d", p.Location, p.counter.Add(1))
}

// eventually waits for something to become true.
func (p *Pair) eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 400 {
		if f() {
			return
		}
		p.Pass(50 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

// clean brings a cluster back to nothing.
func (c *Cluster) clean(t *testing.T) {
	t.Helper()
	// a block goes alone, or the block itself forbids it
	for _, k := range []string{"cluster.blocks.read_only", "cluster.blocks.read_only_allow_delete"} {
		c.do(t, "PUT", "/_cluster/settings", obj{"persistent": obj{k: nil}}).ok(t)
	}
	reset := obj{"cluster.routing.allocation.enable": nil, "indices.recovery.max_bytes_per_sec": nil}
	if c.pair.from(6, 7) {
		reset["cluster.max_shards_per_node"] = nil
	}
	c.do(t, "PUT", "/_cluster/settings", obj{"persistent": reset}).ok(t)
	for _, row := range c.do(t, "GET", "/_cat/indices?format=json&h=index", nil).ok(t).list() {
		name := text(row.(obj)["index"])
		c.do(t, "PUT", "/"+name+"/_settings", obj{"index.blocks.read_only": nil})
		c.do(t, "DELETE", "/"+name, nil)
	}
	c.pair.eventually(t, "restores to end", func() bool { return len(c.restoring(t)) == 0 })
	c.pair.eventually(t, "repositories to go", func() bool {
		left := c.do(t, "GET", "/_snapshot", nil).ok(t).object()
		for name := range left {
			c.do(t, "DELETE", "/_snapshot/"+strings.ReplaceAll(name, "*", "%2A"), nil)
		}
		return len(left) == 0
	})
}

// restoring are the entries of the restore custom.
func (c *Cluster) restoring(t *testing.T) []any {
	t.Helper()
	got, _ := c.do(t, "GET", "/_cluster/state/customs?filter_path=restore", nil).ok(t).get("restore.snapshots").([]any)
	return got
}
