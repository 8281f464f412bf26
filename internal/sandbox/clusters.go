package sandbox

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
)

// The clusters of the vendor's example.
const (
	ownerName  = "es-cn-a"
	readerName = "es-cn-b"
)

// A fleet is the clusters of a sandbox, each behind its front.
type fleet struct {
	about  string   // who plays Elasticsearch, in a sentence
	fronts []*front // in the order of the configuration
	close  func()

	// versions are es-cn-a's and es-cn-b's, and folder is where the repositories of
	// instances are, as both know it; of the sandbox's own clusters only.
	versions [2]string
	folder   string

	// reader is es-cn-b, and simulated both, where they are.
	reader    *essim.Cluster
	simulated []*essim.Cluster

	mu      sync.Mutex
	losing  bool // the answer to the next restore request is lost
	slow    bool
	stalled []func() // each lets one shard go on
}

// front finds the front of a cluster by its name.
func (f *fleet) front(name string) *front {
	at := slices.IndexFunc(f.fronts, func(one *front) bool { return one.cluster == name })
	if at < 0 {
		return nil
	}
	return f.fronts[at]
}

// location is where an instance's repository is.
func (f *fleet) location(instance string) string { return f.folder + "/" + instance }

// add puts a front before a cluster.
func (f *fleet) add(name string, one *front, err error) error {
	if err != nil {
		return fmt.Errorf("opening a port for %s: %w", name, err)
	}
	one.lose = f.takeLoss
	f.fronts = append(f.fronts, one)
	return nil
}

func (f *fleet) shut() {
	for _, one := range f.fronts {
		one.close()
	}
	if f.close != nil {
		f.close()
	}
}

// What simulated shards weigh, so that a restore can be watched at the speed
// Elasticsearch restores with when nobody set another, 40 MB a second.
var weights = []struct {
	index string
	shard int
	bytes int64
}{
	{story.FileIndex, 0, 180 << 20},
	{story.EcommerceIndex, 0, 420 << 20},
	{story.LogsIndex, 0, 300 << 20},
	{story.LogsIndex, 1, 280 << 20},
}

const (
	repositoryFolder = "/repositories"
	simulatedVersion = "6.7.0"
)

// simulated makes the two clusters in memory, with the example told.
func simulated(ctx context.Context, now *clock, told func(asked)) (*fleet, error) {
	repos := essim.NewRepos(repositoryFolder)
	clock := newStoryClock(now)
	cluster := func(name string) *essim.Cluster {
		return essim.New(essim.Options{Name: name, Version: simulatedVersion, Repos: repos, NoListen: true, Clock: clock})
	}
	a, b := cluster(ownerName), cluster(readerName)
	f := &fleet{
		about:    "Elasticsearch " + simulatedVersion + " is simulated in this program. --elasticsearch " + simulatedVersion + " starts real nodes.",
		close:    func() { a.Close(); b.Close() },
		versions: [2]string{simulatedVersion, simulatedVersion}, folder: repositoryFolder,
		reader: b, simulated: []*essim.Cluster{a, b},
	}
	for _, c := range []*essim.Cluster{a, b} {
		name := ownerName
		if c == b {
			name = readerName
		}
		one, err := newFront(name, c, told)
		if err := f.add(name, one, err); err != nil {
			f.shut()
			return nil, err
		}
	}
	if err := tellWeighty(ctx, f, a, clock); err != nil {
		f.shut()
		return nil, err
	}
	clock.arrive()
	return f, nil
}

// tellWeighty tells the example with shards that weigh something, and lets each
// snapshot start when its name says.
func tellWeighty(ctx context.Context, f *fleet, owner *essim.Cluster, clock *storyClock) error {
	o := story.Options{Owner: f.front(ownerName).url(), Reader: f.front(readerName).url(), Location: f.location(ownerName)}
	if err := story.Seed(ctx, o); err != nil {
		return fmt.Errorf("filling %s: %w", ownerName, err)
	}
	for _, w := range weights {
		owner.PadShard(w.index, w.shard, w.bytes)
	}
	for name, start := range snapshots(clock.now.Now()) {
		clock.reach(start)
		if err := story.Snap(ctx, o, name); err != nil {
			return fmt.Errorf("taking the snapshot %s: %w", name, err)
		}
	}
	if err := tellOther(ctx, f, clock.Now()); err != nil {
		return err
	}
	if err := story.Share(ctx, o); err != nil {
		return fmt.Errorf("sharing the repository with %s: %w", readerName, err)
	}
	return nil
}

// setSlow slows restores down, or no longer.
func (f *fleet) setSlow(slow bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slow = slow
	if slow {
		f.reader.Slow(3 << 20)
	} else {
		f.reader.Slow(0)
	}
}

// setStalled lets one shard of what is restored now, and of every index of the
// example, stand still, or go on.
func (f *fleet) setStalled(stalled bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, goOn := range f.stalled {
		goOn()
	}
	f.stalled = nil
	if !stalled {
		return
	}
	names := map[string]bool{otherIndex: true}
	for _, i := range story.Indices() {
		names[i.Name] = true
	}
	for _, r := range f.reader.Restores() {
		if r.Ended.IsZero() {
			for _, target := range r.Targets {
				names[target] = true
			}
		}
	}
	for name := range names {
		f.stalled = append(f.stalled, f.reader.Stall(name, 0))
	}
}

// loseNext lets the next restore request, to whichever cluster, be carried out and
// its answer be lost.
func (f *fleet) loseNext() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.losing = true
}

// takeLoss reports whether an answer is to be lost, once.
func (f *fleet) takeLoss(one asked) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !one.restores() || !f.losing {
		return false
	}
	f.losing = false
	return true
}

func (f *fleet) disturbed() (losing, slow, stalled bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.losing, f.slow, len(f.stalled) > 0
}

// forget empties the simulated clusters' records, which the fronts keep better.
func (f *fleet) forget() {
	for _, c := range f.simulated {
		c.ForgetRequests()
	}
}
