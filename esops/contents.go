package esops

import (
	"context"
	"slices"
	"strings"
)

// Contents are what one snapshot holds.
type Contents struct {
	Snapshot Snapshot
	Maker    string // the version that made it, as far as it is known
	Indices  []IndexContent
}

// An IndexContent is one index of a snapshot. Negative numbers are not known.
type IndexContent struct {
	Index  string
	Bytes  int64
	Shards int
	Failed int // shards that the snapshot does not hold
}

// Contents tells what a snapshot holds, or by findings why it can't be told.
// Sizes that the repository does not tell in time are not known.
func (p Planner) Contents(ctx context.Context, repository, snapshot string) (Contents, []Finding, error) {
	s, finding, err := p.snapshot(ctx, Request{Repository: repository, Snapshot: snapshot})
	if err != nil {
		return Contents{}, nil, err
	}
	if finding != nil && s.Name == "" {
		return Contents{}, []Finding{*finding}, nil
	}
	sizes, err := p.sizes(ctx, repository, s.Name)
	if err != nil {
		return Contents{}, nil, err
	}
	contents := Contents{Snapshot: s, Maker: maker(s.Version)}
	for _, name := range s.Indices {
		content := IndexContent{Index: name, Bytes: -1, Shards: -1}
		if size, ok := sizes[name]; ok {
			content.Bytes, content.Shards, content.Failed = size.Bytes, size.Shards, size.Failed
		}
		contents.Indices = append(contents.Indices, content)
	}
	slices.SortFunc(contents.Indices, func(a, b IndexContent) int { return strings.Compare(a.Index, b.Index) })
	return contents, nil, nil
}

// OwnerOf names the cluster that a repository belongs to, seen from a cluster:
// a configured name, the instance id that Alibaba Cloud puts into the name of a
// shared repository, or the repository's own name when nothing tells.
func OwnerOf(repository, cluster string, configured map[string]string) string {
	if repository == "aliyun_auto_snapshot" {
		return cluster
	}
	instance, shared := strings.CutPrefix(repository, "aliyun_snapshot_from_")
	if !shared {
		return repository
	}
	if name, ok := configured[instance]; ok {
		return name
	}
	return instance
}
