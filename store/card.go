package store

import (
	"context"
	"fmt"
	"strconv"

	"es-restore/approvals"
)

// A Card is where an operation is shown: its message and what of it was sent.
type Card struct {
	Channel string
	TS      string // Slack's name for the message; empty: not posted yet
	Replied int64  // the last record whose thread reply was posted
	Shown   string // a digest of what the message shows
}

// Card returns an operation's card; the zero value when it was never posted.
func (s *Store) Card(ctx context.Context, id approvals.ID) (Card, error) {
	fields, err := s.redis.HMGet(ctx, cardKey(id), "channel", "ts", "replied", "shown").Result()
	if err != nil {
		return Card{}, fmt.Errorf("looking for the card of %s: %w", id, err)
	}
	text := func(i int) string { v, _ := fields[i].(string); return v }
	replied, _ := strconv.ParseInt(text(2), 10, 64)
	return Card{Channel: text(0), TS: text(1), Replied: replied, Shown: text(3)}, nil
}

// SetCard writes what a follower posted, under its lease.
func (l *Lease) SetCard(ctx context.Context, id approvals.ID, c Card) error {
	return l.do(ctx, "binding a card under", cardKey(id),
		"fields", "channel", c.Channel, "ts", c.TS, "replied", c.Replied, "shown", c.Shown)
}
