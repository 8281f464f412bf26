package essim

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// creation is a snapshot that is being made.
type creation struct {
	repository *repository
	store      *store
	snapshot   *snapshot
	bytes      int64
	over       bool
}

// HoldSnapshots lets snapshots stay IN_PROGRESS until the returned function is
// called.
func (c *Cluster) HoldSnapshots() (release func()) {
	c.locked(func() { c.faults.snapshotHolds++ })
	var once sync.Once
	return func() {
		once.Do(func() {
			c.locked(func() {
				c.faults.snapshotHolds--
				if c.faults.snapshotHolds == 0 {
					for _, s := range slices.Clone(c.running) {
						c.finishSnapshot(s)
					}
				}
			})
		})
	}
}

// SlowSnapshots makes snapshots take the time their bytes need at this speed;
// 0, the default, makes them in an instant unless the repository sets
// max_snapshot_bytes_per_sec.
func (c *Cluster) SlowSnapshots(bytesPerSec int64) {
	c.locked(func() { c.faults.snapshotBytesPerSec = bytesPerSec })
}

// LoseShard loses the primary of a shard and its data, as the loss of a node
// does. A snapshot that allows it becomes PARTIAL.
func (c *Cluster) LoseShard(index string, shard int) {
	c.locked(func() {
		ix := c.indices[index]
		if ix == nil || shard >= len(ix.shards) {
			return
		}
		s := ix.shards[shard]
		for _, cp := range s.copies() {
			cp.state, cp.node, cp.recovery = unassigned, nil, nil
			cp.why = whyUnassigned{reason: "NODE_LEFT", at: c.now, status: "no_valid_shard_copy", details: "node_left [" + newUUID() + "]"}
		}
		s.clear()
	})
}

// PadShard makes a shard weigh this many bytes more than its documents, so
// that it takes time to restore.
func (c *Cluster) PadShard(index string, shard int, bytes int64) {
	c.locked(func() {
		if ix := c.indices[index]; ix != nil && shard < len(ix.shards) {
			ix.shards[shard].padding, ix.shards[shard].fixed = bytes, nil
		}
	})
}

// DamageSnapshot damages one shard of an index in a snapshot. The zero Damage
// repairs it. It tells whether there is such a shard.
func (c *Cluster) DamageSnapshot(repository, name, index string, shard int, d Damage) bool {
	return c.inSnapshot(repository, name, func(sn *snapshot) bool {
		im := sn.images[index]
		if im == nil || shard >= len(im.shards) {
			return false
		}
		im.shards[shard].damage = d
		return true
	})
}

// DamageSnapshotInfo makes the snapshot's own description unreadable (its
// snap-*.dat): lists that read it fail. DamageIndexInfo does so for the
// metadata of one index in it: restores of the index fail.
func (c *Cluster) DamageSnapshotInfo(repository, name string, broken bool) bool {
	return c.inSnapshot(repository, name, func(sn *snapshot) bool { sn.unreadable.Store(broken); return true })
}

// DamageIndexInfo is described at [Cluster.DamageSnapshotInfo].
func (c *Cluster) DamageIndexInfo(repository, name, index string, broken bool) bool {
	return c.inSnapshot(repository, name, func(sn *snapshot) bool {
		im := sn.images[index]
		if im != nil {
			im.badMeta.Store(broken)
		}
		return im != nil
	})
}

func (c *Cluster) inSnapshot(repository, name string, f func(*snapshot) bool) (found bool) {
	c.locked(func() {
		r := c.registered[repository]
		if r == nil {
			return
		}
		st := r.store()
		sn := st.find(name)
		if sn == nil {
			return
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		found = f(sn)
	})
	return found
}

// take makes the images of a snapshot from the state of now.
func (c *Cluster) take(sn *snapshot, list []*index) (bytes int64) {
	sn.images = map[string]*image{}
	for _, ix := range list {
		im := &image{name: ix.name, id: newUUID(), settings: ix.settings.clone(), mappings: copyJSON(ix.mappings).(map[string]any), aliases: copyAliases(ix.aliases), created: createdBy(ix.settings)}
		for _, s := range ix.shards {
			si := &shardImage{}
			if s.primary.state != started {
				si.missing = true
				sn.failures = append(sn.failures, shardFailure{index: ix.name, shard: s.id, reason: "primary shard is not allocated"})
			} else {
				si.files = slices.Clone(s.files())
				for _, d := range s.all() {
					e := *d
					si.docs = append(si.docs, &e)
				}
			}
			bytes += si.bytes()
			im.shards = append(im.shards, si)
		}
		sn.indices = append(sn.indices, ix.name)
		sn.images[ix.name] = im
	}
	return bytes
}

// createdBy reads index.version.created.
func createdBy(s settings) version {
	n := s.num("index.version.created", 0)
	if n >= 8500000 {
		return version{8, (n - 8504000) / 1000, 0}
	}
	return version{n / 1000000, n / 10000 % 100, n / 100 % 100}
}

func (c *Cluster) startSnapshot(s *creation) {
	c.running, c.snapped = append(c.running, s), true
	speed := c.faults.snapshotBytesPerSec
	if n, fine := byteSize(s.repository.settings["max_snapshot_bytes_per_sec"]); speed == 0 && fine && n > 0 {
		speed = n
	}
	switch {
	case c.faults.snapshotHolds > 0:
	case speed == 0:
		c.finishSnapshot(s)
	default:
		c.after(time.Duration(float64(s.bytes)/float64(speed)*float64(time.Second)), func() { c.finishSnapshot(s) })
	}
}

// finishSnapshot writes a snapshot into its store.
func (c *Cluster) finishSnapshot(s *creation) {
	if s.over {
		return
	}
	total, failed := s.snapshot.shardCount()
	s.snapshot.state, s.snapshot.end = "SUCCESS", c.now
	switch {
	case failed > 0 && failed == total:
		s.snapshot.state = "FAILED"
	case failed > 0:
		s.snapshot.state = "PARTIAL"
	}
	s.store.add(s.snapshot)
	c.dropRunning(s)
}

func (c *Cluster) dropRunning(s *creation) {
	s.over = true
	c.running = slices.DeleteFunc(c.running, func(x *creation) bool { return x == s })
	c.touch()
}

// stopSnapshots ends what runs without a result.
func (c *Cluster) stopSnapshots() {
	for _, s := range slices.Clone(c.running) {
		c.dropRunning(s)
	}
}

// custom is the entry in the cluster state.
func (s *creation) custom() map[string]any {
	indices := []any{}
	for _, n := range s.snapshot.indices {
		indices = append(indices, map[string]any{"name": n, "id": s.snapshot.images[n].id})
	}
	return map[string]any{
		"repository": s.repository.name, "snapshot": s.snapshot.name, "uuid": s.snapshot.uuid, "include_global_state": s.snapshot.globalState,
		"partial": false, "state": "STARTED", "indices": indices, "start_time_millis": millis(s.snapshot.start), "shards": []any{},
	}
}

// json describes a snapshot the way a version does.
func (s *snapshot) json(v version, repo string, running bool, details bool) map[string]any {
	total, failed := s.shardCount()
	state, end := s.state, s.end
	duration := end.Sub(s.start).Milliseconds()
	if running {
		state, end = "IN_PROGRESS", time.UnixMilli(0)
		duration = -millis(s.start)
		if v.from(6, 8) {
			duration = 0
		}
		failed = 0
		if !v.from(7, 12) {
			total = 0
		}
	}
	successful := total - failed
	if running {
		successful = 0
		if v.from(7, 12) && v.major < 8 {
			failed = total // what has not ended counts as failed
		}
	}
	failures := []any{}
	for _, f := range s.failures {
		failures = append(failures, map[string]any{"index": f.index, "index_uuid": f.index, "shard_id": f.shard, "reason": f.reason, "node_id": nil, "status": "INTERNAL_SERVER_ERROR"})
	}
	o := map[string]any{
		"snapshot": s.name, "uuid": s.uuid, "version_id": s.by.id(), "version": s.by.as(v), "indices": asAny(s.indices),
		"state": state, "start_time": iso(s.start), "start_time_in_millis": millis(s.start),
		"end_time": iso(end), "end_time_in_millis": millis(end), "duration_in_millis": duration, "failures": failures,
		"shards": map[string]any{"total": total, "failed": failed, "successful": successful},
	}
	if v.from(6, 2) && s.by.from(6, 2) {
		o["include_global_state"] = s.globalState
	}
	if v.from(7, 9) {
		o["data_streams"] = []any{}
	}
	if v.from(7, 3) && s.metadata != nil {
		o["metadata"] = s.metadata
	}
	if v.from(7, 12) {
		o["feature_states"] = []any{}
	}
	if v.from(7, 14) {
		o["repository"] = repo
	}
	if details && v.from(7, 13) {
		d := map[string]any{}
		for name, im := range s.images {
			var n int64
			for _, sh := range im.shards {
				n += sh.bytes()
			}
			d[name] = map[string]any{"shard_count": len(im.shards), "size_in_bytes": n, "max_segments_per_shard": 1}
		}
		o["index_details"] = d
	}
	return o
}

// brief is the verbose=false form.
func (s *snapshot) brief(v version, repo string, running bool) map[string]any {
	state := s.state
	if running {
		state = "IN_PROGRESS"
	}
	names := slices.Clone(s.indices)
	slices.Sort(names)
	o := map[string]any{"snapshot": s.name, "uuid": s.uuid, "indices": asAny(names), "state": state}
	if v.from(7, 9) {
		o["data_streams"] = []any{}
	}
	if v.from(7, 14) {
		o["repository"] = repo
	}
	return o
}

// statusJSON is the snapshot as _status shows it, shard by shard.
func (s *snapshot) statusJSON(v version, repo string, running bool) map[string]any {
	state, stage := s.state, "DONE"
	if running {
		state, stage = "STARTED", "STARTED"
	} else if state == "PARTIAL" && v.major < 7 {
		state = "SUCCESS"
	}
	files, bytes, shards, failedShards := 0, int64(0), 0, 0
	indices := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.images)) {
		im := s.images[name]
		ifiles, ibytes, ifailed := 0, int64(0), 0
		per := map[string]any{}
		for i, sh := range im.shards {
			e := map[string]any{"stage": stage, "stats": s.stats(v, len(sh.files), sh.bytes())}
			if sh.missing {
				e["stage"], e["reason"] = "FAILURE", "primary shard is not allocated"
				ifailed++
			}
			per[fmt.Sprint(i)] = e
			ifiles, ibytes = ifiles+len(sh.files), ibytes+sh.bytes()
		}
		indices[name] = map[string]any{"shards_stats": shardStats(len(im.shards), ifailed, running), "stats": s.stats(v, ifiles, ibytes), "shards": per}
		files, bytes, shards, failedShards = files+ifiles, bytes+ibytes, shards+len(im.shards), failedShards+ifailed
	}
	o := map[string]any{
		"snapshot": s.name, "repository": repo, "uuid": s.uuid, "state": state, "shards_stats": shardStats(shards, failedShards, running),
		"stats": s.stats(v, files, bytes), "indices": indices,
	}
	if v.from(6, 2) {
		o["include_global_state"] = s.globalState
	}
	return o
}

func shardStats(total, failed int, running bool) map[string]any {
	done, begun := total-failed, 0
	if running {
		done, begun = 0, total-failed
	}
	return map[string]any{"initializing": 0, "started": begun, "finalizing": 0, "done": done, "failed": failed, "total": total}
}

func (s *snapshot) stats(v version, files int, bytes int64) map[string]any {
	o := map[string]any{"start_time_in_millis": millis(s.start), "time_in_millis": max(s.end.Sub(s.start).Milliseconds(), 0)}
	if v.from(6, 4) {
		o["total"] = map[string]any{"file_count": files, "size_in_bytes": bytes}
		o["incremental"] = map[string]any{"file_count": files, "size_in_bytes": bytes}
	}
	if v.major < 7 {
		o["number_of_files"], o["processed_files"] = files, files
		o["total_size_in_bytes"], o["processed_size_in_bytes"] = bytes, bytes
	}
	return o
}
