package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A mutant is the product without one of its guards.
type mutant struct {
	Guarantee string // G1 to G12; "" for what stands beside them
	Guard     string // what the guard sees to, in words
	File      string // where it stands, from the root of the repository
	Text      string // the guard; it stands there once
	Instead   string // what stands there without it
	Package   string // where its test is
	Test      string // which fails without it
}

func (m mutant) String() string {
	return fmt.Sprintf("%-3s  %s  [%s, %s]", m.Guarantee, m.Guard, m.File, m.Test)
}

// What came of a mutant.
const (
	killed   = "killed"   // its test failed
	survived = "SURVIVED" // its test passed, so nothing holds the guard
	broken   = "BROKEN"   // it was never tried: it is not there, or does not build
)

type result struct {
	verdict string
	said    string // why, unless it was killed
	took    time.Duration
}

// within bounds one test, its building not included, and soundWithin all that a
// package's guards name.
const (
	within      = 3 * time.Minute
	soundWithin = 10 * time.Minute
)

// mutated is the file without its guard.
func (m mutant) mutated() ([]byte, error) {
	text, err := os.ReadFile(filepath.FromSlash(m.File))
	if err != nil {
		return nil, fmt.Errorf("reading where the guard stands: %w", err)
	}
	if n := bytes.Count(text, []byte(m.Text)); n != 1 {
		return nil, fmt.Errorf("%s holds the guard %d times:\n%s", m.File, n, m.Text)
	}
	return bytes.Replace(text, []byte(m.Text), []byte(m.Instead), 1), nil
}

// try runs the guard's test without the guard.
func (m mutant) try(ctx context.Context) result {
	began := time.Now()
	said, err := m.test(ctx)
	r := result{verdict: broken, said: said, took: time.Since(began)}
	var exit *exec.ExitError
	switch {
	case err == nil:
		r.verdict = survived
	case errors.As(err, &exit) && failed(said):
		r.verdict = killed
	case !errors.As(err, &exit):
		r.said = err.Error()
	}
	r.said = tail(r.said)
	return r
}

// tail is the end of what was said, which is where a failure to build or run shows.
func tail(said string) string {
	const most = 20
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// failed tells a test that failed from one that was not built, or not run to its end.
func failed(said string) bool {
	return strings.Contains(said, "--- FAIL: Test") && !strings.Contains(said, "panic: test timed out") || strings.Contains(said, "\npanic: ") && !strings.Contains(said, "panic: test timed out")
}

func (m mutant) test(ctx context.Context) (said string, err error) {
	text, err := m.mutated()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return "", fmt.Errorf("making a place for it: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	original, err := filepath.Abs(filepath.FromSlash(m.File))
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", m.File, err)
	}
	copied, overlay := filepath.Join(folder, filepath.Base(m.File)), filepath.Join(folder, "overlay.json")
	instead, err := json.Marshal(map[string]any{"Replace": map[string]string{original: copied}})
	if err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}
	if err := errors.Join(os.WriteFile(copied, text, 0o600), os.WriteFile(overlay, instead, 0o600)); err != nil {
		return "", fmt.Errorf("writing it: %w", err)
	}
	return goTest(ctx, "-overlay="+overlay, within, m.Package, m.Test)
}

// goTest runs some tests of a package. The flag goes by the environment, so that what
// the tests build themselves is built with it too.
func goTest(ctx context.Context, flag string, limit time.Duration, pkg string, tests ...string) (said string, err error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-vet=off", "-failfast", "-ldflags=-w", "-timeout="+limit.String(), //nolint:gosec // from the lists beside this file
		"-run=^("+strings.Join(tests, "|")+")$", "./"+pkg)
	cmd.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(flag+" "+os.Getenv("GOFLAGS")))
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// soundFirst runs the tests with every guard in its place: a test that fails anyway
// would kill whatever it is given.
func soundFirst(ctx context.Context, all []mutant) error {
	tests := map[string][]string{}
	for _, m := range all {
		if !slices.Contains(tests[m.Package], m.Test) {
			tests[m.Package] = append(tests[m.Package], m.Test)
		}
	}
	for pkg, names := range tests {
		if said, err := goTest(ctx, "", soundWithin, pkg, names...); err != nil {
			return fmt.Errorf("with every guard in its place, the tests of %s fail: %w\n%s", pkg, err, tail(said))
		}
	}
	return nil
}
