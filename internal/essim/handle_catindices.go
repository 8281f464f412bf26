package essim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (k *call) catIndices() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	t := &table{columns: []column{
		{name: "health", aliases: "h", help: "current health status"}, {name: "status", aliases: "s", help: "open/close status"},
		{name: "index", aliases: "i,idx", help: "index name"}, {name: "uuid", aliases: "id,uuid", help: "index uuid"},
		{name: "pri", aliases: "p,shards.primary,shardsPrimary", right: true, help: "number of primary shards"},
		{name: "rep", aliases: "r,shards.replica,shardsReplica", right: true, help: "number of replica shards"},
		{name: "docs.count", aliases: "dc,docsCount", right: true, help: "available docs"}, {name: "docs.deleted", aliases: "dd,docsDeleted", right: true, help: "deleted docs"},
		{name: "creation.date", aliases: "cd", hidden: true, help: "index creation date (millisecond value)"},
		{name: "creation.date.string", aliases: "cds", hidden: true, help: "index creation date (as string)"},
		{name: "store.size", aliases: "ss,storeSize", right: true, help: "store size of primaries & replicas"},
		{name: "pri.store.size", right: true, help: "store size of primaries"},
	}}
	if k.v.from(8, 13) {
		t.columns = append(t.columns, column{name: "dataset.size", right: true, help: "total size of dataset"})
	}
	for _, ix := range list {
		if h := k.q.Get("health"); h != "" && h != ix.health() {
			continue
		}
		t.add(k.catIndex(ix, len(t.columns))...)
	}
	return k.cat(t)
}

func (k *call) catIndex(ix *index, width int) []any {
	var health, pri, rep, docs, deleted, store, priStore any
	status := "open"
	if ix.closed {
		status = "close"
	}
	if k.shown(ix) {
		health, pri, rep = ix.health(), strconv.Itoa(len(ix.shards)), strconv.Itoa(ix.replicaCount())
	}
	if up := slices.ContainsFunc(ix.shards, func(s *shard) bool { return s.primary.state == started }); up && k.shown(ix) {
		var all, primaries int64
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				if cp.state != unassigned {
					all += s.bytes()
					if cp.primary {
						primaries += s.bytes()
					}
				}
			}
		}
		docs, deleted = strconv.Itoa(ix.count()), "0"
		store, priStore = k.size(all), k.size(primaries)
		if ix.closed {
			docs, deleted = nil, nil
		}
	}
	created := int64(ix.settings.num("index.creation_date", 0))
	cells := []any{health, status, ix.name, ix.uuid, pri, rep, docs, deleted, strconv.FormatInt(created, 10), iso(time.UnixMilli(created)), store, priStore}
	if len(cells) < width {
		cells = append(cells, priStore)
	}
	return cells
}

func (k *call) catShards() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{forbidClose: true})
	if f != nil {
		return nil, f
	}
	t := &table{columns: []column{
		{name: "index", aliases: "i,idx", help: "index name"}, {name: "shard", aliases: "s,sh", help: "shard name"},
		{name: "prirep", aliases: "p,pr,primaryOrReplica", help: "primary or replica"}, {name: "state", aliases: "st", help: "shard state"},
		{name: "docs", aliases: "d,dc", right: true, help: "number of docs in shard"}, {name: "store", aliases: "sto", right: true, help: "store size of shard (how much disk it uses)"},
		{name: "ip", help: "ip of node where it lives"}, {name: "id", hidden: true, help: "unique id of node where it lives"}, {name: "node", aliases: "n", help: "name of node where it lives"},
		{name: "unassigned.reason", aliases: "ur", hidden: true, help: "reason shard is unassigned"}, {name: "unassigned.at", aliases: "ua", hidden: true, help: "time shard became unassigned (UTC)"},
		{name: "unassigned.for", aliases: "uf", hidden: true, help: "time has been unassigned"}, {name: "unassigned.details", aliases: "ud", hidden: true, help: "additional details as to why the shard became unassigned"},
		{name: "recoverysource.type", aliases: "rs", hidden: true, help: "recovery source type"},
	}}
	if k.v.from(8, 13) {
		t.columns = slices.Insert(t.columns, 6, column{name: "dataset", right: true, help: "total size of dataset"})
	}
	for _, ix := range list {
		for _, s := range ix.shards {
			for _, cp := range s.copies() {
				t.add(k.catShard(ix, s, cp)...)
			}
		}
	}
	return k.cat(t)
}

func (k *call) catShard(ix *index, s *shard, cp *shardCopy) []any {
	kind := "r"
	if cp.primary {
		kind = "p"
	}
	var docs, store, ip, id, name, reason, at, ago, details, source any
	if cp.state == started {
		docs, store = strconv.Itoa(len(s.docs)), k.size(s.bytes())
	}
	if cp.node != nil {
		ip, id, name = "127.0.0.1", cp.node.id, cp.node.name
	}
	if w := cp.why; w.reason != "" && cp.state != started {
		reason, at = w.reason, iso(w.at)
		ago = shortDuration(k.now.Sub(w.at))
		if w.details != "" {
			details = w.details
		}
	}
	if cp.state != started {
		source = "peer"
		if cp.primary {
			source = map[bool]string{true: "snapshot", false: "existing_store"}[strings.HasSuffix(cp.why.reason, "_RESTORED")]
		}
	}
	cells := []any{ix.name, strconv.Itoa(s.id), kind, cp.state, docs, store, ip, id, name, reason, at, ago, details, source}
	if k.v.from(8, 13) {
		cells = slices.Insert(cells, 6, store)
	}
	return cells
}
