package essim

import (
	"strconv"
	"strings"
)

// recoveries answers _recovery. Shards that failed or wait have no entry, and
// an index without entries is left out.
func (k *call) recoveries() (*answer, *failure) {
	list, f := k.recovering()
	if f != nil {
		return nil, f
	}
	active := k.flag("active_only", false)
	o := map[string]any{}
	for _, ix := range list {
		shards := []any{}
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				if r := cp.recovery; r != nil && (!active || r.stage != "DONE") {
					shards = append(shards, k.recoveryJSON(s, cp, r))
				}
			}
		}
		if len(shards) > 0 {
			o[ix.name] = map[string]any{"shards": shards}
		}
	}
	return ok(o)
}

func (k *call) recovering() ([]*index, *failure) {
	return k.resolve(k.vars["index"], expand{forbidClose: !k.v.from(7, 2), closed: k.v.from(7, 2)})
}

func (k *call) recoveryJSON(s *shard, cp *shardCopy, r *recovery) map[string]any {
	total, done, reused, files, filesDone, filesReused := r.numbers()
	end := r.stop
	if end.IsZero() {
		end = k.now
	}
	o := map[string]any{
		"id": s.id, "type": r.kind, "stage": r.stage, "primary": cp.primary,
		"start_time_in_millis": millis(r.start), "total_time_in_millis": end.Sub(r.start).Milliseconds(),
		"source": r.source,
		"target": map[string]any{"id": r.node.id, "host": "127.0.0.1", "transport_address": r.node.address(), "ip": "127.0.0.1", "name": r.node.name},
		"index": map[string]any{
			"size":                 map[string]any{"total_in_bytes": total, "reused_in_bytes": reused, "recovered_in_bytes": done, "percent": percent(done, total-reused)},
			"files":                map[string]any{"total": files, "reused": filesReused, "recovered": filesDone, "percent": percent(int64(filesDone), int64(files-filesReused))},
			"total_time_in_millis": end.Sub(r.start).Milliseconds(), "source_throttle_time_in_millis": 0, "target_throttle_time_in_millis": 0,
		},
		"translog":     map[string]any{"recovered": 0, "total": 0, "percent": "100.0%", "total_on_start": 0, "total_time_in_millis": 0},
		"verify_index": map[string]any{"check_index_time_in_millis": 0, "total_time_in_millis": 0},
	}
	if k.v.from(7, 15) {
		o["index"].(map[string]any)["size"].(map[string]any)["recovered_from_snapshot_in_bytes"] = 0
	}
	if r.stage == "DONE" {
		o["stop_time_in_millis"] = millis(r.stop)
	}
	return o
}

func (r *recovery) numbers() (total, done, reused int64, files, filesDone, filesReused int) {
	total, files, filesDone = r.bytes(), len(r.files), r.filesDone()
	done = int64(r.done)
	if r.stage == "DONE" {
		done = total
	}
	if r.reused {
		return total, 0, total, files, 0, files
	}
	return total, done, 0, files, filesDone, 0
}

// percent is of what has to move; nothing to move is 100 % where something was
// there already, and 0 % where nothing is.
func percent(done, total int64) string {
	if total <= 0 {
		if done == 0 {
			return "0.0%"
		}
		return "100.0%"
	}
	return strconv.FormatFloat(float64(int64(1000*float64(done)/float64(total)))/10, 'f', 1, 64) + "%"
}

func (k *call) catRecovery() (*answer, *failure) {
	t := &table{}
	for _, c := range []string{"index:i,idx:index name", "shard:s,sh:shard name", "start_time:start:recovery start time", "start_time_millis:start_millis:recovery start time in epoch milliseconds",
		"stop_time:stop:recovery stop time", "stop_time_millis:stop_millis:recovery stop time in epoch milliseconds", "time:t,ti:recovery time", "type:ty:recovery type", "stage:st:recovery stage",
		"source_host:shost:source host", "source_node:snode:source node name", "target_host:thost:target host", "target_node:tnode:target node name", "repository:rep:repository", "snapshot:snap:snapshot",
		"files:f:number of files to recover", "files_recovered:fr:files recovered", "files_percent:fp:percent of files recovered", "files_total:tf:total number of files",
		"bytes:b:number of bytes to recover", "bytes_recovered:br:bytes recovered", "bytes_percent:bp:percent of bytes recovered", "bytes_total:tb:total number of bytes",
		"translog_ops:to:number of translog ops to recover", "translog_ops_recovered:tor:translog ops recovered", "translog_ops_percent:top:percent of translog ops recovered"} {
		p := strings.SplitN(c, ":", 3)
		hidden := strings.HasPrefix(p[0], "start_time") || strings.HasPrefix(p[0], "stop_time")
		t.columns = append(t.columns, column{name: p[0], aliases: p[1], help: p[2], hidden: hidden})
	}
	if k.q.Has("help") {
		return k.cat(t)
	}
	list, f := k.recovering()
	if f != nil {
		return nil, f
	}
	for _, ix := range list {
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				if cp.recovery != nil && (!k.flag("active_only", false) || cp.recovery.stage != "DONE") {
					t.add(k.catRecoveryRow(ix, s, cp.recovery)...)
				}
			}
		}
	}
	return k.cat(t)
}

func (k *call) catRecoveryRow(ix *index, s *shard, r *recovery) []any {
	total, done, reused, files, filesDone, filesReused := r.numbers()
	size := func(n int64) string {
		if k.v.major < 8 && k.q.Get("bytes") == "" {
			return strconv.FormatInt(n, 10)
		}
		return k.size(n)
	}
	stop, stopMillis, end := any(nil), any(nil), k.now
	if r.stage == "DONE" {
		stop, stopMillis, end = iso(r.stop), strconv.FormatInt(millis(r.stop), 10), r.stop
	}
	host, from := "n/a", "n/a"
	if r.kind == "PEER" {
		host, from = "127.0.0.1", scalar(r.source["name"])
	}
	repo, snap := "n/a", "n/a"
	if r.kind == "SNAPSHOT" {
		repo, snap = scalar(r.source["repository"]), scalar(r.source["snapshot"])
	}
	n := strconv.Itoa
	return []any{ix.name, n(s.id), iso(r.start), strconv.FormatInt(millis(r.start), 10), stop, stopMillis, shortDuration(end.Sub(r.start)), strings.ToLower(r.kind), strings.ToLower(r.stage),
		host, from, "127.0.0.1", r.node.name, repo, snap, n(files - filesReused), n(filesDone), percent(int64(filesDone), int64(files-filesReused)), n(files),
		size(total - reused), size(done), percent(done, total-reused), size(total), "0", "0", "100.0%"}
}
