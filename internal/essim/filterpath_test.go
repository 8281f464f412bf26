package essim

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilterPathKeepsWhatItNames(t *testing.T) {
	const body = `{"a":{"b":1,"bc":2,"d":{"b":3}},"list":[{"x":1,"y":2},{"x":3}],"e.f":4}`
	for pattern, want := range map[string]string{
		"a.b":        `{"a":{"b":1}}`,
		"a.b*":       `{"a":{"b":1,"bc":2}}`,
		"*.b":        `{"a":{"b":1}}`,
		"**.b":       `{"a":{"b":1,"d":{"b":3}}}`,
		"list.x":     `{"list":[{"x":1},{"x":3}]}`,
		"list.y":     `{"list":[{"y":2}]}`,
		"a":          `{"a":{"b":1,"bc":2,"d":{"b":3}}}`,
		"a,-a.d":     `{"a":{"b":1,"bc":2}}`,
		"-a,-list":   `{"e.f":4}`,
		"-**.b,-e*":  `{"a":{"bc":2,"d":{}},"list":[{"x":1,"y":2},{"x":3}]}`,
		`e\.f`:       `{"e.f":4}`,
		"e.f":        `{}`,
		"nosuch":     `{}`,
		"a.nosuch":   `{}`,
		"list.*,a.b": `{"a":{"b":1},"list":[{"x":1,"y":2},{"x":3}]}`,
	} {
		t.Run(pattern, func(t *testing.T) {
			var v, w any
			_ = json.Unmarshal([]byte(body), &v)
			_ = json.Unmarshal([]byte(want), &w)
			if diff := cmp.Diff(w, filterPath(v, pattern)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSettingsAreFlatAndNestedAlike(t *testing.T) {
	s := flatten(map[string]any{"index": map[string]any{"number_of_shards": json.Number("2"), "routing.allocation": map[string]any{"exclude": map[string]any{"op": "x"}}}, "index.blocks.write": true})
	want := settings{"index.number_of_shards": "2", "index.routing.allocation.exclude.op": "x", "index.blocks.write": "true"}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	nested := s.json(false)["index"].(map[string]any)
	if nested["number_of_shards"] != "2" || nested["blocks"].(map[string]any)["write"] != "true" {
		t.Errorf("nested they are %v", nested)
	}
}

func TestSizesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]int64{"40mb": 40 << 20, "1.5kb": 1536, "10": 10, "0": 0, "-1": -1, "2GB": 2 << 30} {
		if got, ok := byteSize(text); !ok || got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
	if _, ok := byteSize("fast"); ok {
		t.Error("fast is not a size")
	}
	for n, want := range map[int64]string{230: "230b", 1024: "1kb", 3597: "3.5kb", 5 << 30: "5gb"} {
		if got := humanBytes(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}
