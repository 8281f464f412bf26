package rig

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"es-restore/internal/aliyunsim"
	"es-restore/internal/escontract/story"
)

// NewCloud makes an Alibaba Cloud in which both clusters are instances, and which
// registers what is shared on Elasticsearch for real. What the story shared is
// taken off again.
func NewCloud(t testing.TB, c *Clusters) *aliyunsim.Server {
	t.Helper()
	cloud := aliyunsim.New(aliyunsim.Options{})
	t.Cleanup(cloud.Close)
	cloud.PutInstance(instance(t, "es-cn-a", c.Owner))
	cloud.PutInstance(instance(t, "es-cn-b", c.Reader))
	unregister := func(_, _ string) error {
		return ignoreMissing(At(c.Reader).Do(context.Background(), http.MethodDelete, "/_snapshot/"+story.ReaderRepository, nil, nil))
	}
	cloud.OnAdd(func(_, _ string) error { return c.Share() })
	cloud.OnRemove(unregister)
	if err := unregister("", ""); err != nil {
		t.Fatal(err)
	}
	return cloud
}

// Share registers the owner's repository with the reader, as the story does.
func (c *Clusters) Share() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return story.Share(ctx, story.Options{Owner: c.Owner, Reader: c.Reader, Location: c.Location})
}

func ignoreMissing(err error) error {
	if failed, ok := err.(*story.Error); ok && failed.Status == http.StatusNotFound { //nolint:errorlint // Do wraps nothing
		return nil
	}
	return err
}

// instance is a cluster as the cloud describes it.
func instance(t testing.TB, id, address string) aliyunsim.Instance {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return aliyunsim.Instance{
		ID: id, Domain: u.Hostname(), Port: port, Zones: []string{"cn-hangzhou-i"}, Kernel: "ali1.4.0",
		Backup: aliyunsim.Backup{Enabled: true}, Snapshots: 1,
	}
}

// aliyunText is the configuration of a cloud.
func aliyunText(cloud *aliyunsim.Server) string {
	return fmt.Sprintf("aliyun: {region: cn-hangzhou, endpoint: %q, access_key_id: %q, access_key_secret: %q}",
		cloud.URL(), aliyunsim.DefaultKeyID, aliyunsim.DefaultKeySecret)
}
