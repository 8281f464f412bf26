package sandbox

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// A gate stands before a TCP server, and can be shut for a while.
type gate struct {
	target string

	mu       sync.Mutex
	addr     string
	listener net.Listener
	conns    map[net.Conn]struct{}
	away     bool
	running  sync.WaitGroup
}

func newGate(target string) (*gate, error) {
	g := &gate{target: target, addr: "127.0.0.1:0", conns: map[net.Conn]struct{}{}}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g, g.open()
}

// open listens. The lock is held.
func (g *gate) open() error {
	l, err := listenAgain(g.addr)
	if err != nil {
		return fmt.Errorf("opening a port before %s: %w", g.target, err)
	}
	g.addr, g.listener = l.Addr().String(), l
	g.running.Go(func() { g.accept(l) })
	return nil
}

func (g *gate) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		g.running.Go(func() { g.serve(conn) })
	}
}

func (g *gate) serve(conn net.Conn) {
	defer g.drop(conn)
	behind, err := net.DialTimeout("tcp", g.target, 2*time.Second)
	if err != nil {
		return
	}
	defer g.drop(behind)
	if !g.keep(conn, behind) {
		return
	}
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(behind, conn)
		_ = behind.Close()
		close(done)
	}()
	_, _ = io.Copy(conn, behind)
	_ = conn.Close()
	<-done
}

// keep remembers connections, unless the gate was shut meanwhile.
func (g *gate) keep(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away || g.listener == nil {
		return false
	}
	for _, c := range conns {
		g.conns[c] = struct{}{}
	}
	return true
}

func (g *gate) drop(conn net.Conn) {
	_ = conn.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, conn)
}

// shut closes the port and every connection. The lock is held.
func (g *gate) shut() {
	if g.listener == nil {
		return
	}
	_ = g.listener.Close()
	g.listener = nil
	for c := range g.conns {
		_ = c.Close()
	}
}

// setAway shuts the gate, or opens it again.
func (g *gate) setAway(away bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if away == g.away {
		return nil
	}
	g.away = away
	if away {
		g.shut()
		return nil
	}
	return g.open()
}

func (g *gate) isAway() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.away
}

func (g *gate) close() {
	g.mu.Lock()
	g.shut()
	g.mu.Unlock()
	g.running.Wait()
}
