package handlers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"
)

// Slack's limits, with room to spare: one message a second in a channel, with
// short bursts, and fifty updates a minute in a workspace.
const (
	postsBurst      = 6
	updatesAMinute  = 40
	updatesBurst    = 10
	longestBackoff  = 30 * time.Second
	shortestBackoff = 500 * time.Millisecond
)

// A sender posts and updates messages within Slack's limits, and goes on trying
// as long as trying can help. It belongs to one Board.
type sender struct {
	api     *slack.Client
	log     *slog.Logger
	lost    func(method string) // counts what Slack will never take
	updates *rate.Limiter

	mu    sync.Mutex
	posts map[string]*rate.Limiter // by channel
}

func newSender(api *slack.Client, log *slog.Logger, lost func(string)) *sender {
	return &sender{
		api: api, log: log, lost: lost,
		updates: rate.NewLimiter(rate.Every(time.Minute/updatesAMinute), updatesBurst),
		posts:   map[string]*rate.Limiter{},
	}
}

func (s *sender) channel(id string) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.posts[id] == nil {
		s.posts[id] = rate.NewLimiter(rate.Every(time.Second), postsBurst)
	}
	return s.posts[id]
}

// post sends a message until Slack takes it. It returns "" and no error for one
// that Slack will never take. A message whose answer was lost may come twice.
func (s *sender) post(ctx context.Context, channel, thread string, answer Answer) (string, error) {
	options := message(answer)
	if thread != "" {
		options = append(options, slack.MsgOptionTS(thread))
	}
	var ts string
	err := s.insist(ctx, "chat.postMessage", s.channel(channel), func(ctx context.Context) error {
		var err error
		_, ts, err = s.api.PostMessageContext(ctx, channel, options...)
		return err
	})
	return ts, err
}

// update changes a message; code says why Slack will not, such as
// message_not_found.
func (s *sender) update(ctx context.Context, channel, ts string, answer Answer) (code string, err error) {
	err = s.insist(ctx, "chat.update", s.updates, func(ctx context.Context) error {
		_, _, _, err := s.api.UpdateMessageContext(ctx, channel, ts, message(answer)...)
		code = slackCode(err)
		return err
	})
	return code, err
}

// insist calls until Slack answers for good, and paces the tries.
func (s *sender) insist(ctx context.Context, method string, limit *rate.Limiter, call func(context.Context) error) error {
	backoff := shortestBackoff
	for {
		if err := limit.Wait(ctx); err != nil {
			return err
		}
		lasts, end := outliving(ctx, endsWithin)
		within, cancel := context.WithTimeout(lasts, 10*time.Second)
		err := call(within)
		cancel()
		end()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case lasting(err):
			s.log.Error("slack does not take a message", "method", method, "err", err)
			s.lost(method)
			return nil
		}
		wait := backoff
		if after := retryAfter(err); after > 0 {
			wait = after
		}
		s.log.Warn("slack call failed", "method", method, "err", err)
		pause(ctx, wait)
		backoff = min(2*backoff, longestBackoff)
	}
}

// endsWithin is how long a message may still take, and be written down, once the
// process is told to stop.
const endsWithin = 3 * time.Second
