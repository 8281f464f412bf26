// Package story writes the example of the vendor's documentation into a
// cluster, real or simulated, by plain HTTP: the owner es-cn-a with its indices
// and its automatic snapshot, and the reader es-cn-b that sees the owner's
// repository read-only.
//
// It never deletes anything and knows no Elasticsearch client. Start at [Tell].
package story

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The names of the story.
const (
	OwnerRepository  = "aliyun_auto_snapshot"         // as es-cn-a calls it
	ReaderRepository = "aliyun_snapshot_from_es-cn-a" // as es-cn-b calls it
	Snapshot         = "es-cn-a_20190705220000"       // the automatic snapshot
	FileIndex        = "file-2019-08-25"              // 1 shard
	EcommerceIndex   = "kibana_sample_data_ecommerce" // 1 shard, alias orders_live
	LogsIndex        = "kibana_sample_data_logs"      // 2 shards
	KibanaIndex      = ".kibana_1"                    // alias .kibana
	MonitoringIndex  = ".monitoring-es-6-2019.07.05"  // 1 shard
	EcommerceAlias   = "orders_live"
	KibanaAlias      = ".kibana"
)

// Index is one index of the story.
type Index struct {
	Name    string
	Shards  int
	Docs    int
	Aliases []string
	Fields  map[string]string // field → mapping type
}

// Indices are the indices of es-cn-a, as the snapshot holds them.
func Indices() []Index {
	return []Index{
		{Name: FileIndex, Shards: 1, Docs: 250, Fields: map[string]string{"path": "keyword", "size": "long", "modified": "date"}},
		{Name: EcommerceIndex, Shards: 1, Docs: 467, Aliases: []string{EcommerceAlias}, Fields: map[string]string{"customer": "keyword", "total": "long", "order_date": "date"}},
		{Name: LogsIndex, Shards: 2, Docs: 1407, Fields: map[string]string{"message": "text", "bytes": "long", "timestamp": "date"}},
		{Name: KibanaIndex, Shards: 1, Docs: 12, Aliases: []string{KibanaAlias}, Fields: map[string]string{"type": "keyword", "title": "text"}},
		{Name: MonitoringIndex, Shards: 1, Docs: 30, Fields: map[string]string{"type": "keyword", "timestamp": "date"}},
	}
}

// Docs is how many documents an index of the story has, and 0 for others.
func Docs(name string) int {
	for _, ix := range Indices() {
		if ix.Name == name {
			return ix.Docs
		}
	}
	return 0
}

// Options say where the story is told.
type Options struct {
	Owner  string // URL of es-cn-a
	Reader string // URL of es-cn-b, or "" when there is none
	// Location is the folder of the repository, known to both.
	Location string
	// User and Password log in to both, when set.
	User, Password string
	// Client defaults to one with a timeout of a minute.
	Client *http.Client
	// Replicas of the indices, 0 unless set.
	Replicas int
}

// Tell writes the whole story: indices and snapshot into the owner, and the
// read-only repository into the reader. Telling it to clusters that know it
// already is an error.
func Tell(ctx context.Context, o Options) error {
	if err := Seed(ctx, o); err != nil {
		return err
	}
	if err := Snap(ctx, o, Snapshot); err != nil {
		return err
	}
	if o.Reader == "" {
		return nil
	}
	return Share(ctx, o)
}

// Seed creates the indices with their documents, and registers the owner's
// repository.
func Seed(ctx context.Context, o Options) error {
	c := NewCluster(o.Owner, o)
	for _, ix := range Indices() {
		if err := c.Create(ctx, ix, o.Replicas); err != nil {
			return err
		}
	}
	return c.Register(ctx, OwnerRepository, map[string]any{"location": o.Location, "compress": true})
}

// Snap takes a snapshot of everything in the owner and waits for its end.
func Snap(ctx context.Context, o Options, name string) error {
	c := NewCluster(o.Owner, o)
	return c.Do(ctx, "PUT", "/_snapshot/"+OwnerRepository+"/"+name+"?wait_for_completion=true", map[string]any{"include_global_state": false}, nil)
}

// Share registers the owner's repository read-only in the reader.
func Share(ctx context.Context, o Options) error {
	c := NewCluster(o.Reader, o)
	return c.Register(ctx, ReaderRepository, map[string]any{"location": o.Location, "compress": true, "readonly": true})
}

// Cluster is a cluster that is written to.
type Cluster struct {
	url            string
	user, password string
	client         *http.Client
	major          int
}

// NewCluster reaches the cluster at url with the login of o.
func NewCluster(url string, o Options) *Cluster {
	client := o.Client
	if client == nil {
		client = &http.Client{Timeout: time.Minute}
	}
	return &Cluster{url: strings.TrimSuffix(url, "/"), user: o.User, password: o.Password, client: client}
}

// Major is the cluster's major version. It is asked of the nodes, because the
// root page is not part of every distribution.
func (c *Cluster) Major(ctx context.Context) (int, error) {
	if c.major > 0 {
		return c.major, nil
	}
	var nodes struct {
		Nodes map[string]struct{ Version string }
	}
	if err := c.Do(ctx, "GET", "/_nodes/_local?filter_path=nodes.*.version", nil, &nodes); err != nil {
		return 0, err
	}
	for _, n := range nodes.Nodes {
		if _, err := fmt.Sscanf(n.Version, "%d.", &c.major); err != nil {
			return 0, fmt.Errorf("reading version %q: %w", n.Version, err)
		}
	}
	return c.major, nil
}

// Create makes an index with its mapping, aliases and documents.
func (c *Cluster) Create(ctx context.Context, ix Index, replicas int) error {
	major, err := c.Major(ctx)
	if err != nil {
		return err
	}
	fields := map[string]any{}
	for f, t := range ix.Fields {
		fields[f] = map[string]any{"type": t}
	}
	mapping := map[string]any{"properties": fields}
	if major < 7 {
		mapping = map[string]any{"doc": mapping}
	}
	aliases := map[string]any{}
	for _, a := range ix.Aliases {
		aliases[a] = map[string]any{}
	}
	body := map[string]any{
		"settings": map[string]any{"index.number_of_shards": ix.Shards, "index.number_of_replicas": replicas},
		"mappings": mapping, "aliases": aliases,
	}
	if err := c.Do(ctx, "PUT", "/"+ix.Name, body, nil); err != nil {
		return err
	}
	return c.Fill(ctx, ix, 0)
}

// Fill writes the documents of an index, numbered from first on.
func (c *Cluster) Fill(ctx context.Context, ix Index, first int) error {
	if ix.Docs == 0 {
		return nil
	}
	major, err := c.Major(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	for i := range ix.Docs {
		head := map[string]any{"_index": ix.Name, "_id": fmt.Sprint(first + i)}
		if major < 7 {
			head["_type"] = "doc"
		}
		doc := map[string]any{}
		for f, t := range ix.Fields {
			doc[f] = value(f, t, first+i)
		}
		_ = e.Encode(map[string]any{"index": head})
		_ = e.Encode(doc)
	}
	var out struct {
		Errors bool
	}
	if err := c.send(ctx, "POST", "/_bulk?refresh=true", "application/x-ndjson", b.String(), &out); err != nil {
		return err
	}
	if out.Errors {
		return fmt.Errorf("writing documents into %q: some were refused", ix.Name)
	}
	return nil
}

// value is the content of a field, the same at every run.
func value(field, kind string, n int) any {
	switch kind {
	case "long":
		return n * 37 % 5000
	case "date":
		return time.Date(2019, 7, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute).Format(time.RFC3339)
	case "text":
		return fmt.Sprintf("%s number %d of the story, %s", field, n, strings.Repeat("words and more words ", 3))
	}
	return fmt.Sprintf("%s-%d", field, n%50)
}

// Register registers an fs repository.
func (c *Cluster) Register(ctx context.Context, name string, settings map[string]any) error {
	return c.Do(ctx, "PUT", "/_snapshot/"+name, map[string]any{"type": "fs", "settings": settings}, nil)
}
