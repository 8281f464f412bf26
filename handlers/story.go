package handlers

import (
	"fmt"
	"strings"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
)

// story tells a record in words: who, what and when. The second value says the
// same as plain text.
func story(r audit.Record, op approvals.Operation) (prose, string) {
	what := happened(r, op)
	p := prose{}.strong(what.word).say(" ")
	if r.Actor.ID == approvals.System.ID {
		p = p.say("by es-restore")
	} else {
		p = p.say("by ").who(r.Actor)
	}
	p = p.say(" at " + stamp(r.Time))
	said := fmt.Sprintf("%s by %s at %s", what.word, nameFor(r.Actor), stamp(r.Time))
	if what.rest != "" {
		p = p.say(": " + clean(what.rest, proseLimit))
		said += ": " + what.rest
	}
	return p, clean(said, proseLimit*2)
}

func nameFor(a approvals.Actor) string {
	switch {
	case a.ID == approvals.System.ID:
		return "es-restore"
	case a.Name != "":
		return a.Name
	}
	return a.ID
}

// A happening is a record as one word and what there is to say about it.
type happening struct{ word, rest string }

func happened(r audit.Record, op approvals.Operation) happening {
	d := r.Data
	switch r.Event {
	case approvals.Opened:
		if len(d.Standing) > 0 {
			return happening{"asked", d.Reason + " (approved by the configuration: " + strings.Join(d.Standing, ", ") + ")"}
		}
		return happening{"asked", d.Reason}
	case approvals.Approved:
		if !d.Met {
			return happening{"approved", join(d.Reason, "more approvals are needed")}
		}
		return happening{"approved", d.Reason}
	case approvals.WasDenied:
		return happening{"denied", d.Reason}
	case approvals.WasCancel:
		return happening{"cancelled", d.Reason}
	case approvals.WasExpired:
		return happening{"expired", join(d.Sentence, d.WayOut)}
	case approvals.Claimed:
		if d.TakenOver {
			return happening{"taken over", "by " + d.Worker}
		}
		return happening{"started", "by " + d.Worker}
	case approvals.Stepped:
		return stepHappened(d, op)
	case approvals.Stopped:
		return happening{"stopped", stoppedWords(*d.Stopped)}
	case approvals.Succeed:
		return happening{"succeeded", summary(op)}
	case approvals.Fail:
		return happening{"failed", join(d.Sentence, d.WayOut)}
	case approvals.Refused:
		return happening{"refused", join(fmt.Sprintf("%s was tried.", d.Asked), d.Sentence)}
	case approvals.RolledBack:
		return happening{"rolled back", d.Reason}
	}
	return happening{string(r.Event), ""}
}

func stepHappened(d approvals.Data, op approvals.Operation) happening {
	if d.Result == nil && sharingOf(op.Plan) != nil {
		if d.Sent != nil && d.Sent.Attempt > 1 {
			return happening{"sent again", fmt.Sprintf("the same request to Alibaba Cloud, attempt %d; doing it twice comes to the same", d.Sent.Attempt)}
		}
		return happening{"sent", "the request goes to Alibaba Cloud"}
	}
	if d.Result == nil {
		if d.Sent != nil && d.Sent.Attempt > 1 {
			return happening{"sent again", fmt.Sprintf("the same restore request, attempt %d; Elasticsearch carries it out once", d.Sent.Attempt)}
		}
		return happening{"sent", "the restore request goes to Elasticsearch"}
	}
	switch d.Result.Step {
	case esops.StepRestore:
		return happening{"accepted", "Elasticsearch restores " + targetNames(*d.Result)}
	case esops.StepWait:
		return happening{"restored", targetNames(*d.Result)}
	case esops.StepVerify:
		if d.Result.Verified {
			return happening{"verified", verifiedWords(*d.Result)}
		}
		return happening{"not verified", verifiedWords(*d.Result)}
	case esops.StepRemove:
		return happening{"removed", join(targetNames(*d.Result), strings.Join(d.Result.NotProved, "; "))}
	case esops.StepReplicas:
		return happening{"replicas set", strings.Join(d.Result.NotProved, "; ")}
	case esops.StepSwap:
		return happening{"alias moved", "the alias is on the restored index now"}
	case esops.StepMoveBack:
		return happening{"alias moved back", "the alias is where it was before"}
	case esops.StepShare:
		if len(d.Result.Targets) > 0 && !d.Result.Targets[0].Made {
			return happening{"found shared", "the repository was there already"}
		}
		return happening{"shared", "the repository is available, and Elasticsearch lists it"}
	case esops.StepUnshare:
		return happening{"no longer shared", "the repository is off; the snapshots stay where they are"}
	case esops.StepSettle:
		if kept := strings.Join(d.Result.NotProved, "; "); kept != "" {
			return happening{"settled", "the marker of this operation is off the indices, but for this: " + kept}
		}
		return happening{"settled", "the marker of this operation is off the indices"}
	}
	return happening{string(d.Result.Step), ""}
}

func targetNames(r esops.Result) string {
	var names []string
	for i, t := range r.Targets {
		if i == 5 {
			names = append(names, fmt.Sprintf("%d more", len(r.Targets)-i))
			break
		}
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

func join(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " ")
}
