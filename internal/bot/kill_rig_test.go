package bot_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
	"es-restore/internal/aliyunsim"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
	"es-restore/store"
)

// A kill is one operation whose bot is killed at one moment, and carried out by
// the bot that comes after it.
type kill struct {
	*rig.Rig
	t     *testing.T
	proxy *rig.Proxy        // before the destination
	cloud *aliyunsim.Server // of shares
	redis *miniredis.Miniredis
	store *store.Store
	bot   *rig.Bot

	prefix     string // of everything on the destination, since kills share real nodes
	repository string // that it restores from

	first approvals.ID      // what is taken back or tried again
	since int64             // the last record before the operation that is disturbed
	was   map[string]string // UUIDs before it
}

// newKill sets up a company with a bot that lives yet.
func newKill(t *testing.T, clusters *rig.Clusters, prefix string, shares bool) *kill {
	t.Helper()
	k := &kill{t: t, prefix: prefix, repository: rig.Repository, proxy: rig.NewProxy(t, clusters.Reader), redis: rig.MiniRedis(t)}
	o := rig.Options{Clusters: clusters, Destination: k.proxy.URL, Redis: k.redis.Addr()}
	if shares {
		k.cloud = rig.NewCloud(t, clusters)
		o.Cloud = k.cloud
	}
	k.Rig = rig.New(t, o)
	k.store = k.Store()
	k.bot = k.Spawn()
	k.Until("the bot connects", func() bool { return len(k.Slack.Sockets()) >= 2 })
	return k
}

// disturb kills the bot at a moment of what follows. Another one comes as soon as
// it is dead, as a supervisor does it, and finds that its leases lapsed.
func (k *kill) disturb(m moment) (killed <-chan struct{}) {
	k.since, k.was = k.last(), k.uuids()
	dead := make(chan struct{})
	m.arm(k, sync.OnceFunc(func() {
		k.bot.Kill()
		k.redis.FastForward(11 * time.Second)
		close(dead)
	}))
	go func() {
		select {
		case <-dead:
			k.Spawn()
		case <-k.t.Context().Done():
		}
	}()
	return dead
}

// last is the number of the last record.
func (k *kill) last() int64 {
	records := k.Records()
	if len(records) == 0 {
		return 0
	}
	return records[len(records)-1].Seq
}

// recorded waits a while for a record of the operation.
func (k *kill) recorded(match func(audit.Record) bool, patience time.Duration) (audit.Record, bool) {
	ctx, cancel := context.WithTimeout(k.t.Context(), patience)
	defer cancel()
	for seq := k.since; ctx.Err() == nil; {
		records, err := k.store.After(ctx, seq, 100, time.Second)
		if err != nil {
			break
		}
		for _, record := range records {
			if seq = record.Seq; match(record) {
				return record, true
			}
		}
	}
	return audit.Record{}, false
}

// insist does what a person does who gets no answer: it tries until it is on
// record.
func (k *kill) insist(kind approvals.EventKind, try func(context.Context)) audit.Record {
	k.t.Helper()
	for range 30 {
		k.Within(90*time.Second, "a connection", func() bool { return len(k.Slack.Sockets()) > 0 })
		ctx, cancel := context.WithTimeout(k.t.Context(), 10*time.Second)
		try(ctx)
		cancel()
		if r, ok := k.recorded(event(kind), 3*time.Second); ok {
			return r
		}
	}
	k.t.Fatalf("not on record: %s\n%s", kind, k.Dump())
	return audit.Record{}
}

func (k *kill) typed(kind approvals.EventKind, command string) audit.Record {
	k.t.Helper()
	return k.insist(kind, func(ctx context.Context) {
		_, _ = k.Slack.Command(ctx, rig.Anna, rig.Channel, "/es-restore", command)
	})
}

// carryOut has an operation asked for, approved and brought to an end, however
// often the bot is gone meanwhile; or stopped, once a record is there.
func (k *kill) carryOut(command string, stopped func(audit.Record) bool) approvals.ID {
	k.t.Helper()
	id := k.typed(approvals.Opened, command).Operation
	k.insist(approvals.Approved, func(ctx context.Context) { k.approve(ctx, id) })
	end := ") is succeeded"
	if stopped != nil {
		if _, ok := k.recorded(stopped, time.Minute); !ok {
			k.t.Fatalf("it did not come so far that it could be stopped\n%s", k.Dump())
		}
		k.typed(approvals.WasCancel, "cancel "+string(id)+" --reason enough")
		end = ") is cancelled"
	}
	k.Within(3*time.Minute, "an end of "+string(id), func() bool {
		text := k.card(id).Text
		return strings.Contains(text, end) || strings.Contains(text, ") is failed")
	})
	if text := k.card(id).AllText(); !strings.Contains(k.card(id).Text, end) {
		k.t.Fatalf("it came to another end:\n%s", text)
	}
	return id
}

// card is the operation's, or nothing as long as there is none.
func (k *kill) card(id approvals.ID) message {
	var card message
	for _, m := range k.Slack.Messages(rig.Channel) {
		if !strings.Contains(m.Text, "R-") || rig.ID(m) != string(id) {
			continue
		}
		// One that was killed between a card and its record left it behind, and the
		// next posted another. Only the one on record changes.
		if card.TS == "" || m.TS == k.bound(id) {
			card = m
		}
	}
	return card
}

// bound is where the card on record is.
func (k *kill) bound(id approvals.ID) string {
	card, err := k.store.Card(context.Background(), id)
	if err != nil {
		return ""
	}
	return card.TS
}

// approve clicks, and types the destination's name where a form asks for it.
func (k *kill) approve(ctx context.Context, id approvals.ID) {
	clickable := func() bool { return slices.Contains(k.card(id).Actions(), "approve") }
	if k.Slack.Wait(ctx, clickable) != nil {
		return
	}
	if len(k.Slack.Views(rig.Ben)) == 0 {
		_, _ = k.Slack.Click(ctx, rig.Ben, k.card(id).Place(), "approve")
	}
	if k.Operation(id).Plan.Overwrites() {
		_ = k.Slack.Wait(ctx, func() bool { return len(k.Slack.Views(rig.Ben)) > 0 })
	}
	for _, view := range k.Slack.Views(rig.Ben) {
		_, _ = k.Slack.Submit(ctx, rig.Ben, view.ID, slacksim.Values{"confirm": "es-cn-b"})
	}
}

// do asks the destination itself.
func (k *kill) do(method, path string, body, out any) {
	k.t.Helper()
	if err := rig.At(k.Clusters.Reader).Do(k.t.Context(), method, path, body, out); err != nil {
		k.t.Fatal(err)
	}
}

type metadata struct {
	State    string
	Aliases  []string
	Settings struct {
		Index struct {
			UUID     string
			Replicas string `json:"number_of_replicas"`
			Routing  struct {
				Allocation struct{ Exclude map[string]string }
			}
		}
	}
}

// indices are the destination's, as its own state has them.
func (k *kill) indices() map[string]metadata {
	k.t.Helper()
	var state struct {
		Metadata struct{ Indices map[string]metadata }
	}
	k.do(http.MethodGet, "/_cluster/state/metadata/"+k.prefix+"-*?expand_wildcards=open,closed", nil, &state)
	return state.Metadata.Indices
}

func (k *kill) uuids() map[string]string {
	uuids := map[string]string{}
	for name, index := range k.indices() {
		uuids[name] = index.Settings.Index.UUID
	}
	return uuids
}

// stand describes each index of the destination by all that a restore could
// have done to it.
func (k *kill) stand() map[string]string {
	k.t.Helper()
	stand := map[string]string{}
	for name, is := range k.indices() {
		words := []string{is.State, is.Settings.Index.Replicas + " replicas"}
		if is.State == "open" {
			var found struct{ Count int }
			k.do(http.MethodGet, "/"+name+"/_count", nil, &found)
			words = append(words, fmt.Sprint(found.Count, " documents"))
		}
		if k.was[name] == is.Settings.Index.UUID {
			words = append(words, "the same as before")
		}
		for _, alias := range is.Aliases {
			words = append(words, "behind "+strings.TrimPrefix(alias, k.prefix+"-"))
		}
		if marks := is.Settings.Index.Routing.Allocation.Exclude; len(marks) > 0 {
			words = append(words, fmt.Sprint("marked ", marks))
		}
		stand[strings.TrimPrefix(name, k.prefix+"-")] = strings.Join(words, ", ")
	}
	return stand
}

// judge asks the cluster what came of it, and the record whether it is told once.
func (k *kill) judge(p killedPlan, id approvals.ID, m moment) {
	k.t.Helper()
	if diff := cmp.Diff(p.stand, k.stand()); diff != "" {
		k.t.Errorf("the indices (-want +got):\n%s", diff)
	}
	n := k.proxy.Begun()
	never := m.lost && p.stops && n == 0 // it was stopped before it was asked for again
	if n != p.begun && !never {
		k.t.Errorf("Elasticsearch began %d restores, want %d", n, p.begun)
	}
	if p.shares {
		var there map[string]any
		k.do(http.MethodGet, "/_snapshot", nil, &there)
		shared := len(k.cloud.Shared("es-cn-b"))
		if has := slices.Contains(slices.Collect(maps.Keys(there)), rig.Repository); shared != p.shared || has != (p.shared > 0) {
			k.t.Errorf("the cloud shares %d, and Elasticsearch lists %v", shared, there)
		}
	}
	now := k.indices()
	for _, r := range k.Trail(id) {
		if result := r.Data.Result; result != nil && result.Step == esops.StepRestore && !p.stops {
			for _, t := range result.Targets {
				if uuid := now[t.Name].Settings.Index.UUID; t.UUID != uuid {
					k.t.Errorf("the record has %s of %s, the cluster %s", t.UUID, t.Name, uuid)
				}
			}
		}
	}
	times := map[approvals.EventKind]int{}
	for _, record := range k.Records() {
		if record.Operation == id && record.Event != approvals.Stepped && record.Event != approvals.Claimed && record.Event != approvals.Refused {
			times[record.Event]++
		}
	}
	want := map[approvals.EventKind]int{approvals.Opened: 1, approvals.Approved: 1, approvals.Succeed: 1}
	if p.stops {
		want = map[approvals.EventKind]int{approvals.Opened: 1, approvals.Approved: 1, approvals.WasCancel: 1, approvals.Stopped: 1}
	}
	if diff := cmp.Diff(want, times); diff != "" {
		k.t.Errorf("on record (-want +got):\n%s", diff)
	}
}
