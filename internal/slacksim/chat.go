package slacksim

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// How much text a call may carry, in characters.
const (
	maxPostText   = 40_000
	maxUpdateText = 4_000
)

// readContent takes text, blocks and the rest out of a call. Whether text may
// be missing is the caller's business.
func readContent(args args, longest int) (content, error) {
	c := content{text: args.text("text"), style: Style{
		Parse: args.text("parse"), LinkNames: args.yes("link_names"), Mrkdwn: args.text("mrkdwn"),
		UnfurlLinks: args.text("unfurl_links"), UnfurlMedia: args.text("unfurl_media"),
	}}
	if args.has("markdown_text") {
		if args.has("text") || args.has("blocks") {
			return c, fail("markdown_text_conflict")
		}
		c.text = args.text("markdown_text")
	}
	if utf8.RuneCountInString(c.text) > longest {
		return c, fail("msg_too_long")
	}
	var err error
	if c.blocks, err = readBlocks(args); err != nil {
		return c, err
	}
	if c.attachments, err = readAttachments(args); err != nil {
		return c, err
	}
	if args.has("metadata") {
		v, err := args.json("metadata")
		o, ok := v.(Object)
		if err != nil || !ok {
			return c, fail("invalid_metadata_format")
		}
		c.metadata = cloneObject(o)
	}
	return c, nil
}

func readBlocks(args args) ([]Object, error) {
	if !args.has("blocks") {
		return nil, nil
	}
	v, err := args.json("blocks")
	if err != nil {
		return nil, fail("invalid_blocks_format")
	}
	return checkMessageBlocks(v)
}

func readAttachments(args args) ([]Object, error) {
	if !args.has("attachments") {
		return nil, nil
	}
	v, err := args.json("attachments")
	items, ok := v.([]any)
	if err != nil || v != nil && !ok {
		return nil, fail("invalid_attachments")
	}
	if len(items) > 100 {
		return nil, fail("too_many_attachments")
	}
	return cloneObjects(objects(items)), nil
}

func (c content) empty() bool {
	return strings.TrimSpace(c.text) == "" && len(c.blocks) == 0 && len(c.attachments) == 0
}

// postable finds the channel a bot may write to. A person's ID means the direct
// message with that person.
func (w *world) postable(req *request) (*Channel, error) {
	id := req.args.text("channel")
	if u := w.users[id]; u != nil && !u.IsBot && !u.Deleted {
		return w.openIM(req.app, id), nil
	}
	c := w.channels[id]
	if c == nil {
		c = w.channelByName(strings.TrimPrefix(id, "#"))
	}
	switch {
	case c == nil || c.Private && !c.member(req.app.BotUserID):
		return nil, fail("channel_not_found")
	case c.Archived:
		return nil, fail("is_archived")
	case c.member(req.app.BotUserID):
		return c, nil
	case req.app.has("chat:write.public"):
		return c, nil
	default:
		return nil, fail("not_in_channel")
	}
}

func (w *world) channelByName(name string) *Channel {
	for _, id := range w.order.channels {
		if c := w.channels[id]; c.Name == name && c.im == "" {
			return c
		}
	}
	return nil
}

var timestampShape = regexp.MustCompile(`^\d+\.\d+$`)

// thread finds where a reply goes; a reply to a reply joins its root. A root
// that is gone refuses nothing: Slack silently posts to the channel instead, and
// only the missing thread_ts in its answer tells.
func (w *world) thread(c *Channel, ts string) (string, error) {
	if ts == "" {
		return "", nil
	}
	if !timestampShape.MatchString(ts) {
		return "", fail("invalid_thread_ts")
	}
	for _, m := range w.messages[c.ID] {
		if m.TS != ts {
			continue
		}
		if m.ThreadTS != "" {
			return m.ThreadTS, nil
		}
		return ts, nil
	}
	return "", nil
}

func postMessage(w *world, req *request) (Object, error) {
	c, err := w.postable(req)
	if err != nil {
		return nil, err
	}
	body, err := readContent(req.args, maxPostText)
	if err != nil {
		return nil, err
	}
	if body.empty() {
		return nil, fail("no_text")
	}
	root, err := w.thread(c, req.args.text("thread_ts"))
	if err != nil {
		return nil, err
	}
	m := w.post(Message{
		Channel: c.ID, ThreadTS: root, Broadcast: root != "" && req.args.yes("reply_broadcast"),
		User: req.app.BotUserID, AppID: req.app.ID, BotID: req.app.BotID,
	}, body, "chat.postMessage")
	return Object{"channel": c.ID, "ts": m.TS, "message": w.messageJSON(m)}, nil
}

func postEphemeral(w *world, req *request) (Object, error) {
	c, err := w.postable(req)
	if err != nil {
		return nil, err
	}
	body, err := readContent(req.args, maxPostText)
	if err != nil {
		return nil, err
	}
	if body.empty() {
		return nil, fail("no_text")
	}
	user := req.args.text("user")
	if w.users[user] == nil || !c.member(user) {
		return nil, fail("user_not_in_channel")
	}
	root, err := w.thread(c, req.args.text("thread_ts"))
	if err != nil {
		return nil, err
	}
	m := w.whisper(Message{
		Channel: c.ID, ThreadTS: root, To: user,
		User: req.app.BotUserID, AppID: req.app.ID, BotID: req.app.BotID,
	}, body, "chat.postEphemeral")
	return Object{"message_ts": m.TS}, nil
}

// own finds a message of the calling app.
func (w *world) own(req *request, archived, others string) (*Message, error) {
	c := w.channels[req.args.text("channel")]
	if c == nil || c.Private && !c.member(req.app.BotUserID) {
		return nil, fail("channel_not_found")
	}
	m := w.message(c.ID, req.args.text("ts"))
	switch {
	case m == nil:
		return nil, fail("message_not_found")
	case c.Archived:
		return nil, fail(archived)
	case m.AppID != req.app.ID:
		return nil, fail(others)
	}
	return m, nil
}

func updateMessage(w *world, req *request) (Object, error) {
	m, err := w.own(req, "is_inactive", "cant_update_message")
	if err != nil {
		return nil, err
	}
	if w.editWindow > 0 && w.now().Sub(m.Versions[0].At) > w.editWindow {
		return nil, fail("edit_window_closed")
	}
	body, err := readContent(req.args, maxUpdateText)
	if err != nil {
		return nil, err
	}
	if !req.args.has("blocks") && body.text == "" {
		body.blocks = m.Blocks // blocks stay only while no text is said
	}
	if body.empty() {
		return nil, fail("no_text")
	}
	if body.style.Parse == "" {
		body.style.Parse = "client" // not "none", as in chat.postMessage
	}
	m.Edited = m.Edited || len(body.blocks) == 0
	w.update(m, body, "chat.update")
	return Object{"channel": m.Channel, "ts": m.TS, "text": m.Text, "message": w.messageJSON(m)}, nil
}

func deleteMessage(w *world, req *request) (Object, error) {
	m, err := w.own(req, "is_inactive", "cant_delete_message")
	if err != nil {
		return nil, err
	}
	w.remove(m)
	return Object{"channel": m.Channel, "ts": m.TS}, nil
}

func permalink(w *world, req *request) (Object, error) {
	c := w.channels[req.args.text("channel")]
	if c == nil || c.Private && !c.member(req.app.BotUserID) {
		return nil, fail("channel_not_found")
	}
	m := w.message(c.ID, req.args.text("message_ts"))
	if m == nil {
		return nil, fail("message_not_found")
	}
	link := "https://" + w.team.Domain + ".slack.com/archives/" + c.ID + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.ThreadTS != "" {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return Object{"channel": c.ID, "permalink": link}, nil
}
