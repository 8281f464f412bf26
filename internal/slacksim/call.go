package slacksim

import (
	"encoding/json"
	"time"
)

// Call is one request an app made: a Web API method by its name,
// "response_url", "upload", or "socket" for the dial of a WebSocket. The same
// names serve for [Server.Fail] and [Server.Hold].
type Call struct {
	Time   time.Time // when it arrived
	Method string
	AppID  string         // empty when the token was wrong
	Args   map[string]any // without the token; forms hold JSON as text
	// Answered is false while it is held, delayed or silenced.
	Answered bool
	// Effect says whether the method ran; a lost reply has an effect, a
	// scripted error has none.
	Effect bool
	Lost   bool // the answer never reached the app
	Status int  // HTTP
	Error  string
	Answer json.RawMessage

	granted []string // scopes of the token
}

// Arg is an argument as text: JSON arguments in their encoding.
func (c Call) Arg(name string) string {
	switch v := c.Args[name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return string(encode(v))
	}
}

// OK says whether the app was told that it worked.
func (c Call) OK() bool { return c.Answered && c.Effect && !c.Lost && c.Error == "" }

// Calls lists the calls of a method, oldest first, those under way too; every
// call when method is empty.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			shown := *c
			shown.Args = cloneObject(c.Args)
			out = append(out, shown)
		}
	}
	return out
}

// ForgetCalls empties the list of calls, so that a test counts from here.
func (s *Server) ForgetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// maxHistory is how many calls, envelopes and acks are remembered; a sandbox
// may run for days.
const maxHistory = 100_000

// remember appends to a history and forgets its oldest tenth when it is full.
func remember[T any](history []T, item T) []T {
	if len(history) >= maxHistory {
		history = append([]T(nil), history[maxHistory/10:]...)
	}
	return append(history, item)
}

// begin notes a call that arrived.
func (s *Server) begin(method string, a args, from owner) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Call{Time: s.cfg.now(), Method: method, AppID: from.app, Args: cloneObject(a.values), granted: from.scopes}
	s.calls = remember(s.calls, c)
	s.touch()
	return c
}

// note changes a call under the lock and wakes whoever waits for it.
func (s *Server) note(c *Call, change func(*Call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(c)
	s.touch()
}
