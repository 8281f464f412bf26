package store

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
)

//go:embed lease.lua
var leaseSource string

//go:embed held.lua
var heldSource string

var (
	leaseScript = redis.NewScript(leaseSource)
	heldScript  = redis.NewScript(heldSource)
)

// A Lease is the right to do one job for a while. Losing it is normal: every
// write that rests on it is checked against its token, so a holder that was
// paused writes nothing afterwards. Nor does one whose Redis came back older: it
// works from what is lost.
type Lease struct {
	store   *Store
	life    time.Duration
	fence   approvals.Fence
	takenUp int64 // of the memory, when it was taken
}

// Acquire takes a lease that nobody holds; nil when somebody does. None is given
// on a Redis that came back older.
func (s *Store) Acquire(ctx context.Context, name string, life time.Duration) (*Lease, error) {
	if err := s.Guard(ctx); err != nil {
		return nil, err
	}
	takenUp := s.memory.times()
	token := rand.Text()
	epoch, err := leaseScript.Run(ctx, s.redis, []string{leaseKey(name), epochKey(name)}, token, life.Milliseconds()).Int64()
	if err != nil {
		return nil, fmt.Errorf("taking the lease %s: %w", name, err)
	}
	if epoch == 0 {
		return nil, nil
	}
	return &Lease{store: s, life: life, fence: approvals.Fence{Lease: name, Token: token, Epoch: epoch}, takenUp: takenUp}, nil
}

// Fence is what a write presents to show that it rests on this lease.
func (l *Lease) Fence() approvals.Fence { return l.fence }

// Renew prolongs the lease by its life; approvals.ErrFenced when it is lost.
func (l *Lease) Renew(ctx context.Context) error {
	return l.do(ctx, "renewing", "", "renew", l.life.Milliseconds())
}

// Release gives the lease back, so that another can take it at once.
func (l *Lease) Release(ctx context.Context) error {
	return l.do(ctx, "releasing", "", "release")
}

// SetCursor moves a follower's cursor.
func (l *Lease) SetCursor(ctx context.Context, follower string, seq int64) error {
	return l.do(ctx, "moving the cursor of", cursorKey(follower), "set", seq)
}

// do does one thing under the lease, with a key if it is about one.
func (l *Lease) do(ctx context.Context, what, key, act string, args ...any) error {
	if act != "release" && l.store.memory.times() != l.takenUp {
		return approvals.ErrFenced
	}
	seen := l.store.memory.head()
	keys := []string{leaseKey(l.fence.Lease), headKey(), logKey()}
	if key != "" {
		keys = append(keys, key)
	}
	done, err := heldScript.Run(ctx, l.store.redis, keys, append([]any{l.fence.Token, seen.Seq, seen.Hash, act}, args...)...).Int64()
	switch {
	case err != nil:
		return fmt.Errorf("%s the lease %s: %w", what, l.fence.Lease, err)
	case done == 0:
		return approvals.ErrFenced
	case done < 0:
		return fmt.Errorf("%s the lease %s: %w", what, l.fence.Lease, ErrRolledBack)
	}
	return nil
}
