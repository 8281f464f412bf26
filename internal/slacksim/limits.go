package slacksim

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed limits.json
var limitsFile []byte

// bound is one line of limits.json: how long, how many or how large a field may
// be. Lengths are in characters, not bytes.
type bound struct {
	MinLength     *int     `json:"min_length"`
	MaxLength     *int     `json:"max_length"`
	ItemMaxLength *int     `json:"item_max_length"`
	MinItems      *int     `json:"min_items"`
	MaxItems      *int     `json:"max_items"`
	Min           *float64 `json:"min"`
	Max           *float64 `json:"max"`
	ExclusiveMin  *float64 `json:"exclusive_min"`
}

// limits holds every bound by its dotted name, such as section.text. The file
// nests them by block, and one of them a level deeper.
var limits = readLimits()

func readLimits() map[string]bound {
	var tree map[string]json.RawMessage
	if err := json.Unmarshal(limitsFile, &tree); err != nil {
		panic(fmt.Sprintf("slacksim: limits.json: %v", err))
	}
	out := map[string]bound{}
	collect(out, "", tree)
	return out
}

func collect(out map[string]bound, path string, tree map[string]json.RawMessage) {
	var here bound
	leaf := false
	for key, raw := range tree {
		if raw[0] != '{' {
			leaf = true
			continue
		}
		var inner map[string]json.RawMessage
		if err := json.Unmarshal(raw, &inner); err != nil {
			panic(fmt.Sprintf("slacksim: limits.json: %s.%s: %v", path, key, err))
		}
		collect(out, strings.TrimPrefix(path+"."+key, "."), inner)
	}
	if !leaf {
		return
	}
	whole, _ := json.Marshal(tree)
	_ = json.Unmarshal(whole, &here)
	out[path] = here
}

// limit is a bound by name; a name without one is a mistake in the schema.
func limit(name string) bound {
	b, ok := limits[name]
	if !ok {
		panic("slacksim: no limit called " + name)
	}
	return b
}
