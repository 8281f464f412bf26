package slacksim_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

// call is a form call with the bot token.
func call(t *testing.T, s *slacksim.Server, method string, pairs ...string) map[string]any {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	answer, _ := raw(t, s, method, s.App().BotToken, form)
	return answer
}

// post posts a message and returns its timestamp.
func post(t *testing.T, s *slacksim.Server, pairs ...string) string {
	t.Helper()
	answer := call(t, s, "chat.postMessage", append([]string{"channel", ops}, pairs...)...)
	wantOK(t, answer)
	ts, _ := answer["ts"].(string)
	return ts
}

func TestTimestampsGrowAndAreNeverTheSame(t *testing.T) {
	frozen := time.Unix(1700000000, 0)
	s := workspace(t, slacksim.WithClock(func() time.Time { return frozen }))
	last := ""
	for range 20 {
		ts := post(t, s, "text", "x")
		if ts <= last || !strings.HasPrefix(ts, "1700000000.") {
			t.Fatalf("%s after %s", ts, last)
		}
		last = ts
	}
}

func TestPostingIsRefusedWhereTheBotMayNotWrite(t *testing.T) {
	s := workspace(t)
	s.PutChannel(slacksim.Channel{ID: "C0OUT", Members: []string{alice}})
	s.PutChannel(slacksim.Channel{ID: "C0OLD", Archived: true, Members: []string{s.App().BotUserID}})
	s.PutChannel(slacksim.Channel{ID: "G0PRIV", Private: true, Members: []string{alice}})
	for channel, want := range map[string]string{
		"C0OUT": "not_in_channel", "C0OLD": "is_archived", "G0PRIV": "channel_not_found", "C0NONE": "channel_not_found",
	} {
		wantError(t, call(t, s, "chat.postMessage", "channel", channel, "text", "x"), want)
	}
	wantError(t, call(t, s, "chat.postMessage", "channel", ops), "no_text")
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "text", "x", "thread_ts", "yesterday"), "invalid_thread_ts")
	s.SetScopes("chat:write", "chat:write.public")
	wantOK(t, call(t, s, "chat.postMessage", "channel", "C0OUT", "text", "x"))
	s.Kick(ops, s.App().BotUserID)
	s.SetScopes("chat:write")
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "text", "x"), "not_in_channel")
}

func TestPostingToAPersonOpensTheirDirectMessage(t *testing.T) {
	s := workspace(t)
	answer := call(t, s, "chat.postMessage", "channel", alice, "text", "hello")
	wantOK(t, answer)
	dm, _ := answer["channel"].(string)
	if !strings.HasPrefix(dm, "D") || dm != s.DM(alice) {
		t.Fatalf("channel %q, DM %q", dm, s.DM(alice))
	}
	again := call(t, s, "chat.postMessage", "channel", alice, "text", "again")
	if again["channel"] != dm || len(s.Messages(dm)) != 2 {
		t.Errorf("the second message went to %v", again["channel"])
	}
	wantError(t, call(t, s, "chat.update", "channel", alice, "ts", answer["ts"].(string), "text", "x"), "channel_not_found")
	wantOK(t, call(t, s, "chat.update", "channel", dm, "ts", answer["ts"].(string), "text", "x"))
	wantError(t, call(t, s, "chat.postMessage", "channel", "U0NOBODY", "text", "x"), "channel_not_found")
}

func TestTextOfMoreThanTheLimitIsRefusedInCharactersNotBytes(t *testing.T) {
	s := workspace(t)
	ts := post(t, s, "text", long(40_000))
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "text", long(40_001)), "msg_too_long")
	wantOK(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", long(4_000)))
	wantError(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", long(4_001)), "msg_too_long")
}

func TestAnUpdateWithTextAloneTakesTheBlocksAway(t *testing.T) {
	s := workspace(t)
	blocks := blocksJSON(t, actions("b", button("go", "1")))
	ts := post(t, s, "text", "one", "blocks", blocks)
	wantOK(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "two", "blocks", blocks))
	m, _ := s.Message(ops, ts)
	if m.Edited || len(m.Blocks) != 1 {
		t.Errorf("after an update with blocks: %+v", m)
	}
	if m.Style.Parse != "client" {
		t.Errorf("parse is %q; an update without it means client", m.Style.Parse)
	}
	wantOK(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "three", "parse", "none"))
	m, _ = s.Message(ops, ts)
	if !m.Edited || len(m.Blocks) != 0 || m.Style.Parse != "none" {
		t.Errorf("after an update with text: %+v", m)
	}
	var texts []string
	for _, v := range m.Versions {
		texts = append(texts, v.Text)
	}
	if diff := cmp.Diff([]string{"one", "two", "three"}, texts); diff != "" {
		t.Error(diff)
	}
}

func TestAnUpdateIsRefusedBySlacksNames(t *testing.T) {
	now := time.Unix(1700000000, 0)
	s := workspace(t, slacksim.WithClock(func() time.Time { return now }))
	other := s.AddApp(slacksim.App{ID: "A0OTHER"})
	s.Invite(ops, other.BotUserID)
	ts := post(t, s, "text", "x")
	foreign, _ := raw(t, s, "chat.update", other.BotToken, url.Values{"channel": {ops}, "ts": {ts}, "text": {"mine now"}})
	wantError(t, foreign, "cant_update_message")
	foreign, _ = raw(t, s, "chat.delete", other.BotToken, url.Values{"channel": {ops}, "ts": {ts}})
	wantError(t, foreign, "cant_delete_message")
	wantError(t, call(t, s, "chat.update", "channel", ops, "ts", "1.000001", "text", "x"), "message_not_found")
	wantError(t, call(t, s, "chat.update", "channel", "C0NONE", "ts", ts, "text", "x"), "channel_not_found")
	wantError(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", " "), "no_text")
	s.SetEditWindow(time.Minute)
	wantOK(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "y"))
	now = now.Add(2 * time.Minute)
	wantError(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "z"), "edit_window_closed")
	s.SetEditWindow(0)
	s.EditChannel(ops, func(c *slacksim.Channel) { c.Archived = true })
	wantError(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "z"), "is_inactive")
}

func TestRepliesGoToTheThreadAndNotToTheChannel(t *testing.T) {
	s := workspace(t)
	root := post(t, s, "text", "root")
	first := post(t, s, "text", "first", "thread_ts", root)
	post(t, s, "text", "answer to the reply", "thread_ts", first)
	post(t, s, "text", "for all", "thread_ts", root, "reply_broadcast", "true")
	if _, err := s.Say(alice, ops, "and me", root); err != nil {
		t.Fatal(err)
	}
	var thread, channel []string
	for _, m := range s.Thread(ops, root) {
		thread = append(thread, m.Text)
	}
	for _, m := range s.Messages(ops) {
		channel = append(channel, m.Text)
	}
	if diff := cmp.Diff([]string{"root", "first", "answer to the reply", "for all", "and me"}, thread); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"root", "for all"}, channel); diff != "" {
		t.Error(diff)
	}
	updated := call(t, s, "chat.update", "channel", ops, "ts", root, "text", "root!")
	if n := updated["message"].(map[string]any)["reply_count"]; n != 4.0 {
		t.Errorf("reply_count %v", n)
	}
}

func TestAReplyToARootThatIsGoneLandsInTheChannelWithoutAWord(t *testing.T) {
	s := workspace(t)
	root := post(t, s, "text", "root")
	wantOK(t, call(t, s, "chat.delete", "channel", ops, "ts", root))
	answer := call(t, s, "chat.postMessage", "channel", ops, "text", "orphan", "thread_ts", root)
	wantOK(t, answer)
	if ts, there := answer["message"].(obj)["thread_ts"]; there {
		t.Errorf("the answer names the thread %v", ts)
	}
	if m := s.Messages(ops); len(m) != 1 || m[0].Text != "orphan" {
		t.Errorf("the channel shows %+v", m)
	}
	_, err := s.Say(alice, ops, "me too", root)
	wantImpossible(t, err, "a reply in a thread that is gone")
}

func TestADeletedRootLeavesItsThread(t *testing.T) {
	s := workspace(t)
	root := post(t, s, "text", "root")
	post(t, s, "text", "reply", "thread_ts", root)
	wantOK(t, call(t, s, "chat.delete", "channel", ops, "ts", root))
	if m := s.Messages(ops); len(m) != 0 {
		t.Errorf("the channel shows %+v", m)
	}
	if m := s.Thread(ops, root); len(m) != 2 || !m[0].Deleted || m[1].Text != "reply" {
		t.Errorf("the thread shows %+v", m)
	}
	wantError(t, call(t, s, "chat.update", "channel", ops, "ts", root, "text", "x"), "message_not_found")
	alone := post(t, s, "text", "alone")
	wantOK(t, call(t, s, "chat.delete", "channel", ops, "ts", alone))
	if m := s.Thread(ops, alone); len(m) != 0 {
		t.Errorf("a message without replies left %+v", m)
	}
}

func TestAnEphemeralIsSeenByOnePersonAndCannotBeUpdated(t *testing.T) {
	s := workspace(t)
	s.PutUser(slacksim.User{ID: "U0CAROL"})
	answer := call(t, s, "chat.postEphemeral", "channel", ops, "user", alice, "text", "psst")
	wantOK(t, answer)
	ts := answer["message_ts"].(string)
	if len(s.Ephemerals(alice, ops)) != 1 || len(s.Ephemerals(bob, "")) != 0 || len(s.Messages(ops)) != 0 {
		t.Error("somebody sees what they should not")
	}
	wantError(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "x"), "message_not_found")
	wantError(t, call(t, s, "chat.postEphemeral", "channel", ops, "user", "U0CAROL", "text", "x"), "user_not_in_channel")
	wantError(t, call(t, s, "chat.postEphemeral", "channel", ops, "user", alice), "no_text")
	s.Reload(alice)
	if len(s.Ephemerals(alice, ops)) != 0 {
		t.Error("an ephemeral survived a reload")
	}
}

func TestAPermalinkNamesTheMessageAndItsThread(t *testing.T) {
	s := workspace(t)
	root := post(t, s, "text", "root")
	reply := post(t, s, "text", "reply", "thread_ts", root)
	got := call(t, s, "chat.getPermalink", "channel", ops, "message_ts", root)["permalink"]
	if want := "https://acme.slack.com/archives/" + ops + "/p" + strings.ReplaceAll(root, ".", ""); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	got = call(t, s, "chat.getPermalink", "channel", ops, "message_ts", reply)["permalink"]
	if want := "?thread_ts=" + root + "&cid=" + ops; !strings.HasSuffix(got.(string), want) {
		t.Errorf("got %v, want it to end in %v", got, want)
	}
	wantError(t, call(t, s, "chat.getPermalink", "channel", ops, "message_ts", "1.000001"), "message_not_found")
}

func TestMetadataIsKeptUntilItIsReplaced(t *testing.T) {
	s := workspace(t)
	ts := post(t, s, "text", "x", "metadata", `{"event_type":"t","event_payload":{"id":1}}`)
	wantOK(t, call(t, s, "chat.update", "channel", ops, "ts", ts, "text", "y"))
	if m, _ := s.Message(ops, ts); m.Metadata["event_type"] != "t" {
		t.Errorf("metadata %v", m.Metadata)
	}
	wantError(t, call(t, s, "chat.postMessage", "channel", ops, "text", "x", "metadata", "[1]"), "invalid_metadata_format")
}

func TestAMessageShowsAllItsWords(t *testing.T) {
	s := workspace(t)
	ts := post(t, s, "text", "fallback", "blocks", blocksJSON(t,
		obj{"type": "header", "text": plain("Restore")},
		obj{"type": "section", "text": mrkdwn("from *prod*"), "fields": []any{plain("left"), plain("right")}, "accessory": button("more", "1")},
		obj{"type": "rich_text", "elements": []any{obj{"type": "rich_text_section", "elements": []any{
			obj{"type": "text", "text": "index "}, obj{"type": "text", "text": "logs-1", "style": obj{"code": true}}, obj{"type": "user", "user_id": alice},
		}}}},
		obj{"type": "context", "elements": []any{plain("small")}},
		actions("b", button("approve", "1")),
	))
	m, _ := s.Message(ops, ts)
	want := "Restore\nfrom *prod*\nleft\nright\nmore\nindex logs-1<@U0ALICE>\nsmall\napprove"
	if diff := cmp.Diff(want, m.AllText()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"more", "approve"}, m.Actions()); diff != "" {
		t.Error(diff)
	}
	if m.Element("approve")["value"] != "1" || m.Element("none") != nil {
		t.Error("Element finds the wrong thing")
	}
}
