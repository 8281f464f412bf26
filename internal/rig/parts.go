package rig

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"es-restore/internal/escontract/story"
	"es-restore/internal/esnode"
	"es-restore/internal/esnode/esnodetest"
	"es-restore/internal/essim"
)

// Clusters are es-cn-a, which owns the snapshot, and es-cn-b, which reads it.
type Clusters struct {
	Owner, Reader string // URLs
	Location      string // of the repository, where it is registered
	// SimOwner and SimReader are set when they are simulated.
	SimOwner, SimReader *essim.Cluster
	// NodeReader is set when they are real.
	NodeReader *esnode.Node
}

// Simulated makes two simulated clusters with the story told.
func Simulated(t testing.TB, version string) *Clusters {
	t.Helper()
	repos := essim.NewRepos("/repositories")
	c := &Clusters{
		SimOwner:  essim.New(essim.Options{Name: "es-cn-a", Version: version, Repos: repos}),
		SimReader: essim.New(essim.Options{Name: "es-cn-b", Version: version, Repos: repos}),
	}
	t.Cleanup(c.SimOwner.Close)
	t.Cleanup(c.SimReader.Close)
	c.Owner, c.Reader = c.SimOwner.URL(), c.SimReader.URL()
	c.tell(t, "/repositories/es-cn-a")
	return c
}

// Real starts two real nodes with the story told, or leaves the test out where
// that was not asked for.
func Real(t testing.TB, owner, reader string) *Clusters {
	t.Helper()
	esnodetest.Need(t, owner, reader)
	folder := filepath.Join(t.TempDir(), "repository")
	a := esnodetest.Start(t, esnode.Options{Version: owner, Name: "es-cn-a", Repos: []string{folder}})
	b := esnodetest.Start(t, esnode.Options{Version: reader, Name: "es-cn-b", Repos: []string{folder}})
	c := &Clusters{Owner: a.URL(), Reader: b.URL(), NodeReader: b}
	c.tell(t, folder)
	return c
}

// Tell tells the story on two clusters that run already; both may use the folder.
func Tell(t testing.TB, owner, reader, folder string) *Clusters {
	t.Helper()
	c := &Clusters{Owner: owner, Reader: reader}
	c.tell(t, folder)
	return c
}

func (c *Clusters) tell(t testing.TB, location string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c.Location = location
	if err := story.Tell(ctx, story.Options{Owner: c.Owner, Reader: c.Reader, Location: location}); err != nil {
		t.Fatalf("telling the story: %v", err)
	}
}

// At speaks plain HTTP to a cluster.
func At(url string) *story.Cluster { return story.NewCluster(url, story.Options{}) }

// MiniRedis starts a Redis in memory. Its keys do not expire by themselves: its
// clock is moved along as time passes.
func MiniRedis(t testing.TB) *miniredis.Miniredis {
	t.Helper()
	m := miniredis.RunT(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for last := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case now := <-ticker.C:
				m.FastForward(now.Sub(last))
				last = now
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return m
}
