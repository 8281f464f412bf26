package aliyun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// answerLimit bounds an answer that is kept in memory. A page of 100 instances
// is some 500 KB.
const answerLimit = 16 << 20

// A wire carries one request from the SDK to the network. It stands there
// because the SDK
//   - has no contexts, and its clients can't be shared by goroutines (its issues
//     588 and 307); so each request has a client and a wire of its own, over
//     connections that all share,
//   - would set up a *http.Transport anew on every request, and leaves any other
//     RoundTripper alone,
//   - builds a URL with an empty port, which is refused when a port was given,
//   - reads answers in ways that lose or misread some of them, and panics on
//     others; so the answer is kept here as it came.
type wire struct {
	next     http.RoundTripper
	endpoint *url.URL // nil: as the SDK says
	bind     func(*http.Request) *http.Request

	sent   atomic.Bool // bytes may have left
	answer *answer     // nil: there was no whole one
	err    error       // why
}

// An answer is what came back, whole.
type answer struct {
	status int
	body   []byte
}

// newWire makes the way for one request, which ends with the context.
func newWire(ctx context.Context, next http.RoundTripper, endpoint *url.URL) *wire {
	w := &wire{next: next, endpoint: endpoint}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { w.sent.Store(true) },
	})
	w.bind = func(r *http.Request) *http.Request { return r.Clone(traced) }
	return w
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.answer != nil || w.err != nil {
		// A redirect, which is not the API's: following it would send a change
		// twice, and the security token to someone else.
		return nil, errors.New("a request is sent once")
	}
	r = w.bind(r)
	if w.endpoint != nil {
		r.URL.Scheme, r.URL.Host, r.Host = w.endpoint.Scheme, w.endpoint.Host, w.endpoint.Host
	}
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		w.err = err
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	if err == nil && len(body) > answerLimit {
		err = errTooLarge
	}
	if err != nil {
		w.err = err
		return nil, err
	}
	w.answer = &answer{status: resp.StatusCode, body: body}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

var errTooLarge = errors.New("the answer is larger than 16 MB")

// A proxyRefusal is a proxy on the way that does not let requests pass.
type proxyRefusal struct{ status int }

func (p *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy answers CONNECT with %d", p.status)
}

func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &proxyRefusal{resp.StatusCode}
	}
	return nil
}
