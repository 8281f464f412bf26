package elastic

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"es-restore/esops"
)

// urlBytes bounds the names in one URL; Elasticsearch takes request lines of
// 4096 bytes. Beyond chunkLimit requests, everything is asked for at once.
const (
	urlBytes   = 2500
	chunkLimit = 4
)

// stateFilter keeps an answer small: without it the cluster state holds every
// mapping.
var stateFilter = strings.Join([]string{
	"cluster_uuid",
	"blocks.global." + notRecovered + ".description",
	"restore.snapshots",
	"snapshots.snapshots.snapshot",
	"snapshot_deletions.snapshot_deletions.snapshot",
	"nodes.*.name",
	"metadata.indices.*.state",
	"metadata.indices.*.aliases",
	"metadata.indices.*.settings.index.uuid",
	"metadata.indices.*.settings.index.number_of_shards",
	"metadata." + strings.Replace(esops.MarkerSetting, "index.", "indices.*.settings.index.", 1),
	"metadata.data_stream.data_stream.*.name",
	"routing_table.indices.*.shards.*.shard",
	"routing_table.indices.*.shards.*.primary",
	"routing_table.indices.*.shards.*.state",
	"routing_table.indices.*.shards.*.node",
	"routing_table.indices.*.shards.*.unassigned_info",
}, ",")

// notRecovered is the block of a cluster that was just started and has not read
// its own state yet. It answers with no indices at all.
const notRecovered = "1"

// clusterState is the part of GET _cluster/state that tells what stands under
// some names and what the cluster is at. Its shape is the same from 5.6 to 8.x.
type clusterState struct {
	UUID   string `json:"cluster_uuid"`
	Blocks struct {
		Global map[string]any `json:"global"`
	} `json:"blocks"`
	Restore struct {
		Snapshots []restoreEntry `json:"snapshots"`
	} `json:"restore"`
	Snapshots struct {
		Snapshots []any `json:"snapshots"`
	} `json:"snapshots"`
	Deletions struct {
		Deletions []any `json:"snapshot_deletions"`
	} `json:"snapshot_deletions"`
	Nodes map[string]struct {
		Name string `json:"name"`
	} `json:"nodes"`
	Metadata struct {
		Indices map[string]indexEntry `json:"indices"`
		Streams struct {
			Streams map[string]any `json:"data_stream"`
		} `json:"data_stream"`
	} `json:"metadata"`
	Routing struct {
		Indices map[string]struct {
			Shards map[string][]shardEntry `json:"shards"`
		} `json:"indices"`
	} `json:"routing_table"`
}

type restoreEntry struct {
	Repository string `json:"repository"`
	Snapshot   string `json:"snapshot"`
	Shards     []struct {
		Index struct {
			Name string `json:"index_name"`
			UUID string `json:"index_uuid"`
		} `json:"index"`
		Shard int    `json:"shard"`
		State string `json:"state"`
	} `json:"shards"`
}

type indexEntry struct {
	State    string   `json:"state"`
	Aliases  []string `json:"aliases"`
	Settings struct {
		Index struct {
			UUID    string `json:"uuid"`
			Shards  string `json:"number_of_shards"`
			Routing struct {
				Allocation struct {
					Exclude struct {
						Marker string `json:"restore_op"`
					} `json:"exclude"`
				} `json:"allocation"`
			} `json:"routing"`
		} `json:"index"`
	} `json:"settings"`
}

type shardEntry struct {
	Shard      int    `json:"shard"`
	Primary    bool   `json:"primary"`
	State      string `json:"state"`
	Node       string `json:"node"`
	Unassigned struct {
		Reason  string `json:"reason"`
		Details string `json:"details"`
	} `json:"unassigned_info"`
}

// State implements esops.Reader and esops.Watcher.
func (c *Client) State(ctx context.Context, names []string) (esops.State, error) {
	state := esops.State{Targets: map[string]esops.Target{}}
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	for i, segments := range stateRequests(names) {
		var answer clusterState
		if err := c.get(ctx, &answer, url.Values{"filter_path": {stateFilter}}, segments...); err != nil {
			return esops.State{}, err
		}
		if _, blocked := answer.Blocks.Global[notRecovered]; blocked {
			return esops.State{}, c.notReady()
		}
		if i == 0 {
			state.ClusterUUID = answer.UUID
			state.Restores = answer.restores()
			state.Snapshots = len(answer.Snapshots.Snapshots) + len(answer.Deletions.Deletions)
		}
		answer.targets(wanted, state.Targets)
		state.Shards = append(state.Shards, answer.primaries(wanted)...)
	}
	for name, target := range state.Targets {
		slices.Sort(target.Behind)
		state.Targets[name] = target
	}
	return state, nil
}

// stateRequests are the requests for the state of names: one with as many names
// as fit a URL, more of them, or one for everything when there are too many.
// Names that can't be an index's would be read as patterns, or refuse the whole
// request, and stand under nothing.
func stateRequests(names []string) [][]string {
	lists := chunks(slices.DeleteFunc(slices.Clone(names), special))
	const about = "blocks,customs,nodes"
	switch {
	case len(lists) == 0:
		return [][]string{{"_cluster", "state", about}}
	case len(lists) > chunkLimit:
		return [][]string{{"_cluster", "state", about + ",metadata,routing_table"}}
	}
	var requests [][]string
	for _, list := range lists {
		requests = append(requests, []string{"_cluster", "state", about + ",metadata,routing_table", list})
	}
	return requests
}

// chunks joins names by commas into lists that fit a URL as escaped.
func chunks(names []string) []string {
	var lists []string
	var b strings.Builder
	size := 0
	for _, name := range names {
		grows := len(url.PathEscape(name)) + 3
		if size > 0 && size+grows > urlBytes {
			lists = append(lists, b.String())
			b.Reset()
			size = 0
		}
		if size > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name)
		size += grows
	}
	if size > 0 {
		lists = append(lists, b.String())
	}
	return lists
}

func (s clusterState) restores() []esops.Restoring {
	var restores []esops.Restoring
	for _, e := range s.Restore.Snapshots {
		r := esops.Restoring{Repository: e.Repository, Snapshot: e.Snapshot}
		for _, shard := range e.Shards {
			r.Shards = append(r.Shards, esops.RestoringShard{Index: shard.Index.Name, UUID: shard.Index.UUID, Shard: shard.Shard, State: shard.State})
		}
		restores = append(restores, r)
	}
	return restores
}

// targets fills in what stands under the wanted names: indices, and the names
// of aliases and data streams.
func (s clusterState) targets(wanted map[string]bool, into map[string]esops.Target) {
	for name, e := range s.Metadata.Indices {
		if wanted[name] {
			target := esops.Target{State: esops.TargetOpen, UUID: e.Settings.Index.UUID, Marker: e.Settings.Index.Routing.Allocation.Exclude.Marker}
			if e.State == "close" {
				target.State = esops.TargetClosed
			}
			target.Shards, _ = strconv.Atoi(e.Settings.Index.Shards)
			into[name] = target
		}
		for _, alias := range e.Aliases {
			if wanted[alias] {
				target := into[alias]
				target.State = esops.TargetAlias
				target.Behind = append(target.Behind, name)
				into[alias] = target
			}
		}
	}
	for name := range s.Metadata.Streams.Streams {
		if wanted[name] {
			into[name] = esops.Target{State: esops.TargetStream}
		}
	}
}

func (s clusterState) primaries(wanted map[string]bool) []esops.Shard {
	var shards []esops.Shard
	for name, index := range s.Routing.Indices {
		if !wanted[name] {
			continue
		}
		for _, copies := range index.Shards {
			for _, e := range copies {
				if e.Primary {
					shards = append(shards, esops.Shard{
						Index: name, Number: e.Shard, State: e.State, Node: s.Nodes[e.Node].Name,
						Reason: e.Unassigned.Reason, Detail: telling(e.Unassigned.Details),
					})
				}
			}
		}
	}
	return shards
}
