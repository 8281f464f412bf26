package slacksim

// base is what every interactive payload begins with.
func (w *world) base(typ string, u *User, a *App) Object {
	return Object{
		"type":                  typ,
		"user":                  w.userRef(u),
		"api_app_id":            a.ID,
		"token":                 a.VerificationToken,
		"team":                  w.teamRef(),
		"enterprise":            w.team.enterprise(),
		"is_enterprise_install": false,
	}
}

func (w *world) userRef(u *User) Object {
	return Object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID}
}

func (w *world) teamRef() Object {
	team := Object{"id": w.team.ID, "domain": w.team.Domain}
	if w.team.EnterpriseID != "" {
		team["enterprise_id"], team["enterprise_name"] = w.team.EnterpriseID, w.team.EnterpriseName
	}
	return team
}

// whereabouts adds where an element is. Of an ephemeral the payload has only
// the container: Slack keeps no such message.
func (w *world) whereabouts(out Object, sp spot) {
	if sp.view != nil {
		out["container"] = Object{"type": "view", "view_id": sp.view.ID}
		out["view"] = w.viewJSON(sp.view, true)
		return
	}
	m := sp.message
	container := Object{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.Ephemeral}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	out["container"] = container
	out["channel"] = Object{"id": sp.channel.ID, "name": sp.channel.spokenName()}
	if !m.Ephemeral {
		out["message"] = w.messageJSON(m)
	}
}

// spokenName is the name payloads give: private channels and direct messages
// have a common one.
func (c *Channel) spokenName() string {
	switch {
	case c.im != "":
		return "directmessage"
	case c.Private:
		return "privategroup"
	}
	return c.Name
}

// actionJSON is the element as it appears in the actions of a payload.
func (w *world) actionJSON(block, element, value Object) Object {
	out := Object{
		"action_id": element["action_id"], "block_id": block["block_id"],
		"type": element["type"], "action_ts": w.timestamp(),
	}
	copied := []string{"text", "value", "style", "placeholder", "confirm"}
	sh, holds := shapes[stringAt(element, "type")]
	if holds {
		copied = []string{"placeholder", "confirm", sh.initial}
		out[sh.field] = clone(value[sh.field])
	}
	for _, key := range copied {
		if v, said := element[key]; said {
			out[key] = clone(v)
		}
	}
	return out
}
