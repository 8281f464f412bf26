package essim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// restore is one entry of the restore custom.
type restore struct {
	uuid       string
	repository *repository
	store      *store
	snapshot   *snapshot
	targets    []string
	parts      []*restoreShard
	state      string // INIT, STARTED, SUCCESS, FAILURE
	ended      bool
	listed     bool // still in the restore custom
	number     int  // of its entry in begun
}

// restoreShard is one shard of a restore.
type restoreShard struct {
	index *index
	shard *shard
	copy  *shardCopy
	image *shardImage
	from  string // the index's name in the snapshot
	state string // INIT, SUCCESS, FAILURE
}

// Restore is a restore that began, whatever became of it.
type Restore struct {
	Repository, Snapshot string
	SnapshotUUID         string
	Targets              map[string]string // index in the snapshot → index that is written
	Settings             map[string]string // index_settings of the request, flat
	Began, Ended         time.Time         // Ended is zero while it runs
	State                string            // INIT, STARTED, SUCCESS, FAILURE
}

// Restores lists every restore that the cluster ever began, oldest first. Two
// requests that were answered "accepted" are two restores; a refused one is none.
func (c *Cluster) Restores() []Restore {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	return slices.Clone(c.begun)
}

// begin enters a restore whose indices exist already.
func (c *Cluster) begin(r *restore, fact Restore) {
	fact.Began, fact.State = c.now, "INIT"
	r.state, r.listed, r.number = "INIT", true, len(c.begun)
	c.begun = append(c.begun, fact)
	c.restores = append(c.restores, r)
	c.after(c.opts.Pace.Allocate, c.allocate)
	c.checkEnd(r)
}

// allocate gives waiting shards of restores a node, as far as nodes are free.
func (c *Cluster) allocate() {
	busy := c.busy()
	for _, r := range c.restores {
		if r.ended {
			continue
		}
		for _, p := range r.parts {
			if p.state != "INIT" || p.copy.state != unassigned {
				continue
			}
			allowed := c.allowedNodes(p.index, p.shard, p.copy)
			if len(allowed) == 0 {
				p.copy.why.status = "no"
				c.endShard(r, p, "FAILURE")
				continue
			}
			n := c.leastBusy(busy, allowed)
			if n == nil {
				p.copy.why.status = "throttled"
				continue
			}
			c.startCopy(r, p, n)
			busy = c.busy()
		}
		c.checkEnd(r)
	}
}

// initialRecoveries is how many primaries one node recovers at once.
func (c *Cluster) initialRecoveries() int {
	n, err := strconv.Atoi(c.setting("cluster.routing.allocation.node_initial_primaries_recoveries"))
	if err != nil {
		return 4
	}
	return n
}

// busy counts what each node copies.
func (c *Cluster) busy() map[*node]int {
	busy := map[*node]int{}
	for _, o := range c.copying() {
		busy[o.node]++
	}
	return busy
}

func (c *Cluster) leastBusy(busy map[*node]int, allowed []*node) *node {
	var best *node
	for _, n := range allowed {
		if busy[n] < c.initialRecoveries() && (best == nil || busy[n] < busy[best]) {
			best = n
		}
	}
	return best
}

func (c *Cluster) startCopy(r *restore, p *restoreShard, n *node) {
	p.copy.state, p.copy.node = initializing, n
	rec := &recovery{kind: "SNAPSHOT", stage: "INDEX", node: n, start: c.now, files: p.image.files, restore: r, part: p}
	rec.source = map[string]any{
		"repository": r.repository.name, "snapshot": r.snapshot.name,
		"version": r.snapshot.by.as(c.v), "index": p.from,
	}
	if c.v.from(6, 6) {
		rec.source["restoreUUID"] = r.uuid
	}
	p.copy.recovery = rec
	if p.image.missing { // partial restore: the shard starts empty
		rec.kind, rec.files, rec.source = "EMPTY_STORE", nil, map[string]any{}
		c.startPrimary(p)
		p.copy.recovery.part = nil
		c.endShard(r, p, "FAILURE")
		return
	}
	c.checkSource(rec)
}

// fileDone goes on to the next file, or ends the recovery.
func (c *Cluster) fileDone(r *recovery) {
	if r.stage != "INDEX" || r.part.state != "INIT" {
		return
	}
	if !c.checkSource(r) {
		return
	}
	if r.filesDone() < len(r.files) {
		return
	}
	p := r.part
	p.shard.clear()
	for _, d := range p.image.docs {
		e := *d
		p.shard.put(&e)
	}
	p.shard.fixed = p.image.files
	c.startPrimary(p)
	r.part = nil
	c.endShard(r.restore, p, "SUCCESS")
}

// checkSource fails the shard when its next file is gone or damaged.
func (c *Cluster) checkSource(r *recovery) bool {
	d := c.faults.shards[shardRef{r.part.index.name, r.part.shard.id}]
	if d == (Damage{}) {
		d = r.restore.store.damageOf(r.part.image)
	}
	if gone, ok := r.restore.store.goneAt(r.restore.snapshot); ok && r.filesDone() < len(r.files) && !gone.After(c.now) {
		d = MissingBlob()
	}
	if d == (Damage{}) {
		return true
	}
	c.failCopy(r, d)
	return false
}

func (c *Cluster) failCopy(r *recovery, d Damage) {
	p := r.part
	attempts := 1
	if c.v.from(7, 10) && !d.final {
		attempts = p.index.settings.num("index.allocation.max_retries", 5)
	}
	details := c.failureDetails(r, d)
	p.copy.state, p.copy.node, p.copy.recovery = unassigned, nil, nil
	p.copy.why = whyUnassigned{reason: "ALLOCATION_FAILED", details: details, at: c.now, attempts: attempts, status: "no"}
	p.shard.clear()
	c.endShard(r.restore, p, "FAILURE")
}

// failureDetails is what unassigned.details says of a failed recovery: a chain
// of exceptions, and from 8.0 on a whole stack trace.
func (c *Cluster) failureDetails(r *recovery, d Damage) string {
	n, ix, sn := r.node, r.part.index, r.restore.snapshot
	where := fmt.Sprintf("[%s][%d]: Recovery failed on {%s}{%s}{%s}{127.0.0.1}{%s}", ix.name, r.part.shard.id, n.name, n.id, n.ephemeral, n.address())
	restored := fmt.Sprintf("failed to restore snapshot [%s/%s]", sn.name, sn.uuid)
	if c.v.major >= 8 {
		kind, text, _ := strings.Cut(strings.TrimSuffix(d.reason, "]"), "[")
		if pkg := map[string]string{"CorruptIndexException": "org.apache.lucene.index.", "NoSuchFileException": "java.nio.file."}[kind]; pkg != "" {
			kind = pkg + kind
		}
		shard := fmt.Sprintf("[%s/%s][[%s][%d]]", ix.name, ix.uuid, ix.name, r.part.shard.id)
		const frame = "\n\tat org.elasticsearch.server@8.17.0/org.elasticsearch.action.ActionListener.onFailure(ActionListener.java:1)\n\t... 56 more"
		return fmt.Sprintf("failed shard on node [%s]: failed recovery, failure org.elasticsearch.indices.recovery.RecoveryFailedException: %s%s\nCaused by: %s org.elasticsearch.index.shard.IndexShardRecoveryException: failed recovery%s\nCaused by: %s org.elasticsearch.index.snapshots.IndexShardRestoreFailedException: %s%s\nCaused by: %s: %s%s\n",
			n.id, where, frame, shard, frame, shard, restored, frame, kind, text, frame)
	}
	prefix := "failed shard on node [" + n.id + "]: "
	if c.v.major < 6 {
		prefix = ""
	}
	return fmt.Sprintf("%sfailed recovery, failure RecoveryFailedException[%s]; nested: IndexShardRecoveryException[failed recovery]; nested: IndexShardRestoreFailedException[restore failed]; nested: IndexShardRestoreFailedException[%s]; nested: %s; ",
		prefix, where, restored, d.reason)
}

// startPrimary makes the copy serve, and sends its replicas on their way.
func (c *Cluster) startPrimary(p *restoreShard) {
	p.copy.state, p.copy.why, p.copy.alloc = started, whyUnassigned{}, newUUID()
	p.copy.recovery.stage, p.copy.recovery.stop = "DONE", c.now
	c.placeReplicas(p.index, p.shard)
}

// endShard records how a shard of a restore ended.
func (c *Cluster) endShard(r *restore, p *restoreShard, state string) {
	if p.state != "INIT" {
		return
	}
	p.state = state
	if state == "FAILURE" && p.copy.state == unassigned {
		p.copy.why.failedRestore = r
	}
	if r.state == "INIT" {
		r.state = "STARTED"
		c.begun[r.number].State = r.state
	}
	c.after(0, c.allocate) // a place is free
	c.checkEnd(r)
}

// checkEnd closes a restore all of whose shards have ended.
func (c *Cluster) checkEnd(r *restore) {
	if r.ended {
		return
	}
	state := "SUCCESS"
	for _, p := range r.parts {
		switch p.state {
		case "INIT":
			return
		case "FAILURE":
			state = "FAILURE"
		}
	}
	r.ended, r.state = true, state
	c.begun[r.number].State, c.begun[r.number].Ended = state, c.now
	for _, p := range r.parts {
		if p.index.restoring == r {
			p.index.restoring = nil
		}
	}
	c.after(c.opts.Pace.Forget, func() { c.forget(r) })
	c.touch()
}

func (c *Cluster) forget(r *restore) {
	r.listed = false
	c.restores = slices.DeleteFunc(c.restores, func(x *restore) bool { return x == r })
	c.touch()
}

// abandon fails what is left of a restore into an index that goes away.
func (c *Cluster) abandon(ix *index) {
	for _, r := range slices.Clone(c.restores) {
		for _, p := range r.parts {
			if p.index == ix && p.state == "INIT" {
				p.copy.recovery = nil
				c.endShard(r, p, "FAILURE")
			}
		}
	}
}

// info is what a waiting restore is answered.
func (r *restore) info() map[string]any {
	failed := 0
	for _, p := range r.parts {
		if p.state == "FAILURE" {
			failed++
		}
	}
	return map[string]any{"snapshot": map[string]any{
		"snapshot": r.snapshot.name, "indices": asAny(r.targets),
		"shards": map[string]any{"total": len(r.parts), "failed": failed, "successful": len(r.parts) - failed},
	}}
}

// custom is the entry in the cluster state.
func (r *restore) custom() map[string]any {
	shards := []any{}
	for _, p := range r.parts {
		shards = append(shards, map[string]any{
			"index": map[string]any{"index_name": p.index.name, "index_uuid": p.index.uuid},
			"shard": p.shard.id, "state": p.state,
		})
	}
	return map[string]any{
		"snapshot": r.snapshot.name, "repository": r.repository.name, "state": r.state,
		"indices": asAny(r.targets), "shards": shards,
	}
}

func (r *restore) label() string {
	return r.repository.name + ":" + r.snapshot.name + "/" + r.snapshot.uuid
}

func asAny(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func splitList(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
