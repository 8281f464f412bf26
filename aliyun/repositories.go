package aliyun

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/elasticsearch"

	"es-restore/esops"
)

// AutoRepository is the name, on its own cluster, of the repository that an
// instance's automatic snapshots are in.
const AutoRepository = "aliyun_auto_snapshot"

// RepositoryFrom is the name of that repository on a cluster that it is shared
// with.
func RepositoryFrom(source string) string { return sharedPrefix + source }

const sharedPrefix = "aliyun_snapshot_from_"

// A Repository is one that another instance shares.
type Repository struct {
	Name   string // on Elasticsearch
	Source string // the instance whose snapshots are in it
	// Valid is what the cloud calls available. One that was just added may not
	// be valid yet.
	Valid bool
}

// SharedRepositories lists the repositories that others share with an instance.
// The cloud asks the instance's own Elasticsearch, so it fails while that is
// changing, abnormal or busy; GET _snapshot there tells the same.
func (c *Client) SharedRepositories(ctx context.Context, region, id string) ([]Repository, error) {
	var bodies []struct {
		Name   text `json:"snapWarehouse"`
		Source text `json:"instanceId"`
		Path   text `json:"repoPath"`
		Status text `json:"status"`
	}
	err := c.do(ctx, about("ListSnapshotReposByInstanceId", region, id, func(path string) requests.AcsRequest {
		r := elasticsearch.CreateListSnapshotReposByInstanceIdRequest()
		r.InstanceId = path
		return r
	}), &bodies)
	if err != nil {
		return nil, err
	}
	repositories := []Repository{}
	for _, b := range bodies {
		one := Repository{Name: string(b.Name), Source: string(b.Source), Valid: b.Status == "available"}
		if one.Source == "" {
			one.Source = string(b.Path) // the same, in every sample
		}
		if one.Name == "" {
			one.Name = RepositoryFrom(one.Source)
		}
		repositories = append(repositories, one)
	}
	return repositories, nil
}

// AlternativeRepositories lists the instances whose repositories the cloud
// offers to an instance: of the same region and account, with a snapshot. Those
// that are shared already are among them.
func (c *Client) AlternativeRepositories(ctx context.Context, region, id string) ([]string, error) {
	var bodies []struct {
		Source text `json:"instanceId"`
		Path   text `json:"repoPath"`
	}
	err := c.do(ctx, about("ListAlternativeSnapshotRepos", region, id, func(path string) requests.AcsRequest {
		r := elasticsearch.CreateListAlternativeSnapshotReposRequest()
		r.InstanceId = path
		r.AlreadySetItems = requests.NewBoolean(true)
		return r
	}), &bodies)
	if err != nil {
		return nil, err
	}
	sources := []string{}
	for _, b := range bodies {
		source := string(b.Source)
		if source == "" {
			source = strings.TrimPrefix(string(b.Path), sharedPrefix)
		}
		sources = append(sources, source)
	}
	return sources, nil
}

// AddSharedRepository adds the repository of source to destination. No data
// moves. It is sent once: an error with esops.ErrUnknown means that only looking
// tells. Whether the repository is there when this returns is not promised
// either; SharedRepositories tells, and GET _snapshot.
func (c *Client) AddSharedRepository(ctx context.Context, region, destination, source string) error {
	if err := checkInstance(source); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"repoPath": source})
	if err != nil {
		return err
	}
	q := about("AddSnapshotRepo", region, destination, func(path string) requests.AcsRequest {
		r := elasticsearch.CreateAddSnapshotRepoRequest()
		r.InstanceId = path
		r.SetContent(body) // its Body field would send a form
		r.SetContentType(requests.Json)
		return r
	})
	return c.change(ctx, q)
}

// RemoveSharedRepository takes the repository of source from destination, with
// the same promises. The snapshots stay where they are.
func (c *Client) RemoveSharedRepository(ctx context.Context, region, destination, source string) error {
	if err := checkInstance(source); err != nil {
		return err
	}
	q := about("DeleteSnapshotRepo", region, destination, func(path string) requests.AcsRequest {
		r := elasticsearch.CreateDeleteSnapshotRepoRequest()
		r.InstanceId = path
		r.RepoPath = source
		return r
	})
	return c.change(ctx, q)
}

// change sends a change once. Anything but a plain yes leaves it unsure.
func (c *Client) change(ctx context.Context, q question) error {
	q.changes = true
	var done truth
	if err := c.do(ctx, q, &done); err != nil {
		return err
	}
	if !done {
		return q.fail(unsure, esops.Refuse("aliyun_answer", "", "Alibaba Cloud answered %s with no, and does not say why.", q.action))
	}
	return nil
}
