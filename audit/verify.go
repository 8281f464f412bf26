package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"es-restore/approvals"
)

// A Broken names the first bad record of a chain.
type Broken struct {
	Seq  int64 // the sequence number that should have stood there
	Line int   // the line it stands on, from 1; 0 when nothing stands there
	Why  string
}

func (b *Broken) Error() string { return fmt.Sprintf("record %d: %s", b.Seq, b.Why) }

// A Rollback is where a chain goes back: Redis came back older, so other records
// stand under numbers that were used. An export keeps both.
type Rollback struct {
	From, To int64 // the numbers of the records that were lost
	Accepted int64 // the record with which a person took the older log up; 0: none
	line     int   // of the first record that was written instead
}

// A Checker follows a chain line by line.
type Checker struct {
	// Checkpoints are heads that were written down elsewhere. A chain that ends
	// before one, or has another record there, was cut off or rewritten.
	Checkpoints []Head
	// First is the sequence number the chain begins with: 1, or a later one
	// when its older records were exported and removed.
	First int64
	// Records is how many were checked, those that a rollback lost included.
	Records int64
	// Rollbacks are those seen so far, in order.
	Rollbacks []Rollback

	lines  int
	hashes []string // of the chain as it stands, from the record before First on
	most   int64    // the highest sequence number there was
	met    map[Head]bool
	missed []*Broken // by checkpoint; nil: it was not missed
}

// Head is the end of what was checked so far.
func (c *Checker) Head() Head {
	if len(c.hashes) == 0 {
		return Genesis
	}
	last := len(c.hashes) - 1
	return Head{Seq: c.First - 1 + int64(last), Hash: c.hashes[last]}
}

// is reports whether a head is one of the chain as it stands.
func (c *Checker) is(h Head) bool {
	if h == Genesis {
		return true
	}
	at := h.Seq - (c.First - 1)
	return at >= 0 && at < int64(len(c.hashes)) && c.hashes[at] == h.Hash
}

// Next checks one line. It returns a *Broken for the first line that is neither
// the record that must follow nor one that a rollback could have put there;
// whether it was one, End tells.
func (c *Checker) Next(line []byte) error {
	c.lines++
	expected := c.Head().Seq + 1
	broken := func(seq int64, why string, args ...any) error {
		return &Broken{Seq: seq, Line: c.lines, Why: fmt.Sprintf(why, args...)}
	}
	var r struct {
		Seq  *int64 `json:"seq"`
		Prev string `json:"prev"`
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal(line, &r); err != nil || r.Seq == nil {
		return broken(expected, "it is not a record")
	}
	before, this := Head{Seq: *r.Seq - 1, Hash: r.Prev}, Head{Seq: *r.Seq, Hash: r.Hash}
	first := len(c.hashes) == 0
	back := !first && this.Seq < expected && c.is(before) && !c.is(this)
	switch {
	case first && this.Seq < 1:
		return broken(1, "its seq is %d, and the first is 1", this.Seq)
	case first && this.Seq == 1 && before != Genesis:
		return broken(1, "it does not begin a chain: its prev is not 64 zeros")
	case first && this.Seq != 1 && before.Hash == Genesis.Hash:
		return broken(1, "its prev is that of the first, and its seq %d", this.Seq)
	case first || back:
		expected = this.Seq
	case this.Seq != expected:
		return broken(expected, "it is missing; seq %d stands in its place", this.Seq)
	case before != c.Head():
		return broken(expected, "its prev is not the hash of the record before")
	}
	hash, err := hashOf(line)
	if err != nil {
		return broken(expected, "%v", err)
	}
	if hash != this.Hash {
		return broken(expected, "its hash is not that of its content: it was changed")
	}
	switch {
	case first:
		c.First, c.hashes = this.Seq, []string{before.Hash}
		c.compare(before, this.Seq, "it does not follow the record of the checkpoint")
	case back:
		c.goBack(before)
	}
	c.hashes = append(c.hashes, hash)
	c.Records++
	c.most = max(c.most, this.Seq)
	c.compare(this, this.Seq, "its hash is not the one of the checkpoint")
	c.accept(line)
	return nil
}

// goBack takes the chain back to a head it had.
func (c *Checker) goBack(to Head) {
	c.Rollbacks = append(c.Rollbacks, Rollback{From: to.Seq + 1, To: c.Head().Seq, line: c.lines})
	if to == Genesis {
		c.First, c.hashes = 1, []string{Genesis.Hash}
	}
	c.hashes = c.hashes[:to.Seq-c.First+2]
}

// accept looks whether a record accepts rollbacks before it. It does when the loss
// it tells of reaches as far as the export does, and begins no later than where it
// stands itself. That may be later than where the loss began: before it was
// noticed, a bot that had not seen the lost records may have gone on.
func (c *Checker) accept(line []byte) {
	if !slices.ContainsFunc(c.Rollbacks, Rollback.open) {
		return
	}
	r, err := Parse(line)
	if err != nil || r.Event != approvals.RolledBack || r.Data.LostFrom < 1 || r.Data.LostFrom > r.Seq {
		return
	}
	for i := range c.Rollbacks {
		if lost := &c.Rollbacks[i]; lost.open() && r.Data.LostTo >= lost.To {
			lost.Accepted = r.Seq
		}
	}
}

func (r Rollback) open() bool { return r.Accepted == 0 }

// compare holds a head against the checkpoints of its number.
func (c *Checker) compare(h Head, seq int64, why string) {
	if c.met == nil {
		c.met, c.missed = map[Head]bool{}, make([]*Broken, len(c.Checkpoints))
	}
	for i, point := range c.Checkpoints {
		switch {
		case point == h:
			c.met[point] = true
		case point.Seq == h.Seq && c.missed[i] == nil:
			c.missed[i] = &Broken{Seq: seq, Line: c.lines, Why: why + ": the chain was rewritten"}
		}
	}
}

// End checks that every rollback was accepted, and that the chain went through
// every checkpoint: before a rollback or after it.
func (c *Checker) End() error {
	var first *Broken
	take := func(b *Broken) {
		if b != nil && (first == nil || b.Line < first.Line) {
			first = b
		}
	}
	for _, lost := range c.Rollbacks {
		if lost.open() {
			take(&Broken{Seq: lost.From, Line: lost.line, Why: fmt.Sprintf(
				"it is another record than the one before under that number, and nobody accepted a rollback that lost the records %d to %d", lost.From, lost.To)})
		}
	}
	for i, missed := range c.missed {
		if !c.met[c.Checkpoints[i]] {
			take(missed)
		}
	}
	if first != nil {
		return first
	}
	for _, point := range c.Checkpoints {
		if point.Seq > c.most {
			return &Broken{Seq: c.most + 1, Why: fmt.Sprintf("it is missing: a checkpoint says that the chain reached record %d", point.Seq)}
		}
	}
	return nil
}

// ParseCheckpoint reads a checkpoint as the audit channel shows it: 12:sha256:….
func ParseCheckpoint(text string) (Head, error) {
	seq, hash, found := strings.Cut(text, ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if !found || err != nil || n < 1 || !strings.HasPrefix(hash, "sha256:") || len(hash) != len(Genesis.Hash) {
		return Head{}, fmt.Errorf("%q is not of the form 12:sha256:…, as the audit channel shows it", text)
	}
	return Head{Seq: n, Hash: hash}, nil
}

// blanks are what may stand around a record.
const blanks = " \t\r\n"

// Verify checks JSON lines, against checkpoints if there are any, and returns
// the checker that has seen them all.
func Verify(lines io.Reader, checkpoints ...Head) (*Checker, error) {
	c := Checker{Checkpoints: checkpoints}
	reader := bufio.NewReader(lines)
	for {
		line, err := reader.ReadBytes('\n')
		if line = bytes.Trim(line, blanks); len(line) == 0 {
			c.lines++
		} else if broken := c.Next(line); broken != nil {
			return &c, broken
		}
		if errors.Is(err, io.EOF) {
			return &c, c.End()
		}
		if err != nil {
			return &c, fmt.Errorf("reading the records: %w", err)
		}
	}
}
