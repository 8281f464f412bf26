package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"es-restore/approvals"
	"es-restore/esops"
)

// planning is the first answer to a command that plans.
const planning = "planning…; if neither a card nor a refusal follows within a minute, nothing was asked"

// plan tells what a restore would do, and changes nothing.
func (a visit) plan(ctx context.Context, c Command) (*Answer, error) {
	plan, readings, err := a.planned(ctx, c)
	if err != nil {
		return a.offerShare(c, err)
	}
	if blocking := readings.Blocking(); len(blocking) > 0 {
		return a.refusedPlan("This restore can't be done.", c, readings.Findings), nil
	}
	answer := a.preview(plan, readings)
	answer.Blocks = append(answer.Blocks, prose{}.say("To ask for it: ").code("/es-restore "+askFor(c)).block())
	return answer, nil
}

// planned plans what a command asks for, within the time that was promised.
func (a visit) planned(ctx context.Context, c Command) (esops.Plan, esops.Readings, error) {
	cluster, err := a.cluster(c.Cluster)
	if err != nil {
		return esops.Plan{}, esops.Readings{}, err
	}
	within, cancel := context.WithTimeout(ctx, planWithin)
	defer cancel()
	plan, readings, err := cluster.Planner.Restore(within, c.request(cluster.Name))
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return plan, readings, esops.Refuse("planning_slow", "Try again when it is less busy.",
			"%s did not answer within a minute. Nothing was asked.", cluster.Name)
	}
	return plan, readings, err
}

func (c Command) request(cluster string) esops.Request {
	return esops.Request{
		Kind: esops.KindRestore, Cluster: cluster, Repository: c.Repository, Snapshot: c.Snapshot, Indices: c.Indices, Flags: c.Flags,
	}
}

// restore plans, and puts the plan on the desk; the board shows its card.
func (a visit) restore(ctx context.Context, c Command, caller Caller) (*Answer, error) {
	cluster, err := a.changeable(c.Cluster)
	if err != nil {
		return nil, err
	}
	at, err := a.startAt(c.At)
	if err != nil {
		return nil, err
	}
	plan, readings, err := a.planned(ctx, c)
	if err != nil {
		return a.offerShare(c, err)
	}
	if blocking := readings.Blocking(); len(blocking) > 0 {
		return a.refusedPlan("This restore can't be done; nobody was asked.", c, readings.Findings), nil
	}
	op, err := a.open(ctx, caller, approvals.Opening{Request: c.request(cluster.Name), Plan: plan, Readings: readings, Reason: c.Reason, At: at})
	if err != nil {
		return nil, err
	}
	if op.Channel == caller.Channel {
		return nil, nil // its card is the answer
	}
	return a.elsewhere(ctx, op), nil
}

// startAt reads the time of --at: of the day, today or tomorrow, or in full.
func (a visit) startAt(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	zone := a.Zone
	if zone == nil {
		zone = time.UTC
	}
	now := a.Now().In(zone)
	if clock, err := time.ParseInLocation("15:04", text, zone); err == nil {
		at := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		return at, nil
	}
	at, ok := esops.ParseMoment(text, zone)
	switch {
	case !ok:
		return at, esops.Refuse("bad_time", "Write 22:00, or 2026-11-24T22:00.", "%q is no time to start at.", clean(text, 40))
	case !at.After(now):
		return at, esops.Refuse("past_time", "Leave --at out to start as soon as it is approved.", "%s is over.", moment(at, zone))
	case at.Sub(now) > latestStart:
		return at, esops.Refuse("late_time", "Ask nearer to that time.", "%s is more than seven days away.", moment(at, zone))
	}
	return at, nil
}

// latestStart is how far ahead a restore can be asked for: automatic snapshots
// are kept for seven days.
const latestStart = 7 * 24 * time.Hour

// open puts a plan on the desk for whoever asks. They are looked up after
// planning, which may have taken a while.
func (a visit) open(ctx context.Context, caller Caller, o approvals.Opening) (approvals.Operation, error) {
	now, err := a.visit(ctx, caller, a.Desk.Rules().RequesterGroups())
	if err != nil {
		return approvals.Operation{}, err
	}
	if refusal := a.reachable(ctx, approvals.Subject{Plan: o.Plan, Readings: o.Readings, Requester: now.actor}, caller.Channel); refusal != nil {
		return approvals.Operation{}, refusal
	}
	o.Readings.Findings = append(a.goneBefore(o, now.actor), o.Readings.Findings...)
	o.Channel, o.Once = caller.Channel, caller.Trigger
	within, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	return a.Desk.Open(within, now.actor, o)
}

// goneBefore warns of a snapshot that the cloud deletes before the operation has
// to be decided and started. It is no part of the plan: it depends on when that
// is.
func (a *App) goneBefore(o approvals.Opening, requester approvals.Actor) []esops.Finding {
	gone := o.Readings.SnapshotGone
	needs, refusal := a.Desk.Rules().Needs(approvals.Subject{Plan: o.Plan, Readings: o.Readings, Requester: requester})
	if gone.IsZero() || refusal != nil {
		return nil
	}
	latest := a.Now().Add(needs.Expires + needs.StartWithin)
	if !o.At.IsZero() {
		latest = o.At.Add(needs.StartWithin)
	}
	if gone.After(latest) {
		return nil
	}
	said := fmt.Sprintf("Alibaba Cloud deletes the snapshot at %s, in %s, and this request can wait until %s.", stamp(gone), roughly(gone.Sub(a.Now())), stamp(latest))
	if !gone.After(a.Now()) {
		said = fmt.Sprintf("Alibaba Cloud keeps automatic snapshots for seven days; this one is older and can be deleted at any moment, and the request can wait until %s.", stamp(latest))
	}
	return []esops.Finding{{Code: "gone_before", Severity: esops.Warning, Sentence: said, WayOut: "Decide early, or choose a later snapshot."}}
}

// reachable refuses a request whose card would go to a channel in which nobody
// could decide: the one where it is asked, or that a policy names.
func (a *App) reachable(ctx context.Context, s approvals.Subject, asked string) *esops.Refusal {
	needs, refusal := a.Desk.Rules().Needs(s)
	if refusal != nil {
		return refusal
	}
	if needs.Channel == "" {
		if refusal := a.Directory.Channel(ctx, asked); refusal != nil {
			return refusal
		}
		return a.nobodyCan(ctx, needs, s.Requester)
	}
	if refusal := a.Directory.Channel(ctx, needs.Channel); refusal != nil {
		return esops.Refuse("policy_channel", "Whoever keeps the bot's configuration must look at it.",
			"The channel that policy %q sends cards to can't be used: %s", needs.Names()[0], refusal.Sentence)
	}
	return a.nobodyCan(ctx, needs, s.Requester)
}

// elsewhere tells who asked where a card is that a policy sent to another channel.
func (a *App) elsewhere(ctx context.Context, op approvals.Operation) *Answer {
	for range 20 {
		if link := a.link(ctx, op.ID); link != "" {
			p := prose{}.strong(string(op.ID)).say(" is asked for; its card is in another channel: ")
			p = append(p, linkTo(link, "open it"))
			return &Answer{Text: fmt.Sprintf("%s is asked for; its card is in another channel.", op.ID), Blocks: []block{p.block()}}
		}
		pause(ctx, 500*time.Millisecond)
	}
	return say(fmt.Sprintf("%s is asked for; its card will be in the channel its policy names. See: status %s", op.ID, op.ID))
}

// askFor writes the command that asks for what was planned.
func askFor(c Command) string {
	text := strings.Join([]string{"restore", quote(c.Cluster), quote(c.Repository + "/" + c.Snapshot), quote(c.Indices)}, " ")
	if c.Flags.As != "" {
		text += " --as " + quote(c.Flags.As)
	}
	if c.Flags.Swap != "" {
		text += " --swap " + quote(c.Flags.Swap)
	}
	if c.Flags.Replicas != nil {
		text += fmt.Sprintf(" --replicas %d", *c.Flags.Replicas)
	}
	if c.Flags.OverwriteClosed {
		text += " --overwrite-closed"
	}
	if c.Flags.Partial {
		text += " --partial"
	}
	if c.Flags.System {
		text += " --system"
	}
	return text + ` --reason "why"`
}

// cancel takes an operation back, or asks it to stop.
func (a visit) cancel(ctx context.Context, c Command, caller Caller) (*Answer, error) {
	op, err := a.find(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	actor, refusal := a.App.actor(ctx, op, caller.User, "cancel")
	if refusal != nil {
		return nil, refusal
	}
	within, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	op, err = a.Desk.Cancel(within, actor, c.ID, strings.TrimSpace(c.Reason))
	if err != nil {
		return nil, err
	}
	if op.State == approvals.Stopping {
		return say(fmt.Sprintf("%s is being stopped; its thread says when it is quiet.", op.ID)), nil
	}
	return say(fmt.Sprintf("%s is cancelled.", op.ID)), nil
}

// actor looks up who acts on an operation. Whoever can't act at all is refused,
// and that is recorded.
func (a *App) actor(ctx context.Context, op approvals.Operation, user, asked string) (approvals.Actor, error) {
	actor, err := a.Directory.Actor(ctx, user, a.Desk.Concerns(op))
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return approvals.Actor{ID: user}, a.recorded(ctx, op, user, asked, refusal)
	}
	if err == nil {
		return actor, nil
	}
	err = slackAway(err)
	if refusal, is := esops.Refused(err); is {
		if failed := a.Desk.Refuse(ctx, approvals.Actor{ID: user}, op, asked, refusal); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return actor, err
}
