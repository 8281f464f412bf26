package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// State is what is filled in, by block_id and action_id, each value as Slack
// writes it in state.values.
type State map[string]map[string]Object

type stateKey struct{ channel, ts, user string }

type suggestKey struct{ where, user, action string }

// shape says how one element type holds its value: under which field, and what
// the value is made of.
type shape struct {
	field   string // in state.values and in actions
	initial string // in the element
	kind    valueKind
}

type valueKind int

const (
	words valueKind = iota // free text
	oneOption
	manyOptions
	oneID // a person or conversation, a date, a time
	manyIDs
	number
	document // rich text
)

// shapes is every element that holds a value.
var shapes = map[string]shape{
	"plain_text_input":           {"value", "initial_value", words},
	"email_text_input":           {"value", "initial_value", words},
	"url_text_input":             {"value", "initial_value", words},
	"number_input":               {"value", "initial_value", words},
	"static_select":              {"selected_option", "initial_option", oneOption},
	"external_select":            {"selected_option", "initial_option", oneOption},
	"radio_buttons":              {"selected_option", "initial_option", oneOption},
	"overflow":                   {"selected_option", "", oneOption},
	"multi_static_select":        {"selected_options", "initial_options", manyOptions},
	"multi_external_select":      {"selected_options", "initial_options", manyOptions},
	"checkboxes":                 {"selected_options", "initial_options", manyOptions},
	"users_select":               {"selected_user", "initial_user", oneID},
	"conversations_select":       {"selected_conversation", "initial_conversation", oneID},
	"channels_select":            {"selected_channel", "initial_channel", oneID},
	"multi_users_select":         {"selected_users", "initial_users", manyIDs},
	"multi_conversations_select": {"selected_conversations", "initial_conversations", manyIDs},
	"multi_channels_select":      {"selected_channels", "initial_channels", manyIDs},
	"datepicker":                 {"selected_date", "initial_date", oneID},
	"timepicker":                 {"selected_time", "initial_time", oneID},
	"datetimepicker":             {"selected_date_time", "initial_date_time", number},
	"rich_text_input":            {"rich_text_value", "initial_value", document},
	"file_input":                 {"files", "", manyIDs},
}

// initialState is what a form shows before anybody touched it.
func initialState(blocks []Object) State {
	st := State{}
	for _, b := range blocks {
		for _, e := range elements(b) {
			sh, holds := shapes[stringAt(e, "type")]
			if !holds || stringAt(e, "type") == "overflow" {
				continue
			}
			value := clone(e[sh.initial])
			if value == nil && (sh.kind == manyOptions || sh.kind == manyIDs) {
				value = []any{}
			}
			st.set(b, e, Object{"type": stringAt(e, "type"), sh.field: value})
		}
	}
	return st
}

func (st State) set(block, element, value Object) {
	id := stringAt(block, "block_id")
	if st[id] == nil {
		st[id] = map[string]Object{}
	}
	st[id][stringAt(element, "action_id")] = value
}

// keep carries over what was filled in where the same input is still there.
func (st State) keep(old State) State {
	for block, actions := range st {
		for action, now := range actions {
			if before := old[block][action]; before != nil && before["type"] == now["type"] {
				actions[action] = before
			}
		}
	}
	return st
}

func (st State) copy() State {
	if st == nil {
		return nil
	}
	out := State{}
	for block, actions := range st {
		out[block] = map[string]Object{}
		for action, value := range actions {
			out[block][action] = cloneObject(value)
		}
	}
	return out
}

func (st State) json() Object {
	out := Object{}
	for block, actions := range st {
		inner := Object{}
		for action, value := range actions {
			inner[action] = cloneObject(value)
		}
		out[block] = inner
	}
	return out
}

// empty says whether an input has no value, as Slack's client judges it.
func (sh shape) empty(value Object) bool {
	switch v := value[sh.field].(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// fill turns what a test says a person entered into the value Slack makes of
// it: a string for text, dates, people and the value of an option; a []string
// for several; an int or a time.Time for a date with time; nil to clear; or an
// [Choice] for an external select whose options were not asked for.
func (sh shape) fill(element Object, entered any, offered []Object) (Object, error) {
	out := Object{"type": stringAt(element, "type"), sh.field: nil}
	if entered == nil {
		if sh.kind == manyOptions || sh.kind == manyIDs {
			out[sh.field] = []any{}
		}
		return out, nil
	}
	value, err := sh.value(element, entered, offered)
	if err != nil {
		return nil, err
	}
	out[sh.field] = value
	return out, nil
}

func (sh shape) value(element Object, entered any, offered []Object) (any, error) {
	switch sh.kind {
	case words:
		s, err := asText(entered)
		return s, errors.Join(err, checkWords(element, s))
	case oneOption:
		return chooseOption(element, entered, offered)
	case manyOptions:
		return chooseOptions(element, entered, offered)
	case manyIDs:
		list, ok := entered.([]string)
		if !ok {
			return nil, fmt.Errorf("takes a []string, not %T", entered)
		}
		return anyStrings(list), tooMany(element, len(list))
	case number:
		return asUnix(entered)
	case document:
		if o, ok := entered.(Object); ok {
			return o, nil
		}
		s, err := asText(entered)
		return Object{"type": "rich_text", "elements": []any{Object{"type": "rich_text_section", "elements": []any{Object{"type": "text", "text": s}}}}}, err
	}
	s, err := asText(entered)
	return s, errors.Join(err, checkForm(element, s))
}

func asText(entered any) (string, error) {
	switch v := entered.(type) {
	case string:
		return v, nil
	case int, int64, float64, json.Number:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("takes text, not %T", entered)
}

func asUnix(entered any) (any, error) {
	switch v := entered.(type) {
	case int:
		return json.Number(strconv.Itoa(v)), nil
	case time.Time:
		return json.Number(strconv.FormatInt(v.Unix(), 10)), nil
	}
	return nil, fmt.Errorf("takes a time, not %T", entered)
}

var (
	dateForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	timeForm = regexp.MustCompile(`^\d{2}:\d{2}$`)
)

func checkForm(element Object, s string) error {
	switch stringAt(element, "type") {
	case "datepicker":
		if !dateForm.MatchString(s) {
			return fmt.Errorf("takes a date like 2026-01-31, not %q", s)
		}
	case "timepicker":
		if !timeForm.MatchString(s) {
			return fmt.Errorf("takes a time like 09:30, not %q", s)
		}
	}
	return nil
}

func intAt(o Object, key string) (int, bool) {
	n, ok := o[key].(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}
