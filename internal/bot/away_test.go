package bot_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/internal/esnode"
	"es-restore/internal/esnode/esnodetest"
	"es-restore/internal/rig"
)

// TestWithNoBotUntilAfterTheEndItsTrueEndIsTold kills the only bot in the middle of a
// slow restore on a real node, and starts another when there is nothing left to see
// of it but its end: one that came whole, and one whose index somebody removed.
func TestWithNoBotUntilAfterTheEndItsTrueEndIsTold(t *testing.T) {
	clusters := rig.Real(t, "6.7.0", "6.7.0")
	es := rig.At(clusters.Reader)
	do := func(method, path string, body any) {
		t.Helper()
		if err := es.Do(t.Context(), method, path, body, nil); err != nil {
			t.Fatal(err)
		}
	}
	do("PUT", "/_snapshot/"+rig.Repository, map[string]any{"type": "fs", "settings": map[string]any{"location": clusters.Location, "readonly": true, "max_restore_bytes_per_sec": "5kb"}})
	idle := func(r *rig.Rig) {
		r.Poll("the cluster to be done", func() bool {
			var state struct {
				Restore struct{ Snapshots []any }
			}
			return es.Do(t.Context(), "GET", "/_cluster/state?filter_path=restore", nil, &state) == nil && len(state.Restore.Snapshots) == 0
		})
	}
	for _, c := range []struct {
		end   string
		while func(index string)
		want  string
	}{
		{"succeeded", func(string) {}, "every shard from this snapshot"},
		{"failed", func(index string) { do("DELETE", "/"+index, nil) }, "by someone else"},
	} {
		t.Run(c.end, func(t *testing.T) {
			r := rig.New(t, rig.Options{Clusters: clusters})
			first := r.Spawn()
			r.Until("the bot connects", func() bool { return len(r.Slack.Sockets()) >= 2 })
			card := r.Ask(rig.Anna, fmt.Sprintf(`file-2019-08-25 --as '%s-$1' --reason "nobody is there"`, c.end))
			r.Click(rig.Ben, card, "approve")
			r.Becomes(card, "running")
			index := c.end + "-file-2019-08-25"
			r.Poll("the index to come", func() bool { return es.Do(t.Context(), "GET", "/"+index, nil, nil) == nil })
			first.Kill()
			c.while(index)
			idle(r)
			r.Spawn()
			r.Within(2*time.Minute, "the end", func() bool { return strings.Contains(r.Now(card).Text, "("+c.end+")") })
			if text := r.Now(card).AllText() + strings.Join(r.Thread(card, c.end), "\n"); !strings.Contains(text, c.want) {
				t.Errorf("it does not say %q:\n%s", c.want, text)
			}
		})
	}
}

// TestTheElectedMasterKilledBetweenTheRequestAndItsAnswerBeginsNothingTwice: the
// destination has three nodes that may be master. The elected one, which holds no
// data, dies when it has taken the restore, and its answer is lost.
func TestTheElectedMasterKilledBetweenTheRequestAndItsAnswerBeginsNothingTwice(t *testing.T) {
	const version = "6.7.0"
	folder := t.TempDir()
	start := func(name string, join *esnode.Node) *esnode.Node {
		return esnodetest.Start(t, esnode.Options{Version: version, Name: name, Repos: []string{folder}, Join: join,
			Settings: map[string]string{"node.master": "true", "discovery.zen.fd.ping_timeout": "2s", "discovery.zen.fd.ping_retries": "2"}})
	}
	elected := start("first", nil)
	second := start("second", elected)
	start("third", elected)
	owner := esnodetest.Start(t, esnode.Options{Version: version, Name: "es-cn-a", Repos: []string{folder}})
	es := rig.At(second.URL())
	settings := map[string]any{"discovery.zen.minimum_master_nodes": 2, "cluster.routing.allocation.exclude._name": "first"}
	if err := es.Do(t.Context(), "PUT", "/_cluster/settings", map[string]any{"persistent": settings}, nil); err != nil {
		t.Fatal(err)
	}
	clusters := rig.Tell(t, owner.URL(), second.URL(), folder)
	proxy := rig.NewProxy(t, second.URL())
	r := rig.New(t, rig.Options{Clusters: clusters, Destination: proxy.URL})
	r.Start()
	var killed atomic.Bool
	proxy.After(rig.Restoring, func() { elected.Kill(); killed.Store(true) })
	card := r.Ask(rig.Anna, file)
	r.Click(rig.Ben, card, "approve")
	r.Within(4*time.Minute, "success", func() bool { return strings.Contains(r.Now(card).Text, "(succeeded)") })
	if !killed.Load() {
		t.Fatal("the master was not killed")
	}
	var master []struct{ Node string }
	if err := es.Do(t.Context(), http.MethodGet, "/_cat/master?format=json", nil, &master); err != nil || len(master) != 1 || master[0].Node == "first" {
		t.Errorf("the master is %v (%v)", master, err)
	}
	if n := proxy.Begun(); n != 1 {
		t.Errorf("Elasticsearch began %d restores", n)
	}
	sameCount(t, r, "file-2019-08-25", "file-2019-08-25")
	ends := 0
	for _, rec := range r.Trail(approvals.ID(rig.ID(card))) {
		if rec.Event == approvals.Succeed || rec.Event == approvals.Fail {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("%d ends on record", ends)
	}
}
