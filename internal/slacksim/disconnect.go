package slacksim

import (
	"slices"
	"time"
)

// DisconnectReason is why Slack asks a connection to go.
type DisconnectReason string

// The reasons Slack gives, documented and not.
const (
	// Warning comes about ten seconds before the connection ends; it stays
	// open and gets envelopes meanwhile.
	Warning DisconnectReason = "warning"
	// RefreshRequested ends a connection after a few hours, with or without a
	// warning.
	RefreshRequested DisconnectReason = "refresh_requested"
	// LinkDisabled means that Socket Mode was switched off for the app.
	LinkDisabled DisconnectReason = "link_disabled"
	// TooManyWebsockets is the answer to an eleventh connection.
	TooManyWebsockets DisconnectReason = "too_many_websockets"
)

func disconnectFrame(reason DisconnectReason, id int) []byte {
	return encode(Object{"type": "disconnect", "reason": string(reason), "debug_info": Object{"host": host(id)}})
}

// Disconnect tells every live connection of the app under test to go, or only
// those whose IDs are given. But for a warning they get no more envelopes, and
// those that stay are closed a second later.
func (s *Server) Disconnect(reason DisconnectReason, ids ...int) {
	s.mu.Lock()
	var told []*socket
	for _, c := range s.sockets.live {
		if c.app != s.world.apps[0] || len(ids) > 0 && !slices.Contains(ids, c.id) {
			continue
		}
		c.draining = c.draining || reason != Warning
		told = append(told, c)
	}
	s.touch()
	s.mu.Unlock()
	for _, c := range told {
		c.write(disconnectFrame(reason, c.id))
		if reason != Warning {
			s.endSoon(c)
		}
	}
}

// endSoon closes a connection after the grace Slack gives it.
func (s *Server) endSoon(c *socket) {
	if !s.enter() {
		return
	}
	go func() {
		defer s.running.Done()
		t := time.NewTimer(time.Second)
		defer t.Stop()
		select {
		case <-t.C:
			c.farewell(s)
		case <-c.done:
		case <-s.ctx.Done():
		}
	}()
}

// CutSockets drops every connection without a word, as a network failure does.
func (s *Server) CutSockets() { s.cutSockets() }

// CutBeforeAck lets the next n envelopes arrive and then closes the socket each
// came on: acks that still come over it do not count. The socket closes a moment
// after the client has read the envelope.
func (s *Server) CutBeforeAck(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.cutNext = n
}

// LoseEnvelopes never writes the next n envelopes to a socket; the person waits
// in vain.
func (s *Server) LoseEnvelopes(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.lose = n
}
