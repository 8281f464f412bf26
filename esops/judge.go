package esops

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// judge finds what is the matter with the selection and the pair of versions.
func (p Planner) judge(cluster Cluster, snapshot Snapshot, chosen selection, req Request) []Finding {
	var findings []Finding
	add := func(f Finding) { findings = append(findings, f) }
	if f := versionVerdict(snapshot.Version, cluster.Version); f != nil {
		add(*f)
	}
	if chosen.exclusion {
		add(Finding{Code: "begins_with_exclusion", Severity: Blocking,
			Sentence: "The list of indices begins with an exclusion, which picks nothing.",
			WayOut:   "Name first what to take, such as *,-logs-*."})
	}
	for _, name := range chosen.systemSaid {
		add(Finding{Code: "system_index", Severity: Blocking, Index: name,
			Sentence: fmt.Sprintf("%s is a system index: restoring one can lock people out of Kibana.", name),
			WayOut:   "Add --system if that is really meant."})
	}
	for _, name := range chosen.missing {
		f := Finding{Code: "no_such_index", Severity: Blocking, Index: name,
			Sentence: fmt.Sprintf("Snapshot %s holds no index %s.", snapshot.Name, name),
			WayOut:   fmt.Sprintf("See what it holds with: show %s %s/%s", p.Cluster, req.Repository, snapshot.Name)}
		if near := Nearest(name, snapshot.Indices); len(near) > 0 {
			f.WayOut = "Did you mean " + strings.Join(near, " or ") + "? " + f.WayOut
		}
		add(f)
	}
	if n := len(chosen.systemLeft); n > 0 {
		add(Finding{Code: "system_left_out", Severity: Note,
			Sentence: fmt.Sprintf("%d system %s out: %s.", n, plural(n, "index stays", "indices stay"), some(chosen.systemLeft))})
	}
	if len(chosen.names) == 0 && !slices.ContainsFunc(findings, blocks) {
		add(Finding{Code: "nothing_selected", Severity: Blocking,
			Sentence: "The list of indices picks nothing from this snapshot.",
			WayOut:   fmt.Sprintf("See what it holds with: show %s %s/%s", p.Cluster, req.Repository, snapshot.Name)})
	}
	for _, name := range chosen.names {
		if strings.HasPrefix(name, ".") {
			add(Finding{Code: "restores_system_index", Severity: Warning, Index: name,
				Sentence: fmt.Sprintf("%s is a system index: restoring it can lock people out of Kibana or break what depends on it.", name)})
		}
	}
	findings = append(findings, holes(snapshot, chosen.names, req.Partial)...)
	switch cluster.Health {
	case "red":
		add(Finding{Code: "health_red", Severity: Note, Sentence: fmt.Sprintf("%s is red: some of its data is not there now.", p.Cluster)})
	case "yellow":
		add(Finding{Code: "health_yellow", Severity: Note, Sentence: fmt.Sprintf("%s is yellow: some replicas have no place.", p.Cluster)})
	}
	return findings
}

// holes finds the chosen indices that a PARTIAL snapshot does not hold whole.
func holes(snapshot Snapshot, names []string, allowed bool) []Finding {
	missing := missingShards(snapshot)
	var findings []Finding
	for _, name := range names {
		shards := missing[name]
		if len(shards) == 0 {
			continue
		}
		list := plural(len(shards), "shard ", "shards ") + strings.Join(shards, ", ")
		if allowed {
			findings = append(findings, Finding{Code: "empty_shards", Severity: Warning, Index: name,
				Sentence: fmt.Sprintf("The snapshot does not hold %s whole: %s will be empty.", name, list)})
			continue
		}
		findings = append(findings, Finding{Code: "index_not_whole", Severity: Blocking, Index: name,
			Sentence: fmt.Sprintf("The snapshot does not hold %s whole: %s missing.", name, list+plural(len(shards), " is", " are")),
			WayOut:   "Leave it out, or add --partial to restore it with those shards empty."})
	}
	return findings
}

// missingShards are the shards that a snapshot does not hold, by index.
func missingShards(snapshot Snapshot) map[string][]string {
	failures := slices.Clone(snapshot.Failures)
	slices.SortFunc(failures, func(a, b ShardFailure) int { return cmp.Or(cmp.Compare(a.Index, b.Index), a.Shard-b.Shard) })
	missing := map[string][]string{}
	for _, f := range failures {
		if shard := fmt.Sprint(f.Shard); !slices.Contains(missing[f.Index], shard) {
			missing[f.Index] = append(missing[f.Index], shard)
		}
	}
	return missing
}

// conflict finds what stands under a target's name. hollow is an index that the
// snapshot does not hold whole.
func (p Planner) conflict(item Item, now Target, shards int, hollow bool, flags Flags) []Finding {
	beside := "restore it beside with --as 'restored-$1'"
	if flags.As != "" {
		beside = "choose another name with --as"
	}
	block := func(code, wayOut, format string, args ...any) []Finding {
		return []Finding{{Code: code, Severity: Blocking, Index: item.Index, Sentence: fmt.Sprintf(format, args...), WayOut: wayOut}}
	}
	if item.TargetState == TargetBroken {
		return []Finding{{Code: "removes_broken", Severity: Warning, Index: item.Index,
			Sentence: fmt.Sprintf("%s, which an earlier operation made and which did not come whole, is removed first.", item.Target)}}
	}
	switch now.State {
	case TargetOpen:
		return block("open_index", capital(beside)+", or close it yourself first and add --overwrite-closed.",
			"%s has an open index %s already; Elasticsearch would refuse.", p.Cluster, item.Target)
	case TargetAlias:
		return block("alias_name", capital(beside)+", or remove the alias first.",
			"%s is an alias on %s, for %s; an index can't have the name of an alias.", item.Target, p.Cluster, some(now.Behind))
	case TargetStream:
		return block("data_stream_name", capital(beside)+".", "%s is a data stream on %s.", item.Target, p.Cluster)
	case TargetClosed:
		if hollow {
			return block("partial_over_closed", capital(beside)+", or leave it out.",
				"%s has a closed index %s, and the snapshot does not hold %s whole; Elasticsearch restores that under a free name only.", p.Cluster, item.Target, item.Index)
		}
		if !flags.OverwriteClosed {
			return block("closed_index", capital(beside)+", or add --overwrite-closed: its data is gone from the first second.",
				"%s has a closed index %s already.", p.Cluster, item.Target)
		}
		if shards >= 0 && now.Shards != shards {
			return block("shard_count", capital(beside)+".",
				"The closed index %s has %d primary shards and the snapshot's has %d; Elasticsearch restores over the same number only.", item.Target, now.Shards, shards)
		}
		return []Finding{{Code: "overwrites_closed", Severity: Warning, Index: item.Index,
			Sentence: fmt.Sprintf("The closed index %s is overwritten: its data is gone from the first second, and a restore that fails does not bring it back.", item.Target)}}
	}
	return nil
}
