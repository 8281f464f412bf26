package slacksim

import (
	"fmt"
	"slices"
)

// User is one account that Slack knows: a member, a guest, a bot, or somebody
// of another company in a shared channel.
type User struct {
	ID          string
	Name        string // the old handle, alice
	RealName    string
	DisplayName string
	Email       string
	TeamID      string // the home workspace; empty: the installing one
	TZ          string

	IsBot           bool
	IsAppUser       bool
	IsWorkflowBot   bool
	Deleted         bool // deactivated
	Restricted      bool // guest of several channels
	UltraRestricted bool // guest of one channel
	Stranger        bool // shares no channel with us
	IsAdmin         bool
	IsOwner         bool

	// EnterpriseID makes it a member of an Enterprise Grid organisation.
	EnterpriseID, EnterpriseName string
	Teams                        []string // workspaces of that organisation
}

// PutUser adds an account or replaces the one with its ID.
func (s *Server) PutUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.putUser(u)
	s.announce(Change{Kind: WorldEdited, User: u.ID})
}

// EditUser changes an account in place, as an administrator would while the
// program under test is running. The function must not use the server. It
// panics on an unknown ID.
func (s *Server) EditUser(id string, edit func(*User)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.world.users[id]
	if u == nil {
		panic(fmt.Sprintf("slacksim: no user %s", id))
	}
	edit(u)
	s.announce(Change{Kind: WorldEdited, User: id})
}

// Users lists every account in order of arrival, bots and deactivated ones too.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]User, 0, len(s.world.order.users))
	for _, id := range s.world.order.users {
		u := *s.world.users[id]
		u.Teams = slices.Clone(u.Teams)
		out = append(out, u)
	}
	return out
}

func (w *world) putUser(u User) {
	if u.ID == "" {
		panic("slacksim: a user without an ID")
	}
	if u.TeamID == "" {
		u.TeamID = w.team.ID
	}
	if u.Name == "" {
		u.Name = u.ID
	}
	if u.RealName == "" {
		u.RealName = u.Name
	}
	if _, known := w.users[u.ID]; !known {
		w.order.users = append(w.order.users, u.ID)
	}
	w.users[u.ID] = &u
}

// external says whether the account belongs to another company.
func (w *world) external(u *User) bool {
	if w.team.EnterpriseID != "" && u.EnterpriseID == w.team.EnterpriseID {
		return false
	}
	return u.TeamID != w.team.ID
}

func (u *User) guest() bool { return u.Restricted || u.UltraRestricted }

func (w *world) userJSON(u *User, withEmail bool) Object {
	profile := Object{
		"real_name": u.RealName, "real_name_normalized": u.RealName,
		"display_name": u.DisplayName, "display_name_normalized": u.DisplayName,
		"team": u.TeamID, "status_text": "", "status_emoji": "", "avatar_hash": "",
	}
	if withEmail && u.Email != "" {
		profile["email"] = u.Email
	}
	tz := u.TZ
	if tz == "" {
		tz = "Etc/UTC"
	}
	out := Object{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "real_name": u.RealName,
		"deleted": u.Deleted, "color": "9f69e7", "tz": tz, "tz_label": tz, "tz_offset": 0,
		"profile": profile, "is_bot": u.IsBot, "is_app_user": u.IsAppUser,
		"is_admin": u.IsAdmin, "is_owner": u.IsOwner, "is_primary_owner": false,
		"is_restricted": u.Restricted, "is_ultra_restricted": u.UltraRestricted,
		"is_workflow_bot": u.IsWorkflowBot, "is_email_confirmed": u.Email != "",
		"updated": 1700000000, "has_2fa": false,
	}
	if u.Deleted {
		for _, gone := range []string{"is_admin", "is_owner", "is_restricted", "is_ultra_restricted", "tz", "tz_label", "tz_offset"} {
			delete(out, gone) // Slack drops these for deactivated accounts
		}
	}
	if w.external(u) || u.Stranger {
		out["is_stranger"] = u.Stranger
	}
	if u.EnterpriseID != "" {
		teams := u.Teams
		if teams == nil {
			teams = []string{u.TeamID}
		}
		out["enterprise_user"] = Object{
			"id": u.ID, "enterprise_id": u.EnterpriseID, "enterprise_name": u.EnterpriseName,
			"is_admin": false, "is_owner": false, "teams": anyStrings(slices.Clone(teams)),
		}
	}
	return out
}
