package rig

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"es-restore/internal/esnode/esnodetest"
)

// NeedRedis leaves a test out where there is no redis-server, unless
// ESRESTORE_REQUIRE names redis: then it fails.
func NeedRedis(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err == nil {
		return program
	}
	if esnodetest.Required("redis") {
		t.Fatalf("ESRESTORE_REQUIRE asks for Redis, but there is no redis-server: %v", err)
	}
	t.Skip("left out: there is no redis-server here")
	return ""
}

// Long leaves a test out that takes long, unless ESRESTORE_REQUIRE names what.
func Long(t testing.TB, what string) {
	t.Helper()
	if !esnodetest.Required(what) {
		t.Skipf("left out: it takes long; set ESRESTORE_REQUIRE=%s to run it", what)
	}
}

// A RedisServer is a real one, that keeps everything it acknowledges.
type RedisServer struct {
	t       testing.TB
	program string
	dir     string
	port    string
	args    []string
	cmd     *exec.Cmd
}

// StartRedis starts a Redis that writes each command to disk before it answers;
// args come after those that say so.
func StartRedis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, program: NeedRedis(t), dir: t.TempDir(), args: args}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// Address is host:port.
func (s *RedisServer) Address() string { return "127.0.0.1:" + s.port }

// Start starts it with what is in its folder, and waits until it answers.
func (s *RedisServer) Start() {
	s.t.Helper()
	s.cmd = exec.Command(s.program, append([]string{"--port", s.port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"}, s.args...)...)
	var out bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for range 500 {
		if _, err := s.try("PING"); err == nil {
			return
		}
		<-ticker.C
	}
	s.t.Fatalf("redis-server does not answer:\n%s", out.String())
}

// Kill ends it at once.
func (s *RedisServer) Kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Signal(syscall.SIGCONT)
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// Pause stops it in its tracks: connections stay, nothing is answered.
func (s *RedisServer) Pause() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (s *RedisServer) Resume() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }

// Do runs one command.
func (s *RedisServer) Do(args ...any) any {
	s.t.Helper()
	answer, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	return answer
}

func (s *RedisServer) try(args ...any) (any, error) {
	client := redis.NewClient(&redis.Options{Addr: s.Address(), MaxRetries: -1, DialTimeout: time.Second})
	defer func() { _ = client.Close() }()
	return client.Do(context.Background(), args...).Result()
}

// Save remembers what it holds now, as a replica that lags behind would.
func (s *RedisServer) Save() (folder string) {
	s.t.Helper()
	folder = filepath.Join(s.t.TempDir(), "saved")
	if err := os.CopyFS(folder, os.DirFS(s.dir)); err != nil {
		s.t.Fatal(err)
	}
	return folder
}

// RollBack makes it what it was when it was saved, as a failover does that loses
// writes.
func (s *RedisServer) RollBack(folder string) {
	s.t.Helper()
	s.Kill()
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(folder)); err != nil {
		s.t.Fatal(err)
	}
	s.Start()
}

// A Wire carries the bot's connections to Redis, where a test can cut them or
// hold answers back.
type Wire struct {
	Address string // host:port for the bot

	listener net.Listener
	target   string
	ending   sync.WaitGroup

	ended chan struct{}

	mu     sync.Mutex
	conns  []net.Conn
	cut    bool
	slow   time.Duration
	marked string
	once   *wireEvent
}

// A wireEvent is what happens once, when a request comes that holds some text.
type wireEvent struct {
	marked string
	before bool // it goes no further; else Redis acts and the answer is lost
	do     func()
}

// NewWire stands in front of a Redis.
func NewWire(t testing.TB, target string) *Wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{Address: listener.Addr().String(), listener: listener, target: target, ended: make(chan struct{})}
	w.ending.Go(w.accept)
	t.Cleanup(func() {
		close(w.ended)
		_ = listener.Close()
		w.Cut()
		w.ending.Wait()
	})
	return w
}

func (w *Wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		cut := w.cut
		w.mu.Unlock()
		server, err := net.Dial("tcp", w.target)
		if cut || err != nil {
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, client, server)
		w.mu.Unlock()
		line := &wireLine{wire: w}
		w.ending.Go(func() { line.requests(client, server) })
		w.ending.Go(func() { line.answers(server, client) })
	}
}

// pause waits, unless the wire ends before.
func (w *Wire) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-w.ended:
		return false
	}
}

// Cut drops every connection and lets none in until Mend.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// Mend undoes Cut, Slow and OnRequest.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.slow, w.marked, w.once = false, 0, "", nil
}

// Slow brings the answers to requests that hold marked so much later, although
// Redis acts at once. An empty one is every request.
func (w *Wire) Slow(by time.Duration, marked string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slow, w.marked = by, marked
}

// OnRequest does something once, when a request comes that holds marked: before
// Redis has it, and then it never gets it; or after Redis has acted on it, and
// then the answer is lost. Either way its connection is cut.
func (w *Wire) OnRequest(marked string, before bool, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.once = &wireEvent{marked: strings.ToLower(marked), before: before, do: do}
}

// A wireLine is one connection; requests and answers on it alternate.
type wireLine struct {
	wire *Wire
	mu   sync.Mutex
	wait time.Duration
	lose *wireEvent
}

func (l *wireLine) requests(client, server net.Conn) {
	defer func() { _ = server.Close() }()
	chunk := make([]byte, 1<<20)
	for {
		n, err := client.Read(chunk)
		if n > 0 {
			if event := l.note(bytes.ToLower(chunk[:n])); event != nil {
				_ = client.Close()
				event.do()
				return
			}
			if _, err := server.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// note arranges what is to happen to a request and its answer; it returns what
// happens instead.
func (l *wireLine) note(request []byte) *wireEvent {
	w := l.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(request, []byte(strings.ToLower(w.marked))) {
		l.wait = w.slow
	}
	event := w.once
	if event == nil || !bytes.Contains(request, []byte(event.marked)) {
		return nil
	}
	w.once = nil
	if event.before {
		return event
	}
	l.lose = event
	return nil
}

func (l *wireLine) answers(server, client net.Conn) {
	defer func() { _ = client.Close() }()
	chunk := make([]byte, 1<<20)
	for {
		n, err := server.Read(chunk)
		if n > 0 {
			l.mu.Lock()
			wait, event := l.wait, l.lose
			l.wait, l.lose = 0, nil
			l.mu.Unlock()
			if event != nil {
				event.do()
				return
			}
			if wait > 0 && !l.wire.pause(wait) {
				return
			}
			if _, err := client.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
