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
// paused writes nothing afterwards.
type Lease struct {
	store *Store
	life  time.Duration
	fence approvals.Fence
}

// Acquire takes a lease that nobody holds; nil when somebody does.
func (s *Store) Acquire(ctx context.Context, name string, life time.Duration) (*Lease, error) {
	token := rand.Text()
	epoch, err := leaseScript.Run(ctx, s.redis, []string{leaseKey(name), epochKey(name)}, token, life.Milliseconds()).Int64()
	if err != nil {
		return nil, fmt.Errorf("taking the lease %s: %w", name, err)
	}
	if epoch == 0 {
		return nil, nil
	}
	return &Lease{store: s, life: life, fence: approvals.Fence{Lease: name, Token: token, Epoch: epoch}}, nil
}

// Fence is what a write presents to show that it rests on this lease.
func (l *Lease) Fence() approvals.Fence { return l.fence }

// Renew prolongs the lease by its life; approvals.ErrFenced when it is lost.
func (l *Lease) Renew(ctx context.Context) error {
	return l.do(ctx, "renewing", []string{leaseKey(l.fence.Lease)}, "renew", l.life.Milliseconds())
}

// Release gives the lease back, so that another can take it at once.
func (l *Lease) Release(ctx context.Context) error {
	return l.do(ctx, "releasing", []string{leaseKey(l.fence.Lease)}, "release")
}

// SetCursor moves a follower's cursor.
func (l *Lease) SetCursor(ctx context.Context, follower string, seq int64) error {
	return l.do(ctx, "moving the cursor of", []string{leaseKey(l.fence.Lease), cursorKey(follower)}, "set", seq)
}

func (l *Lease) do(ctx context.Context, what string, keys []string, args ...any) error {
	done, err := heldScript.Run(ctx, l.store.redis, keys, append([]any{l.fence.Token}, args...)...).Int64()
	if err != nil {
		return fmt.Errorf("%s the lease %s: %w", what, l.fence.Lease, err)
	}
	if done == 0 {
		return approvals.ErrFenced
	}
	return nil
}
