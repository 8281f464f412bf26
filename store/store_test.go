package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/store"
)

func ids(ops []approvals.Operation) []approvals.ID {
	var all []approvals.ID
	for _, op := range ops {
		all = append(all, op.ID)
	}
	return all
}

func TestWhatDoesNotExistIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		if _, err := s.Load(t.Context(), "R-22222"); !errors.Is(err, approvals.ErrNoSuchOperation) {
			t.Errorf("it came to %v", err)
		}
		if ops, err := s.Open(t.Context()); len(ops) != 0 || err != nil {
			t.Errorf("open are %v: %v", ids(ops), err)
		}
		if ops, total, err := s.Recent(t.Context(), 0, 10); len(ops) != 0 || total != 0 || err != nil {
			t.Errorf("recent are %v of %d: %v", ids(ops), total, err)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestOpenOperationsAreListedOldestFirst(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		for i, id := range []approvals.ID{"R-99999", "R-22222", "R-55555", "R-33333"} {
			commit(t, s, opening(t, id, i, string(id)))
		}
		commit(t, s, change(t, load(t, s, "R-22222"), denied))
		op := commit(t, s, change(t, load(t, s, "R-99999"), approved))
		commit(t, s, change(t, op, claimed))
		ops, err := s.Open(t.Context())
		if diff := cmp.Diff([]approvals.ID{"R-99999", "R-55555", "R-33333"}, ids(ops)); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if ops[0].State != approvals.Running {
			t.Errorf("the first is %s", ops[0].State)
		}
	})
}

func TestAllOperationsAreListedNewestFirstInPages(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		var newest []approvals.ID
		for i := range 7 {
			id := approvals.ID(fmt.Sprintf("R-%05d", (i*3)%7))
			commit(t, s, opening(t, id, i, string(id)))
			newest = append([]approvals.ID{id}, newest...)
		}
		commit(t, s, change(t, load(t, s, newest[0]), denied))
		for _, page := range [][2]int64{{0, 3}, {3, 3}, {6, 3}, {7, 3}, {0, 100}, {2, 1}, {0, 0}, {3, 0}} {
			ops, total, err := s.Recent(t.Context(), page[0], page[1])
			first, last := min(page[0], 7), min(page[0]+page[1], 7)
			want := newest[first:last]
			if len(want) == 0 {
				want = nil
			}
			if diff := cmp.Diff(want, ids(ops)); diff != "" || total != 7 || err != nil {
				t.Errorf("%v: of %d, %v\n%s", page, total, err, diff)
			}
		}
	})
}

func TestAReadingIsForgottenAfterAMinute(t *testing.T) {
	type reading struct{ Bytes int }
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		var got reading
		if there, err := s.Progress(t.Context(), "R-22222", &got); there || err != nil {
			t.Errorf("before any there is one: %v", err)
		}
		if err := s.SetProgress(t.Context(), "R-22222", reading{12}); err != nil {
			t.Fatal(err)
		}
		if there, err := s.Progress(t.Context(), "R-22222", &got); !there || got.Bytes != 12 || err != nil {
			t.Errorf("it is %v: %v", got, err)
		}
		if there, _ := s.Progress(t.Context(), "R-33333", &got); there {
			t.Error("another operation has it too")
		}
		b.age(59 * time.Second)
		if there, _ := s.Progress(t.Context(), "R-22222", &got); !there {
			t.Error("it is forgotten too early")
		}
		b.age(2 * time.Second)
		if there, err := s.Progress(t.Context(), "R-22222", &got); there || err != nil {
			t.Errorf("it is there for ever: %v", err)
		}
		b.raw.Set(t.Context(), "{esrestore}:progress:R-22222", "{", 0)
		if there, err := s.Progress(t.Context(), "R-22222", &got); there || err != nil {
			t.Errorf("a damaged one is one: %v", err)
		}
		if err := s.SetProgress(t.Context(), "R-22222", func() {}); err == nil {
			t.Error("what can't be written was")
		}
	})
}

func TestADamagedOperationIsToldByItsID(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		b.raw.HSet(t.Context(), "{esrestore}:op:R-22222", "json", "{")
		_, errLoad := s.Load(t.Context(), "R-22222")
		_, errOpen := s.Open(t.Context())
		_, _, errRecent := s.Recent(t.Context(), 0, 10)
		for _, err := range []error{errLoad, errOpen, errRecent} {
			if err == nil || !strings.Contains(err.Error(), "R-22222") {
				t.Errorf("it came to %v", err)
			}
		}
	})
}

// An operation can be forgotten between the list and the look at it.
func TestAListPassesOverWhatWentMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		open(t, s, "R-22222", []string{"a"})
		open(t, s, "R-33333", []string{"b"})
		b.raw.Del(t.Context(), "{esrestore}:op:R-22222")
		if ops, err := s.Open(t.Context()); err != nil || len(ops) != 1 || ops[0].ID != "R-33333" {
			t.Errorf("open are %v: %v", ids(ops), err)
		}
	})
}

func TestEveryKeyIsOnOneShard(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		c := opening(t, "R-22222", 0, "a")
		c.Once = "trigger"
		op := commit(t, s, c)
		commit(t, s, refused(op, ben, "approve"))
		l := acquire(t, s, "board")
		for _, err := range []error{
			l.SetCursor(t.Context(), "board", 1), l.SetCard(t.Context(), "R-22222", store.Card{TS: "1"}),
			s.SetProgress(t.Context(), "R-22222", 1), l.SetCheckpoint(t.Context(), store.Checkpoint{At: at}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		accept(t, b, at)
		for _, key := range b.keys() {
			if !strings.HasPrefix(key, "{esrestore}:") {
				t.Errorf("%s is elsewhere", key)
			}
		}
	})
}

func TestARedisThatDoesNotAnswerIsAway(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		away := map[string]error{
			"nobody listens":  store.New(b.client("127.0.0.1:1")).Commit(t.Context(), opening(t, "R-22222", 0, "a")),
			"a pool is empty": withHook(t, b, func(int) error { return redis.ErrPoolTimeout }).Commit(t.Context(), opening(t, "R-22222", 0, "a")),
		}
		late, cancel := context.WithTimeout(t.Context(), -time.Second)
		defer cancel()
		_, away["time is over"] = b.store().Load(late, "R-22222")
		for name, err := range away {
			if !store.Away(err) {
				t.Errorf("%s: it is not away: %v", name, err)
			}
		}
		s, p := behind(t, b)
		p.next(answer("-OOM command not allowed when used memory > 'maxmemory'.\r\n"))
		_, missing := s.Load(t.Context(), "R-22222")
		for name, err := range map[string]error{
			"it refuses": s.Commit(t.Context(), opening(t, "R-22222", 0, "a")), "there is none": missing, "all is well": nil,
			"a conflict": s.Commit(t.Context(), change(t, opening(t, "R-22222", 0, "a").After, approved)),
		} {
			if store.Away(err) {
				t.Errorf("%s: it is away: %v", name, err)
			}
		}
	})
}

func TestWithoutRedisEveryQuestionIsAnError(t *testing.T) {
	s := store.New((&backend{t: t}).client("127.0.0.1:1"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	questions := map[string]func() error{
		"load":       func() error { _, err := s.Load(ctx, "R-22222"); return err },
		"open":       func() error { _, err := s.Open(ctx); return err },
		"recent":     func() error { _, _, err := s.Recent(ctx, 0, 1); return err },
		"head":       func() error { _, err := s.Head(ctx); return err },
		"guard":      func() error { return s.Guard(ctx) },
		"alarm":      func() error { _, _, err := s.Alarm(ctx); return err },
		"accept":     func() error { _, err := s.AcceptRollback(ctx, anna, "why", at); return err },
		"card":       func() error { _, err := s.Card(ctx, "R-22222"); return err },
		"cursor":     func() error { _, err := s.Cursor(ctx, "board"); return err },
		"after":      func() error { _, err := s.After(ctx, 0, 1, time.Millisecond); return err },
		"lines":      func() error { return s.Lines(ctx, 1, func(string) error { return nil }) },
		"trail":      func() error { _, err := s.Trail(ctx, "R-22222"); return err },
		"acquire":    func() error { _, err := s.Acquire(ctx, "board", time.Second); return err },
		"progress":   func() error { _, err := s.Progress(ctx, "R-22222", new(int)); return err },
		"reading":    func() error { return s.SetProgress(ctx, "R-22222", 1) },
		"checkpoint": func() error { _, err := s.Checkpoint(ctx); return err },
		"trim":       func() error { _, err := s.Trim(ctx, at, "export"); return err },
		"safety":     func() error { _, err := s.Safety(ctx); return err },
	}
	for name, ask := range questions {
		if err := ask(); err == nil || errors.Is(err, approvals.ErrNoSuchOperation) || errors.Is(err, store.ErrRolledBack) {
			t.Errorf("%s came to %v", name, err)
		}
	}
}
