package slacksim

import (
	"encoding/json"
	"time"
)

// maxAck is the size in bytes at which Slack silently drops an ack.
const maxAck = 20 << 10

// AckFate is what became of an ack.
type AckFate string

// The fates.
const (
	AckAccepted  AckFate = "accepted"
	AckLate      AckFate = "late"      // after three seconds
	AckRepeated  AckFate = "repeated"  // the envelope was acked before
	AckTooBig    AckFate = "too_big"   // 20 KiB or more: dropped
	AckStray     AckFate = "stray"     // over another connection, refused by WithAcksBoundToConnection
	AckForeign   AckFate = "foreign"   // from another app
	AckUnknown   AckFate = "unknown"   // no such envelope
	AckCut       AckFate = "cut"       // over a socket that was cut before it
	AckMalformed AckFate = "malformed" // not an ack at all
)

// Ack is one frame an app sent over a socket.
type Ack struct {
	Time       time.Time
	EnvelopeID string
	AppID      string
	Socket     int
	Payload    json.RawMessage // nil when it had none
	Latency    time.Duration   // since the envelope went out, in real time
	Fate       AckFate
}

// Acks lists every frame that apps sent, oldest first.
func (s *Server) Acks() []Ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Ack(nil), s.sockets.acks...)
}

// takeAck reads one frame of an app and lets it take effect.
func (s *Server) takeAck(c *socket, frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	ack := Ack{Time: s.cfg.now(), AppID: c.app.ID, Socket: c.id}
	var read struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if json.Unmarshal(frame, &read) == nil {
		ack.EnvelopeID = read.EnvelopeID
	}
	if len(read.Payload) > 0 && string(read.Payload) != "null" {
		ack.Payload = read.Payload
	}
	p := s.sockets.pending[ack.EnvelopeID]
	if p != nil {
		ack.Latency = time.Since(p.sent)
	}
	ack.Fate = s.judge(c, p, ack, len(frame))
	s.sockets.acks = remember(s.sockets.acks, ack)
	if ack.Fate != AckAccepted {
		return
	}
	p.env.Outcome = Acked
	if p.env.apply != nil {
		p.env.apply(ack.Payload)
	}
	p.done <- ack
}

// judge decides what becomes of an ack. The order matters: what Slack never
// reads cannot count.
func (s *Server) judge(c *socket, p *pending, ack Ack, size int) AckFate {
	switch {
	case c.deaf:
		return AckCut
	case size >= maxAck:
		return AckTooBig
	case ack.EnvelopeID == "":
		return AckMalformed
	case p == nil:
		return AckUnknown
	case p.env.app != c.app:
		return AckForeign
	case s.cfg.strictAcks && p.env.Socket != c.id:
		return AckStray
	}
	if p.answers++; p.answers > 1 {
		return AckRepeated
	}
	if p.over || ack.Latency > s.cfg.ackTimeout {
		return AckLate
	}
	return AckAccepted
}
