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
// rollback that it took up.
type memory struct {
	mu       sync.Mutex
	seen     audit.Head
	accepted audit.Head
	loaded   bool
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

// Remember takes over what another store of this process has seen of the same
// Redis, so that a new configuration forgets nothing.
func (s *Store) Remember(before *Store) {
	before.memory.mu.Lock()
	defer before.memory.mu.Unlock()
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.memory.seen, s.memory.accepted, s.memory.loaded = before.memory.seen, before.memory.accepted, before.memory.loaded
}

// Guard compares the log with what this process saw. It returns ErrRolledBack
// as long as the log is behind or another one, and reports that in Redis for
// `audit accept-rollback`; once a person has accepted it, this process forgets
// what was lost and goes on.
func (s *Store) Guard(ctx context.Context) error {
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	accepted, lostTo, err := s.accepted(ctx)
	if err != nil {
		return err
	}
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	if !s.memory.loaded {
		s.memory.loaded, s.memory.accepted = true, accepted
	}
	seen := s.memory.seen
	same, err := s.holds(ctx, head, seen)
	if err != nil {
		return err
	}
	if same {
		if head.Seq > seen.Seq {
			s.memory.seen = head
		}
		return nil
	}
	if accepted != s.memory.accepted && lostTo >= seen.Seq {
		s.memory.accepted, s.memory.seen = accepted, head
		return nil
	}
	if err := s.alarm(ctx, head, seen); err != nil {
		return err
	}
	return fmt.Errorf("%w: this process saw record %d, and the last one is %d or another; accept it with audit accept-rollback",
		ErrRolledBack, seen.Seq, head.Seq)
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

func (s *Store) accepted(ctx context.Context) (audit.Head, int64, error) {
	fields, err := s.redis.HMGet(ctx, acceptedKey(), "seq", "hash", "to").Result()
	if err != nil {
		return audit.Head{}, 0, fmt.Errorf("reading the last accepted rollback: %w", err)
	}
	head, err := parseHead(fields)
	if err != nil {
		return audit.Head{}, 0, err
	}
	to, _ := fields[2].(string)
	lostTo, _ := strconv.ParseInt(to, 10, 64)
	return head, lostTo, nil
}

// alarm reports a loss, widening what others reported.
func (s *Store) alarm(ctx context.Context, head, seen audit.Head) error {
	_, to, err := s.Alarm(ctx)
	if err != nil {
		return err
	}
	if err := s.redis.HSet(ctx, alarmKey(), "from", head.Seq+1, "to", max(to, seen.Seq)).Err(); err != nil {
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
	first, _ := fields[0].(string)
	last, _ := fields[1].(string)
	from, _ = strconv.ParseInt(first, 10, 64)
	to, _ = strconv.ParseInt(last, 10, 64)
	return from, to, nil
}

// AcceptRollback records that a person takes up work again on a log that came
// back older than it was, and expires what waits: nobody can tell whether a
// denial or a cancellation is among what was lost. It returns what it expired.
func (s *Store) AcceptRollback(ctx context.Context, by approvals.Actor, reason string, now time.Time) ([]approvals.ID, error) {
	from, to, err := s.Alarm(ctx)
	if err != nil {
		return nil, err
	}
	event := approvals.Event{Time: now, Kind: approvals.RolledBack, Actor: by,
		Data: approvals.Data{Reason: reason, LostFrom: from, LostTo: to}}
	if err := s.Commit(ctx, approvals.Change{Event: event}); err != nil {
		return nil, fmt.Errorf("recording it: %w", err)
	}
	expired, err := s.expireWaiting(ctx, now)
	if err != nil {
		return expired, err
	}
	head := s.memory.head()
	pipe := s.redis.TxPipeline()
	pipe.HSet(ctx, acceptedKey(), "seq", head.Seq, "hash", head.Hash, "to", max(to, head.Seq))
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
		if op.State != approvals.Waiting && op.State != approvals.Ready {
			continue
		}
		event := approvals.Event{Time: now, Operation: op.ID, Kind: approvals.WasExpired, Actor: approvals.System, Plan: op.Digest,
			Data: approvals.Data{Code: "rolled_back", WayOut: "Ask again if it is still needed.",
				Sentence: "Redis came back older than it was, so a denial or a cancellation may have been lost."}}
		after, err := op.Apply(event)
		if err != nil {
			return expired, err
		}
		if err := s.Commit(ctx, approvals.Change{Before: op.Version, After: after, Event: event}); err != nil {
			return expired, fmt.Errorf("expiring %s: %w", op.ID, err)
		}
		expired = append(expired, op.ID)
	}
	return expired, nil
}
