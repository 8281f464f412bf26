package slacksim

import (
	"fmt"
	"net/http"
	"time"
)

// How often and how long a response URL may be used.
const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

// responseURL is the right to answer one interaction, for whoever holds it: it
// takes no token and asks for no membership.
type responseURL struct {
	app      *App
	user     string
	channel  string
	thread   string
	original *Message // the message the click was on; nil for a command
	at       time.Time
	uses     int
}

// newResponse makes a response URL. Its kind is "commands" or "actions", as in
// Slack's.
func (w *world) newResponse(kind string, r responseURL) string {
	r.at = w.now()
	path := "/respond/" + kind + "/" + w.team.ID + "/" + fmt.Sprint(w.number()) + "/" + secret(12)
	w.responses[path] = &r
	return w.server.url + path
}

func (s *Server) serveResponse(rw http.ResponseWriter, r *http.Request) {
	a, _, err := readArgs(r)
	s.serve(rw, r, s.begin("response_url", a, owner{}), func(c *Call) reply { return s.respond(c, r.URL.Path, a, err) })
}

// respond does what the body asks. Slack answers "ok" on success; here that is
// written as JSON, which every client takes too.
func (s *Server) respond(c *Call, path string, a args, bad error) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	r := w.responses[path]
	switch {
	case r == nil:
		return reply{status: http.StatusNotFound, body: Object{"ok": false, "error": "not_found"}}
	case w.now().Sub(r.at) > responseLife:
		return reply{status: http.StatusNotFound, body: Object{"ok": false, "error": "expired_url"}}
	case r.uses >= responseUses:
		return reply{status: http.StatusNotFound, body: Object{"ok": false, "error": "used_url"}}
	}
	c.AppID = r.app.ID
	if bad != nil {
		return reply{status: http.StatusBadRequest, body: Object{"ok": false, "error": "invalid_payload"}}
	}
	if err := w.obey(r, a); err != nil {
		out := refusal(err)
		out.status = http.StatusBadRequest
		return out
	}
	r.uses++
	c.Effect = true
	return reply{status: http.StatusOK, body: Object{"ok": true}}
}

// obey carries out one use of a response URL.
func (w *world) obey(r *responseURL, a args) error {
	if a.yes("delete_original") {
		if m := w.alive(r.original); m != nil {
			w.remove(m)
		}
		return nil
	}
	body, err := readContent(a, maxPostText)
	if err != nil {
		return err
	}
	if body.empty() {
		return fail("no_text")
	}
	if a.yes("replace_original") {
		if m := w.alive(r.original); m != nil {
			w.update(m, body, "response_url")
			return nil
		}
	}
	m := Message{Channel: r.channel, ThreadTS: r.thread, User: r.app.BotUserID, AppID: r.app.ID, BotID: r.app.BotID}
	if ts := a.text("thread_ts"); ts != "" {
		m.ThreadTS = ts
	}
	if a.text("response_type") == "in_channel" {
		w.post(m, body, "response_url")
		return nil
	}
	m.To = r.user
	w.whisper(m, body, "response_url")
	return nil
}

// alive is the message if it still exists.
func (w *world) alive(m *Message) *Message {
	switch {
	case m == nil:
		return nil
	case m.Ephemeral:
		return w.ephemeral(m.Channel, m.TS)
	default:
		return w.message(m.Channel, m.TS)
	}
}
