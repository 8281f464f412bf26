package slacksim

import (
	"fmt"
	"slices"
	"strings"
)

// nameBlocks does to blocks what Slack does when it stores them: each block and
// each interactive element gets an ID where it has none, and text objects are
// spelled out.
func (w *world) nameBlocks(blocks []Object) {
	for _, b := range blocks {
		if stringAt(b, "block_id") == "" {
			w.lastBlockID++
			b["block_id"] = fmt.Sprintf("b%04d", w.lastBlockID)
		}
		if stringAt(b, "type") == "input" {
			setDefault(b, "optional", false)
			setDefault(b, "dispatch_action", false)
		}
		spellTexts(b)
		for _, e := range elements(b) {
			if stringAt(e, "action_id") == "" {
				w.lastActionSeq++
				e["action_id"] = fmt.Sprintf("a%04d", w.lastActionSeq)
			}
		}
	}
}

func setDefault(o Object, key string, value any) {
	if _, said := o[key]; !said {
		o[key] = value
	}
}

func spellTexts(v any) {
	switch v := v.(type) {
	case Object:
		spellText(v)
		for _, inner := range v {
			spellTexts(inner)
		}
	case []any:
		for _, item := range v {
			spellTexts(item)
		}
	}
}

func spellText(o Object) {
	switch stringAt(o, "type") {
	case "plain_text":
		setDefault(o, "emoji", true)
	case "mrkdwn":
		setDefault(o, "verbatim", false)
	}
}

// interactive are the element types that send an action.
var interactive = []string{
	"button", "workflow_button", "icon_button", "feedback_buttons", "overflow", "checkboxes", "radio_buttons",
	"static_select", "external_select", "users_select", "conversations_select", "channels_select",
	"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select",
	"datepicker", "timepicker", "datetimepicker",
	"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input",
}

// elements are the interactive elements of one block, in reading order,
// wherever the block holds them.
func elements(block Object) []Object {
	var out []Object
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case Object:
			if slices.Contains(interactive, stringAt(v, "type")) {
				out = append(out, v)
				return
			}
			for _, key := range []string{"accessory", "element", "elements", "actions", "child_blocks", "rows"} {
				walk(v[key])
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(block)
	return out
}

// flatten lists blocks together with the blocks inside containers.
func flatten(blocks []Object) []Object {
	var out []Object
	for _, b := range blocks {
		out = append(out, b)
		switch stringAt(b, "type") {
		case "container", "layout":
			out = append(out, flatten(objects(b["child_blocks"]))...)
		case "carousel":
			out = append(out, flatten(objects(b["elements"]))...)
		}
	}
	return out
}

// actionIDs lists the action_ids in reading order.
func actionIDs(blocks []Object) []string {
	var out []string
	for _, b := range blocks {
		for _, e := range elements(b) {
			out = append(out, stringAt(e, "action_id"))
		}
	}
	return out
}

// blocksText is every word the blocks show, one line for each text.
func blocksText(blocks []Object) string {
	var lines []string
	for _, b := range blocks {
		lines = append(lines, shownTexts(b)...)
	}
	return strings.Join(lines, "\n")
}

// shown are the fields whose words a reader sees, in reading order.
var shown = []string{
	"title", "rich_text_title", "label", "subtitle", "caption", "text", "body", "subtext", "fields", "elements", "rows", "element",
	"accessory", "placeholder", "initial_value", "options", "option_groups", "description", "actions", "child_blocks", "hint",
	"positive_button", "negative_button", "details", "output", "tasks", "alt_text", "author_name", "chart", "segments", "series",
}

func shownTexts(v any) []string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, shownTexts(item)...)
		}
		return out
	case Object:
		return objectTexts(v)
	}
	return nil
}

func objectTexts(o Object) []string {
	switch stringAt(o, "type") {
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
		line := ""
		for _, e := range objects(o["elements"]) {
			line += inlineText(e)
		}
		if line == "" {
			return nil
		}
		return []string{line}
	}
	var out []string
	for _, key := range shown {
		out = append(out, shownTexts(o[key])...)
	}
	return out
}

// inlineText is a piece of a rich text line as mrkdwn would write it.
func inlineText(e Object) string {
	switch stringAt(e, "type") {
	case "user":
		return "<@" + stringAt(e, "user_id") + ">"
	case "usergroup":
		return "<!subteam^" + stringAt(e, "usergroup_id") + ">"
	case "channel":
		return "<#" + stringAt(e, "channel_id") + ">"
	case "broadcast":
		return "<!" + stringAt(e, "range") + ">"
	case "emoji":
		return ":" + stringAt(e, "name") + ":"
	case "link":
		if t := stringAt(e, "text"); t != "" {
			return t
		}
		return stringAt(e, "url")
	case "date":
		return stringAt(e, "fallback")
	default:
		return stringAt(e, "text")
	}
}

// AllText is every word the message shows: its blocks, or its text when there
// are none, then attachments and the names of files.
func (m Message) AllText() string {
	parts := []string{}
	if len(m.Blocks) > 0 {
		parts = append(parts, blocksText(m.Blocks))
	} else {
		parts = append(parts, m.Text)
	}
	for _, a := range m.Attachments {
		parts = append(parts, shownTexts(a["pretext"])...)
		parts = append(parts, shownTexts(a["text"])...)
		parts = append(parts, shownTexts(a["blocks"])...)
	}
	for _, f := range m.Files {
		parts = append(parts, f.Title)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// Actions are the action_ids of the message in reading order.
func (m Message) Actions() []string { return actionIDs(m.Blocks) }

// Element is the interactive element with that action_id, nil if there is none.
func (m Message) Element(actionID string) Object {
	_, e := findElement(m.Blocks, actionID, "")
	return e
}

// AllText is every word the view shows, title and buttons included, and the
// errors under its inputs.
func (v View) AllText() string {
	parts := []string{v.Title, blocksText(v.Blocks)}
	for _, b := range v.Blocks {
		parts = append(parts, v.Errors[stringAt(b, "block_id")])
	}
	parts = append(parts, v.Trouble, v.SubmitLabel, v.CloseLabel)
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// Actions are the action_ids of the view in reading order.
func (v View) Actions() []string { return actionIDs(v.Blocks) }

// Element is the interactive element with that action_id, nil if there is none.
func (v View) Element(actionID string) Object { _, e := findElement(v.Blocks, actionID, ""); return e }

// findElement finds an element by action_id, and by block_id where one is
// given, among the blocks and those inside containers.
func findElement(blocks []Object, actionID, blockID string) (block, element Object) {
	for _, b := range blocks {
		for _, e := range elements(b) {
			if stringAt(e, "action_id") == actionID && (blockID == "" || stringAt(b, "block_id") == blockID) {
				return b, e
			}
		}
	}
	return nil, nil
}
