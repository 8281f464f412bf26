package sandbox

import (
	"sync"
	"time"

	"es-restore/internal/essim"
)

// snapshotStart is when the example's automatic snapshot was taken, as its name
// says.
var snapshotStart = time.Date(2019, 7, 5, 22, 0, 0, 0, time.UTC)

// A storyClock stands in the evening of the example while it is told, where waiting
// takes no time, and is the sandbox's clock from then on.
type storyClock struct {
	now *clock

	mu   sync.Mutex
	past *essim.LeapClock // nil: it is now
}

func newStoryClock(now *clock) *storyClock {
	return &storyClock{now: now, past: essim.NewLeapClock(snapshotStart.Add(-time.Hour))}
}

func (c *storyClock) clock() essim.Clock {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.past != nil {
		return c.past
	}
	return c.now
}

// Now implements [essim.Clock].
func (c *storyClock) Now() time.Time { return c.clock().Now() }

// Timer implements [essim.Clock].
func (c *storyClock) Timer(d time.Duration) (<-chan time.Time, func()) { return c.clock().Timer(d) }

// reach moves the past on to a moment.
func (c *storyClock) reach(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past.Advance(t.Sub(c.past.Now()))
}

// arrive lets it be now.
func (c *storyClock) arrive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past = nil
}
