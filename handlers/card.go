package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
	"es-restore/worker"
)

// What a card has room for. Slack takes some 13,000 characters in a message.
// Details and the thread have the rest.
const (
	itemsOnCard     = 10
	findingsOnCard  = 8
	findingLimit    = 350
	decisionsOnCard = 6
	decidersOnCard  = 20
)

// Shown is everything a card is drawn from: the operation and what stands
// beside it at this moment. Drawing the same twice gives the same card.
type Shown struct {
	Op       approvals.Operation
	Verdict  approvals.Verdict
	Progress *esops.Progress
	Place    int // in its destination's queue, from 1; 0 when it waits for nobody
	Owner    string
	Zone     *time.Location
	Trial    bool      // Redis may lose data
	Now      time.Time // decides whether an operation is due and counts down a snapshot's days
}

// shown gathers what a card is drawn from.
func (a *App) shown(ctx context.Context, op approvals.Operation) (Shown, error) {
	open, err := a.Store.Open(ctx)
	if err != nil {
		return Shown{}, err
	}
	return gather(ctx, a.Store, open, op, Shown{Owner: a.ownerName(op.Plan.Source), Zone: a.Zone, Trial: a.Trial, Now: a.Now()})
}

func gather(ctx context.Context, s Store, open []approvals.Operation, op approvals.Operation, shown Shown) (Shown, error) {
	shown.Op, shown.Verdict = op, op.Verdict()
	if op.State.Final() || op.State == approvals.Waiting {
		return shown, nil
	}
	for i, queued := range worker.Queue(open, shown.Now)[op.Plan.Cluster] {
		if queued.ID == op.ID && i > 0 {
			shown.Place = i + 1
		}
	}
	var progress esops.Progress
	there, err := s.Progress(ctx, op.ID, &progress)
	if err != nil {
		return shown, err
	}
	if there {
		shown.Progress = &progress
	}
	return shown, nil
}

// stateWords say each state as a heading does.
var stateWords = map[approvals.State]string{
	approvals.Waiting: "waiting for approval", approvals.Ready: "approved, about to start", approvals.Running: "running",
	approvals.Stopping: "stopping", approvals.Succeeded: "succeeded", approvals.Failed: "failed",
	approvals.Denied: "denied", approvals.Cancelled: "cancelled", approvals.Expired: "expired",
}

// summary is one sentence about what an operation does.
func summary(op approvals.Operation) string {
	plan := op.Plan
	if sharing := sharingOf(plan); sharing != nil {
		verb := "share the automatic snapshots of %s with %s"
		if plan.Step(esops.StepUnshare) != nil {
			verb = "stop sharing the automatic snapshots of %s with %s"
		}
		return clean(fmt.Sprintf(verb, plan.Source, plan.Cluster), proseLimit)
	}
	what := count(len(plan.Items), "index", "indices")
	if len(plan.Items) == 1 {
		what = plan.Items[0].Index
	}
	return clean(fmt.Sprintf("%s of %s/%s to %s", what, plan.Repository, plan.Snapshot, plan.Cluster), proseLimit)
}

// render draws a card.
func render(s Shown) Answer {
	op := s.Op
	state := stateWords[op.State]
	title := fmt.Sprintf("%s %s: %s", kindWord(op), op.ID, state)
	answer := Answer{
		Text:   topLevel(fmt.Sprintf("%s %s (%s) is %s: %s. Asked by %s: %s", kindWord(op), op.ID, op.State, state, summary(op), op.Requester.Name, op.Reason)),
		Blocks: []block{heading(title), facts(s).block()},
	}
	add := func(b ...block) { answer.Blocks = append(answer.Blocks, b...) }
	if len(op.Plan.Items) > 0 {
		add(items(op.Plan, op.Readings))
	}
	add(findings(op.Readings.Findings)...)
	if p := standing(s); len(p) > 0 {
		add(p.block())
	}
	add(rules(s))
	add(buttons(op, s.Progress != nil && s.Progress.Waiting != ""))
	return answer
}

func kindWord(op approvals.Operation) string {
	switch op.Kind {
	case esops.KindShare:
		return "Share"
	case esops.KindUndo:
		return "Undo"
	}
	return "Restore"
}

// items lists indices and where they go, as many as fit.
func items(plan esops.Plan, readings esops.Readings) block {
	var lines []prose
	for i, item := range plan.Items {
		if i == itemsOnCard {
			lines = append(lines, words(fmt.Sprintf("and %d more; Details has all of them", len(plan.Items)-i)))
			break
		}
		p := prose{}.code(clean(item.Index, nameLimit)).say(" → ").code(clean(item.Target, nameLimit))
		switch item.TargetState {
		case esops.TargetClosed:
			p = p.strong(" overwrites a closed index")
		case esops.TargetBroken:
			p = p.strong(" removes a broken one first")
		case esops.TargetMade:
			p = prose{}.strong("remove ").code(clean(item.Target, nameLimit))
		}
		if i < len(readings.Items) {
			p = p.say(", " + size(readings.Items[i].Bytes))
		}
		lines = append(lines, p)
	}
	return list(lines)
}

var severityWords = map[esops.Severity]string{esops.Blocking: "Forbidden: ", esops.Warning: "Warning: ", esops.Note: "Note: "}

func findings(all []esops.Finding) []block {
	var lines []prose
	for i, f := range all {
		if i == findingsOnCard {
			lines = append(lines, words(fmt.Sprintf("and %d more; Details has all of them", len(all)-i)))
			break
		}
		lines = append(lines, prose{}.strong(severityWords[f.Severity]).say(clean(strings.TrimSpace(f.Sentence+" "+f.WayOut), findingLimit)))
	}
	if len(lines) == 0 {
		return nil
	}
	return []block{list(lines)}
}

// rules names the deciding policies, and the plan's digest.
func rules(s Shown) block {
	op := s.Op
	said := fmt.Sprintf("Policy: %s. Plan %s.", strings.Join(op.Needs.Names(), ", "), strings.TrimPrefix(op.Digest, "sha256:")[:12])
	if op.Needs.Standing() {
		said = "Approved by the configuration. " + said
	} else if !op.State.Final() {
		var lines []string
		for _, l := range s.Verdict.Lines {
			lines = append(lines, l.Rule+": "+l.Sentence())
		}
		said += " " + strings.Join(lines, "; ") + "."
	}
	if s.Trial {
		said += " This is a trial: the bot's Redis may lose data."
	}
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.PlainTextType, clean(said, 1900), false, false))
}

// The buttons of a card; each carries the operation's ID.
const (
	actionApprove = "approve"
	actionDeny    = "deny"
	actionCancel  = "cancel"
	actionDetails = "details"
)

// cardButton is a button about an operation: its value is the ID.
func cardButton(op approvals.Operation, action, label, spoken string) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, string(op.ID), plainText(label))
	b.AccessibilityLabel = clean(fmt.Sprintf("%s %s", spoken, op.ID), 70)
	return b
}

// buttons are what can be done in the operation's state. One that is approved
// and held up may need another approval.
func buttons(op approvals.Operation, heldUp bool) *slack.ActionBlock {
	button := func(action, label, spoken string) *slack.ButtonBlockElement {
		return cardButton(op, action, label, spoken)
	}
	var elements []slack.BlockElement
	asks := op.State == approvals.Ready && !op.Needs.Standing()
	what := " " + strings.ToLower(kindWord(op))
	if op.State == approvals.Waiting || asks && heldUp {
		elements = append(elements, button(actionApprove, "Approve", "Approve"+what).WithStyle(slack.StylePrimary))
	}
	if op.State == approvals.Waiting || asks {
		elements = append(elements, button(actionDeny, "Deny", "Deny"+what).WithStyle(slack.StyleDanger))
	}
	if op.State == approvals.Waiting || op.State == approvals.Ready || op.State == approvals.Running {
		label := "Cancel"
		if op.State == approvals.Running {
			label = "Stop"
		}
		elements = append(elements, button(actionCancel, label, label+what))
	}
	for _, action := range followUps(op) {
		labels := map[string]string{actionRetry: "Retry", actionUndo: "Undo", actionPlanAgain: "Plan again"}
		if wantedNext(op) {
			labels[actionPlanAgain] = nextLabel
		}
		elements = append(elements, button(action, labels[action], labels[action]))
	}
	elements = append(elements, button(actionDetails, "Details", "Details of"+what))
	return slack.NewActionBlock("", elements...)
}

// nextLabel is on the button that goes on from a share to the restore.
const nextLabel = "Ask for the restore"

// preview draws a plan that nobody asked for yet.
func (a *App) preview(plan esops.Plan, readings esops.Readings) *Answer {
	op := approvals.Operation{ID: "plan", Plan: plan, Readings: readings, Kind: plan.Kind}
	answer := Answer{
		Text: escape("This restore can be asked for: " + summary(op) + "."),
		Blocks: []block{
			prose{}.strong("This restore can be asked for. ").say(summary(op) + ".").block(),
			items(plan, readings),
		},
	}
	answer.Blocks = append(answer.Blocks, findings(readings.Findings)...)
	bytes, known := readings.Bytes()
	if !known {
		bytes = -1
	}
	answer.Blocks = append(answer.Blocks, words(fmt.Sprintf("In all %s. Snapshot %s, started %s.", size(bytes), readings.SnapshotState, moment(readings.SnapshotStarted, a.Zone))).block())
	return &answer
}

// linkTo is a link of ours in a prose.
func linkTo(address, label string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionLinkElement(address, label, nil)
}
