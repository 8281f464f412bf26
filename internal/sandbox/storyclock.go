package sandbox

import (
	"iter"
	"sync"
	"time"

	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
)

// snapshotStart is when the example's automatic snapshot was taken, as its name
// says.
var snapshotStart = time.Date(2019, 7, 5, 22, 0, 0, 0, time.UTC)

// nights is how many automatic snapshots there are beside it.
const nights = 3

// snapshots are the automatic ones in order of their start, by name: the example's,
// and those of the last nights, so that there is one young enough to be relied upon.
func snapshots(now time.Time) iter.Seq2[string, time.Time] {
	return func(yield func(string, time.Time) bool) {
		if !yield(story.Snapshot, snapshotStart) {
			return
		}
		last := now.UTC().Add(-23 * time.Hour).Truncate(24 * time.Hour).Add(22 * time.Hour) // an hour ago or more
		for night := nights - 1; night >= 0; night-- {
			start := last.Add(-time.Duration(night) * 24 * time.Hour)
			if !yield(automaticName(ownerName, start), start) {
				return
			}
		}
	}
}

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
