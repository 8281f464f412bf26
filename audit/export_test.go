package audit_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"es-restore/approvals"
	"es-restore/audit"
)

// chain is n sealed lines as text.
func chain(t testing.TB, n int) []string {
	t.Helper()
	var lines []string
	for _, line := range sealed(t, audit.Genesis, make([]approvals.Event, n)...) {
		lines = append(lines, string(line))
	}
	return lines
}

func whole(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func write(t testing.TB, s *audit.Sink, lines ...string) {
	t.Helper()
	if err := s.Write(lines); err != nil {
		t.Fatal(err)
	}
}

func opened(t testing.TB, path string) *audit.Sink {
	t.Helper()
	s, err := audit.OpenSink(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func content(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAStreamTakesEachRecordOnce(t *testing.T) {
	lines := chain(t, 4)
	var out bytes.Buffer
	s := audit.NewSink(&out)
	write(t, s, lines[:2]...)
	write(t, s, lines[1:3]...)
	write(t, s)
	write(t, s, lines...)
	if got := out.String(); got != whole(lines...) {
		t.Errorf("it holds\n%s", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnExportGoesOnWhereItEnded(t *testing.T) {
	lines := chain(t, 5)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	first := opened(t, path)
	write(t, first, lines[:3]...)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, opened(t, path), lines[1:]...) // the cursor was behind
	if got := content(t, path); got != whole(lines...) {
		t.Errorf("it holds\n%s", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}

// A crash cuts the file off at every byte in turn. However far it came, the same
// lines once more make the file whole.
func TestALineThatACrashCutOffIsWrittenAgain(t *testing.T) {
	lines := chain(t, 2)
	all := whole(lines...)
	for cut := range len(all) + 1 {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(path, []byte(all[:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		s := opened(t, path)
		write(t, s, lines...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != all {
			t.Fatalf("cut off at byte %d it became\n%s", cut, got)
		}
	}
}

func TestHalfOfALineThatNeverComesAgainIsTakenOut(t *testing.T) {
	lines := chain(t, 2)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, []byte(whole(lines[0])+`{"reason":"`+strings.Repeat("long ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, opened(t, path), lines...)
	if got := content(t, path); got != whole(lines...) {
		t.Errorf("it holds\n%s", got)
	}
}

// After Redis came back older, numbers are used again, for other records. What
// was taken stays, and what is new comes too.
func TestAnotherRecordUnderAUsedNumberIsTaken(t *testing.T) {
	lines := chain(t, 4)
	third, err := audit.Parse([]byte(lines[1]))
	if err != nil {
		t.Fatal(err)
	}
	other := string(sealed(t, third.Head(), approvals.Event{Time: at, Kind: approvals.RolledBack})[0])
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	first := opened(t, path)
	write(t, first, lines...)
	write(t, first, lines[0], lines[1], other)
	_ = first.Close()
	write(t, opened(t, path), lines[1], other)
	if got := content(t, path); got != whole(append(lines, other)...) {
		t.Errorf("it holds\n%s", got)
	}
}

// failing takes so many bytes and no more.
type failing struct {
	bytes.Buffer
	left int
}

var errFull = errors.New("the disk is full")

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n, _ := f.Buffer.Write(p[:f.left])
		f.left = 0
		return n, errFull
	}
	f.left -= len(p)
	return f.Buffer.Write(p)
}

func TestWhatCouldNotBeWrittenWasNotTaken(t *testing.T) {
	lines := chain(t, 3)
	out := &failing{left: len(lines[0]) + 5}
	s := audit.NewSink(out)
	write(t, s, lines[0])
	if err := s.Write(lines[1:]); !errors.Is(err, errFull) {
		t.Fatalf("it came to %v", err)
	}
	out.Reset()
	out.left = 1 << 20
	write(t, s, lines...)
	if got := out.String(); got != whole(lines[1:]...) {
		t.Errorf("afterwards it took\n%s", got)
	}
}

func TestAnExportThatCannotBeOpenedSaysSo(t *testing.T) {
	if _, err := audit.OpenSink(filepath.Join(t.TempDir(), "no", "such", "folder")); err == nil {
		t.Error("it opened")
	}
}

func TestAFileThatWasExportedVerifies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	write(t, opened(t, path), chain(t, 20)...)
	c, err := audit.Verify(strings.NewReader(content(t, path)))
	if err != nil || c.Head().Seq != 20 {
		t.Errorf("it ends at %d: %v", c.Head().Seq, err)
	}
}
