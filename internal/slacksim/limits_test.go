package slacksim_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"es-restore/internal/slacksim"
)

// elsewhere are limits with tests of their own, and why.
var elsewhere = map[string]string{
	"message.all_text":   "TestTooMuchTextInAllBlocksTogetherIsRefused",
	"data_table.content": "TestADataTableMayNotHoldTooMuchText",
	"url_source.url":     "TestSourcesAreNotPartOfMessages",
}

func TestEveryLimitIsKeptAndNoTighter(t *testing.T) {
	for name, bounds := range readLimitsFile(t) {
		if elsewhere[name] != "" {
			continue
		}
		build := probes[name]
		if build == nil {
			t.Errorf("%s: no probe", name)
			continue
		}
		t.Run(name, func(t *testing.T) { tryBounds(t, name, build, bounds) })
	}
}

func tryBounds(t *testing.T, name string, build probe, bounds map[string]float64) {
	s := workspace(t)
	for bound, value := range bounds {
		n := int(value)
		build, over := build, n+1
		switch bound {
		case "min_length", "min_items", "min":
			over = n - 1
		case "exclusive_min":
			n, over = n+1, n
		case "item_max_length":
			build = probes[name+" (item)"]
		}
		if errs := offer(t, s, build(n)); len(errs) > 0 {
			t.Errorf("%s %v is refused: %q", bound, n, errs)
		}
		if over < 0 {
			continue // min 0: nothing is smaller
		}
		if errs := offer(t, s, build(over)); len(errs) == 0 {
			t.Errorf("%s %v: %v is accepted", bound, n, over)
		} else if !strings.Contains(errs[len(errs)-1], "json-pointer:") {
			t.Errorf("%s %v: the refusal does not say where: %q", bound, n, errs)
		}
	}
}

// offer sends blocks in a message, or a modal, and returns why it was refused.
func offer(t *testing.T, s *slacksim.Server, what any) []string {
	t.Helper()
	var answer map[string]any
	if v, ok := what.(modalProbe); ok {
		cmd, err := s.Command(within(t), alice, ops, "/es-restore", "")
		if err != nil {
			t.Fatal(err)
		}
		answer, _ = postJSON(t, s.APIURL()+"views.open", s.App().BotToken, obj{"trigger_id": cmd.TriggerID, "view": v})
	} else {
		answer, _ = raw(t, s, "chat.postMessage", s.App().BotToken, url.Values{"channel": {ops}, "blocks": {blocksJSON(t, what.([]any)...)}})
	}
	if answer["ok"] == true {
		return nil
	}
	out := []string{answer["error"].(string)}
	if meta, ok := answer["response_metadata"].(map[string]any); ok {
		for _, m := range meta["messages"].([]any) {
			out = append(out, m.(string))
		}
	}
	return out
}

// readLimitsFile is limits.json by dotted name and bound.
func readLimitsFile(t *testing.T) map[string]map[string]float64 {
	t.Helper()
	data, err := os.ReadFile("limits.json")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]float64{}
	var walk func(path string, node map[string]any)
	walk = func(path string, node map[string]any) {
		for _, key := range slices.Sorted(maps.Keys(node)) {
			switch v := node[key].(type) {
			case float64:
				if out[path] == nil {
					out[path] = map[string]float64{}
				}
				out[path][key] = v
			case map[string]any:
				walk(strings.TrimPrefix(path+"."+key, "."), v)
			}
		}
	}
	walk("", tree)
	return out
}

func TestTooMuchTextInAllBlocksTogetherIsRefused(t *testing.T) {
	s := workspace(t)
	build := func(n int) []any {
		out := []any{}
		for ; n > 0; n -= 3000 {
			out = append(out, obj{"type": "section", "text": mrkdwn(long(min(n, 3000)))})
		}
		return out
	}
	if errs := offer(t, s, build(13200)); len(errs) > 0 {
		t.Errorf("13200 characters: %q", errs)
	}
	if errs := offer(t, s, build(13201)); len(errs) != 1 || errs[0] != "msg_blocks_too_long" {
		t.Errorf("13201 characters: %q", errs)
	}
}

func TestADataTableMayNotHoldTooMuchText(t *testing.T) {
	s := workspace(t)
	table := dataTable("rows", []any{[]any{cell(long(10000)), cell(long(10000))}, []any{cell("x"), cell("y")}})
	if errs := offer(t, s, table); len(errs) == 0 || errs[0] != "invalid_blocks" {
		t.Errorf("got %q", errs)
	}
}

func TestSourcesAreNotPartOfMessages(t *testing.T) {
	s := workspace(t)
	source := obj{"type": "url_source", "url": "https://x", "text": "x"}
	if errs := offer(t, s, element(source)); len(errs) == 0 || !strings.Contains(errs[1], "unsupported type: url_source") {
		t.Errorf("got %q", errs)
	}
}
