package essim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func (k *call) deleteIndex() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true, noAliases: k.v.major > 5, refuseAlias: true})
	if f != nil {
		return nil, f
	}
	if isPattern(k.vars["index"]) && k.setting("action.destructive_requires_name") == "true" {
		return nil, illegalArgument("Wildcard expressions or all indices are not allowed")
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	if f := k.deletableIndices(list); f != nil {
		return nil, f
	}
	for _, ix := range list {
		k.dropIndex(ix)
	}
	return acknowledged()
}

// deletableIndices refuses to delete what is blocked or being snapshotted.
func (k *call) deletableIndices(list []*index) *failure {
	var busy []string
	for _, ix := range list {
		if f := ix.refuses("delete"); f != nil {
			return k.v.naming(ix.name, f)
		}
		for _, s := range k.running {
			if slices.Contains(s.snapshot.indices, ix.name) {
				busy = append(busy, "["+ix.name+"/"+ix.uuid+"]")
			}
		}
	}
	if len(busy) > 0 {
		if k.v.major < 6 {
			return illegalArgument("Cannot delete indices that are being snapshotted: [%s]. Try again after snapshot finishes or cancel the currently running snapshot.", strings.Join(busy, ", "))
		}
		return fail(http.StatusBadRequest, "snapshot_in_progress_exception", "Cannot delete indices that are being snapshotted: [%s]. Try again after snapshot finishes or cancel the currently running snapshot.", strings.Join(busy, ", "))
	}
	return nil
}

func (c *Cluster) dropIndex(ix *index) {
	delete(c.indices, ix.name)
	c.abandon(ix)
}

func (k *call) closeIndex() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{})
	if f != nil {
		return nil, f
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	var busy []string
	for _, ix := range list {
		if ix.restoring != nil && !ix.restoring.ended {
			busy = append(busy, "["+ix.name+"/"+ix.uuid+"]")
		}
	}
	if len(busy) > 0 {
		return nil, illegalArgument("Cannot close indices that are being restored: [%s]", strings.Join(busy, ", "))
	}
	indices := map[string]any{}
	for _, ix := range list {
		ix.closed = true
		indices[ix.name] = map[string]any{"closed": true}
		if k.v.from(7, 2) {
			ix.settings["index.verified_before_close"] = "true"
		}
		k.restartShards(ix, "INDEX_CLOSED")
	}
	if k.v.from(7, 3) {
		active := func() bool {
			return !slices.ContainsFunc(list, func(ix *index) bool { return ix.health() == "red" })
		}
		// 8.x waits for the closed index's shards, which a red one never has
		if k.v.major >= 8 && k.q.Get("wait_for_active_shards") != "0" {
			limit := k.clock.Now().Add(k.period("timeout", 30*time.Second))
			return ok(map[string]any{"acknowledged": true, "shards_acknowledged": k.wait(k.r.Context(), limit, active), "indices": indices})
		}
		return ok(map[string]any{"acknowledged": true, "shards_acknowledged": len(list) > 0, "indices": indices})
	}
	return acknowledged()
}

func (k *call) openIndex() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	for _, ix := range list {
		if !ix.closed {
			continue
		}
		ix.closed = false
		delete(ix.settings, "index.verified_before_close")
		k.restartShards(ix, "INDEX_REOPENED")
	}
	if k.v.major < 6 {
		return acknowledged()
	}
	return ok(map[string]any{"acknowledged": true, "shards_acknowledged": true})
}

// restartShards lets an index start again from what its nodes hold. A shard
// that has no data stays away.
func (k *call) restartShards(ix *index, reason string) {
	for _, s := range ix.shards {
		whole := s.primary.state == started || s.primary.why.reason == "INDEX_CLOSED" && s.primary.why.status != "no_valid_shard_copy"
		for _, cp := range s.copies() {
			cp.state, cp.node, cp.recovery = unassigned, nil, nil
			cp.why = whyUnassigned{reason: reason, at: k.now}
		}
		if !whole {
			s.primary.why.status = "no_valid_shard_copy"
			continue
		}
		switch {
		case !ix.closed:
			k.placePrimary(ix, s, "EXISTING_STORE")
		case k.v.major >= 8:
			k.placePrimary(ix, s, "EXISTING_STORE")
		case k.v.from(7, 2): // closed indices keep their copies, after a moment
			k.after(k.opts.Pace.Allocate, func() {
				if ix.closed && s.primary.state == unassigned && slices.Contains(ix.shards, s) {
					k.placePrimary(ix, s, "EXISTING_STORE")
				}
			})
		}
	}
}
