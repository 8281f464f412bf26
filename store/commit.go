package store

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/audit"
)

// Lives of what a commit leaves beside the operation and the record.
const (
	onceLife    = 24 * time.Hour
	refusedLife = time.Minute
)

// fsyncWithin bounds the wait for the append-only file, which Redis writes to
// disk every second. It is shorter than the wait for any answer.
const fsyncWithin = readWithin - 500*time.Millisecond

//go:embed commit.lua
var commitSource string

var commitScript = redis.NewScript(commitSource)

// Commit writes an operation's next version and its event, sealed as the log's
// next record, or neither; approvals names what it can answer instead.
//
// When the answer is lost it tries the same record again until ctx ends: that
// record can be written once only. approvals.ErrNotKnown means that ctx ended
// before it was known.
func (s *Store) Commit(ctx context.Context, c approvals.Change) error {
	select {
	case s.sealing <- struct{}{}:
		defer func() { <-s.sealing }()
	case <-ctx.Done():
		return fmt.Errorf("waiting for other commits, nothing was recorded: %w", ctx.Err())
	}
	head, err := s.Head(ctx)
	if err != nil {
		return fmt.Errorf("nothing was recorded: %w", err)
	}
	for {
		record, line, err := audit.Seal(head, c.Event)
		if err != nil {
			return err
		}
		write, err := s.prepare(c, head, record, line)
		if err != nil {
			return err
		}
		answer, err := s.run(ctx, write)
		if err != nil {
			return err
		}
		moved, err := s.read(answer, record)
		if err != nil || moved == nil {
			return err
		}
		head = *moved
	}
}

// A write is the arguments of one run of the commit script.
type write struct {
	keys []string
	args []any
}

func (s *Store) prepare(c approvals.Change, head audit.Head, r audit.Record, line []byte) (write, error) {
	encoded, err := json.Marshal(c.After)
	if err != nil {
		return write{}, fmt.Errorf("encoding %s: %w", c.After.ID, err)
	}
	id := c.Event.Operation
	lease, token, once := "-", "", ""
	if c.Fence != nil {
		lease, token = c.Fence.Lease, c.Fence.Token
	}
	if c.Once != "" {
		once = strconv.FormatInt(onceLife.Milliseconds(), 10)
	}
	final := ""
	if c.After.State.Final() {
		final = "1"
	}
	seen := s.memory.head()
	w := write{
		keys: []string{opKey(id), logKey(), headKey(), openKey(), allKey(), heldKey(), onceKey(c.Once),
			leaseKey(lease), refusedKey(id, c.Event.Actor.ID, c.Event.Data.Asked), trailKey(id)},
		args: []any{head.Seq, head.Hash, r.Seq, r.Hash, line, mode(c), string(id), c.Before, c.After.Version, encoded,
			c.After.Opened.UnixMilli(), final, token, once, refusedLife.Milliseconds(), seen.Seq, seen.Hash},
	}
	for _, target := range c.After.Plan.Holds() {
		w.args = append(w.args, heldField(c.After, target))
	}
	return w, nil
}

func mode(c approvals.Change) string {
	switch {
	case c.Event.Kind == approvals.Refused:
		return "refused"
	case c.Event.Kind == approvals.RolledBack:
		return "log"
	case c.Before == 0:
		return "open"
	}
	return "change"
}

// heldField names a target; the UUID tells two configured names of one cluster.
func heldField(op approvals.Operation, target string) string {
	cluster := op.Plan.ClusterUUID
	if cluster == "" {
		cluster = op.Plan.Cluster
	}
	return cluster + "/" + target
}

// run runs the script until its answer is known. Once an answer was lost, only
// the script can tell what became of it: that Redis refuses a later try, since
// it is loading, full or a replica, proves nothing about the earlier one.
func (s *Store) run(ctx context.Context, w write) ([]string, error) {
	for uncertain := false; ; uncertain = true {
		answer, err := s.once(ctx, w)
		switch {
		case err == nil || errors.Is(err, approvals.ErrNotKnown):
			return answer, err
		case !lost(err) && !uncertain:
			return nil, fmt.Errorf("redis refused the write, nothing was recorded: %w", err)
		case neverSent(err) && !uncertain:
			return nil, fmt.Errorf("redis can't be reached, nothing was recorded: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", approvals.ErrNotKnown, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// once runs the script once and, where Redis can tell, waits until the record is
// in the append-only file on disk. Redis tells only of what the same connection
// wrote, so both go over one.
// https://redis.io/docs/latest/commands/waitaof/
func (s *Store) once(ctx context.Context, w write) ([]string, error) {
	node, err := s.node(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnsent, err)
	}
	if !s.onDisk.Load() {
		return commitScript.Run(ctx, node, w.keys, w.args...).StringSlice()
	}
	answer, disk := andWait(ctx, node, w, commitScript.EvalSha)
	if redis.HasErrorPrefix(answer.Err(), "NOSCRIPT") {
		answer, disk = andWait(ctx, node, w, commitScript.Eval)
	}
	texts, err := answer.StringSlice()
	if err != nil || texts[0] != "ok" {
		return texts, err
	}
	if synced, err := disk.Int64Slice(); err != nil || len(synced) == 0 || synced[0] < 1 {
		return nil, fmt.Errorf("%w: redis has it, but not on disk", approvals.ErrNotKnown)
	}
	return texts, nil
}

// node is the server that has the keys. The client of a cluster would try again
// by itself, and tell of the last try only.
func (s *Store) node(ctx context.Context) (redis.Cmdable, error) {
	if cluster, ok := s.redis.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, logKey())
	}
	return s.redis, nil
}

// andWait sends the script and the wait for the disk as one.
func andWait(ctx context.Context, node redis.Cmdable, w write,
	eval func(context.Context, redis.Scripter, []string, ...any) *redis.Cmd) (answer, disk *redis.Cmd) {
	pipe := node.Pipeline()
	answer = eval(ctx, pipe, w.keys, w.args...)
	disk = pipe.Do(ctx, "WAITAOF", 1, 0, fsyncWithin.Milliseconds())
	_, _ = pipe.Exec(ctx) // each has its own error
	return answer, disk
}

// lost reports whether an error leaves open what happened; an answer by Redis
// never does.
func lost(err error) bool {
	var answer redis.Error
	return !errors.As(err, &answer)
}

// errUnsent: there was nobody to send anything to.
var errUnsent = errors.New("no server is known")

// neverSent reports whether there was no connection to send anything on.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.Is(err, errUnsent) || errors.As(err, &op) && op.Op == "dial" || errors.Is(err, redis.ErrPoolTimeout) ||
		errors.Is(err, redis.ErrPoolExhausted) || errors.Is(err, redis.ErrClosed)
}

// read turns the script's answer into an error, or into the head to seal on anew.
func (s *Store) read(answer []string, r audit.Record) (*audit.Head, error) {
	switch answer[0] {
	case "ok":
		s.memory.saw(r.Head())
		return nil, nil
	case "head":
		seq, err := strconv.ParseInt(answer[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the head of the log is damaged: %q", answer[1])
		}
		return &audit.Head{Seq: seq, Hash: answer[2]}, nil
	case "rolled back":
		return nil, fmt.Errorf("%w: record %s is its last one", ErrRolledBack, answer[1])
	case "once":
		return nil, &approvals.Once{Opened: approvals.ID(answer[1])}
	case "held":
		_, target, _ := strings.Cut(answer[1], "/")
		return nil, &approvals.Held{Target: target, By: approvals.ID(answer[2])}
	case "taken":
		return nil, approvals.ErrTaken
	case "fenced":
		return nil, approvals.ErrFenced
	case "again":
		return nil, approvals.ErrAgain
	}
	return nil, approvals.ErrConflict
}
