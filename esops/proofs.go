package esops

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Proofs are what a restored index is held against, beside the count of its
// shards. Whatever is nil is left out.
type Proofs struct {
	// Bytes is how large each index is in the snapshot, by its name there, where
	// that is known.
	Bytes map[string]int64
	// Prober looks into the restored indices, Origin into the cluster that the
	// snapshot comes from.
	Prober  Prober
	Origin  Prober
	Started time.Time // of the snapshot
	Queries []Query   // saved ones with their expected results
}

// A Prober looks into an index. Its errors are those of a Reader.
type Prober interface {
	// Shape tells how an index is built; false when it is not there.
	Shape(ctx context.Context, index string) (Shape, bool, error)
	// Sample reads one document of an index, and reports whether one came.
	Sample(ctx context.Context, index string) (bool, error)
	// Matching counts the documents of an index that match a query.
	Matching(ctx context.Context, index string, query json.RawMessage) (int64, error)
}

// A Shape is how an index is built, and how much is in it.
type Shape struct {
	Created  time.Time // kept by a restore
	Docs     int64
	Mapping  string // as canonical JSON
	Settings map[string]string
}

// A Query is a saved question with its expected answer.
type Query struct {
	Indices []string        `json:"indices"` // globs
	Query   json.RawMessage `json:"query"`
	Expect  int64           `json:"expect"`
}

// add completes a verification.
func (p Proofs) add(ctx context.Context, run Run, result *Result) error {
	for i, item := range run.Plan.Items {
		if i >= len(result.Targets) || result.Targets[i].Name != item.Target {
			continue
		}
		t := result.Targets[i]
		p.weigh(item, t, result)
		if p.Prober == nil || t.Docs == 0 {
			continue
		}
		if err := p.probe(ctx, item, t, result); err != nil {
			return err
		}
	}
	return nil
}

// weigh compares bytes, where all shards tell theirs.
func (p Proofs) weigh(item Item, t TargetResult, result *Result) {
	expected, known := p.Bytes[item.Index]
	if !known || expected < 0 || t.Proved != t.Shards {
		return
	}
	if t.Bytes != expected {
		result.NotProved = append(result.NotProved, fmt.Sprintf("%s holds %s of the %s that are in the snapshot", t.Name, inBytes(t.Bytes), inBytes(expected)))
	}
}

// probe reads a document, asks the saved queries, and compares with the source.
func (p Proofs) probe(ctx context.Context, item Item, t TargetResult, result *Result) error {
	read, err := p.Prober.Sample(ctx, t.Name)
	if err != nil && !isRefused(err) {
		return fmt.Errorf("reading a document of %s: %w", t.Name, err)
	}
	if !read {
		result.NotProved = append(result.NotProved, "no document of "+t.Name+" could be read")
	}
	for _, q := range p.Queries {
		matches := func(glob string) bool { return Match(glob, item.Index) || Match(glob, item.Target) }
		if !slices.ContainsFunc(q.Indices, matches) {
			continue
		}
		found, err := p.Prober.Matching(ctx, t.Name, q.Query)
		switch {
		case isRefused(err):
			result.NotProved = append(result.NotProved, fmt.Sprintf("the saved query on %s is refused", t.Name))
		case err != nil:
			return fmt.Errorf("asking the saved query of %s: %w", t.Name, err)
		case found != q.Expect:
			result.NotProved = append(result.NotProved, fmt.Sprintf("the saved query on %s finds %d, expected are %d", t.Name, found, q.Expect))
		default:
			result.Found = append(result.Found, fmt.Sprintf("the saved query on %s finds the expected %d", t.Name, found))
		}
	}
	return p.compare(ctx, item, t, result)
}

func isRefused(err error) bool {
	_, refused := Refused(err)
	return refused
}

// compare holds a restored index against the one it was made from, as long as
// the source still has it. What differs may have changed since the snapshot, so
// it is told and proves nothing.
func (p Proofs) compare(ctx context.Context, item Item, t TargetResult, result *Result) error {
	if p.Origin == nil {
		return nil
	}
	source, there, err := p.Origin.Shape(ctx, item.Index)
	if err != nil || !there || source.Created.After(p.Started) {
		return nil // the source need not be there
	}
	restored, there, err := p.Prober.Shape(ctx, t.Name)
	if err != nil && !isRefused(err) {
		return fmt.Errorf("looking at %s: %w", t.Name, err)
	}
	if !there || !restored.Created.Equal(source.Created) {
		return nil
	}
	said := fmt.Sprintf("the source has as many documents in %s", item.Index)
	if source.Docs != t.Docs {
		said = fmt.Sprintf("the source has %d documents in %s now", source.Docs, item.Index)
	}
	if source.Mapping != restored.Mapping {
		said += ", and another mapping now"
	}
	if differing := differ(source.Settings, restored.Settings); len(differing) > 0 {
		said += "; settings that differ: " + some(differing)
	}
	result.Found = append(result.Found, said)
	return nil
}

// differ lists the settings that are not the same in both.
func differ(a, b map[string]string) []string {
	var names []string
	for name, value := range a {
		if b[name] != value {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, in := a[name]; !in {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
