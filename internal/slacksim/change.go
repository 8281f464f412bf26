package slacksim

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"
)

// ChangeKind names what happened.
type ChangeKind string

// What can happen in the world.
const (
	MessagePosted    ChangeKind = "message_posted"
	ReplyPosted      ChangeKind = "reply_posted" // a message in a thread
	MessageUpdated   ChangeKind = "message_updated"
	MessageDeleted   ChangeKind = "message_deleted"
	EphemeralPosted  ChangeKind = "ephemeral_posted"
	EphemeralUpdated ChangeKind = "ephemeral_updated"
	EphemeralDeleted ChangeKind = "ephemeral_deleted"
	ViewOpened       ChangeKind = "view_opened" // pushed ones too
	ViewUpdated      ChangeKind = "view_updated"
	ViewClosed       ChangeKind = "view_closed"
	HomePublished    ChangeKind = "home_published"
	WorldEdited      ChangeKind = "world_edited" // people, groups, channels
	SocketsChanged   ChangeKind = "sockets_changed"
)

// Change is one thing that happened, with a copy of what it left.
type Change struct {
	Seq     int64 // from 1, without gaps
	Time    time.Time
	Kind    ChangeKind
	Channel string   // where, if in a channel
	User    string   // whom it concerns: who sees the ephemeral or the view
	Message *Message // for messages and ephemerals
	View    *View    // for views and Home
}

// announce hands a change to every reader. The lock is held.
func (s *Server) announce(c Change) {
	s.seq++
	c.Seq, c.Time = s.seq, s.cfg.now()
	for sub := range s.streams {
		sub.push(c)
	}
	s.touch()
}

// touch wakes whoever waits, for things that are no change of the world: a
// call, an ack. The lock is held.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// ErrClosed ends whatever waits on a server or a subscription that is closed.
var ErrClosed = errors.New("slacksim: closed")

// Wait returns when cond holds. It asks again after every change of the world,
// every call, ack and socket, and never polls; cond may use any method of the
// server. The error is the context's, or [ErrClosed].
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		next := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return ErrClosed
		}
	}
}

// Subscription is a stream of changes that loses none, however slow its reader.
type Subscription struct {
	server *Server
	mu     sync.Mutex
	queue  []Change
	more   chan struct{} // closed when queue grows or the stream ends
	ended  bool
}

// Subscribe begins a stream with the next change.
func (s *Server) Subscribe() *Subscription {
	sub := &Subscription{server: s, more: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		sub.end()
		return sub
	}
	s.streams[sub] = struct{}{}
	return sub
}

// Next waits for the next change. After Close of either side it returns what is
// still queued, then [ErrClosed].
func (sub *Subscription) Next(ctx context.Context) (Change, error) {
	for {
		sub.mu.Lock()
		if len(sub.queue) > 0 {
			c := sub.queue[0]
			sub.queue = sub.queue[1:]
			sub.mu.Unlock()
			return c, nil
		}
		ended, more := sub.ended, sub.more
		sub.mu.Unlock()
		if ended {
			return Change{}, ErrClosed
		}
		select {
		case <-more:
		case <-ctx.Done():
			return Change{}, ctx.Err()
		}
	}
}

// All ranges over the changes until the context or the stream ends.
func (sub *Subscription) All(ctx context.Context) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for {
			c, err := sub.Next(ctx)
			if err != nil || !yield(c) {
				return
			}
		}
	}
}

// Close ends the stream.
func (sub *Subscription) Close() {
	sub.server.mu.Lock()
	delete(sub.server.streams, sub)
	sub.server.mu.Unlock()
	sub.end()
}

func (sub *Subscription) push(c Change) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.ended {
		return
	}
	sub.queue = append(sub.queue, c)
	sub.wake()
}

func (sub *Subscription) end() {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if !sub.ended {
		sub.ended = true
		sub.wake()
	}
}

func (sub *Subscription) wake() {
	close(sub.more)
	sub.more = make(chan struct{})
}
