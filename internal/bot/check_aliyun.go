package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"es-restore/aliyun"
	"es-restore/config"
	"es-restore/esops"
)

const checkedCloud = "alibaba cloud"

// checkAliyun tries the keys, and then each permission on each instance that is
// configured.
func checkAliyun(ctx context.Context, c *config.Config) []Check {
	ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
	defer cancel()
	there, err := newCloud(c, time.Now)
	switch {
	case err != nil:
		return []Check{refusedCheck(checkedCloud, err, "Correct the aliyun section.")}
	case there == nil:
		return nil
	}
	defer there.close()
	var instances []config.Cluster
	for _, one := range c.Clusters {
		if one.InstanceID != "" {
			instances = append(instances, one)
		}
	}
	if len(instances) == 0 {
		instances = []config.Cluster{{}} // the keys can be tried all the same
	}
	first := aliyun.Permissions()[0]
	var refusal *esops.Refusal
	if err := there.Client.Try(ctx, first, instances[0].Region, instances[0].InstanceID); err != nil {
		if !errors.As(err, &refusal) || refusal.Code != "aliyun_forbidden" {
			return []Check{refusedCheck(checkedCloud, err, "See what stands between the bot and Alibaba Cloud.")}
		}
	}
	checks := []Check{ok(checkedCloud, "it answers, and takes the keys")}
	scope := scopeOf(instances)
	permissions := aliyun.Permissions()
	tried := make([]Check, len(permissions))
	trying, within := errgroup.WithContext(ctx)
	trying.SetLimit(8)
	for i, p := range permissions {
		trying.Go(func() error {
			tried[i] = tryPermission(within, there.Client, p, instances, scope)
			return nil
		})
	}
	_ = trying.Wait() // none of them fails
	return append(checks, tried...)
}

// tryPermission tries one permission on all instances.
func tryPermission(ctx context.Context, client *aliyun.Client, p aliyun.Permission, instances []config.Cluster, scope aliyun.Scope) Check {
	name := checkedCloud + ", " + p.Action
	if p.Changes {
		return unproved(name, "to "+p.Why+"; it can't be tried without changing something",
			"To let the bot share repositories, give it this RAM policy: "+aliyun.SharePolicy(scope).String())
	}
	mend := "Give the bot this RAM policy: " + aliyun.ReadPolicy(scope).String()
	if instances[0].InstanceID == "" && p.Action != aliyun.Permissions()[0].Action {
		return unproved(name, "to "+p.Why+"; no cluster has an instance_id to try it on", mend)
	}
	var mu sync.Mutex
	missing, doubtful := map[string]string{}, map[string]string{}
	var trying sync.WaitGroup
	for _, one := range instances {
		trying.Go(func() {
			err := client.Try(ctx, p, one.Region, one.InstanceID)
			if err == nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, aliyun.ErrNotProved) {
				doubtful[one.Name] = plainRefusal(err)
			} else {
				missing[one.Name] = plainRefusal(err)
			}
		})
	}
	trying.Wait()
	switch {
	case len(missing) > 0:
		return bad(name, "to "+p.Why+": "+eachSaid(missing), mend)
	case len(doubtful) > 0:
		return unproved(name, "to "+p.Why+": "+eachSaid(doubtful), "")
	}
	return ok(name, "to "+p.Why)
}

// eachSaid are the sentences, each once; they name their instances.
func eachSaid(said map[string]string) string {
	return strings.Join(slices.Compact(slices.Sorted(maps.Values(said))), " ")
}

// scopeOf is the narrowest scope that holds every instance.
func scopeOf(instances []config.Cluster) aliyun.Scope {
	var scope aliyun.Scope
	for i, one := range instances {
		if i == 0 {
			scope.Region = one.Region
		} else if one.Region != scope.Region {
			scope.Region = ""
		}
		if one.InstanceID != "" && !slices.Contains(scope.Instances, one.InstanceID) {
			scope.Instances = append(scope.Instances, one.InstanceID)
		}
	}
	return scope
}

// refusedCheck is a failed check in the words of a refusal.
func refusedCheck(name string, err error, mend string) Check {
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		if refusal.WayOut != "" {
			mend = refusal.WayOut
		}
		return bad(name, refusal.Sentence, mend)
	}
	return bad(name, plainError(err), mend)
}

func plainRefusal(err error) string {
	var refusal *esops.Refusal
	if errors.As(err, &refusal) {
		return refusal.Sentence
	}
	return plainError(err)
}
