package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"
)

// slackCode is the code of an answer by Slack that is not ok, or "".
func slackCode(err error) string {
	var answered slack.SlackErrorResponse
	if errors.As(err, &answered) {
		return answered.Err
	}
	return ""
}

// retryAfter is how long Slack asks to wait, or 0.
func retryAfter(err error) time.Duration {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return max(limited.RetryAfter, time.Second)
	}
	return 0
}

// lasting reports an error that the same call would meet again: Slack answered,
// and not that it has too much to do.
func lasting(err error) bool {
	switch slackCode(err) {
	case "", "ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org":
		return false
	}
	return true
}

// RefusedToken reports an error that no waiting mends: the token itself.
func RefusedToken(err error) bool {
	switch slackCode(err) {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type":
		return true
	}
	return false
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
