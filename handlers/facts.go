package handlers

import (
	"fmt"
	"strings"

	"es-restore/esops"
)

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
