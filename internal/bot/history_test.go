package bot_test

import (
	"strings"
	"testing"

	"es-restore/audit"
	"es-restore/internal/rig"
)

func TestAuditorsFindOperationsAndTakeTheirRecordsAway(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Slack.SetScopes("commands", "chat:write", "usergroups:read", "users:read", "channels:read", "groups:read", "files:write")
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Click(rig.Ben, card, "approve")
	r.Thread(card, "succeeded")
	other := r.Ask(rig.Ben, `kibana_sample_data_logs --reason "open still"`)
	for text, want := range map[string]bool{
		"history": true, "history --by me": true, "history --by @anna --cluster es-cn-b --since 1h": true,
		"history --by cleo": false, "history --cluster es-cn-a": false, "list --all --by anna": true, "list --by ben": false,
	} {
		if got := r.Answer(rig.Anna, text, 1); strings.Contains(got, rig.ID(card)) != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := r.Answer(rig.Anna, "list", 1); !strings.Contains(got, rig.ID(other)) || strings.Contains(got, rig.ID(card)) {
		t.Error(got)
	}
	r.Answer(rig.Anna, "log "+rig.ID(card)+" --file", 1)
	var file []byte
	for _, m := range r.Slack.Thread(rig.Channel, card.TS) {
		for _, f := range m.Files {
			file = f.Content
		}
	}
	lines := strings.Split(strings.TrimSpace(string(file)), "\n")
	if len(lines) < 8 {
		t.Fatalf("the file has %d lines", len(lines))
	}
	first, err := audit.Parse([]byte(lines[0]))
	if err != nil || first.Event != "opened" || string(first.Operation) != rig.ID(card) {
		t.Errorf("it begins with %v %v", first, err)
	}
	if got := r.Answer(rig.Anna, "history --file", 1); !strings.Contains(got, "history.jsonl") {
		t.Error(got)
	}
}

func TestWhatIsNotVisibleIsAsIfItWereNotThere(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{ClusterExtra: ", visible_to: [group:S0ENG]"})
	r.Start()
	card := r.Ask(rig.Anna, file)
	for _, text := range []string{"clusters", "list", "status " + rig.ID(card), "log " + rig.ID(card), "repos es-cn-b"} {
		if got := r.Answer(rig.Anna, text, 1); !strings.Contains(got, "es-cn-b") && !strings.Contains(got, rig.ID(card)) {
			t.Errorf("%s, for one who may see it: %s", text, got)
		}
		got := r.Answer(rig.Dora, text, 1)
		if strings.Contains(got, rig.Repository) || strings.Contains(got, "file-2019") || text == "clusters" && strings.Contains(got, "es-cn-b") {
			t.Errorf("%s, for one who may not: %s", text, got)
		}
	}
}
