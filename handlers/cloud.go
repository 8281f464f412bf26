package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"es-restore/esops"
)

// A Cloud tells what Alibaba Cloud knows of instances. What it tells is for
// people to read; what decides something, a Planner asks for.
type Cloud interface {
	// Seen tells about each instance, by its ID.
	Seen(ctx context.Context, instances []esops.Instance) map[string]Seen
	// Shared lists the repositories that others share with an instance.
	Shared(ctx context.Context, destination esops.Instance) ([]esops.SharedRepository, error)
}

// Seen is how the cloud sees an instance.
type Seen struct {
	Says     string   // status, version, zone …; empty: nothing is known
	Warnings []string // what keeps it from working as it should
}

// seen asks the cloud about every cluster that is an instance.
func (a visit) seen(ctx context.Context) map[string]Seen {
	var instances []esops.Instance
	for _, c := range a.Clusters {
		if c.Instance.ID != "" {
			instances = append(instances, c.Instance)
		}
	}
	if a.Cloud == nil || len(instances) == 0 {
		return nil
	}
	return a.Cloud.Seen(ctx, instances)
}

// instanceWords add what the cloud says about a cluster.
func instanceWords(c Cluster, seen map[string]Seen) (says string, warnings []string) {
	if c.Instance.ID == "" {
		return "", nil
	}
	said := "instance"
	if c.Instance.ID != c.Name {
		said += " " + c.Instance.ID
	}
	there := seen[c.Instance.ID]
	switch {
	case there.Says != "":
		said += " " + clean(there.Says, proseLimit)
	case c.Instance.ID == c.Name:
		said = ""
	}
	return said, there.Warnings
}

// A shelf is a repository as the two lists that there are tell of it.
type shelf struct {
	name, kind string
	readOnly   bool
	unlisted   bool // by Elasticsearch, which was asked
	shared     *esops.SharedRepository
}

// shelves merges the list of Elasticsearch with the cloud's. Settings are in
// neither: they can hold keys. from says where the answer is from.
func (a visit) shelves(ctx context.Context, cluster Cluster) (all []shelf, from string, err error) {
	var shared []esops.SharedRepository
	var cloudErr error
	asked := a.Cloud != nil && cluster.Instance.ID != ""
	told := make(chan struct{})
	go func() {
		defer close(told)
		if asked {
			shared, cloudErr = a.Cloud.Shared(ctx, cluster.Instance)
		}
	}()
	listed, err := cluster.Planner.Reader.Repositories(ctx)
	<-told
	switch {
	case err != nil && (!asked || cloudErr != nil):
		return nil, "", fmt.Errorf("listing the repositories of %s: %w", cluster.Name, err)
	case err != nil:
		from = "As Alibaba Cloud lists what is shared; Elasticsearch does not answer: " + inWords(err)
	case !asked:
		from = "As Elasticsearch itself lists them."
	case cloudErr != nil:
		from = "As Elasticsearch itself lists them; Alibaba Cloud's list can't be had now: " + inWords(cloudErr)
	default:
		from = "As Elasticsearch and Alibaba Cloud list them."
	}
	for _, r := range listed {
		all = append(all, shelf{name: r.Name, kind: r.Type, readOnly: r.ReadOnly})
	}
	for _, s := range shared {
		at := slices.IndexFunc(all, func(one shelf) bool { return one.name == s.Name })
		if at < 0 {
			at = len(all)
			all = append(all, shelf{name: s.Name, unlisted: err == nil})
		}
		all[at].shared = &s
	}
	return all, from, nil
}

// inWords is what people may read of an error.
func inWords(err error) string {
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return refusal.Sentence
	}
	return "the log says why."
}

// said tells about a repository; owner is empty for one that has no other.
func (s shelf) said(owner string) string {
	var parts []string
	if s.kind != "" {
		parts = append(parts, "type "+s.kind)
	}
	if owner != "" {
		parts = append(parts, "owned by "+owner)
	}
	if s.readOnly {
		parts = append(parts, "read-only")
	}
	if s.shared != nil && s.shared.Valid {
		parts = append(parts, "available by Alibaba Cloud")
	} else if s.shared != nil {
		parts = append(parts, "not available by Alibaba Cloud")
	}
	if s.unlisted {
		parts = append(parts, "not in Elasticsearch's own list")
	}
	return strings.Join(parts, ", ")
}
