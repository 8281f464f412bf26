package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"es-restore/internal/bot"
)

// A Bot is one running bot, in this process or as a process of its own.
type Bot struct {
	rig  *Rig
	stop func()
	done chan int
	cmd  *exec.Cmd // nil in this process
}

// Start runs a bot in this process until the test ends, and waits until it
// hears Slack.
func (r *Rig) Start() *Bot {
	r.T.Helper()
	b := r.Launch()
	r.Until("the bot connects", func() bool { return len(r.Slack.Sockets()) >= 2 })
	return b
}

// Launch is Start without waiting.
func (r *Rig) Launch() *Bot { return r.LaunchAt(time.Now) }

// LaunchAt is Launch with a clock of the bot's own.
func (r *Rig) LaunchAt(now func() time.Time) *Bot {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Bot{rig: r, stop: cancel, done: make(chan int, 1)}
	go func() { b.done <- bot.RunAt(ctx, now, []string{"--config", r.Config, "serve"}, r.Log, r.Log) }()
	r.T.Cleanup(func() { b.Stop() })
	return b
}

var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "es-restore-bot")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bot")
	out, err := exec.Command("go", "build", "-o", path, "es-restore/cmd/bot").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: "go build: " + string(out), Err: err}
	}
	return path, nil
})

// Binary builds cmd/bot, once for all tests of a package.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Spawn runs the built binary as a process of its own.
func (r *Rig) Spawn() *Bot {
	r.T.Helper()
	cmd := exec.Command(Binary(r.T), "--config", r.Config, "serve")
	cmd.Stdout, cmd.Stderr = r.Log, r.Log
	if err := cmd.Start(); err != nil {
		r.T.Fatal(err)
	}
	b := &Bot{rig: r, cmd: cmd, done: make(chan int, 1)}
	b.stop = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	go func() {
		_ = cmd.Wait()
		b.done <- cmd.ProcessState.ExitCode()
	}()
	r.T.Cleanup(func() { b.Kill() })
	return b
}

// Stop ends the bot as an operator does, and returns its exit code.
func (b *Bot) Stop() int {
	b.stop()
	return b.Wait()
}

// Wait waits until the bot has ended by itself.
func (b *Bot) Wait() int {
	select {
	case code := <-b.done:
		b.done <- code
		return code
	case <-time.After(soon):
		b.rig.T.Errorf("the bot does not end")
		return -1
	}
}

// Kill ends a process at once, as a crash does.
func (b *Bot) Kill() {
	_ = b.cmd.Process.Kill()
	b.Wait()
}

// Pause stops a process in its tracks, as a virtual machine that is moved;
// Resume lets it go on.
func (b *Bot) Pause() { _ = b.cmd.Process.Signal(syscall.SIGSTOP) }

// PID tells processes apart in records.
func (b *Bot) PID() int { return b.cmd.Process.Pid }

// Resume undoes Pause.
func (b *Bot) Resume() { _ = b.cmd.Process.Signal(syscall.SIGCONT) }

// Address is where the newest bot of the rig answers /readyz, as its log says.
func (r *Rig) Address() string {
	r.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	address := ""
	err := r.Log.Wait(ctx, func(log string) bool {
		for line := range strings.Lines(log) {
			var entry struct{ Msg, Address string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
				address = entry.Address
			}
		}
		return address != ""
	})
	if err != nil {
		r.T.Fatalf("the bot does not listen\n%s", r.Log.String())
	}
	return "http://" + address
}

// Page asks the newest bot of the rig for /readyz, /healthz or /metrics.
func (r *Rig) Page(path string) (status int, body string) {
	r.T.Helper()
	return Get(r.Address() + path)
}

// Get fetches a page; a status of 0 is that nothing answers.
func Get(url string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err.Error()
	}
	var client http.Client
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(text)
}

// Ready waits until /readyz answers with a status and words.
func (r *Rig) Ready(status int, words string) {
	r.T.Helper()
	got, body := 0, ""
	r.Poll(fmt.Sprintf("/readyz is %d with %q", status, words), func() bool {
		got, body = r.Page("/readyz")
		return got == status && strings.Contains(body, words)
	})
}

// Poll waits for something that nobody tells, by looking again and again.
func (r *Rig) Poll(what string, cond func() bool) {
	r.T.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(2 * soon); !cond(); <-ticker.C {
		if time.Now().After(deadline) {
			r.T.Fatalf("in vain: %s\n%s", what, r.Dump())
		}
	}
}
