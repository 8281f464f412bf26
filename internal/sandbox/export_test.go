package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"es-restore/internal/slacksim"
)

// BotPID is the process of the bot, 0 when there is none.
func (s *Sandbox) BotPID() int { return s.bot.pid() }

// Verbs are those the composer offers.
func (s *Sandbox) Verbs() []string {
	var names []string
	for _, v := range s.said.Verbs {
		names = append(names, v.Verb)
	}
	return names
}

// Why is why a mischief can't be done; empty: it can.
func (s *Sandbox) Why(id string) string {
	for _, m := range s.mischiefs() {
		if m.id == id {
			return m.why
		}
	}
	return "There is no such mischief."
}

// Slack is the workspace itself.
func (s *Sandbox) Slack() *slacksim.Server { return s.slack }

// BotProcess runs this program as a sandbox's bot would be, with a stdin of the
// caller's; the returned function waits for its end.
func BotProcess(t testing.TB, stdin *os.File) func(patience time.Duration) error {
	t.Helper()
	d := ownDocument()
	slack := newWorkspace(&clock{})
	t.Cleanup(slack.Close)
	d.wire(slack, map[string]any{"url": "redis://127.0.0.1:1/0", "allow_data_loss": true})
	path := t.TempDir() + "/config.yml"
	if err := d.write(path); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stdin = append(os.Environ(), botEnv+"="+path), stdin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	return func(patience time.Duration) error {
		select {
		case <-ended:
			return nil
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			return fmt.Errorf("the bot lives on after %s", patience)
		}
	}
}
