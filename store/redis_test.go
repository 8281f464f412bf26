package store_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"es-restore/store"
)

func TestMain(m *testing.M) {
	code := m.Run()
	shared.stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left:", err)
		code = 1
	}
	os.Exit(code)
}

// A backend is a Redis that a test may do anything with.
type backend struct {
	t    *testing.T
	raw  redis.UniversalClient // past the store
	addr string
	mini *miniredis.Miniredis // nil on a real server
	node *node                // nil on miniredis
}

// each runs a test on miniredis, and on a real server where there is one.
func each(t *testing.T, test func(t *testing.T, b *backend)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) {
		m := miniredis.RunT(t)
		test(t, newBackend(t, m.Addr(), m, nil))
	})
	t.Run("redis", func(t *testing.T) {
		n := shared.get(t)
		b := newBackend(t, n.addr, nil, n)
		if err := b.raw.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		test(t, b)
	})
}

func newBackend(t *testing.T, addr string, m *miniredis.Miniredis, n *node) *backend {
	b := &backend{t: t, addr: addr, mini: m, node: n}
	b.raw = b.client(addr)
	return b
}

// client is one like the bot's own.
func (b *backend) client(addr string) redis.UniversalClient {
	b.t.Helper()
	client, err := store.Dial(store.Options{URL: "redis://" + addr + "/0"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = client.Close() })
	return client
}

// store is a store of another process each time.
func (b *backend) store() *store.Store { return b.storeAt(b.addr) }

func (b *backend) storeAt(addr string) *store.Store {
	b.t.Helper()
	return store.New(b.client(addr))
}

// age lets time pass for whatever has a life.
func (b *backend) age(d time.Duration) {
	b.t.Helper()
	if b.mini != nil {
		b.mini.FastForward(d)
		return
	}
	ctx := context.Background()
	for _, key := range b.keys() {
		left, err := b.raw.PTTL(ctx, key).Result()
		if err != nil {
			b.t.Fatal(err)
		}
		if left > d {
			err = b.raw.PExpire(ctx, key, left-d).Err()
		} else if left > 0 {
			err = b.raw.Del(ctx, key).Err()
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *backend) keys() []string {
	b.t.Helper()
	keys, err := b.raw.Keys(context.Background(), "*").Result()
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

// content is everything in this Redis, as text, so that two can be compared.
func (b *backend) content() map[string]string {
	b.t.Helper()
	ctx := context.Background()
	all := map[string]string{}
	for _, key := range b.keys() {
		kind, err := b.raw.Type(ctx, key).Result()
		if err != nil {
			b.t.Fatal(err)
		}
		var value any
		switch kind {
		case "string":
			value, err = b.raw.Get(ctx, key).Result()
		case "hash":
			value, err = b.raw.HGetAll(ctx, key).Result()
		case "list":
			value, err = b.raw.LRange(ctx, key, 0, -1).Result()
		case "zset":
			value, err = b.raw.ZRangeWithScores(ctx, key, 0, -1).Result()
		case "stream":
			value, err = b.raw.XRange(ctx, key, "-", "+").Result()
		}
		if err != nil {
			b.t.Fatal(err)
		}
		all[key] = fmt.Sprint(value)
	}
	return all
}

// saved is what a Redis held at some moment.
type saved []func(context.Context, redis.UniversalClient) error

// save takes down all that is in this Redis, so that it can come back older.
func (b *backend) save() saved {
	b.t.Helper()
	ctx := context.Background()
	var all saved
	add := func(f func(context.Context, redis.UniversalClient) error) { all = append(all, f) }
	for _, key := range b.keys() {
		kind, err := b.raw.Type(ctx, key).Result()
		if err != nil {
			b.t.Fatal(err)
		}
		switch kind {
		case "string":
			text, left := b.raw.Get(ctx, key).Val(), max(b.raw.PTTL(ctx, key).Val(), 0)
			add(func(ctx context.Context, r redis.UniversalClient) error { return r.Set(ctx, key, text, left).Err() })
		case "hash":
			fields := b.raw.HGetAll(ctx, key).Val()
			add(func(ctx context.Context, r redis.UniversalClient) error { return r.HSet(ctx, key, fields).Err() })
		case "list":
			for _, v := range b.raw.LRange(ctx, key, 0, -1).Val() {
				add(func(ctx context.Context, r redis.UniversalClient) error { return r.RPush(ctx, key, v).Err() })
			}
		case "zset":
			members := b.raw.ZRangeWithScores(ctx, key, 0, -1).Val()
			add(func(ctx context.Context, r redis.UniversalClient) error { return r.ZAdd(ctx, key, members...).Err() })
		case "stream":
			for _, e := range b.raw.XRange(ctx, key, "-", "+").Val() {
				add(func(ctx context.Context, r redis.UniversalClient) error {
					return r.XAdd(ctx, &redis.XAddArgs{Stream: key, ID: e.ID, Values: e.Values}).Err()
				})
			}
		default:
			b.t.Fatalf("%s is a %s", key, kind)
		}
	}
	return all
}

// comeBack makes this Redis hold what it held when it was saved, and nothing else.
func (b *backend) comeBack(s saved) {
	b.t.Helper()
	ctx := context.Background()
	if err := b.raw.FlushAll(ctx).Err(); err != nil {
		b.t.Fatal(err)
	}
	for _, put := range s {
		if err := put(ctx, b.raw); err != nil {
			b.t.Fatal(err)
		}
	}
}

// shared is the real server that most tests use one after the other.
var shared sharedNode

type sharedNode struct {
	mu   sync.Mutex
	node *node
}

func (s *sharedNode) get(t testing.TB) *node {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.node != nil {
		return s.node
	}
	needRedis(t)
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // it outlives the first test that needs it
	if err != nil {
		t.Fatal(err)
	}
	n := &node{dir: dir, args: safe}
	n.start(t)
	s.node = n
	return n
}

func (s *sharedNode) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.node != nil {
		s.node.kill()
		s.node.remove()
	}
}

// needRedis leaves a test out where no Redis is installed, unless the
// environment says that there must be one.
func needRedis(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err == nil {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("ESRESTORE_REQUIRE"), ","), "redis") {
		t.Fatal("redis-server is not on the PATH, and ESRESTORE_REQUIRE asks for it")
	}
	t.Skip("LEFT OUT: redis-server is not on the PATH, so this was not tried on a real Redis")
}

// safe is how a Redis must be run.
var safe = []string{"--appendonly", "yes", "--appendfsync", "always", "--save", ""}

// A node is a real Redis server of a test's own.
type node struct {
	dir   string
	args  []string
	addr  string    // the same for good, once it is known
	known bool      // whether it ever answered
	alive io.Closer // closing it kills the server
	ended chan struct{}
}

// startNode starts a server that ends with the test.
func startNode(t testing.TB, args ...string) *node {
	t.Helper()
	needRedis(t)
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // see remove
	if err != nil {
		t.Fatal(err)
	}
	n := &node{dir: dir, args: args}
	t.Cleanup(n.remove)
	n.start(t)
	t.Cleanup(n.kill)
	return n
}

// remove removes a server's folder. What saves in the background outlives it by
// a moment, and may still make a file.
func (n *node) remove() {
	until(func() bool { return os.RemoveAll(n.dir) == nil })
}

// start starts the server on its folder, on a free port, and waits for it. A
// shell stands between, so that the server is killed even when the tests are.
func (n *node) start(t testing.TB) {
	t.Helper()
	for try := 0; ; try++ {
		if n.addr == "" {
			n.addr = fmt.Sprintf("127.0.0.1:%d", freePort(t))
		}
		_, port, _ := strings.Cut(n.addr, ":")
		log := filepath.Join(n.dir, "log")
		args := append([]string{"-c", `redis-server "$@" & server=$!; cat > /dev/null; kill -9 $server; wait`, "redis",
			"--port", port, "--bind", "127.0.0.1", "--dir", n.dir, "--logfile", log, "--daemonize", "no"}, n.args...)
		cmd := exec.Command("sh", args...)
		alive, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		n.alive, n.ended = alive, make(chan struct{})
		go func() {
			defer close(n.ended)
			_ = cmd.Wait() // it was killed
		}()
		if n.answers() {
			n.known = true
			return
		}
		n.kill()
		if !n.known {
			n.addr = "" // someone else has the port
		}
		if text, _ := os.ReadFile(log); try == 3 {
			t.Fatalf("redis-server does not start:\n%s", text)
		}
	}
}

// answers waits until the server has read what is on its disk.
func (n *node) answers() bool {
	client := redis.NewClient(&redis.Options{Addr: n.addr, MaxRetries: -1})
	defer func() { _ = client.Close() }()
	return until(func() bool { return client.Ping(context.Background()).Err() == nil })
}

// until waits for something outside of this process, and not for long.
func until(holds func() bool) bool {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-ticker.C {
		if holds() {
			return true
		}
	}
	return false
}

// kill ends the server as a power cut would.
func (n *node) kill() {
	_ = n.alive.Close()
	<-n.ended
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
