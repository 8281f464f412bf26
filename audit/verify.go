package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Broken names the first bad record of a chain.
type Broken struct {
	Seq int64 // the sequence number that should have stood there
	Why string
}

func (b *Broken) Error() string { return fmt.Sprintf("record %d: %s", b.Seq, b.Why) }

// A Checker follows a chain line by line.
type Checker struct {
	head    Head
	started bool
	// Checkpoints are heads that were written down elsewhere. A chain that ends
	// before one, or has another record there, was cut off or rewritten.
	Checkpoints []Head
	// First is the sequence number the chain begins with: 1, or a later one
	// when its older records were exported and removed.
	First int64
}

// Head is the end of what was checked so far.
func (c *Checker) Head() Head {
	if !c.started {
		return Genesis
	}
	return c.head
}

// Next checks one line. It returns a *Broken for the first line that is not the
// record that must follow.
func (c *Checker) Next(line []byte) error {
	expected := c.Head().Seq + 1
	var r struct {
		Seq  *int64 `json:"seq"`
		Prev string `json:"prev"`
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal(line, &r); err != nil || r.Seq == nil {
		return &Broken{expected, "it is not a record"}
	}
	if !c.started {
		if *r.Seq < 1 {
			return &Broken{1, fmt.Sprintf("its seq is %d, and the first is 1", *r.Seq)}
		}
		if *r.Seq == 1 && r.Prev != Genesis.Hash {
			return &Broken{1, "it does not begin a chain: its prev is not 64 zeros"}
		}
		if *r.Seq != 1 && r.Prev == Genesis.Hash {
			return &Broken{1, fmt.Sprintf("its prev is that of the first, and its seq %d", *r.Seq)}
		}
		c.First, c.head = *r.Seq, Head{Seq: *r.Seq - 1, Hash: r.Prev}
		for _, point := range c.Checkpoints {
			if point.Seq == c.head.Seq && point.Hash != c.head.Hash {
				return &Broken{*r.Seq, "it does not follow the record of the checkpoint: the chain was rewritten"}
			}
		}
		expected = *r.Seq
	}
	if *r.Seq != expected {
		return &Broken{expected, fmt.Sprintf("it is missing; seq %d stands in its place", *r.Seq)}
	}
	if r.Prev != c.head.Hash {
		return &Broken{expected, "its prev is not the hash of the record before"}
	}
	hash, err := hashOf(line)
	if err != nil {
		return &Broken{expected, err.Error()}
	}
	if hash != r.Hash {
		return &Broken{expected, "its hash is not that of its content: it was changed"}
	}
	for _, point := range c.Checkpoints {
		if point.Seq == expected && point.Hash != hash {
			return &Broken{expected, "its hash is not the one of the checkpoint: the chain was rewritten"}
		}
	}
	c.started, c.head = true, Head{Seq: expected, Hash: hash}
	return nil
}

// End checks that the chain reaches every checkpoint.
func (c *Checker) End() error {
	for _, point := range c.Checkpoints {
		if head := c.Head(); point.Seq > head.Seq {
			return &Broken{head.Seq + 1, fmt.Sprintf("it is missing: a checkpoint says that the chain reached record %d", point.Seq)}
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
		if line = bytes.Trim(line, blanks); len(line) > 0 {
			if broken := c.Next(line); broken != nil {
				return &c, broken
			}
		}
		if errors.Is(err, io.EOF) {
			return &c, c.End()
		}
		if err != nil {
			return &c, fmt.Errorf("reading the records: %w", err)
		}
	}
}
