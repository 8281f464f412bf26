package slacksim

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Message is one message as it stands, or stood when it was read.
type Message struct {
	Channel  string
	TS       string // Slack's timestamp, which is also its name
	ThreadTS string // TS of the root, for a reply; empty for a root
	User     string // author
	AppID    string // app that posted it, empty for people
	BotID    string
	Text     string
	Blocks   []Object
	// Attachments and Metadata are kept as they came, unchecked.
	Attachments []Object
	Metadata    Object
	Files       []File

	Ephemeral bool
	To        string // who sees it, for an ephemeral
	Broadcast bool   // a reply that the channel shows too
	Style     Style
	Via       string // what made or last changed it: a method, "response_url", "ack", "person"
	Edited    bool   // Slack would show "(edited)"
	Deleted   bool   // a root whose replies live on
	// Versions are all contents it has had, oldest first; the last is now.
	Versions []Version
}

// Style is how the sender asked Slack to treat the text.
type Style struct {
	Parse       string // as sent; chat.update without it means "client"
	LinkNames   bool
	UnfurlLinks string // "true", "false" or "" when not said
	UnfurlMedia string
	Mrkdwn      string
}

// Version is one content a message has had.
type Version struct {
	At     time.Time
	Via    string
	Text   string
	Blocks []Object
}

func (v Version) stamp() string { return fmt.Sprintf("%d.000000", v.At.Unix()) }

// Place is where to click on it.
func (m Message) Place() Place { return Place{Channel: m.Channel, TS: m.TS} }

func (m *Message) copy() Message {
	out := *m
	out.Blocks = cloneObjects(m.Blocks)
	out.Attachments = cloneObjects(m.Attachments)
	out.Metadata = cloneObject(m.Metadata)
	out.Files = slices.Clone(m.Files)
	out.Versions = make([]Version, len(m.Versions))
	for i, v := range m.Versions {
		v.Blocks = cloneObjects(v.Blocks)
		out.Versions[i] = v
	}
	return out
}

// content is what a sender says a message should be.
type content struct {
	text        string
	blocks      []Object
	attachments []Object
	metadata    Object
	style       Style
}

// set gives a message new content and remembers the old.
func (w *world) set(m *Message, c content, via string) {
	w.nameBlocks(c.blocks)
	m.Text, m.Blocks, m.Attachments, m.Style, m.Via = c.text, c.blocks, c.attachments, c.style, via
	if c.metadata != nil {
		m.Metadata = c.metadata
	}
	m.Versions = append(m.Versions, Version{At: w.now(), Via: via, Text: c.text, Blocks: cloneObjects(c.blocks)})
	m.Versions = few(m.Versions, w.server.cfg.versions)
}

// post puts a new message at the end of its channel.
func (w *world) post(m Message, c content, via string) *Message {
	m.TS = w.timestamp()
	w.set(&m, c, via)
	stored := &m
	w.messages[m.Channel] = append(w.messages[m.Channel], stored)
	kind := MessagePosted
	if m.ThreadTS != "" {
		kind = ReplyPosted
	}
	w.announceMessage(kind, stored)
	return stored
}

// whisper shows a new ephemeral to one person.
func (w *world) whisper(m Message, c content, via string) *Message {
	m.TS, m.Ephemeral = w.timestamp(), true
	w.set(&m, c, via)
	stored := &m
	w.ephemerals = append(w.ephemerals, stored)
	w.announceMessage(EphemeralPosted, stored)
	return stored
}

func (w *world) update(m *Message, c content, via string) {
	w.set(m, c, via)
	w.dropStates(m.Channel, m.TS)
	kind := MessageUpdated
	if m.Ephemeral {
		kind = EphemeralUpdated
	}
	w.announceMessage(kind, m)
}

// remove deletes a message. A root with replies stays as a tombstone, because
// Slack keeps the thread.
func (w *world) remove(m *Message) {
	if m.Ephemeral {
		w.ephemerals = slices.DeleteFunc(w.ephemerals, func(o *Message) bool { return o == m })
		w.announceMessage(EphemeralDeleted, m)
		return
	}
	list := w.messages[m.Channel]
	if slices.ContainsFunc(list, func(o *Message) bool { return o.ThreadTS == m.TS }) {
		m.Deleted, m.Text, m.Blocks, m.Attachments = true, "This message was deleted.", nil, nil
	} else {
		w.messages[m.Channel] = slices.DeleteFunc(list, func(o *Message) bool { return o == m })
	}
	w.announceMessage(MessageDeleted, m)
}

func (w *world) announceMessage(kind ChangeKind, m *Message) {
	shown := m.copy()
	user := m.User
	if m.Ephemeral {
		user = m.To
	}
	w.announce(Change{Kind: kind, Channel: m.Channel, User: user, Message: &shown})
}

// message finds a message that is not ephemeral and not deleted.
func (w *world) message(channel, ts string) *Message {
	for _, m := range w.messages[channel] {
		if m.TS == ts && !m.Deleted {
			return m
		}
	}
	return nil
}

func (w *world) ephemeral(channel, ts string) *Message {
	for _, m := range w.ephemerals {
		if m.Channel == channel && m.TS == ts {
			return m
		}
	}
	return nil
}

// messageJSON is the message as Slack writes it in answers and payloads.
func (w *world) messageJSON(m *Message) Object {
	out := Object{"type": "message", "ts": m.TS, "text": m.Text, "user": m.User, "team": w.team.ID}
	if m.AppID != "" {
		out["app_id"], out["bot_id"] = m.AppID, m.BotID
		if a := w.appByID(m.AppID); a != nil {
			out["bot_profile"] = Object{"id": a.BotID, "app_id": a.ID, "name": a.Name, "team_id": w.team.ID, "deleted": false, "updated": 1700000000}
		}
	}
	if len(m.Blocks) > 0 {
		out["blocks"] = array(m.Blocks)
	}
	if len(m.Attachments) > 0 {
		out["attachments"] = array(m.Attachments)
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
		if root := w.message(m.Channel, m.ThreadTS); root != nil {
			out["parent_user_id"] = root.User
		}
	} else {
		maps.Copy(out, w.threadJSON(m))
	}
	if m.Edited {
		out["edited"] = Object{"user": m.User, "ts": m.Versions[len(m.Versions)-1].stamp()}
	}
	if len(m.Files) > 0 {
		files := []any{}
		for _, f := range m.Files {
			files = append(files, w.fileJSON(f))
		}
		out["files"] = files
	}
	if len(m.Metadata) > 0 {
		out["metadata"] = cloneObject(m.Metadata)
	}
	return out
}

// threadJSON is what a root carries once it has replies.
func (w *world) threadJSON(root *Message) Object {
	count, latest, users := 0, "", []any{}
	for _, m := range w.messages[root.Channel] {
		if m.ThreadTS == root.TS {
			count++
			latest = m.TS
			if !slices.Contains(users, any(m.User)) {
				users = append(users, m.User)
			}
		}
	}
	if count == 0 {
		return nil
	}
	return Object{
		"thread_ts": root.TS, "reply_count": count, "reply_users": users,
		"reply_users_count": len(users), "latest_reply": latest,
	}
}
