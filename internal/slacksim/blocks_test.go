package slacksim_test

import (
	"strings"
	"testing"
)

func TestBlocksAreRefusedWithTheReasonAndThePlace(t *testing.T) {
	s := workspace(t)
	for _, c := range []struct {
		name   string
		blocks []any
		want   string
	}{
		{"no type", []any{obj{"text": plain("x")}}, "missing required field: type [json-pointer:/blocks/0]"},
		{"unknown type", []any{obj{"type": "sektion"}}, "unsupported type: sektion [json-pointer:/blocks/0/type]"},
		{"not an object", []any{"text"}, "must provide an object [json-pointer:/blocks/0]"},
		{"section without text", []any{obj{"type": "section"}}, "missing required field: text or fields [json-pointer:/blocks/0]"},
		{"text as a bare string", []any{obj{"type": "section", "text": "x"}}, "must provide an object [json-pointer:/blocks/0/text]"},
		{"header in mrkdwn", []any{obj{"type": "header", "text": mrkdwn("x")}}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"},
		{"empty text", []any{obj{"type": "section", "text": mrkdwn("")}}, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{"a field nobody knows", []any{obj{"type": "divider", "colour": "red"}}, "invalid additional property: colour [json-pointer:/blocks/0]"},
		{"button without text", element(obj{"type": "button", "action_id": "a"}), "missing required field: text [json-pointer:/blocks/0/elements/0]"},
		{"button of a wrong style", element(with(button("a", "v"), "style", "green")), "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"},
		{"value that is a number", element(with(button("a", "v"), "value", 7)), "must provide a string [json-pointer:/blocks/0/elements/0/value]"},
		{"select without options", element(obj{"type": "static_select"}), "missing required field: options"},
		{"select with both", element(obj{"type": "static_select", "options": []any{opt(0)}, "option_groups": []any{obj{"label": plain("g"), "options": []any{opt(0)}}}}), "cannot provide both"},
		{"initial option of another list", element(obj{"type": "static_select", "options": []any{opt(0)}, "initial_option": opt(1)}), "must exactly match one of the provided options"},
		{"text input in actions", element(obj{"type": "plain_text_input", "action_id": "a"}), "unsupported type: plain_text_input"},
		{"image without picture", []any{obj{"type": "image", "alt_text": "a"}}, "missing required field: image_url"},
		{"alert in a message", []any{obj{"type": "alert", "text": plain("x")}}, "unsupported type: alert [json-pointer:/blocks/0/type]"},
		{"file block", []any{obj{"type": "file", "external_id": "x", "source": "remote"}}, "unsupported type: file"},
		{"plan block", []any{obj{"type": "plan", "title": "x"}}, "unsupported type: plan"},
		{"empty rich text run", []any{obj{"type": "rich_text", "elements": []any{obj{"type": "rich_text_section", "elements": []any{obj{"type": "text", "text": ""}}}}}}, "must be more than 0 characters"},
		{"two buttons of one action_id in a block", []any{actions("b", button("a", "1"), button("a", "2"))}, "`action_id` \"a\" already exists [json-pointer:/blocks/0/elements/1/action_id]"},
		{"two blocks of one block_id", []any{actions("b", button("a", "1")), actions("b", button("c", "2"))}, "`block_id` \"b\" already exists [json-pointer:/blocks/1/block_id]"},
		{"number input without is_decimal_allowed", []any{input(obj{"type": "number_input"})}, "missing required field: is_decimal_allowed"},
		{"input without element", []any{obj{"type": "input", "label": plain("x")}}, "missing required field: element [json-pointer:/blocks/0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			errs := offer(t, s, c.blocks)
			if len(errs) < 2 || errs[0] != "invalid_blocks" || !strings.Contains(strings.Join(errs[1:], "\n"), c.want) {
				t.Errorf("want %q, got %q", c.want, errs)
			}
		})
	}
}

func TestOneActionIDMayStandInSeveralBlocks(t *testing.T) {
	s := workspace(t)
	if errs := offer(t, s, []any{actions("one", button("open", "1")), actions("two", button("open", "2"))}); len(errs) > 0 {
		t.Errorf("refused: %q", errs)
	}
}

func TestBlocksThatAreNoArrayAreABadFormat(t *testing.T) {
	s := workspace(t)
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "blocks", `{"type":"divider"}`), "invalid_blocks_format")
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "blocks", `[{`), "invalid_blocks_format")
}

func TestViewsAreRefusedWithTheReasonAndThePlace(t *testing.T) {
	s := workspace(t)
	noSubmit := inModal(input(obj{"type": "plain_text_input"}))
	delete(noSubmit, "submit")
	noTitle := view("callback_id", "x")
	delete(noTitle, "title")
	for _, c := range []struct {
		name string
		view modalProbe
		want string
	}{
		{"no title", noTitle, "missing required field: title [json-pointer:/view]"},
		{"inputs without submit", noSubmit, "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]"},
		{"no blocks", view("blocks", nil), "missing required field: blocks [json-pointer:/view]"},
		{"unknown type", view("type", "dialog"), "must be a valid enum value [json-pointer:/view/type]"},
		{"home by views.open", modalProbe{"type": "home", "blocks": []any{obj{"type": "divider"}}}, "must be a valid enum value [json-pointer:/view/type]"},
		{"submit_disabled", view("submit_disabled", true), "invalid additional property: submit_disabled [json-pointer:/view]"},
		{"table in a modal", view("blocks", []any{obj{"type": "table", "rows": []any{row(1)}}}), "unsupported type: table [json-pointer:/view/blocks/0/type]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			errs := offer(t, s, c.view)
			if len(errs) < 2 || errs[0] != "invalid_arguments" || !strings.Contains(strings.Join(errs[1:], "\n"), c.want) {
				t.Errorf("want %q, got %q", c.want, errs)
			}
		})
	}
}

func TestAViewOfMoreThan250KilobytesIsRefused(t *testing.T) {
	s := workspace(t)
	big := view("blocks", many(100, func(int) any { return obj{"type": "section", "text": mrkdwn(long(2900))} }))
	if errs := offer(t, s, big); len(errs) != 1 || errs[0] != "view_too_large" {
		t.Errorf("got %q", errs)
	}
}
