package essim

import (
	"sync"
	"time"
)

// Clock is the time a cluster lives by. Simulated work (restores, snapshots)
// is computed from Now whenever a request looks at it; only requests that wait
// for something (wait_for_completion, a health timeout) use Timer.
type Clock interface {
	Now() time.Time
	// Timer gives a channel that receives once d has passed, and a function
	// that releases the timer.
	Timer(d time.Duration) (<-chan time.Time, func())
}

// WallClock is the real time, and the default.
func WallClock() Clock { return wallClock{} }

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) Timer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// HandClock stands still until it is moved by [HandClock.Advance].
type HandClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*handTimer]struct{}
}

type handTimer struct {
	at time.Time
	c  chan time.Time
}

// NewHandClock returns a clock that stands at start.
func NewHandClock(start time.Time) *HandClock {
	return &HandClock{now: start, timers: map[*handTimer]struct{}{}}
}

// Now is the time the clock was last moved to.
func (h *HandClock) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Advance moves the clock forward and fires the timers that became due.
func (h *HandClock) Advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	for t := range h.timers {
		if !t.at.After(h.now) {
			t.c <- h.now
			delete(h.timers, t)
		}
	}
}

// Timer implements [Clock].
func (h *HandClock) Timer(d time.Duration) (<-chan time.Time, func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &handTimer{at: h.now.Add(d), c: make(chan time.Time, 1)}
	if d <= 0 {
		t.c <- h.now
		return t.c, func() {}
	}
	h.timers[t] = struct{}{}
	return t.c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.timers, t)
	}
}

// LeapClock moves by itself: whoever waits on it finds the time passed at
// once. A waiting restore therefore answers immediately, with simulated
// minutes gone. [LeapClock.Advance] moves it too.
type LeapClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewLeapClock returns a clock that starts at start.
func NewLeapClock(start time.Time) *LeapClock { return &LeapClock{now: start} }

// Now is the start plus everything that was waited for.
func (l *LeapClock) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// Advance moves the clock forward.
func (l *LeapClock) Advance(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// Timer implements [Clock]: it leaps over d.
func (l *LeapClock) Timer(d time.Duration) (<-chan time.Time, func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(max(d, 0))
	c := make(chan time.Time, 1)
	c <- l.now
	return c, func() {}
}
