package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"es-restore/config"
	"es-restore/esops"
	"es-restore/internal/aliyunsim"
	"es-restore/internal/escontract/story"
)

// cloudName is how the page names the cloud beside the clusters.
const cloudName = "Alibaba Cloud"

// A cloud is the Alibaba Cloud of a sandbox. The played one stands behind a front, as
// clusters do; one that a configuration names, or none, is left alone.
type cloud struct {
	about string // who plays it, in a sentence
	why   string // why it can't be disturbed; empty: it can
	front *front
	sim   *aliyunsim.Server

	mu         sync.Mutex
	losing     bool // the answer to the next share is lost
	throttling bool
}

// changesFor is how long an instance is at a change after a repository was added or
// taken off, so that waiting for it can be seen.
const changesFor = 3 * time.Second

// played makes a cloud in which both clusters are instances, and a third one that is
// configured nowhere. What is shared there is registered on the clusters for real.
// That es-cn-b reads from es-cn-a was settled long ago.
func played(f *fleet, now *clock, told func(asked)) (*cloud, error) {
	sim := aliyunsim.New(aliyunsim.Options{Now: now.Now, Settle: changesFor})
	for _, i := range []aliyunsim.Instance{
		{ID: ownerName, Version: f.versions[0], Kernel: "ali1.3.0", Snapshots: 1},
		{ID: readerName, Version: f.versions[1], Kernel: "ali1.4.0"},
		{ID: otherName, Version: f.versions[0], Kernel: "ali1.3.0", Snapshots: 1},
	} {
		i.Version += "_with_X-Pack"
		i.Backup.Enabled = true
		sim.PutInstance(i)
	}
	sim.Share(readerName, ownerName)
	sim.OnAdd(f.register)
	sim.OnRemove(f.unregister)
	c := &cloud{
		about: "Alibaba Cloud is played by this program. It has a third instance, " + otherName + ", whose snapshots can be shared with " + readerName + ".",
		sim:   sim,
	}
	target, _ := url.Parse(sim.URL())
	one, err := newFront(cloudName, forward(target, http.DefaultTransport), told)
	if err != nil {
		sim.Close()
		return nil, fmt.Errorf("opening a port for Alibaba Cloud: %w", err)
	}
	one.lose = c.takeLoss
	c.front = one
	return c, nil
}

// ownCloud is the one that somebody's configuration names, if any.
func ownCloud(c *config.Config) *cloud {
	if c.Aliyun == nil {
		return &cloud{about: "Alibaba Cloud is not configured.", why: "Alibaba Cloud is not configured."}
	}
	return &cloud{
		about: "Alibaba Cloud is that of your configuration. What is approved here is really shared there.",
		why:   "Only a simulated Alibaba Cloud can be disturbed.",
	}
}

func (c *cloud) shut() {
	if c.sim != nil {
		c.front.close()
		c.sim.Close()
	}
}

// section is what the configuration says of a played one.
func (c *cloud) section() map[string]any {
	return map[string]any{
		"region": aliyunsim.DefaultRegion, "endpoint": c.front.url(),
		"access_key_id": aliyunsim.DefaultKeyID, "access_key_secret": aliyunsim.DefaultKeySecret,
	}
}

// loseNext lets the next share be carried out and its answer be lost.
func (c *cloud) loseNext() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.losing = true
}

// takeLoss reports whether an answer is to be lost, once.
func (c *cloud) takeLoss(one asked) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !one.shares() || !c.losing {
		return false
	}
	c.losing = false
	return true
}

// setThrottling lets every request be one too many, or no longer.
func (c *cloud) setThrottling(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.throttling = on
	c.sim.Heal("")
	if on {
		c.sim.Fail("*", aliyunsim.Throttle().N(-1))
	}
}

func (c *cloud) disturbed() (losing, throttling bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.losing, c.throttling
}

// forget empties the record of a played cloud, which the front keeps better.
func (c *cloud) forget() {
	if c.sim != nil {
		c.sim.ForgetRequests()
	}
}

// registerWithin bounds what the cloud asks of a cluster.
const registerWithin = 10 * time.Second

// register adds an instance's repository to a cluster, as the cloud does when it is
// shared.
func (f *fleet) register(destination, source string) error {
	return f.asCloud(destination, func(ctx context.Context, c *story.Cluster) error {
		return c.Register(ctx, esops.SharedName(source), map[string]any{"location": f.location(source), "compress": true, "readonly": true})
	})
}

// unregister takes it off.
func (f *fleet) unregister(destination, source string) error {
	return f.asCloud(destination, func(ctx context.Context, c *story.Cluster) error {
		return c.Do(ctx, http.MethodDelete, "/_snapshot/"+esops.SharedName(source), nil, nil)
	})
}

// asCloud asks something of a cluster through its front: the cloud reaches no cluster
// that is away, and what it asks is seen.
func (f *fleet) asCloud(name string, do func(context.Context, *story.Cluster) error) error {
	one := f.front(name)
	if one == nil {
		return fmt.Errorf("%s runs nowhere here", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), registerWithin)
	defer cancel()
	return do(ctx, story.NewCluster(one.url(), story.Options{}))
}
