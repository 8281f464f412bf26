package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gowebpki/jcs"

	"es-restore/approvals"
	"es-restore/audit"
)

func TestAChainVerifiesToItsHead(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()...)
	last, err := audit.Parse(lines[len(lines)-1])
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"as exported":                export(lines...),
		"without the last newline":   bytes.TrimSpace(export(lines...)),
		"with empty lines":           export(bytes.Join(lines, []byte("\n\n  \n"))),
		"as Windows writes it":       bytes.ReplaceAll(export(lines...), []byte("\n"), []byte("\r\n")),
		"with blanks around records": export(bytes.Join(lines, []byte(" \n\t"))),
	} {
		c, err := audit.Verify(bytes.NewReader(text))
		if err != nil || c.Head() != last.Head() || c.First != 1 {
			t.Errorf("%s: it ends at %+v and begins with %d: %v", name, c.Head(), c.First, err)
		}
	}
}

func TestNothingIsAChainOfNoRecords(t *testing.T) {
	for _, text := range []string{"", "\n", " \n\n"} {
		c, err := audit.Verify(strings.NewReader(text))
		if err != nil || c.Head() != audit.Genesis {
			t.Errorf("%q ends at %+v: %v", text, c.Head(), err)
		}
	}
}

func TestAFaultOfReadingIsNoFaultOfTheChain(t *testing.T) {
	broken := errors.New("the disk is gone")
	text := export(sealed(t, audit.Genesis, events()...)...)
	_, err := audit.Verify(io.MultiReader(bytes.NewReader(text), iotest.ErrReader(broken)))
	var b *audit.Broken
	if !errors.Is(err, broken) || errors.As(err, &b) {
		t.Errorf("it came to %v", err)
	}
}

// Other JSON for the same record is the same record: the hash is of its
// canonical form, so that tools that write fields in another order do no harm.
func TestARecordIsWhatItSaysAndNotItsBytes(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()...)
	for i, line := range lines {
		var fields any
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatal(err)
		}
		indented, err := json.MarshalIndent(fields, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = bytes.ReplaceAll(indented, []byte("\n"), []byte(" ")) // and it escapes what HTML may mistake
		if bytes.Equal(line, lines[i]) {
			t.Fatal("that is the same line")
		}
	}
	if _, err := audit.Verify(bytes.NewReader(export(lines...))); err != nil {
		t.Error(err)
	}
}

// reseal gives a line the hash that fits its content.
func reseal(t testing.TB, line string) []byte {
	t.Helper()
	_, rest, _ := strings.Cut(line, `"hash":"`)
	hash, _, _ := strings.Cut(rest, `"`)
	bare := strings.Replace(line, `"hash":"`+hash+`",`, "", 1)
	canonical, err := jcs.Transform([]byte(bare))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.Replace(line, hash, digest(canonical), 1))
}

func TestFieldsThatNobodyKnowsAreInTheHash(t *testing.T) {
	line := string(sealed(t, audit.Genesis, events()...)[0])
	more := reseal(t, strings.Replace(line, `"seq":1`, `"seq":1,"shard":{"b":1,"a":[2]}`, 1))
	var c audit.Checker
	if err := c.Next(more); err != nil {
		t.Fatalf("a record with a field of a later version does not verify: %v", err)
	}
	for name, text := range map[string]string{
		"changed":   strings.Replace(string(more), `"b":1`, `"b":2`, 1),
		"taken out": strings.Replace(string(more), `,"shard":{"b":1,"a":[2]}`, "", 1),
		"put in":    strings.Replace(line, `"seq":1`, `"seq":1,"shard":0`, 1),
	} {
		var c audit.Checker
		if err := c.Next([]byte(text)); err == nil {
			t.Errorf("%s, it verifies", name)
		}
	}
}

// A field that is there twice reads as the first to some and as the last to
// others.
func TestAFieldThatIsThereTwiceIsNoRecord(t *testing.T) {
	line := string(sealed(t, audit.Genesis, events()...)[1])
	line = string(reseal(t, strings.Replace(strings.Replace(line, `"seq":2`, `"seq":1`, 1), prevOf(t, line), audit.Genesis.Hash, 1)))
	var c audit.Checker
	if err := c.Next([]byte(line)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"event before":         strings.Replace(line, `"event":`, `"event":"denied","event":`, 1),
		"event at the front":   strings.Replace(line, `{`, `{"event":"denied",`, 1),
		"hash":                 strings.Replace(line, `"hash":`, `"hash":"sha256:0","hash":`, 1),
		"seq":                  strings.Replace(line, `"seq":`, `"seq":9,"seq":`, 1),
		"deeper":               strings.Replace(line, `"met":`, `"met":false,"met":`, 1),
		"under another escape": strings.Replace(line, `"event":`, `"\u0065vent":"denied","event":`, 1),
	} {
		if text == line {
			t.Fatalf("%s: nothing changed", name)
		}
		if err := new(audit.Checker).Next([]byte(text)); err == nil {
			t.Errorf("%s: it verifies: %s", name, text)
		}
	}
}

// tamper is what one byte of an export can become.
func tamper(b byte) []byte {
	others := []byte{b ^ 0x01, b ^ 0x02, b ^ 0x04, b ^ 0x08, b ^ 0x10, b ^ 0x20, b ^ 0x40, b ^ 0x80, ' ', '\n', '"'}
	return slices.DeleteFunc(others, func(o byte) bool { return o == b })
}

// Every byte of an exported chain is changed in many ways, taken out and
// doubled. Each time the chain is found broken at the record the byte is in; a
// newline belongs to both of its records, and a change of it shows in either.
// Where a rollback took the chain back, what should have stood there is the record
// that goes on or the one that goes back.
//
// What is not found changes nothing in meaning, which is proved by the canonical
// forms of all records being the same: blanks between records, the case of the
// hexadecimal digits of an escape (\u001f), and nothing else.
func TestEveryChangedByteIsFoundWhereItIs(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()[1:]...)
	was := heads(t, lines)
	for name, lines := range map[string][][]byte{
		"a chain":                     lines,
		"a chain that was taken back": slices.Concat(lines, sealed(t, was[1], rollback(2, 3), events()[1], events()[2])),
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); changeEveryByte(t, lines) })
	}
}

func changeEveryByte(t *testing.T, lines [][]byte) {
	whole := export(lines...)
	if _, err := audit.Verify(bytes.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	may := []int64{1} // the numbers by which the record may be named
	line := 1
	for i := range whole {
		if i > 0 && whole[i-1] == '\n' {
			may = []int64{heads(t, lines)[line].Seq + 1, heads(t, lines)[line+1].Seq}
			line++
		}
		changes := map[string][]byte{
			"taken out": slices.Delete(slices.Clone(whole), i, i+1),
			"doubled":   slices.Insert(slices.Clone(whole), i, whole[i]),
		}
		for _, b := range tamper(whole[i]) {
			changed := slices.Clone(whole)
			changed[i] = b
			changes[fmt.Sprintf("made %q", b)] = changed
		}
		for how, changed := range changes {
			_, err := audit.Verify(bytes.NewReader(changed))
			if err == nil {
				if why := meansTheSame(whole, changed); why != "" {
					t.Errorf("byte %d (%q) of line %d %s is not found: %s", i, whole[i], line, how, why)
				}
				continue
			}
			var broken *audit.Broken
			if !errors.As(err, &broken) {
				t.Fatalf("byte %d %s: %v", i, how, err)
			}
			newline := whole[i] == '\n'
			split := newline || bytes.Count(changed, []byte("\n")) > len(lines) // the rest of it stands on the next line
			if broken.Line != line && (!split || broken.Line != line+1) || !newline && !slices.Contains(may, broken.Seq) {
				t.Errorf("byte %d (%q) of line %d %s is found on line %d, as record %d: %s", i, whole[i], line, how, broken.Line, broken.Seq, broken.Why)
			}
		}
	}
	if line != len(lines) {
		t.Errorf("%d records were looked at", line)
	}
}

// meansTheSame tells why two exports differ in what they say; "" when they don't.
func meansTheSame(a, b []byte) string {
	x, y := nonEmpty(bytes.Split(a, []byte("\n"))), nonEmpty(bytes.Split(b, []byte("\n")))
	if len(x) != len(y) {
		return fmt.Sprintf("%d records are %d", len(x), len(y))
	}
	for i := range x {
		p, errP := jcs.Transform(x[i])
		q, errQ := jcs.Transform(y[i])
		if errP != nil || errQ != nil || !bytes.Equal(p, q) {
			return fmt.Sprintf("record %d says something else (%v, %v)", i+1, errP, errQ)
		}
	}
	return ""
}

func nonEmpty(lines [][]byte) [][]byte {
	return slices.DeleteFunc(lines, func(l []byte) bool { return len(bytes.TrimSpace(l)) == 0 })
}

func TestRecordsTakenOutMovedOrDoubledAreFound(t *testing.T) {
	lines := sealed(t, audit.Genesis, append(events(), events()...)...)
	rearranged := func(order ...int) []byte {
		var picked [][]byte
		for _, i := range order {
			picked = append(picked, lines[i-1])
		}
		return export(picked...)
	}
	tests := map[string]struct {
		text []byte
		seq  int64
		says string
	}{
		"one taken out":            {rearranged(1, 2, 4, 5), 3, "it is missing; seq 4 stands in its place"},
		"two taken out":            {rearranged(1, 4, 5), 2, "it is missing; seq 4 stands in its place"},
		"two changed places":       {rearranged(1, 3, 2, 4), 2, "it is missing; seq 3 stands in its place"},
		"one doubled":              {rearranged(1, 2, 2, 3), 3, "it is missing; seq 2 stands in its place"},
		"the first at the end":     {rearranged(2, 3, 1), 4, "it is missing; seq 1 stands in its place"},
		"all once more":            {rearranged(1, 2, 3, 1, 2, 3), 4, "it is missing; seq 1 stands in its place"},
		"backwards":                {rearranged(3, 2, 1), 4, "it is missing; seq 2 stands in its place"},
		"a line that is no record": {export(lines[0], []byte("{}"), lines[1]), 2, "it is not a record"},
		"half a line":              {export(lines[0], lines[1][:40]), 2, "it is not a record"},
		"two in one line":          {export(lines[0], append(slices.Clone(lines[1]), lines[2]...)), 2, "it is not a record"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := audit.Verify(bytes.NewReader(test.text))
			var broken *audit.Broken
			if !errors.As(err, &broken) || broken.Seq != test.seq || broken.Why != test.says {
				t.Errorf("it came to %v, and should to record %d: %s", err, test.seq, test.says)
			}
		})
	}
}

// A chain shows changes and gaps, not that its end was cut off: that shows only
// against a head that was written down elsewhere.
func TestAChainThatIsCutOffVerifiesToAnEarlierHead(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()...)
	whole, err := audit.Verify(bytes.NewReader(export(lines...)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := audit.Verify(bytes.NewReader(export(lines[:2]...)))
	if err != nil || c.Head().Seq != 2 || c.Head() == whole.Head() {
		t.Errorf("it ends at %+v: %v", c.Head(), err)
	}
}

func TestAChainMayBeginLaterWhenItsOlderRecordsWentElsewhere(t *testing.T) {
	lines := sealed(t, audit.Genesis, append(events(), events()...)...)
	c, err := audit.Verify(bytes.NewReader(export(lines[3:]...)))
	if err != nil || c.First != 4 || c.Head().Seq != 8 {
		t.Errorf("it begins with %d and ends at %d: %v", c.First, c.Head().Seq, err)
	}
	_, err = audit.Verify(bytes.NewReader(export(lines[3], lines[5])))
	var broken *audit.Broken
	if !errors.As(err, &broken) || broken.Seq != 5 {
		t.Errorf("with a gap it came to %v", err)
	}
}

func TestAFirstRecordThatCannotBeOneIsFound(t *testing.T) {
	line := string(sealed(t, audit.Genesis, events()...)[1]) // seq 2
	prev := prevOf(t, line)
	tests := map[string]struct {
		line []byte
		seq  int64
	}{
		"a first that follows something":           {reseal(t, strings.Replace(line, `"seq":2`, `"seq":1`, 1)), 1},
		"seq 0":                                    {reseal(t, strings.Replace(line, `"seq":2`, `"seq":0`, 1)), 1},
		"a negative seq":                           {reseal(t, strings.Replace(line, `"seq":2`, `"seq":-7`, 1)), 1},
		"a later one that follows nothing":         {reseal(t, strings.Replace(line, prev, audit.Genesis.Hash, 1)), 1},
		"a seq that is no whole number":            {reseal(t, strings.Replace(line, `"seq":2`, `"seq":2.5`, 1)), 1},
		"a seq that is a text":                     {reseal(t, strings.Replace(line, `"seq":2`, `"seq":"2"`, 1)), 1},
		"a seq beyond what is counted":             {reseal(t, strings.Replace(line, `"seq":2`, `"seq":1e300`, 1)), 1},
		"without a seq":                            {reseal(t, strings.Replace(line, `"seq":2`, `"sec":2`, 1)), 1},
		"without a hash":                           {[]byte(strings.Replace(line, `"hash":"`, `"trash":"`, 1)), 2},
		"null":                                     {[]byte("null"), 1},
		"a list":                                   {[]byte("[" + line + "]"), 1},
		"a text that is no UTF-8":                  {[]byte(strings.Replace(line, "Ben", "Be\xff", 1)), 2},
		"half of a pair of surrogates in the text": {[]byte(strings.Replace(line, "Ben", `\ud83d`, 1)), 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := new(audit.Checker).Next(test.line)
			var broken *audit.Broken
			if !errors.As(err, &broken) || broken.Seq != test.seq {
				t.Errorf("it came to %v, and should to record %d", err, test.seq)
			}
		})
	}
}

// heads are the heads of a chain, that of record n at n.
func heads(t testing.TB, lines [][]byte) []audit.Head {
	t.Helper()
	all := []audit.Head{audit.Genesis}
	for _, line := range lines {
		r, err := audit.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.Head())
	}
	return all
}

// Whoever owns Redis can write a whole new chain. It shows against what was
// written down elsewhere.
func TestAChainIsHeldAgainstCheckpoints(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()...)
	was := heads(t, lines)
	other := events()
	other[1].Kind = approvals.WasDenied
	rewritten := sealed(t, audit.Genesis, other...)
	tests := map[string]struct {
		lines  [][]byte
		points []audit.Head
		seq    int64 // of the first bad record; 0: it verifies
		says   string
	}{
		"none":                            {lines, nil, 0, ""},
		"each of them":                    {lines, was[1:], 0, ""},
		"the last":                        {lines, was[4:], 0, ""},
		"cut off behind":                  {lines[:3], was[1:4], 0, ""},
		"cut off before":                  {lines[:3], was[2:], 4, "it is missing: a checkpoint says that the chain reached record 4"},
		"all gone":                        {nil, was[4:], 1, "it is missing: a checkpoint says that the chain reached record 4"},
		"rewritten":                       {rewritten, was[3:4], 3, "its hash is not the one of the checkpoint: the chain was rewritten"},
		"rewritten, all of them":          {rewritten, was[1:], 2, "its hash is not the one of the checkpoint: the chain was rewritten"},
		"rewritten behind":                {rewritten, was[1:2], 0, ""},
		"older records are not in it":     {lines[2:], was[1:3], 0, ""},
		"rewritten, and without its olds": {rewritten[2:], was[2:3], 3, "it does not follow the record of the checkpoint: the chain was rewritten"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := audit.Verify(bytes.NewReader(export(test.lines...)), test.points...)
			var broken *audit.Broken
			if test.seq == 0 && err != nil || test.seq > 0 && (!errors.As(err, &broken) || broken.Seq != test.seq || broken.Why != test.says) {
				t.Errorf("it came to %v", err)
			}
		})
	}
}

func TestACheckpointIsReadAsItIsShown(t *testing.T) {
	hash := digest(nil)
	got, err := audit.ParseCheckpoint("12:" + hash)
	if err != nil || got != (audit.Head{Seq: 12, Hash: hash}) {
		t.Errorf("it is read as %+v: %v", got, err)
	}
	for _, text := range []string{"", "12", hash, "12:", "12:" + hash[1:], "12:" + hash + "0", "0:" + hash, "-1:" + hash, "x:" + hash, "12 " + hash, "12:md5:" + hash[4:]} {
		if got, err := audit.ParseCheckpoint(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestAForgedRecordNeedsAllThatFollowToBeForged(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()...)
	forged := reseal(t, strings.Replace(string(lines[1]), `"event":"approved"`, `"event":"denied"`, 1))
	if err := (new(audit.Checker)).Next(lines[0]); err != nil {
		t.Fatal(err)
	}
	_, err := audit.Verify(bytes.NewReader(export(lines[0], forged, lines[2])))
	var broken *audit.Broken
	if !errors.As(err, &broken) || broken.Seq != 3 || !strings.Contains(broken.Why, "prev") {
		t.Errorf("it came to %v", err)
	}
}

func TestACheckerGoesOnWhereItWas(t *testing.T) {
	lines := sealed(t, audit.Genesis, events()...)
	var c audit.Checker
	for _, line := range lines[:2] {
		if err := c.Next(line); err != nil {
			t.Fatal(err)
		}
	}
	before := c.Head()
	for _, bad := range [][]byte{lines[3], lines[1], []byte("{}"), bytes.Replace(lines[2], []byte("host/1"), []byte("host/2"), 1)} {
		if err := c.Next(bad); err == nil {
			t.Errorf("it verifies: %s", bad)
		}
		if c.Head() != before {
			t.Fatalf("%s moved the head to %+v", bad, c.Head())
		}
	}
	if err := c.Next(lines[2]); err != nil {
		t.Errorf("the right one does not follow any more: %v", err)
	}
}

func FuzzVerifyNeverPanics(f *testing.F) {
	lines := sealed(f, audit.Genesis, events()...)
	f.Add(export(lines...))
	f.Add(export(lines[2:]...))
	f.Add([]byte("{}\n[]\nnull\n"))
	f.Add([]byte(`{"seq":1,"prev":"` + audit.Genesis.Hash + `","hash":"sha256:00","data":{"a":[[[[{"b":-0.0e-7}]]]]}}`))
	f.Add([]byte("{\"seq\":9223372036854775807,\"x\":\"\\ud800\xff\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := audit.Verify(bytes.NewReader(text))
		var broken *audit.Broken
		if err != nil && (!errors.As(err, &broken) || broken.Why == "") {
			t.Fatalf("an error that names no record: %v", err)
		}
		if err == nil && c.Head().Seq > 0 && !bytes.Contains(text, []byte(c.Head().Hash[len("sha256:"):])) {
			t.Fatalf("it ends at %s, which is not in it", c.Head().Hash)
		}
	})
}

func ExampleVerify() {
	var out bytes.Buffer
	head := audit.Genesis
	for _, kind := range []approvals.EventKind{approvals.Opened, approvals.Approved, approvals.WasDenied} {
		r, line, err := audit.Seal(head, approvals.Event{Time: at, Operation: "R-7K3M9", Kind: kind})
		if err != nil {
			fmt.Println(err)
		}
		head = r.Head()
		fmt.Fprintf(&out, "%s\n", line)
	}
	changed := strings.Replace(out.String(), `"event":"denied"`, `"event":"approved"`, 1)
	_, err := audit.Verify(strings.NewReader(changed))
	fmt.Println(err)
	// Output: record 3: its hash is not that of its content: it was changed
}
