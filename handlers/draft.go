package handlers

import (
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"

	"es-restore/esops"
)

// A draft is what has been entered into a form, and what it was last told.
// It travels with the view as its private metadata, so that whichever process
// hears of the view next goes on with it; nothing is decided by it.
type draft struct {
	Channel string `json:"channel"`
	// What is chosen. Slack tells it with every event, but not with a search.
	Destination string `json:"destination,omitempty"`
	Repository  string `json:"repository,omitempty"`
	Snapshot    string `json:"snapshot,omitempty"`
	// Shown is the digest of the plan the form shows; empty: none yet.
	Shown string `json:"shown,omitempty"`

	indices []string
	names   string
	flags   esops.Flags
	reason  string
}

// command is what the draft asks for, as a typed command would.
func (d draft) command() Command {
	flags := d.flags
	flags.As = d.names
	return Command{
		Verb: "restore", Cluster: d.Destination, Repository: d.Repository, Snapshot: d.Snapshot,
		Indices: strings.Join(d.indices, ","), Flags: flags, Reason: d.reason, Page: 1,
	}
}

// complete reports whether there is enough to plan.
func (d draft) complete() bool {
	return d.Destination != "" && d.Repository != "" && d.Snapshot != "" && len(d.indices) > 0
}

// readDraft takes a draft out of a view: what was carried along, and over it
// what the inputs hold now.
func readDraft(view slack.View) draft {
	var d draft
	_ = json.Unmarshal([]byte(view.PrivateMetadata), &d) // ours, or empty
	if view.State == nil {
		return d
	}
	for input, into := range map[string]*string{inputDestination: &d.Destination, inputRepository: &d.Repository, inputSnapshot: &d.Snapshot} {
		if chosen := one(view, input); chosen != "" {
			*into = chosen
		}
	}
	d.indices, d.names, d.reason = many(view, inputIndices), strings.TrimSpace(one(view, inputNames)), strings.TrimSpace(one(view, inputReason))
	for _, flag := range many(view, inputFlags) {
		switch flag {
		case "overwrite-closed":
			d.flags.OverwriteClosed = true
		case "partial":
			d.flags.Partial = true
		case "system":
			d.flags.System = true
		}
	}
	return d
}

// one is an input's value, whatever kind of input it is.
func one(view slack.View, input string) string {
	if view.State == nil {
		return ""
	}
	action := view.State.Values[input][input]
	if action.SelectedOption.Value == notThere {
		return ""
	}
	if action.SelectedOption.Value != "" {
		return action.SelectedOption.Value
	}
	return action.Value
}

// many are an input's values; one that is typed is a comma list.
func many(view slack.View, input string) []string {
	if view.State == nil {
		return nil
	}
	var values []string
	for _, option := range view.State.Values[input][input].SelectedOptions {
		if option.Value == notThere {
			continue
		}
		values = append(values, option.Value)
	}
	if text := one(view, input); len(values) == 0 && text != "" {
		values = strings.Split(text, ",")
	}
	return values
}

// chosenBefore reads the value of a list's button.
func chosenBefore(value string) draft {
	c, refusal := Parse("show " + value)
	if refusal != nil {
		return draft{}
	}
	d := draft{Destination: c.Cluster, Repository: c.Repository, Snapshot: c.Snapshot}
	if d.Destination == noDestination {
		d.Destination = ""
	}
	return d
}

// wrong are the inputs that can't be right, by block.
func (d draft) wrong() map[string]string {
	wrong := map[string]string{}
	for input, value := range map[string]string{inputDestination: d.Destination, inputRepository: d.Repository, inputSnapshot: d.Snapshot} {
		if value == "" {
			wrong[input] = "Choose one."
		}
	}
	if len(d.indices) == 0 {
		wrong[inputIndices] = "Choose at least one."
	}
	if d.reason == "" {
		wrong[inputReason] = "Say why in one sentence."
	}
	if len([]rune(d.reason)) > reasonLimit {
		wrong[inputReason] = "A reason has 300 characters at most."
	}
	return wrong
}
