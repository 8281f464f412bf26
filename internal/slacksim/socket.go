package slacksim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// ticketLife is how long a URL of apps.connections.open may wait for its dial.
const ticketLife = 30 * time.Second

// sockets is the Socket Mode side of a server. The Server's lock guards it.
type sockets struct {
	tickets map[string]ticket
	live    []*socket
	last    int
	pending map[string]*pending
	sent    []*Envelope
	acks    []Ack
	mute    bool // no pings
	lose    int  // envelopes that will not be written
	cutNext int  // envelopes whose socket is cut before the ack
}

type ticket struct {
	app *App
	at  time.Time
}

func newSockets() sockets {
	return sockets{tickets: map[string]ticket{}, pending: map[string]*pending{}}
}

// socket is one WebSocket of an app.
type socket struct {
	id       int
	app      *App
	ws       *websocket.Conn
	writing  sync.Mutex
	opened   time.Time
	done     chan struct{}
	once     sync.Once
	read     chan struct{} // closed by the pong to readMark
	ready    bool          // hello is out. Guarded by the Server.
	draining bool          // told to go; gets no more envelopes. Guarded by the Server.
	deaf     bool          // its acks no longer count. Guarded by the Server.
}

// Socket is one live connection as a reader sees it.
type Socket struct {
	ID       int // counts up from 1
	AppID    string
	Opened   time.Time
	Draining bool // told to disconnect, still open
}

// Sockets lists the live connections, oldest first.
func (s *Server) Sockets() []Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Socket{}
	for _, c := range s.sockets.live {
		if !c.ready {
			continue
		}
		out = append(out, Socket{ID: c.id, AppID: c.app.ID, Opened: c.opened, Draining: c.draining})
	}
	return out
}

func openConnection(w *world, req *request) (Object, error) {
	id := uuid()
	w.server.sockets.tickets[id] = ticket{app: req.app, at: time.Now()}
	return Object{"url": "ws" + req.base[len("http"):] + "/link/?ticket=" + id + "&app_id=" + req.app.ID}, nil
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveSocket turns a ticket into a live connection and reads it to its end.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	c := s.begin("socket", args{values: map[string]any{"ticket": r.URL.Query().Get("ticket")}}, owner{})
	var a *App
	out := s.answer(r.Context(), c, func(c *Call) reply {
		if a = s.redeem(r.URL.Query().Get("ticket")); a == nil {
			return reply{status: http.StatusForbidden, text: "invalid ticket"}
		}
		s.note(c, func(c *Call) { c.AppID, c.Effect = a.ID, true })
		return reply{status: http.StatusSwitchingProtocols}
	})
	if out.lost || out.status != http.StatusSwitchingProtocols {
		s.send(w, c, out)
		return
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	s.note(c, func(c *Call) { c.Answered, c.Status, c.Lost = true, out.status, err != nil })
	if err == nil {
		s.attend(a, ws, r.URL.Query().Get("debug_reconnects") == "true")
	}
}

// attend greets a connection, or turns it away, and reads it to its end.
func (s *Server) attend(a *App, ws *websocket.Conn, short bool) {
	c, count := s.join(a, ws)
	defer s.leave(c)
	if count > s.cfg.maxConnections {
		c.write(disconnectFrame(TooManyWebsockets, c.id))
		c.farewell(s)
	} else {
		s.greet(c, s.helloFrame(c, count, short))
		s.running.Go(func() { s.keepAlive(c) })
	}
	for {
		kind, frame, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage {
			s.takeAck(c, frame)
		}
	}
}

// redeem uses a ticket up.
func (s *Server) redeem(id string) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.sockets.tickets[id]
	delete(s.sockets.tickets, id)
	if !ok || time.Since(t.at) > ticketLife {
		return nil
	}
	return t.app
}

// join counts a new connection among the app's; one too many is not counted.
func (s *Server) join(a *App, ws *websocket.Conn) (c *socket, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.last++
	c = &socket{id: s.sockets.last, app: a, ws: ws, opened: s.cfg.now(), done: make(chan struct{}), read: make(chan struct{})}
	ws.SetPongHandler(c.pong)
	for _, other := range s.sockets.live {
		if other.app == a {
			count++
		}
	}
	if count++; count <= s.cfg.maxConnections && !s.closed {
		s.sockets.live = append(s.sockets.live, c)
	} else {
		c.deaf = true
	}
	return c, count
}

// pong notes that the client has read everything up to the mark. It runs in the
// reading goroutine only.
func (c *socket) pong(data string) error {
	if data == readMark {
		select {
		case <-c.read:
		default:
			close(c.read)
		}
	}
	return nil
}

// greet sends hello and lets the connection get envelopes. It counts as ready
// before the client can know, and whatever is sent to it queues behind hello.
func (s *Server) greet(c *socket, hello []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	s.mu.Lock()
	c.ready = true
	s.announce(Change{Kind: SocketsChanged})
	s.mu.Unlock()
	c.writeLocked(hello)
}

func (s *Server) leave(c *socket) {
	c.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.live = slices.DeleteFunc(s.sockets.live, func(o *socket) bool { return o == c })
	s.announce(Change{Kind: SocketsChanged})
}

// keepAlive pings until the connection ends, and ends it when the server does.
func (s *Server) keepAlive(c *socket) {
	tick := time.NewTicker(s.cfg.pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.mu.Lock()
			mute := s.sockets.mute
			s.mu.Unlock()
			if !mute {
				_ = c.ws.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(time.Second))
			}
		case <-c.done:
			return
		case <-s.ctx.Done():
			c.close()
			return
		}
	}
}

// MutePings stops the WebSocket pings, or takes them up again: the network
// swallows them, as far as a client can tell.
func (s *Server) MutePings(mute bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.mute = mute
}

// pick chooses a live connection at random, as Slack does without saying how.
// The lock is held.
func (s *Server) pick(a *App) *socket {
	var live []*socket
	for _, c := range s.sockets.live {
		if c.app == a && c.ready && !c.draining {
			live = append(live, c)
		}
	}
	if len(live) == 0 {
		return nil
	}
	return live[rand.IntN(len(live))]
}

func (s *Server) helloFrame(c *socket, count int, short bool) []byte {
	life := 18060 // seconds Slack says a connection lives
	if short {
		life = 360
	}
	return encode(Object{
		"type": "hello", "num_connections": count,
		"debug_info": Object{
			"host": host(c.id), "started": c.opened.UTC().Format("2006-01-02 15:04:05.000"),
			"build_number": 10, "approximate_connection_time": life,
		},
		"connection_info": Object{"app_id": c.app.ID},
	})
}

func host(id int) string { return fmt.Sprintf("applink-sim-%d", id) }

// write sends one text frame; a connection that takes none within five seconds
// is given up.
func (c *socket) write(frame []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.writeLocked(frame)
}

func (c *socket) writeLocked(frame []byte) {
	_ = c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second))
	if err := c.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
		c.close()
	}
}

// close cuts the connection without a closing handshake.
func (c *socket) close() {
	c.once.Do(func() {
		close(c.done)
		_ = c.ws.Close()
	})
}

// farewell sends a close frame, so that what was written before it arrives, and
// cuts the connection when the other side has answered or a second is over.
func (c *socket) farewell(s *Server) {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	if !s.enter() {
		c.close()
		return
	}
	go func() {
		defer s.running.Done()
		t := time.NewTimer(time.Second)
		defer t.Stop()
		select {
		case <-t.C:
			c.close()
		case <-c.done:
		case <-s.ctx.Done():
			c.close()
		}
	}()
}

// settle is how long a client gets to take a frame it has read out of its
// connection's own queues.
const settle = 50 * time.Millisecond

// cutOnceRead ends the connection when the client has read what was written: it
// answers a ping only after that. A client that answers none gets a second.
func (c *socket) cutOnceRead(s *Server) {
	if !s.enter() {
		return
	}
	_ = c.ws.WriteControl(websocket.PingMessage, []byte(readMark), time.Now().Add(time.Second))
	go func() {
		defer s.running.Done()
		t := time.NewTimer(time.Second)
		defer t.Stop()
		select {
		case <-c.read:
			s.pause(s.ctx, settle)
		case <-t.C:
		case <-c.done:
		case <-s.ctx.Done():
		}
		c.farewell(s)
	}()
}

// readMark is the ping whose pong says that everything before it was read.
const readMark = "read so far"

// cutSockets ends every connection at once, as a network failure would.
func (s *Server) cutSockets() {
	s.mu.Lock()
	live := slices.Clone(s.sockets.live)
	s.mu.Unlock()
	for _, c := range live {
		c.close()
	}
}
