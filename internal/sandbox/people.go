package sandbox

import (
	"slices"
	"strings"

	"es-restore/approvals"
	"es-restore/config"
	"es-restore/internal/slacksim"
)

// The people of the workspace, and where they meet.
const (
	anna = "U0ANNA"
	ben  = "U0BEN"
	cleo = "U0CLEO"
	dora = "U0DORA"
	gil  = "U0GIL"
	otto = "U0OTTO"

	groupDBA = "S0DBA"

	channelMain   = "C0ES"
	channelDBA    = "C0DBA"
	channelAudit  = "C0AUDIT"
	channelShared = "C0PARTNER"

	otherTeam = "T0OTHER"
)

// roles say who somebody is, for the people switcher.
var roles = map[string]string{
	anna: "asks for restores",
	ben:  "DBA, may approve",
	cleo: "DBA, may approve",
	dora: "member, in no group",
	gil:  "guest, though in @dba",
	otto: "of another company",
}

var team = slacksim.Team{ID: "T0HOME", Domain: "example", Name: "Example Co"}

// newWorkspace makes the Slack, with the people in it.
func newWorkspace(now *clock) *slacksim.Server {
	s := slacksim.New(
		slacksim.WithTeam(team), slacksim.WithVersions(1), slacksim.WithClock(now.Now),
		slacksim.WithApp(slacksim.App{ID: "A0ESRESTORE", Name: "es-restore", BotID: "B0ESRESTORE", BotUserID: "U0ESRESTORE", Commands: []string{"/es-restore"}}),
	)
	for _, u := range []slacksim.User{
		{ID: anna, Name: "anna", RealName: "Anna Arendt"},
		{ID: ben, Name: "ben", RealName: "Ben Okafor"},
		{ID: cleo, Name: "cleo", RealName: "Cleo Marín"},
		{ID: dora, Name: "dora", RealName: "Dora Lindqvist"},
		{ID: gil, Name: "gil", RealName: "Gil Tanaka", Restricted: true},
		{ID: otto, Name: "otto", RealName: "Otto Weiss", TeamID: otherTeam},
	} {
		s.PutUser(u)
	}
	inside := []string{anna, ben, cleo, dora, gil, s.App().BotUserID}
	s.PutGroup(slacksim.Group{ID: groupDBA, Handle: "dba", Name: "Database admins", Members: []string{ben, cleo, gil, otto}})
	s.PutChannel(slacksim.Channel{ID: channelMain, Name: "es-restores", Members: inside})
	s.PutChannel(slacksim.Channel{ID: channelDBA, Name: "dba", Members: []string{ben, cleo, s.App().BotUserID}})
	s.PutChannel(slacksim.Channel{ID: channelAudit, Name: "audit", Members: inside})
	s.PutChannel(slacksim.Channel{
		ID: channelShared, Name: "with-partners", Members: append([]string{otto}, inside...), ExtShared: true, ConnectedTeams: []string{otherTeam},
	})
	return s
}

// enlist puts the people, groups and channels that a configuration names into the
// workspace. Who is in which group is made up: Anna asks, Ben and Cleo approve.
func enlist(s *slacksim.Server, c *config.Config) {
	e := enlisting{s: s, known: map[string]bool{anna: true, ben: true, cleo: true, dora: true, gil: true, otto: true}}
	e.principals(c.Requesters, anna)
	for _, rule := range c.Policies {
		e.principals(rule.When.Requesters, anna)
		e.principals(rule.Stop, ben, cleo)
		for _, r := range rule.Require {
			e.principals(r.From, ben, cleo, gil, otto)
		}
		e.channel(rule.Channel)
	}
}

type enlisting struct {
	s     *slacksim.Server
	known map[string]bool
}

func (e enlisting) principals(all []approvals.Principal, members ...string) {
	for _, p := range all {
		switch {
		case p.Group:
			e.group(p.ID, members)
		case !e.known[p.ID]:
			e.known[p.ID] = true
			e.s.PutUser(slacksim.User{ID: p.ID, Name: strings.ToLower(p.ID)})
			e.s.Invite(channelMain, p.ID)
			e.s.Invite(channelAudit, p.ID)
		}
	}
}

// group makes a group, or adds to it.
func (e enlisting) group(id string, members []string) {
	for _, g := range e.s.Groups() {
		if g.ID != id {
			continue
		}
		for _, m := range members {
			if !slices.Contains(g.Members, m) {
				g.Members = append(g.Members, m)
			}
		}
		e.s.PutGroup(g)
		return
	}
	e.s.PutGroup(slacksim.Group{ID: id, Handle: strings.ToLower(strings.TrimPrefix(id, "S0")), Members: members})
}

func (e enlisting) channel(id string) {
	if id == "" || slices.ContainsFunc(e.s.Channels(), func(c slacksim.Channel) bool { return c.ID == id }) {
		return
	}
	e.s.PutChannel(slacksim.Channel{ID: id, Name: strings.ToLower(id), Members: []string{anna, ben, cleo, dora, gil, e.s.App().BotUserID}})
}
