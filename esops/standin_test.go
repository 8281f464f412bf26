package esops_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"es-restore/esops"
)

// A standin is a cluster in memory that a Runner watches and writes to. It
// refuses what Elasticsearch refuses, answers as it is told, and counts the
// restores that it began: not what it was asked.
type standin struct {
	now       time.Time
	uuid      string
	version   esops.Version
	shards    map[string]int // of the indices in the snapshot
	indices   map[string]*held
	aliases   map[string][]string // and the indices behind them
	streams   map[string]bool
	restoring []*work
	snapshots int
	queue     []func() // requests in the master's queue, not carried out yet
	underway  []func() // requests that are still on the wire

	answers []answer      // to the next restore requests; none is a plain one
	slow    time.Duration // how long a look takes
	fails   map[string][]error
	between func() // happens within a look of more than one answer
	counts  map[string]esops.Count
	denies  map[string]error // by the index whose settings or life is to change
	explain string

	asked    []esops.RestoreBody
	sources  []string // "repository/snapshot" of each request
	begun    map[string]int
	made     map[string]bool // UUIDs that a restore brought into being
	deleted  []string        // UUIDs
	cleared  []string
	moves    []esops.AliasMove
	replicas map[string]int
	serial   int
}

// held is one index.
type held struct {
	uuid    string
	closed  bool
	marker  string
	from    string // its name in the snapshot, once restored
	routing []*esops.Shard
	kind    []string // how each shard got its data
}

// work is a running restore.
type work struct {
	targets []string
	uuids   map[string]string
	failed  map[string]bool // "target/shard"
}

// An answer is what becomes of one restore request.
type answer string

const (
	plainly  answer = "plainly"   // carried out and answered
	lost     answer = "lost"      // carried out, the answer lost
	never    answer = "never"     // lost on the way
	queued   answer = "queued"    // waits in the master's queue, unanswered
	late     answer = "late"      // lost by the caller, carried out later
	busy     answer = "busy"      // refused for now
	unsent   answer = "unsent"    // never left
	forbid   answer = "forbidden" // refused for good
	stranger answer = "stranger"  // a foreign open index comes first
)

func newStandin() *standin {
	return &standin{
		now: noon, uuid: "uuid-of-b", version: esops.Version{Major: 6, Minor: 7}, shards: map[string]int{fileIndex: 1, ecommerce: 1, logs: 2, kibana: 1},
		indices: map[string]*held{}, aliases: map[string][]string{}, streams: map[string]bool{}, replicas: map[string]int{}, fails: map[string][]error{}, counts: map[string]esops.Count{}, denies: map[string]error{},
		begun: map[string]int{}, made: map[string]bool{},
	}
}

func (s *standin) newUUID() string {
	s.serial++
	return fmt.Sprint("uuid-", s.serial)
}

// put lets someone else make an index.
func (s *standin) put(name string, shards int, closed bool) *held {
	h := &held{uuid: s.newUUID(), closed: closed}
	for n := range shards {
		h.routing = append(h.routing, &esops.Shard{Index: name, Number: n, State: "STARTED"})
		h.kind = append(h.kind, "EXISTING_STORE")
	}
	s.indices[name] = h
	return h
}

// failing gives the next scripted error of a call.
func (s *standin) failing(call string) error {
	if len(s.fails[call]) == 0 {
		return nil
	}
	err := s.fails[call][0]
	s.fails[call] = s.fails[call][1:]
	return err
}

func (s *standin) State(_ context.Context, names []string) (esops.State, error) {
	s.now = s.now.Add(s.slow)
	state := esops.State{ClusterUUID: s.uuid, Targets: map[string]esops.Target{}, Snapshots: s.snapshots}
	for _, w := range s.restoring {
		state.Restores = append(state.Restores, w.entry(s))
	}
	for i, name := range names {
		if i == len(names)/2 && i > 0 && s.between != nil {
			s.between()
		}
		h, there := s.indices[name]
		switch {
		case s.streams[name]:
			state.Targets[name] = esops.Target{State: esops.TargetStream}
		case s.aliases[name] != nil:
			state.Targets[name] = esops.Target{State: esops.TargetAlias, Behind: slices.Clone(s.aliases[name])}
		case there:
			state.Targets[name] = esops.Target{State: esops.TargetOpen, UUID: h.uuid, Shards: len(h.routing), Marker: h.marker}
			if h.closed {
				state.Targets[name] = esops.Target{State: esops.TargetClosed, UUID: h.uuid, Shards: len(h.routing), Marker: h.marker}
				continue // up to 7.1 a closed index has no shards to see
			}
			for _, shard := range h.routing {
				state.Shards = append(state.Shards, *shard)
			}
		}
	}
	return state, s.failing("state")
}

func (w *work) entry(s *standin) esops.Restoring {
	entry := esops.Restoring{Repository: repository, Snapshot: automatic}
	for _, target := range w.targets {
		for n := range s.shards[w.from(s, target)] {
			state := "INIT"
			if h := s.indices[target]; h != nil && h.uuid == w.uuids[target] && h.routing[n].State == "STARTED" {
				state = "SUCCESS"
			}
			if w.failed[fmt.Sprint(target, "/", n)] {
				state = "FAILURE"
			}
			entry.Shards = append(entry.Shards, esops.RestoringShard{Index: target, UUID: w.uuids[target], Shard: n, State: state})
		}
	}
	return entry
}

func (w *work) from(s *standin, target string) string {
	if h := s.indices[target]; h != nil {
		return h.from
	}
	return ""
}

func (s *standin) Recoveries(_ context.Context, indices []string) ([]esops.Recovery, error) {
	var recoveries []esops.Recovery
	for _, name := range indices {
		h := s.indices[name]
		if h == nil {
			continue
		}
		for n, shard := range h.routing {
			if shard.State == "UNASSIGNED" {
				continue
			}
			rec := esops.Recovery{Target: name, Shard: n, Type: h.kind[n], Stage: "DONE", Total: 1000, Recovered: 1000}
			if shard.State == "INITIALIZING" {
				rec.Stage, rec.Recovered = "INDEX", 400
			}
			if h.kind[n] == "SNAPSHOT" {
				rec.Repository, rec.Snapshot, rec.Index = repository, automatic, h.from
			}
			recoveries = append(recoveries, rec)
		}
	}
	return recoveries, s.failing("recoveries")
}

func (s *standin) Queued(context.Context) (bool, error) {
	s.now = s.now.Add(s.slow)
	return len(s.queue) > 0, s.failing("queued")
}

func (s *standin) Count(_ context.Context, index string) (esops.Count, error) {
	if err := s.failing("count"); err != nil {
		return esops.Count{}, err
	}
	if count, told := s.counts[index]; told {
		return count, nil
	}
	if s.indices[index] == nil {
		return esops.Count{}, esops.Refuse("no_such_index", "", "The index is not there.")
	}
	return esops.Count{Docs: 250, Shards: len(s.indices[index].routing), Whole: true}, nil
}

func (s *standin) Explain(context.Context, string, int) (string, error) {
	return s.explain, s.failing("explain")
}

// Restore carries a request out, or not, and answers, or not, as it is told.
func (s *standin) Restore(_ context.Context, body esops.RestoreBody, repo, snapshot string) error {
	s.asked, s.sources = append(s.asked, body), append(s.sources, repo+"/"+snapshot)
	how := plainly
	if len(s.answers) > 0 {
		how, s.answers = s.answers[0], s.answers[1:]
	}
	act := func() { _ = s.begin(body) }
	switch how {
	case plainly:
		return s.begin(body)
	case lost:
		act()
	case never:
	case queued:
		s.queue = append(s.queue, act)
	case late:
		s.underway = append(s.underway, act)
	case busy:
		return fmt.Errorf("%w: a snapshot deletion is in-progress", esops.ErrBusy)
	case unsent:
		return fmt.Errorf("%w: connection refused", esops.ErrUnavailable)
	case forbid:
		return esops.Refuse("cluster_forbidden", "", "The bot lacks a right.")
	case stranger:
		s.put(esops.Rename(body.RenameReplacement, body.Indices[0]), 1, false)
		return s.begin(body)
	}
	return fmt.Errorf("%w: EOF", esops.ErrUnknown)
}

// begin begins a restore for all targets or none, as Elasticsearch does.
func (s *standin) begin(body esops.RestoreBody) error {
	marker, _ := body.IndexSettings[esops.MarkerSetting].(string)
	if !s.version.AtLeast(6, 6) && len(s.restoring) > 0 {
		return fmt.Errorf("%w: Restore process is already running in this cluster", esops.ErrBusy)
	}
	for _, index := range body.Indices {
		target := esops.Rename(body.RenameReplacement, index)
		h := s.indices[target]
		switch {
		case s.streams[target]:
			return esops.Refuse("data_stream_name", "", "A target's name is a data stream. Nothing was restored.")
		case s.aliases[target] != nil:
			return esops.Refuse("alias_name", "", "A target's name is an alias. Nothing was restored.")
		case h != nil && !h.closed:
			return esops.Refuse("open_index", "", "An open index with a target's name is there: %s. Nothing was restored.", target)
		case h != nil && len(h.routing) != s.shards[index]:
			return esops.Refuse("shard_count", "", "A closed index has another number of shards. Nothing was restored.")
		}
	}
	w := &work{uuids: map[string]string{}, failed: map[string]bool{}}
	for _, index := range body.Indices {
		target := esops.Rename(body.RenameReplacement, index)
		h, reason := s.indices[target], "EXISTING_INDEX_RESTORED"
		if h == nil {
			h, reason = &held{uuid: s.newUUID()}, "NEW_INDEX_RESTORED"
			s.made[h.uuid] = true
		}
		*h = held{uuid: h.uuid, marker: marker, from: index}
		for n := range s.shards[index] {
			h.routing = append(h.routing, &esops.Shard{Index: target, Number: n, State: "UNASSIGNED", Reason: reason})
			h.kind = append(h.kind, "SNAPSHOT")
		}
		s.indices[target] = h
		s.begun[target]++
		w.targets, w.uuids[target] = append(w.targets, target), h.uuid
	}
	s.restoring = append(s.restoring, w)
	return nil
}

func (s *standin) ClearMarker(_ context.Context, index string) error {
	if err := cmp.Or(s.denies[index], s.failing("clear")); err != nil {
		return err
	}
	if h := s.indices[index]; h != nil {
		h.marker = ""
		s.cleared = append(s.cleared, index)
	}
	return nil
}

func (s *standin) Delete(_ context.Context, index string) error {
	if err := cmp.Or(s.denies[index], s.failing("delete")); err != nil {
		return err
	}
	if h := s.indices[index]; h != nil {
		s.deleted = append(s.deleted, h.uuid)
		s.remove(index)
	}
	return nil
}

func (s *standin) SetReplicas(_ context.Context, index string, n int) error {
	if err := cmp.Or(s.denies[index], s.failing("replicas")); err != nil {
		return err
	}
	s.replicas[index] = n
	return nil
}

// MoveAlias moves in one act, and then answers.
func (s *standin) MoveAlias(_ context.Context, move esops.AliasMove) error {
	if err := s.denies[move.Alias]; err != nil {
		return err
	}
	if s.streams[move.Alias] || s.indices[move.Alias] != nil {
		return esops.Refuse("alias_name", "", "Something else has the name.")
	}
	if s.indices[move.To] == nil {
		return esops.Refuse("no_such_index", "", "The index is not there.")
	}
	behind := slices.DeleteFunc(slices.Clone(s.aliases[move.Alias]), func(index string) bool { return slices.Contains(move.From, index) })
	s.aliases[move.Alias] = append(behind, move.To)
	s.moves = append(s.moves, move)
	return s.failing("move")
}

// remove takes an index away, and the restore of it, and its place behind aliases.
func (s *standin) remove(index string) {
	delete(s.indices, index)
	for alias, behind := range s.aliases {
		if left := slices.DeleteFunc(slices.Clone(behind), func(name string) bool { return name == index }); len(left) > 0 {
			s.aliases[alias] = left
		} else {
			delete(s.aliases, alias)
		}
	}
	for _, w := range s.restoring {
		w.targets = slices.DeleteFunc(w.targets, func(target string) bool { return target == index })
	}
	s.end()
}

// progress lets one shard take its next step.
func (s *standin) progress() {
	for _, w := range s.restoring {
		for _, target := range w.targets {
			for n, shard := range s.indices[target].routing {
				switch {
				case w.failed[fmt.Sprint(target, "/", n)] || shard.State == "STARTED":
					continue
				case shard.State == "UNASSIGNED":
					shard.State, shard.Reason = "INITIALIZING", ""
				default:
					shard.State = "STARTED"
				}
				s.end()
				return
			}
		}
	}
}

// finish lets every restore come to its end.
func (s *standin) finish() {
	for len(s.restoring) > 0 {
		s.progress()
	}
}

// fail lets one shard of a running restore fail.
func (s *standin) fail(target string, n int, reason, detail string) {
	*s.indices[target].routing[n] = esops.Shard{Index: target, Number: n, State: "UNASSIGNED", Reason: reason, Detail: detail}
	for _, w := range s.restoring {
		if slices.Contains(w.targets, target) {
			w.failed[fmt.Sprint(target, "/", n)] = true
		}
	}
	s.end()
}

// end forgets restores of which nothing runs any more.
func (s *standin) end() {
	s.restoring = slices.DeleteFunc(s.restoring, func(w *work) bool {
		return !slices.ContainsFunc(w.entry(s).Shards, func(shard esops.RestoringShard) bool { return shard.State == "INIT" })
	})
}

// arrive lets requests be carried out that nobody waits for any more.
func (s *standin) arrive() {
	for _, act := range append(s.queue, s.underway...) {
		act()
	}
	s.queue, s.underway = nil, nil
}

// again counts the targets whose restore was begun more than once.
func (s *standin) again() []string {
	var twice []string
	for _, target := range slices.Sorted(maps.Keys(s.begun)) {
		if s.begun[target] > 1 {
			twice = append(twice, target)
		}
	}
	return twice
}

var (
	_ esops.Watcher = (*standin)(nil)
	_ esops.Writer  = (*standin)(nil)
)

// unrouted is a cluster whose last shards are not in the routing table yet.
type unrouted struct {
	*standin
	hide int
}

func (u *unrouted) State(ctx context.Context, names []string) (esops.State, error) {
	state, err := u.standin.State(ctx, names)
	state.Shards = state.Shards[:len(state.Shards)-u.hide]
	return state, err
}
