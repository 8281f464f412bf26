package audit_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

var at = time.Date(2026, 11, 23, 20, 5, 12, 345_678_901, time.UTC)

var ben = approvals.Actor{ID: "U0BEN", Name: "Ben Böttcher", Groups: []string{"S0DBA"}}

// events are a short life of an operation, with free text that is hard on JSON.
func events() []approvals.Event {
	plan := esops.Plan{
		Kind: esops.KindRestore, Cluster: "prod-b", ClusterUUID: "u1", Source: "prod-a", Repository: "r", Snapshot: "s", SnapshotUUID: "u2",
		Items: []esops.Item{{Index: "a", Target: "a", TargetState: esops.TargetAbsent}},
		Steps: []esops.Step{{Kind: esops.StepRestore, Body: &esops.RestoreBody{Indices: []string{"a"}, IndexSettings: map[string]any{"index.number_of_replicas": 0}}}},
	}
	digest := plan.Digest()
	return []approvals.Event{
		{Time: at, Operation: "R-7K3M9", Kind: approvals.Opened, Actor: approvals.Actor{ID: "U0ANNA", Name: "Anna"}, Plan: digest,
			Data: approvals.Data{Plan: &plan, Readings: &esops.Readings{Taken: at, Items: []esops.ItemReading{{Index: "a", Bytes: 1000, Shards: 10}}},
				Reason: "<script>&amp; \"quoted\" \\ \x1f \u2028 日本 🐘"}},
		{Time: at.Add(time.Minute), Operation: "R-7K3M9", Kind: approvals.Approved, Actor: ben, Plan: digest, Data: approvals.Data{Met: true, Reason: "go\non \x1f 日本"}},
		{Time: at.Add(time.Hour), Operation: "R-7K3M9", Kind: approvals.Claimed, Actor: approvals.System, Plan: digest, Data: approvals.Data{Worker: "host/1", Epoch: 100}},
		{Time: at.Add(2 * time.Hour), Kind: approvals.RolledBack, Actor: approvals.Actor{ID: "operator"}, Data: approvals.Data{LostFrom: 4, LostTo: 10}},
	}
}

// sealed seals events onto a head, and returns the lines.
func sealed(t testing.TB, head audit.Head, events ...approvals.Event) [][]byte {
	t.Helper()
	var lines [][]byte
	for _, e := range events {
		r, line, err := audit.Seal(head, e)
		if err != nil {
			t.Fatal(err)
		}
		head = r.Head()
		lines = append(lines, line)
	}
	return lines
}

// export writes lines as they are exported.
func export(lines ...[]byte) []byte {
	return append(bytes.Join(lines, []byte("\n")), '\n')
}

// digest is the text of a SHA-256.
func digest(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

func prevOf(t testing.TB, line string) string {
	t.Helper()
	r, err := audit.Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return r.Prev
}
