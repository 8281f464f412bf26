package sandbox

import (
	"context"
	"slices"

	"es-restore/internal/slacksim"
)

// followSlack tells the pages whatever changes in the workspace.
func (s *Sandbox) followSlack(ctx context.Context) {
	sub := s.slack.Subscribe()
	defer sub.Close()
	f := &feed{sandbox: s, members: map[string][]string{}}
	f.look()
	for c := range sub.All(ctx) {
		f.tell(c)
	}
}

// A feed turns changes of the workspace into what each page may see.
type feed struct {
	sandbox *Sandbox
	members map[string][]string // by channel
}

// look learns who is where.
func (f *feed) look() {
	for _, c := range f.sandbox.slack.Channels() {
		f.members[c.ID] = c.Members
	}
}

func (f *feed) tell(c slacksim.Change) {
	s := f.sandbox
	switch c.Kind {
	case slacksim.ViewOpened, slacksim.ViewUpdated, slacksim.ViewClosed:
		views := s.viewsOf(c.User)
		s.hub.each(c.User, func(m *mailbox) { m.set(secViews, views) })
	case slacksim.HomePublished:
		home := s.homeOf(c.User)
		s.hub.each(c.User, func(m *mailbox) { m.set(secHome, home) })
	case slacksim.WorldEdited:
		f.look()
		s.hub.each("", func(m *mailbox) { m.set(secWorld, s.worldOf(m.user)) })
	case slacksim.SocketsChanged:
		s.tellStatus()
	default:
		f.message(c)
	}
}

// message tells of a message those who may see it.
func (f *feed) message(c slacksim.Change) {
	s := f.sandbox
	if c.Message == nil {
		return
	}
	if f.members[c.Channel] == nil { // a direct message that was opened just now
		f.look()
		s.hub.each("", func(m *mailbox) { m.set(secWorld, s.worldOf(m.user)) })
	}
	gone := c.Kind == slacksim.EphemeralDeleted || c.Kind == slacksim.MessageDeleted && !c.Message.Deleted
	raw := messageOf(*c.Message, gone)
	key := c.Channel + "/" + c.Message.TS
	s.hub.each("", func(m *mailbox) {
		if f.sees(m.user, c.Message) {
			m.put(secMessages, key, raw)
		}
	})
}

func (f *feed) sees(user string, m *slacksim.Message) bool {
	if m.Ephemeral {
		return m.To == user
	}
	return slices.Contains(f.members[m.Channel], user)
}

// everything tells a page that was opened just now all there is. What changes
// meanwhile is told as well, so nothing is missed.
func (s *Sandbox) everything(m *mailbox) {
	m.set(secWorld, s.worldOf(m.user))
	m.set(secStatus, s.status())
	m.set(secViews, s.viewsOf(m.user))
	m.set(secHome, s.homeOf(m.user))
	for _, c := range s.slack.Channels() {
		if !slices.Contains(c.Members, m.user) {
			continue
		}
		for _, root := range s.slack.Messages(c.ID) {
			for _, one := range s.slack.Thread(c.ID, root.TS) {
				m.put(secMessages, c.ID+"/"+one.TS, messageOf(one, false))
			}
		}
	}
	for _, one := range s.slack.Ephemerals(m.user, "") {
		m.put(secMessages, one.Channel+"/"+one.TS, messageOf(one, false))
	}
	s.trail.tell(m)
	for _, one := range s.requests.all() {
		m.add(secRequests, encode(one))
	}
	for _, line := range s.bot.log.all() {
		m.add(secLog, encode(line))
	}
}
