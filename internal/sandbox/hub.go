package sandbox

import (
	"encoding/json"
	"sync"
)

// A section names a part of what the page is told. A frame is an object with some
// of them.
type section string

// The sections. Of the first kind the newest counts; the second kind is told by
// key, and again the newest counts; the third kind adds up.
const (
	secWorld  section = "world"
	secStatus section = "status"
	secViews  section = "views"
	secHome   section = "home"
	secChain  section = "chain"

	secMessages section = "messages"
	secOps      section = "ops"

	secRecords  section = "records"
	secRequests section = "requests"
	secLog      section = "log"
)

// mostListed bounds what adds up for a page that does not read.
const mostListed = 500

// A hub tells every open page what changed.
type hub struct {
	mu      sync.Mutex
	pages   map[*mailbox]struct{}
	stopped bool
}

func newHub() *hub { return &hub{pages: map[*mailbox]struct{}{}} }

// join adds a page that one person looks at.
func (h *hub) join(user string) *mailbox {
	m := newMailbox(user)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		m.close()
		return m
	}
	h.pages[m] = struct{}{}
	return m
}

func (h *hub) leave(m *mailbox) {
	h.mu.Lock()
	delete(h.pages, m)
	h.mu.Unlock()
	m.close()
}

// each calls do with every page, or with those of one person.
func (h *hub) each(user string, do func(*mailbox)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.pages {
		if user == "" || m.user == user {
			do(m)
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	for m := range h.pages {
		m.close()
	}
}

// A mailbox gathers what one page has not been told yet. However slow the page, it
// holds of each thing only the newest.
type mailbox struct {
	user string
	wake chan struct{} // one slot: there is something
	done chan struct{}
	once sync.Once

	mu    sync.Mutex
	one   map[section]json.RawMessage
	keyed map[section]*latest
	list  map[section][]json.RawMessage
}

func newMailbox(user string) *mailbox {
	m := &mailbox{user: user, wake: make(chan struct{}, 1), done: make(chan struct{})}
	m.empty()
	return m
}

func (m *mailbox) empty() {
	m.one = map[section]json.RawMessage{}
	m.keyed = map[section]*latest{}
	m.list = map[section][]json.RawMessage{}
}

func (m *mailbox) close() { m.once.Do(func() { close(m.done) }) }

// set tells a thing there is one of.
func (m *mailbox) set(s section, value json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.one[s] = value
	m.ring()
}

// put tells a thing that is known by a key.
func (m *mailbox) put(s section, key string, value json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keyed[s] == nil {
		m.keyed[s] = &latest{}
	}
	m.keyed[s].put(key, value)
	m.ring()
}

// add tells one more thing.
func (m *mailbox) add(s section, value json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list[s] = append(m.list[s], value)
	m.list[s] = m.list[s][max(0, len(m.list[s])-mostListed):]
	m.ring()
}

func (m *mailbox) ring() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// frame takes everything out, as one JSON object appended to buf; nothing when
// there is nothing.
func (m *mailbox) frame(buf []byte) []byte {
	m.mu.Lock()
	one, keyed, list := m.one, m.keyed, m.list
	m.empty()
	m.mu.Unlock()
	if len(one)+len(keyed)+len(list) == 0 {
		return buf
	}
	open := byte('{')
	name := func(s section) {
		buf = append(append(append(buf, open, '"'), s...), '"', ':')
		open = ','
	}
	for s, value := range one {
		name(s)
		buf = append(buf, value...)
	}
	for s, values := range keyed {
		name(s)
		buf = appendArray(buf, values.list)
	}
	for s, values := range list {
		name(s)
		buf = appendArray(buf, values)
	}
	return append(buf, '}')
}

func appendArray(buf []byte, values []json.RawMessage) []byte {
	buf = append(buf, '[')
	for i, v := range values {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, v...)
	}
	return append(buf, ']')
}

// latest holds the newest value of each key, in the order the keys came.
type latest struct {
	at   map[string]int
	list []json.RawMessage
}

func (l *latest) put(key string, value json.RawMessage) {
	if l.at == nil {
		l.at = map[string]int{}
	}
	if i, known := l.at[key]; known {
		l.list[i] = value
		return
	}
	l.at[key] = len(l.list)
	l.list = append(l.list, value)
}
