package esops_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/esops"
)

// overwriting is a plan in which every field says something.
func overwriting(t testing.TB) esops.Plan {
	s, req := story(), ask(fileIndex+","+logs)
	s.targets["r-"+fileIndex] = esops.Target{State: esops.TargetClosed, UUID: "old", Shards: 1}
	two := 2
	req.As, req.OverwriteClosed, req.Replicas, req.Partial, req.System = "r-$1", true, &two, true, true
	made, readings := plan(t, s, req)
	if len(readings.Blocking()) > 0 {
		t.Fatal(readings.Blocking())
	}
	return made
}

// alter changes one value of a JSON tree after the other, calls found with the
// path of each while it is changed, and puts it back.
func alter(tree any, path string, set func(any), found func(path string)) {
	try := func(path string, changed any) {
		set(changed)
		found(path)
		set(tree)
	}
	switch v := tree.(type) {
	case string:
		try(path, v+"x")
	case bool:
		try(path, !v)
	case float64:
		try(path, v+1)
	case map[string]any:
		for key, value := range v {
			alter(value, path+"."+key, func(x any) { v[key] = x }, found)
		}
	case []any:
		try(path+"[shorter]", v[1:])
		for i, value := range v {
			alter(value, path+"[]", func(x any) { v[i] = x }, found)
		}
	}
}

// recode turns one value into another by JSON.
func recode[T any](from any) (to T) {
	encoded, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(encoded, &to)
	}
	if err != nil {
		panic(err)
	}
	return to
}

func TestEveryFieldThatDecidesChangesTheDigest(t *testing.T) {
	was := overwriting(t)
	tree := recode[map[string]any](was)
	fields := map[string]bool{}
	alter(tree, "", func(any) {}, func(path string) {
		is := recode[esops.Plan](tree)
		if was.Digest() == is.Digest() {
			t.Errorf("%s does not change the digest", path)
		}
		if len(esops.Describe(was, is)) == 0 {
			t.Errorf("%s changed and nothing is said", path)
		}
		fields[path] = true
	})
	if was.Digest() != overwriting(t).Digest() {
		t.Error("the same plan made twice has two digests")
	}
	for _, path := range []string{
		".kind", ".cluster", ".cluster_uuid", ".source", ".repository", ".snapshot", ".snapshot_uuid",
		".items[shorter]", ".items[].index", ".items[].target", ".items[].target_state", ".items[].target_uuid",
		".flags.as", ".flags.overwrite_closed", ".flags.replicas", ".flags.partial", ".flags.system",
		".steps[shorter]", ".steps[].kind", ".steps[].body.indices[]", ".steps[].body.indices[shorter]", ".steps[].body.ignore_unavailable",
		".steps[].body.include_global_state", ".steps[].body.include_aliases", ".steps[].body.partial",
		".steps[].body.rename_pattern", ".steps[].body.rename_replacement",
		".steps[].body.index_settings.index.number_of_replicas", ".steps[].body.ignore_index_settings[]", ".approves[]",
	} {
		if !fields[path] {
			t.Errorf("%s was not tried", path)
		}
	}
}

func TestADigestOutlivesJSON(t *testing.T) {
	check := func(t rapid.TB, was esops.Plan) {
		if was.Digest() != recode[esops.Plan](was).Digest() {
			t.Fatalf("%+v: the digest changed", was)
		}
	}
	check(t, overwriting(t))
	check(t, esops.Plan{})
	rapid.Check(t, func(rt *rapid.T) {
		s, req := world(rt)
		s.snapshots[0].Indices = append(s.snapshots[0].Indices, rapid.SampledFrom([]string{"a<b>&c", "\u2028", "é", "a\"b\\"}).Draw(rt, "odd"))
		req.Indices += ",*"
		replicas := rapid.IntRange(0, 1000).Draw(rt, "replicas")
		req.Replicas = &replicas
		made, _ := plan(t, s, req)
		check(rt, made)
	})
}

func TestADigestIsTheSHA256OfTheCanonicalForm(t *testing.T) {
	const canonical = `{"cluster":"é<","cluster_uuid":"","flags":{},"kind":"restore","source":"","steps":[{"kind":"wait"}]}`
	got := esops.Plan{Kind: esops.KindRestore, Cluster: "é<", Steps: []esops.Step{{Kind: esops.StepWait}}}.Digest()
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(canonical))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestNothingMeasuredIsInTheDigest plans twice, with other readings.
func TestNothingMeasuredIsInTheDigest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, req := world(rt)
		was, readings := plan(t, s, req)
		if len(readings.Blocking()) > 0 {
			return
		}
		s.cluster.Health = rapid.SampledFrom([]string{"green", "yellow", "red"}).Draw(rt, "health now")
		s.cluster.Nodes = rapid.IntRange(1, 50).Draw(rt, "nodes now")
		for index, size := range s.sizes {
			size.Bytes = int64(rapid.IntRange(-1, 1<<40).Draw(rt, "bytes now"))
			s.sizes[index] = size
		}
		if rapid.Bool().Draw(rt, "untold") {
			s.sizes = nil
		}
		s.snapshots[0].Started = noon.Add(-time.Duration(rapid.IntRange(0, 1e6).Draw(rt, "age")) * time.Second)
		for name, target := range s.targets { // what else is there
			if !slices.Contains(was.Targets(), name) {
				target.UUID += "'"
				s.targets[name] = target
			}
		}
		again, _, err := s.planner().Again(t.Context(), was)
		if err != nil {
			rt.Fatal(err)
		}
		if was.Digest() != again.Digest() {
			rt.Fatalf("it differs: %s", cmp.Diff(was, again))
		}
		if said := esops.Describe(was, again); len(said) > 0 {
			rt.Fatalf("%q", said)
		}
	})
}

func TestDifferencesAreToldInWords(t *testing.T) {
	was := overwriting(t)
	for _, c := range []struct {
		change func(*esops.Plan)
		want   []string
	}{
		{func(*esops.Plan) {}, nil},
		{func(p *esops.Plan) { p.ClusterUUID = "x" }, []string{"the cluster behind es-cn-b is another one now"}},
		{func(p *esops.Plan) { p.Source = "es-cn-c" }, []string{"repository " + repository + " belongs to es-cn-c now, no longer to es-cn-a"}},
		{func(p *esops.Plan) { p.SnapshotUUID = "x" }, []string{"snapshot " + automatic + " was made anew under its name"}},
		{func(p *esops.Plan) { p.Items = p.Items[1:] }, []string{fileIndex + " is no longer in the plan"}},
		{func(p *esops.Plan) { p.Items = append(p.Items, esops.Item{Index: "new", Target: "r-new"}) }, []string{"new came into the selection"}},
		{func(p *esops.Plan) { p.Items[0].TargetState, p.Items[0].TargetUUID = esops.TargetAbsent, "" }, []string{"r-" + fileIndex + " was closed and is absent now"}},
		{func(p *esops.Plan) { p.Items[0].TargetUUID = "x" }, []string{"r-" + fileIndex + " is another index now"}},
		{func(p *esops.Plan) { p.Approves = nil }, []string{"the warnings changed from [overwrites_closed] to []"}},
		{func(p *esops.Plan) { p.Flags.As = "x" }, []string{"what Elasticsearch would be asked changed"}},
	} {
		is := was
		is.Items = slices.Clone(was.Items)
		c.change(&is)
		if diff := cmp.Diff(c.want, esops.Describe(was, is)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOwnersAreNamedAsConfiguredWhereTheyAre(t *testing.T) {
	configured := map[string]string{"es-cn-a": "production"}
	for repository, want := range map[string]string{
		"aliyun_auto_snapshot": "es-cn-b", "aliyun_snapshot_from_es-cn-a": "production", "aliyun_snapshot_from_es-cn-z": "es-cn-z", "backups": "backups",
	} {
		if got := esops.OwnerOf(repository, "es-cn-b", configured); got != want {
			t.Errorf("%s belongs to %s, want %s", repository, got, want)
		}
	}
}
