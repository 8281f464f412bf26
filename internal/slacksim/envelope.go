package slacksim

import (
	"context"
	"encoding/json"
	"time"
)

// Outcome is how the delivery of an envelope ended.
type Outcome string

// The outcomes.
const (
	// Acked: the app answered in time.
	Acked Outcome = "acked"
	// TimedOut: no ack within three seconds; the person sees an error. Slack
	// calls it operation_timeout for commands.
	TimedOut Outcome = "operation_timeout"
	// Undelivered: the app has no connection; the person sees an error at once.
	Undelivered Outcome = "dispatch_failed"
)

// Envelope is one thing that went out to an app.
type Envelope struct {
	ID      string
	Type    string // slash_commands, interactive, events_api
	Payload json.RawMessage
	// AcceptsPayload says whether the ack may carry an answer.
	AcceptsPayload bool
	RetryAttempt   int
	RetryReason    string
	Time           time.Time
	Socket         int // the connection it went to; 0: none
	Outcome        Outcome

	app   *App
	apply func(payload json.RawMessage) // what an ack does to the world
}

// Delivery is what a person, or a forger, learns of an envelope.
type Delivery struct {
	EnvelopeID string
	Outcome    Outcome
	Ack        json.RawMessage // the ack's payload; nil when it had none
	Latency    time.Duration   // from sending to the ack, in real time
	Socket     int             // 0: no connection
	// TriggerID and ResponseURL are what the payload carried.
	TriggerID, ResponseURL string
}

// OK says whether the app answered in time.
func (d Delivery) OK() bool { return d.Outcome == Acked }

// pending is an envelope whose ack may still come.
type pending struct {
	env     *Envelope
	sent    time.Time
	over    bool // the time is up
	answers int
	done    chan Ack
}

func (e *Envelope) frame() []byte {
	out := Object{
		"envelope_id": e.ID, "payload": e.Payload, "type": e.Type,
		"accepts_response_payload": e.AcceptsPayload,
	}
	if e.Type == "events_api" {
		out["retry_attempt"], out["retry_reason"] = e.RetryAttempt, e.RetryReason
	}
	return encode(out)
}

// deliver sends an envelope and waits for its ack, its time limit, or the
// caller. The effect of an ack happens even when the caller has gone.
func (s *Server) deliver(ctx context.Context, e Envelope) (Delivery, error) {
	env := &e
	p, c, fate := s.launch(env)
	d := Delivery{EnvelopeID: env.ID, Outcome: env.Outcome, Socket: env.Socket}
	if c == nil {
		return d, nil
	}
	if slow := s.slowness(); slow > 0 && !s.pause(ctx, slow) {
		return d, ctx.Err()
	}
	if fate != lost {
		c.write(env.frame())
	}
	if fate == cutBeforeAck {
		c.cutOnceRead(s)
	}
	t := time.NewTimer(s.cfg.ackTimeout)
	defer t.Stop()
	select {
	case ack := <-p.done:
		d.Outcome, d.Ack, d.Latency = Acked, ack.Payload, ack.Latency
		return d, nil
	case <-t.C:
	case <-ctx.Done():
		return d, ctx.Err()
	case <-s.ctx.Done():
		return d, ErrClosed
	}
	return s.expire(p, d), nil
}

// expire ends the wait for an ack; one that slipped in before the lock counts.
func (s *Server) expire(p *pending, d Delivery) Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case ack := <-p.done:
		d.Outcome, d.Ack, d.Latency = Acked, ack.Payload, ack.Latency
		return d
	default:
	}
	p.over, p.env.Outcome, d.Outcome = true, TimedOut, TimedOut
	s.touch()
	return d
}

type fate int

const (
	arrives fate = iota
	lost
	cutBeforeAck
)

// launch notes an envelope as sent and chooses its connection and its fate.
func (s *Server) launch(env *Envelope) (*pending, *socket, fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	env.Time = s.cfg.now()
	s.sockets.sent = remember(s.sockets.sent, env)
	if len(s.sockets.pending) > maxHistory {
		clear(s.sockets.pending) // acks of the old ones become unknown
	}
	defer s.touch()
	c := s.pick(env.app)
	if c == nil {
		env.Outcome = Undelivered
		return nil, nil, arrives
	}
	env.Socket = c.id
	p := &pending{env: env, sent: time.Now(), done: make(chan Ack, 1)}
	s.sockets.pending[env.ID] = p
	if s.sockets.lose > 0 {
		s.sockets.lose--
		return p, c, lost
	}
	if s.sockets.cutNext > 0 {
		s.sockets.cutNext--
		c.deaf, c.draining = true, true
		return p, c, cutBeforeAck
	}
	return p, c, arrives
}

// Envelopes lists everything that went out, oldest first, lost ones too.
func (s *Server) Envelopes() []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Envelope, len(s.sockets.sent))
	for i, e := range s.sockets.sent {
		out[i] = *e
	}
	return out
}

// Deliver sends a payload that no person could have caused: a click on a button
// that does not exist, a user of another team, another app's ID. Type is
// slash_commands, interactive or events_api; the payload is anything that
// encodes to JSON. Whatever the ack carries changes nothing in the world.
func (s *Server) Deliver(ctx context.Context, typ string, payload any) (Delivery, error) {
	return s.deliver(ctx, Envelope{
		ID: uuid(), Type: typ, Payload: encode(payload), AcceptsPayload: typ != "events_api", app: s.firstApp(),
	})
}

// Redeliver sends an envelope of [Server.Envelopes] again with the same
// payload, under the same envelope_id or a new one.
func (s *Server) Redeliver(ctx context.Context, e Envelope, sameID bool) (Delivery, error) {
	if !sameID {
		e.ID = uuid()
	}
	e.Outcome, e.Socket = "", 0
	if e.Type == "events_api" {
		e.RetryAttempt, e.RetryReason = e.RetryAttempt+1, "timeout"
	}
	return s.deliver(ctx, e)
}

// RedeliverLast sends the last n envelopes again, oldest first, one after the
// other.
func (s *Server) RedeliverLast(ctx context.Context, n int, sameID bool) ([]Delivery, error) {
	all := s.Envelopes()
	var out []Delivery
	for _, e := range all[max(0, len(all)-n):] {
		d, err := s.Redeliver(ctx, e, sameID)
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (s *Server) firstApp() *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.apps[0]
}
