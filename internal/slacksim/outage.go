package slacksim

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
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

// Refused is how many connections were reset by a refusing outage so far; they
// left no call.
func (s *Server) Refused() int {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	return s.listener.refused
}

// Up brings Slack back. Requests taken in silence stay unanswered.
func (s *Server) Up() {
	s.mu.Lock()
	s.outage = 0
	s.touch()
	s.mu.Unlock()
	s.listener.refuse(false)
}

// Slow makes every call, and every envelope on its way out, take so much longer,
// in real time. Zero ends it.
func (s *Server) Slow(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = d
}

func (s *Server) slowness() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slow
}

// weather deals with a call according to the outage; final says that the call
// ends here.
func (s *Server) weather(ctx context.Context) (out reply, final bool) {
	s.mu.Lock()
	how := s.outage
	s.mu.Unlock()
	switch how {
	case 0:
		return reply{}, false
	case Unavailable:
		return reply{status: http.StatusServiceUnavailable, text: "upstream connect error or disconnect/reset before headers"}, true
	case Silent:
		select {
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
	}
	return reply{lost: true}, true
}

// gateListener remembers its connections, so that they can all be reset, and
// can refuse new ones while the address stays taken.
type gateListener struct {
	net.Listener
	mu       sync.Mutex
	refusing bool
	refused  int
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
			l.refused++
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
