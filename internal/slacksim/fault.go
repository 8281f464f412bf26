package slacksim

import (
	"context"
	"net/http"
	"time"
)

// Fault is one thing that goes wrong with a call. Fields combine: a delay
// before an error, a delay before a lost reply.
type Fault struct {
	// Status answers with that HTTP status and no effect.
	Status int
	// Error answers ok false with that code and no effect.
	Error string
	// RetryAfter goes out as the header; alone it means 429.
	RetryAfter time.Duration
	// Delay passes before anything else, in real time.
	Delay time.Duration
	// Silence never answers and has no effect; the connection stays open until
	// the client gives up.
	Silence bool
	// DropReply lets the method take effect and cuts the connection instead of
	// answering.
	DropReply bool
	// Times is how many calls suffer: 0 means one, a negative number all until
	// Heal.
	Times int
	// When, if set, picks the calls that suffer. It must not use the server.
	When func(Call) bool
}

type scriptedFault struct {
	Fault
	method string
	left   int
}

// Fail scripts a fault for the next calls of a method; "*" is every method,
// "response_url" the response URLs. Faults of one method come in the order they
// were scripted.
func (s *Server) Fail(method string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := f.Times
	if left == 0 {
		left = 1
	}
	s.faults = append(s.faults, &scriptedFault{Fault: f, method: method, left: left})
}

// Heal takes back every fault scripted for a method, or all when it is empty.
func (s *Server) Heal(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.faults[:0]
	for _, f := range s.faults {
		if method != "" && f.method != method {
			kept = append(kept, f)
		}
	}
	s.faults = kept
}

// takeFault finds the fault this call suffers and uses it up.
func (s *Server) takeFault(c *Call) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.method != "*" && f.method != c.Method || f.When != nil && !f.When(*c) {
			continue
		}
		if f.left--; f.left == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return f.Fault
	}
	return Fault{}
}

// suffer plays a fault out; final says that the call ends here, without effect.
func (s *Server) suffer(ctx context.Context, f Fault) (out reply, final bool) {
	if f.Delay > 0 && !s.pause(ctx, f.Delay) {
		return reply{lost: true}, true
	}
	if f.Silence {
		select {
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
		return reply{lost: true}, true
	}
	status := f.Status
	if status == 0 && f.RetryAfter > 0 {
		status = http.StatusTooManyRequests
	}
	switch {
	case f.Error != "":
		if status == 0 {
			status = http.StatusOK
		}
		return reply{status: status, retryAfter: f.RetryAfter, body: Object{"ok": false, "error": f.Error}}, true
	case status == http.StatusTooManyRequests:
		return reply{status: status, retryAfter: f.RetryAfter, body: Object{"ok": false, "error": "ratelimited"}}, true
	case status != 0:
		return reply{status: status, retryAfter: f.RetryAfter}, true
	}
	return reply{}, false
}
