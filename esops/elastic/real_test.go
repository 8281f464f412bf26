package elastic_test

import (
	"os"
	"testing"

	"es-restore/internal/esnode"
	"es-restore/internal/esnode/esnodetest"
)

// realVersions are the versions whose nodes are started: two, or with
// ESRESTORE_MATRIX=1 the oldest and the newest, too.
func realVersions() []string {
	if os.Getenv("ESRESTORE_MATRIX") == "1" {
		return []string{"5.6.16", "6.7.0", "7.10.2", "8.17.0"}
	}
	return []string{"6.7.0", "7.10.2"}
}

func TestTheStoryOnRealNodes(t *testing.T) {
	esnodetest.Need(t)
	for _, version := range realVersions() {
		t.Run(version, func(t *testing.T) {
			s := real(t, version)
			for _, act := range acts {
				t.Run(act.name, func(t *testing.T) {
					act.play(t, s.again(t))
				})
			}
		})
	}
}

// real is a stage of two real nodes.
func real(t *testing.T, version string) *stage {
	repo := t.TempDir()
	owner := esnodetest.Start(t, esnode.Options{Version: version, Name: "es-cn-a", Repos: []string{repo}})
	reader := esnodetest.Start(t, esnode.Options{Version: version, Name: "es-cn-b", Repos: []string{repo}})
	return set(t, version, owner.URL(), reader.URL(), owner.Repos()[0]+"/es-cn-a")
}

// again is the stage with an empty reader, for the next act.
func (s *stage) again(t *testing.T) *stage {
	next := *s
	next.t = t
	var indices []struct{ Index string }
	next.do(s.reader, "GET", "/_cat/indices?format=json&h=index", nil, &indices)
	for _, one := range indices {
		next.do(s.reader, "DELETE", "/"+one.Index, nil, nil)
	}
	s.door.passed.Store(0)
	return &next
}

// TestARealNodeThatHasNotReadItsStateHasLostNothing starts a node that waits for
// a second one before it reads its state, and answers with no indices.
func TestARealNodeThatHasNotReadItsStateHasLostNothing(t *testing.T) {
	for _, version := range []string{"6.7.0", "7.10.2"} {
		node := esnodetest.Start(t, esnode.Options{Version: version, Name: "es-cn-b", Settings: map[string]string{
			"gateway.recover_after_nodes": "2", "gateway.recover_after_time": "1h"}})
		es := client(t, node.URL())
		if _, err := es.State(t.Context(), []string{fileIndex}); class(err) != isUnavailable {
			t.Errorf("%s: %s: %v", version, class(err), err)
		}
	}
}
