package escontract_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"es-restore/internal/escontract"
	"es-restore/internal/escontract/story"
	"es-restore/internal/esnode"
	"es-restore/internal/esnode/esnodetest"
	"es-restore/internal/essim"
)

// realVersions are the versions whose nodes are started: three, or with
// ESRESTORE_MATRIX=1 all that essim plays.
func realVersions() []string {
	if os.Getenv("ESRESTORE_MATRIX") == "1" {
		return essim.Versions
	}
	return []string{"6.7.0", "7.10.2", "8.17.0"}
}

func TestRealNodesKeepTheContract(t *testing.T) {
	esnodetest.Need(t)
	for _, version := range realVersions() {
		t.Run(version, func(t *testing.T) { escontract.Run(t, real(t, version)) })
	}
}

// real is a pair of one-node clusters.
func real(t *testing.T, version string) *escontract.Pair {
	repo := t.TempDir()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	owner := esnodetest.Start(t, esnode.Options{Version: version, Name: "es-cn-a", Repos: []string{repo}})
	reader := esnodetest.Start(t, esnode.Options{Version: version, Name: "es-cn-b", Repos: []string{repo}})
	damage := &files{owner: story.NewCluster(owner.URL(), story.Options{Client: client}), whole: map[string][]byte{}}
	return &escontract.Pair{
		Version:  version,
		Owner:    &escontract.Cluster{URL: owner.URL(), Client: client},
		Reader:   &escontract.Cluster{URL: reader.URL(), Client: client},
		Location: owner.Repos()[0],
		Pass:     func(d time.Duration) { <-time.After(d) },
		RootPage: !strings.HasPrefix(version, "8."),
		Damage:   damage.damage,
		Restart: func(t *testing.T) {
			client.CloseIdleConnections()
			reader.Kill()
			if err := reader.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func TestRealNodesReadOneAnothersRepositories(t *testing.T) {
	esnodetest.Need(t)
	if os.Getenv("ESRESTORE_MATRIX") != "1" {
		t.Skip("left out: set ESRESTORE_MATRIX=1 to start every version twice")
	}
	repo := t.TempDir()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	pair := func(t *testing.T, version string) (*escontract.Pair, string) {
		n := esnodetest.Start(t, esnode.Options{Version: version, Name: "one", Repos: []string{repo}})
		one := &escontract.Cluster{URL: n.URL(), Client: client}
		return &escontract.Pair{Version: version, Owner: one, Reader: one, Pass: func(d time.Duration) { <-time.After(d) }}, n.Repos()[0]
	}
	for _, version := range essim.Versions {
		t.Run("written by "+version, func(t *testing.T) {
			p, repo := pair(t, version)
			escontract.Write(t, p, repo+"/"+version)
		})
	}
	for _, to := range essim.Versions {
		t.Run("to "+to, func(t *testing.T) {
			p, repo := pair(t, to)
			for _, from := range essim.Versions {
				t.Run("from "+from, func(t *testing.T) { escontract.Between(t, from, p, repo+"/"+from) })
			}
		})
	}
}

func TestRealNodesAskForAPassword(t *testing.T) {
	esnodetest.Need(t)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	for _, version := range securedVersions {
		n := esnodetest.Start(t, esnode.Options{Version: version, Secure: &esnode.Credentials{User: "admin", Password: "secret-1"}})
		escontract.Secured(t, version, &escontract.Cluster{URL: n.URL(), Client: client}, "admin", "secret-1")
		n.Stop()
	}
}

// files damages the files of a repository.
type files struct {
	owner *story.Cluster
	whole map[string][]byte // what was there before
}

func (f *files) damage(t *testing.T, repository, _, _ string, shard int, d escontract.Damage) {
	var repos map[string]struct{ Settings struct{ Location string } }
	if err := f.owner.Do(t.Context(), "GET", "/_snapshot/"+repository, nil, &repos); err != nil {
		t.Fatal(err)
	}
	if d == escontract.Whole {
		for path, b := range f.whole {
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		clear(f.whole)
		return
	}
	blobs, err := filepath.Glob(filepath.Join(repos[repository].Settings.Location, "indices", "*", string(rune('0'+shard)), "__*"))
	if err != nil || len(blobs) == 0 {
		t.Fatalf("no files of shard %d in %q: %v", shard, repos[repository].Settings.Location, err)
	}
	var largest string
	var content []byte
	for _, path := range blobs {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > len(content) {
			largest, content = path, b
		}
	}
	f.whole[largest] = content
	if d == escontract.Removed {
		if err := os.Remove(largest); err != nil {
			t.Fatal(err)
		}
		return
	}
	flipped := append([]byte(nil), content...)
	flipped[len(flipped)/2] ^= 0xff
	if err := os.WriteFile(largest, flipped, 0o644); err != nil {
		t.Fatal(err)
	}
}
