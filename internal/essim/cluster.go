package essim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Options say what a cluster is. The zero value is a 6.7.0 cluster of one node
// named "essim", in real time, with storage of its own.
type Options struct {
	Name    string // of the cluster; nodes are Name-0, Name-1 …
	Version string // "6.7.0"; see [Versions]
	Clock   Clock  // default [WallClock]
	Nodes   int    // data nodes, default 1
	Repos   *Repos // default: storage that no other cluster sees
	Users   map[string]User
	// Flavor is build_flavor: "oss", the default, or "default", which has a
	// licence and index lifecycle management. Users switch it to "default".
	// Security APIs are there only with Users.
	Flavor string
	// RepositoryTypes are repository types beside fs, such as "oss". Their
	// bucket and base_path settings name the place in Repos.
	RepositoryTypes []string
	DiskBytes       int64 // of each node, default 100 GB
	// Addr is where to listen, default a free port of 127.0.0.1.
	Addr string
	// NoListen keeps the cluster off the network: it is reached through
	// [Cluster.Transport] or ServeHTTP only, and URL is a name that no
	// resolver knows.
	NoListen bool
	// Pace is how long the steps of a restore take that copy nothing.
	Pace Pace
}

// Pace are the delays between the steps of a restore. Zero values mean the
// defaults, which are as short as those of an idle real node.
type Pace struct {
	Allocate time.Duration // from acceptance to the first recovery, 30 ms
	Forget   time.Duration // from the last shard to the end of the restore entry, 200 ms
	Replica  time.Duration // from a started primary to its started replica, 50 ms
}

// Cluster is a simulated Elasticsearch cluster. All methods may be called from
// any goroutine.
type Cluster struct {
	opts  Options
	v     version
	uuid  string
	clock Clock
	repos *Repos
	users map[string]User
	front *front

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced at every change
	closed     chan struct{}
	now        time.Time // how far simulated work has been computed
	timers     []timer
	nodes      []*node
	indices    map[string]*index
	order      []string // registration order of repositories
	registered map[string]*repository
	defaults   map[string]string
	persistent settings
	transient  settings
	restores   []*restore
	begun      []Restore
	running    []*creation // snapshots being made
	nextTask   int
	snapped    bool // a snapshot was ever taken: the custom is there

	faults faults
	log    log
}

type node struct {
	id, name  string
	ephemeral string
	port      int
}

// New starts a cluster. It panics when the version is not one, or the address
// cannot be listened on: both are mistakes of the test that calls it.
func New(opts Options) *Cluster {
	if opts.Name == "" {
		opts.Name = "essim"
	}
	if opts.Version == "" {
		opts.Version = "6.7.0"
	}
	if opts.Clock == nil {
		opts.Clock = WallClock()
	}
	if opts.Nodes <= 0 {
		opts.Nodes = 1
	}
	if opts.Repos == nil {
		opts.Repos = NewRepos()
	}
	if opts.DiskBytes == 0 {
		opts.DiskBytes = 100 << 30
	}
	if len(opts.Users) > 0 {
		opts.Flavor = "default"
	}
	if opts.Flavor == "" {
		opts.Flavor = "oss"
	}
	opts.Pace.Allocate = cmp.Or(opts.Pace.Allocate, 30*time.Millisecond)
	opts.Pace.Forget = cmp.Or(opts.Pace.Forget, 200*time.Millisecond)
	opts.Pace.Replica = cmp.Or(opts.Pace.Replica, 50*time.Millisecond)
	v, err := parseVersion(opts.Version)
	if err != nil {
		panic("essim: " + err.Error())
	}
	c := &Cluster{
		opts: opts, v: v, defaults: clusterDefaults(v), uuid: newUUID(), clock: opts.Clock, repos: opts.Repos, users: opts.Users,
		changed: make(chan struct{}), closed: make(chan struct{}),
		indices: map[string]*index{}, registered: map[string]*repository{},
		persistent: settings{}, transient: settings{},
	}
	c.now = c.clock.Now()
	for i := range opts.Nodes {
		c.nodes = append(c.nodes, &node{id: newUUID(), ephemeral: newUUID(), name: fmt.Sprintf("%s-%d", opts.Name, i), port: 9300 + i})
	}
	c.front = newFront(c, opts.Addr, !opts.NoListen)
	return c
}

// URL is the address of the cluster, without a slash at the end. It stays the
// same while connections are refused.
func (c *Cluster) URL() string { return c.front.url() }

// UUID is the cluster's cluster_uuid.
func (c *Cluster) UUID() string { return c.uuid }

// Version is the version the cluster plays.
func (c *Cluster) Version() string { return c.v.String() }

// Close ends all connections and lets waiting requests go. It returns when
// nothing of the cluster runs any more.
func (c *Cluster) Close() {
	c.mu.Lock()
	select {
	case <-c.closed:
		c.mu.Unlock()
		return
	default:
	}
	close(c.closed)
	c.mu.Unlock()
	c.front.close()
}

// ServeHTTP answers one request. The handler outlives a client that went away,
// as a node does: what was asked is done all the same.
func (c *Cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.serve(w, r) }

// touch wakes everyone who waits for a change. The caller holds mu.
func (c *Cluster) touch() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// locked runs f with the state up to date.
func (c *Cluster) locked(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	f()
	c.touch()
}

// wait releases mu until done holds, the deadline (unless zero) passes, ctx
// ends or the cluster closes; it returns with mu held and tells whether done
// holds.
func (c *Cluster) wait(ctx context.Context, deadline time.Time, done func() bool) bool {
	for {
		c.settle()
		if done() {
			return true
		}
		now := c.clock.Now()
		if !deadline.IsZero() && !now.Before(deadline) {
			return false
		}
		next, any := c.nextEvent()
		if !deadline.IsZero() && (!any || deadline.Before(next)) {
			next, any = deadline, true
		}
		changed := c.changed
		c.mu.Unlock()
		var tick <-chan time.Time
		stop := func() {}
		if any {
			// a little more than needed, so that rounding never makes it spin
			tick, stop = c.clock.Timer(next.Sub(now) + time.Microsecond)
		}
		alive := true
		select {
		case <-tick:
		case <-changed:
		case <-ctx.Done():
			alive = false
		case <-c.closed:
			alive = false
		}
		stop()
		c.mu.Lock()
		if !alive {
			c.settle()
			return done()
		}
	}
}

// setting is the effective value of a cluster setting.
func (c *Cluster) setting(key string) string {
	if v, ok := c.transient[key]; ok {
		return scalar(v)
	}
	if v, ok := c.persistent[key]; ok {
		return scalar(v)
	}
	return c.defaults[key]
}
