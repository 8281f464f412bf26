package handlers

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"es-restore/esops"
)

// actionInstead asks for a restore that can be done in place of one that can't;
// the button's value is that restore.
const actionInstead = "instead"

// besides are the findings that a restore under another name does away with.
var besides = []string{"open_index", "closed_index", "alias_name", "data_stream_name", "partial_over_closed", "shard_count"}

// refusedPlan tells why a restore can't be done, with one that can: under another
// name, or with shards that the snapshot lacks. What would lose data or lock
// people out is named in the findings, and offered by no button.
func (a *App) refusedPlan(title string, c Command, findings []esops.Finding) *Answer {
	answer := blocked(title, findings)
	label := ""
	for _, f := range findings {
		switch {
		case f.Severity != esops.Blocking:
		case slices.Contains(besides, f.Code) && c.Flags.As == "" && (label == "" || label == offerBeside):
			label = offerBeside
		case f.Code == "index_not_whole" && (label == "" || label == offerPartial):
			label = offerPartial
		default:
			return answer // another way out does not help alone
		}
	}
	switch label {
	case offerBeside:
		c.Flags.As = "restored-$1"
	case offerPartial:
		c.Flags.Partial = true
	default:
		return answer
	}
	command := "/es-restore " + askFor(c)
	answer.Blocks = append(answer.Blocks, prose{}.say("This can be asked for: ").code(command).block())
	answer.Text = clip(answer.Text+" This can be asked for: "+escape(command), 3500)
	if value := valueOf(wanted{c.request(c.Cluster), c.Reason}); c.Verb == "restore" && c.At == "" && value != "" {
		b := slack.NewButtonBlockElement(actionInstead, value, plainText(label))
		b.AccessibilityLabel = label
		answer.Blocks = append(answer.Blocks, slack.NewActionBlock("", b))
	}
	return answer
}

const (
	offerBeside  = "Ask for it beside, as restored-…"
	offerPartial = "Ask for it with those shards empty"
)

// A wanted restore is what the button of an offer carries.
type wanted struct {
	Request esops.Request `json:"request"`
	Reason  string        `json:"reason"`
}

// buttonValue is what a button may carry; Slack takes 2,000 characters.
const buttonValue = 1900

// valueOf is "" for what a button can't carry.
func valueOf(w wanted) string {
	value, err := json.Marshal(w)
	if err != nil || utf8.RuneCount(value) > buttonValue {
		return ""
	}
	return string(value)
}

// wantedBy reads the value of an offer's button.
func wantedBy(value string) (wanted, bool) {
	var w wanted
	err := json.Unmarshal([]byte(value), &w)
	return w, err == nil && w.Request.Kind == esops.KindRestore && w.Request.Cluster != "" && strings.TrimSpace(w.Reason) != ""
}

func unknownOffer() *esops.Refusal {
	return esops.Refuse("unknown_button", "Type the command.", "There is no such button.")
}

// asked is a wanted restore as a command.
func (w wanted) asked() Command {
	r := w.Request
	return Command{Verb: "restore", Cluster: r.Cluster, Repository: r.Repository, Snapshot: r.Snapshot, Indices: r.Indices,
		Flags: r.Flags, Reason: w.Reason, Page: 1}
}

// instead asks for what an offer's button holds.
func (a *App) instead(value string, caller Caller) (*Answer, error) {
	w, ok := wantedBy(value)
	if !ok {
		return nil, unknownOffer()
	}
	return a.sayThen(planning, w.asked(), caller), nil
}
