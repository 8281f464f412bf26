package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"es-restore/config"
	"es-restore/internal/slacksim"
	"es-restore/store"
)

// A Sandbox is one that runs: all parts, the bot, and the page.
type Sandbox struct {
	clock  clock
	slack  *slacksim.Server
	memory *memory
	fleet  *fleet
	cloud  *cloud
	bot    *child
	store  *store.Store
	folder string
	said   hints

	hub      *hub
	requests *ring[asked]
	trail    *trail

	listener net.Listener
	http     *http.Server
	token    string
	guard    guard
	stop     context.CancelFunc
	running  sync.WaitGroup

	open      atomic.Bool // the parts are furnished; what clusters are asked counts
	slackAway atomic.Bool
	telling   sync.Mutex
	askedMu   sync.Mutex
	asked     int
}

// Start starts everything and returns when the page can be opened; the bot may
// still be connecting. Start says what takes long.
func Start(ctx context.Context, o Options, say func(string)) (_ *Sandbox, err error) {
	if err := checkVersions(o.Versions); len(o.Versions) > 0 && err != nil {
		return nil, err
	}
	if o.Config != "" && len(o.Versions) > 0 {
		return nil, misused("--config and --elasticsearch exclude each other: one names clusters, the other starts some; leave one out")
	}
	s := &Sandbox{hub: newHub(), requests: newRing[asked](200), trail: newTrail(), token: rand.Text()}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.listener, err = listen(o.Listen); err != nil {
		return nil, err
	}
	s.guard = newGuard(s.token, s.listener.Addr(), o.Listen)
	if s.folder, err = scratch(); err != nil {
		return nil, err
	}
	if s.memory, err = newMemory(ctx, o.Redis); err != nil {
		return nil, err
	}
	s.store = store.New(s.memory.client)
	s.slack = newWorkspace(&s.clock)
	if err := s.furnish(ctx, o, say); err != nil {
		return nil, err
	}
	if err := s.bot.start(); err != nil {
		return nil, err
	}
	s.run()
	return s, nil
}

func newMemory(ctx context.Context, url string) (*memory, error) {
	if url == "" {
		return inMemory()
	}
	return realRedis(ctx, url)
}

// furnish makes the clusters and writes the bot's configuration.
func (s *Sandbox) furnish(ctx context.Context, o Options, say func(string)) (err error) {
	path := filepath.Join(s.folder, "config.yml")
	d := ownDocument()
	if o.Config != "" {
		if d, err = readDocument(o.Config); err != nil {
			return err
		}
	}
	d.wire(s.slack, s.memory.section)
	c, err := d.load(path, o.Config)
	if err != nil {
		return err
	}
	enlist(s.slack, c)
	switch {
	case o.Config != "":
		s.fleet, err = configured(c, s.hear)
	case len(o.Versions) > 0:
		s.fleet, err = realNodes(ctx, o.Versions, s.folder, s.hear, say)
	default:
		s.fleet, err = simulated(ctx, &s.clock, s.hear)
	}
	if err != nil {
		return err
	}
	d.use(s.fleet)
	if s.cloud, err = s.newCloud(o, c); err != nil {
		return err
	}
	if s.cloud.sim != nil {
		d["aliyun"] = s.cloud.section()
	}
	s.said = hintsFor(c, o.Config == "")
	s.bot = newChild(path, &s.clock, s.botChanged)
	return d.write(path)
}

// newCloud plays the cloud, unless somebody's own clusters are used.
func (s *Sandbox) newCloud(o Options, c *config.Config) (*cloud, error) {
	if o.Config != "" {
		return ownCloud(c), nil
	}
	return played(s.fleet, &s.clock, s.hear)
}

// run starts the page and what follows the parts.
func (s *Sandbox) run() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.open.Store(true)
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	s.running.Go(func() { _ = s.http.Serve(s.listener) })
	s.running.Go(func() { s.followSlack(ctx) })
	s.running.Go(func() { s.followLog(ctx) })
	s.running.Go(func() { s.tidy(ctx) })
}

// tidy lets go of what the simulated parts remember and nobody asks for.
func (s *Sandbox) tidy(ctx context.Context) {
	ticker := time.NewTicker(20 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.slack.ForgetCalls()
			s.fleet.forget()
			s.cloud.forget()
		}
	}
}

// Close ends everything, and leaves nothing behind.
func (s *Sandbox) Close() {
	if s.bot != nil {
		s.bot.kill()
	}
	if s.stop != nil {
		s.stop()
		_ = s.http.Close()
	} else if s.listener != nil {
		_ = s.listener.Close()
	}
	s.hub.close()
	s.running.Wait()
	if s.slack != nil {
		s.slack.Close()
	}
	if s.cloud != nil {
		s.cloud.shut()
	}
	if s.fleet != nil {
		s.fleet.shut()
	}
	if s.memory != nil {
		s.memory.shut()
	}
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}

// URL is where to open the page, with the token that lets its reader in.
func (s *Sandbox) URL() string {
	return "http://" + reachable(s.listener.Addr().(*net.TCPAddr)) + "/?token=" + s.token
}

// reachable is an address that a browser on this machine can open.
func reachable(a *net.TCPAddr) string {
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, fmt.Sprint(a.Port))
}

// parts says who plays what.
func (s *Sandbox) parts() string {
	text := s.fleet.about + "\n" + s.cloud.about + "\n" + s.memory.about
	if !s.listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		text += "\nThe page can be reached from other machines: whoever has the address above can use it."
	}
	return text
}

// listen takes the page's address.
func listen(address string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, misused("--listen %q is not an address; write one such as 127.0.0.1:8088", address)
	}
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, failed("%s is taken, perhaps by another sandbox; name another address with --listen, such as 127.0.0.1:0 for any free one", address)
	}
	return nil, failed("it can't listen on %s (%w); name another address with --listen", address, err)
}

// scratch makes the sandbox's own folder, which its end removes.
func scratch() (string, error) {
	folder, err := os.MkdirTemp("", "es-restore-sandbox-")
	if err != nil {
		return "", failed("no temporary folder can be made: %w", err)
	}
	return folder, nil
}
