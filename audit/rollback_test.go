package audit_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"es-restore/approvals"
	"es-restore/audit"
)

// rollback is what a person records who takes up a log that lost records.
func rollback(from, to int64) approvals.Event {
	return approvals.Event{Time: at, Kind: approvals.RolledBack, Actor: approvals.Actor{ID: "operator"},
		Data: approvals.Data{Reason: "the primary burnt down", LostFrom: from, LostTo: to}}
}

// other is any event, told from others by its words.
func other(words string) approvals.Event {
	return approvals.Event{Time: at, Operation: "R-7K3M9", Kind: approvals.Refused, Actor: ben, Data: approvals.Data{Reason: words}}
}

// After Redis came back older, an export holds what was lost and what was written
// instead. It verifies when a person accepted that loss, and no less than it.
func TestAnExportHoldsWhatARollbackLostIfAPersonAcceptedIt(t *testing.T) {
	lines := sealed(t, audit.Genesis, other("1"), other("2"), other("3"), other("4"), other("5"))
	was := heads(t, lines)
	// on seals events onto record n of those, and onto any head.
	on := func(n int, events ...approvals.Event) [][]byte { return sealed(t, was[n], events...) }
	after := func(branch [][]byte) audit.Head { return heads(t, branch)[len(branch)] }
	unseen := on(3, other("4 unseen"), other("5 unseen"))
	again := on(3, rollback(4, 5), other("5 again"))
	const unaccepted = "it is another record than the one before under that number, and nobody accepted a rollback that lost the records "
	tests := map[string]struct {
		lines [][]byte
		lost  []audit.Rollback
		line  int // of the first bad record; 0: it verifies
		seq   int64
		says  string
	}{
		"at once":                             {lines: slices.Concat(lines, again), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}}},
		"at the end of the file":              {lines: slices.Concat(lines, again[:1]), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}}},
		"more was lost than was exported":     {lines: slices.Concat(lines, on(3, rollback(4, 9))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}}},
		"more may have been lost":             {lines: slices.Concat(lines, on(3, rollback(2, 5))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}}},
		"all was lost":                        {lines: slices.Concat(lines, on(0, rollback(1, 5))), lost: []audit.Rollback{{From: 1, To: 5, Accepted: 1}}},
		"others had gone on":                  {lines: slices.Concat(lines, on(3, other("4 again"), rollback(5, 5))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 5}}},
		"others had gone on beyond":           {lines: slices.Concat(lines, unseen, sealed(t, after(unseen), other("6"), rollback(5, 5))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 7}}},
		"nobody accepted it":                  {lines: slices.Concat(lines, unseen, sealed(t, after(unseen), other("6"))), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"nobody did, at the end of the file":  {lines: slices.Concat(lines, unseen[:1]), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"too little at its end":               {lines: slices.Concat(lines, on(3, rollback(4, 4))), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"too little at its beginning":         {lines: slices.Concat(lines, on(3, rollback(5, 5))), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"no bot had noticed":                  {lines: slices.Concat(lines, on(3, rollback(0, 0))), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"to nobody knows where":               {lines: slices.Concat(lines, on(3, rollback(0, 5))), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"another kind of record says so":      {lines: slices.Concat(lines, on(3, approvals.Event{Time: at, Kind: approvals.Refused, Data: rollback(4, 5).Data})), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"accepted before it happened":         {lines: slices.Concat(lines[:2], sealed(t, was[2], rollback(4, 5), other("4"), other("5")), on(2, other("3 again"))), line: 6, seq: 3, says: unaccepted + "3 to 5"},
		"accepted in what was lost":           {lines: slices.Concat(lines[:3], again, on(3, other("4 once more"))), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"twice":                               {lines: slices.Concat(lines, again, on(3, other("4 once more"), rollback(4, 5))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}, {From: 4, To: 5, Accepted: 5}}},
		"twice, deeper":                       {lines: slices.Concat(lines, again, on(1, rollback(2, 5))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}, {From: 2, To: 5, Accepted: 2}}},
		"twice, and both accepted at once":    {lines: slices.Concat(lines, unseen[:1], on(1, rollback(2, 5))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 2}, {From: 2, To: 4, Accepted: 2}}},
		"twice, and the second not":           {lines: slices.Concat(lines, again, on(2, other("3 again"))), line: 8, seq: 3, says: unaccepted + "3 to 5"},
		"twice, and the first not":            {lines: slices.Concat(lines, unseen[:1], on(3, rollback(4, 4))), line: 6, seq: 4, says: unaccepted + "4 to 5"},
		"and what was lost came back":         {lines: slices.Concat(lines, again[:1], lines[3:], sealed(t, was[5], rollback(4, 4))), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}, {From: 4, To: 4, Accepted: 6}}},
		"its older records are not in it":     {lines: slices.Concat(lines[2:], again), lost: []audit.Rollback{{From: 4, To: 5, Accepted: 4}}},
		"to where the file begins":            {lines: slices.Concat(lines[2:], on(2, rollback(3, 5))), lost: []audit.Rollback{{From: 3, To: 5, Accepted: 3}}},
		"to before where the file begins":     {lines: slices.Concat(lines[2:], on(1, rollback(2, 5))), line: 4, seq: 6, says: "it is missing; seq 2 stands in its place"},
		"to nothing, from a later beginning":  {lines: slices.Concat(lines[2:], on(0, rollback(1, 5), other("2"))), lost: []audit.Rollback{{From: 1, To: 5, Accepted: 1}}},
		"and then a record of what was lost":  {lines: slices.Concat(lines, again[:1], sealed(t, was[5], other("6"))), line: 7, seq: 5, says: "it is missing; seq 6 stands in its place"},
		"and the record doubled":              {lines: slices.Concat(lines, again[:1], again[:1]), line: 7, seq: 5, says: "it is missing; seq 4 stands in its place"},
		"and a record that follows another's": {lines: slices.Concat(lines, again[:1], lines[4:]), line: 7, seq: 5, says: "its prev is not the hash of the record before"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := audit.Verify(bytes.NewReader(export(test.lines...)))
			var broken *audit.Broken
			switch {
			case test.line > 0:
				if !errors.As(err, &broken) || *broken != (audit.Broken{Seq: test.seq, Line: test.line, Why: test.says}) {
					t.Errorf("it came to %+v", err)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.lost, c.Rollbacks, cmpopts.IgnoreUnexported(audit.Rollback{})); diff != "" {
				t.Errorf("rollbacks (-want +got):\n%s", diff)
			}
			last, err := audit.Parse(test.lines[len(test.lines)-1])
			if err != nil || c.Head() != last.Head() || int(c.Records) != len(test.lines) {
				t.Errorf("%d records, to %+v: %v", c.Records, c.Head(), err)
			}
		})
	}
}

// A checkpoint may be of a record that was lost since, or of one that was written
// instead: an export that holds both shows either.
func TestACheckpointHoldsBeforeARollbackOrAfterIt(t *testing.T) {
	lines := sealed(t, audit.Genesis, other("1"), other("2"), other("3"), other("4"))
	was := heads(t, lines)
	instead := sealed(t, was[2], rollback(3, 4), other("4 again"), other("5"))
	now := append(slices.Clone(was[:3]), heads(t, instead)[1:]...)
	both := slices.Concat(lines, instead)
	stranger := audit.Head{Seq: 4, Hash: digest(nil)}
	tests := map[string]struct {
		lines  [][]byte
		points []audit.Head
		line   int
		seq    int64
		says   string
	}{
		"of what was lost":                     {lines: both, points: was[1:]},
		"of what was written instead":          {lines: both, points: now[1:]},
		"of both":                              {lines: both, points: slices.Concat(was[1:], now[1:])},
		"of neither":                           {both, []audit.Head{was[4], now[4], stranger}, 4, 4, "its hash is not the one of the checkpoint: the chain was rewritten"},
		"of the end that was lost":             {lines: slices.Concat(lines, instead[:1]), points: was[4:]},
		"of an end that is not in it":          {slices.Concat(lines, instead[:1]), now[5:], 0, 5, "it is missing: a checkpoint says that the chain reached record 5"},
		"of what is lost here too":             {slices.Concat(lines[:2], instead), was[4:], 4, 4, "its hash is not the one of the checkpoint: the chain was rewritten"},
		"of the record before a later begin":   {lines: both[2:], points: was[2:3]},
		"and a rollback that nobody accepted":  {slices.Concat(lines, sealed(t, was[2], other("3 again"))), was[4:], 5, 3, "it is another record than the one before under that number, and nobody accepted a rollback that lost the records 3 to 4"},
		"another one before the later begin's": {both[2:], []audit.Head{{Seq: 2, Hash: digest(nil)}}, 1, 3, "it does not follow the record of the checkpoint: the chain was rewritten"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := audit.Verify(bytes.NewReader(export(test.lines...)), test.points...)
			var broken *audit.Broken
			if test.says == "" && err != nil || test.says != "" && (!errors.As(err, &broken) || *broken != (audit.Broken{Seq: test.seq, Line: test.line, Why: test.says})) {
				t.Errorf("it came to %+v", err)
			}
		})
	}
}

func TestALineIsCountedAsPeopleCountThem(t *testing.T) {
	lines := sealed(t, audit.Genesis, other("1"), other("2"))
	_, err := audit.Verify(bytes.NewReader(slices.Concat([]byte("\n"), export(lines[0]), []byte(" \n\n"), export([]byte("{}")))))
	var broken *audit.Broken
	if !errors.As(err, &broken) || broken.Line != 5 || broken.Seq != 2 {
		t.Errorf("it came to %+v", err)
	}
}
