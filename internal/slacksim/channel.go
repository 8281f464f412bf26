package slacksim

import (
	"fmt"
	"slices"
)

// Channel is one conversation. A direct message is a channel too, made by the
// server when it is first needed; its ID begins with D.
type Channel struct {
	ID   string
	Name string
	// Members are user IDs. The bot is in the channel when its bot user ID is
	// among them.
	Members  []string
	Private  bool
	Archived bool
	// ExtShared: shared with another company (Slack Connect).
	ExtShared bool
	// OrgShared: shared between workspaces of one Grid organisation.
	OrgShared      bool
	ConnectedTeams []string

	im string // the person of a direct message with a bot
}

// PutChannel adds a channel or replaces the one with its ID.
func (s *Server) PutChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ID == "" {
		panic("slacksim: a channel without an ID")
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	c.Members = slices.Clone(c.Members)
	s.world.putChannel(c)
	s.announce(Change{Kind: WorldEdited, Channel: c.ID})
}

// EditChannel changes a channel in place: archive it, share it, make it
// private. The function must not use the server. It panics on an unknown ID.
func (s *Server) EditChannel(id string, edit func(*Channel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.world.channels[id]
	if c == nil {
		panic(fmt.Sprintf("slacksim: no channel %s", id))
	}
	edit(c)
	s.announce(Change{Kind: WorldEdited, Channel: id})
}

// Invite puts people, or the bot, into a channel.
func (s *Server) Invite(channel string, users ...string) {
	s.EditChannel(channel, func(c *Channel) {
		for _, u := range users {
			if !slices.Contains(c.Members, u) {
				c.Members = append(c.Members, u)
			}
		}
	})
}

// Kick takes people, or the bot, out of a channel.
func (s *Server) Kick(channel string, users ...string) {
	s.EditChannel(channel, func(c *Channel) {
		c.Members = slices.DeleteFunc(c.Members, func(u string) bool { return slices.Contains(users, u) })
	})
}

// Channels lists every conversation in order of arrival, direct messages too.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Channel, 0, len(s.world.order.channels))
	for _, id := range s.world.order.channels {
		c := *s.world.channels[id]
		c.Members = slices.Clone(c.Members)
		out = append(out, c)
	}
	return out
}

// DM is the ID of the direct message between a person and the bot of the app
// under test; empty while there is none.
func (s *Server) DM(userID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.world.findIM(s.world.apps[0], userID); c != nil {
		return c.ID
	}
	return ""
}

// IsDM says whether it is a direct message with a bot.
func (c Channel) IsDM() bool { return c.im != "" }

func (w *world) putChannel(c Channel) *Channel {
	if _, known := w.channels[c.ID]; !known {
		w.order.channels = append(w.order.channels, c.ID)
	}
	w.channels[c.ID] = &c
	return &c
}

func (w *world) findIM(a *App, user string) *Channel {
	for _, id := range w.order.channels {
		if c := w.channels[id]; c.im == user && slices.Contains(c.Members, a.BotUserID) {
			return c
		}
	}
	return nil
}

// openIM finds or makes the direct message between a bot and a person.
func (w *world) openIM(a *App, user string) *Channel {
	if c := w.findIM(a, user); c != nil {
		return c
	}
	id := fmt.Sprintf("D%04dIM", w.number())
	return w.putChannel(Channel{ID: id, Name: "directmessage", Private: true, Members: []string{a.BotUserID, user}, im: user})
}

func (c *Channel) member(user string) bool { return slices.Contains(c.Members, user) }

// readScope is the scope that lets a bot read about this kind of channel.
func (c *Channel) readScope() string {
	switch {
	case c.im != "":
		return "im:read"
	case c.Private:
		return "groups:read"
	default:
		return "channels:read"
	}
}

func (w *world) channelJSON(c *Channel, a *App) Object {
	if c.im != "" {
		return Object{
			"id": c.ID, "created": 1700000000, "is_im": true, "is_private": true, "is_archived": c.Archived,
			"is_org_shared": false, "context_team_id": w.team.ID, "user": c.im, "is_open": true, "priority": 0,
		}
	}
	shared := []any{w.team.ID}
	for _, t := range c.ConnectedTeams {
		shared = append(shared, t)
	}
	return Object{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "created": 1700000000, "creator": "",
		"is_channel": !c.Private, "is_group": c.Private, "is_im": false, "is_mpim": false,
		"is_private": c.Private, "is_archived": c.Archived, "is_general": false, "unlinked": 0,
		"is_shared": c.ExtShared || c.OrgShared, "is_ext_shared": c.ExtShared, "is_org_shared": c.OrgShared,
		"is_pending_ext_shared": false, "pending_shared": []any{}, "context_team_id": w.team.ID,
		"is_member": c.member(a.BotUserID), "conversation_host_id": w.team.ID,
		"shared_team_ids": shared, "internal_team_ids": []any{}, "connected_team_ids": anyStrings(c.ConnectedTeams),
		"topic":          Object{"value": "", "creator": "", "last_set": 0},
		"purpose":        Object{"value": "", "creator": "", "last_set": 0},
		"previous_names": []any{},
	}
}
