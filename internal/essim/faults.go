package essim

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Loss is a way to lose an answer.
type Loss int

// The ways to lose an answer.
const (
	HangUp  Loss = iota // the connection is closed in order: the client reads EOF
	Reset               // the connection is reset
	Silence             // nothing comes until the client gives up
)

// Answer is an answer made up in front of the cluster, as a proxy does.
type Answer struct {
	Status int
	Body   string // default: an error object, or a page of HTML when HTML is set
	HTML   bool
	Header http.Header
}

// Damage is what is wrong with a shard of a snapshot.
type Damage struct {
	reason string
	final  bool // not tried again
}

// CorruptBlob is a file whose checksum is wrong.
func CorruptBlob() Damage {
	return Damage{final: true, reason: "CorruptIndexException[verification failed (hardware problem?) : expected=1mrd1s3 actual=1x1bx6r footer=null writtenLength=23202925 expectedLength=23202925 (resource=name [_0.cfs], length [23202925], checksum [1mrd1s3], writtenBy [7.7.0]) (resource=VerifyingIndexOutput(_0.cfs))]"}
}

// MissingBlob is a file that is not there, as after a deletion by the owner.
func MissingBlob() Damage {
	return Damage{reason: "NoSuchFileException[/repository/indices/0/__0]"}
}

// BrokenShard fails with a reason of your own.
func BrokenShard(reason string) Damage { return Damage{final: true, reason: reason} }

type shardRef struct {
	index string
	shard int
}

// faults are the faults in force. The cluster's mu guards what is above mu.
type faults struct {
	bytesPerSec         int64
	stalls              map[shardRef]bool
	shards              map[shardRef]Damage
	noAllocation        map[string]string
	holds               int // how many hold POST _restore
	snapshotHolds       int
	snapshotBytesPerSec int64

	mu    sync.Mutex // for the rest, so that hooks may add some
	rules []*rule
	hooks []*hook
}

// rule is a fault that waits for its request.
type rule struct {
	match  Match
	left   int // how often still; negative is for ever
	lose   bool
	how    Loss
	answer Answer
}

type hook struct {
	match  Match
	before bool
	f      func(Request)
}

// Lose lets the cluster act on the next matching request and loses the answer.
func (c *Cluster) Lose(m Match, how Loss) {
	c.faults.add(&rule{match: m, left: 1, lose: true, how: how})
}

// Answer gives the next n matching requests a made-up answer; the cluster does
// not hear of them. A negative n is for ever. The returned function ends it.
func (c *Cluster) Answer(m Match, n int, a Answer) (stop func()) {
	return c.faults.add(&rule{match: m, left: n, answer: a})
}

// Refuse shuts the port: connections are refused and open ones are cut, until
// the returned function is called.
func (c *Cluster) Refuse() (stop func()) { return c.front.refuse() }

// Before calls f before the cluster acts on a matching request, and After once
// it has acted, just before the answer is sent. The request waits for f; the
// returned function removes the hook.
func (c *Cluster) Before(m Match, f func(Request)) (remove func()) {
	return c.faults.hook(&hook{match: m, before: true, f: f})
}

// After is described at [Cluster.Before].
func (c *Cluster) After(m Match, f func(Request)) (remove func()) {
	return c.faults.hook(&hook{match: m, f: f})
}

// Slow limits what each node reads from repositories, from now on, also for
// restores that run. 0 gives the speed back to the settings.
func (c *Cluster) Slow(bytesPerSec int64) {
	c.locked(func() { c.faults.bytesPerSec = bytesPerSec })
}

// Stall lets one shard of a restore stand still until the returned function is
// called.
func (c *Cluster) Stall(index string, shard int) (stop func()) {
	ref := shardRef{index, shard}
	c.locked(func() {
		if c.faults.stalls == nil {
			c.faults.stalls = map[shardRef]bool{}
		}
		c.faults.stalls[ref] = true
	})
	return func() { c.locked(func() { delete(c.faults.stalls, ref) }) }
}

// FailShard fails the restore of a shard of the target index when it begins
// its next file. The zero Damage repairs it.
func (c *Cluster) FailShard(index string, shard int, d Damage) {
	c.locked(func() {
		if c.faults.shards == nil {
			c.faults.shards = map[shardRef]Damage{}
		}
		c.faults.shards[shardRef{index, shard}] = d
	})
}

// DenyAllocation lets no node take a shard of the index ("" is every index):
// the disk is above the low watermark. The returned function frees the disk.
func (c *Cluster) DenyAllocation(index string) (stop func()) {
	c.locked(func() {
		if c.faults.noAllocation == nil {
			c.faults.noAllocation = map[string]string{}
		}
		c.faults.noAllocation[index] = "the node is above the low watermark cluster setting [cluster.routing.allocation.disk.watermark.low=85%], using more disk space than the maximum allowed [85.0%], actual free: [9.7%]"
	})
	return func() { c.locked(func() { delete(c.faults.noAllocation, index) }) }
}

// HoldRestores lets POST _restore wait unanswered and undone until the
// returned function is called, as it does behind a running snapshot. Clients
// that give up meanwhile do not take the request back.
func (c *Cluster) HoldRestores() (release func()) {
	c.locked(func() { c.faults.holds++ })
	var once sync.Once
	return func() { once.Do(func() { c.locked(func() { c.faults.holds-- }) }) }
}

// Restart restarts every node at once. Connections are cut. Restores are
// forgotten: shards that were not done stay unassigned for good.
func (c *Cluster) Restart() {
	up := c.front.refuse()
	c.locked(func() {
		for _, r := range slices.Clone(c.restores) {
			for _, p := range r.parts {
				if p.state != "INIT" {
					continue
				}
				p.copy.state, p.copy.node, p.copy.recovery, p.state = unassigned, nil, nil, "FAILURE"
				p.copy.why = whyUnassigned{reason: "CLUSTER_RECOVERED", at: c.now, status: "no_valid_shard_copy"}
				p.shard.clear()
			}
			c.checkEnd(r)
			c.forget(r)
		}
		c.transient = settings{}
		for _, ix := range c.indices {
			for _, s := range ix.shards {
				c.reopenShard(ix, s)
			}
		}
		c.timers = nil
		c.stopSnapshots()
	})
	up()
}

// reopenShard is what a restart does to a shard that was whole.
func (c *Cluster) reopenShard(ix *index, s *shard) {
	if s.primary.state != started {
		return
	}
	for _, cp := range s.copies() {
		cp.state, cp.node, cp.recovery = unassigned, nil, nil
		cp.why = whyUnassigned{reason: "CLUSTER_RECOVERED", at: c.now}
	}
	c.placePrimary(ix, s, "EXISTING_STORE")
}

func (f *faults) add(r *rule) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, r)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.rules = slices.DeleteFunc(f.rules, func(x *rule) bool { return x == r })
	}
}

func (f *faults) hook(h *hook) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks = append(f.hooks, h)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.hooks = slices.DeleteFunc(f.hooks, func(x *hook) bool { return x == h })
	}
}

// take finds the rule for a request and uses it up.
func (f *faults) take(r Request) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.rules {
		if !x.match.matches(r) || x.left == 0 {
			continue
		}
		if x.left > 0 {
			if x.left--; x.left == 0 {
				f.rules = slices.Delete(f.rules, i, i+1)
			}
		}
		return x
	}
	return nil
}

func (f *faults) call(before bool, r Request) {
	f.mu.Lock()
	var run []func(Request)
	for _, h := range f.hooks {
		if h.before == before && h.match.matches(r) {
			run = append(run, h.f)
		}
	}
	f.mu.Unlock()
	for _, h := range run {
		h(r)
	}
}

func (a Answer) send(w http.ResponseWriter) {
	for k, vs := range a.Header {
		for _, v := range vs {
			w.Header().Add(k, v)
		}
	}
	status := a.Status
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	body, kind := a.Body, "application/json; charset=UTF-8"
	switch {
	case a.HTML:
		kind = "text/html"
		if body == "" {
			body = fmt.Sprintf("<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
				status, http.StatusText(status), status, http.StatusText(status))
		}
	case body == "":
		body = fmt.Sprintf(`{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"rejected execution"}],"type":"es_rejected_execution_exception","reason":"rejected execution"},"status":%d}`, status)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", kind)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// RefuseFor refuses connections for d of the cluster's clock. The channel it
// returns is closed once connections are accepted again.
func (c *Cluster) RefuseFor(d time.Duration) (over <-chan struct{}) {
	up := c.front.refuse()
	tick, stop := c.clock.Timer(d)
	done := make(chan struct{})
	c.front.work.Go(func() {
		defer close(done)
		defer stop()
		select {
		case <-tick:
		case <-c.closed:
		}
		up()
	})
	return done
}
