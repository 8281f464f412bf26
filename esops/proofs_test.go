package esops_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

// probed is a Prober made of values.
type probed struct {
	shapes   map[string]esops.Shape
	empty    bool  // no document can be read
	matching int64 // what every query finds
	err      error
}

func (p probed) Shape(_ context.Context, index string) (esops.Shape, bool, error) {
	shape, there := p.shapes[index]
	return shape, there, p.err
}

func (p probed) Sample(context.Context, string) (bool, error) {
	return !p.empty && p.err == nil, p.err
}

func (p probed) Matching(context.Context, string, json.RawMessage) (int64, error) {
	return p.matching, p.err
}

// verified is what the verification of a restore with proofs came to.
func verified(t *testing.T, proofs esops.Proofs) (esops.Result, error) {
	t.Helper()
	s := newStandin()
	d := restoring(t, s, fileIndex+","+logs, esops.Flags{As: "r-$1"})
	d.until(false, d.step(esops.StepWait))
	d.runner.Proofs = proofs
	err := d.look(false)
	result, _ := d.result(esops.StepVerify)
	return result, err
}

func TestProofsAreHeldAgainstWhatWasRestored(t *testing.T) {
	queries := []esops.Query{{Indices: []string{"file-*", "r-kibana_*"}, Query: json.RawMessage(`{"match_all":{}}`), Expect: 7}}
	refused := esops.Refuse("elasticsearch_error", "", "no")
	for _, c := range []struct {
		name   string
		proofs esops.Proofs
		want   []string
		found  []string
	}{
		{"as many bytes", esops.Proofs{Bytes: map[string]int64{fileIndex: 1000, logs: 2000}}, nil, nil},
		{"fewer bytes", esops.Proofs{Bytes: map[string]int64{fileIndex: 3000, logs: 2000}}, []string{"r-" + fileIndex + " holds 1000 B of the 2.9 KiB that are in the snapshot"}, nil},
		{"bytes that are not known", esops.Proofs{Bytes: map[string]int64{fileIndex: -1}}, nil, nil},
		{"documents can be read", esops.Proofs{Prober: probed{}}, nil, nil},
		{"no document can be read", esops.Proofs{Prober: probed{empty: true}}, []string{"no document of r-" + fileIndex + " could be read", "no document of r-" + logs + " could be read"}, nil},
		{"a query finds what is expected", esops.Proofs{Prober: probed{matching: 7}, Queries: queries}, nil,
			[]string{"the saved query on r-" + fileIndex + " finds the expected 7", "the saved query on r-" + logs + " finds the expected 7"}},
		{"a query finds less", esops.Proofs{Prober: probed{matching: 6}, Queries: queries},
			[]string{"the saved query on r-" + fileIndex + " finds 6, expected are 7", "the saved query on r-" + logs + " finds 6, expected are 7"}, nil},
		{"a query is refused", esops.Proofs{Prober: probed{err: refused}, Queries: queries[:1]},
			[]string{"no document of r-" + fileIndex + " could be read", "the saved query on r-" + fileIndex + " is refused", "no document of r-" + logs + " could be read", "the saved query on r-" + logs + " is refused"}, nil},
	} {
		result, err := verified(t, c.proofs)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, result.NotProved); diff != "" || result.Verified != (len(c.want) == 0) {
			t.Errorf("%s: %s", c.name, diff)
		}
		if diff := cmp.Diff(c.found, result.Found); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestASourceThatChangedProvesNothing(t *testing.T) {
	created := noon.Add(-100 * time.Hour)
	same := esops.Shape{Created: created, Docs: 250, Mapping: "{}", Settings: map[string]string{"codec": "default"}}
	restored := probed{shapes: map[string]esops.Shape{"r-" + fileIndex: same}}
	other := same
	other.Docs, other.Mapping, other.Settings = 300, `{"a":1}`, map[string]string{"codec": "best", "x": "y"}
	for name, c := range map[string]struct {
		origin probed
		want   []string
	}{
		"the same":             {probed{shapes: map[string]esops.Shape{fileIndex: same}}, []string{"the source has as many documents in " + fileIndex}},
		"other by now":         {probed{shapes: map[string]esops.Shape{fileIndex: other}}, []string{"the source has 300 documents in " + fileIndex + " now, and another mapping now; settings that differ: codec, x"}},
		"gone":                 {probed{}, nil},
		"made anew":            {probed{shapes: map[string]esops.Shape{fileIndex: {Created: noon}}}, nil},
		"another by its birth": {probed{shapes: map[string]esops.Shape{fileIndex: {Created: created.Add(time.Second)}}}, nil},
		"away":                 {probed{err: errors.New("away")}, nil},
	} {
		result, err := verified(t, esops.Proofs{Prober: restored, Origin: c.origin, Started: noon.Add(-time.Hour)})
		if diff := cmp.Diff(c.want, result.Found); diff != "" || err != nil || !result.Verified {
			t.Errorf("%s: %s%v %q", name, diff, err, result.NotProved)
		}
	}
}

func TestProofsThatCannotBeAskedAreAskedAgain(t *testing.T) {
	result, err := verified(t, esops.Proofs{Prober: probed{err: esops.ErrUnavailable}})
	if !errors.Is(err, esops.ErrUnavailable) || result.Step != "" {
		t.Errorf("%v %+v", err, result)
	}
}
