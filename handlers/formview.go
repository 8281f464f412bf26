package handlers

import (
	"encoding/json"

	"github.com/slack-go/slack"
)

// Options hold at most so much; Slack takes 75 characters as text and 150 as
// value.
const (
	optionText  = 75
	optionValue = 150
	optionsMost = 100
)

// option is one thing to choose; false when its value is too long for Slack.
func option(value, text string) (*slack.OptionBlockObject, bool) {
	if value == "" || len([]rune(value)) > optionValue {
		return nil, false
	}
	if text == "" {
		text = value
	}
	return slack.NewOptionBlockObject(value, plainText(clean(text, optionText-1)), nil), true
}

// formView draws the form over what is entered, with what is to be said below.
func (a visit) formView(d draft, below []block) slack.ModalViewRequest {
	metadata, err := json.Marshal(d)
	if err != nil {
		metadata = nil // plain strings by type
	}
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: formRestore, PrivateMetadata: string(metadata),
		Title: plainText("Ask for a restore"), Submit: plainText("Ask"), Close: plainText("Back"),
	}
	view.Blocks.BlockSet = append([]block{
		a.destinationInput(d),
		external(inputRepository, "Repository", "Where the snapshot is", d.Repository),
		external(inputSnapshot, "Snapshot", "Newest first; type to search", d.Snapshot),
		indicesInput(),
		namesInput(),
		flagsInput(),
		reasonInput(false, "Approvers read it, and it stays on record."),
	}, below...)
	return view
}

func (a visit) destinationInput(d draft) block {
	var options []*slack.OptionBlockObject
	var chosen *slack.OptionBlockObject
	for _, c := range a.Clusters {
		if o, fits := option(c.Name, c.Name); fits && !c.ReadOnly && len(options) < optionsMost {
			options = append(options, o)
			if c.Name == d.Destination {
				chosen = o
			}
		}
	}
	element := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText("Which cluster gets it"), inputDestination, options...)
	element.InitialOption = chosen
	return dispatching(inputDestination, "Destination", element)
}

// dispatching is an input whose choice is told at once.
func dispatching(id, label string, element slack.BlockElement) *slack.InputBlock {
	b := slack.NewInputBlock(id, plainText(label), nil, element)
	b.DispatchAction = true
	return b
}

func external(id, label, placeholder, chosen string) block {
	element := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plainText(placeholder), id)
	none := 0
	element.MinQueryLength = &none
	if o, fits := option(chosen, ""); fits {
		element.InitialOption = o
	}
	return dispatching(id, label, element)
}

func indicesInput() block {
	element := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeExternal, plainText("Type to search, or a pattern such as logs-*"), inputIndices)
	none := 0
	element.MinQueryLength = &none
	return dispatching(inputIndices, "Indices", element)
}

func namesInput() block {
	b := slack.NewInputBlock(inputNames, plainText("New names"), plainText("Leave empty to keep them. $1 stands for the index's name."),
		slack.NewPlainTextInputBlockElement(plainText("restored-$1"), inputNames))
	b.Optional = true
	return b
}

func flagsInput() block {
	choice := func(value, text, description string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(value, plainText(text), plainText(description))
	}
	element := slack.NewCheckboxGroupsBlockElement(inputFlags,
		choice("overwrite-closed", "Overwrite closed indices", "Their data is gone from the first second."),
		choice("partial", "Take partial indices", "Shards the snapshot does not hold come back empty."),
		choice("system", "Allow system indices", "Restoring them can lock people out of Kibana."))
	b := dispatching(inputFlags, "Allow", element)
	b.Optional = true
	return b
}
