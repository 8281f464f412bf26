package slacksim

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is one Slack. It is safe for concurrent use. Every change of its world
// happens under one lock, so a reader never sees half a change, and everything
// it hands out is a copy.
type Server struct {
	cfg      config
	url      string
	listener *gateListener
	http     *http.Server
	running  sync.WaitGroup // handlers, sockets, retries
	ctx      context.Context
	stop     context.CancelFunc

	mu      sync.Mutex
	closed  bool
	world   *world
	changed chan struct{} // closed and replaced at every change
	streams map[*Subscription]struct{}
	seq     int64
	calls   []*Call
	faults  []*scriptedFault
	gates   []*Gate
	limiter limiter
	outage  Outage
	slow    time.Duration
	sockets sockets
}

// New starts a Slack with an empty world but for the bot itself. It panics if
// it cannot listen, as there is nothing a test could do about that; pass
// [WithListener] to handle it.
func New(opts ...Option) *Server {
	cfg := defaults()
	for _, opt := range opts {
		opt(&cfg)
	}
	cfg.app = cfg.app.withDefaults()
	l := cfg.listener
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", cfg.address); err != nil {
			panic(fmt.Sprintf("slacksim: listening on %s: %v", cfg.address, err))
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		cfg:      cfg,
		url:      "http://" + l.Addr().String(),
		listener: newGateListener(l),
		ctx:      ctx,
		stop:     stop,
		changed:  make(chan struct{}),
		streams:  map[*Subscription]struct{}{},
		limiter:  newLimiter(),
		sockets:  newSockets(),
	}
	s.world = newWorld(s)
	s.world.addApp(cfg.app)
	s.http = &http.Server{
		Handler:           s.routes(),
		ErrorLog:          log.New(io.Discard, "", 0), // dropped replies are on purpose
		ReadHeaderTimeout: 10 * time.Second,
	}
	s.running.Go(func() { _ = s.http.Serve(s.listener) })
	return s
}

// URL is where the server listens, without a path.
func (s *Server) URL() string { return s.url }

// APIURL is what a client is told instead of https://slack.com/api/.
func (s *Server) APIURL() string { return s.url + "/api/" }

// App is the app under test with every default filled in.
func (s *Server) App() App { return s.cfg.app }

// Team is the workspace.
func (s *Server) Team() Team { return s.cfg.team }

// AddApp installs another app, with tokens of its own. Buttons on its messages
// go to it alone, and it cannot edit what others posted.
func (s *Server) AddApp(a App) App {
	s.mu.Lock()
	defer s.mu.Unlock()
	a = a.withDefaults()
	s.world.addApp(a)
	s.touch()
	return a
}

// SetScopes changes what the bot token of the app under test may do, as if the
// app had been reinstalled.
func (s *Server) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.apps[0].BotScopes = append([]string{}, scopes...)
	s.touch()
}

// Close cuts every connection, lets everything that waits go, and returns when
// no goroutine of the server is left.
func (s *Server) Close() {
	s.stop()
	s.mu.Lock()
	s.closed = true
	for sub := range s.streams {
		sub.end()
	}
	s.touch()
	s.mu.Unlock()
	s.cutSockets()
	_ = s.http.Close()
	s.running.Wait()
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("/link/", s.serveSocket)
	mux.HandleFunc("POST /respond/{kind}/{team}/{number}/{secret}", s.serveResponse)
	mux.HandleFunc("POST /upload/{file}/{secret}", s.serveUpload)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.enter() {
			return
		}
		defer s.running.Done()
		mux.ServeHTTP(w, r)
	})
}

// enter counts one more goroutine that Close waits for; it refuses once Close
// has begun, so that none starts behind its back. The caller calls running.Done.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// pause waits for d, or less when the caller or the server goes away; it says
// whether the whole pause passed.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil && s.ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}
