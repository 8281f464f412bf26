package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
)

// What the page shows of what is behind: the operations, their records, and
// whether the records are still a chain.

type opJSON struct {
	ID        approvals.ID    `json:"id"`
	Kind      string          `json:"kind"`
	State     approvals.State `json:"state"`
	Requester string          `json:"requester"`
	Cluster   string          `json:"cluster"`
	Source    string          `json:"source"`
	Items     []string        `json:"items"`
	Digest    string          `json:"digest"`
	Verified  bool            `json:"verified"`
	Channel   string          `json:"channel"`
	Opened    time.Time       `json:"opened"`
}

type recordJSON struct {
	Seq       int64               `json:"seq"`
	Time      time.Time           `json:"time"`
	Operation approvals.ID        `json:"operation"`
	Event     approvals.EventKind `json:"event"`
	Actor     string              `json:"actor"`
	Step      string              `json:"step,omitempty"`
	Said      string              `json:"said,omitempty"`
	Prev      string              `json:"prev"`
	Hash      string              `json:"hash"`
}

type chainJSON struct {
	Records int64  `json:"records"`
	Head    string `json:"head"`
	Broken  string `json:"broken,omitempty"`
}

// A trail is what was read of the log so far.
type trail struct {
	mu      sync.Mutex
	checker audit.Checker
	seq     int64
	ops     latest
	records []json.RawMessage
	chain   json.RawMessage
}

func newTrail() *trail { return &trail{chain: encode(chainJSON{Head: audit.Genesis.Hash})} }

// tell tells a page everything read so far.
func (t *trail) tell(m *mailbox) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, at := range t.ops.at {
		m.put(secOps, key, t.ops.list[at])
	}
	for _, r := range t.records {
		m.add(secRecords, r)
	}
	m.set(secChain, t.chain)
}

// followLog reads the log as it grows, checks it, and tells the pages.
func (s *Sandbox) followLog(ctx context.Context) {
	for ctx.Err() == nil {
		fresh, err := s.store.After(ctx, s.trail.seq, 1, time.Second)
		if err != nil {
			wait(ctx, time.Second)
			continue
		}
		if len(fresh) > 0 {
			s.readLog(ctx)
		}
	}
}

// readLog takes in the records that were not read yet.
func (s *Sandbox) readLog(ctx context.Context) {
	changed := map[approvals.ID]bool{}
	var records []json.RawMessage
	s.trail.mu.Lock()
	err := s.store.Lines(ctx, s.trail.seq+1, func(line string) error {
		r, err := audit.Parse([]byte(line))
		if err != nil {
			return err
		}
		s.trail.seq = r.Seq
		if err := s.trail.checker.Next([]byte(line)); err != nil {
			return err
		}
		changed[r.Operation] = true
		records = append(records, recordOf(r))
		return nil
	})
	s.trail.records = append(s.trail.records, records...)
	s.trail.records = s.trail.records[max(0, len(s.trail.records)-mostListed):]
	s.trail.chain = encode(chainOf(s.trail.checker.Head(), err))
	chain := s.trail.chain
	s.trail.mu.Unlock()
	ops := s.loadOps(ctx, changed)
	s.hub.each("", func(m *mailbox) {
		for _, r := range records {
			m.add(secRecords, r)
		}
		for id, op := range ops {
			m.put(secOps, string(id), op)
		}
		m.set(secChain, chain)
	})
}

func (s *Sandbox) loadOps(ctx context.Context, ids map[approvals.ID]bool) map[approvals.ID]json.RawMessage {
	ops := map[approvals.ID]json.RawMessage{}
	for id := range ids {
		op, err := s.store.Load(ctx, id)
		if err != nil {
			continue // a record about the log itself, or Redis went away
		}
		ops[id] = opOf(op)
	}
	s.trail.mu.Lock()
	defer s.trail.mu.Unlock()
	for id, op := range ops {
		s.trail.ops.put(string(id), op)
	}
	return ops
}

func opOf(op approvals.Operation) json.RawMessage {
	verified, _ := op.Verified()
	one := opJSON{
		ID: op.ID, Kind: string(op.Kind), State: op.State, Requester: op.Requester.ID, Cluster: op.Plan.Cluster,
		Source: op.Plan.Repository, Items: []string{}, Digest: op.Digest, Verified: verified, Channel: op.Channel, Opened: op.Opened,
	}
	if op.Plan.Snapshot != "" { // a share has none
		one.Source += "/" + op.Plan.Snapshot
	}
	for i, item := range op.Plan.Items {
		if i == 5 {
			one.Items = append(one.Items, fmt.Sprintf("and %d more", len(op.Plan.Items)-i))
			break
		}
		one.Items = append(one.Items, item.Target)
	}
	return encode(one)
}

func recordOf(r audit.Record) json.RawMessage {
	one := recordJSON{Seq: r.Seq, Time: r.Time, Operation: r.Operation, Event: r.Event, Actor: r.Actor.ID, Step: string(r.Data.Step), Prev: r.Prev, Hash: r.Hash}
	switch {
	case r.Data.Result != nil:
		one.Step = string(r.Data.Result.Step) + ": done"
	case r.Data.Sent != nil:
		one.Step += ": about to be sent"
	}
	one.Said = r.Data.Reason
	if r.Data.Sentence != "" {
		one.Said = r.Data.Sentence
	}
	if r.Data.TakenOver {
		one.Said = "taken over by another process"
	}
	return encode(one)
}

func chainOf(head audit.Head, err error) chainJSON {
	c := chainJSON{Records: head.Seq, Head: head.Hash}
	var broken *audit.Broken
	switch {
	case errors.As(err, &broken):
		c.Broken = broken.Error()
	case err != nil:
		c.Broken = "The log can't be read now."
	}
	return c
}

// verify checks the whole log from its first record on, as cmd/bot's audit verify
// does.
func (s *Sandbox) verify(ctx context.Context) chainJSON {
	var checker audit.Checker
	err := s.store.Lines(ctx, 1, func(line string) error { return checker.Next([]byte(line)) })
	return chainOf(checker.Head(), err)
}

// hear notes a request that a cluster or the cloud got.
func (s *Sandbox) hear(one asked) {
	if !s.open.Load() {
		return
	}
	s.askedMu.Lock()
	s.asked++
	one.N = s.asked
	s.askedMu.Unlock()
	s.requests.add(one)
	raw := encode(one)
	s.hub.each("", func(m *mailbox) { m.add(secRequests, raw) })
	if one.Lost {
		s.tellStatus() // the drawer shows that it happened
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
