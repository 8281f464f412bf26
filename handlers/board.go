package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/store"
)

// Times of the board.
const (
	boardLease  = 10 * time.Second
	boardRenew  = 3 * time.Second
	refreshPace = 3 * time.Second // a running restore's card changes no faster
	// backlog is how many records at once mean that Slack was away: then an
	// operation's replies are put together rather than posted one by one.
	backlog = 30
)

const boardName = "board"

// A BoardStore is what the board reads and, under its lease, writes.
type BoardStore interface {
	Store
	Load(ctx context.Context, id approvals.ID) (approvals.Operation, error)
	Acquire(ctx context.Context, name string, life time.Duration) (*store.Lease, error)
	Cursor(ctx context.Context, follower string) (int64, error)
	After(ctx context.Context, seq int64, limit int64, wait time.Duration) ([]audit.Record, error)
	Head(ctx context.Context) (audit.Head, error)
	Checkpoint(ctx context.Context) (store.Checkpoint, error)
}

// A Board follows the log and keeps the cards and their threads. One process's
// board works at a time, under a lease; what it has shown is written down, so
// the next one goes on where it ended. Cards are drawn from the operation as it
// is, so a lost, late or doubled wake-up is harmless.
type Board struct {
	API          *slack.Client
	Store        BoardStore
	AuditChannel string              // every decision is posted there too; empty: nowhere
	OwnerName    func(string) string // says whether a repository's owner is configured here
	Zone         *time.Location
	Trial        bool // Redis may lose data: cards say so
	Now          func() time.Time
	Log          *slog.Logger
	Lost         func(method string) // counts messages that Slack does not take

	sender    *sender
	refreshed time.Time
	reminded  map[approvals.ID]time.Time
	// unbound are cards that were posted or replied to, and could not be written
	// down: Redis was away. They are not posted again.
	unbound map[approvals.ID]store.Card
}

// Run keeps the board until ctx ends, whenever it has the lease.
func (b *Board) Run(ctx context.Context) error {
	b.sender = newSender(b.API, b.Log, b.Lost)
	b.reminded, b.unbound = map[approvals.ID]time.Time{}, map[approvals.ID]store.Card{}
	for ctx.Err() == nil {
		lease, err := b.Store.Acquire(ctx, boardName, boardLease)
		if err != nil && ctx.Err() == nil {
			b.Log.Warn("board not led", "err", err)
		}
		if lease != nil {
			if err := b.lead(ctx, lease); err != nil && ctx.Err() == nil {
				b.Log.Warn("board left", "err", err)
			}
			continue
		}
		pause(ctx, time.Second)
	}
	return nil
}

// lead works under a lease until it is lost.
func (b *Board) lead(ctx context.Context, lease *store.Lease) error {
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go renew(work, lease, cancel)
	defer func() {
		release, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer done()
		_ = lease.Release(release) // it lapses by itself
	}()
	cursor, err := b.Store.Cursor(work, boardName)
	if err != nil {
		pause(work, time.Second)
		return err
	}
	for work.Err() == nil {
		records, err := b.Store.After(work, cursor, 200, 500*time.Millisecond)
		if err != nil {
			pause(work, time.Second)
			return errors.Join(context.Cause(work), err)
		}
		if len(records) > 0 {
			if err := b.show(work, lease, records); err != nil {
				pause(work, time.Second)
				return errors.Join(context.Cause(work), err)
			}
			cursor = records[len(records)-1].Seq
			if err := lease.SetCursor(work, boardName, cursor); err != nil {
				return err
			}
		}
		if b.Now().Sub(b.refreshed) >= refreshPace {
			if err := b.refresh(work, lease); err != nil {
				pause(work, time.Second)
				return errors.Join(context.Cause(work), err)
			}
		}
	}
	return context.Cause(work)
}

// renew keeps a lease, and ends the work when it is lost.
func renew(work context.Context, lease *store.Lease, cancel context.CancelCauseFunc) {
	confirmed := time.Now()
	ticker := time.NewTicker(boardRenew)
	defer ticker.Stop()
	for {
		select {
		case <-work.Done():
			return
		case <-ticker.C:
		}
		asked := time.Now()
		err := lease.Renew(work)
		if err == nil {
			confirmed = asked
		}
		if errors.Is(err, approvals.ErrFenced) || time.Since(confirmed) > boardLease-boardRenew {
			cancel(fmt.Errorf("the lease of the board is lost: %w", err))
			return
		}
	}
}

// show brings a batch of records into cards and threads. Cards come first: they
// say what holds.
func (b *Board) show(ctx context.Context, lease *store.Lease, records []audit.Record) error {
	var order []approvals.ID
	byOp := map[approvals.ID][]audit.Record{}
	for _, r := range records {
		if _, seen := byOp[r.Operation]; !seen {
			order = append(order, r.Operation)
		}
		byOp[r.Operation] = append(byOp[r.Operation], r)
	}
	open, err := b.Store.Open(ctx)
	if err != nil {
		return err
	}
	for _, id := range order {
		if id == "" {
			if err := b.aboutTheLog(ctx, byOp[id]); err != nil {
				return err
			}
			continue
		}
		if err := b.card(ctx, lease, id, open); err != nil {
			return err
		}
		if err := b.replies(ctx, lease, id, records[len(records)-1].Seq, len(records) >= backlog); err != nil {
			return err
		}
		if err := b.audited(ctx, id, byOp[id]); err != nil {
			return err
		}
	}
	return nil
}

// aboutTheLog posts records that belong to no operation.
func (b *Board) aboutTheLog(ctx context.Context, records []audit.Record) error {
	for _, r := range records {
		if b.AuditChannel == "" {
			continue
		}
		p, said := story(r, approvals.Operation{})
		if _, err := b.sender.post(ctx, b.AuditChannel, "", Answer{Text: escape(said), Blocks: []block{p.block()}}); err != nil {
			return err
		}
	}
	return nil
}

// card posts or updates an operation's card, when it differs from what is shown.
func (b *Board) card(ctx context.Context, lease *store.Lease, id approvals.ID, open []approvals.Operation) error {
	op, err := b.Store.Load(ctx, id)
	if err != nil {
		return err
	}
	shown, err := gather(ctx, b.Store, open, op, Shown{Owner: b.OwnerName(op.Plan.Source), Zone: b.Zone, Trial: b.Trial, Now: b.Now()})
	if err != nil {
		return err
	}
	answer := render(shown)
	card, err := b.bound(ctx, id)
	if err != nil {
		return err
	}
	digest := digestOf(answer)
	if card.Shown == digest {
		return nil
	}
	if card.TS != "" {
		if card, err = b.change(ctx, card, op, answer); err != nil {
			return err
		}
		// A click on the next one waits for it to be on record only where none is.
		if card.TS == "" {
			if err := b.bind(ctx, lease, id, card); err != nil {
				return err
			}
		}
	}
	if card.TS == "" {
		card = store.Card{Channel: op.Channel}
		if card.TS, err = b.sender.post(ctx, op.Channel, "", answer); err != nil {
			return err
		}
	}
	card.Shown = digest
	return b.bind(ctx, lease, id, card)
}

// bound is what is known of a card: by the store, or by this process when it
// could not be written down.
func (b *Board) bound(ctx context.Context, id approvals.ID) (store.Card, error) {
	card, err := b.Store.Card(ctx, id)
	if err != nil {
		return card, err
	}
	switch mine, ok := b.unbound[id]; {
	case !ok:
	case card.TS == "":
		return mine, nil
	case card.TS == mine.TS:
		card.Replied = max(card.Replied, mine.Replied)
	}
	return card, nil
}

// bind writes down what was posted.
func (b *Board) bind(ctx context.Context, lease *store.Lease, id approvals.ID, card store.Card) error {
	b.unbound[id] = card
	ctx, end := outliving(ctx, endsWithin)
	defer end()
	err := lease.SetCard(ctx, id, card)
	if err == nil || errors.Is(err, store.ErrRolledBack) {
		delete(b.unbound, id)
	}
	return err
}

// change updates a card. One that somebody deleted is gone: it comes back with
// no address, and is posted anew with its whole thread. One that Slack lets
// nobody edit any more stays as it is, and its thread says how it ended.
func (b *Board) change(ctx context.Context, card store.Card, op approvals.Operation, answer Answer) (store.Card, error) {
	code, err := b.sender.update(ctx, card.Channel, card.TS, answer)
	if err != nil {
		return card, err
	}
	switch {
	case code == "message_not_found":
		card = store.Card{Channel: op.Channel}
	case code != "" && op.State.Final():
		_, err = b.sender.post(ctx, card.Channel, card.TS, answer)
	}
	return card, err
}

func digestOf(a Answer) string {
	encoded, err := json.Marshal(slack.Blocks{BlockSet: a.Blocks})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(append(encoded, a.Text...))
	return hex.EncodeToString(sum[:])
}
