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

// facts are who, why, where to and what from.
func facts(s Shown) prose {
	op, plan, readings := s.Op, s.Op.Plan, s.Op.Readings
	p := prose{}.strong("State ").say(string(op.State)).br().
		strong("Asked by ").who(op.Requester).say(" at " + stamp(op.Opened)).br()
	if op.Reason != "" {
		p = p.strong("Reason ").say(clean(op.Reason, reasonLimit)).br()
	}
	if !op.At.IsZero() {
		p = p.strong("Not before ").say(moment(op.At, s.Zone)).br()
	}
	if op.Follows != "" {
		p = p.strong("Follows ").say(string(op.Follows)).br()
	}
	p = p.strong("Destination ").say(plan.Cluster).say(" (Elasticsearch " + readings.Version + ", " + readings.Health + ")").br()
	if sharingOf(plan) != nil {
		p = p.strong("Source ").say(clean(s.Owner, nameLimit)).br().
			strong("Repository ").say(clean(plan.Repository, nameLimit)).br().
			strong("What ").say(summary(op))
		if then := op.Request.Then; then != nil {
			p = p.say(clean(fmt.Sprintf(", to restore %s from %s", then.Indices, then.Snapshot), proseLimit))
		}
		return p
	}
	p = p.strong("Repository ").say(clean(plan.Repository, nameLimit))
	if s.Owner != plan.Repository {
		p = p.say(", owned by " + s.Owner)
	}
	if move := aliasMove(plan); move != nil {
		p = p.br().strong("Alias ").say(fmt.Sprintf("%s: from %s to %s", clean(move.Alias, nameLimit), orNobody(move.From), clean(move.To, nameLimit)))
	}
	p = p.br().strong("Snapshot ").say(clean(plan.Snapshot, nameLimit))
	if !readings.SnapshotStarted.IsZero() {
		p = p.say(fmt.Sprintf(", %s, started %s, %s old when asked", readings.SnapshotState,
			moment(readings.SnapshotStarted, s.Zone), roughly(op.Opened.Sub(readings.SnapshotStarted))))
	}
	if readings.SnapshotMaker != "" && readings.SnapshotMaker != plan.Source {
		p = p.say(", of instance " + clean(readings.SnapshotMaker, nameLimit))
	}
	if !op.State.Final() {
		p = p.say(goneWords(readings.SnapshotGone, s.Now))
	}
	p = p.br().strong("Size ")
	if bytes, known := readings.Bytes(); known {
		p = p.say(size(bytes))
	} else {
		p = p.say("not known")
	}
	return p.say(", " + count(len(plan.Items), "index", "indices") + shardWords(plan, readings))
}

// shardWords are the primaries and the replicas of a restore, as far as known.
func shardWords(plan esops.Plan, readings esops.Readings) string {
	if plan.Kind != esops.KindRestore {
		return ""
	}
	said, primaries := "", 0
	for _, item := range readings.Items {
		if item.Shards < 0 {
			primaries = 0
			break
		}
		primaries += item.Shards
	}
	if primaries > 0 {
		said = ", " + count(primaries, "primary shard", "primary shards")
	}
	switch n := plan.Flags.Replicas; {
	case n == nil:
		return said + ", replicas as in the snapshot"
	case *n == 0:
		return said + ", no replicas"
	default:
		return said + fmt.Sprintf(", no replicas while it restores and then %d", *n)
	}
}

// sharingOf is the sharing that a plan makes or takes back, or nil.
func sharingOf(plan esops.Plan) *esops.Sharing {
	for _, kind := range []esops.StepKind{esops.StepShare, esops.StepUnshare} {
		if step := plan.Step(kind); step != nil {
			return step.Share
		}
	}
	return nil
}

// aliasMove is the move of an alias that a plan holds, or nil.
func aliasMove(plan esops.Plan) *esops.AliasMove {
	for _, kind := range []esops.StepKind{esops.StepSwap, esops.StepMoveBack} {
		if step := plan.Step(kind); step != nil {
			return step.Move
		}
	}
	return nil
}

func orNobody(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return clean(strings.Join(names, ", "), nameLimit)
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

// standing is how it stands now: what is missing, how far it is, how it ended.
func standing(s Shown) prose {
	op := s.Op
	var p prose
	before := max(0, len(op.Decisions)-decisionsOnCard)
	if before > 0 {
		p = p.say(count(before, "decision", "decisions") + " before these; the thread has all of them").br()
	}
	for _, d := range op.Decisions[before:] {
		word := "Approved by "
		if d.Denied {
			word = "Denied by "
		}
		p = p.strong(word).who(d.Actor).say(" at " + stamp(d.At))
		if d.Reason != "" {
			p = p.say(": " + clean(d.Reason, reasonLimit))
		}
		p = p.br()
	}
	switch {
	case op.State == approvals.Waiting:
		p = mayDecide(p.strong("May decide "), op.Needs.Approvers()).say(" until " + stamp(op.Expires))
	case op.State == approvals.Ready:
		p = ready(p, s)
	case !op.State.Final():
		if op.Stopper != nil {
			p = p.strong("Stopped by ").who(op.Stopper.Actor).say(" at " + stamp(op.Stopper.At))
			if op.Stopper.Reason != "" {
				p = p.say(": " + clean(op.Stopper.Reason, reasonLimit))
			}
			p = p.br()
		}
		p = p.strong("Progress ").say(bar(s.Progress) + progressWords(s.Progress))
	default:
		p = p.strong("Ended ").say(string(op.State) + " at " + stamp(op.Ended))
		p = ending(p, op)
	}
	return p
}

// mayDecide names who may, as many as there is room for.
func mayDecide(p prose, all []approvals.Principal) prose {
	if len(all) <= decidersOnCard {
		return p.principals(all)
	}
	return p.principals(all[:decidersOnCard]).say(fmt.Sprintf(" and %d more", len(all)-decidersOnCard))
}

func ready(p prose, s Shown) prose {
	p = p.strong("Starts ")
	switch {
	case !s.Op.Due(s.Now):
		p = p.say("at " + moment(s.Op.At, s.Zone) + ", after the plan was checked again")
	case s.Place > 0:
		p = p.say(fmt.Sprintf("when those before it are done: it is number %d in the queue of %s", s.Place, s.Op.Plan.Cluster))
	case s.Progress != nil && s.Progress.Waiting != "":
		p = p.say("later. " + s.Progress.Waiting)
	default:
		p = p.say("at once")
	}
	return p.say("; by " + stamp(s.Op.StartBy) + ", or it expires")
}

// ending tells what an operation came to.
func ending(p prose, op approvals.Operation) prose {
	if op.Stopper != nil {
		p = p.br().strong("Cancelled by ").who(op.Stopper.Actor)
		if op.Stopper.Reason != "" {
			p = p.say(": " + clean(op.Stopper.Reason, reasonLimit))
		}
	}
	if op.Failure != nil {
		p = p.br().say(op.Failure.Sentence)
		if op.Failure.WayOut != "" {
			p = p.say(" ").strong(op.Failure.WayOut)
		}
	}
	if op.Stopped != nil {
		p = p.br().say(stoppedWords(*op.Stopped))
	}
	for _, r := range op.Results {
		if r.Step == esops.StepVerify {
			p = p.br().strong("Verified ").say(verifiedWords(r))
		}
	}
	return p
}

func verifiedWords(r esops.Result) string {
	var docs int64
	shards := 0
	for _, t := range r.Targets {
		docs += t.Docs
		shards += t.Shards
	}
	said := fmt.Sprintf("%s in %s, %s", count(int(docs), "document", "documents"), count(len(r.Targets), "index", "indices"), count(shards, "primary shard", "primary shards"))
	found := ""
	if len(r.Found) > 0 {
		found = " Also: " + strings.Join(r.Found, "; ") + "."
	}
	if r.Verified {
		return "yes: " + said + ", every shard from this snapshot." + found
	}
	return "not proved: " + strings.Join(r.NotProved, "; ") + ". Found: " + said + "." + found
}

func stoppedWords(s esops.Stopped) string {
	if !s.Begun && len(s.Removed) == 0 && s.Moved == "" {
		return "Elasticsearch had not begun; nothing was changed."
	}
	var parts []string
	if s.Moved != "" {
		parts = append(parts, "The alias "+s.Moved+" was back by then.")
	}
	if !s.Begun && len(s.Removed) > 0 {
		parts = append(parts, "Gone by then: "+strings.Join(s.Removed, ", ")+".")
	} else if len(s.Removed) > 0 {
		parts = append(parts, "Removed, since it was made by this operation and not finished: "+strings.Join(s.Removed, ", ")+".")
	}
	if len(s.Kept) > 0 {
		parts = append(parts, "Left as it is: "+strings.Join(s.Kept, ", ")+".")
	}
	return strings.Join(parts, " ")
}

// bar shows how far it is to those who see; the words after it say the same.
func bar(p *esops.Progress) string {
	if p == nil || p.Shards == 0 {
		return ""
	}
	far := float64(p.Done) / float64(p.Shards)
	if p.Total > 0 {
		far = float64(p.Bytes) / float64(p.Total)
	}
	const width = 12
	filled := min(width, int(far*width))
	return strings.Repeat("▰", filled) + strings.Repeat("▱", width-filled) + " "
}

// progressWords reads the same to eyes and to a screen reader.
func progressWords(p *esops.Progress) string {
	if p == nil {
		return "under way"
	}
	var parts []string
	if p.Shards > 0 {
		if p.Total > 0 {
			parts = append(parts, fmt.Sprintf("%d %%, %s of %s", 100*p.Bytes/p.Total, size(p.Bytes), size(p.Total)))
		}
		parts = append(parts, fmt.Sprintf("%d of %s done", p.Done, count(p.Shards, "primary shard", "primary shards")))
		if p.Rate >= 1 && p.Done < p.Shards {
			parts = append(parts, size(int64(p.Rate))+" a second")
		}
		if left := p.Left(); left > 0 {
			parts = append(parts, "about "+roughly(left)+" left at this speed")
		}
		if p.Slowest != "" {
			parts = append(parts, "slowest is "+p.Slowest)
		}
	}
	if p.Waiting != "" {
		parts = append(parts, p.Waiting)
	}
	if len(parts) == 0 {
		return "under way"
	}
	return strings.Join(parts, ", ")
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
