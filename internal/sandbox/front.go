package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A front is what the bot takes for a cluster, or for the cloud: it hands every
// request on to what is behind it and tells what was asked and answered. On demand it loses an
// answer after the cluster has acted, or is not there for a while.
type front struct {
	cluster string
	behind  http.Handler
	told    func(asked)

	// lose reports whether the answer to a request is to be lost.
	lose func(asked) bool

	mu     sync.Mutex
	addr   string
	server *http.Server
	done   chan struct{}
	away   bool
}

// asked is one request to a cluster, or to the cloud, and what came of it.
type asked struct {
	N       int       `json:"n"`
	Cluster string    `json:"cluster"`
	Time    time.Time `json:"time"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Body    string    `json:"body,omitempty"`    // of what changes something
	Changes bool      `json:"changes,omitempty"` // it asks for more than an answer
	Status  int       `json:"status"`
	Lost    bool      `json:"lost,omitempty"`
	Millis  int64     `json:"ms"`
}

// newFront opens a front on a free port of this machine.
func newFront(cluster string, behind http.Handler, told func(asked)) (*front, error) {
	f := &front{cluster: cluster, behind: behind, told: told, addr: "127.0.0.1:0", lose: func(asked) bool { return false }}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f, f.open()
}

// open listens. The lock is held.
func (f *front) open() error {
	l, err := listenAgain(f.addr)
	if err != nil {
		return fmt.Errorf("listening for %s: %w", f.cluster, err)
	}
	f.addr = l.Addr().String()
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	f.done = make(chan struct{})
	go func(s *http.Server, done chan struct{}) {
		defer close(done)
		_ = s.Serve(l)
	}(f.server, f.done)
	return nil
}

// shut closes the port and every connection. The lock is held.
func (f *front) shut() {
	if f.server != nil {
		_ = f.server.Close()
		<-f.done
		f.server = nil
	}
}

func (f *front) url() string { return "http://" + f.addr }

// setAway takes the cluster away, or brings it back.
func (f *front) setAway(away bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if away == f.away {
		return nil
	}
	f.away = away
	if away {
		f.shut()
		return nil
	}
	return f.open()
}

func (f *front) isAway() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.away
}

func (f *front) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shut()
}

// ServeHTTP implements [http.Handler].
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	began := time.Now()
	one := asked{Cluster: f.cluster, Time: began.UTC(), Method: r.Method, Path: shownPath(r.URL)}
	if one.Changes = one.changes(); one.Changes {
		one.Body = cut(string(body), 4000)
	}
	one.Lost = f.lose(one)
	answer := &watched{ResponseWriter: w, status: http.StatusOK, swallow: one.Lost}
	f.behind.ServeHTTP(answer, r)
	one.Status, one.Millis = answer.status, time.Since(began).Milliseconds()
	f.told(one)
	if one.Lost {
		hangUp(w)
	}
}

// changes reports whether the request asks for more than an answer.
func (a asked) changes() bool {
	if a.Method == http.MethodGet || a.Method == http.MethodHead {
		return false
	}
	path, _, _ := strings.Cut(a.Path, "?")
	for _, look := range []string{"/_search", "/_count", "/_has_privileges", "/_cluster/allocation/explain"} {
		if strings.HasSuffix(path, look) {
			return false
		}
	}
	return true
}

// restores reports whether the request asks for a restore.
func (a asked) restores() bool {
	path, _, _ := strings.Cut(a.Path, "?")
	return a.Method == http.MethodPost && strings.HasSuffix(path, "/_restore")
}

// shares reports whether the cloud is asked to add a repository.
func (a asked) shares() bool {
	path, _, _ := strings.Cut(a.Path, "?")
	return a.Method == http.MethodPost && strings.HasSuffix(path, "/snapshot-repos")
}

func shownPath(u *url.URL) string {
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return cut(path, 500)
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// watched notes an answer's status, and keeps the answer to itself when it is to
// be lost.
type watched struct {
	http.ResponseWriter
	status  int
	swallow bool
}

// Header implements [http.ResponseWriter].
func (w *watched) Header() http.Header {
	if w.swallow {
		return http.Header{}
	}
	return w.ResponseWriter.Header()
}

// WriteHeader implements [http.ResponseWriter].
func (w *watched) WriteHeader(status int) {
	w.status = status
	if !w.swallow {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements [http.ResponseWriter].
func (w *watched) Write(p []byte) (int, error) {
	if w.swallow {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// listenAgain listens on an address that may have been given up a moment ago.
func listenAgain(addr string) (net.Listener, error) {
	for try := 0; ; try++ {
		l, err := net.Listen("tcp", addr)
		if err == nil || try == 50 {
			return l, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
