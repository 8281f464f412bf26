package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
)

// ErrRolledBack: Redis came back with an older log than this process saw.
// Nothing is decided or started on it until a person accepts that.
var ErrRolledBack = errors.New("redis came back older than it was")

// memory is the highest head this process saw, and the last acceptance of a
// rollback that it knows of.
type memory struct {
	mu       sync.Mutex
	seen     audit.Head
	accepted acceptance
	loaded   bool  // whether it knows of what was accepted before
	takenUp  int64 // how often a log that came back older was taken up
}

// An acceptance is a person's word that a log that came back older is taken up.
type acceptance struct {
	to int64 // the highest record it gives up
	at int64 // when, ms; tells it from one that Redis held before
}

func (m *memory) head() audit.Head {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen
}

func (m *memory) saw(head audit.Head) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if head.Seq > m.seen.Seq {
		m.seen = head
	}
}

// follows takes down records that follow right on what was seen: a Redis that
// has forgotten them came back older. Others tell nothing before Guard has looked.
func (m *memory) follows(before, last audit.Head) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == before {
		m.seen = last
	}
}

// start takes an acceptance that was there before this process looked.
func (m *memory) start(a acceptance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.loaded {
		m.loaded, m.accepted = true, a
	}
}

// takeUp gives up what was seen for the log as it is, if a covers it. An older
// acceptance doesn't: Redis came back from before a later one.
func (m *memory) takeUp(a acceptance, seen, head audit.Head) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen != seen {
		return true // it was taken up meanwhile, or a commit moved it on: the next look tells
	}
	if a.at <= m.accepted.at || a.to < seen.Seq {
		return false
	}
	m.accepted, m.seen = a, head
	m.takenUp++
	return true
}

// times is how often a log that came back older was taken up: what rests on a
// lease from before that rests on what was lost.
func (m *memory) times() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.takenUp
}

// Remember takes over what another store of this process has seen of the same
// Redis, so that a new configuration forgets nothing.
func (s *Store) Remember(before *Store) {
	before.memory.mu.Lock()
	defer before.memory.mu.Unlock()
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.memory.seen, s.memory.accepted, s.memory.loaded, s.memory.takenUp = before.memory.seen, before.memory.accepted, before.memory.loaded, before.memory.takenUp
}

// Guard compares the log with what this process saw. It returns ErrRolledBack
// as long as the log is behind or another one, and reports that in Redis for
// `audit accept-rollback`; once a person has accepted it, this process forgets
// what was lost and goes on.
func (s *Store) Guard(ctx context.Context) error {
	seen := s.memory.head() // before the head is read: this process's commits move both on
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	accepted, err := s.accepted(ctx)
	if err != nil {
		return err
	}
	s.memory.start(accepted)
	same, err := s.holds(ctx, head, seen)
	if err != nil {
		return err
	}
	if same {
		s.memory.saw(head)
		return nil
	}
	if s.memory.takeUp(accepted, seen, head) {
		return nil
	}
	rolledBack := fmt.Errorf("%w: this process saw record %d, and the last one is %d or another; accept it with audit accept-rollback",
		ErrRolledBack, seen.Seq, head.Seq)
	if err := s.alarm(ctx, head, seen); err != nil {
		return errors.Join(rolledBack, err)
	}
	return rolledBack
}

// holds reports whether the log still holds what was seen.
func (s *Store) holds(ctx context.Context, head, seen audit.Head) (bool, error) {
	switch {
	case head.Seq < seen.Seq:
		return false, nil
	case seen.Seq == 0:
		return true, nil
	case head.Seq == seen.Seq:
		return head.Hash == seen.Hash, nil
	}
	at := fmt.Sprintf("%d-0", seen.Seq)
	entries, err := s.redis.XRange(ctx, logKey(), at, at).Result()
	if err != nil {
		return false, fmt.Errorf("reading the log: %w", err)
	}
	return len(entries) == 0 || entries[0].Values["hash"] == seen.Hash, nil
}

func (s *Store) accepted(ctx context.Context) (acceptance, error) {
	fields, err := s.redis.HMGet(ctx, acceptedKey(), "to", "at").Result()
	if err != nil {
		return acceptance{}, fmt.Errorf("reading the last accepted rollback: %w", err)
	}
	return acceptance{to: number(fields[0]), at: number(fields[1])}, nil
}

// number reads a field of a hash; 0 when it is not there.
func number(field any) int64 {
	text, _ := field.(string)
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// alarm reports a loss, widening what others reported.
func (s *Store) alarm(ctx context.Context, head, seen audit.Head) error {
	from, to, err := s.Alarm(ctx)
	if err != nil {
		return err
	}
	first := min(head.Seq+1, seen.Seq) // at the latest: the log may have gone on since
	if from > 0 {
		first = min(first, from)
	}
	if err := s.redis.HSet(ctx, alarmKey(), "from", first, "to", max(to, seen.Seq)).Err(); err != nil {
		return fmt.Errorf("reporting the rollback: %w", err)
	}
	return nil
}

// Alarm returns which records processes reported as lost; zeros when none did.
func (s *Store) Alarm(ctx context.Context) (from, to int64, err error) {
	fields, err := s.redis.HMGet(ctx, alarmKey(), "from", "to").Result()
	if err != nil {
		return 0, 0, fmt.Errorf("reading the rollback alarm: %w", err)
	}
	return number(fields[0]), number(fields[1]), nil
}

// AcceptRollback records that a person takes up work again on a log that came
// back older than it was, and expires what waits: nobody can tell whether a
// denial or a cancellation is among what was lost. It returns what it expired.
func (s *Store) AcceptRollback(ctx context.Context, by approvals.Actor, reason string, now time.Time) ([]approvals.ID, error) {
	from, to, err := s.Alarm(ctx)
	if err != nil {
		return nil, err
	}
	now = now.UTC().Truncate(time.Millisecond) // as fine as records have it
	event := approvals.Event{Time: now, Kind: approvals.RolledBack, Actor: by,
		Data: approvals.Data{Reason: reason, LostFrom: from, LostTo: to}}
	if err := s.Commit(ctx, approvals.Change{Event: event}); err != nil {
		return nil, fmt.Errorf("recording it: %w", err)
	}
	expired, err := s.expireWaiting(ctx, now)
	if err != nil {
		return expired, err
	}
	pipe := s.redis.TxPipeline()
	pipe.HSet(ctx, acceptedKey(), "to", max(to, s.memory.head().Seq), "at", now.UnixMilli())
	pipe.Del(ctx, alarmKey())
	if _, err := pipe.Exec(ctx); err != nil {
		return expired, fmt.Errorf("telling the running bots: %w", err)
	}
	return expired, nil
}

func (s *Store) expireWaiting(ctx context.Context, now time.Time) ([]approvals.ID, error) {
	open, err := s.Open(ctx)
	if err != nil {
		return nil, err
	}
	var expired []approvals.ID
	for _, op := range open {
		done, err := s.expireLost(ctx, op, now)
		if err != nil {
			return expired, fmt.Errorf("expiring %s: %w", op.ID, err)
		}
		if done {
			expired = append(expired, op.ID)
		}
	}
	return expired, nil
}

// expireLost expires an operation if it waits, as it is now should someone else
// change it meanwhile.
func (s *Store) expireLost(ctx context.Context, op approvals.Operation, now time.Time) (bool, error) {
	for {
		if op.State != approvals.Waiting && op.State != approvals.Ready {
			return false, nil
		}
		event := approvals.Event{Time: now, Operation: op.ID, Kind: approvals.WasExpired, Actor: approvals.System, Plan: op.Digest,
			Data: approvals.Data{Code: "rolled_back", WayOut: "Ask again if it is still needed.",
				Sentence: "Redis came back older than it was, so a denial or a cancellation may have been lost."}}
		after, err := op.Apply(event)
		if err != nil {
			return false, err
		}
		err = s.Commit(ctx, approvals.Change{Before: op.Version, After: after, Event: event})
		if !errors.Is(err, approvals.ErrConflict) {
			return err == nil, err
		}
		if op, err = s.Load(ctx, op.ID); err != nil {
			return false, err
		}
	}
}
