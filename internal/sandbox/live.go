package sandbox

import (
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"es-restore/internal/slacksim"
)

var upgrader = websocket.Upgrader{CheckOrigin: fromHere, WriteBufferSize: 32 << 10}

const (
	// breath is how long changes gather before a page is told: several within one
	// picture of the screen are drawn once.
	breath = 30 * time.Millisecond
	// patience is how long a page may take to read a frame.
	patience = 10 * time.Second
	// pulse is how often a silent connection is tried.
	pulse = 20 * time.Second
)

// person is who the page says it is used by: an account that is a person's.
func (s *Sandbox) person(r *http.Request) (string, bool) {
	id := r.URL.Query().Get("as")
	known := slices.ContainsFunc(s.slack.Users(), func(u slacksim.User) bool { return u.ID == id && !u.IsBot && !u.Deleted })
	return id, known
}

// live tells one page everything there is, and then what changes.
func (s *Sandbox) live(w http.ResponseWriter, r *http.Request) {
	user, known := s.person(r)
	if !known {
		http.Error(w, "Nobody here is called that.", http.StatusNotFound)
		return
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer func() { _ = ws.Close() }()
	m := s.hub.join(user)
	defer s.hub.leave(m)
	s.everything(m)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, _, err := ws.NextReader(); err != nil {
				return
			}
		}
	}()
	tell(ws, m, gone)
	_ = ws.Close()
	<-gone
}

// tell writes frames until the page is gone or the sandbox ends.
func tell(ws *websocket.Conn, m *mailbox, gone <-chan struct{}) {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	var buf []byte
	for {
		select {
		case <-gone:
			return
		case <-m.done:
			return
		case <-ticker.C:
			if ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)) != nil {
				return
			}
		case <-m.wake:
			if buf = m.frame(buf[:0]); len(buf) == 0 {
				continue
			}
			_ = ws.SetWriteDeadline(time.Now().Add(patience))
			if ws.WriteMessage(websocket.TextMessage, buf) != nil {
				return
			}
			time.Sleep(breath)
		}
	}
}
