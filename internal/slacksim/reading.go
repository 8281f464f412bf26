package slacksim

import "time"

// Messages lists what a channel shows, oldest first: roots, and replies that
// were broadcast. Threads are read with Thread, ephemerals with Ephemerals.
func (s *Server) Messages(channel string) []Message {
	return s.messages(channel, func(m *Message) bool {
		return (m.ThreadTS == "" || m.Broadcast) && !m.Deleted
	})
}

// Thread lists a thread: its root, then the replies, oldest first.
func (s *Server) Thread(channel, ts string) []Message {
	return s.messages(channel, func(m *Message) bool { return m.TS == ts || m.ThreadTS == ts })
}

func (s *Server) messages(channel string, wanted func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Message{}
	for _, m := range s.world.messages[channel] {
		if wanted(m) {
			out = append(out, m.copy())
		}
	}
	return out
}

// Message is one message as it stands, ephemeral or not.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.world.message(channel, ts)
	if m == nil {
		m = s.world.ephemeral(channel, ts)
	}
	if m == nil {
		return Message{}, false
	}
	return m.copy(), true
}

// Ephemerals lists what only one person sees in a channel, oldest first; in
// every channel when channel is empty.
func (s *Server) Ephemerals(user, channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Message{}
	for _, m := range s.world.ephemerals {
		if m.To == user && (channel == "" || m.Channel == channel) {
			out = append(out, m.copy())
		}
	}
	return out
}

// Reload makes a person's client forget its ephemerals, as a reload does.
func (s *Server) Reload(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range append([]*Message(nil), s.world.ephemerals...) {
		if m.To == user {
			s.world.remove(m)
		}
	}
}

// Views lists the modals a person has open, the one on top last.
func (s *Server) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []View{}
	for _, v := range s.world.modals[user] {
		out = append(out, v.copy())
	}
	return out
}

// Home is a person's Home tab of the app under test, if one was published.
func (s *Server) Home(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.world.homes[homeKey{s.world.apps[0].ID, user}]
	if v == nil {
		return View{}, false
	}
	return v.copy(), true
}

// SetEditWindow lets messages be edited only so long after they were posted;
// later chat.update answers edit_window_closed. Zero: always.
func (s *Server) SetEditWindow(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.editWindow = d
}
