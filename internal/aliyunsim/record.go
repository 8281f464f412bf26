package aliyunsim

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is one request, as it is recorded.
type Request struct {
	Time     time.Time
	Action   string // such as AddSnapshotRepo; empty when there is no such one
	Instance string // of the path
	Region   string // as the request says, empty when it does not
	Key      string // the access key's id
	From     string // the client's address: its connection
	Method   string
	Path     string
	Query    url.Values
	Header   http.Header
	Body     string
	// Status is the answer's; 0 while there is none and when it was lost.
	Status int
	Code   string // of the error that was answered
	// Acted says whether something was changed by it.
	Acted bool
}

// Requests lists what was asked, oldest first: of some actions, or everything.
func (s *Server) Requests(actions ...string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Request
	for _, r := range s.requests {
		if len(actions) == 0 || slices.Contains(actions, r.Action) {
			found = append(found, *r)
		}
	}
	return found
}

// ForgetRequests empties the record, so that a test counts from here.
func (s *Server) ForgetRequests() {
	s.locked(func() { s.requests = nil; clear(s.busiest) })
}

// Busiest is how many requests of an action were under way at once at most.
func (s *Server) Busiest(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busiest[action]
}

// maxHistory is how many requests are remembered; a sandbox may run for days.
const maxHistory = 100_000

func (s *Server) begin(r *Request) {
	s.locked(func() {
		if len(s.requests) >= maxHistory {
			s.requests = slices.Clone(s.requests[maxHistory/10:])
		}
		s.requests = append(s.requests, r)
		s.inFlight[r.Action]++
		s.busiest[r.Action] = max(s.busiest[r.Action], s.inFlight[r.Action])
	})
}

func (s *Server) end(r *Request, status int, code string) {
	s.locked(func() {
		r.Status, r.Code = status, code
		s.inFlight[r.Action]--
	})
}

// copyOf is what a fault's condition may look at.
func (s *Server) copyOf(r *Request) Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *r
}
