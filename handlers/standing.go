package handlers

import (
	"fmt"
	"strings"

	"es-restore/approvals"
	"es-restore/esops"
)

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
