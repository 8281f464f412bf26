package slacksim

import (
	"slices"
	"strings"
)

// readable finds a channel the bot may read about: it must see it, and its
// token must have the scope for its kind.
func (w *world) readable(req *request) (*Channel, error) {
	c := w.channels[req.args.text("channel")]
	if c == nil || c.Private && !c.member(req.app.BotUserID) {
		return nil, fail("channel_not_found")
	}
	return c, req.app.need(botToken, c.readScope())
}

func conversationInfo(w *world, req *request) (Object, error) {
	c, err := w.readable(req)
	if err != nil {
		return nil, err
	}
	out := w.channelJSON(c, req.app)
	if req.args.yes("include_num_members") {
		out["num_members"] = len(c.Members)
	}
	return Object{"channel": out}, nil
}

func conversationMembers(w *world, req *request) (Object, error) {
	c, err := w.readable(req)
	if err != nil {
		return nil, err
	}
	part, next, err := page(req, anyStrings(c.Members), 100)
	if err != nil {
		return nil, err
	}
	return Object{"members": part, "response_metadata": Object{"next_cursor": next}}, nil
}

// kinds of conversations.list, and the scope each needs.
var listScopes = map[string]string{
	"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read",
}

func listConversations(w *world, req *request) (Object, error) {
	types := []string{"public_channel"}
	if req.args.has("types") {
		types = strings.Split(req.args.text("types"), ",")
	}
	for _, t := range types {
		scope, known := listScopes[strings.TrimSpace(t)]
		if !known {
			return nil, fail("invalid_types")
		}
		if err := req.app.need(botToken, scope); err != nil {
			return nil, err
		}
	}
	all := []any{}
	for _, id := range w.order.channels {
		c := w.channels[id]
		if w.listed(c, req, types) {
			all = append(all, w.channelJSON(c, req.app))
		}
	}
	part, next, err := page(req, all, 100)
	if err != nil {
		return nil, err
	}
	return Object{"channels": part, "response_metadata": Object{"next_cursor": next}}, nil
}

func (w *world) listed(c *Channel, req *request, types []string) bool {
	kind := "public_channel"
	switch {
	case c.im != "":
		kind = "im"
	case c.Private:
		kind = "private_channel"
	}
	if !slices.Contains(types, kind) || c.Archived && req.args.yes("exclude_archived") {
		return false
	}
	return !c.Private || c.member(req.app.BotUserID)
}

func openConversation(w *world, req *request) (Object, error) {
	if req.args.has("channel") {
		c := w.channels[req.args.text("channel")]
		if c == nil || !c.member(req.app.BotUserID) {
			return nil, fail("channel_not_found")
		}
		if c.im == "" {
			return nil, fail("method_not_supported_for_channel_type")
		}
		return Object{"channel": w.openedJSON(c, req), "no_op": true, "already_open": true}, nil
	}
	users := req.args.list("users")
	switch {
	case len(users) == 0:
		return nil, fail("users_list_not_supplied")
	case len(users) > 1:
		return nil, fail("method_not_supported_for_channel_type") // group messages are not built here
	}
	u := w.users[users[0]]
	switch {
	case u == nil:
		return nil, fail("user_not_found")
	case u.Deleted:
		return nil, fail("user_disabled")
	case u.ID == req.app.BotUserID || u.IsBot:
		return nil, fail("cannot_dm_bot")
	}
	known := w.findIM(req.app, u.ID) != nil
	return Object{"channel": w.openedJSON(w.openIM(req.app, u.ID), req), "no_op": known, "already_open": known}, nil
}

func (w *world) openedJSON(c *Channel, req *request) Object {
	if req.args.yes("return_im") {
		return w.channelJSON(c, req.app)
	}
	return Object{"id": c.ID}
}
