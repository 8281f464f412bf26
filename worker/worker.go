// Package worker takes ready operations under a lease and drives them to an
// end.
//
// It keeps the time and holds the lease; what to do next is esops's to say, and
// what may be recorded approvals's. It is level-triggered: each round looks at
// what there is, so a lost wake-up, a killed process or a paused one costs time
// and nothing else. It posts nothing to Slack. Start at worker.go, then drive.go.
package worker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
	"es-restore/store"
)

// Times of the worker. A dead process's operation is taken over after at most
// leaseLife and a round.
const (
	round      = time.Second
	leaseLife  = 10 * time.Second
	renewEvery = 3 * time.Second
	// drainWithin bounds what an operation may still do once the process is
	// told to stop, such as waiting for the answer of a restore request.
	drainWithin = 7 * time.Second
)

// A Destination is a cluster that operations change.
type Destination struct {
	Planner esops.Planner
	Watcher esops.Watcher
	Writer  esops.Writer
	// Prober looks into what was restored; Origin finds the cluster a snapshot
	// comes from, by its owner's name, nil when it is not configured.
	Prober  esops.Prober
	Origin  func(owner string) esops.Prober
	Queries []esops.Query // saved, with their expected results
	// ReadOnly clusters are never changed, whatever was approved before they
	// became so.
	ReadOnly bool
}

// Store is what the worker asks of the store.
type Store interface {
	Load(ctx context.Context, id approvals.ID) (approvals.Operation, error)
	Open(ctx context.Context) ([]approvals.Operation, error)
	Acquire(ctx context.Context, name string, life time.Duration) (*store.Lease, error)
	SetProgress(ctx context.Context, id approvals.ID, reading any) error
	Guard(ctx context.Context) error
	Head(ctx context.Context) (audit.Head, error)
	After(ctx context.Context, seq int64, limit int64, wait time.Duration) ([]audit.Record, error)
}

// A Worker drives the operations of all destinations, one at a time for each.
type Worker struct {
	Name         string // of this process, in records
	Desk         *approvals.Desk
	Store        Store
	Destinations func(name string) (Destination, bool)
	Now          func() time.Time
	Log          *slog.Logger

	mu   sync.Mutex
	busy map[string]bool // destinations that this process drives now
	wait map[approvals.ID]time.Time
}

// Run works until ctx ends, then lets each operation finish the look it is at
// and gives its lease back.
func (w *Worker) Run(ctx context.Context) error {
	w.busy, w.wait = map[string]bool{}, map[approvals.ID]time.Time{}
	var driving sync.WaitGroup
	defer driving.Wait()
	for ctx.Err() == nil {
		head, err := w.Store.Head(ctx)
		if err == nil {
			err = w.round(ctx, &driving)
		}
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("round skipped", "err", err)
		}
		w.untilNews(ctx, head.Seq, err)
	}
	return nil
}

// untilNews waits for a record after seen by which something may be ready to start,
// and no longer than a round: time passes without a record, and a lost one is
// harmless. After a round that failed it waits that long in any case.
func (w *Worker) untilNews(ctx context.Context, seen int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, round)
	defer cancel()
	for err == nil && ctx.Err() == nil {
		var records []audit.Record
		records, err = w.Store.After(ctx, seen, 100, round)
		for _, r := range records {
			if seen = r.Seq; r.Data.Met || len(r.Data.Standing) > 0 {
				return
			}
		}
	}
	<-ctx.Done()
}

// round expires what is overdue and starts driving where something is to do.
func (w *Worker) round(ctx context.Context, driving *sync.WaitGroup) error {
	if err := w.Store.Guard(ctx); err != nil {
		return err
	}
	open, err := w.Store.Open(ctx)
	if err != nil {
		return err
	}
	for _, op := range open {
		if op.Overdue(w.Now()) {
			if _, err := w.Desk.Fresh(ctx, op.ID); err != nil && !errors.Is(err, approvals.ErrConflict) {
				return err
			}
		}
	}
	for destination, queue := range Queue(open, w.Now()) {
		id, ok := w.take(destination, queue)
		if !ok {
			continue
		}
		lease, err := w.Store.Acquire(ctx, "destination:"+destination, leaseLife)
		if err != nil || lease == nil {
			w.leave(destination, id, 0)
			if err != nil {
				return err
			}
			continue
		}
		driving.Go(func() { w.leave(destination, id, w.drive(ctx, lease, id)) })
	}
	return nil
}

// Queue gives for each destination its operations that are to be done now, the
// one at work first, then in the order they became ready.
func Queue(open []approvals.Operation, now time.Time) map[string][]approvals.Operation {
	queues := map[string][]approvals.Operation{}
	for _, op := range open {
		if op.State != approvals.Waiting && !op.State.Final() && op.Due(now) {
			queues[op.Plan.Cluster] = append(queues[op.Plan.Cluster], op)
		}
	}
	for _, queue := range queues {
		slices.SortStableFunc(queue, func(a, b approvals.Operation) int {
			return cmp.Or(rank(a)-rank(b), a.ReadyAt.Compare(b.ReadyAt), cmp.Compare(a.ID, b.ID))
		})
	}
	return queues
}

func rank(op approvals.Operation) int {
	if op.State == approvals.Ready {
		return 1
	}
	return 0
}

// take chooses what to do for a destination, unless this process is at it. What
// could not start a moment ago lets the next one try; what is at work does not.
func (w *Worker) take(destination string, queue []approvals.Operation) (approvals.ID, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[destination] {
		return "", false
	}
	for _, op := range queue {
		until, waits := w.wait[op.ID]
		if waits && !w.Now().Before(until) {
			delete(w.wait, op.ID)
			waits = false
		}
		if !waits {
			w.busy[destination] = true
			return op.ID, true
		}
		if rank(op) == 0 {
			return "", false
		}
	}
	return "", false
}

func (w *Worker) leave(destination string, id approvals.ID, again time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, destination)
	if again > 0 {
		w.wait[id] = w.Now().Add(again)
	}
}
