package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A Sink takes records out of Redis, one JSON line each, in order. A line that
// was taken is where it was sent to for good.
type Sink struct {
	out   io.Writer
	file  *os.File         // nil: a stream that can't be synced
	last  int64            // the highest record that is there already
	taken map[int64]string // the hashes of the last ones
}

// takenMost is how many hashes a sink remembers. After Redis came back older
// than it was, records come again under numbers that were used; they are told
// apart by their hashes.
const takenMost = 10_000

// NewSink writes to a stream, such as standard output.
func NewSink(out io.Writer) *Sink { return &Sink{out: out, taken: map[int64]string{}} }

// OpenSink appends to a file. It reads where the file ends, so that a record
// whose export was cut off by a crash is neither lost nor written twice.
func OpenSink(path string) (*Sink, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the export: %w", err)
	}
	s := &Sink{out: file, file: file, taken: map[int64]string{}}
	size, err := s.read(file)
	if err == nil {
		err = file.Truncate(size) // half a line was never taken
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading where the export ends: %w", err), file.Close())
	}
	return s, nil
}

// read takes down what a file holds, and where its last whole line ends.
func (s *Sink) read(file *os.File) (size int64, err error) {
	reader := bufio.NewReader(file)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return size, nil // what is left has no newline
		}
		if err != nil {
			return 0, err
		}
		size += int64(len(line))
		if r, ok := name(line); ok {
			s.took(r)
		}
	}
}

// name reads which record a line is.
func name(line []byte) (Head, bool) {
	var r Head
	err := json.Unmarshal(bytes.TrimSpace(line), &r)
	return r, err == nil && r.Seq > 0
}

func (s *Sink) took(r Head) {
	s.last = max(s.last, r.Seq)
	s.taken[r.Seq] = r.Hash
	delete(s.taken, r.Seq-takenMost)
}

// has reports whether a record is there already.
func (s *Sink) has(r Head) bool {
	hash, known := s.taken[r.Seq]
	return known && hash == r.Hash || !known && r.Seq <= s.last-takenMost
}

// Write takes lines; those that are there already are passed over. When it
// returns without an error, they are on disk.
func (s *Sink) Write(lines []string) error {
	var b bytes.Buffer
	var news []Head
	for _, line := range lines {
		r, ok := name([]byte(line))
		if ok && s.has(r) {
			continue
		}
		b.WriteString(line)
		b.WriteByte('\n')
		news = append(news, r)
	}
	if b.Len() == 0 {
		return nil
	}
	if _, err := s.out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("exporting records: %w", err)
	}
	if s.file != nil {
		if err := s.file.Sync(); err != nil {
			return fmt.Errorf("exporting records: %w", err)
		}
	}
	for _, r := range news {
		s.took(r)
	}
	return nil
}

// Close closes a file.
func (s *Sink) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
