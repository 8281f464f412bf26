package essim

import (
	"net/url"
	"slices"
	"sync"
	"time"
)

// Request is one request a cluster was asked, as it is recorded.
type Request struct {
	Method string
	Path   string // as it came, still escaped
	Query  url.Values
	Body   string
	User   string // of basic authentication
	Time   time.Time
	// Status is the answer's. It is 0 while there is none and when the answer
	// was lost; Worked then tells whether the cluster acted.
	Status int
	Worked bool
}

// Match picks requests. The zero Match picks every one.
type Match struct {
	Method string // "" is any
	Path   string // "" is any; * stands for anything, slashes too
	// Where, when set, must hold as well.
	Where func(Request) bool
}

// On is short for Match{Method: method, Path: path}.
func On(method, path string) Match { return Match{Method: method, Path: path} }

// Restoring picks the requests that ask for a restore.
func Restoring() Match { return On("POST", "/_snapshot/*/_restore") }

func (m Match) matches(r Request) bool {
	return (m.Method == "" || m.Method == r.Method) &&
		(m.Path == "" || matchName(m.Path, r.Path)) &&
		(m.Where == nil || m.Where(r))
}

// log is the record of requests, with a lock of its own so that hooks may look.
type log struct {
	mu   sync.Mutex
	list []*Request
}

func (l *log) add(r Request) *Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &r
	l.list = append(l.list, p)
	return p
}

func (l *log) set(r *Request, f func(*Request)) Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(r)
	return *r
}

// Requests lists what the cluster was asked, oldest first: everything, or what
// one of the matches picks.
func (c *Cluster) Requests(picks ...Match) []Request {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	var out []Request
	for _, r := range c.log.list {
		if len(picks) == 0 || slices.ContainsFunc(picks, func(m Match) bool { return m.matches(*r) }) {
			out = append(out, *r)
		}
	}
	return out
}

// ForgetRequests empties the record.
func (c *Cluster) ForgetRequests() {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.log.list = nil
}
