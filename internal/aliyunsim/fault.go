package aliyunsim

import (
	"context"
	"net/http"
	"time"
)

// Fault is one thing that goes wrong with a request. The functions below make
// those that were seen; the fields that are exported say how often and when.
type Fault struct {
	// Times is how many requests suffer: 0 means one, a negative number all
	// until Heal.
	Times int
	// For lets every request suffer for so long of the server's clock instead.
	For time.Duration
	// When, if set, picks the requests that suffer. It must not use the server.
	When func(Request) bool

	reply   *reply
	acts    bool // the action takes effect all the same
	delay   time.Duration
	silence bool // nothing comes until the client gives up
	drop    bool // the connection is cut instead of the answer
}

// Error answers with an error code, and the status the code usually has.
func Error(code, message string) Fault { return Fault{reply: failure(code, "%s", message)} }

// Throttle refuses because of too many requests. Which code and status it has
// depends on the limit that was hit; this is the one of a user.
func Throttle() Fault {
	return Error("Throttling.User", "Request was denied due to user flow control.")
}

// ThrottleFor does so for a while, which the vendor's advice is to wait out.
func ThrottleFor(d time.Duration) Fault {
	f := Throttle()
	f.For = d
	return f
}

// Activating refuses because the instance is changing.
func Activating() Fault { return Fault{reply: activating()} }

// Page answers with a page of HTML, as a proxy in front does.
func Page(status int) Fault { return Fault{reply: &reply{status: status, html: true}} }

// BadGateway is Page with 502.
func BadGateway() Fault { return Page(http.StatusBadGateway) }

// ResultFalse answers Result false with 200, and does nothing.
func ResultFalse() Fault { return Fault{reply: result(false)} }

// ResultNull answers without a result, with 200, and does nothing.
func ResultNull() Fault { return Fault{reply: result(nil)} }

// CodeInOK answers an error code with 200.
func CodeInOK(code, message string) Fault {
	f := Error(code, message)
	f.reply.status = http.StatusOK
	return f
}

// NumericCode answers {"Code": status}, a number where text belongs. The SDK
// panics on it.
func NumericCode(status int) Fault {
	return Fault{reply: &reply{status: status, body: object{"Code": status, "Message": "numeric", "HostId": "elasticsearch.aliyuncs.com"}}}
}

// Body answers with exactly that body.
func Body(status int, body string) Fault {
	return Fault{reply: &reply{status: status, raw: &body}}
}

// EmptyBody answers 200 and nothing else.
func EmptyBody() Fault { return Body(http.StatusOK, "") }

// Redirect sends the client elsewhere.
func Redirect(status int, to string) Fault {
	f := Page(status)
	f.reply.header = http.Header{"Location": {to}}
	return f
}

// Slow lets real time pass before anything else.
func Slow(d time.Duration) Fault { return Fault{delay: d} }

// Silence never answers and does nothing; the connection stays open until the
// client gives up.
func Silence() Fault { return Fault{silence: true} }

// DropAnswer lets the action take effect and cuts the connection instead of
// answering.
func DropAnswer() Fault { return Fault{acts: true, drop: true} }

// DropRequest cuts the connection with nothing done.
func DropRequest() Fault { return Fault{drop: true} }

// Acting lets the action take effect before the made-up answer of f goes out,
// as behind a proxy that lost patience.
func Acting(f Fault) Fault {
	f.acts = true
	return f
}

// N is f for the next n requests; a negative n is until Heal.
func (f Fault) N(n int) Fault {
	f.Times = n
	return f
}

type scripted struct {
	Fault

	action string
	left   int
	until  time.Time
}

// Fail scripts a fault for the next requests of an action; "*" is every one.
// Faults of one action come in the order they were scripted.
func (s *Server) Fail(action string, f Fault) {
	one := &scripted{Fault: f, action: action, left: f.Times}
	if one.left == 0 {
		one.left = 1
	}
	if f.For > 0 {
		one.left, one.until = -1, s.now().Add(f.For)
	}
	s.locked(func() { s.faults = append(s.faults, one) })
}

// Heal takes back every fault scripted for an action, or all when it is empty.
func (s *Server) Heal(action string) {
	s.locked(func() {
		var kept []*scripted
		for _, f := range s.faults {
			if action != "" && f.action != action {
				kept = append(kept, f)
			}
		}
		s.faults = kept
	})
}

// takeFault finds the fault a request suffers and uses it up.
func (s *Server) takeFault(r *Request) Fault {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		passed := !f.until.IsZero() && !now.Before(f.until)
		if passed || f.action != "*" && f.action != r.Action || f.When != nil && !f.When(*r) {
			continue
		}
		if f.left--; f.left == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return f.Fault
	}
	return Fault{}
}

// suffer lets a fault pass as far as it comes before the action; false means
// that nobody waits for an answer any more.
func (s *Server) suffer(ctx context.Context, f Fault) bool {
	if f.silence {
		select {
		case <-ctx.Done():
		case <-s.ctx().Done():
		}
		return false
	}
	if f.delay <= 0 {
		return true
	}
	t := time.NewTimer(f.delay)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.ctx().Done():
	}
	return false
}
