package essim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// knownIndexSetting tells whether a stock node has registered the setting.
func knownIndexSetting(key string) bool {
	for _, p := range []string{
		"index.routing.", "index.blocks.", "index.analysis.", "index.translog.", "index.merge.", "index.search.", "index.indexing.", "index.mapping.",
		"index.unassigned.", "index.allocation.", "index.similarity.", "index.soft_deletes.", "index.sort.", "index.highlight.", "index.store.", "index.query.",
		"index.requests.", "index.queries.", "index.recovery.", "index.write.", "index.version.", "index.data_path", "index.default_pipeline", "index.final_pipeline",
		"index.number_of_", "index.auto_expand_replicas", "index.refresh_interval", "index.codec", "index.priority", "index.uuid", "index.creation_date",
		"index.provided_name", "index.shard.", "index.hidden", "index.max_", "index.verified_before_close", "index.resize.", "index.shrink.", "index.gc_deletes",
		"index.warmer.", "index.compound_", "index.fielddata.", "index.load_fixed_bitset", "index.history_uuid", "index.flush_after_merge", "index.replication", "index.compound_format", "index.frozen",
	} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

const unknownSetting = "unknown setting [%s] please check that any required plugins are installed, or check the breaking changes documentation for removed settings"

func (k *call) getSettings() (*answer, *failure) {
	if k.v.major < 6 && k.vars["name"] != "" && k.q.Has("flat_settings") {
		return nil, illegalArgument("request [%s] contains unrecognized parameter: [flat_settings]", k.r.URL.Path)
	}
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	names := splitList(k.vars["name"])
	flat := k.flag("flat_settings", false)
	o := map[string]any{}
	for _, ix := range list {
		s := settings{}
		for key, v := range ix.settings {
			if len(names) == 0 || matchAny(names, key) || slices.Contains(names, "_all") {
				s[key] = v
			}
		}
		e := map[string]any{"settings": s.json(flat)}
		if k.flag("include_defaults", false) {
			d := settings{}
			for key, v := range indexDefaults(k.v) {
				if _, set := ix.settings[key]; !set && (len(names) == 0 || matchAny(names, key)) {
					d[key] = v
				}
			}
			e["defaults"] = d.json(flat)
			if len(s)+len(d) > 0 {
				o[ix.name] = e
			}
			continue
		}
		if len(s) > 0 {
			o[ix.name] = e
		}
	}
	return ok(o)
}

func indexDefaults(version) map[string]string {
	return map[string]string{
		"index.blocks.read_only": "false", "index.blocks.read_only_allow_delete": "false", "index.blocks.read": "false", "index.blocks.write": "false", "index.blocks.metadata": "false",
		"index.refresh_interval": "1s", "index.max_result_window": "10000", "index.allocation.max_retries": "5", "index.priority": "1",
	}
}

func (k *call) putSettings() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	if inner, nested := o["settings"].(map[string]any); nested && len(o) == 1 {
		o = inner
	}
	change := flatten(o).indexed()
	if len(change) == 0 {
		return nil, validation("no settings to update")
	}
	if f := k.checkSettingsChange(list, change); f != nil {
		return nil, f
	}
	for _, ix := range list {
		ix.settings.apply(change)
		k.adjustReplicas(ix)
	}
	k.after(0, k.retryAll)
	return acknowledged()
}

func (k *call) checkSettingsChange(list []*index, change settings) *failure {
	onlyOpens := true
	for _, key := range change.keys() {
		onlyOpens = onlyOpens && strings.HasPrefix(key, "index.blocks.")
		if !knownIndexSetting(key) && !containsStar(key) {
			return illegalArgument(unknownSetting, key)
		}
		if s := change.str(key); key == "index.number_of_replicas" && change[key] != nil {
			if _, err := strconv.Atoi(s); err != nil {
				return illegalArgument("Failed to parse value [%s] for setting [%s]", s, key).
					causedBy(fail(http.StatusBadRequest, "number_format_exception", "For input string: %q", s), false)
			}
		}
	}
	if slices.ContainsFunc(change.keys(), func(s string) bool { return s == "index.number_of_shards" }) {
		var open []string
		for _, ix := range list {
			if !ix.closed {
				open = append(open, fmt.Sprintf("[%s/%s]", ix.name, ix.uuid))
			}
		}
		if len(open) > 0 {
			hint := ""
			if k.v.from(8, 12) {
				hint = " unless the `reopen` query parameter is set to true. Alternatively, close the indices, apply the settings changes, and reopen the indices"
			}
			return illegalArgument("Can't update non dynamic settings [[index.number_of_shards]] for open indices [%s]%s", strings.Join(open, ", "), hint)
		}
	}
	for _, ix := range list {
		if f := ix.refuses("metadata_write"); f != nil && !onlyOpens {
			return k.v.naming(ix.name, f)
		}
	}
	return nil
}

// adjustReplicas follows number_of_replicas.
func (c *Cluster) adjustReplicas(ix *index) {
	want := ix.replicaCount()
	for _, s := range ix.shards {
		for len(s.replicas) < want {
			s.replicas = append(s.replicas, &shardCopy{state: unassigned, why: whyUnassigned{reason: "REPLICA_ADDED", at: c.now}})
		}
		s.replicas = s.replicas[:max(want, 0)]
		c.placeReplicas(ix, s)
	}
}
