package essim

import (
	"math"
	"slices"
	"time"
)

// Simulated time. Nothing runs in the background: settle computes everything
// that happened between the last look and now, event by event, so a cluster
// that nobody asks costs nothing and a clock moved by an hour costs one look.

type timer struct {
	at  time.Time
	do  func()
	seq int
}

// at lets do happen d from now.
func (c *Cluster) after(d time.Duration, do func()) {
	c.nextTask++
	c.timers = append(c.timers, timer{at: c.now.Add(d), do: do, seq: c.nextTask})
}

// settle brings the state up to the clock. The caller holds mu.
func (c *Cluster) settle() {
	now := c.clock.Now()
	for {
		next, any := c.nextEvent()
		if !any || next.After(now) {
			break
		}
		c.flow(next)
		c.happen()
	}
	c.flow(now)
}

// nextEvent is the time of the next thing that will happen by itself.
func (c *Cluster) nextEvent() (time.Time, bool) {
	var next time.Time
	any := false
	take := func(t time.Time) {
		if t.Before(c.now) {
			t = c.now
		}
		if !any || t.Before(next) {
			next, any = t, true
		}
	}
	for _, t := range c.timers {
		take(t.at)
	}
	for _, r := range c.copying() {
		rate := c.rate(r)
		if rate <= 0 {
			continue
		}
		left := r.boundary() - r.done
		take(c.now.Add(time.Duration(math.Ceil(left / rate * float64(time.Second)))))
	}
	return next, any
}

// flow lets bytes flow until t.
func (c *Cluster) flow(t time.Time) {
	d := t.Sub(c.now)
	if d <= 0 {
		return
	}
	type step struct {
		r *recovery
		n float64
	}
	var steps []step
	for _, r := range c.copying() {
		steps = append(steps, step{r, c.rate(r) * d.Seconds()})
	}
	for _, s := range steps {
		s.r.done = min(s.r.done+s.n, s.r.boundary())
	}
	c.now = t
}

// happen does what is due at c.now.
func (c *Cluster) happen() {
	var due []timer
	c.timers = slices.DeleteFunc(c.timers, func(t timer) bool {
		if t.at.After(c.now) {
			return false
		}
		due = append(due, t)
		return true
	})
	slices.SortFunc(due, func(a, b timer) int {
		if n := a.at.Compare(b.at); n != 0 {
			return n
		}
		return a.seq - b.seq
	})
	for _, t := range due {
		t.do()
	}
	for _, r := range c.copying() {
		if r.done >= r.boundary()-0.5 {
			r.done = r.boundary()
			r.file++
			c.fileDone(r)
		}
	}
	c.touch()
}

// copying lists the recoveries that move bytes from a repository.
func (c *Cluster) copying() []*recovery {
	var out []*recovery
	for _, r := range c.restores {
		for _, p := range r.parts {
			if p.copy != nil && p.copy.recovery != nil && p.copy.recovery.part == p && p.copy.recovery.stage == "INDEX" {
				out = append(out, p.copy.recovery)
			}
		}
	}
	return out
}

// rate is the speed of one recovery in bytes per second: the node's budget
// shared by all that copy on it.
func (c *Cluster) rate(r *recovery) float64 {
	if c.stalled(r) {
		return 0
	}
	sharers := 0
	for _, o := range c.copying() {
		if o.node == r.node && !c.stalled(o) {
			sharers++
		}
	}
	return c.budget(r.restore.repository) / float64(max(sharers, 1))
}

func (c *Cluster) stalled(r *recovery) bool {
	// from 7.0 on a running snapshot has the threads that a restore needs
	busy := c.v.major >= 7 && len(c.running) > 0
	return busy || c.faults.stalls[shardRef{r.part.index.name, r.part.shard.id}]
}

// budget is what one node reads from a repository, in bytes per second.
func (c *Cluster) budget(r *repository) float64 {
	if c.faults.bytesPerSec > 0 {
		return float64(c.faults.bytesPerSec)
	}
	limit := math.Inf(1)
	repo := r.settings["max_restore_bytes_per_sec"]
	if now := c.registered[r.name]; now != nil && c.v.major < 8 {
		repo = now.settings["max_restore_bytes_per_sec"] // 8.x: running shards keep their speed
	}
	if repo == "" && c.v.major < 8 {
		repo = "40mb"
	}
	if n, ok := byteSize(repo); ok && n > 0 {
		limit = float64(n)
	}
	if c.v.from(7, 10) {
		if n, ok := byteSize(c.setting("indices.recovery.max_bytes_per_sec")); ok && n > 0 {
			limit = min(limit, float64(n))
		}
	}
	if math.IsInf(limit, 1) {
		limit = 1 << 40
	}
	return limit
}
