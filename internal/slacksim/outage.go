package slacksim

import (
	"io"
	"net"
	"net/http"
	"sync"
)

// Outage is a way for the whole of Slack to be away.
type Outage int

// The ways.
const (
	// Refusing resets every connection as soon as it is made.
	Refusing Outage = iota + 1
	// Unavailable answers 503 to everything.
	Unavailable
	// Silent takes every request and answers none.
	Silent
)

// Down takes Slack away: sockets are cut without a word, and calls meet the
// outage until Up. People cannot act meanwhile.
func (s *Server) Down(how Outage) {
	s.mu.Lock()
	s.outage = how
	s.touch()
	s.mu.Unlock()
	s.listener.refuse(how == Refusing)
	s.cutSockets()
}

// Up brings Slack back. Requests taken in silence stay unanswered.
func (s *Server) Up() {
	s.mu.Lock()
	s.outage = 0
	s.touch()
	s.mu.Unlock()
	s.listener.refuse(false)
}

// weather lets a request in, or deals with it according to the outage.
func (s *Server) weather(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	how := s.outage
	s.mu.Unlock()
	switch how {
	case 0:
		return true
	case Unavailable:
		http.Error(w, "upstream connect error or disconnect/reset before headers", http.StatusServiceUnavailable)
	case Silent:
		_, _ = io.Copy(io.Discard, r.Body) // else a client that gives up is not noticed
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		cut(w)
	default:
		cut(w)
	}
	return false
}

// gateListener remembers its connections, so that they can all be reset, and
// can refuse new ones while the address stays taken.
type gateListener struct {
	net.Listener
	mu       sync.Mutex
	refusing bool
	conns    map[net.Conn]struct{}
}

func newGateListener(l net.Listener) *gateListener {
	return &gateListener{Listener: l, conns: map[net.Conn]struct{}{}}
}

// Accept hands on a connection unless the listener refuses.
func (l *gateListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		if l.refusing {
			l.mu.Unlock()
			reset(conn)
			continue
		}
		tracked := &trackedConn{Conn: conn, listener: l}
		l.conns[tracked] = struct{}{}
		l.mu.Unlock()
		return tracked, nil
	}
}

// refuse switches refusing; switching it on resets what is connected.
func (l *gateListener) refuse(on bool) {
	l.mu.Lock()
	l.refusing = on
	var cutting []net.Conn
	if on {
		for c := range l.conns {
			cutting = append(cutting, c)
		}
	}
	l.mu.Unlock()
	for _, c := range cutting {
		reset(c.(*trackedConn).Conn)
		_ = c.Close()
	}
}

// reset closes a connection so that the other side sees an error at once.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

type trackedConn struct {
	net.Conn
	listener *gateListener
}

// Close forgets the connection and closes it.
func (c *trackedConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}
