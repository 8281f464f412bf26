package esops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Fact is what a cluster knows of an index that it still has.
type Fact struct {
	Created   time.Time // when the index was made
	Version   Version   // that made it
	Aliases   []string
	Lifecycle string   // the policy that acts on it; empty: none
	Types     []string // of documents; up to 6.x an index has names for them
	Stream    string   // the data stream it belongs to
	Docs      int64    // -1: not known
}

// facts tells what can't be read from a snapshot, from the cluster it comes from
// where that is configured and still has the index. An index that was made after
// the snapshot is another one under the name.
func (p Planner) facts(ctx context.Context, plan Plan, snapshot Snapshot, cluster Cluster) []Finding {
	if len(plan.Items) == 0 || p.Origin == nil {
		return nil
	}
	unknown := func(why string) []Finding {
		return []Finding{{Code: "facts_unknown", Severity: Note,
			Sentence: "Not known before the start: aliases, lifecycle policies, types, and the version each index was created with, since " + why +
				". Aliases, lifecycle policies and blocks do not come along in any case."}}
	}
	if p.Origin(plan.Source) == nil {
		return unknown(plan.Source + " is not configured here")
	}
	names := make([]string, len(plan.Items))
	for i, item := range plan.Items {
		names[i] = item.Index
	}
	known, err := p.Origin(plan.Source).Facts(ctx, names)
	if err != nil {
		return unknown(plan.Source + " does not answer")
	}
	var findings []Finding
	var missing []string
	for _, name := range names {
		fact, ok := known[name]
		if !ok || fact.Created.After(snapshot.Started) {
			missing = append(missing, name)
			continue
		}
		findings = append(findings, fact.about(name, cluster.Version)...)
	}
	if len(missing) > 0 {
		findings = append(findings, unknown(fmt.Sprintf("%s has %s no longer", plan.Source, some(missing)))...)
	}
	return merged(findings)
}

// about judges one index by what is known of it.
func (f Fact) about(name string, destination Version) []Finding {
	var findings []Finding
	note := func(code, format string, args ...any) {
		findings = append(findings, Finding{Code: code, Severity: Note, Index: name, Sentence: fmt.Sprintf(format, args...)})
	}
	if f.Version.Major > 0 && f.Version.Major < destination.Major-1 {
		findings = append(findings, Finding{Code: "index_too_old", Severity: Blocking, Index: name,
			Sentence: fmt.Sprintf("%s was created with Elasticsearch %d.x, and %s takes indices of %d.x and %d.x only; it refuses the whole.", name, f.Version.Major, destination, destination.Major-1, destination.Major),
			WayOut:   "Leave it out, or reindex it in its own cluster and take another snapshot."})
	}
	if len(f.Types) > 1 {
		finding := Finding{Code: "multiple_types", Severity: Warning, Index: name,
			Sentence: fmt.Sprintf("%s holds several document types (%s); 6.x keeps it readable, but an error may occur.", name, some(f.Types)),
			WayOut:   "Reindex it into one index per type."}
		if destination.AtLeast(7, 0) {
			finding.Severity, finding.Sentence = Blocking, fmt.Sprintf("%s holds several document types (%s), which %s does not take.", name, some(f.Types), destination)
		}
		findings = append(findings, finding)
	}
	if f.Lifecycle != "" {
		note("lifecycle_left", "The lifecycle policy %s, which would act on %s at once, does not come along.", f.Lifecycle, name)
	}
	if len(f.Aliases) > 0 {
		note("aliases_left", "%s of %s do not come along: %s.", plural(len(f.Aliases), "The alias", "The aliases"), name, some(f.Aliases))
	}
	if f.Stream != "" {
		note("stream_left", "%s belongs to the data stream %s; it comes back as an index of its own.", name, f.Stream)
	}
	return findings
}

// merged puts notes of one kind about many indices into one, so that what
// matters is not lost among them.
func merged(findings []Finding) []Finding {
	const most = 3
	byCode := map[string][]Finding{}
	var order []string
	for _, f := range findings {
		if len(byCode[f.Code]) == 0 {
			order = append(order, f.Code)
		}
		byCode[f.Code] = append(byCode[f.Code], f)
	}
	var all []Finding
	for _, code := range order {
		some := byCode[code]
		if len(some) <= most || some[0].Severity != Note {
			all = append(all, some...)
			continue
		}
		all = append(all, some[:most]...)
		var names []string
		for _, f := range some[most:] {
			names = append(names, f.Index)
		}
		all = append(all, Finding{Code: code, Severity: Note, Sentence: fmt.Sprintf("The same for %d more: %s.", len(names), strings.Join(slices.Clip(names[:min(5, len(names))]), ", "))})
	}
	return all
}
