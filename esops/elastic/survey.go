package elastic

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"es-restore/esops"
)

// Capacity implements esops.Surveyor, in three requests.
func (c *Client) Capacity(ctx context.Context, repository string) (esops.Capacity, error) {
	var capacity esops.Capacity
	if err := c.disks(ctx, &capacity); err != nil {
		return capacity, err
	}
	if err := c.limits(ctx, &capacity); err != nil {
		return capacity, err
	}
	// Of a repository's settings, this one alone is asked for: others can hold keys.
	var throttle map[string]struct {
		Settings struct {
			Rate string `json:"max_restore_bytes_per_sec"`
		} `json:"settings"`
	}
	err := c.get(ctx, &throttle, url.Values{"filter_path": {"*.settings.max_restore_bytes_per_sec"}}, "_snapshot", repository)
	if err == nil {
		capacity.RepositoryRate = parseBytes(throttle[repository].Settings.Rate)
	}
	return capacity, err
}

// disks reads where data is kept, and how many shards there are.
func (c *Client) disks(ctx context.Context, into *esops.Capacity) error {
	var stats struct {
		Nodes map[string]struct {
			Name  string   `json:"name"`
			Roles []string `json:"roles"`
			FS    struct {
				Total struct {
					Total     int64 `json:"total_in_bytes"`
					Available int64 `json:"available_in_bytes"`
				} `json:"total"`
			} `json:"fs"`
		} `json:"nodes"`
	}
	filter := "nodes.*.name,nodes.*.roles,nodes.*.fs.total.total_in_bytes,nodes.*.fs.total.available_in_bytes"
	if err := c.get(ctx, &stats, url.Values{"filter_path": {filter}}, "_nodes", "stats", "fs"); err != nil {
		return err
	}
	for _, n := range stats.Nodes {
		holds := slices.ContainsFunc(n.Roles, func(role string) bool { return strings.HasPrefix(role, "data") })
		if holds {
			into.Disks = append(into.Disks, esops.Disk{Node: n.Name, Total: n.FS.Total.Total, Free: n.FS.Total.Available})
		}
	}
	return nil
}

// settingTiers are cluster settings as the answer gives them: set for good, set
// until a restart, and the defaults.
type settingTiers struct {
	Persistent, Transient, Defaults clusterSettings
}

type clusterSettings struct {
	Cluster struct {
		Routing struct {
			Allocation struct {
				Enable string `json:"enable"`
				Disk   struct {
					Enabled   string `json:"threshold_enabled"`
					Watermark struct {
						Low string `json:"low"`
					} `json:"watermark"`
				} `json:"disk"`
			} `json:"allocation"`
		} `json:"routing"`
		Blocks struct {
			ReadOnly string `json:"read_only"`
			Delete   string `json:"read_only_allow_delete"`
		} `json:"blocks"`
		MaxShards string `json:"max_shards_per_node"`
	} `json:"cluster"`
	Indices struct {
		Recovery struct {
			Rate string `json:"max_bytes_per_sec"`
		} `json:"recovery"`
	} `json:"indices"`
}

// get takes a setting from the tier that decides.
func (t settingTiers) get(of func(clusterSettings) string) string {
	for _, tier := range []clusterSettings{t.Transient, t.Persistent, t.Defaults} {
		if value := of(tier); value != "" {
			return value
		}
	}
	return ""
}

// limits reads the settings that bound a restore.
func (c *Client) limits(ctx context.Context, into *esops.Capacity) error {
	var tiers settingTiers
	filter := "*.cluster.routing.allocation.enable,*.cluster.routing.allocation.disk,*.cluster.blocks,*.cluster.max_shards_per_node,*.indices.recovery.max_bytes_per_sec"
	if err := c.get(ctx, &tiers, url.Values{"include_defaults": {"true"}, "filter_path": {filter}}, "_cluster", "settings"); err != nil {
		return err
	}
	// 5.x writes its default in capitals.
	into.Allocation = strings.ToLower(tiers.get(func(s clusterSettings) string { return s.Cluster.Routing.Allocation.Enable }))
	into.Watermarks = tiers.get(func(s clusterSettings) string { return s.Cluster.Routing.Allocation.Disk.Enabled }) != "false"
	low := tiers.get(func(s clusterSettings) string { return s.Cluster.Routing.Allocation.Disk.Watermark.Low })
	if percent, ok := strings.CutSuffix(low, "%"); ok {
		if p, err := strconv.ParseFloat(percent, 64); err == nil {
			into.LowUsed = p / 100
		}
	} else if ratio, err := strconv.ParseFloat(low, 64); err == nil && ratio > 0 && ratio <= 1 {
		into.LowUsed = ratio
	} else {
		into.LowFree = parseBytes(low)
	}
	into.Blocked = tiers.get(func(s clusterSettings) string { return s.Cluster.Blocks.ReadOnly }) == "true" ||
		tiers.get(func(s clusterSettings) string { return s.Cluster.Blocks.Delete }) == "true"
	into.NodeRate = parseBytes(tiers.get(func(s clusterSettings) string { return s.Indices.Recovery.Rate }))
	perNode, _ := strconv.Atoi(tiers.get(func(s clusterSettings) string { return s.Cluster.MaxShards }))
	into.ShardLimit = perNode * len(into.Disks)
	if into.ShardLimit > 0 {
		var health struct {
			Active       int `json:"active_shards"`
			Initializing int `json:"initializing_shards"`
			Unassigned   int `json:"unassigned_shards"`
		}
		if err := c.get(ctx, &health, url.Values{"timeout": {"1s"}, "filter_path": {"active_shards,initializing_shards,unassigned_shards"}}, "_cluster", "health"); err != nil {
			return err
		}
		into.Shards = health.Active + health.Initializing + health.Unassigned
	}
	return nil
}

// parseBytes reads a size as Elasticsearch writes it, such as 40mb; 0 when it is
// none, or no limit.
func parseBytes(text string) int64 {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, unit := range []struct {
		name string
		size float64
	}{{"pb", 1 << 50}, {"tb", 1 << 40}, {"gb", 1 << 30}, {"mb", 1 << 20}, {"kb", 1 << 10}, {"b", 1}} {
		if number, ok := strings.CutSuffix(text, unit.name); ok {
			n, err := strconv.ParseFloat(number, 64)
			if err != nil || n <= 0 {
				return 0
			}
			return int64(n * unit.size)
		}
	}
	return 0
}

// Facts implements esops.Surveyor.
func (c *Client) Facts(ctx context.Context, indices []string) (map[string]esops.Fact, error) {
	facts := map[string]esops.Fact{}
	for _, chunk := range chunks(indices) {
		var answer map[string]struct {
			Aliases  map[string]any             `json:"aliases"`
			Mappings map[string]json.RawMessage `json:"mappings"`
			Settings struct {
				Index struct {
					Created   string                   `json:"creation_date"`
					Version   struct{ Created string } `json:"version"`
					Lifecycle struct{ Name string }    `json:"lifecycle"`
				} `json:"index"`
			} `json:"settings"`
			Stream string `json:"data_stream"`
		}
		filter := "*.aliases,*.mappings,*.settings.index.creation_date,*.settings.index.version.created,*.settings.index.lifecycle.name,*.data_stream"
		if err := c.get(ctx, &answer, url.Values{"ignore_unavailable": {"true"}, "expand_wildcards": {"all"}, "filter_path": {filter}}, chunk); err != nil {
			return nil, err
		}
		for name, index := range answer {
			fact := esops.Fact{Docs: -1, Lifecycle: index.Settings.Index.Lifecycle.Name, Stream: index.Stream}
			if millis, err := strconv.ParseInt(index.Settings.Index.Created, 10, 64); err == nil {
				fact.Created = time.UnixMilli(millis).UTC()
			}
			if id, err := strconv.Atoi(index.Settings.Index.Version.Created); err == nil {
				fact.Version = esops.VersionOfID(id)
			}
			for alias := range index.Aliases {
				fact.Aliases = append(fact.Aliases, alias)
			}
			slices.Sort(fact.Aliases)
			fact.Types = types(index.Mappings)
			facts[name] = fact
		}
	}
	return facts, c.docs(ctx, facts)
}

// types are the names that a mapping of 6.x and earlier has for its document
// types; a later one begins with its own keys.
func types(mappings map[string]json.RawMessage) []string {
	if _, typeless := mappings["properties"]; typeless {
		return nil
	}
	var names []string
	for name, body := range mappings {
		if !strings.HasPrefix(name, "_") && name != "dynamic" && len(body) > 0 && body[0] == '{' {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// docs fills in how many documents there are.
func (c *Client) docs(ctx context.Context, facts map[string]esops.Fact) error {
	names := make([]string, 0, len(facts))
	for name := range facts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, chunk := range chunks(names) {
		var rows []struct {
			Index string `json:"index"`
			Docs  string `json:"docs.count"`
		}
		if err := c.get(ctx, &rows, url.Values{"format": {"json"}, "h": {"index,docs.count"}}, "_cat", "indices", chunk); err != nil {
			return err
		}
		for _, row := range rows {
			if n, err := strconv.ParseInt(row.Docs, 10, 64); err == nil {
				fact := facts[row.Index]
				fact.Docs = n
				facts[row.Index] = fact
			}
		}
	}
	return nil
}

var _ esops.Surveyor = (*Client)(nil)
