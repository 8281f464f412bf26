package bot_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/internal/escontract/story"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// BenchmarkClick clicks Approve and Deny fifty times a second, from the click to
// the ack, which comes when the decision is on record in a real Redis that writes
// it to disk: in a new company, and in one with ten thousand operations, two
// hundred rules and thirty user groups. It fails when Slack is asked about groups
// more often than Slack allows.
func BenchmarkClick(b *testing.B) {
	for _, c := range []struct {
		name          string
		stored, rules int
	}{{"new", 0, 1}, {"10000 operations and 200 rules", 10_000, 200}} {
		b.Run(c.name, func(b *testing.B) {
			server := rig.StartRedis(b)
			const people, cards, groups = 8, 40, 30
			r := rig.New(b, rig.Options{Redis: server.Address(), Policies: manyRules(c.rules, groups, people+1)})
			var clickers, among []string
			for i := range people {
				clickers = append(clickers, fmt.Sprintf("U0CLICK%d", i))
				r.Slack.PutUser(slacksim.User{ID: clickers[i], Name: fmt.Sprintf("click%d", i)})
			}
			for i := range groups {
				among = append(among, fmt.Sprintf("S0G%02d", i))
				r.Slack.PutGroup(slacksim.Group{ID: among[i], Handle: strings.ToLower(among[i]), Members: []string{clickers[i%people]}})
			}
			r.Slack.PutChannel(slacksim.Channel{ID: rig.Channel, Name: "es", Members: append(clickers, rig.Anna, r.Slack.App().BotUserID)})
			w := r.Writer(false)
			for i := range c.stored {
				w.In(approvals.Denied, rig.Channel, fmt.Sprintf("old%05d-$1", i))
			}
			shown(b, r)
			r.Start()
			var asked []slacksim.Message
			for i := range cards {
				op := w.Open(rig.Channel, fmt.Sprintf("new%05d-$1", i))
				r.Within(2*time.Minute, "the card", func() bool { return r.Card(op.ID).TS != "" })
				asked = append(asked, r.Card(op.ID))
			}
			looked := func() int {
				return len(r.Slack.Calls("usergroups.list")) + len(r.Slack.Calls("usergroups.users.list"))
			}
			before, began := looked(), time.Now()
			var took []time.Duration
			pace := time.NewTicker(20 * time.Millisecond)
			defer pace.Stop()
			clicks := 0
			for b.Loop() {
				if clicks == people*cards {
					b.StopTimer()
					b.Fatalf("there is nothing left to click after %d clicks; use -benchtime=%dx", clicks, clicks)
				}
				<-pace.C
				clicked := time.Now()
				r.Click(clickers[clicks%people], asked[clicks/people], "approve")
				took = append(took, time.Since(clicked))
				clicks++
			}
			minutes := 1 + int(time.Since(began)/time.Minute)
			if n := looked() - before; n > 20*minutes {
				b.Errorf("Slack was asked about groups %d times in %d minutes", n, minutes)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// shown lets everything on record be shown already.
func shown(b *testing.B, r *rig.Rig) {
	b.Helper()
	s := r.Store()
	head, err := s.Head(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	lease, err := s.Acquire(b.Context(), "board", time.Minute)
	if err != nil || lease == nil {
		b.Fatalf("the board is led: %v", err)
	}
	if err := lease.SetCursor(b.Context(), "board", head.Seq); err != nil {
		b.Fatal(err)
	}
	if err := lease.Release(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// manyRules makes rules of which the last is about what is restored here. It wants
// so many people out of so many groups.
func manyRules(rules, groups, count int) string {
	var text strings.Builder
	for i := range rules - 1 {
		fmt.Fprintf(&text, "\n  - {name: never %d, when: {indices: [\"never-%d-*\"]}, require: [{count: 1, from: [group:S0G%02d]}]}", i, i, i%groups)
	}
	var from []string
	for i := range groups {
		from = append(from, fmt.Sprintf("group:S0G%02d", i))
	}
	fmt.Fprintf(&text, "\n  - {name: all, require: [{count: %d, from: [%s]}, {count: 1, from: [group:S0DBA]}]}", count, strings.Join(from, ", "))
	return text.String()
}

// BenchmarkARestoreOfAMinute restores the same index on the same real node with
// plain HTTP and through the bot, in turn, at a rate that makes it last a minute:
// from the approving click until the card says succeeded, so the check before, the
// verification and the marker that is taken off are in it.
func BenchmarkARestoreOfAMinute(b *testing.B) {
	clusters := rig.Real(b, "6.7.0", "6.7.0")
	patient := story.Options{Client: &http.Client{Timeout: 5 * time.Minute}}
	owner, reader := story.NewCluster(clusters.Owner, patient), story.NewCluster(clusters.Reader, patient)
	do := func(c *story.Cluster, method, path string, body any) {
		b.Helper()
		if err := c.Do(b.Context(), method, path, body, nil); err != nil {
			b.Fatal(err)
		}
	}
	type obj = map[string]any
	do(owner, "PUT", "/minute", obj{"settings": obj{"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}, "mappings": obj{"doc": obj{"enabled": false}}})
	noise := make([]byte, 75_000)
	for range 20 {
		var bulk bytes.Buffer
		for range 15 {
			_, _ = rand.Read(noise)
			fmt.Fprintf(&bulk, "{\"index\":{\"_type\":\"doc\"}}\n{\"noise\":%q}\n", base64.StdEncoding.EncodeToString(noise))
		}
		status, answer, err := owner.Raw(b.Context(), "POST", "/minute/_bulk", "application/x-ndjson", bulk.String())
		if err != nil || status != 200 {
			b.Fatalf("%d %v %.200s", status, err, answer)
		}
	}
	do(owner, "POST", "/minute/_flush", nil)
	do(owner, "PUT", "/_snapshot/aliyun_auto_snapshot/minute?wait_for_completion=true", obj{"indices": "minute"})
	do(reader, "PUT", "/_snapshot/"+rig.Repository, obj{"type": "fs", "settings": obj{"location": clusters.Location, "readonly": true, "max_restore_bytes_per_sec": "450kb"}})
	r := rig.New(b, rig.Options{Clusters: clusters})
	r.Start()
	var plain, through time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		do(reader, "POST", "/_snapshot/"+rig.Repository+"/minute/_restore?wait_for_completion=true", obj{"indices": "minute", "include_aliases": false, "rename_pattern": "(.+)", "rename_replacement": fmt.Sprintf("plain%d-$1", i)})
		plain += time.Since(began)
		do(reader, "DELETE", fmt.Sprintf("/plain%d-minute", i), nil)

		cards := len(r.Slack.Messages(rig.Channel))
		r.Type(rig.Anna, rig.Channel, fmt.Sprintf("restore es-cn-b %s/minute minute --as bot%d-$1 --reason x", rig.Repository, i))
		r.Until("the card", func() bool { return len(r.Slack.Messages(rig.Channel)) > cards })
		card := r.Slack.Messages(rig.Channel)[cards]
		began = time.Now()
		r.Click(rig.Ben, card, "approve")
		r.Within(5*time.Minute, "success", func() bool { return strings.Contains(r.Now(card).Text, "succeeded") })
		through += time.Since(began)
		do(reader, "DELETE", fmt.Sprintf("/bot%d-minute", i), nil)
	}
	b.ReportMetric(plain.Seconds()/float64(b.N), "plain-s")
	b.ReportMetric(through.Seconds()/float64(b.N), "through-s")
	b.ReportMetric(through.Seconds()/plain.Seconds(), "ratio")
}

// BenchmarkIdleMemory reports what a bot that nobody asks for a restore takes of
// memory, after sixty commands.
func BenchmarkIdleMemory(b *testing.B) {
	r := rig.New(b, rig.Options{})
	bot := r.Spawn()
	r.Until("the bot connects", func() bool { return len(r.Slack.Sockets()) >= 2 })
	var most int64
	for b.Loop() {
		for range 60 {
			r.Answer(rig.Anna, "clusters", 1)
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", bot.PID()))
		if err != nil {
			b.Skip("left out: there is no /proc here")
		}
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				var kib int64
				if _, err := fmt.Sscan(rest, &kib); err != nil {
					b.Fatal(err)
				}
				most = max(most, kib)
			}
		}
	}
	b.ReportMetric(float64(most)/1024, "rss-MiB")
}
