package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/store"
)

// exported says that records were exported, and written down, up to some.
func exported(t testing.TB, s *store.Store, cursor, checkpoint int64) {
	t.Helper()
	l := acquire(t, s, "export")
	defer func() { _ = l.Release(t.Context()) }()
	if err := l.SetCursor(t.Context(), "export", cursor); err != nil {
		t.Fatal(err)
	}
	if checkpoint == 0 {
		return
	}
	if err := l.SetCheckpoint(t.Context(), store.Checkpoint{Head: audit.Head{Seq: checkpoint, Hash: "sha256:1"}, At: at}); err != nil {
		t.Fatal(err)
	}
}

func TestACheckpointIsKept(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		if c, err := s.Checkpoint(t.Context()); c != (store.Checkpoint{}) || err != nil {
			t.Errorf("at first it is %+v: %v", c, err)
		}
		want := store.Checkpoint{Head: audit.Head{Seq: 12, Hash: "sha256:1"}, At: at.Truncate(time.Second)}
		l := acquire(t, s, "export")
		if err := l.SetCheckpoint(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		got, err := b.store().Checkpoint(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		b.raw.HSet(t.Context(), "{esrestore}:checkpoint", "at", "yesterday")
		if _, err := s.Checkpoint(t.Context()); err == nil {
			t.Error("a damaged one is one")
		}
	})
}

// Five operations of two records each: the first three ended within minutes, the
// fourth is open, and the fifth ended later.
func fill(t testing.TB, s *store.Store) {
	t.Helper()
	for i, id := range []approvals.ID{"R-22222", "R-33333", "R-44444", "R-55555", "R-66666"} {
		c := opening(t, id, i, string(id))
		e := denied
		switch id {
		case "R-55555":
			e = approved
		case "R-66666":
			c.Event.Time, c.After.Opened = c.Event.Time.Add(100*time.Hour), c.After.Opened.Add(100*time.Hour)
		}
		op := commit(t, s, c)
		e.Time = c.Event.Time.Add(time.Second)
		commit(t, s, change(t, op, e))
	}
}

func TestOnlyWhatIsOldExportedAndWrittenDownIsRemoved(t *testing.T) {
	all := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	tests := map[string]struct {
		before             time.Duration // what is older than that after the first
		cursor, checkpoint int64
		left               []int64
		gone               []approvals.ID
	}{
		"nothing was exported":                    {50 * time.Hour, 0, 10, all, nil},
		"nothing was written down":                {50 * time.Hour, 10, 0, all, nil},
		"nothing is old":                          {-time.Hour, 10, 10, all, nil},
		"all that is old":                         {50 * time.Hour, 10, 10, all[8:], []approvals.ID{"R-22222", "R-33333", "R-44444"}},
		"of two minutes":                          {90 * time.Second, 10, 10, all[4:], []approvals.ID{"R-22222", "R-33333"}},
		"what was exported":                       {50 * time.Hour, 4, 10, all[4:], []approvals.ID{"R-22222", "R-33333"}},
		"what was written down":                   {50 * time.Hour, 10, 2, all[2:], []approvals.ID{"R-22222"}},
		"an operation with one record left stays": {50 * time.Hour, 3, 10, all[3:], []approvals.ID{"R-22222"}},
		"everything":                              {500 * time.Hour, 10, 10, nil, []approvals.ID{"R-22222", "R-33333", "R-44444", "R-66666"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *backend) {
				s := b.store()
				fill(t, s)
				mustGuard(t, s)
				exported(t, s, test.cursor, test.checkpoint)
				removed, err := s.Trim(t.Context(), at.Add(test.before), "export")
				if err != nil || removed != int64(10-len(test.left)) {
					t.Errorf("%d records were removed: %v", removed, err)
				}
				left, err := s.After(t.Context(), 0, 100, 0)
				if diff := cmp.Diff(test.left, seqs(left)); diff != "" || err != nil {
					t.Errorf("left are: %v\n%s", err, diff)
				}
				gone := map[approvals.ID]bool{}
				for _, id := range test.gone {
					gone[id] = true
				}
				for _, id := range []approvals.ID{"R-22222", "R-33333", "R-44444", "R-55555", "R-66666"} {
					if _, err := s.Load(t.Context(), id); gone[id] != (err != nil) {
						t.Errorf("%s is gone: %v", id, err)
					}
				}
				if _, total, err := s.Recent(t.Context(), 0, 10); total != int64(5-len(gone)) || err != nil {
					t.Errorf("%d operations are listed: %v", total, err)
				}
				mustGuard(t, s)
				open(t, s, "R-77777", []string{"z"})
				if err := checkRest(s, t); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// checkRest verifies what is left of the chain.
func checkRest(s *store.Store, t *testing.T) error {
	var c audit.Checker
	return s.Lines(t.Context(), 1, func(line string) error { return c.Next([]byte(line)) })
}

func TestWhatIsForgottenLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, b *backend) {
		s := b.store()
		op := open(t, s, "R-22222", []string{"a"}, denied)
		l := acquire(t, s, "board")
		if err := l.SetCard(t.Context(), op.ID, store.Card{TS: "1"}); err != nil {
			t.Fatal(err)
		}
		exported(t, s, 2, 2)
		if _, err := s.Trim(t.Context(), at.Add(time.Hour), "export"); err != nil {
			t.Fatal(err)
		}
		for _, key := range b.keys() {
			if b.raw.Type(t.Context(), key).Val() == "stream" {
				continue
			}
			if text := b.content()[key]; key == "{esrestore}:op:R-22222" || key == "{esrestore}:trail:R-22222" || key == "{esrestore}:card:R-22222" {
				t.Errorf("%s is left: %s", key, text)
			}
		}
		if ops, err := s.Open(t.Context()); err != nil || len(ops) != 0 {
			t.Errorf("open are %v: %v", ids(ops), err)
		}
	})
}
