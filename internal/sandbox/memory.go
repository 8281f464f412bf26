package sandbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"es-restore/store"
)

// A memory is the Redis of a sandbox.
type memory struct {
	about   string
	section map[string]any // the configuration's redis
	client  redis.UniversalClient
	gate    *gate  // nil: it can't be taken away
	why     string // why not
	close   func()
}

// shut lets go of the Redis.
func (m *memory) shut() {
	_ = m.client.Close()
	if m.gate != nil {
		m.gate.close()
	}
	if m.close != nil {
		m.close()
	}
}

// inMemory starts a Redis in this process.
func inMemory() (*memory, error) {
	mini, err := miniredis.Run()
	if err != nil {
		return nil, failed("the Redis in memory does not start: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		pass(ctx, mini)
	}()
	stop := func() { cancel(); <-done; mini.Close() }
	door, err := newGate(mini.Addr())
	if err != nil {
		stop()
		return nil, err
	}
	return &memory{
		about:   "Redis is played by this program, and forgets when it ends. --redis URL uses a real one.",
		section: map[string]any{"url": "redis://" + door.addr + "/0", "allow_data_loss": true},
		client:  redis.NewClient(&redis.Options{Addr: mini.Addr(), MaxRetries: -1}),
		gate:    door, close: stop,
	}, nil
}

// pass moves the clock of a Redis in memory along: its keys do not expire by
// themselves.
func pass(ctx context.Context, mini *miniredis.Miniredis) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			mini.FastForward(now.Sub(last))
			last = now
		}
	}
}

// realRedis uses a Redis that is there already. One that holds records is refused:
// they belong to another workspace.
func realRedis(ctx context.Context, url string) (*memory, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, misused("--redis is not the URL of a Redis; write one such as redis://localhost:6379/9")
	}
	o.MaxRetries = -1
	m := &memory{client: redis.NewClient(o), section: map[string]any{"allow_data_loss": true}}
	if err := m.empty(ctx, o); err != nil {
		m.shut()
		return nil, err
	}
	if o.Password != "" {
		m.section["password"] = o.Password
	}
	if o.Username != "" {
		m.section["username"] = o.Username
	}
	m.about = fmt.Sprintf("Redis is the real one at %s, database %d.", o.Addr, o.DB)
	if o.Network == "unix" || o.TLSConfig != nil {
		m.section["url"] = url
		if u := withoutLogin(url); u != "" {
			m.section["url"] = u
		}
		m.why = "This Redis is reached by TLS or a socket, and no gate can stand before that."
		return m, nil
	}
	if m.gate, err = newGate(o.Addr); err != nil {
		m.shut()
		return nil, err
	}
	m.section["url"] = fmt.Sprintf("redis://%s/%d", m.gate.addr, o.DB)
	return m, nil
}

// empty refuses a Redis that does not answer, or that another bot has written to.
func (m *memory) empty(ctx context.Context, o *redis.Options) error {
	within, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	head, err := store.New(m.client).Head(within)
	if err != nil {
		return failed("the Redis at %s does not answer (%w); start it, or leave --redis out for one in memory", o.Addr, err)
	}
	if head.Seq > 0 {
		return failed("database %d of the Redis at %s holds %d records of another es-restore; name an empty one, such as redis://%s/%d", o.DB, o.Addr, head.Seq, o.Addr, o.DB+1)
	}
	return nil
}

// withoutLogin takes user and password out of a URL; empty when there are none.
func withoutLogin(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	login, host, found := strings.Cut(rest, "@")
	if !found || strings.Contains(login, "/") {
		return ""
	}
	return scheme + "://" + host
}
