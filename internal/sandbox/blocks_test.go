package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

// last is the payload that the app got last, of a type.
func last(t *testing.T, s *slacksim.Server, kind string) map[string]any {
	t.Helper()
	for _, e := range slices.Backward(s.Envelopes()) {
		var payload map[string]any
		if err := json.Unmarshal(e.Payload, &payload); err != nil {
			t.Fatal(err)
		}
		if payload["type"] == kind {
			return payload
		}
	}
	t.Fatalf("no %s came", kind)
	return nil
}

const everyBlock = `[
	{"type":"header","text":{"type":"plain_text","text":"A *header*"}},
	{"type":"section","text":{"type":"mrkdwn","text":"*bold* _slanted_ ~gone~ ` + "`code`" + ` <https://example.com|a link> <@U0BEN> <!subteam^S0DBA> &lt;b&gt; 2*3*4"},
	 "accessory":{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"First"},"value":"1"},{"text":{"type":"plain_text","text":"Second"},"value":"2"}]}},
	{"type":"section","fields":[{"type":"mrkdwn","text":"*Left*\none"},{"type":"plain_text","text":"*Right*"}]},
	{"type":"divider"},
	{"type":"context","elements":[{"type":"plain_text","text":"*not bold*"},{"type":"mrkdwn","text":"*bold too*"}]},
	{"type":"rich_text","elements":[
		{"type":"rich_text_section","elements":[{"type":"text","text":"*literal* <!channel> "},{"type":"text","text":"strong","style":{"bold":true}},{"type":"user","user_id":"U0ANNA"},{"type":"link","url":"https://example.slack.com/archives/C0ES/p1700000000000001","text":"a card"}]},
		{"type":"rich_text_list","style":"ordered","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"one"}]}]},
		{"type":"rich_text_quote","elements":[{"type":"text","text":"quoted"}]},
		{"type":"rich_text_preformatted","elements":[{"type":"text","text":"pre\n  formatted"}]}]},
	{"type":"actions","elements":[
		{"type":"button","action_id":"sure","style":"danger","value":"v","text":{"type":"plain_text","text":"Sure?"},"confirm":{"title":{"type":"plain_text","text":"Really"},"text":{"type":"mrkdwn","text":"It *can't* be undone"},"confirm":{"type":"plain_text","text":"Do it"},"deny":{"type":"plain_text","text":"Rather not"}}},
		{"type":"static_select","action_id":"pick","placeholder":{"type":"plain_text","text":"Pick one"},"options":[{"text":{"type":"plain_text","text":"Apple"},"value":"a"},{"text":{"type":"plain_text","text":"Pear"},"value":"p"}]},
		{"type":"users_select","action_id":"who","placeholder":{"type":"plain_text","text":"Who"}}]}
]`

func TestEveryBlockIsDrawnAndPlainTextStaysPlain(t *testing.T) {
	t.Parallel()
	s := started(t)
	w := open(t, s).window("U0ANNA")
	w.skipTour()
	writer{t, s}.call("chat.postMessage", url.Values{"channel": {"C0ES"}, "text": {"blocks"}, "blocks": {everyBlock}})
	w.shows(card+" h3", "A *header*")
	w.picture("blocks")
	html := ask[string](w, `document.querySelector('main .message').innerHTML`)
	for _, want := range []string{
		"<strong>bold</strong>", "<em>slanted</em>", "<s>gone</s>", "<code>code</code>", `href="https://example.com"`, "@ben", "@dba", "&lt;b&gt;", "2*3*4",
		"<strong>Left</strong>", "*Right*", "*not bold*", "<strong>bold too</strong>", "*literal* &lt;!channel&gt;", "<strong>strong</strong>", "@anna",
		"<ol", "<blockquote>", "pre\n  formatted",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is not in %s", want, html)
		}
	}
	w.accessible("every block")
}

func TestWhatPeopleDoWithElementsReachesTheApp(t *testing.T) {
	t.Parallel()
	s := started(t)
	w := open(t, s).window("U0ANNA")
	w.skipTour()
	writer{t, s}.call("chat.postMessage", url.Values{"channel": {"C0ES"}, "text": {"blocks"}, "blocks": {everyBlock}})
	w.click(`[data-action="sure"]`)
	w.shows(".confirm", "can't")
	w.picture("confirm")
	w.click(".confirm .button:first-child")
	w.gone(".confirm")
	if n := len(s.Slack().Envelopes()); n != 0 {
		t.Fatalf("%d envelopes went out though the answer was no", n)
	}
	w.click(`[data-action="sure"]`)
	w.click(".confirm .danger, .confirm .primary")
	got := func(action, field string, want any) {
		t.Helper()
		w.eventually(func() bool { return len(s.Slack().Envelopes()) > 0 })
		w.eventually(func() bool {
			actions, _ := last(t, s.Slack(), "block_actions")["actions"].([]any)
			one, _ := actions[0].(map[string]any)
			if one["action_id"] != action {
				return false
			}
			if diff := cmp.Diff(want, one[field]); diff != "" {
				t.Errorf("%s: %s", action, diff)
			}
			return true
		})
	}
	got("sure", "value", "v")
	w.click(".overflow > .button")
	w.click(".overflow-list button:last-child")
	got("more", "selected_option", map[string]any{"text": map[string]any{"type": "plain_text", "text": "Second", "emoji": true}, "value": "2"})
	w.click(`[aria-label="Pick one"]`)
	w.write(`[aria-label="Pick one"]`, "pea")
	w.key("Enter")
	got("pick", "selected_option", map[string]any{"text": map[string]any{"type": "plain_text", "text": "Pear", "emoji": true}, "value": "p"})
	w.click(`[aria-label="Who"]`)
	w.write(`[aria-label="Who"]`, "Cleo")
	w.key("Enter")
	got("who", "selected_user", "U0CLEO")
}

const everyInput = `{"type":"modal","callback_id":"all","title":{"type":"plain_text","text":"All inputs"},"submit":{"type":"plain_text","text":"Send"},"blocks":[
	{"type":"input","block_id":"line","label":{"type":"plain_text","text":"Line"},"element":{"type":"plain_text_input","action_id":"line"}},
	{"type":"input","block_id":"lines","optional":true,"label":{"type":"plain_text","text":"Lines"},"element":{"type":"plain_text_input","action_id":"lines","multiline":true,"initial_value":"as it was","max_length":100}},
	{"type":"input","block_id":"ticks","label":{"type":"plain_text","text":"Ticks"},"element":{"type":"checkboxes","action_id":"ticks","options":[{"text":{"type":"plain_text","text":"One"},"value":"1"},{"text":{"type":"mrkdwn","text":"*Two*"},"value":"2"}]}},
	{"type":"input","block_id":"radio","label":{"type":"plain_text","text":"Radio"},"element":{"type":"radio_buttons","action_id":"radio","options":[{"text":{"type":"plain_text","text":"Yes"},"value":"y"},{"text":{"type":"plain_text","text":"No"},"value":"n"}]}},
	{"type":"input","block_id":"several","label":{"type":"plain_text","text":"Several"},"element":{"type":"multi_static_select","action_id":"several","options":[{"text":{"type":"plain_text","text":"Apple"},"value":"a"},{"text":{"type":"plain_text","text":"Pear"},"value":"p"}]}},
	{"type":"input","block_id":"day","label":{"type":"plain_text","text":"Day"},"element":{"type":"datepicker","action_id":"day","initial_date":"2026-11-23"}},
	{"type":"input","block_id":"number","label":{"type":"plain_text","text":"Number"},"element":{"type":"number_input","action_id":"number","is_decimal_allowed":false}}
]}`

func TestEveryInputOfAFormIsSentAsSlackSendsIt(t *testing.T) {
	t.Parallel()
	s := started(t)
	w := open(t, s).window("U0ANNA")
	w.skipTour()
	writer{t, s}.call("chat.postMessage", url.Values{"channel": {"C0ES"}, "text": {"blocks"}, "blocks": {everyBlock}})
	w.click(".overflow > .button")
	w.click(".overflow-list button:first-child")
	w.eventually(func() bool { return len(s.Slack().Envelopes()) > 0 })
	trigger := fmt.Sprint(last(t, s.Slack(), "block_actions")["trigger_id"])
	writer{t, s}.call("views.open", url.Values{"trigger_id": {trigger}, "view": {everyInput}})
	w.shows(".modal h2", "All inputs")
	w.click(".modal [type=submit]")
	w.shows(".modal .error", "required")
	w.accessible("a form with errors")
	w.picture("inputs")
	w.write(`.modal [aria-label="Line"]`, "some words")
	w.click(`.modal [aria-label="Ticks"] label:last-child input`)
	w.click(`.modal [aria-label="Radio"] label:first-child input`)
	w.click(`.modal [aria-label="Several"]`)
	w.write(`.modal [aria-label="Several"]`, "pear")
	w.key("Enter")
	w.write(`.modal [aria-label="Number"]`, "42")
	w.click(".modal [type=submit]")
	w.eventually(func() bool {
		for _, e := range s.Slack().Envelopes() {
			if strings.Contains(string(e.Payload), `"view_submission"`) {
				return true
			}
		}
		return false
	})
	view := last(t, s.Slack(), "view_submission")["view"].(map[string]any)
	values := view["state"].(map[string]any)["values"].(map[string]any)
	option := func(text, value string) map[string]any {
		return map[string]any{"text": map[string]any{"type": "plain_text", "text": text, "emoji": true}, "value": value}
	}
	field := func(block, field string) any { return values[block].(map[string]any)[block].(map[string]any)[field] }
	for _, c := range []struct {
		block, field string
		want         any
	}{
		{"line", "value", "some words"}, {"lines", "value", "as it was"}, {"number", "value", "42"}, {"day", "selected_date", "2026-11-23"},
		{"radio", "selected_option", option("Yes", "y")}, {"several", "selected_options", []any{option("Pear", "p")}},
	} {
		if diff := cmp.Diff(c.want, field(c.block, c.field)); diff != "" {
			t.Errorf("%s: %s", c.block, diff)
		}
	}
	if ticks := field("ticks", "selected_options").([]any); len(ticks) != 1 || ticks[0].(map[string]any)["value"] != "2" {
		t.Errorf("ticks: %v", ticks)
	}
}

func TestTheHomeTabShowsWhatWaitsForWhom(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	id := regexp.MustCompile(`R-[A-Z0-9]{5}`).FindString(ask[string](w, `document.querySelector('main .message h3').innerText`))
	w.become("ben")
	w.click(`[data-channel="home"]`)
	w.shows("h1", "es-restore")
	w.shows(".home", id)
	w.picture("home")
	w.accessible("the Home tab")
	w.become("dora")
	w.shows(".home", "")
	w.until("nothing of it waits for Dora", fmt.Sprintf(`document.querySelector('.home .block') !== null && !document.querySelector('.home').innerText.includes(%q)`, id))
}

func TestInASharedChannelNobodyCanAsk(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0ANNA")
	w.skipTour()
	w.click(`[data-channel="with-partners"]`)
	w.shows("h1", "#with-partners")
	w.command(aFile)
	w.shows(".message.ephemeral", "shared")
}
