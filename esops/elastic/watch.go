package elastic

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"es-restore/esops"
)

var recoveryFilter = strings.Join([]string{
	"*.shards.id", "*.shards.type", "*.shards.stage", "*.shards.primary",
	"*.shards.source.repository", "*.shards.source.snapshot", "*.shards.source.index",
	"*.shards.index.size.total_in_bytes", "*.shards.index.size.recovered_in_bytes", "*.shards.index.size.reused_in_bytes",
}, ",")

type recoveryEntry struct {
	ID      int    `json:"id"`
	Type    string `json:"type"`
	Stage   string `json:"stage"`
	Primary bool   `json:"primary"`
	Source  struct {
		Repository string `json:"repository"`
		Snapshot   string `json:"snapshot"`
		Index      string `json:"index"`
	} `json:"source"`
	Index struct {
		Size struct {
			Total     int64 `json:"total_in_bytes"`
			Recovered int64 `json:"recovered_in_bytes"`
			Reused    int64 `json:"reused_in_bytes"`
		} `json:"size"`
	} `json:"index"`
}

// Recoveries implements esops.Watcher. Bytes that a closed index already had
// count as recovered.
func (c *Client) Recoveries(ctx context.Context, indices []string) ([]esops.Recovery, error) {
	lists := chunks(slices.DeleteFunc(slices.Clone(indices), special))
	requests := make([][]string, len(lists))
	for i, list := range lists {
		requests[i] = []string{list, "_recovery"}
	}
	if len(lists) > chunkLimit {
		requests = [][]string{{"_recovery"}} // everything at once
	}
	wanted := map[string]bool{}
	for _, name := range indices {
		wanted[name] = true
	}
	var recoveries []esops.Recovery
	for _, segments := range requests {
		var answer map[string]struct {
			Shards []recoveryEntry `json:"shards"`
		}
		query := url.Values{"human": {"false"}, "ignore_unavailable": {"true"}, "filter_path": {recoveryFilter}}
		if err := c.get(ctx, &answer, query, segments...); err != nil {
			return nil, err
		}
		for name, index := range answer {
			for _, e := range index.Shards {
				if e.Primary && wanted[name] {
					recoveries = append(recoveries, esops.Recovery{
						Target: name, Shard: e.ID, Type: e.Type, Stage: e.Stage,
						Repository: e.Source.Repository, Snapshot: e.Source.Snapshot, Index: e.Source.Index,
						Total: e.Index.Size.Total, Recovered: e.Index.Size.Recovered + e.Index.Size.Reused,
					})
				}
			}
		}
	}
	return recoveries, nil
}

// Queued implements esops.Watcher.
func (c *Client) Queued(ctx context.Context) (bool, error) {
	var answer struct {
		Tasks []struct {
			Source string `json:"source"`
		} `json:"tasks"`
	}
	if err := c.get(ctx, &answer, nil, "_cluster", "pending_tasks"); err != nil {
		return false, err
	}
	for _, task := range answer.Tasks {
		if strings.HasPrefix(task.Source, "restore_snapshot") {
			return true, nil
		}
	}
	return false, nil
}

// Count implements esops.Watcher. Where no shard answers, Elasticsearch says
// 503, and Count that it is not whole.
func (c *Client) Count(ctx context.Context, index string) (esops.Count, error) {
	var answer struct {
		Count  int64 `json:"count"`
		Shards struct {
			Total      int `json:"total"`
			Successful int `json:"successful"`
		} `json:"_shards"`
	}
	if err := oneIndex(index); err != nil {
		return esops.Count{}, err
	}
	err := c.get(ctx, &answer, nil, index, "_count")
	if refusal, ok := esops.Refused(err); ok && refusal.Code == "shards_missing" {
		return esops.Count{}, nil
	}
	if err != nil {
		return esops.Count{}, err
	}
	return esops.Count{Docs: answer.Count, Shards: answer.Shards.Total, Whole: answer.Shards.Successful == answer.Shards.Total}, nil
}

// Explain implements esops.Watcher. It is a POST that changes nothing.
func (c *Client) Explain(ctx context.Context, index string, shard int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	req, err := request{method: http.MethodPost, segments: []string{"_cluster", "allocation", "explain"},
		body: map[string]any{"index": index, "shard": shard, "primary": true}}.build(ctx, c.base)
	if err != nil {
		return "", err
	}
	status, body, err := perform(c.reads, req)
	if err != nil {
		return "", c.unreachable(err)
	}
	if status >= 300 {
		return "", nil // it has a place by now, or the index is gone
	}
	var answer struct {
		Unassigned struct {
			Details string `json:"details"`
		} `json:"unassigned_info"`
		Can         string `json:"can_allocate"`
		Explanation string `json:"allocate_explanation"`
		Nodes       []struct {
			Name     string `json:"node_name"`
			Deciders []struct {
				Decider     string `json:"decider"`
				Decision    string `json:"decision"`
				Explanation string `json:"explanation"`
			} `json:"deciders"`
		} `json:"node_allocation_decisions"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", nil
	}
	if answer.Can == "yes" { // it is about to have one
		return "", nil
	}
	words := []string{telling(answer.Unassigned.Details)}
	nodes := map[string][]string{} // by what they say: many say the same
	for _, node := range answer.Nodes {
		for _, d := range node.Deciders {
			if d.Decision != "NO" || d.Explanation == "" || d.Decider == "restore_in_progress" { // it only says that the restore failed
				continue
			}
			if len(nodes[d.Explanation]) == 0 {
				words = append(words, d.Explanation)
			}
			nodes[d.Explanation] = append(nodes[d.Explanation], node.Name)
		}
	}
	words = append(words, answer.Explanation)
	for i, said := range words {
		if on := strings.Join(nodes[said][:min(3, len(nodes[said]))], ", "); on != "" {
			words[i] = "on " + on + ": " + said
		}
	}
	words = slices.DeleteFunc(slices.Compact(words), func(said string) bool { return said == "" })
	return cut(strings.Join(words, " ")), nil
}

// telling is what the details of a shard without a place say, beside the
// snapshot that it was to come from.
func telling(details string) string {
	if strings.HasPrefix(details, "restore_source[") {
		return ""
	}
	return details
}
