package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"es-restore/approvals"
	"es-restore/audit"
)

// The format of a record is a promise to whoever keeps exported ones. When this
// line has to change, records that were written before can't be verified any
// more.
const golden = `{"actor":{"groups":["S0DBA"],"id":"U0BEN","name":"Ben Böttcher"},` +
	`"data":{"met":true,"reason":"go\non <b>&\u001f` + "\u2028" + `"},` +
	`"event":"approved",` +
	`"hash":"sha256:5689ed97acd95496a7b856a532de3d490566b4a772099312fae81f67c68a770d",` +
	`"operation":"R-7K3M9",` +
	`"plan":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",` +
	`"prev":"sha256:0000000000000000000000000000000000000000000000000000000000000000",` +
	`"seq":1,"time":"2026-11-23T20:05:12.345Z"}`

func TestTheFormatOfARecordStaysAsItIs(t *testing.T) {
	r, line, err := audit.Seal(audit.Genesis, approvals.Event{
		Time: at.In(time.FixedZone("CST", 8*3600)), Operation: "R-7K3M9", Kind: approvals.Approved, Actor: ben,
		Plan: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
		Data: approvals.Data{Met: true, Reason: "go\non <b>&\x1f\u2028"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(golden, string(line)); diff != "" {
		t.Errorf("the line is another:\n%s", diff)
	}
	// The hash once more, by hand: SHA-256 of the same bytes without the field.
	bare := regexp.MustCompile(`"hash":"[^"]*",`).ReplaceAllString(golden, "")
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(bare))); r.Hash != want {
		t.Errorf("the hash is %s, and that of the rest of the line %s", r.Hash, want)
	}
}

func TestARecordHasTheFieldsItPromises(t *testing.T) {
	for _, line := range sealed(t, audit.Genesis, events()...) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"seq", "time", "operation", "event", "actor", "plan", "data", "prev", "hash"} {
			if _, ok := fields[name]; !ok {
				t.Errorf("it has no %s: %s", name, line)
			}
			delete(fields, name)
		}
		if len(fields) > 0 {
			t.Errorf("it has more: %v", fields)
		}
	}
}

func TestALineIsInItsCanonicalFormAndOneLine(t *testing.T) {
	for _, line := range sealed(t, audit.Genesis, events()...) {
		canonical, err := jcs.Transform(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(canonical), string(line)); diff != "" {
			t.Errorf("its canonical form is another:\n%s", diff)
		}
		if bytes.ContainsAny(line, "\n\r") {
			t.Errorf("it has a newline: %q", line)
		}
	}
}

func TestTheBotItselfIsTheActorSystem(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()...)
	if !bytes.Contains(lines[2], []byte(`"actor":{"id":"system"}`)) {
		t.Errorf("it says %s", lines[2])
	}
}

func TestTheFirstRecordFollowsSixtyFourZeros(t *testing.T) {
	if audit.Genesis.Seq != 0 || audit.Genesis.Hash != "sha256:"+strings.Repeat("0", 64) {
		t.Errorf("it is %+v", audit.Genesis)
	}
}

func TestASealedRecordReadsBackAsItWas(t *testing.T) {
	head := audit.Genesis
	for i, e := range events() {
		r, line, err := audit.Seal(head, e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := audit.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		// A plan's settings are any JSON, where a number has lost its kind.
		if diff := cmp.Diff(r, back, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b map[string]any) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); diff != "" {
			t.Errorf("record %d reads as another:\n%s", i, diff)
		}
		if r.Seq != head.Seq+1 || r.Prev != head.Hash || !r.Time.Equal(e.Time.Truncate(time.Millisecond)) {
			t.Errorf("record %d is %+v", i, r)
		}
		if i == 0 && back.Data.Plan.Digest() != back.Plan {
			t.Error("the plan in the record has another digest")
		}
		head = r.Head()
	}
}

func TestWhatIsNoRecordIsNotRead(t *testing.T) {
	for _, line := range []string{"", "null x", "[]", "12", `"seq"`, `{"seq":"one"}`, `{"seq":1`} {
		if r, err := audit.Parse([]byte(line)); err == nil {
			t.Errorf("%q is read as %+v", line, r)
		}
	}
}

// Whatever people write, a chain of it verifies, and reads back as written
// wherever it is Unicode at all.
func TestWhateverPeopleWriteIsSealed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reason := rapid.String().Draw(t, "reason")
		name := string(rapid.SliceOf(rapid.Byte()).Draw(t, "name"))
		_, line, err := audit.Seal(audit.Head{Seq: rapid.Int64Range(1, 1<<52).Draw(t, "seq"), Hash: digest(nil)},
			approvals.Event{Time: at, Kind: approvals.Refused, Actor: approvals.Actor{ID: "U", Name: name}, Data: approvals.Data{Reason: reason}})
		if err != nil {
			t.Fatal(err)
		}
		if err := new(audit.Checker).Next(line); err != nil {
			t.Fatal(err)
		}
		back, err := audit.Parse(line)
		if err != nil || back.Data.Reason != reason || utf8.ValidString(name) && back.Actor.Name != name {
			t.Fatalf("it reads back as %q and %q: %v", back.Data.Reason, back.Actor.Name, err)
		}
	})
}

// RFC 8785 knows numbers as doubles do. Those of records stay far below where
// that matters: 2^53 bytes are nine petabytes, 2^53 nanoseconds 104 days, and a
// whole number of seconds is exact for much longer.
func TestNumbersAreExactAsFarAsRecordsGo(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 100, 1<<53 - 1, int64(365 * 24 * time.Hour), int64(3650 * 24 * time.Hour)} {
		_, line, err := audit.Seal(audit.Genesis, approvals.Event{Time: at, Data: approvals.Data{LostTo: n, Needs: &approvals.Needs{Expires: time.Duration(n)}}})
		if err != nil {
			t.Fatal(err)
		}
		back, err := audit.Parse(line)
		if err != nil || back.Data.LostTo != n || back.Data.Needs.Expires != time.Duration(n) {
			t.Errorf("%d reads back as %d: %v", n, back.Data.LostTo, err)
		}
	}
}
