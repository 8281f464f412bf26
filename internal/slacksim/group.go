package slacksim

import (
	"fmt"
	"slices"
)

// Group is a user group, the thing behind @dba.
type Group struct {
	ID       string // S…
	Handle   string
	Name     string
	Members  []string // user IDs
	Disabled bool
}

// PutGroup adds a user group or replaces the one with its ID.
func (s *Server) PutGroup(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.ID == "" {
		panic("slacksim: a group without an ID")
	}
	if g.Handle == "" {
		g.Handle = g.ID
	}
	if g.Name == "" {
		g.Name = g.Handle
	}
	g.Members = slices.Clone(g.Members)
	w := s.world
	if _, known := w.groups[g.ID]; !known {
		w.order.groups = append(w.order.groups, g.ID)
	}
	w.groups[g.ID] = &g
	s.announce(Change{Kind: WorldEdited})
}

// EditGroup changes a user group in place. The function must not use the
// server. It panics on an unknown ID.
func (s *Server) EditGroup(id string, edit func(*Group)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.world.groups[id]
	if g == nil {
		panic(fmt.Sprintf("slacksim: no group %s", id))
	}
	edit(g)
	s.announce(Change{Kind: WorldEdited})
}

// Groups lists every user group in order of arrival.
func (s *Server) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Group, 0, len(s.world.order.groups))
	for _, id := range s.world.order.groups {
		g := *s.world.groups[id]
		g.Members = slices.Clone(g.Members)
		out = append(out, g)
	}
	return out
}

// SetUserGroupsPlan says whether the workspace's plan has user groups; without
// them the usergroups methods answer plan_upgrade_required.
func (s *Server) SetUserGroupsPlan(has bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.noUserGroups = !has
	s.touch()
}

func (w *world) groupJSON(g *Group, withUsers, withCount bool) Object {
	deleted := 0
	if g.Disabled {
		deleted = 1700000001
	}
	out := Object{
		"id": g.ID, "team_id": w.team.ID, "is_usergroup": true, "is_subteam": true,
		"name": g.Name, "description": "", "handle": g.Handle, "is_external": false,
		"date_create": 1700000000, "date_update": 1700000000, "date_delete": deleted,
		"auto_type": nil, "created_by": "", "updated_by": "", "deleted_by": nil,
		"prefs": Object{"channels": []any{}, "groups": []any{}},
	}
	if withUsers {
		out["users"] = anyStrings(g.Members)
	}
	if withCount {
		out["user_count"] = len(g.Members)
	}
	return out
}

func listGroups(w *world, req *request) (Object, error) {
	if w.noUserGroups {
		return nil, fail("plan_upgrade_required")
	}
	all, users, count := req.args.yes("include_disabled"), req.args.yes("include_users"), req.args.yes("include_count")
	out := []any{}
	for _, id := range w.order.groups {
		if g := w.groups[id]; all || !g.Disabled {
			out = append(out, w.groupJSON(g, users, count))
		}
	}
	return Object{"usergroups": out}, nil
}

func listGroupUsers(w *world, req *request) (Object, error) {
	if w.noUserGroups {
		return nil, fail("plan_upgrade_required")
	}
	if !req.args.has("usergroup") {
		return nil, missing("usergroup")
	}
	g := w.groups[req.args.text("usergroup")]
	if g == nil || g.Disabled && !req.args.yes("include_disabled") {
		return nil, fail("no_such_subteam")
	}
	return Object{"users": anyStrings(g.Members)}, nil
}
