package elastic

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// addressFor is how long an address that was looked up is used without asking
// again. Instances keep theirs for life, unless their protocol is changed.
const addressFor = 10 * time.Minute

// resolveWithin bounds one lookup, whatever the request behind it may take.
const resolveWithin = 20 * time.Second

// An address is one that somebody else knows. It is safe for concurrent use:
// those who need it at once wait for one lookup.
type address struct {
	resolve func(ctx context.Context) (string, error)
	now     func() time.Time

	mu    sync.Mutex
	found *url.URL
	at    time.Time // zero: look it up again

	turn chan struct{} // holds a value while somebody looks it up
}

func newAddress(resolve func(ctx context.Context) (string, error)) *address {
	return &address{resolve: resolve, now: time.Now, turn: make(chan struct{}, 1)}
}

// An unresolved error says that a request never left, because nobody could say
// where to.
type unresolved struct{ cause error }

func (e *unresolved) Error() string { return "its address is not known: " + e.cause.Error() }
func (e *unresolved) Unwrap() error { return e.cause }

func (a *address) known() *url.URL {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.found == nil || a.now().Sub(a.at) >= addressFor {
		return nil
	}
	return a.found
}

func (a *address) get(ctx context.Context) (*url.URL, error) {
	if u := a.known(); u != nil {
		return u, nil
	}
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return nil, &unresolved{context.Cause(ctx)}
	}
	if u := a.known(); u != nil { // somebody else's lookup
		return u, nil
	}
	// The lookup must not inherit what watches the request's own connection:
	// the one it opens would be taken for the cluster's.
	bare, cancel := context.WithTimeout(context.Background(), resolveWithin)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	text, err := a.resolve(bare)
	if err != nil {
		return nil, &unresolved{err}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &unresolved{errors.New("no address was told")}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.found, a.at = u, a.now()
	return u, nil
}

func (a *address) forget(u *url.URL) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.found == u {
		a.at = time.Time{}
	}
}

// host is the last known one, for people.
func (a *address) host() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.found == nil {
		return "its address"
	}
	return a.found.Host
}

// A finder sends requests to where the cluster is now.
type finder struct {
	at   *address
	next http.RoundTripper
}

func (f *finder) RoundTrip(req *http.Request) (*http.Response, error) {
	to, err := f.at.get(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // as RoundTrip must
		}
		return nil, err
	}
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.Host = to.Scheme, to.Host, ""
	res, err := f.next.RoundTrip(req)
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		f.at.forget(to)
	}
	return res, err
}
