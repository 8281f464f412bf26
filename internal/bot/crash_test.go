package bot_test

import (
	"fmt"
	"testing"

	"es-restore/internal/rig"
)

// TestKilledAnywhereItRestoresOnce kills the built binary at every step in turn,
// against a real node, and judges from that node's own state: at every step of a
// restore, and around the requests that only plans of other kinds make.
func TestKilledAnywhereItRestoresOnce(t *testing.T) {
	clusters := rig.Real(t, "6.7.0", "6.7.0")
	for i, p := range killedPlans() {
		if !p.shares { // what a cloud does is a double's all the same
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.each(t, fmt.Sprint("kill", i), func(testing.TB) *rig.Clusters { return clusters }, true)
			})
		}
	}
}

func TestTheStoryOnRealNodesWithTheBuiltBinary(t *testing.T) {
	for _, version := range []string{"6.7.0", "7.10.2"} {
		t.Run(version, func(t *testing.T) {
			r := rig.New(t, rig.Options{Clusters: rig.Real(t, version, version)})
			tellStoryOf(t, r, true, version)
		})
	}
}
