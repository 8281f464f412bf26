package aliyun

import (
	"fmt"
	"slices"

	"es-restore/esops"
)

// A Side is what is known of one of the two that want to share. What is nil or
// empty is not known, and said to be so.
type Side struct {
	Name     string // what people call it; empty: the instance's ID
	Instance Instance
	Health   string // green, yellow or red

	// Of the source:
	Backup    *Backup
	Snapshots *int // how many automatic ones there are

	// Of the destination:
	Offered []string     // AlternativeRepositories of it
	Shared  []Repository // SharedRepositories of it
}

func (s Side) name() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Instance.ID
}

// ShareVerdict judges whether src can share its automatic snapshots with dst, by
// everything the vendor's pages ask for. Nothing found is a yes. The worst
// stands first.
// https://www.alibabacloud.com/help/en/es/user-guide/configure-a-shared-oss-repository
func ShareVerdict(src, dst Side) []esops.Finding {
	if src.Instance.ID == dst.Instance.ID {
		return []esops.Finding{block("itself", "It has those snapshots in "+AutoRepository+".",
			"%s can't share its snapshots with itself.", src.name())}
	}
	findings := slices.Concat(
		samePlace(src, dst),
		alreadyShared(src, dst),
		works("source", src), works("destination", dst),
		hasSnapshots(src),
		versions(src, dst),
		kernels(src, dst),
	)
	rank := map[esops.Severity]int{esops.Blocking: 0, esops.Warning: 1, esops.Note: 2}
	slices.SortStableFunc(findings, func(a, b esops.Finding) int { return rank[a.Severity] - rank[b.Severity] })
	return findings
}

func block(code, wayOut, format string, args ...any) esops.Finding {
	return esops.Finding{Code: code, Severity: esops.Blocking, Sentence: fmt.Sprintf(format, args...), WayOut: wayOut}
}

func warn(code, wayOut, format string, args ...any) esops.Finding {
	return esops.Finding{Code: code, Severity: esops.Warning, Sentence: fmt.Sprintf(format, args...), WayOut: wayOut}
}

func note(code, format string, args ...any) esops.Finding {
	return esops.Finding{Code: code, Severity: esops.Note, Sentence: fmt.Sprintf(format, args...)}
}

// samePlace wants one region and one account. That the account is one shows in
// the source being offered.
func samePlace(src, dst Side) []esops.Finding {
	from, to := src.Instance.Region, dst.Instance.Region
	switch {
	case from == "" || to == "":
		return []esops.Finding{warn("region_unknown", "Write the region of both in the configuration.",
			"Whether %s and %s are in one region is not known.", src.name(), dst.name())}
	case from != to:
		return []esops.Finding{block("other_region", "Copy the snapshot's bucket, or reindex from remote.",
			"%s is in %s and %s is in %s; a repository is shared within one region only.", src.name(), from, dst.name(), to)}
	case dst.Offered == nil:
		return []esops.Finding{warn("offer_unknown", "Grant elasticsearch:ListAlternativeSnapshotRepos to the bot.",
			"Whether %s and %s belong to one account is not known: the repositories that %[2]s could be given can't be read.", src.name(), dst.name())}
	case !slices.Contains(dst.Offered, src.Instance.ID):
		return []esops.Finding{block("not_offered", "See that both belong to the same account, and that "+src.name()+" has an automatic snapshot.",
			"Alibaba Cloud does not offer the repository of %s to %s: they belong to different accounts, or there is no snapshot in it yet.", src.name(), dst.name())}
	}
	return nil
}

func alreadyShared(src, dst Side) []esops.Finding {
	if dst.Shared == nil {
		return []esops.Finding{note("shared_unknown", "Whether %s has the repository of %s already is not known.", dst.name(), src.name())}
	}
	at := slices.IndexFunc(dst.Shared, func(r Repository) bool { return r.Source == src.Instance.ID })
	switch {
	case at < 0:
		return nil
	case dst.Shared[at].Valid:
		return []esops.Finding{block("already_shared", fmt.Sprintf("Use it: snapshots %s %s", dst.name(), dst.Shared[at].Name),
			"%s has the repository of %s already.", dst.name(), src.name())}
	}
	return []esops.Finding{block("shared_invalid", "Wait a minute if it was just added. Else remove it in the console and add it again.",
		"%s has the repository of %s already, but Alibaba Cloud calls it unavailable.", dst.name(), src.name())}
}

// works wants an instance that is active and healthy: snapshots and shared
// repositories of one that is not can't be used.
func works(role string, s Side) []esops.Finding {
	var findings []esops.Finding
	switch s.Instance.Status {
	case StatusActive:
	case StatusActivating:
		findings = append(findings, block(role+"_activating", "Wait until its change is done.", "%s is at a change.", s.name()))
	case StatusInactive:
		findings = append(findings, block(role+"_inactive", "Settle the bill, or renew it.", "%s is frozen, most likely for a bill.", s.name()))
	case "":
		findings = append(findings, warn(role+"_status_unknown", "", "Whether %s is active is not known.", s.name()))
	default:
		findings = append(findings, block(role+"_invalid", "See what the console says about it.", "%s does not work: Alibaba Cloud calls it %s.", s.name(), s.Instance.Status))
	}
	switch s.Health {
	case "green":
	case "yellow":
		findings = append(findings, note(role+"_yellow", "%s is yellow: some replicas have no place.", s.name()))
	case "":
		findings = append(findings, note(role+"_health_unknown", "How %s is, is not known.", s.name()))
	default:
		findings = append(findings, block(role+"_unhealthy", "Mend it first: neither automatic snapshots nor shared repositories work there.", "%s is %s.", s.name(), s.Health))
	}
	return findings
}

// hasSnapshots wants automatic snapshots on, and one taken: the repository is
// made with the first.
func hasSnapshots(src Side) []esops.Finding {
	var findings []esops.Finding
	switch {
	case src.Backup == nil:
		findings = append(findings, warn("backup_unknown", "Grant elasticsearch:DescribeSnapshotSetting to the bot.",
			"Whether %s takes automatic snapshots is not known.", src.name()))
	case !src.Backup.Enabled && src.Instance.Category == CategoryIndexing:
		findings = append(findings, block("no_backup_here", "Use a manual snapshot in a bucket of your own.",
			"%s can't take automatic snapshots: an instance of the Indexing Service has none.", src.name()))
	case !src.Backup.Enabled:
		findings = append(findings, block("backup_off", "Switch them on in the console, under Snapshots, and wait for the first snapshot.",
			"Automatic snapshots of %s are switched off.", src.name()))
	}
	switch {
	case src.Snapshots == nil:
		findings = append(findings, note("snapshots_unknown", "How many automatic snapshots %s has is not known.", src.name()))
	case *src.Snapshots == 0:
		findings = append(findings, block("no_snapshot", "Wait for the first one, or let the console take one.",
			"%s has no automatic snapshot yet, and thus no repository to share.", src.name()))
	}
	return findings
}
