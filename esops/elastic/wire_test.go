package elastic_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// A wire is the far end of connections: it reads each request whole, counts it,
// and does with the connection what a test says, below what an HTTP server
// could do.
type wire struct {
	listener net.Listener
	answer   func(net.Conn, *http.Request)

	mu       sync.Mutex
	requests []string // "POST /path"
	conns    map[net.Conn]bool
	open     sync.WaitGroup
}

// newWire answers every request by answer, which may close the connection.
func newWire(t testing.TB, answer func(net.Conn, *http.Request)) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, answer: answer, conns: map[net.Conn]bool{}}
	w.open.Go(w.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
		w.open.Wait()
	})
	return w
}

func (w *wire) url() string { return "http://" + w.listener.Addr().String() }

func (w *wire) accept() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.conns[conn] = true
		w.mu.Unlock()
		w.open.Go(func() { w.serve(conn) })
	}
}

func (w *wire) serve(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		w.mu.Lock()
		delete(w.conns, conn)
		w.mu.Unlock()
	}()
	from := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(from)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		w.mu.Lock()
		w.requests = append(w.requests, req.Method+" "+req.URL.EscapedPath())
		w.mu.Unlock()
		w.answer(conn, req)
	}
}

// cut resets every connection.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.conns {
		reset(conn, nil)
	}
}

func (w *wire) received() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.requests...)
}

func hangUp(conn net.Conn, _ *http.Request) { _ = conn.Close() }

func reset(conn net.Conn, _ *http.Request) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func silence(net.Conn, *http.Request) {}

// saying writes text as it is, and hangs up.
func saying(text string) func(net.Conn, *http.Request) {
	return func(conn net.Conn, _ *http.Request) {
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

// status answers as HTTP does, and keeps the connection.
func status(code int, body string) func(net.Conn, *http.Request) {
	kind := "application/json"
	if len(body) > 0 && body[0] != '{' {
		kind = "text/html"
	}
	return func(conn net.Conn, _ *http.Request) {
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", code, http.StatusText(code), kind, len(body), body)
	}
}

// failure is an error as Elasticsearch writes it.
func failure(code int, kind, reason string) string {
	return fmt.Sprintf(`{"error":{"root_cause":[{"type":%q,"reason":%q}],"type":%q,"reason":%q},"status":%d}`, kind, reason, kind, reason, code)
}
