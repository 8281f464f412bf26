package handlers

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
)

// sendTrail puts an operation's records into its thread, as they stand in the log.
func (a visit) sendTrail(ctx context.Context, op approvals.Operation) (*Answer, error) {
	card, err := a.Store.Card(ctx, op.ID)
	if err != nil {
		return nil, err
	}
	lines, err := a.Store.TrailLines(ctx, op.ID)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s.jsonl", op.ID)
	if err := a.upload(ctx, card.Channel, card.TS, name, lines); err != nil {
		return nil, err
	}
	return say(fmt.Sprintf("%s is in its thread.", name)), nil
}

// sendHistory sends the records of several operations to whoever asks.
func (a visit) sendHistory(ctx context.Context, ops []approvals.Operation, caller Caller) (*Answer, error) {
	var all []string
	for _, op := range ops {
		lines, err := a.Store.TrailLines(ctx, op.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	// Posting to a person opens the direct message without a scope of its own.
	direct, _, err := a.API.PostMessageContext(ctx, caller.User, message(*say(fmt.Sprintf("The records of %s, as you asked:", count(len(ops), "operation", "operations"))))...)
	if err != nil {
		return nil, notSent(err)
	}
	if err := a.upload(ctx, direct, "", "history.jsonl", all); err != nil {
		return nil, err
	}
	return say(fmt.Sprintf("history.jsonl, with %s, is in your direct messages with es-restore.", count(len(all), "record", "records"))), nil
}

func (a visit) upload(ctx context.Context, channel, thread, name string, lines []string) error {
	text := strings.Join(lines, "\n") + "\n"
	_, err := a.API.UploadFileContext(ctx, slack.UploadFileParameters{
		Channel: channel, ThreadTimestamp: thread, Filename: name, Title: name, Content: text, FileSize: len(text),
	})
	if err != nil {
		return notSent(err)
	}
	return nil
}

// notSent says why a file did not come, in words where Slack said why.
func notSent(err error) error {
	if slackCode(err) == "missing_scope" {
		return fmt.Errorf("%w: %w", esops.Refuse("missing_scope", "Whoever keeps the app installs it again from manifest.yml.",
			"The bot may not send files: its token lacks files:write."), err)
	}
	return fmt.Errorf("%w: %w", esops.Refuse("file_not_sent", "Try again, or ask whoever runs the bot for: audit export", "Slack did not take the file."), err)
}
