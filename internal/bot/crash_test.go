package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
	"es-restore/internal/rig"
)

// TestKilledAnywhereItRestoresOnce kills the built binary at every step in turn,
// against a real node, and judges from that node's own state.
func TestKilledAnywhereItRestoresOnce(t *testing.T) {
	clusters := rig.Real(t, "6.7.0", "6.7.0")
	event := func(kind approvals.EventKind) func(audit.Record) bool {
		return func(r audit.Record) bool { return r.Event == kind }
	}
	finished := func(step esops.StepKind) func(audit.Record) bool {
		return func(r audit.Record) bool { return r.Data.Result != nil && r.Data.Result.Step == step }
	}
	journaled := func(r audit.Record) bool { return r.Data.Sent != nil }
	type arm func(*rig.Rig, *rig.Proxy, func())
	onRecord := func(match func(audit.Record) bool) arm {
		return func(r *rig.Rig, _ *rig.Proxy, kill func()) { r.OnRecord(match, kill) }
	}
	for i, c := range []struct {
		when string
		arm  arm
	}{
		{"the request is on record", onRecord(event(approvals.Opened))},
		{"the approval is on record", onRecord(event(approvals.Approved))},
		{"the claim is on record", onRecord(event(approvals.Claimed))},
		{"the journal is written", onRecord(journaled)},
		{"the request is on its way", func(_ *rig.Rig, p *rig.Proxy, kill func()) { p.Before(rig.Restoring, kill) }},
		{"Elasticsearch has answered", func(_ *rig.Rig, p *rig.Proxy, kill func()) { p.After(rig.Restoring, kill) }},
		{"its acceptance is on record", onRecord(finished(esops.StepRestore))},
		{"the end of the wait is on record", onRecord(finished(esops.StepWait))},
		{"the verification is on record", onRecord(finished(esops.StepVerify))},
		{"the marker is about to be taken off", func(_ *rig.Rig, p *rig.Proxy, kill func()) { p.Before(rig.Settling, kill) }},
		{"the marker is off", func(_ *rig.Rig, p *rig.Proxy, kill func()) { p.After(rig.Settling, kill) }},
		{"the settling is on record", onRecord(finished(esops.StepSettle))},
	} {
		t.Run("when "+c.when, func(t *testing.T) {
			t.Parallel()
			proxy := rig.NewProxy(t, clusters.Reader)
			r := rig.New(t, rig.Options{Clusters: clusters, Destination: proxy.URL})
			killOnce(t, r, proxy, c.arm, fmt.Sprintf("kill%d-file-2019-08-25", i))
		})
	}
}

func killOnce(t *testing.T, r *rig.Rig, proxy *rig.Proxy, arm func(*rig.Rig, *rig.Proxy, func()), target string) {
	first := r.Spawn()
	killed := make(chan struct{})
	arm(r, proxy, func() { first.Kill(); close(killed) })
	r.Until("the bot connects", func() bool { return len(r.Slack.Sockets()) >= 2 })
	go func() { // a new one comes as soon as the old one is dead, as a supervisor does it
		<-killed
		r.Spawn()
	}()
	command := fmt.Sprintf("restore es-cn-b %s/%s file-2019-08-25 --as '%s' --reason 'killed'", rig.Repository, rig.Snapshot, strings.Replace(target, "file-2019-08-25", "$1", 1))
	// The bot may be gone before its ack arrives; what is on record decides.
	_, _ = r.Slack.Command(t.Context(), rig.Anna, rig.Channel, "/es-restore", command)
	r.Within(90e9, "a card", func() bool { return len(r.Slack.Messages(rig.Channel)) > 0 && len(r.Slack.Sockets()) > 0 })
	approve := func() bool {
		cards := r.Slack.Messages(rig.Channel)
		card := cards[len(cards)-1]
		if !slices.Contains(card.Actions(), "approve") {
			return true
		}
		_, _ = r.Slack.Click(t.Context(), rig.Ben, card.Place(), "approve")
		return false
	}
	for range 20 {
		if approve() {
			break
		}
		r.Within(90e9, "a connection", func() bool { return len(r.Slack.Sockets()) > 0 })
	}
	r.Within(180e9, "success", func() bool {
		return slices.ContainsFunc(r.Slack.Messages(rig.Channel), func(m message) bool { return strings.Contains(m.Text, "is succeeded") })
	})
	<-killed
	judge(t, r, proxy, target)
}

// judge asks the node itself: one restore, whole, settled, and the very one on
// record.
func judge(t *testing.T, r *rig.Rig, proxy *rig.Proxy, target string) {
	t.Helper()
	if n := proxy.Begun(); n != 1 {
		t.Errorf("Elasticsearch began %d restores", n)
	}
	sameCount(t, r, "file-2019-08-25", target)
	var settings map[string]struct {
		Settings struct {
			Index struct {
				UUID    string
				Routing map[string]any
			}
		}
	}
	if err := rig.At(r.Clusters.Reader).Do(t.Context(), "GET", "/"+target+"/_settings", nil, &settings); err != nil {
		t.Fatal(err)
	}
	index := settings[target].Settings.Index
	if len(index.Routing) > 0 {
		t.Errorf("the marker is still on: %v", index.Routing)
	}
	ends := map[approvals.EventKind]int{}
	for _, record := range r.Records() {
		ends[record.Event]++
		if result := record.Data.Result; result != nil && result.Step == esops.StepRestore && result.Targets[0].UUID != index.UUID {
			t.Errorf("the record has index %s, the node %s", result.Targets[0].UUID, index.UUID)
		}
	}
	if ends[approvals.Succeed] != 1 || ends[approvals.Opened] != 1 || ends[approvals.Approved] != 1 {
		t.Errorf("on record: %v", ends)
	}
}

func TestTheStoryOnRealNodesWithTheBuiltBinary(t *testing.T) {
	for _, version := range []string{"6.7.0", "7.10.2"} {
		t.Run(version, func(t *testing.T) {
			r := rig.New(t, rig.Options{Clusters: rig.Real(t, version, version)})
			tellStoryOf(t, r, true, version)
		})
	}
}
