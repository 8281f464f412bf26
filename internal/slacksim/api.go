package slacksim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request is one authenticated call as its method sees it.
type request struct {
	app  *App
	args args
	base string // URL of the server, for the URLs in answers
}

// tokenKind is the kind of token a method takes.
type tokenKind int

const (
	botToken tokenKind = iota
	appToken
	noToken
)

// method is one Web API method.
type method struct {
	token  tokenKind
	scopes []string // any of these; none: every token may
	tier   int      // calls a minute; 0: no limit of its own
	run    func(*world, *request) (Object, error)
}

// reply is what goes back over HTTP.
type reply struct {
	status     int
	body       Object
	retryAfter time.Duration
	accepted   []string
	text       string // instead of a JSON body
	lost       bool   // the connection closes instead
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	a, token, err := readArgs(r)
	in := incoming{name: name, args: a, token: token, verb: r.Method, bad: err}
	s.serve(w, r, s.begin(name, a, s.tokenOwner(token)), func(c *Call) reply { return s.perform(c, in) })
}

// incoming is a call before anything is known about it.
type incoming struct {
	name, token string
	verb        string // HTTP method
	args        args
	bad         error // the body could not be read
}

// serve takes a request through slowness, gates and faults, lets it take
// effect, and answers. Everything an app can send to the server passes here.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, c *Call, effect func(*Call) reply) {
	s.send(w, c, s.answer(r.Context(), c, effect))
}

func (s *Server) answer(ctx context.Context, c *Call, effect func(*Call) reply) reply {
	if out, final := s.weather(ctx); final {
		return out
	}
	if !s.pause(ctx, s.slowness()) || !s.throughGates(ctx, c, beforeEffect) {
		return reply{lost: true}
	}
	fault := s.takeFault(c)
	if out, final := s.suffer(ctx, fault); final {
		return out
	}
	out := effect(c)
	if !s.throughGates(ctx, c, afterEffect) {
		out.lost = true
	}
	out.lost = out.lost || fault.DropReply
	return out
}

// perform checks limits, token and scopes, and runs the method.
func (s *Server) perform(c *Call, in incoming) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, known := methods[in.name]
	if !known {
		return refusal(&apiError{code: "unknown_method"})
	}
	if in.bad != nil {
		return refusal(in.bad)
	}
	if m.token == appToken && in.verb != http.MethodPost {
		return refusal(fail("insecure_request"))
	}
	a, err := s.world.authenticate(in.token, m.token)
	if err != nil {
		return refusal(err)
	}
	if a != nil {
		if wait := s.limiter.admit(s.cfg, c, m.tier); wait > 0 {
			return reply{status: http.StatusTooManyRequests, retryAfter: wait, body: Object{"ok": false, "error": "ratelimited"}}
		}
	}
	out := reply{status: http.StatusOK, accepted: m.scopes}
	body, err := s.run(m, &request{app: a, args: in.args, base: s.url})
	if err != nil {
		out.body = refusal(err).body
		return out
	}
	c.Effect = true
	body["ok"] = true
	out.body = body
	return out
}

func (s *Server) run(m method, req *request) (Object, error) {
	if req.app != nil {
		if err := req.app.need(m.token, m.scopes...); err != nil {
			return nil, err
		}
	}
	return m.run(s.world, req)
}

func refusal(err error) reply {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e = fail("fatal_error", err.Error())
	}
	return reply{status: http.StatusOK, body: e.json()}
}

// send writes the answer, or cuts the connection when it is to be lost.
func (s *Server) send(w http.ResponseWriter, c *Call, out reply) {
	s.note(c, func(c *Call) {
		c.Answered, c.Lost, c.Status = true, out.lost, out.status
		if out.body != nil {
			c.Error, c.Answer = stringAt(out.body, "error"), encode(out.body)
		}
	})
	if out.lost {
		cut(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	if c.granted != nil {
		h.Set("X-OAuth-Scopes", strings.Join(c.granted, ","))
	}
	if out.accepted != nil {
		h.Set("X-Accepted-OAuth-Scopes", strings.Join(out.accepted, ","))
	}
	if out.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((out.retryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(out.status)
	if out.body != nil {
		_, _ = w.Write(encode(out.body))
	} else {
		_, _ = io.WriteString(w, out.text)
	}
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// owner is the app behind a token, and what the token may do.
type owner struct {
	app    string
	scopes []string
}

func (s *Server) tokenOwner(token string) owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.world.apps {
		switch token {
		case a.BotToken:
			return owner{a.ID, a.BotScopes}
		case a.AppToken:
			return owner{a.ID, a.AppScopes}
		}
	}
	return owner{}
}

// authenticate finds whose token it is. For methods that take none it returns
// no app.
func (w *world) authenticate(token string, kind tokenKind) (*App, error) {
	if kind == noToken {
		return nil, nil
	}
	if token == "" {
		return nil, fail("not_authed")
	}
	for _, a := range w.apps {
		switch token {
		case a.BotToken:
			if kind == appToken {
				return nil, fail("not_allowed_token_type")
			}
			return a, nil
		case a.AppToken:
			if kind == botToken {
				return nil, fail("not_allowed_token_type")
			}
			return a, nil
		}
	}
	return nil, fail("invalid_auth")
}

func (a *App) granted(kind tokenKind) []string {
	if kind == appToken {
		return a.AppScopes
	}
	return a.BotScopes
}

// need refuses a call whose token has none of the scopes.
func (a *App) need(kind tokenKind, scopes ...string) error {
	granted := a.granted(kind)
	for _, s := range scopes {
		if slices.Contains(granted, s) {
			return nil
		}
	}
	if len(scopes) == 0 {
		return nil
	}
	return &apiError{code: "missing_scope", needed: strings.Join(scopes, ","), provided: strings.Join(granted, ",")}
}
