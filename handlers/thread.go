package handlers

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/store"
)

// replies posts an operation's records up to one into its thread, each once;
// together when there are many at once. It reads them from the operation's own
// trail, so what could not be posted before comes now.
func (b *Board) replies(ctx context.Context, lease *store.Lease, id approvals.ID, upTo int64, together bool) error {
	op, err := b.Store.Load(ctx, id)
	if err != nil {
		return err
	}
	card, err := b.bound(ctx, id)
	if err != nil || card.TS == "" {
		return err
	}
	trail, err := b.Store.Trail(ctx, id)
	if err != nil {
		return err
	}
	var answers []Answer
	var last []int64
	ended := false
	for _, r := range trail {
		if r.Seq <= card.Replied || r.Seq > upTo {
			continue
		}
		ended = ended || ends(r.Event, op)
		answer := b.reply(r, op)
		if at := len(answers) - 1; together && at >= 0 && len(answers[at].Blocks) < 20 {
			answers[at].Text = clip(answers[at].Text+"\n"+answer.Text, 3500)
			answers[at].Blocks = append(answers[at].Blocks, answer.Blocks...)
			last[at] = r.Seq
			continue
		}
		answers, last = append(answers, answer), append(last, r.Seq)
	}
	if ended {
		if err := b.direct(ctx, card, op); err != nil {
			return err
		}
	}
	for i, answer := range answers {
		if _, err := b.sender.post(ctx, card.Channel, card.TS, answer); err != nil {
			return err
		}
		card.Replied = last[i]
		if err := b.bind(ctx, lease, id, card); err != nil {
			return err
		}
	}
	return nil
}

// reply is a record in the thread. Each end mentions who asked.
func (b *Board) reply(r audit.Record, op approvals.Operation) Answer {
	p, said := story(r, op)
	if ends(r.Event, op) {
		p = append(prose{}.who(op.Requester).say(" "), p...)
		said = fmt.Sprintf("%s, %s", op.ID, said)
		answer := Answer{Text: "<@" + op.Requester.ID + "> " + escape(said), Blocks: []block{p.block()}}
		if wantedNext(op) {
			answer.Blocks = append(answer.Blocks, slack.NewActionBlock("", cardButton(op, actionPlanAgain, nextLabel, nextLabel)))
		}
		return answer
	}
	return Answer{Text: escape(said), Blocks: []block{p.block()}}
}

// direct tells who asked, in a direct message, how it ended.
func (b *Board) direct(ctx context.Context, card store.Card, op approvals.Operation) error {
	said := fmt.Sprintf("%s %s: %s.", op.ID, stateWords[op.State], summary(op))
	if op.Failure != nil {
		said += " " + op.Failure.Sentence
	}
	p := prose{}.say(said)
	link, err := b.API.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: card.Channel, Ts: card.TS})
	if err == nil {
		p = append(p.say(" "), linkTo(link, "Its card and thread"))
	}
	_, err = b.sender.post(ctx, op.Requester.ID, "", Answer{Text: escape(clean(said, 2800)), Blocks: []block{p.block()}})
	return err
}

// ends reports whether a record is an operation's last.
func ends(kind approvals.EventKind, op approvals.Operation) bool {
	switch kind {
	case approvals.WasDenied, approvals.WasExpired, approvals.Stopped, approvals.Succeed, approvals.Fail:
		return true
	case approvals.WasCancel:
		return op.Started.IsZero()
	}
	return false
}

// audited posts decisions in the audit channel.
func (b *Board) audited(ctx context.Context, id approvals.ID, records []audit.Record) error {
	if b.AuditChannel == "" {
		return nil
	}
	op, err := b.Store.Load(ctx, id)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Event == approvals.Stepped || r.Event == approvals.Claimed {
			continue
		}
		p, said := story(r, op)
		p = append(prose{}.strong(string(op.ID)).say(" · "+summary(op)+" · "), p...)
		answer := Answer{Text: escape(clean(fmt.Sprintf("%s, %s: %s", op.ID, summary(op), said), 2800)), Blocks: []block{p.block()}}
		if _, err := b.sender.post(ctx, b.AuditChannel, "", answer); err != nil {
			return err
		}
	}
	return nil
}
