package aliyun

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	cacheFor   = 60 * time.Second
	describers = 8 // how many instances are asked about at once
)

// A Described is what is known of an instance, and when it was learnt. With an
// Err it is what the list says, without addresses, or nothing.
type Described struct {
	Instance

	Backup *Backup // nil: not known
	At     time.Time
	Err    error
}

// An Inventory is what a Cache asks. A *Client is one.
type Inventory interface {
	Instances(ctx context.Context, region string) ([]Instance, error)
	Instance(ctx context.Context, region, id string) (Instance, error)
	AutoBackup(ctx context.Context, region, id string) (Backup, error)
}

// A Cache remembers instances for a minute, so that a list of clusters costs
// little. What decides something is asked of a Client instead. It is safe for
// concurrent use: those who ask about one region at once wait for one answer.
type Cache struct {
	from Inventory
	now  func() time.Time

	mu      sync.Mutex
	regions map[string]*cachedRegion
}

type cachedRegion struct {
	turn  chan struct{} // holds a token while nobody asks
	known map[string]Described
}

// NewCache remembers what from tells, by the clock now.
func NewCache(from Inventory, now func() time.Time) *Cache {
	return &Cache{from: from, now: now, regions: map[string]*cachedRegion{}}
}

// Describe tells about many instances of one region: the list once, for what is
// known even of an instance that can't be described now, and then each, at most
// eight at a time. Every ID is in the answer. What failed is not remembered.
func (c *Cache) Describe(ctx context.Context, region string, ids ...string) map[string]Described {
	r := c.region(region)
	select {
	case <-r.turn:
		defer func() { r.turn <- struct{}{} }()
	case <-ctx.Done():
		return failedAll(ids, ctx.Err())
	}
	answer, missing := r.fresh(c.now(), ids)
	if len(missing) == 0 {
		return answer
	}
	listed := map[string]Instance{}
	list, listErr := c.from.Instances(ctx, region)
	for _, i := range list {
		listed[i.ID] = i
	}
	for id, d := range c.describe(ctx, region, missing) {
		if d.Err == nil {
			r.known[id] = d
		} else if i, ok := listed[id]; ok && listErr == nil {
			d.Instance = i
		} else {
			d.ID, d.Region = id, region
		}
		answer[id] = d
	}
	return answer
}

// fresh splits ids into what is known and what is not.
func (r *cachedRegion) fresh(now time.Time, ids []string) (known map[string]Described, missing []string) {
	known = map[string]Described{}
	for _, id := range ids {
		if d, ok := r.known[id]; ok && now.Sub(d.At) < cacheFor && !now.Before(d.At) {
			known[id] = d
		} else if !slices.Contains(missing, id) {
			missing = append(missing, id)
		}
	}
	return known, missing
}

// describe asks about each.
func (c *Cache) describe(ctx context.Context, region string, ids []string) map[string]Described {
	next := make(chan string)
	var (
		mu    sync.Mutex
		found = map[string]Described{}
		group sync.WaitGroup
	)
	for range min(describers, len(ids)) {
		group.Go(func() {
			for id := range next {
				d := c.one(ctx, region, id)
				mu.Lock()
				found[id] = d
				mu.Unlock()
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	group.Wait()
	return found
}

// one asks about one instance, and whether its snapshots are taken: of one that
// works only, since the cloud does not tell of another.
func (c *Cache) one(ctx context.Context, region, id string) Described {
	i, err := c.from.Instance(ctx, region, id)
	d := Described{Instance: i, At: c.now(), Err: err}
	if err != nil || i.Status != StatusActive {
		return d
	}
	if backup, err := c.from.AutoBackup(ctx, region, id); err == nil {
		d.Backup = &backup
	}
	return d
}

func (c *Cache) region(name string) *cachedRegion {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.regions[name]
	if !ok {
		r = &cachedRegion{turn: make(chan struct{}, 1), known: map[string]Described{}}
		r.turn <- struct{}{}
		c.regions[name] = r
	}
	return r
}

func failedAll(ids []string, err error) map[string]Described {
	answer := map[string]Described{}
	for _, id := range ids {
		answer[id] = Described{Instance: Instance{ID: id}, Err: err}
	}
	return answer
}
