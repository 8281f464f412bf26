package essim

import (
	"fmt"
	"strings"
)

// clusterDefaults are the defaults of the cluster settings that matter here.
func clusterDefaults(v version) map[string]string {
	d := map[string]string{
		"cluster.blocks.read_only":                                       "false",
		"cluster.routing.allocation.enable":                              "all",
		"cluster.routing.allocation.cluster_concurrent_rebalance":        "2",
		"cluster.routing.allocation.node_concurrent_recoveries":          "2",
		"cluster.routing.allocation.node_concurrent_incoming_recoveries": "2",
		"cluster.routing.allocation.node_concurrent_outgoing_recoveries": "2",
		"cluster.routing.allocation.node_initial_primaries_recoveries":   "4",
		"cluster.routing.allocation.disk.threshold_enabled":              "true",
		"cluster.routing.allocation.disk.watermark.low":                  "85%",
		"cluster.routing.allocation.disk.watermark.high":                 "90%",
		"indices.recovery.max_bytes_per_sec":                             "40mb",
		"action.auto_create_index":                                       "true",
		"action.destructive_requires_name":                               "false",
	}
	if v.from(6, 0) {
		d["cluster.routing.allocation.disk.watermark.flood_stage"] = "95%"
		d["cluster.blocks.read_only_allow_delete"] = "false"
	}
	if v.from(5, 6) {
		d["cluster.blocks.read_only_allow_delete"] = "false"
	}
	if v.from(6, 7) {
		d["cluster.max_shards_per_node"] = "1000"
	}
	if v.from(7, 16) {
		d["indices.recovery.max_concurrent_snapshot_file_downloads"] = "5"
		d["indices.recovery.use_snapshots"] = "true"
	}
	if v.major >= 8 {
		d["action.destructive_requires_name"] = "true"
	}
	return d
}

func (k *call) clusterSettings() (*answer, *failure) {
	flat := k.flag("flat_settings", false)
	o := map[string]any{"persistent": k.persistent.json(flat), "transient": k.transient.json(flat)}
	if k.flag("include_defaults", false) {
		d := settings{"cluster.name": k.opts.Name}
		for key, v := range k.defaults {
			_, p := k.persistent[key]
			_, t := k.transient[key]
			if !p && !t {
				d[key] = v
			}
		}
		if _, shown := d["cluster.routing.allocation.enable"]; shown && k.v.major < 6 {
			d["cluster.routing.allocation.enable"] = "ALL" // as the enum prints itself
		}
		o["defaults"] = d.json(flat)
	}
	return ok(o)
}

func (k *call) putClusterSettings() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	change := map[string]settings{}
	for _, scope := range []string{"persistent", "transient"} {
		m, _ := o[scope].(map[string]any)
		change[scope] = flatten(m)
		for key, v := range change[scope] {
			if !k.knownClusterSetting(key) && !strings.HasSuffix(key, "*") {
				if k.v.major < 6 {
					return nil, illegalArgument("%s setting [%s], not dynamically updateable", scope, key)
				}
				return nil, illegalArgument("%s setting [%s], not recognized", scope, key)
			}
			if s, isString := v.(string); isString && strings.HasSuffix(key, "_per_sec") {
				if _, fine := byteSize(s); !fine {
					return nil, illegalArgument("failed to parse setting [%s] with value [%s] as a size in bytes: unit is missing or unrecognized", key, s)
				}
			}
		}
	}
	if len(change["persistent"])+len(change["transient"]) == 0 {
		return nil, validation("no settings to update")
	}
	// a read-only cluster lets its block be taken away, and nothing else
	if f := k.writeBlock(); f != nil && !onlyBlocks(change) {
		return nil, f
	}
	k.persistent.apply(change["persistent"])
	k.transient.apply(change["transient"])
	k.after(0, k.retryAll)
	flat := k.flag("flat_settings", false)
	return ok(map[string]any{"acknowledged": true,
		"persistent": given(change["persistent"]).json(flat), "transient": given(change["transient"]).json(flat)})
}

func onlyBlocks(change map[string]settings) bool {
	for _, s := range change {
		for key := range s {
			if !strings.HasPrefix(key, "cluster.blocks.") {
				return false
			}
		}
	}
	return true
}

// given leaves out what was removed.
func given(s settings) settings {
	o := settings{}
	for k, v := range s {
		if v != nil {
			o[k] = v
		}
	}
	return o
}

func (k *call) knownClusterSetting(key string) bool {
	if _, known := k.defaults[key]; known {
		return true
	}
	for _, p := range []string{"cluster.routing.", "cluster.info.", "indices.recovery.", "indices.breaker.", "logger.", "search.", "action.", "snapshot.", "cluster.metadata.", "ingest.", "xpack.", "cluster.remote.", "discovery."} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return key == "cluster.max_shards_per_node" && k.v.from(6, 7)
}

// retryAll lets shards that could not be placed try again, as a reroute does.
// Restored ones that failed stay where they are.
func (c *Cluster) retryAll() {
	for _, ix := range c.indices {
		if ix.closed && !c.v.from(7, 2) {
			continue
		}
		for _, s := range ix.shards {
			if s.primary.state == unassigned && s.primary.why.reason == "INDEX_CREATED" {
				c.placePrimary(ix, s, "EMPTY_STORE")
			}
			c.placeReplicas(ix, s)
		}
	}
	c.allocate()
}

// writeBlock is the failure of a metadata change in a read-only cluster.
func (k *call) writeBlock() *failure {
	if k.setting("cluster.blocks.read_only") == "true" {
		return masterBlocked("blocked by: [FORBIDDEN/6/cluster read-only (api)];")
	}
	return nil
}

// masterBlocked is a block that the master found; such an answer lacks the
// product header.
func masterBlocked(text string) *failure {
	f := blocked("%s", text)
	f.hidden = true
	return f
}

// naming puts the index's name before the text of a block, as 7.x does.
func (v version) naming(name string, f *failure) *failure {
	if f != nil && v.major >= 7 {
		f.reason = "index [" + name + "] " + f.reason
	}
	return f
}

// createBlock is the same for what creates something.
func (k *call) createBlock() *failure {
	if f := k.writeBlock(); f != nil {
		return f
	}
	if k.setting("cluster.blocks.read_only_allow_delete") == "true" {
		return masterBlocked("blocked by: [FORBIDDEN/13/cluster read-only / allow delete (api)];")
	}
	return nil
}

// blocks are an index's blocks by number, as the cluster state shows them.
func (ix *index) blocks() map[string]any {
	o := map[string]any{}
	add := func(id int, text string, levels ...any) {
		o[fmt.Sprint(id)] = map[string]any{"description": text, "retryable": false, "levels": levels}
	}
	if ix.closed {
		add(4, "index closed", "read", "write")
	}
	if ix.settings.str("index.blocks.read_only") == "true" {
		add(5, "index read-only (api)", "write", "metadata_write")
	}
	if ix.settings.str("index.blocks.read") == "true" {
		add(7, "index read (api)", "read")
	}
	if ix.settings.str("index.blocks.write") == "true" {
		add(8, "index write (api)", "write")
	}
	if ix.settings.str("index.blocks.metadata") == "true" {
		add(9, "index metadata (api)", "metadata_read", "metadata_write")
	}
	if ix.settings.str("index.blocks.read_only_allow_delete") == "true" {
		add(12, "index read-only / allow delete (api)", "write", "metadata_write")
	}
	return o
}

// refuses is the block of an index against one kind of access, or nil.
func (ix *index) refuses(level string) *failure {
	text := ""
	for _, b := range []struct{ key, level, text string }{
		{"read_only", "metadata_write", "FORBIDDEN/5/index read-only (api)"},
		{"read_only", "write", "FORBIDDEN/5/index read-only (api)"},
		{"read_only", "delete", "FORBIDDEN/5/index read-only (api)"},
		{"read", "read", "FORBIDDEN/7/index read (api)"},
		{"write", "write", "FORBIDDEN/8/index write (api)"},
		{"metadata", "metadata_write", "FORBIDDEN/9/index metadata (api)"},
		{"metadata", "delete", "FORBIDDEN/9/index metadata (api)"},
		{"read_only_allow_delete", "write", "FORBIDDEN/12/index read-only / allow delete (api)"},
		{"read_only_allow_delete", "metadata_write", "FORBIDDEN/12/index read-only / allow delete (api)"},
	} {
		if b.level == level && ix.settings.str("index.blocks."+b.key) == "true" {
			text += "[" + b.text + "];"
		}
	}
	if text == "" {
		return nil
	}
	return blocked("blocked by: %s", text)
}
