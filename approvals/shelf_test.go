package approvals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"es-restore/approvals"
)

// A shelf is a Store in memory that keeps what a Store promises: compare and
// set, the log, once-keys, targets and leases, all in one act. What goes in and
// out of it goes through JSON, as with any real one. Its faults are scripted.
type shelf struct {
	mu      sync.Mutex
	ops     map[approvals.ID][]byte
	log     []approvals.Event
	once    map[string]approvals.ID
	held    map[string]approvals.ID
	leases  map[string]string
	refused map[string]bool
	faults  []fault
	// before is called once, before the next commit, without the lock.
	before func()
}

// A fault is what the next commit meets.
type fault int

const (
	conflicts fault = iota // someone was faster
	lostAfter              // written, and the answer lost
	lostAhead              // not written, and nobody knows
	away                   // refused: nothing was written
)

var errAway = errors.New("the shelf is away, nothing was recorded")

func newShelf() *shelf {
	return &shelf{ops: map[approvals.ID][]byte{}, once: map[string]approvals.ID{}, held: map[string]approvals.ID{},
		leases: map[string]string{}, refused: map[string]bool{}}
}

// lease is the fence of whoever holds a lease now.
func (s *shelf) lease(name string) approvals.Fence {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leases[name] == "" {
		s.leases[name] = "token-1"
	}
	return approvals.Fence{Lease: name, Token: s.leases[name], Epoch: 1}
}

// lose gives a lease to someone else.
func (s *shelf) lose(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases[name] += "'"
}

func (s *shelf) meet(faults ...fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

func (s *shelf) Load(_ context.Context, id approvals.ID) (approvals.Operation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(id)
}

func (s *shelf) load(id approvals.ID) (approvals.Operation, error) {
	text, ok := s.ops[id]
	if !ok {
		return approvals.Operation{}, approvals.ErrNoSuchOperation
	}
	var op approvals.Operation
	return op, json.Unmarshal(text, &op)
}

func (s *shelf) Commit(_ context.Context, c approvals.Change) error {
	s.mu.Lock()
	before := s.before
	s.before = nil
	s.mu.Unlock()
	if before != nil {
		before()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	met := fault(-1)
	if len(s.faults) > 0 {
		met, s.faults = s.faults[0], s.faults[1:]
	}
	switch met {
	case conflicts:
		return approvals.ErrConflict
	case away:
		return errAway
	case lostAhead:
		return approvals.ErrNotKnown
	}
	if err := s.write(c); err != nil {
		return err
	}
	if met == lostAfter {
		return approvals.ErrNotKnown
	}
	return nil
}

func (s *shelf) write(c approvals.Change) error {
	id := c.Event.Operation
	if c.Fence != nil && s.leases[c.Fence.Lease] != c.Fence.Token {
		return approvals.ErrFenced
	}
	switch stored, err := s.load(id); {
	case c.Event.Kind == approvals.Refused:
		key := fmt.Sprint(id, c.Event.Actor.ID, c.Event.Data.Asked)
		if s.refused[key] {
			return approvals.ErrAgain
		}
		s.refused[key] = true
		s.log = append(s.log, copied(c.Event))
		return nil
	case c.Before == 0:
		if opened, ok := s.once[c.Once]; ok && c.Once != "" {
			return &approvals.Once{Opened: opened}
		}
		if err == nil {
			return approvals.ErrTaken
		}
		for _, target := range c.After.Plan.Targets() {
			if by, ok := s.held[target]; ok {
				return &approvals.Held{Target: target, By: by}
			}
		}
	case err != nil || stored.Version != c.Before:
		return approvals.ErrConflict
	}
	text, err := json.Marshal(c.After)
	if err != nil {
		return err
	}
	s.ops[id] = text
	s.log = append(s.log, copied(c.Event))
	if c.Once != "" {
		s.once[c.Once] = id
	}
	for _, target := range c.After.Plan.Targets() {
		if c.After.State.Final() {
			delete(s.held, target)
		} else {
			s.held[target] = id
		}
	}
	return nil
}

// copied takes an event through JSON, so that it shares nothing with anyone.
func copied(e approvals.Event) approvals.Event {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	var c approvals.Event
	if err := json.Unmarshal(text, &c); err != nil {
		panic(err)
	}
	return c
}

// events are what is on record, of one operation or of all.
func (s *shelf) events(id approvals.ID) []approvals.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Event
	for _, e := range s.log {
		if id == "" || e.Operation == id {
			all = append(all, e)
		}
	}
	return all
}

// kinds are the names of the events of an operation, in order.
func (s *shelf) kinds(id approvals.ID) []approvals.EventKind {
	var kinds []approvals.EventKind
	for _, e := range s.events(id) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// forget makes every refusal recordable again, as a minute does.
func (s *shelf) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.refused)
}
