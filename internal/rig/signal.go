package rig

import (
	"os"
	"time"
)

// Signal sends a process a signal.
func (b *Bot) Signal(s os.Signal) { _ = b.cmd.Process.Signal(s) }

// Eventually waits for something that Slack does not tell.
func (r *Rig) Eventually(what string, cond func() bool) {
	r.T.Helper()
	for deadline := time.Now().Add(soon); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.T.Fatalf("in vain: %s\n%s", what, r.Dump())
		}
	}
}
