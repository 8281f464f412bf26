package aliyunsim

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// The key that a new Server knows. It is allowed everything.
const (
	DefaultKeyID     = "LTAI5tAliyunSimKeyId"
	DefaultKeySecret = "aliyunsim-access-key-secret"
	DefaultAccount   = "1234567890123456"
	DefaultRegion    = "cn-hangzhou"
)

// Options say what a Server is. The zero value listens on a free port of
// 127.0.0.1, in real time.
type Options struct {
	// Addr is where to listen.
	Addr string
	// Now is the clock that changes of instances, throttles and records follow.
	// Signatures are checked against real time, as clients sign with that.
	Now func() time.Time
	// Settle is how long an instance is activating after a repository was added
	// or removed; 0 is done at once.
	Settle time.Duration
}

// Server is one OpenAPI endpoint, for every region. It is safe for concurrent
// use, and everything it hands out is a copy.
type Server struct {
	url     string
	now     func() time.Time
	settle  time.Duration
	http    *http.Server
	running sync.WaitGroup
	ctx     func() context.Context // ends when the server does
	stop    context.CancelFunc

	changing  sync.Mutex // held by one change of a repository at a time, hook included
	mu        sync.Mutex
	changed   chan struct{} // closed and replaced at every change
	skew      time.Duration
	instances map[string]*Instance
	shared    map[string][]sharing // by destination
	keys      map[string]*Key
	onAdd     Hook
	onRemove  Hook
	faults    []*scripted
	gates     []*Gate
	inFlight  map[string]int
	busiest   map[string]int
	requests  []*Request
	answers   int // numbers the request ids
}

// A Hook is called when a repository is added or removed, before the answer. Its
// error becomes an InternalError, and the repository stays as it was. It may use
// the server.
type Hook func(destination, source string) error

// New starts a server that knows the default key and no instance. It panics if
// it can't listen, as there is nothing a test could do about that.
func New(o Options) *Server {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", o.Addr)
	if err != nil {
		panic(fmt.Sprintf("aliyunsim: listening on %s: %v", o.Addr, err))
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		url: "http://" + l.Addr().String(), now: o.Now, settle: o.Settle,
		ctx: func() context.Context { return ctx }, stop: stop,
		changed:   make(chan struct{}),
		instances: map[string]*Instance{},
		shared:    map[string][]sharing{},
		keys:      map[string]*Key{},
		inFlight:  map[string]int{},
		busiest:   map[string]int{},
	}
	s.PutKey(Key{ID: DefaultKeyID, Secret: DefaultKeySecret})
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // dropped answers are on purpose
		ReadHeaderTimeout: 10 * time.Second,
	}
	s.running.Go(func() { _ = s.http.Serve(l) })
	return s
}

// URL is the endpoint, scheme included.
func (s *Server) URL() string { return s.url }

// Close cuts every connection and lets everything that waits go.
func (s *Server) Close() {
	s.stop()
	_ = s.http.Close()
	s.running.Wait()
}

// OnAdd sets what happens on Elasticsearch when a repository is added.
func (s *Server) OnAdd(h Hook) { s.locked(func() { s.onAdd = h }) }

// OnRemove sets what happens on Elasticsearch when a repository is removed.
func (s *Server) OnRemove(h Hook) { s.locked(func() { s.onRemove = h }) }

// SetSkew lets the server's clock for signatures go fast by d; more than 15
// minutes either way and every request is refused.
func (s *Server) SetSkew(d time.Duration) { s.locked(func() { s.skew = d }) }

// locked changes something and wakes those who wait.
func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Wait returns when cond holds, which is tried again at every change, or with
// the context's error. cond may use the server.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
