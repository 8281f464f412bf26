package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Object is one JSON object as it travels: a block, an element, an option, an
// argument. Numbers inside are json.Number, so that nothing is lost on the way
// through.
type Object = map[string]any

// decode reads JSON keeping numbers as they were written.
func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return v, nil
}

// encode writes JSON the way Slack does: & < > stay as they are.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		// Everything encoded here was decoded from JSON or built from strings.
		panic(fmt.Sprintf("slacksim: encoding %T: %v", v, err))
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}

// clone copies a JSON value deeply, so that what a reader holds never changes.
func clone(v any) any {
	switch v := v.(type) {
	case Object:
		return cloneObject(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = clone(item)
		}
		return out
	default:
		return v
	}
}

func cloneObject(o Object) Object {
	if o == nil {
		return nil
	}
	out := make(Object, len(o))
	for key, value := range o {
		out[key] = clone(value)
	}
	return out
}

func cloneObjects(list []Object) []Object {
	if list == nil {
		return nil
	}
	out := make([]Object, len(list))
	for i, o := range list {
		out[i] = cloneObject(o)
	}
	return out
}

// objects keeps the objects of a decoded JSON array.
func objects(v any) []Object {
	items, _ := v.([]any)
	out := make([]Object, 0, len(items))
	for _, item := range items {
		if o, ok := item.(Object); ok {
			out = append(out, o)
		}
	}
	return out
}

// array is the opposite of objects, for answers.
func array(list []Object) []any {
	out := make([]any, len(list))
	for i, o := range list {
		out[i] = cloneObject(o)
	}
	return out
}

func stringAt(o Object, key string) string {
	s, _ := o[key].(string)
	return s
}

func objectAt(o Object, key string) Object {
	inner, _ := o[key].(Object)
	return inner
}

func boolAt(o Object, key string) bool {
	b, _ := o[key].(bool)
	return b
}

func stringsAt(o Object, key string) []string {
	items, _ := o[key].([]any)
	out := make([]string, 0, len(items))
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func anyStrings(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
