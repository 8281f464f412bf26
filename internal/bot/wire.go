package bot

import (
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/config"
	"es-restore/esops"
	"es-restore/esops/elastic"
	"es-restore/handlers"
	"es-restore/store"
	"es-restore/worker"
)

// slackWithin bounds one call to Slack; the library's own client has no bound.
const slackWithin = 15 * time.Second

// A cluster is one that is configured, with the client that speaks to it.
type cluster struct {
	config.Cluster
	client  *elastic.Client
	planner esops.Planner
}

// newClusters makes the clients. They don't connect yet. there is Alibaba Cloud,
// if anything is to be asked of it.
func newClusters(c *config.Config, there *cloud, now func() time.Time) ([]cluster, error) {
	instances := map[string]string{}
	for _, one := range c.Clusters {
		instances[one.Name] = one.Name
		if one.InstanceID != "" {
			instances[one.InstanceID] = one.Name
		}
	}
	var clusters []cluster
	for _, one := range c.Clusters {
		client, err := elastic.New(elastic.Options{
			Name: one.Name, URL: one.URL, Username: one.Username, Password: one.Password.Reveal(),
			APIKey: one.APIKey.Reveal(), CAFile: one.CA, Resolve: there.address(one),
		})
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, cluster{Cluster: one, client: client, planner: esops.Planner{
			Reader: client, Surveyor: client, Cluster: one.Name, Zone: c.Timezone, Now: now,
			Owner:     func(repository string) string { return esops.OwnerOf(repository, one.Name, instances) },
			Automatic: automatic(one.Region),
		}})
	}
	for i := range clusters {
		if there != nil {
			clusters[i].planner.Cloud, clusters[i].planner.Instance = there, instanceIn(clusters)
		}
		clusters[i].planner.Origin = func(owner string) esops.Surveyor {
			if from := owned(clusters, owner); from != nil {
				return from
			}
			return nil
		}
	}
	return clusters, nil
}

// instance is the cluster as the cloud knows it; the zero Instance when the
// configuration does not say which one it is.
func (c cluster) instance() esops.Instance {
	if c.InstanceID == "" {
		return esops.Instance{}
	}
	return esops.Instance{Name: c.Name, ID: c.InstanceID, Region: c.Region, Reader: c.client}
}

// instanceIn finds a configured cluster by its ID in the cloud.
func instanceIn(clusters []cluster) func(id string) (esops.Instance, bool) {
	return func(id string) (esops.Instance, bool) {
		for _, c := range clusters {
			if c.InstanceID == id && id != "" {
				return c.instance(), true
			}
		}
		return esops.Instance{}, false
	}
}

// owned finds the cluster that owns a repository, or nil when it is not
// configured.
func owned(clusters []cluster, owner string) *elastic.Client {
	for _, c := range clusters {
		if c.Name == owner {
			return c.client
		}
	}
	return nil
}

// destinations is how the worker finds a cluster.
func destinations(clusters []cluster, queries []esops.Query) func(string) (worker.Destination, bool) {
	origin := func(owner string) esops.Prober {
		if from := owned(clusters, owner); from != nil {
			return from
		}
		return nil
	}
	return func(name string) (worker.Destination, bool) {
		for _, c := range clusters {
			if c.Name == name {
				return worker.Destination{Planner: c.planner, Watcher: c.client, Writer: c.client, ReadOnly: c.ReadOnly,
					Prober: c.client, Origin: origin, Queries: queries}, true
			}
		}
		return worker.Destination{}, false
	}
}

// named is how people find a cluster.
func named(clusters []cluster) []handlers.Cluster {
	all := make([]handlers.Cluster, len(clusters))
	for i, c := range clusters {
		all[i] = handlers.Cluster{Name: c.Name, Instance: c.instance(), ReadOnly: c.ReadOnly, VisibleTo: c.VisibleTo, Planner: c.planner}
	}
	return all
}

// ownerName says of a repository's owner whether it is configured here.
func ownerName(clusters []cluster) func(string) string {
	return func(owner string) string {
		for _, c := range clusters {
			if c.Name == owner {
				return owner
			}
		}
		return owner + " (not configured here)"
	}
}

// newRedis makes the client of the store. It does not connect yet.
func newRedis(c config.Redis) (redis.UniversalClient, error) {
	o := store.Options{URL: c.URL, Cluster: c.Cluster, Username: c.Username, Password: c.Password.Reveal(), CAFile: c.CA}
	if c.Sentinel != nil {
		o.Master, o.Sentinel = c.Sentinel.Master, c.Sentinel.Addresses
	}
	client, err := store.Dial(o)
	if err != nil {
		return nil, fmt.Errorf("making the redis client: %w", err)
	}
	return client, nil
}

// newSlack makes a client of the Web API.
func newSlack(c config.Slack, transport http.RoundTripper) *slack.Client {
	return slack.New(c.BotToken.Reveal(),
		slack.OptionAppLevelToken(c.AppToken.Reveal()),
		slack.OptionAPIURL(c.APIURL),
		slack.OptionHTTPClient(&http.Client{Transport: transport, Timeout: slackWithin}))
}

// rules are the policies in force.
func rules(c *config.Config) func() approvals.Rules {
	return func() approvals.Rules { return c.Policies }
}
