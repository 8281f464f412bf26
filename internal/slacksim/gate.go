package slacksim

import (
	"context"
	"sync"
)

type gatePlace int

const (
	beforeEffect gatePlace = iota
	afterEffect
)

// Gate holds the calls of one method until it is released.
type Gate struct {
	server *Server
	method string
	place  gatePlace
	open   chan struct{}
	once   sync.Once

	waiting int // guarded by the server
}

// Hold stops every call of a method before it takes effect; "*" is every
// method.
func (s *Server) Hold(method string) *Gate { return s.hold(method, beforeEffect) }

// HoldReply lets calls of a method take effect and holds their answers.
func (s *Server) HoldReply(method string) *Gate { return s.hold(method, afterEffect) }

func (s *Server) hold(method string, place gatePlace) *Gate {
	g := &Gate{server: s, method: method, place: place, open: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gates = append(s.gates, g)
	return g
}

// Release lets every held call go on, and later ones pass. It may be called
// more than once.
func (g *Gate) Release() {
	g.once.Do(func() {
		close(g.open)
		g.server.mu.Lock()
		defer g.server.mu.Unlock()
		for i, other := range g.server.gates {
			if other == g {
				g.server.gates = append(g.server.gates[:i:i], g.server.gates[i+1:]...)
				break
			}
		}
	})
}

// Waiting is how many calls stand at the gate now.
func (g *Gate) Waiting() int {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	return g.waiting
}

// throughGates waits at every gate of the method; false means that the client
// or the server went away meanwhile.
func (s *Server) throughGates(ctx context.Context, c *Call, place gatePlace) bool {
	s.mu.Lock()
	var mine []*Gate
	for _, g := range s.gates {
		if g.place == place && (g.method == "*" || g.method == c.Method) {
			mine = append(mine, g)
		}
	}
	s.mu.Unlock()
	for _, g := range mine {
		if !s.stand(ctx, g) {
			return false
		}
	}
	return true
}

func (s *Server) stand(ctx context.Context, g *Gate) bool {
	s.count(g, 1)
	defer s.count(g, -1)
	select {
	case <-g.open:
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}

func (s *Server) count(g *Gate, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.waiting += by
	s.touch()
}
