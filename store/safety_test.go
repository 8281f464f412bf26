package store_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"es-restore/store"
)

// what a Redis says of itself that is safe as it is.
var good = map[string]string{"redis_version": "7.2.4", "aof_enabled": "1", "maxmemory": "0", "maxmemory_policy": "noeviction", "role": "master"}

// A talker is a miniredis that says of itself what a test wants, and that knows
// WAITAOF.
type talker struct {
	*backend
	info        map[string]string
	appendfsync string // "" where CONFIG is not allowed
	onlyPlain   bool   // INFO takes no list of sections, as before 7.0
	synced      int    // what WAITAOF answers

	mu    sync.Mutex
	last  map[*server.Peer]string // the last command of each connection
	waits []string                // the command before each WAITAOF on its connection
}

func newTalker(t *testing.T, differs map[string]string, appendfsync string) *talker {
	t.Helper()
	m := miniredis.RunT(t)
	k := &talker{backend: newBackend(t, m.Addr(), m, nil), info: maps.Clone(good), appendfsync: appendfsync, synced: 1, last: map[*server.Peer]string{}}
	maps.Copy(k.info, differs)
	m.Server().SetPreHook(k.hear)
	return k
}

func (k *talker) hear(c *server.Peer, cmd string, args ...string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.last[c]
	k.last[c] = cmd
	switch {
	case cmd == "INFO" && k.onlyPlain && len(args) > 1:
		c.WriteError("ERR syntax error")
	case cmd == "INFO":
		var b strings.Builder
		for key, value := range k.info {
			fmt.Fprintf(&b, "%s:%s\r\n", key, value)
		}
		c.WriteBulk("# Everything\r\n" + b.String())
	case cmd == "CONFIG" && k.appendfsync == "":
		c.WriteError("ERR unknown command 'CONFIG'")
	case cmd == "CONFIG":
		c.WriteStrings([]string{"appendfsync", k.appendfsync})
	case cmd == "WAITAOF":
		k.waits = append(k.waits, before)
		c.WriteLen(2)
		c.WriteInt(k.synced)
		c.WriteInt(0)
	default:
		return false
	}
	return true
}

func TestARedisThatForgetsOrEvictsIsNotSafe(t *testing.T) {
	const everysec = "Redis writes to disk once a second: the last second can be lost with the host. Set appendfsync always, or use Redis 7.2 or newer."
	tests := map[string]struct {
		differs     map[string]string
		appendfsync string
		unsafe      []string
		warnings    []string
	}{
		"all is well":                      {nil, "always", nil, nil},
		"no append-only file":              {map[string]string{"aof_enabled": "0"}, "always", []string{"redis_forgets"}, nil},
		"nothing is said of one":           {map[string]string{"aof_enabled": ""}, "always", []string{"redis_forgets"}, nil},
		"it evicts":                        {map[string]string{"maxmemory": "100", "maxmemory_policy": "allkeys-lru"}, "always", []string{"redis_evicts"}, nil},
		"it evicts what has a life":        {map[string]string{"maxmemory": "100", "maxmemory_policy": "volatile-ttl"}, "always", []string{"redis_evicts"}, nil},
		"it would, if it had a limit":      {map[string]string{"maxmemory_policy": "allkeys-lru"}, "always", nil, nil},
		"it refuses when it is full":       {map[string]string{"maxmemory": "100"}, "always", nil, nil},
		"a replica":                        {map[string]string{"role": "slave"}, "always", []string{"redis_replica"}, nil},
		"everything at once":               {map[string]string{"aof_enabled": "0", "maxmemory": "1", "maxmemory_policy": "allkeys-lfu", "role": "slave"}, "everysec", []string{"redis_forgets", "redis_evicts", "redis_replica"}, nil},
		"everysec on 7.0":                  {map[string]string{"redis_version": "7.0.15"}, "everysec", nil, []string{everysec}},
		"everysec on 6.2":                  {map[string]string{"redis_version": "6.2.14"}, "everysec", nil, []string{everysec}},
		"everysec on 7.2":                  {map[string]string{"redis_version": "7.2.0"}, "everysec", nil, nil},
		"everysec on 8.0":                  {map[string]string{"redis_version": "8.0.1"}, "everysec", nil, nil},
		"CONFIG is not allowed, 7.0":       {map[string]string{"redis_version": "7.0.15"}, "", nil, []string{everysec}},
		"CONFIG is not allowed, 7.2":       {nil, "", nil, nil},
		"a version that is none, everysec": {map[string]string{"redis_version": "valkey"}, "everysec", nil, []string{everysec}},
		"a version that is none, always":   {map[string]string{"redis_version": "valkey"}, "always", nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			k := newTalker(t, test.differs, test.appendfsync)
			for _, plain := range []bool{false, true} {
				k.onlyPlain = plain
				safety, err := k.store().Safety(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var unsafe []string
				for _, u := range safety.Unsafe {
					unsafe = append(unsafe, u.Code)
					if u.Sentence == "" || u.WayOut == "" {
						t.Errorf("%s has no words", u.Code)
					}
				}
				if diff := cmp.Diff(test.unsafe, unsafe); diff != "" {
					t.Errorf("unsafe:\n%s", diff)
				}
				if diff := cmp.Diff(test.warnings, safety.Warnings); diff != "" {
					t.Errorf("warnings:\n%s", diff)
				}
				if safety.Version != k.info["redis_version"] {
					t.Errorf("it is version %s", safety.Version)
				}
			}
		})
	}
}

func TestARedisThatIsAwayIsNotJudged(t *testing.T) {
	b := &backend{t: t}
	if safety, err := store.New(b.client("127.0.0.1:1")).Safety(t.Context()); err == nil {
		t.Errorf("it is %+v", safety)
	}
}

func TestARealRedisIsJudgedByWhatItSays(t *testing.T) {
	tests := map[string]struct {
		args     []string
		unsafe   []string
		warnings int // below 7.2
	}{
		"as it must be":        {safe, nil, 0},
		"everysec":             {[]string{"--appendonly", "yes", "--appendfsync", "everysec", "--save", ""}, nil, 1},
		"as it comes":          {nil, []string{"redis_forgets"}, 0},
		"one that evicts":      {append(slices.Clone(safe), "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"), []string{"redis_evicts"}, 0},
		"one that doesn't":     {append(slices.Clone(safe), "--maxmemory", "100mb", "--maxmemory-policy", "noeviction"), nil, 0},
		"a replica of nothing": {append(slices.Clone(safe), "--replicaof", "127.0.0.1 1"), []string{"redis_replica"}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBackend(t, startNode(t, test.args...).addr, nil, nil)
			safety, err := b.store().Safety(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var unsafe []string
			for _, u := range safety.Unsafe {
				unsafe = append(unsafe, u.Code)
			}
			if diff := cmp.Diff(test.unsafe, unsafe); diff != "" {
				t.Error(diff)
			}
			if test.warnings != len(safety.Warnings) && strings.HasPrefix(safety.Version, "7.0.") {
				t.Errorf("it warns of %v", safety.Warnings)
			}
		})
	}
}

// Redis tells of the writes of one connection, so asking over another one
// proves nothing. Here another part of the bot takes every connection that a
// command just used.
func TestTheDiskIsWaitedForOnTheConnectionThatWrote(t *testing.T) {
	k := newTalker(t, nil, "everysec")
	client := k.client(k.addr).(*redis.Client)
	s := store.New(client)
	if _, err := s.Safety(t.Context()); err != nil {
		t.Fatal(err)
	}
	client.AddHook(borrower{t, client})
	op := open(t, s, "R-22222", []string{"a"})
	op = commit(t, s, change(t, op, approved))
	commit(t, s, change(t, op, claimed))
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.waits) < 3 {
		t.Errorf("it waited %d times for 3 commits", len(k.waits))
	}
	for i, before := range k.waits {
		if before != "EVALSHA" && before != "EVAL" {
			t.Fatalf("wait %d came on a connection that had sent %s before", i, before)
		}
	}
}

// A borrower takes the connection that a command has just given back.
type borrower struct {
	t      *testing.T
	client *redis.Client
}

func (borrower) DialHook(next redis.DialHook) redis.DialHook { return next }
func (borrower) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (b borrower) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if strings.HasPrefix(cmd.Name(), "eval") {
			conn := b.client.Conn()
			b.t.Cleanup(func() { _ = conn.Close() })
			if err := conn.Ping(ctx).Err(); err != nil {
				b.t.Error(err)
			}
		}
		return err
	}
}

func TestWhatIsNotOnDiskIsNotKnown(t *testing.T) {
	k := newTalker(t, nil, "everysec")
	k.synced = 0
	s := k.store()
	if _, err := s.Safety(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), opening(t, "R-22222", 0, "a")); err == nil || !strings.Contains(err.Error(), "not known") {
		t.Errorf("it came to %v", err)
	}
	k.synced = 1
	if _, err := k.raw.Do(t.Context(), "SCRIPT", "FLUSH").Result(); err != nil {
		t.Fatal(err)
	}
	open(t, s, "R-33333", []string{"b"}) // where the script is not known yet, too
}

func TestWhereEveryWriteIsOnDiskNobodyWaits(t *testing.T) {
	for name, k := range map[string]*talker{
		"always":  newTalker(t, nil, "always"),
		"7.0":     newTalker(t, map[string]string{"redis_version": "7.0.15"}, "everysec"),
		"no file": newTalker(t, map[string]string{"aof_enabled": "0"}, "everysec"),
	} {
		s := k.store()
		if _, err := s.Safety(t.Context()); err != nil {
			t.Fatal(err)
		}
		open(t, s, "R-22222", []string{"a"})
		if len(k.waits) != 0 {
			t.Errorf("%s: it waited", name)
		}
	}
}

// The connection that wrote is lost with the answer; the one that finds the
// record there already has to write too, or it would wait for nothing.
func TestARecordThatIsThereAlreadyIsWrittenToDiskToo(t *testing.T) {
	n := startNode(t, safe...)
	b := newBackend(t, n.addr, nil, n)
	s, p := behind(t, b)
	op := open(t, s, "R-22222", []string{"a"})
	var before string
	size := func() string {
		text := b.raw.Info(context.Background(), "persistence").Val()
		_, rest, _ := strings.Cut(text, "aof_current_size:")
		size, _, _ := strings.Cut(rest, "\r")
		return size
	}
	p.next(loseAnswer, first(func() { before = size() }))
	commit(t, s, change(t, op, approved))
	if after := size(); before == "" || after == before {
		t.Errorf("the append-only file had %s bytes, and has %s", before, after)
	}
}

func TestSafetyMayBeAskedWhileOthersCommit(t *testing.T) {
	k := newTalker(t, nil, "everysec")
	s := k.store()
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 20 {
			if _, err := s.Safety(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	op := open(t, s, "R-22222", []string{"a"})
	for range 20 {
		op = commit(t, s, change(t, op, approved))
	}
	wg.Wait()
}
