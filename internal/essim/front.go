package essim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// front is the network side of a cluster: it listens, refuses and loses.
type front struct {
	c    *Cluster
	addr string

	mu      sync.Mutex
	refused int // how many hold the door shut
	server  *http.Server
	done    chan struct{}
	closed  bool
	work    sync.WaitGroup // requests being worked on
}

func newFront(c *Cluster, addr string, listen bool) *front {
	f := &front{c: c}
	if !listen {
		return f
	}
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	if err := f.open(addr); err != nil {
		panic("essim: listening: " + err.Error())
	}
	return f
}

func (f *front) url() string {
	if f.addr == "" {
		return "http://" + f.c.opts.Name + ".invalid"
	}
	return "http://" + f.addr
}

func (f *front) open(addr string) error {
	var l net.Listener
	var err error
	for range 50 { // the port may linger for a moment after a refusal
		if l, err = net.Listen("tcp", addr); err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	f.addr = l.Addr().String()
	f.server = &http.Server{Handler: f.c, ReadHeaderTimeout: time.Minute}
	f.done = make(chan struct{})
	go func(s *http.Server, done chan struct{}) {
		defer close(done)
		_ = s.Serve(l)
	}(f.server, f.done)
	return nil
}

// shut closes the listener and every connection.
func (f *front) shut() {
	if f.server == nil {
		return
	}
	_ = f.server.Close()
	<-f.done
	f.server = nil
}

func (f *front) close() {
	f.mu.Lock()
	f.closed = true
	f.shut()
	f.mu.Unlock()
	f.work.Wait()
}

// refuse shuts the door until the returned function is called.
func (f *front) refuse() func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused++
	f.shut()
	var once sync.Once
	return func() {
		once.Do(func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.refused--
			if f.refused == 0 && !f.closed && f.addr != "" {
				_ = f.open(f.addr)
			}
		})
	}
}

func (f *front) refusing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused > 0 || f.closed
}

// Transport reaches the cluster without a network: requests are answered in
// memory, faults included. It suits tests in a synctest bubble, where sockets
// would stop time.
func (c *Cluster) Transport() http.RoundTripper { return memoryTransport{c} }

type memoryTransport struct{ c *Cluster }

// RoundTrip implements [http.RoundTripper].
func (t memoryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.c.front.refusing() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
	}
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.RequestURI = r.URL.RequestURI()
	w := &memoryWriter{header: http.Header{}, done: make(chan struct{}), lost: make(chan error, 1)}
	go func() {
		defer close(w.done)
		t.c.serve(w, in)
	}()
	select {
	case err := <-w.lost:
		return nil, err
	case <-w.done:
		select {
		case err := <-w.lost:
			return nil, err
		default:
		}
		return w.response(r), nil
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// memoryWriter collects an answer, or loses it.
type memoryWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
	done   chan struct{}
	lost   chan error
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *memoryWriter) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	header := http.Header{} // as a client would have read it
	for k, vs := range w.header {
		header[http.CanonicalHeaderKey(k)] = vs
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
}

// lose ends the connection of a request without an answer.
func lose(w http.ResponseWriter, how Loss, ctx context.Context, closed <-chan struct{}) {
	if how == Silence {
		select {
		case <-ctx.Done():
		case <-closed:
		}
	}
	if m, ok := w.(*memoryWriter); ok {
		err := io.EOF
		if how == Reset {
			err = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
		}
		m.lost <- err
		return
	}
	h, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := h.Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok && how == Reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
