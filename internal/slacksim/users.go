package slacksim

import (
	"encoding/base64"
	"strconv"
)

func userInfo(w *world, req *request) (Object, error) {
	if !req.args.has("user") {
		return nil, fail("user_not_found")
	}
	u := w.users[req.args.text("user")]
	if u == nil {
		return nil, fail("user_not_found")
	}
	return Object{"user": w.userJSON(u, req.app.has("users:read.email"))}, nil
}

func listUsers(w *world, req *request) (Object, error) {
	members := []any{}
	for _, id := range w.order.users {
		members = append(members, w.userJSON(w.users[id], req.app.has("users:read.email")))
	}
	part, next, err := page(req, members, len(members))
	if err != nil {
		return nil, err
	}
	return Object{"members": part, "cache_ts": w.now().Unix(), "response_metadata": Object{"next_cursor": next}}, nil
}

func lookupByEmail(w *world, req *request) (Object, error) {
	for _, id := range w.order.users {
		if u := w.users[id]; u.Email != "" && u.Email == req.args.text("email") && !u.Deleted {
			return Object{"user": w.userJSON(u, true)}, nil
		}
	}
	return nil, fail("users_not_found")
}

// page cuts one page out of a list the way Slack does: limit and an opaque
// cursor.
func page(req *request, all []any, standard int) (part []any, next string, err error) {
	limit, ok := req.args.number("limit", standard)
	if !ok || limit < 0 || limit > 1000 {
		return nil, "", fail("invalid_limit")
	}
	if limit == 0 {
		limit = standard
	}
	from := 0
	if req.args.has("cursor") {
		raw, err := base64.StdEncoding.DecodeString(req.args.text("cursor"))
		if err != nil {
			return nil, "", fail("invalid_cursor")
		}
		if from, err = strconv.Atoi(string(raw)); err != nil || from < 0 || from > len(all) {
			return nil, "", fail("invalid_cursor")
		}
	}
	to := min(from+limit, len(all))
	if to < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return all[from:to], next, nil
}
