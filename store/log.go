package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/audit"
)

// Cursor returns the last record a follower has dealt with; 0 when none.
func (s *Store) Cursor(ctx context.Context, follower string) (int64, error) {
	seq, err := s.redis.Get(ctx, cursorKey(follower)).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("reading the cursor of %s: %w", follower, err)
	}
	return seq, nil
}

// After returns up to limit records that follow seq, and waits for the first
// one up to wait; none when none came.
func (s *Store) After(ctx context.Context, seq int64, limit int64, wait time.Duration) ([]audit.Record, error) {
	entries, err := s.entriesAfter(ctx, seq, limit, wait)
	if err != nil {
		return nil, err
	}
	all, err := records(entries)
	if err == nil && len(all) > 0 {
		s.memory.follows(audit.Head{Seq: all[0].Seq - 1, Hash: all[0].Prev}, all[len(all)-1].Head())
	}
	return all, err
}

func (s *Store) entriesAfter(ctx context.Context, seq int64, limit int64, wait time.Duration) ([]redis.XMessage, error) {
	block := max(wait, time.Millisecond)
	if wait <= 0 {
		block = -1 // not at all; Redis takes 0 for without end
	}
	answer, err := s.redis.XRead(ctx, &redis.XReadArgs{
		Streams: []string{logKey(), fmt.Sprintf("%d-0", seq)}, Count: limit, Block: block,
	}).Result()
	if errors.Is(err, redis.Nil) || len(answer) == 0 && err == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("following the log: %w", err)
	}
	return answer[0].Messages, nil
}

// Lines calls each with every line of the log from seq on, in order.
func (s *Store) Lines(ctx context.Context, from int64, each func(line string) error) error {
	const page = 500
	for {
		entries, err := s.redis.XRangeN(ctx, logKey(), fmt.Sprintf("%d-0", from), "+", page).Result()
		if err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		for _, e := range entries {
			line, _ := e.Values["line"].(string)
			if err := each(line); err != nil {
				return err
			}
			if _, err := fmt.Sscanf(e.ID, "%d-", &from); err != nil {
				return fmt.Errorf("the log has an entry %q: %w", e.ID, err)
			}
			from++
		}
		if len(entries) < page {
			return nil
		}
	}
}

// Trail returns every record of one operation that the log still holds, oldest
// first.
func (s *Store) Trail(ctx context.Context, id approvals.ID) ([]audit.Record, error) {
	entries, err := s.trail(ctx, id)
	if err != nil {
		return nil, err
	}
	return records(entries)
}

// TrailLines are the records of Trail as they were written.
func (s *Store) TrailLines(ctx context.Context, id approvals.ID) ([]string, error) {
	entries, err := s.trail(ctx, id)
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i], _ = e.Values["line"].(string)
	}
	return lines, nil
}

func (s *Store) trail(ctx context.Context, id approvals.ID) ([]redis.XMessage, error) {
	seqs, err := s.redis.LRange(ctx, trailKey(id), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("reading the trail of %s: %w", id, err)
	}
	pipe := s.redis.Pipeline()
	answers := make([]*redis.XMessageSliceCmd, len(seqs))
	for i, seq := range seqs {
		answers[i] = pipe.XRange(ctx, logKey(), seq+"-0", seq+"-0")
	}
	if _, err := pipe.Exec(ctx); err != nil && len(seqs) > 0 {
		return nil, fmt.Errorf("reading the trail of %s: %w", id, err)
	}
	var entries []redis.XMessage
	for _, answer := range answers {
		entries = append(entries, answer.Val()...)
	}
	return entries, nil
}

func records(entries []redis.XMessage) ([]audit.Record, error) {
	all := make([]audit.Record, len(entries))
	for i, e := range entries {
		line, _ := e.Values["line"].(string)
		r, err := audit.Parse([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("record %s of the log: %w", e.ID, err)
		}
		all[i] = r
	}
	return all, nil
}
