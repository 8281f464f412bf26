package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"es-restore/aliyun"
	"es-restore/config"
	"es-restore/esops"
	"es-restore/handlers"
)

// A cloud is Alibaba Cloud as the configuration names it.
type cloud struct {
	aliyun.Cloud

	cache *aliyun.Cache
}

// newCloud makes the client, which does not connect yet; nil when nothing is to
// be asked there.
func newCloud(c *config.Config, now func() time.Time) (*cloud, error) {
	looksUp := slices.ContainsFunc(c.Clusters, func(one config.Cluster) bool { return one.URL == "" })
	if c.Aliyun == nil && !looksUp {
		return nil, nil
	}
	var o aliyun.Options
	if a := c.Aliyun; a != nil {
		o = aliyun.Options{Region: a.Region, Endpoint: a.Endpoint, AccessKeyID: a.AccessKeyID.Reveal(), AccessKeySecret: a.AccessKeySecret.Reveal()}
	}
	client, err := aliyun.New(o)
	if err != nil {
		return nil, fmt.Errorf("alibaba cloud: %w", err)
	}
	return &cloud{Cloud: aliyun.Cloud{Client: client}, cache: aliyun.NewCache(client, now)}, nil
}

// close drops idle connections. A nil cloud has none.
func (c *cloud) close() {
	if c != nil {
		c.Client.Close()
	}
}

// address is how a cluster finds out where it is; nil when its url is written.
func (c *cloud) address(one config.Cluster) func(context.Context) (string, error) {
	if one.URL != "" {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		i, err := c.Client.Instance(ctx, one.Region, one.InstanceID)
		if err != nil {
			return "", err
		}
		if i.URL() == "" {
			return "", esops.Refuse("aliyun_no_address", "Write its url into the configuration.",
				"Alibaba Cloud tells no address of %s, which is %s.", one.InstanceID, i.Status)
		}
		return i.URL(), nil
	}
}

// Seen implements handlers.Cloud.
func (c *cloud) Seen(ctx context.Context, instances []esops.Instance) map[string]handlers.Seen {
	regions := map[string][]string{}
	for _, i := range instances {
		regions[i.Region] = append(regions[i.Region], i.ID)
	}
	seen := map[string]handlers.Seen{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	for region, ids := range regions {
		asking.Go(func() {
			told := c.cache.Describe(ctx, region, ids...)
			mu.Lock()
			defer mu.Unlock()
			for id, d := range told {
				seen[id] = seenOf(d)
			}
		})
	}
	asking.Wait()
	return seen
}

func seenOf(d aliyun.Described) handlers.Seen {
	var said []string
	add := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if d.Status != "" {
		add("%s", d.Status)
	}
	if d.RawVersion != "" {
		add("version %s", d.RawVersion)
	}
	if !d.Kernel.Zero() {
		add("kernel %s", d.Kernel)
	}
	if len(d.Zones) > 0 {
		add("zone %s", strings.Join(d.Zones, " and "))
	}
	if d.DiskGB > 0 && d.NodeCount > 0 {
		add("%d × %d GB disk", d.NodeCount, d.DiskGB)
	}
	seen := handlers.Seen{Says: strings.Join(said, ", ")}
	warn := func(format string, args ...any) { seen.Warnings = append(seen.Warnings, fmt.Sprintf(format, args...)) }
	switch d.Status {
	case aliyun.StatusActive, "":
	case aliyun.StatusActivating:
		warn("Alibaba Cloud is changing it: until that is done, no repository is shared with it or by it.")
	case aliyun.StatusInactive:
		warn("It is frozen, for a bill that was not paid.")
	case aliyun.StatusInvalid:
		warn("It is released, or Alibaba Cloud can't reach it.")
	default:
		warn("Its status is none that is known here.")
	}
	switch {
	case d.Category == aliyun.CategoryIndexing:
		warn("Its edition has no automatic snapshots.")
	case d.Backup != nil && !d.Backup.Enabled:
		warn("Its automatic backup is off: no automatic snapshot is taken.")
	}
	if d.Err != nil {
		warn("%s", whyNotDescribed(d.Err))
	}
	return seen
}

func whyNotDescribed(err error) string {
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return refusal.Error()
	}
	return "Alibaba Cloud does not tell about it now."
}

// automatic tells of the snapshots that an instance's automatic backup took.
func automatic(region string) func(repository string, s esops.Snapshot) (esops.Automatic, bool) {
	return func(repository string, s esops.Snapshot) (esops.Automatic, bool) {
		if repository != aliyun.AutoRepository && !strings.HasPrefix(repository, aliyun.RepositoryFrom("")) {
			return esops.Automatic{}, false
		}
		var a esops.Automatic
		a.Maker, _ = aliyun.Maker(s.Name)
		a.Zone, _ = aliyun.Zone(region)
		if !s.Started.IsZero() {
			a.Gone = aliyun.GoneAt(s.Started)
		}
		return a, true
	}
}
