package sandbox

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A clock is the machine's, or ahead of it. Slack, simulated clusters and the bot
// live by the same. Redis knows no time of day: its keys live for so many seconds.
type clock struct {
	ahead atomic.Int64 // nanoseconds
}

// Now is the time by this clock.
func (c *clock) Now() time.Time { return time.Now().Add(c.lead()) }

// lead is how far it is ahead of the machine's.
func (c *clock) lead() time.Duration { return time.Duration(c.ahead.Load()) }

// move lets time pass at once.
func (c *clock) move(d time.Duration) { c.ahead.Add(int64(d)) }

// Timer implements essim's Clock: who waits, waits in real time.
func (c *clock) Timer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// obey sets the clock to what is written, a line each, until nobody can write any
// more. It is the other end of [clock.write].
func (c *clock) obey(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if n, err := strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64); err == nil {
			c.ahead.Store(n)
		}
	}
}

// write tells another process how far to be ahead.
func (c *clock) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d\n", c.ahead.Load())
	return err
}
