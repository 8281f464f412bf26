package slacksim

import (
	"fmt"
	"slices"
)

// Choice is one option of a select, as Slack and apps write it.
type Choice struct {
	Text, Value string
}

func (o Choice) json() Object {
	return Object{"text": Object{"type": "plain_text", "text": o.Text, "emoji": true}, "value": o.Value}
}

// choices are the options a person is offered by an element.
func choices(element Object, offered []Object) []Object {
	out := slices.Clone(offered)
	out = append(out, objects(element["options"])...)
	for _, g := range objects(element["option_groups"]) {
		out = append(out, objects(g["options"])...)
	}
	return out
}

// chooseOption finds the option with that value, or with those words.
func chooseOption(element Object, entered any, offered []Object) (any, error) {
	if o, ok := entered.(Choice); ok {
		return o.json(), nil
	}
	want, err := asText(entered)
	if err != nil {
		return nil, err
	}
	all := choices(element, offered)
	for _, o := range all {
		if stringAt(o, "value") == want {
			return cloneObject(o), nil
		}
	}
	for _, o := range all {
		if stringAt(objectAt(o, "text"), "text") == want {
			return cloneObject(o), nil
		}
	}
	return nil, fmt.Errorf("offers no option %q", want)
}

func chooseOptions(element Object, entered any, offered []Object) (any, error) {
	var wanted []any
	switch v := entered.(type) {
	case []string:
		wanted = anyStrings(v)
	case []Choice:
		for _, o := range v {
			wanted = append(wanted, o)
		}
	default:
		wanted = []any{entered}
	}
	out := []any{}
	for _, w := range wanted {
		o, err := chooseOption(element, w, offered)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, tooMany(element, len(out))
}

func tooMany(element Object, n int) error {
	if most, ok := intAt(element, "max_selected_items"); ok && n > most {
		return fmt.Errorf("takes at most %d, not %d", most, n)
	}
	return nil
}
