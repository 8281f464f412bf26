package bot_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/internal/bot"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// run runs one verb of the program on the rig's configuration.
func run(t *testing.T, r *rig.Rig, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = bot.Run(t.Context(), append([]string{"--config", r.Config}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

// refusesToDecide checks that nothing is decided while the log is behind, and that
// people are told why.
func refusesToDecide(t *testing.T, r *rig.Rig, id approvals.ID, card message) {
	t.Helper()
	before := r.Operation(id)
	for _, said := range []string{
		r.Told(rig.Cleo, card, "approve", slacksim.WithValue(string(id))),
		r.Forge(r.FormPayload(rig.Ben, "deny", string(id), map[string]string{"reason": "no"})).Words(),
		r.Answer(rig.Anna, "cancel "+string(id), 1),
		r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/"+rig.Snapshot+` file-2019-08-25 --as 'another-$1' --reason x`, 2),
	} {
		if !strings.Contains(said, "came back older than it was") || !strings.Contains(said, "Nothing was recorded") {
			t.Errorf("told: %s", said)
		}
	}
	if after := r.Operation(id); after.State != before.State || after.Version != before.Version {
		t.Errorf("it went from %s to %s", before.State, after.State)
	}
}

// accept takes work up again, as an operator does.
func accept(t *testing.T, r *rig.Rig) string {
	t.Helper()
	if code, _, stderr := run(t, r, "audit", "accept-rollback"); code == 0 || !strings.Contains(stderr, "--reason") {
		t.Errorf("without a reason: exit %d, %s", code, stderr)
	}
	code, stdout, stderr := run(t, r, "audit", "accept-rollback", "--reason", "the primary burnt down")
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	r.Ready(200, "ready")
	accepted := r.Await("the acceptance", func(rec audit.Record) bool { return rec.Event == approvals.RolledBack })
	if accepted.Data.Reason != "the primary burnt down" || accepted.Operation != "" || accepted.Data.LostTo < accepted.Data.LostFrom {
		t.Errorf("on record: %+v", accepted)
	}
	return stdout
}

// TestARedisThatForgetsACancellationApprovesNothing rolls Redis back over a cancel.
func TestARedisThatForgetsACancellationApprovesNothing(t *testing.T) {
	t.Parallel()
	server := rig.StartRedis(t)
	trail := filepath.Join(t.TempDir(), "audit.jsonl")
	r := rig.New(t, rig.Options{Redis: server.Address(), Extra: "audit: {export: " + trail + "}"})
	r.Start()
	card := r.Ask(rig.Anna, file)
	id := approvals.ID(rig.ID(card))
	r.Card(id)
	r.Thread(card, "asked")
	saved := server.Save()
	r.Click(rig.Anna, card, "cancel")
	r.Becomes(card, "cancelled")
	r.Poll("the cancellation is exported", func() bool { return strings.Contains(exported(t, trail), `"event":"cancelled"`) })
	server.RollBack(saved)
	r.Ready(503, "redis came back older than it was")
	if op := r.Operation(id); op.State != approvals.Waiting {
		t.Fatalf("the rollback brought back %s", op.State)
	}
	refusesToDecide(t, r, id, card)
	if code, stdout, _ := run(t, r, "audit", "verify"); code != 0 || !strings.Contains(stdout, "ok: ") {
		t.Errorf("what is left is a chain all the same: %d %s", code, stdout)
	}
	if said := accept(t, r); !strings.Contains(said, "1 operations that waited are expired: "+string(id)) {
		t.Error(said)
	}
	r.Becomes(card, "expired")
	if got := r.Told(rig.Ben, card, "approve", slacksim.WithValue(string(id))); !strings.Contains(got, "expired") {
		t.Error(got)
	}
	if n := len(r.Clusters.SimReader.Restores()); n != 0 {
		t.Errorf("%d restores begun", n)
	}
	next := r.Ask(rig.Anna, file) // and work goes on
	r.Click(rig.Ben, next, "approve")
	r.Becomes(next, "succeeded")
	metricsFollow(t, r)
	exportHoldsBoth(t, r, trail)
}

// exportHoldsBoth checks that an export with what a rollback lost and what was
// written instead verifies, and says which is which.
func exportHoldsBoth(t *testing.T, r *rig.Rig, trail string) {
	t.Helper()
	records := r.Records()
	head := records[len(records)-1].Head()
	r.Poll("all is exported", func() bool { return strings.Contains(exported(t, trail), head.Hash) })
	code, stdout, stderr := run(t, r, "audit", "verify", trail)
	if code != 0 || !strings.Contains(stdout, head.Hash) || !strings.Contains(stdout, "\nrolled back: records ") {
		t.Errorf("exit %d: %s%s\n%s", code, stdout, stderr, exported(t, trail))
	}
	if text := exported(t, trail); strings.Count(text, "\n") <= len(records) || !strings.Contains(text, `"event":"cancelled"`) {
		t.Errorf("what was lost is not in it:\n%s", text)
	}
	unaccepted := filepath.Join(t.TempDir(), "unaccepted.jsonl")
	lines := strings.SplitAfter(exported(t, trail), "\n")
	before := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, `"event":"rolled_back"`) })
	if err := os.WriteFile(unaccepted, []byte(strings.Join(append(lines[:before:before], lines[before+1:]...), "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := run(t, r, "audit", "verify", unaccepted); code != 1 || !strings.HasPrefix(stdout, "broken: seq ") || !strings.Contains(stdout, " (line ") {
		t.Errorf("without the acceptance: exit %d: %s", code, stdout)
	}
}

func exported(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// metricsFollow checks that numbers are true again after a rollback.
func metricsFollow(t *testing.T, r *rig.Rig) {
	t.Helper()
	records := r.Records()
	head := records[len(records)-1].Seq
	r.Poll("the metrics follow the log that there is", func() bool {
		_, body := r.Page("/metrics")
		return strings.Contains(body, "\nesrestore_log_seq "+strconv.FormatInt(head, 10)+"\n")
	})
}

// TestARedisThatForgetsARestoreStartsNothingTwice rolls Redis back over a restore,
// to before its start and into its middle.
func TestARedisThatForgetsARestoreStartsNothingTwice(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		to   string
		ends approvals.State
	}{
		{"before the approval", approvals.Expired}, {"before the start", approvals.Expired}, {"its middle", approvals.Succeeded},
	} {
		t.Run("to "+c.to, func(t *testing.T) {
			t.Parallel()
			server := rig.StartRedis(t)
			saved := ""
			save := func(stage int) {
				if stage == i {
					saved = server.Save()
				}
			}
			r := rig.New(t, rig.Options{Redis: server.Address()})
			writer := r.Writer(true) // holds the start back until Redis is saved
			r.Start()
			id := writer.Open(rig.Channel, "").ID
			card := r.Card(id)
			r.Thread(card, "asked")
			save(0)
			r.Click(rig.Ben, card, "approve")
			r.Thread(card, "approved")
			save(1)
			r.Clusters.SimReader.Slow(8000)
			writer.Release()
			r.Await("it is begun", func(rec audit.Record) bool { return rec.Data.Result != nil })
			save(2)
			r.Await("its end", onRecord(id, approvals.Succeed))
			server.RollBack(saved)
			r.Ready(503, "redis came back older than it was")
			refusesToDecide(t, r, id, card)
			accept(t, r)
			r.Becomes(card, string(c.ends))
			if n := len(r.Clusters.SimReader.Restores()); n != 1 {
				t.Errorf("%d restores begun", n)
			}
			if c.ends == approvals.Succeeded {
				sameCount(t, r, "file-2019-08-25", "file-2019-08-25")
			}
			r.Records() // which checks the chain
		})
	}
}

// TestWithoutARecordThereIsNoAction lets Redis answer and write nothing.
func TestWithoutARecordThereIsNoAction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		ill, well []any
	}{
		{"Redis is out of memory", []any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"}},
		{"Redis is a replica that takes no writes", []any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"}},
		{"Redis misses its replicas", []any{"CONFIG", "SET", "min-replicas-to-write", "1"}, []any{"CONFIG", "SET", "min-replicas-to-write", "0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := rig.StartRedis(t)
			r := rig.New(t, rig.Options{Redis: server.Address()})
			r.Start()
			w := r.Writer(false)
			waiting, ready := w.Open(rig.Channel, "waiting-$1").ID, w.Open(rig.Channel, "ready-$1").ID
			card := r.Card(waiting)
			back := r.Clusters.SimReader.Refuse()
			r.Click(rig.Ben, r.Card(ready), "approve")
			r.Await("the approval", onRecord(ready, approvals.Approved))
			server.Do(c.ill...)
			back() // what is ready could start now
			if got := r.Told(rig.Ben, card, "approve"); !strings.Contains(got, "Nothing was recorded") {
				t.Error(got)
			}
			if got := r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/"+rig.Snapshot+` file-2019-08-25 --as 'another-$1' --reason x`, 2); !strings.Contains(got, "Nothing was recorded") {
				t.Error(got)
			}
			rounds := func() int {
				return strings.Count(r.Log.String(), "round skipped") + strings.Count(r.Log.String(), "operation not started")
			}
			before := rounds()
			r.Poll("the worker tries and fails", func() bool { return rounds() > before+2 })
			if n := len(r.Clusters.SimReader.Restores()); n != 0 {
				t.Errorf("%d restores begun", n)
			}
			if op := r.Operation(waiting); op.State != approvals.Waiting {
				t.Errorf("it is %s", op.State)
			}
			server.Do(c.well...)
			r.Await("what was ready is done", onRecord(ready, approvals.Succeed))
			r.Records()
		})
	}
}

// TestARunningRestoreIsRecordedWhenRedisWritesAgain lets Redis write nothing from
// the moment Elasticsearch has begun.
func TestARunningRestoreIsRecordedWhenRedisWritesAgain(t *testing.T) {
	t.Parallel()
	server := rig.StartRedis(t)
	proxyRig := rig.Simulated(t, "6.7.0")
	proxy := rig.NewProxy(t, proxyRig.Reader)
	r := rig.New(t, rig.Options{Redis: server.Address(), Clusters: proxyRig, Destination: proxy.URL})
	r.Start()
	card := r.Ask(rig.Anna, file)
	proxy.After(rig.Restoring, func() { server.Do("CONFIG", "SET", "maxmemory", "1") })
	r.Click(rig.Ben, card, "approve")
	r.Poll("it is begun", func() bool { return proxy.Begun() == 1 })
	ends := func() bool {
		runs := proxyRig.SimReader.Restores()
		return len(runs) == 1 && !runs[0].Ended.IsZero()
	}
	r.Poll("Elasticsearch is done", ends)
	server.Do("CONFIG", "SET", "maxmemory", "0")
	r.Becomes(card, "succeeded")
	if n := proxy.Begun(); n != 1 {
		t.Errorf("%d restores begun", n)
	}
	if !slices.ContainsFunc(r.Trail(approvals.ID(rig.ID(card))), func(rec audit.Record) bool { return rec.Data.Sent != nil }) {
		t.Error("the request is not on record")
	}
}

// TestAPausedRedisAcknowledgesNothingEarly stops Redis in its tracks.
func TestAPausedRedisAcknowledgesNothingEarly(t *testing.T) {
	t.Parallel()
	server := rig.StartRedis(t)
	r := rig.New(t, rig.Options{Redis: server.Address()})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Card(approvals.ID(rig.ID(card)))
	server.Pause()
	click, err := r.Slack.Click(t.Context(), rig.Ben, card.Place(), "approve")
	if err != nil {
		t.Fatal(err)
	}
	r.Until("ben is told", func() bool { return len(r.Slack.Ephemerals(rig.Ben, "")) > 0 })
	if said := r.Slack.Ephemerals(rig.Ben, "")[0].AllText(); !strings.Contains(said, "Nothing was recorded") && !strings.Contains(said, "not known yet") {
		t.Errorf("told after %s: %s", click.Latency, said)
	}
	server.Resume()
	r.Ready(200, "ready")
	if r.Operation(approvals.ID(rig.ID(card))).State == approvals.Waiting {
		r.Click(rig.Ben, card, "approve")
	}
	r.Becomes(card, "succeeded")
}
