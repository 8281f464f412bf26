package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/store"
)

// behind is a store that reaches its Redis through a proxy.
func behind(t *testing.T, b *backend) (*store.Store, *proxy) {
	p := newProxy(t, b)
	return b.storeAt(p.addr), p
}

// soon is a context that ends before anyone loses patience.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestACommitWhoseAnswerIsLostIsDoneAndOnRecordOnce(t *testing.T) {
	tests := map[string][]deed{
		"the answer is lost":              {loseAnswer},
		"twice":                           {loseAnswer, loseAnswer},
		"the request is lost":             {loseRequest},
		"first the request":               {loseRequest, loseAnswer, loseRequest},
		"and Redis is loading afterwards": {loseAnswer, answer("-LOADING Redis is loading the dataset in memory\r\n")},
		"and it is a replica meanwhile":   {loseAnswer, answer("-READONLY You can't write against a read only replica.\r\n")},
		"and its memory is full":          {loseRequest, answer("-OOM command not allowed when used memory > 'maxmemory'.\r\n")},
	}
	for name, deeds := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *backend) {
				s, p := behind(t, b)
				op := open(t, s, "R-22222", []string{"a"})
				p.next(deeds...)
				commit(t, s, change(t, op, approved))
				if got := load(t, s, "R-22222"); got.State != approvals.Ready || got.Version != 2 {
					t.Errorf("it is %s in version %d", got.State, got.Version)
				}
				want := []approvals.EventKind{approvals.Opened, approvals.Approved}
				if diff := cmp.Diff(want, kinds(verified(t, s))); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Another process was quicker to use the place in the log, before or after the
// answer was lost.
func TestALostAnswerAmongOthersCommits(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s, p := behind(t, b)
		other := b.store()
		one := open(t, s, "R-22222", []string{"a"})
		p.next(loseAnswer, first(func() { open(t, other, "R-33333", []string{"b"}) }))
		two := commit(t, s, change(t, one, approved))
		p.next(loseRequest, first(func() { open(t, other, "R-44444", []string{"c"}) }))
		commit(t, s, change(t, two, claimed))
		want := []approvals.EventKind{approvals.Opened, approvals.Approved, approvals.Opened, approvals.Opened, approvals.Claimed}
		if diff := cmp.Diff(want, kinds(verified(t, s))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatIsNotKnownBeforeTheEndIsSaidToBeSo(t *testing.T) {
	tests := map[string]struct {
		deeds []deed
		done  bool
	}{
		"written, and every answer lost": {[]deed{loseAnswer, loseRequest}, true},
		"never written":                  {[]deed{loseRequest}, false},
		// The first answer was lost, so a later no proves nothing about it.
		"written, and then refused": {[]deed{loseAnswer, answer("-OOM command not allowed when used memory > 'maxmemory'.\r\n")}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *backend) {
				s, p := behind(t, b)
				op := open(t, s, "R-22222", []string{"a"})
				p.next(test.deeds...)
				for range 100 {
					p.next(test.deeds[len(test.deeds)-1])
				}
				err := s.Commit(soon(t), change(t, op, approved))
				if !errors.Is(err, approvals.ErrNotKnown) {
					t.Errorf("it came to %v", err)
				}
				if done := load(t, b.store(), "R-22222").State == approvals.Ready; done != test.done {
					t.Errorf("done is %v", done)
				}
				verified(t, b.store())
			})
		})
	}
}

func TestAfterwardsTheNextCommitGoesOn(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s, p := behind(t, b)
		op := open(t, s, "R-22222", []string{"a"})
		p.next(loseAnswer, loseRequest, loseRequest, loseRequest, loseRequest, loseRequest, loseRequest, loseRequest, loseRequest)
		c := change(t, op, approved)
		if err := s.Commit(soon(t), c); !errors.Is(err, approvals.ErrNotKnown) {
			t.Fatalf("it came to %v", err)
		}
		p.mu.Lock()
		p.deeds = nil
		p.mu.Unlock()
		if err := s.Commit(t.Context(), c); !errors.Is(err, approvals.ErrConflict) {
			t.Errorf("the same change again came to %v", err)
		}
		commit(t, s, change(t, load(t, s, "R-22222"), claimed))
		verified(t, s)
	})
}

func TestAClearNoIsNotTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s, p := behind(t, b)
		op := open(t, s, "R-22222", []string{"a"})
		before := p.count()
		p.next(answer("-NOREPLICAS Not enough good replicas to write.\r\n"))
		err := s.Commit(t.Context(), change(t, op, approved))
		if err == nil || errors.Is(err, approvals.ErrNotKnown) || !strings.Contains(err.Error(), "nothing was recorded") {
			t.Errorf("it came to %v", err)
		}
		if n := p.count() - before; n != 1 {
			t.Errorf("it ran %d times", n)
		}
	})
}

func TestWithoutRedisNothingIsRecordedAndThatIsSaid(t *testing.T) {
	gone := func(t *testing.T) *store.Store {
		b := &backend{t: t}
		return store.New(b.client("127.0.0.1:1"))
	}
	closed := func(t *testing.T) *store.Store {
		client, err := store.Dial(store.Options{URL: "redis://127.0.0.1:1/0"})
		if err != nil {
			t.Fatal(err)
		}
		_ = client.Close()
		return store.New(client)
	}
	for name, make := range map[string]func(*testing.T) *store.Store{"refused": gone, "closed": closed} {
		t.Run(name, func(t *testing.T) {
			s := make(t)
			err := s.Commit(t.Context(), opening(t, "R-22222", 0, "a"))
			if err == nil || errors.Is(err, approvals.ErrNotKnown) || !strings.Contains(err.Error(), "nothing was recorded") {
				t.Errorf("committing came to %v", err)
			}
			if err := s.Ping(t.Context()); err == nil {
				t.Error("it answers")
			}
		})
	}
}

// Redis goes away between the look at the head and the write.
func TestAConnectionThatIsNeverMadeRecordsNothing(t *testing.T) {
	for _, never := range []error{
		redis.ErrPoolTimeout, redis.ErrPoolExhausted, redis.ErrClosed,
		&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")},
	} {
		t.Run(never.Error(), func(t *testing.T) {
			each(t, func(t *testing.T, b *backend) {
				s := withHook(t, b, func(int) error { return never })
				err := s.Commit(soon(t), opening(t, "R-22222", 0, "a"))
				if err == nil || errors.Is(err, approvals.ErrNotKnown) || !strings.Contains(err.Error(), "nothing was recorded") {
					t.Errorf("it came to %v", err)
				}
			})
		})
	}
}

// That nobody can be reached now says nothing about what was sent before.
func TestRedisGoneAfterALostAnswerLeavesItOpen(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := withHook(t, b, func(run int) error {
			if run == 0 {
				return io.ErrUnexpectedEOF // sent, and who knows
			}
			return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		})
		if err := s.Commit(soon(t), opening(t, "R-22222", 0, "a")); !errors.Is(err, approvals.ErrNotKnown) {
			t.Errorf("it came to %v", err)
		}
	})
}

// withHook is a store whose runs of the commit script come to an error.
func withHook(t *testing.T, b *backend, fail func(run int) error) *store.Store {
	client := b.client(b.addr)
	client.AddHook(&onCommit{fail: fail})
	return store.New(client)
}

type onCommit struct {
	runs int
	fail func(run int) error
}

func (h *onCommit) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h *onCommit) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (h *onCommit) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !strings.HasPrefix(cmd.Name(), "eval") {
			return next(ctx, cmd)
		}
		err := h.fail(h.runs)
		h.runs++
		cmd.SetErr(err)
		return err
	}
}
