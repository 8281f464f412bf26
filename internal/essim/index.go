package essim

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"time"
)

const (
	unassigned   = "UNASSIGNED"
	initializing = "INITIALIZING"
	started      = "STARTED"
)

// index is an index of a cluster, with its documents.
type index struct {
	name, uuid string
	closed     bool
	settings   settings
	mappings   map[string]any            // type → mapping, also where types are gone
	aliases    map[string]map[string]any // alias → its options
	shards     []*shard
	restoring  *restore // the restore that writes it now
}

// shard is one shard: its documents and its copies.
type shard struct {
	id       int
	docs     map[string]*doc
	order    []string
	padding  int64 // bytes beyond the documents
	fixed    []int64
	primary  *shardCopy
	replicas []*shardCopy
	seq      int64
}

type doc struct {
	id, kind string
	source   json.RawMessage
	version  int64
	seq      int64
}

// shardCopy is where one copy of a shard is, and how it got there.
type shardCopy struct {
	primary  bool
	state    string
	node     *node
	why      whyUnassigned
	recovery *recovery
	alloc    string // allocation id
}

type whyUnassigned struct {
	reason, details string
	at              time.Time
	attempts        int
	status          string // last_allocation_status
	failedRestore   *restore
}

// recovery is one entry of _recovery.
type recovery struct {
	kind, stage string
	node        *node
	start, stop time.Time
	source      map[string]any
	files       []int64
	file        int     // the file that is being copied
	done        float64 // bytes
	reused      bool

	restore *restore // set while a restore copies
	part    *restoreShard
}

func (r *recovery) bytes() (n int64) {
	for _, f := range r.files {
		n += f
	}
	return n
}

// filesDone counts the files that were copied completely.
func (r *recovery) filesDone() int {
	if r.stage == "DONE" {
		return len(r.files)
	}
	return r.file
}

// boundary is the end of the file that is being copied, in bytes from the start.
func (r *recovery) boundary() float64 {
	sum := 0.0
	for i, f := range r.files {
		sum += float64(f)
		if i >= r.file {
			break
		}
	}
	return sum
}

func (ix *index) shardCount() int   { return ix.settings.num("index.number_of_shards", 1) }
func (ix *index) replicaCount() int { return ix.settings.num("index.number_of_replicas", 1) }

// route finds the shard of a document.
func (ix *index) route(id string) *shard {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return ix.shards[int(h.Sum32()%uint32(len(ix.shards)))]
}

func (s *shard) put(d *doc) (created bool) {
	old := s.docs[d.id]
	d.version, d.seq = 1, s.seq
	s.seq++
	if old != nil {
		d.version = old.version + 1
	} else {
		s.order = append(s.order, d.id)
	}
	s.docs[d.id] = d
	s.fixed = nil
	return old == nil
}

func (s *shard) remove(id string) bool {
	if s.docs[id] == nil {
		return false
	}
	delete(s.docs, id)
	s.order = slices.DeleteFunc(s.order, func(x string) bool { return x == id })
	s.fixed = nil
	return true
}

func (s *shard) clear() { s.docs, s.order, s.fixed, s.seq = map[string]*doc{}, nil, nil, 0 }

// all lists the documents in the order they came.
func (s *shard) all() []*doc {
	out := make([]*doc, 0, len(s.order))
	for _, id := range s.order {
		out = append(out, s.docs[id])
	}
	return out
}

// files are the sizes of the shard's files: a commit point always, and the
// documents in a large, a middle and a small one.
func (s *shard) files() []int64 {
	if s.fixed != nil {
		return s.fixed
	}
	n := s.padding
	for _, d := range s.docs {
		n += int64(len(d.source)) + 64
	}
	files := []int64{}
	if n > 0 {
		big, mid := n*6/10, n*3/10
		for _, f := range []int64{big, mid, n - big - mid} {
			if f > 0 {
				files = append(files, f)
			}
		}
	}
	return append(files, 230)
}

func (s *shard) bytes() (n int64) {
	for _, f := range s.files() {
		n += f
	}
	return n
}

func (s *shard) copies() []*shardCopy { return append([]*shardCopy{s.primary}, s.replicas...) }

func (c *Cluster) newShard(id, replicas int) *shard {
	s := &shard{id: id, docs: map[string]*doc{}, primary: &shardCopy{primary: true, state: unassigned}}
	for range replicas {
		s.replicas = append(s.replicas, &shardCopy{state: unassigned})
	}
	return s
}

// learn adds the fields of a document to the index's mapping.
func (ix *index) learn(kind string, fields map[string]any) {
	m, _ := ix.mappings[kind].(map[string]any)
	if m == nil {
		m = map[string]any{}
		ix.mappings[kind] = m
	}
	learnInto(m, fields)
}

func learnInto(m, fields map[string]any) {
	props, _ := m["properties"].(map[string]any)
	if props == nil {
		if len(fields) == 0 {
			return
		}
		props = map[string]any{}
		m["properties"] = props
	}
	for k, v := range fields {
		if list, ok := v.([]any); ok {
			if len(list) == 0 {
				continue
			}
			v = list[0]
		}
		have, known := props[k].(map[string]any)
		switch t := v.(type) {
		case nil:
		case map[string]any:
			if !known {
				have = map[string]any{}
				props[k] = have
			}
			learnInto(have, t)
		case bool:
			if !known {
				props[k] = map[string]any{"type": "boolean"}
			}
		case json.Number:
			if !known {
				kind := "long"
				if _, err := strconv.ParseInt(t.String(), 10, 64); err != nil {
					kind = "float"
				}
				props[k] = map[string]any{"type": kind}
			}
		case string:
			if !known {
				props[k] = textOrDate(t)
			}
		}
	}
}

func textOrDate(s string) map[string]any {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
		if _, err := time.Parse(layout, s); err == nil {
			return map[string]any{"type": "date"}
		}
	}
	return map[string]any{"type": "text", "fields": map[string]any{"keyword": map[string]any{"type": "keyword", "ignore_above": 256}}}
}

// mappingJSON is how an answer shows the mapping: by type up to 6.x.
func (ix *index) mappingJSON(v version) map[string]any {
	if v.major < 7 {
		return copyJSON(ix.mappings).(map[string]any)
	}
	for _, m := range ix.mappings {
		if mm, ok := m.(map[string]any); ok {
			return copyJSON(mm).(map[string]any)
		}
	}
	return map[string]any{}
}

func copyJSON(v any) any {
	switch t := v.(type) {
	case map[string]any:
		o := make(map[string]any, len(t))
		for k, x := range t {
			o[k] = copyJSON(x)
		}
		return o
	case []any:
		o := make([]any, len(t))
		for i, x := range t {
			o[i] = copyJSON(x)
		}
		return o
	}
	return v
}

func copyAliases(a map[string]map[string]any) map[string]map[string]any {
	o := make(map[string]map[string]any, len(a))
	for k, v := range a {
		o[k] = copyJSON(v).(map[string]any)
	}
	return o
}

// newUUID is 22 characters of URL-safe base64, as Elasticsearch's are.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
