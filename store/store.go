// Package store remembers operations, leases and the log in Redis.
//
// Every change of an operation is one script that writes the operation and its
// sealed record, or neither. The package decides nothing but whether a write
// may happen at all: versions, leases and the log's head must be what the
// writer thinks they are. Start at keys.go, then commit.lua and commit.go.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/audit"
)

// A Store is one Redis, or one Redis cluster. It is safe for concurrent use.
type Store struct {
	redis redis.UniversalClient

	// sealing makes this process's commits queue up here rather than race for
	// the head and seal again.
	sealing chan struct{}
	// onDisk waits for the append-only file where Redis can tell (see Safety).
	onDisk atomic.Bool

	memory memory
}

// New makes a store on a client, which the caller closes. The client should not
// retry on its own: commits are tried again here, and know what that means.
func New(client redis.UniversalClient) *Store {
	return &Store{redis: client, sealing: make(chan struct{}, 1)}
}

// Ping reports whether Redis answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis does not answer: %w", err)
	}
	return nil
}

// Away reports whether an error means that Redis did not answer, which passes,
// rather than that it refused.
func Away(err error) bool {
	var op net.Error
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, redis.ErrPoolTimeout) ||
		errors.Is(err, context.DeadlineExceeded)
}

// Load returns an operation, or approvals.ErrNoSuchOperation.
func (s *Store) Load(ctx context.Context, id approvals.ID) (approvals.Operation, error) {
	text, err := s.redis.HGet(ctx, opKey(id), "json").Result()
	if errors.Is(err, redis.Nil) {
		return approvals.Operation{}, approvals.ErrNoSuchOperation
	}
	if err != nil {
		return approvals.Operation{}, fmt.Errorf("loading %s: %w", id, err)
	}
	return decode(id, text)
}

func decode(id approvals.ID, text string) (approvals.Operation, error) {
	var op approvals.Operation
	if err := json.Unmarshal([]byte(text), &op); err != nil {
		return approvals.Operation{}, fmt.Errorf("reading %s: %w", id, err)
	}
	return op, nil
}

// Open returns every operation that is not in a final state, oldest first.
func (s *Store) Open(ctx context.Context) ([]approvals.Operation, error) {
	ids, err := s.redis.ZRange(ctx, openKey(), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("listing open operations: %w", err)
	}
	return s.loadAll(ctx, ids)
}

// Recent returns a page of all operations, newest first, and how many there are.
func (s *Store) Recent(ctx context.Context, offset, limit int64) ([]approvals.Operation, int64, error) {
	total, err := s.redis.ZCard(ctx, allKey()).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("counting operations: %w", err)
	}
	if limit <= 0 {
		return nil, total, nil
	}
	ids, err := s.redis.ZRevRange(ctx, allKey(), offset, offset+limit-1).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("listing operations: %w", err)
	}
	ops, err := s.loadAll(ctx, ids)
	return ops, total, err
}

func (s *Store) loadAll(ctx context.Context, ids []string) ([]approvals.Operation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	pipe := s.redis.Pipeline()
	answers := make([]*redis.StringCmd, len(ids))
	for i, id := range ids {
		answers[i] = pipe.HGet(ctx, opKey(approvals.ID(id)), "json")
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("loading operations: %w", err)
	}
	ops := make([]approvals.Operation, 0, len(ids))
	for i, answer := range answers {
		text, err := answer.Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("loading operations: %w", err)
		}
		op, err := decode(approvals.ID(ids[i]), text)
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// Head returns the end of the log.
func (s *Store) Head(ctx context.Context) (audit.Head, error) {
	fields, err := s.redis.HMGet(ctx, headKey(), "seq", "hash").Result()
	if err != nil {
		return audit.Head{}, fmt.Errorf("reading the head of the log: %w", err)
	}
	return parseHead(fields)
}

func parseHead(fields []any) (audit.Head, error) {
	seq, ok := fields[0].(string)
	if !ok {
		return audit.Genesis, nil
	}
	hash, _ := fields[1].(string)
	head := audit.Head{Hash: hash}
	if _, err := fmt.Sscan(seq, &head.Seq); err != nil {
		return audit.Head{}, fmt.Errorf("the head of the log is damaged: %q", seq)
	}
	return head, nil
}

// SetProgress keeps a reading for a minute. It is nothing that must be kept.
func (s *Store) SetProgress(ctx context.Context, id approvals.ID, reading any) error {
	encoded, err := json.Marshal(reading)
	if err != nil {
		return fmt.Errorf("encoding progress: %w", err)
	}
	if err := s.redis.Set(ctx, progressKey(id), encoded, time.Minute).Err(); err != nil {
		return fmt.Errorf("keeping progress: %w", err)
	}
	return nil
}

// Progress reads the last reading into reading; false when there is none.
func (s *Store) Progress(ctx context.Context, id approvals.ID, reading any) (bool, error) {
	text, err := s.redis.Get(ctx, progressKey(id)).Result()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading progress: %w", err)
	}
	return json.Unmarshal([]byte(text), reading) == nil, nil
}
