package slacksim

import "time"

// How chat.postMessage is limited: one a second in each channel, a few at once.
const (
	channelRate  = time.Second
	channelBurst = 4
)

// limiter counts calls the way Slack does: for each app and method a minute's
// worth, and for posting a second in each channel.
type limiter struct {
	buckets  map[string]*bucket
	exceeded map[string]int
}

// bucket holds what may still be called; it fills up again with time.
type bucket struct {
	left float64
	at   time.Time
}

func newLimiter() limiter {
	return limiter{buckets: map[string]*bucket{}, exceeded: map[string]int{}}
}

// admit counts a call and says how long the app must wait, zero for not at
// all. Without WithRateLimits it only counts.
func (l *limiter) admit(cfg config, c *Call, tier int) time.Duration {
	now := cfg.now()
	var wait time.Duration
	if tier > 0 {
		wait = l.take(c.AppID+" "+c.Method, now, time.Minute/time.Duration(tier), float64(tier))
	}
	if c.Method == "chat.postMessage" {
		wait = max(wait, l.take(c.AppID+" "+c.Method+" "+c.Arg("channel"), now, channelRate, channelBurst))
	}
	if wait > 0 {
		l.exceeded[c.Method]++
	}
	if !cfg.rateLimits {
		return 0
	}
	return wait
}

func (l *limiter) take(key string, now time.Time, every time.Duration, size float64) time.Duration {
	b := l.buckets[key]
	if b == nil {
		b = &bucket{left: size, at: now}
		l.buckets[key] = b
	}
	b.left = min(size, b.left+float64(now.Sub(b.at))/float64(every))
	b.at = now
	if b.left >= 1 {
		b.left--
		return 0
	}
	return max(time.Second, time.Duration((1-b.left)*float64(every)))
}

// Exceeded counts the calls of a method that came faster than Slack allows,
// refused or not; of all methods when method is empty.
func (s *Server) Exceeded(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if method != "" {
		return s.limiter.exceeded[method]
	}
	sum := 0
	for _, n := range s.limiter.exceeded {
		sum += n
	}
	return sum
}
