// Package audit seals events into a hash chain, checks a chain and writes one
// out as JSON lines.
//
// It never decides and never stores: package store keeps what it sealed. A
// chain shows changes and gaps; that records are missing at its end shows only
// against a head that was written down elsewhere. Start at record.go.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"es-restore/approvals"
)

// A Head is the end of a chain: the sequence number and hash of its last record.
type Head struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// Genesis is the head of a chain without records.
var Genesis = Head{Hash: "sha256:" + strings.Repeat("0", 64)}

// A Record is a sealed event, one line of the audit trail. Its time has a
// resolution of milliseconds and is in UTC.
type Record struct {
	Seq       int64               `json:"seq"` // from 1, without gaps
	Time      time.Time           `json:"time"`
	Operation approvals.ID        `json:"operation"` // empty: about the log itself
	Event     approvals.EventKind `json:"event"`
	Actor     approvals.Actor     `json:"actor"`
	Plan      string              `json:"plan"` // digest, as sha256:…
	Data      approvals.Data      `json:"data"`
	Prev      string              `json:"prev"` // the hash of the record before
	// Hash is "sha256:" and the SHA-256 of the RFC 8785 form of the record
	// without it.
	Hash string `json:"hash,omitempty"`
}

// Head is the head of a chain that ends with this record.
func (r Record) Head() Head { return Head{Seq: r.Seq, Hash: r.Hash} }

// Seal makes an event the next record after head and returns it with its line,
// which is in RFC 8785 form, so that hardly a byte of it can change without
// changing what it says, and has no newline.
func Seal(head Head, e approvals.Event) (Record, []byte, error) {
	r := Record{
		Seq: head.Seq + 1, Time: e.Time.UTC().Truncate(time.Millisecond), Operation: e.Operation,
		Event: e.Kind, Actor: e.Actor, Plan: e.Plan, Data: e.Data, Prev: head.Hash,
	}
	bare, err := json.Marshal(r)
	if err != nil {
		return Record{}, nil, fmt.Errorf("encoding a record: %w", err)
	}
	if r.Hash, err = hashOf(bare); err != nil {
		return Record{}, nil, err
	}
	plain, err := json.Marshal(r)
	if err != nil {
		return Record{}, nil, fmt.Errorf("encoding a record: %w", err)
	}
	line, err := jcs.Transform(plain)
	if err != nil {
		return Record{}, nil, fmt.Errorf("bringing a record to its canonical form: %w", err)
	}
	return r, line, nil
}

// Parse reads a line as a record. It does not check the hash.
func Parse(line []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(line, &r); err != nil {
		return Record{}, fmt.Errorf("reading a record: %w", err)
	}
	return r, nil
}

// hashOf hashes a record's JSON, whatever fields it has, without "hash". A field
// that is there twice would read as the first to some and as the last to others,
// and text that is not UTF-8 as anything: RFC 8785 takes neither.
func hashOf(line []byte) (string, error) {
	whole, err := jcs.Transform(line)
	if err != nil {
		return "", fmt.Errorf("bringing a record to its canonical form: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(whole, &fields); err != nil {
		return "", fmt.Errorf("reading a record: %w", err)
	}
	if fields == nil {
		return "", errors.New("reading a record: it is no JSON object")
	}
	delete(fields, "hash")
	bare, err := json.Marshal(fields)
	if err != nil {
		return "", fmt.Errorf("encoding a record: %w", err)
	}
	canonical, err := jcs.Transform(bare)
	if err != nil {
		return "", fmt.Errorf("bringing a record to its canonical form: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}
