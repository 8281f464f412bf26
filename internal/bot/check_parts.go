package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"es-restore/config"
	"es-restore/esops"
	"es-restore/esops/elastic"
	"es-restore/store"
)

func checkRedis(ctx context.Context, c *config.Config) []Check {
	const name = "redis"
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client, err := newRedis(c.Redis)
	if err != nil {
		return []Check{bad(name, plainError(err), "Correct the redis section.")}
	}
	defer func() { _ = client.Close() }()
	safety, err := store.New(client).Safety(ctx)
	if err != nil {
		return []Check{bad(name, plainError(err), "Start Redis, or correct redis.url.")}
	}
	var checks []Check
	for _, u := range safety.Unsafe {
		if c.Redis.AllowDataLoss {
			checks = append(checks, unproved(name, u.Sentence+" redis.allow_data_loss starts all the same.", u.WayOut))
			continue
		}
		checks = append(checks, bad(name, u.Sentence, u.WayOut))
	}
	for _, w := range safety.Warnings {
		checks = append(checks, unproved(name, w, ""))
	}
	if len(checks) == 0 {
		checks = append(checks, ok(name, "version "+safety.Version+", keeps what it acknowledges"))
	}
	return checks
}

func checkClusters(ctx context.Context, c *config.Config) []Check {
	there, err := newCloud(c, time.Now)
	if err != nil {
		return nil // told by checkAliyun
	}
	defer there.close()
	clusters, err := newClusters(c, there, time.Now)
	if err != nil {
		return []Check{bad("clusters", plainError(err), "Correct the clusters section.")}
	}
	results := make([][]Check, len(clusters))
	each(clusters, func(one cluster) Check {
		for i := range clusters {
			if clusters[i].Name == one.Name {
				results[i] = checkCluster(ctx, one)
			}
		}
		return Check{}
	})
	var all []Check
	for _, r := range results {
		all = append(all, r...)
	}
	return all
}

func checkCluster(ctx context.Context, one cluster) []Check {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	defer one.client.Close()
	name := "cluster " + one.Name
	info, err := one.client.Cluster(ctx)
	if err != nil {
		var refusal *esops.Refusal
		if errors.As(err, &refusal) {
			return []Check{bad(name, refusal.Sentence, refusal.WayOut)}
		}
		return []Check{bad(name, plainError(err), "See what stands between the bot and the cluster.")}
	}
	checks := []Check{ok(name, fmt.Sprintf("Elasticsearch %s, health %s", info.Version, info.Health))}
	role := elastic.LeastRole(one.ReadOnly)
	missing, known, err := one.client.Privileges(ctx, role)
	rights := name + ", rights"
	switch {
	case err != nil:
		checks = append(checks, bad(rights, plainError(err), "Check the login."))
	case !known:
		checks = append(checks, unproved(rights, "the cluster has no security that could be asked", ""))
	case len(missing) > 0:
		checks = append(checks, bad(rights, "missing: "+strings.Join(missing, ", "), "Give the bot's user this role: "+roleText(one.Name, role)))
	default:
		checks = append(checks, ok(rights, "all there are needed"))
	}
	return checks
}

// roleText is the request that makes the role.
func roleText(name string, role elastic.Role) string {
	body, err := json.Marshal(role)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("PUT _security/role/es-restore-%s %s", name, body)
}
