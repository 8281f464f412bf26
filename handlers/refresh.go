package handlers

import (
	"context"
	"fmt"
	"time"

	"es-restore/approvals"
	"es-restore/store"
)

// refresh draws what changes without a record: progress, places in a queue.
func (b *Board) refresh(ctx context.Context, lease *store.Lease) error {
	b.refreshed = b.Now()
	if err := b.checkpoint(ctx, lease); err != nil {
		return err
	}
	open, err := b.Store.Open(ctx)
	if err != nil {
		return err
	}
	for _, op := range open {
		if op.State != approvals.Waiting {
			if b.sender.updates.Tokens() < 1 {
				break // the rest waits: records go first
			}
			if err := b.card(ctx, lease, op.ID, open); err != nil {
				return err
			}
			continue
		}
		if !op.Readings.SnapshotGone.IsZero() && b.sender.updates.Tokens() >= 1 {
			if err := b.card(ctx, lease, op.ID, open); err != nil { // it counts down
				return err
			}
		}
		if err := b.remind(ctx, op); err != nil {
			return err
		}
	}
	return nil
}

// checkpointEvery is how often the log's head is written down in the audit
// channel.
const checkpointEvery = 24 * time.Hour

// checkpoint writes the log's head down outside of Redis: in the audit channel,
// where whoever could cut the log off can't change it unseen.
func (b *Board) checkpoint(ctx context.Context, lease *store.Lease) error {
	if b.AuditChannel == "" {
		return nil
	}
	last, err := b.Store.Checkpoint(ctx)
	if err != nil || b.Now().Sub(last.At) < checkpointEvery {
		return err
	}
	head, err := b.Store.Head(ctx)
	if err != nil || head.Seq <= last.Seq {
		return err
	}
	p := prose{}.strong("Checkpoint. ").say("The audit trail ends at record ").code(fmt.Sprintf("%d:%s", head.Seq, head.Hash)).
		say(". To hold an export against it: ").code(fmt.Sprintf("audit verify FILE --checkpoint %d:%s", head.Seq, head.Hash))
	said := fmt.Sprintf("Checkpoint: the audit trail ends at record %d:%s", head.Seq, head.Hash)
	if _, err := b.sender.post(ctx, b.AuditChannel, "", Answer{Text: said, Blocks: []block{p.block()}}); err != nil {
		return err
	}
	return lease.SetCheckpoint(ctx, store.Checkpoint{Head: head, At: b.Now()})
}

// remind asks again in the thread of an operation that nobody decided. Reminders
// are no records: one that is lost or comes twice changes nothing.
func (b *Board) remind(ctx context.Context, op approvals.Operation) error {
	if op.Needs.Remind <= 0 {
		return nil
	}
	last, ok := b.reminded[op.ID]
	if !ok {
		// Since when this board counts; an earlier one may have reminded.
		elapsed := b.Now().Sub(op.Opened)
		last = op.Opened.Add(elapsed.Truncate(op.Needs.Remind))
		b.reminded[op.ID] = last
	}
	if b.Now().Sub(last) < op.Needs.Remind {
		return nil
	}
	b.reminded[op.ID] = b.Now()
	card, err := b.Store.Card(ctx, op.ID)
	if err != nil || card.TS == "" {
		return err
	}
	p := mayDecide(prose{}.strong("Still waiting. ").say("May decide: "), op.Needs.Approvers()).say("; it expires at " + stamp(op.Expires) + ".")
	_, err = b.sender.post(ctx, card.Channel, card.TS, Answer{Text: fmt.Sprintf("%s still waits for a decision; it expires at %s.", op.ID, stamp(op.Expires)), Blocks: []block{p.block()}})
	return err
}
