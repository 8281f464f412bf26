package bot_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"es-restore/internal/rig"
)

func TestASoundConfigurationIsTakenUpOnSIGHUPAndABrokenOneIsNot(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	b := r.Spawn()
	r.Until("the bot connects", func() bool { return len(r.Slack.Sockets()) >= 2 })
	before, err := os.ReadFile(r.Config)
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to, logged string) {
		t.Helper()
		if err := os.WriteFile(r.Config, []byte(strings.Replace(string(before), from, to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		b.Signal(syscall.SIGHUP)
		r.Eventually("the log says "+logged, func() bool { return strings.Contains(r.Log.String(), logged) })
	}
	change("policies:", "polices:", "configuration not reloaded")
	card := r.Ask(rig.Anna, file) // goes on as it was
	change("one DBA", "one DBA, newly", "configuration reloaded")
	r.Until("the bot connects again", func() bool { return len(r.Slack.Sockets()) >= 2 })
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
	next := r.Ask(rig.Anna, `kibana_sample_data_logs --reason x`)
	if !strings.Contains(next.AllText(), "one DBA, newly") {
		t.Error(next.AllText())
	}
}
