package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
	"es-restore/store"
)

// planWithin bounds planning and openWithin recording, so that whoever asked hears
// within the minute the first answer promises.
const (
	planWithin = 50 * time.Second
	openWithin = 8 * time.Second
)

// recordWithin bounds a click until it is on record; Slack waits three seconds
// for the ack.
const recordWithin = 2500 * time.Millisecond

// A Cluster is one that people can name.
type Cluster struct {
	Name     string
	Instance esops.Instance // of Alibaba Cloud; the zero one when it is none, or not known to be
	ReadOnly bool           // may be listed, planned for and a source; never changed
	// VisibleTo are who may read about it; none: whoever may use the bot.
	VisibleTo []approvals.Principal
	Planner   esops.Planner
}

// Store is what answers and cards read.
type Store interface {
	Open(ctx context.Context) ([]approvals.Operation, error)
	Recent(ctx context.Context, offset, limit int64) ([]approvals.Operation, int64, error)
	Trail(ctx context.Context, id approvals.ID) ([]audit.Record, error)
	TrailLines(ctx context.Context, id approvals.ID) ([]string, error)
	Card(ctx context.Context, id approvals.ID) (store.Card, error)
	Progress(ctx context.Context, id approvals.ID, reading any) (bool, error)
}

// An App answers commands and clicks.
type App struct {
	API        *slack.Client
	HTTP       *http.Client // for response URLs
	Home       Home         // without App: Socket Mode tells that
	Directory  *Directory
	Desk       *approvals.Desk
	Store      Store
	Clusters   []Cluster
	Cloud      Cloud                 // nil: Alibaba Cloud is not configured
	Channels   []string              // where commands work; empty: wherever the bot is a member
	Requesters []approvals.Principal // who may use any verb but help; empty: every full member
	Zone       *time.Location
	UndoFor    time.Duration // how long after its end an operation can be undone
	Trial      bool          // Redis may lose data: cards say so
	Now        func() time.Time
	Decided    func(time.Duration) // counts the time of a click or form
	Log        *slog.Logger

	app      atomic.Pointer[string] // this app's ID, once Slack has said it
	listings listings
	choices  latest
	homes    sync.Map // users who have opened the Home tab
}

// Greeted takes down which app Slack says this is.
func (a *App) Greeted(app string) {
	if app != "" {
		a.app.Store(&app)
	}
}

// A Caller is who typed or clicked, and where an answer reaches them.
type Caller struct {
	User        string
	Channel     string
	ResponseURL string
	Trigger     string
	Replace     bool // the answer takes the place of the message that was clicked
}

// Command answers a slash command. It may take as long as planning does.
func (a *App) Command(ctx context.Context, c Command, caller Caller) {
	answer, err := a.command(ctx, c, caller)
	a.finish(ctx, caller, answer, err)
	if c.Verb == actionCancel && errors.Is(err, approvals.ErrNotKnown) {
		a.settle(ctx, c.ID, actionCancel, caller, func(ctx context.Context, _ approvals.Operation) error {
			_, err := a.command(ctx, c, caller)
			return err
		})
	}
}

// finish sends an answer or what went wrong.
func (a *App) finish(ctx context.Context, caller Caller, answer *Answer, err error) {
	if err != nil {
		answer = a.trouble(err)
	}
	if answer == nil || answer.Text == "" {
		return
	}
	if err := a.answer(ctx, caller, *answer); err != nil {
		a.Log.Warn("answer not delivered", "actor", caller.User, "err", err)
	}
}

func (a *App) command(ctx context.Context, c Command, caller Caller) (*Answer, error) {
	if c.Verb == "help" {
		return help(c.Help), nil
	}
	v, err := a.visit(ctx, caller, a.Desk.Rules().RequesterGroups())
	if err != nil {
		return nil, a.refusedVerb(ctx, c, caller, err)
	}
	switch c.Verb {
	case "":
		return nil, v.openForm(ctx, caller, draft{})
	case "clusters":
		return v.clusters(ctx)
	case "repos":
		return v.repos(ctx, c)
	case "snapshots":
		return v.snapshots(ctx, c)
	case "show":
		return v.show(ctx, c)
	case "plan":
		return v.plan(ctx, c)
	case "restore":
		return v.restore(ctx, c, caller)
	case "share":
		return v.share(ctx, c, caller)
	case "list":
		return v.list(ctx, c)
	case "history":
		return v.history(ctx, c, caller)
	case "status":
		return v.status(ctx, c)
	case "log":
		return v.log(ctx, c)
	case "cancel":
		return v.cancel(ctx, c, caller)
	case "retry", "undo", "plan_again":
		return v.again(ctx, c, caller)
	}
	return nil, fmt.Errorf("no one answers %q", c.Verb)
}

// refusedVerb puts on record that a command on an operation was refused. One on
// an operation that does not exist is logged.
func (a *App) refusedVerb(ctx context.Context, c Command, caller Caller, err error) error {
	var refusal *esops.Refusal
	if c.ID == "" || !errors.As(err, &refusal) {
		return err
	}
	op, missing := a.operation(ctx, c.ID)
	if missing != nil {
		a.Log.Warn("command ignored", "actor", caller.User, "operation", c.ID, "code", refusal.Code, "err", missing)
		return err
	}
	if failed := a.Desk.Refuse(ctx, approvals.Actor{ID: caller.User}, op, c.Verb, refusal); failed != nil {
		return errors.Join(err, failed)
	}
	return err
}

// place refuses channels in which commands don't work.
func (a *App) place(ctx context.Context, channel string) *esops.Refusal {
	if len(a.Channels) > 0 && !slices.Contains(a.Channels, channel) {
		return esops.Refuse("wrong_channel", "Use it in one of those the configuration names.", "es-restore does not work in this channel.")
	}
	return a.Directory.Channel(ctx, channel)
}

// operation loads an operation as it is now.
func (a *App) operation(ctx context.Context, id approvals.ID) (approvals.Operation, error) {
	op, err := a.Desk.Fresh(ctx, id)
	if errors.Is(err, approvals.ErrNoSuchOperation) {
		return op, noOperation(id)
	}
	return op, err
}

// codeSlackAway is the code of a refusal for want of Slack's answer.
const codeSlackAway = "slack_away"

// slackAway makes a question that Slack did not answer a refusal: without proof
// of who someone is, nothing is done.
func slackAway(err error) error {
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return fmt.Errorf("%w: %w", esops.Refuse(codeSlackAway, "Try again in a moment.",
		"Slack did not say who you are and what groups you are in, so nothing was done."), err)
}

// trouble says what went wrong: a refusal in its words, anything else as a
// reference that the log has too.
func (a *App) trouble(err error) *Answer {
	var refusal *esops.Refusal
	switch {
	case errors.Is(err, store.ErrRolledBack):
		return refused(*esops.Refuse("rolled_back", "Whoever runs the bot must look at it: audit accept-rollback.",
			"The bot's memory came back older than it was, so nothing is decided or started. Nothing was recorded."))
	case errors.As(err, &refusal):
		if !onlyRefusal(err) {
			a.Log.Warn("refused for a fault", "code", refusal.Code, "err", err)
		}
		return refused(*refusal)
	case errors.Is(err, approvals.ErrNotKnown):
		return refused(*esops.Refuse("not_known", "The card shows what holds.", "It is not known yet whether that was recorded."))
	case errors.Is(err, approvals.ErrConflict):
		return refused(*esops.Refuse("busy", "Try again.", "Others were faster; nothing was recorded."))
	}
	if store.Away(err) {
		a.Log.Warn("redis does not answer", "err", err)
		return refused(*esops.Refuse("redis_away", "Try again in a moment.",
			"es-restore's memory (Redis) does not answer. Nothing was recorded or changed."))
	}
	reference := rand.Text()[:8]
	a.Log.Error("internal error", "reference", reference, "err", err)
	return refused(*esops.Refuse("internal", fmt.Sprintf("Try again; whoever runs the bot finds it in its log under %s.", reference),
		"Something went wrong inside es-restore. Nothing was recorded or changed."))
}

// onlyRefusal reports an error that is a refusal and nothing else.
func onlyRefusal(err error) bool {
	_, plain := err.(*esops.Refusal) //nolint:errorlint // whether there is more to it is the question
	return plain
}
