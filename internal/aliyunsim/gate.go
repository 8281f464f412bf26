package aliyunsim

import (
	"context"
	"slices"
	"sync"
)

// Gate holds the requests of one action until it is released.
type Gate struct {
	server *Server
	action string
	open   chan struct{}
	once   sync.Once

	waiting int // guarded by the server
}

// Hold stops every request of an action before it is looked at; "*" is every
// action.
func (s *Server) Hold(action string) *Gate {
	g := &Gate{server: s, action: action, open: make(chan struct{})}
	s.locked(func() { s.gates = append(s.gates, g) })
	return g
}

// Release lets every held request go on, and later ones pass. It may be called
// more than once.
func (g *Gate) Release() {
	g.once.Do(func() {
		close(g.open)
		g.server.locked(func() {
			g.server.gates = slices.DeleteFunc(g.server.gates, func(other *Gate) bool { return other == g })
		})
	})
}

// Waiting is how many requests stand at the gate now.
func (g *Gate) Waiting() int {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	return g.waiting
}

// throughGates waits at every gate of an action; false means that the client or
// the server went away meanwhile.
func (s *Server) throughGates(ctx context.Context, action string) bool {
	s.mu.Lock()
	var mine []*Gate
	for _, g := range s.gates {
		if g.action == "*" || g.action == action {
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
	s.locked(func() { g.waiting++ })
	defer s.locked(func() { g.waiting-- })
	select {
	case <-g.open:
		return true
	case <-ctx.Done():
	case <-s.ctx().Done():
	}
	return false
}
