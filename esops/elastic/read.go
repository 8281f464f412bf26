package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"es-restore/esops"
)

// Cluster implements esops.Reader. It refuses what is not Elasticsearch: the
// library's own check is switched off, since it refuses versions before 7.14.
func (c *Client) Cluster(ctx context.Context) (esops.Cluster, error) {
	var root struct {
		UUID    string `json:"cluster_uuid"`
		Version struct {
			Number       string `json:"number"`
			Distribution string `json:"distribution"`
		} `json:"version"`
		Tagline string `json:"tagline"`
	}
	err := c.get(ctx, &root, nil)
	if _, refused := esops.Refused(err); refused && !isLogin(err) {
		root.Version.Number, root.UUID, err = c.withoutRoot(ctx)
	}
	if err != nil {
		return esops.Cluster{}, err
	}
	version, err := esops.ParseVersion(root.Version.Number)
	if err != nil || root.Version.Distribution != "" {
		return esops.Cluster{}, esops.Refuse("not_elasticsearch", "Check the url in the configuration.",
			"What answers at %s's address is not Elasticsearch.", c.name)
	}
	if hangs(version) {
		return esops.Cluster{}, esops.Refuse("version_too_old", "Upgrade it to the last 5.6 or 6.x first; as the maker of a snapshot it is fine.",
			"%s is Elasticsearch %s, in which a failed restore hangs for ever and keeps others from starting; 5.6.6 and 6.1.2 are the first that can be a destination.", c.name, version)
	}
	var health struct {
		Status string `json:"status"`
		Nodes  int    `json:"number_of_data_nodes"`
	}
	if err := c.get(ctx, &health, url.Values{"timeout": {"1s"}}, "_cluster", "health"); err != nil {
		return esops.Cluster{}, err
	}
	return esops.Cluster{Name: c.name, UUID: root.UUID, Version: version, Health: health.Status, Nodes: health.Nodes}, nil
}

// hangs reports whether a version keeps a restore running for ever whose shards
// failed.
func hangs(v esops.Version) bool {
	return v.Less(esops.Version{Major: 5, Minor: 6, Patch: 6}) ||
		v.Major == 6 && v.Less(esops.Version{Major: 6, Minor: 1, Patch: 2})
}

func isLogin(err error) bool {
	var refusal *esops.Refusal
	return errors.As(err, &refusal) && (refusal.Code == "cluster_unauthorized" || refusal.Code == "cluster_forbidden")
}

// withoutRoot asks the version and UUID of a server that has no GET /, as some
// distributions of 8.x.
func (c *Client) withoutRoot(ctx context.Context) (version, uuid string, err error) {
	var nodes struct {
		Nodes map[string]struct {
			Version string `json:"version"`
		} `json:"nodes"`
	}
	if err := c.get(ctx, &nodes, url.Values{"filter_path": {"nodes.*.version"}}, "_nodes", "_local"); err != nil {
		return "", "", err
	}
	for _, n := range nodes.Nodes {
		version = n.Version
	}
	state, err := c.State(ctx, nil)
	return version, state.ClusterUUID, err
}

// Repositories implements esops.Reader. The settings are not even decoded.
func (c *Client) Repositories(ctx context.Context) ([]esops.Repository, error) {
	var answer map[string]struct {
		Type     string `json:"type"`
		Settings struct {
			ReadOnly any `json:"readonly"`
		} `json:"settings"`
	}
	if err := c.get(ctx, &answer, url.Values{"filter_path": {"*.type,*.settings.readonly"}}, "_snapshot"); err != nil {
		return nil, err
	}
	var repositories []esops.Repository
	for name, r := range answer {
		repositories = append(repositories, esops.Repository{
			Name: name, Type: r.Type,
			ReadOnly: r.Settings.ReadOnly == true || r.Settings.ReadOnly == "true",
		})
	}
	slices.SortFunc(repositories, func(a, b esops.Repository) int { return strings.Compare(a.Name, b.Name) })
	return repositories, nil
}

// snapshotEntry is one snapshot of a listing; the cheap one fills the first four.
type snapshotEntry struct {
	Snapshot  string   `json:"snapshot"`
	UUID      string   `json:"uuid"`
	State     string   `json:"state"`
	Indices   []string `json:"indices"`
	VersionID int      `json:"version_id"`
	Start     int64    `json:"start_time_in_millis"`
	End       int64    `json:"end_time_in_millis"`
	Failures  []struct {
		Index  string `json:"index"`
		Shard  int    `json:"shard_id"`
		Reason string `json:"reason"`
	} `json:"failures"`
	Shards struct {
		Total  int `json:"total"`
		Failed int `json:"failed"`
	} `json:"shards"`
}

func (e snapshotEntry) snapshot() esops.Snapshot {
	s := esops.Snapshot{
		Name: e.Snapshot, UUID: e.UUID, State: e.State, Indices: e.Indices,
		Version: esops.VersionOfID(e.VersionID), Shards: e.Shards.Total, Failed: e.Shards.Failed,
	}
	if e.Start > 0 {
		s.Started = time.UnixMilli(e.Start).UTC()
	}
	if e.End > 0 {
		s.Ended = time.UnixMilli(e.End).UTC()
	}
	for _, f := range e.Failures {
		s.Failures = append(s.Failures, esops.ShardFailure{Index: f.Index, Shard: f.Shard, Reason: f.Reason})
	}
	return s
}

// Snapshots implements esops.Reader.
func (c *Client) Snapshots(ctx context.Context, repository string, names ...string) ([]esops.Snapshot, error) {
	if len(names) == 0 {
		return c.list(ctx, url.Values{"verbose": {"false"}}, repository, "_all")
	}
	var snapshots []esops.Snapshot
	for _, chunk := range chunks(slices.DeleteFunc(slices.Clone(names), special)) {
		some, err := c.list(ctx, url.Values{"ignore_unavailable": {"true"}}, repository, chunk)
		if err != nil {
			return nil, err
		}
		snapshots = append(snapshots, some...)
	}
	return snapshots, nil
}

// list reads one listing. A pattern that matches nothing is 404 up to 7.x.
func (c *Client) list(ctx context.Context, query url.Values, repository, names string) ([]esops.Snapshot, error) {
	var answer struct {
		Snapshots []snapshotEntry `json:"snapshots"`
		Responses []struct {      // the shape of some 7.x
			Snapshots []snapshotEntry `json:"snapshots"`
			Error     json.RawMessage `json:"error"`
		} `json:"responses"`
		Failures map[string]json.RawMessage `json:"failures"` // 7.14 to 7.17: with HTTP 200
	}
	if severalRepositories(repository) {
		return nil, c.noSuchRepository()
	}
	err := c.get(ctx, &answer, query, "_snapshot", repository, names)
	var refusal *esops.Refusal
	if errors.As(err, &refusal) && refusal.Code == "no_such_snapshot" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, failure := range answer.Failures {
		return nil, c.listError(failure)
	}
	entries := answer.Snapshots
	for _, r := range answer.Responses {
		if len(r.Error) > 0 {
			return nil, c.listError(r.Error)
		}
		entries = append(entries, r.Snapshots...)
	}
	snapshots := make([]esops.Snapshot, len(entries))
	for i, e := range entries {
		snapshots[i] = e.snapshot()
	}
	return snapshots, nil
}

// listError is an error that stands within a listing.
func (c *Client) listError(inner json.RawMessage) error {
	body, err := json.Marshal(map[string]any{"error": inner})
	if err != nil {
		return err
	}
	return c.readError(http.StatusInternalServerError, body)
}

// severalRepositories reports whether newer versions would read a repository's
// name as a pattern or a list.
func severalRepositories(name string) bool {
	return name == "_all" || strings.ContainsAny(name, "*,")
}

// Sizes implements esops.Reader. Before 6.4 the API tells only how much a
// snapshot added to the repository, which is not its size.
func (c *Client) Sizes(ctx context.Context, repository, snapshot string) (map[string]esops.Size, error) {
	var answer struct {
		Snapshots []struct {
			Indices map[string]struct {
				Shards struct {
					Total  int `json:"total"`
					Failed int `json:"failed"`
				} `json:"shards_stats"`
				Stats struct {
					Total *struct {
						Bytes int64 `json:"size_in_bytes"`
					} `json:"total"`
				} `json:"stats"`
			} `json:"indices"`
		} `json:"snapshots"`
	}
	if special(snapshot) || severalRepositories(repository) {
		return nil, esops.Refuse("no_such_snapshot", "", "%q does not name one snapshot.", snapshot)
	}
	filter := "snapshots.indices.*.shards_stats,snapshots.indices.*.stats.total.size_in_bytes"
	if err := c.get(ctx, &answer, url.Values{"filter_path": {filter}}, "_snapshot", repository, snapshot, "_status"); err != nil {
		return nil, err
	}
	sizes := map[string]esops.Size{}
	for _, s := range answer.Snapshots {
		for name, index := range s.Indices {
			size := esops.Size{Bytes: -1, Shards: index.Shards.Total, Failed: index.Shards.Failed}
			if index.Stats.Total != nil {
				size.Bytes = index.Stats.Total.Bytes
			}
			sizes[name] = size
		}
	}
	return sizes, nil
}
