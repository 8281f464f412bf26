package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"es-restore/audit"
)

// A Line is one record as it was written.
type Line struct {
	Seq  int64
	Text string
}

// LinesAfter returns up to limit lines that follow seq, and waits for the first
// one up to wait; none when none came. The lease is renewed after they were read:
// had Redis come back older meanwhile, they could be those of another log, from its
// middle on.
func (l *Lease) LinesAfter(ctx context.Context, seq int64, limit int64, wait time.Duration) ([]Line, error) {
	entries, err := l.store.entriesAfter(ctx, seq, limit, wait)
	if err != nil {
		return nil, err
	}
	if err := l.Renew(ctx); err != nil {
		return nil, err
	}
	var lines []Line
	for _, e := range entries {
		var line Line
		line.Text, _ = e.Values["line"].(string)
		if _, err := fmt.Sscanf(e.ID, "%d-", &line.Seq); err != nil {
			return nil, fmt.Errorf("the log has an entry %q: %w", e.ID, err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// A Checkpoint is a head of the log that was written down outside of Redis, so
// that a log that is cut off behind it shows.
type Checkpoint struct {
	audit.Head
	At time.Time
}

// Checkpoint returns the last one; the zero value when there is none.
func (s *Store) Checkpoint(ctx context.Context) (Checkpoint, error) {
	fields, err := s.redis.HMGet(ctx, checkpointKey(), "seq", "hash", "at").Result()
	if err != nil {
		return Checkpoint{}, fmt.Errorf("reading the last checkpoint: %w", err)
	}
	head, err := parseHead(fields)
	if err != nil || head.Seq == 0 {
		return Checkpoint{}, err
	}
	text, _ := fields[2].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the last checkpoint is damaged: %w", err)
	}
	return Checkpoint{Head: head, At: at}, nil
}

// SetCheckpoint takes down that a head was written down outside.
func (l *Lease) SetCheckpoint(ctx context.Context, c Checkpoint) error {
	return l.do(ctx, "taking down a checkpoint under", checkpointKey(),
		"fields", "seq", c.Seq, "hash", c.Hash, "at", c.At.UTC().Format(time.RFC3339))
}

// Trim removes records that are older than before, were exported and are covered
// by a checkpoint, and the operations all of whose records went with them. It
// returns how many records it removed.
func (s *Store) Trim(ctx context.Context, before time.Time, exporter string) (int64, error) {
	exported, err := s.Cursor(ctx, exporter)
	if err != nil {
		return 0, err
	}
	checkpoint, err := s.Checkpoint(ctx)
	if err != nil {
		return 0, err
	}
	limit := min(exported, checkpoint.Seq)
	var last int64 // the last record that may go
	err = s.Lines(ctx, 1, func(line string) error {
		r, err := audit.Parse([]byte(line))
		if err != nil {
			return err
		}
		if r.Seq > limit || !r.Time.Before(before) {
			return errStop
		}
		last = r.Seq
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		return 0, err
	}
	if last == 0 {
		return 0, nil
	}
	if err := s.forget(ctx, last, before); err != nil {
		return 0, err
	}
	removed, err := s.redis.XTrimMinID(ctx, logKey(), fmt.Sprintf("%d-0", last+1)).Result()
	if err != nil {
		return 0, fmt.Errorf("trimming the log: %w", err)
	}
	return removed, nil
}

// errStop ends a walk through the log.
var errStop = errors.New("stop")

// forget removes the finished operations whose last record is at most last.
func (s *Store) forget(ctx context.Context, last int64, before time.Time) error {
	ids, err := s.redis.ZRangeByScore(ctx, allKey(), &redis.ZRangeBy{Min: "-inf", Max: fmt.Sprint(before.UnixMilli())}).Result()
	if err != nil {
		return fmt.Errorf("listing old operations: %w", err)
	}
	ops, err := s.loadAll(ctx, ids)
	if err != nil {
		return err
	}
	for _, op := range ops {
		newest, err := s.redis.LIndex(ctx, trailKey(op.ID), -1).Int64()
		if err != nil || newest > last || !op.State.Final() {
			continue
		}
		pipe := s.redis.TxPipeline()
		pipe.Del(ctx, opKey(op.ID), trailKey(op.ID), cardKey(op.ID))
		pipe.ZRem(ctx, allKey(), string(op.ID))
		if _, err := pipe.Exec(ctx); err != nil {
			return fmt.Errorf("forgetting %s: %w", op.ID, err)
		}
	}
	return nil
}
