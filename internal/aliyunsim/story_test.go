package aliyunsim_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"es-restore/aliyun"
	"es-restore/esops"
	"es-restore/esops/elastic"
	"es-restore/internal/aliyunsim"
	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
)

// TestTheVendorsExampleWorksFromShareToSnapshot walks the vendor's page: two
// clusters of 6.7.0, automatic snapshots on the first, and the second is given
// its repository.
func TestTheVendorsExampleWorksFromShareToSnapshot(t *testing.T) {
	repos := essim.NewRepos("/repositories")
	a := essim.New(essim.Options{Name: "es-cn-a", Version: "6.7.0", Repos: repos})
	b := essim.New(essim.Options{Name: "es-cn-b", Version: "6.7.0", Repos: repos})
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	pool := &http.Transport{DisableKeepAlives: true}
	told := story.Options{Owner: a.URL(), Reader: b.URL(), Location: "/repositories/es-cn-a", Client: &http.Client{Transport: pool, Timeout: 10 * time.Second}}
	if err := errors.Join(story.Seed(ctx, told), story.Snap(ctx, told, story.Snapshot)); err != nil {
		t.Fatal(err)
	}

	s := aliyunsim.New(aliyunsim.Options{})
	t.Cleanup(s.Close)
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-a", Kernel: "ali1.3.0", Snapshots: 1, Backup: aliyunsim.Backup{Enabled: true}})
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-b", Kernel: "ali1.3.0"})
	s.OnAdd(func(string, string) error { return story.Share(ctx, told) })
	s.OnRemove(func(string, string) error {
		return story.NewCluster(b.URL(), told).Do(ctx, http.MethodDelete, "/_snapshot/"+story.ReaderRepository, nil, nil)
	})
	cloud, err := aliyun.New(aliyun.Options{Region: aliyunsim.DefaultRegion, Endpoint: s.URL(), AccessKeyID: aliyunsim.DefaultKeyID, AccessKeySecret: aliyunsim.DefaultKeySecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cloud.Close)
	reader, err := elastic.New(elastic.Options{Name: "es-cn-b", URL: b.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)

	src, dst := sides(ctx, t, cloud)
	for _, f := range aliyun.ShareVerdict(src, dst) {
		if f.Severity != esops.Note {
			t.Errorf("%+v", f)
		}
	}
	if err := cloud.AddSharedRepository(ctx, "", "es-cn-b", "es-cn-a"); err != nil {
		t.Fatal(err)
	}
	snapshots, err := reader.Snapshots(ctx, aliyun.RepositoryFrom("es-cn-a"))
	if err != nil || len(snapshots) != 1 || snapshots[0].Name != story.Snapshot {
		t.Fatal(snapshots, err)
	}
	if maker, ok := aliyun.Maker(snapshots[0].Name); !ok || maker != "es-cn-a" {
		t.Error(maker)
	}
	src, dst = sides(ctx, t, cloud)
	if found := aliyun.ShareVerdict(src, dst); len(found) == 0 || found[0].Code != "already_shared" {
		t.Errorf("%+v", found)
	}
	if err := cloud.RemoveSharedRepository(ctx, "", "es-cn-b", "es-cn-a"); err != nil {
		t.Fatal(err)
	}
	if left, err := reader.Repositories(ctx); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
}

// sides is what the cloud tells of both.
func sides(ctx context.Context, t *testing.T, cloud *aliyun.Client) (src, dst aliyun.Side) {
	t.Helper()
	var errs [7]error
	src.Instance, errs[0] = cloud.Instance(ctx, "", "es-cn-a")
	dst.Instance, errs[1] = cloud.Instance(ctx, "", "es-cn-b")
	src.Health, errs[2] = cloud.Health(ctx, "", "es-cn-a")
	dst.Health, errs[3] = cloud.Health(ctx, "", "es-cn-b")
	backup, err := cloud.AutoBackup(ctx, "", "es-cn-a")
	src.Backup, src.Snapshots, errs[4] = &backup, new(1), err
	dst.Offered, errs[5] = cloud.AlternativeRepositories(ctx, "", "es-cn-b")
	dst.Shared, errs[6] = cloud.SharedRepositories(ctx, "", "es-cn-b")
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return src, dst
}
