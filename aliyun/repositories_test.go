package aliyun_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/aliyun"
	"es-restore/internal/aliyunsim"
)

func TestARepositoryIsSharedAndTakenBack(t *testing.T) {
	s := cloud(t)
	var done []string
	s.OnAdd(func(dst, src string) error { done = append(done, "add "+src+" to "+dst); return nil })
	s.OnRemove(func(dst, src string) error { done = append(done, "take "+src+" from "+dst); return nil })
	c := client(t, s)
	ctx := within(t)
	offered, err := c.AlternativeRepositories(ctx, region, "es-cn-b")
	if diff := cmp.Diff([]string{"es-cn-a"}, offered); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if err := c.AddSharedRepository(ctx, region, "es-cn-b", "es-cn-a"); err != nil {
		t.Fatal(err)
	}
	shared, err := c.SharedRepositories(ctx, region, "es-cn-b")
	want := []aliyun.Repository{{Name: "aliyun_snapshot_from_es-cn-a", Source: "es-cn-a", Valid: true}}
	if diff := cmp.Diff(want, shared); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if offered, err := c.AlternativeRepositories(ctx, region, "es-cn-b"); err != nil || len(offered) != 1 {
		t.Errorf("what is shared is offered no more: %v %v", offered, err)
	}
	if err := c.RemoveSharedRepository(ctx, region, "es-cn-b", "es-cn-a"); err != nil {
		t.Fatal(err)
	}
	if shared, err := c.SharedRepositories(ctx, region, "es-cn-b"); err != nil || shared == nil || len(shared) != 0 {
		t.Error(shared, err)
	}
	if diff := cmp.Diff([]string{"add es-cn-a to es-cn-b", "take es-cn-a from es-cn-b"}, done); diff != "" {
		t.Error(diff)
	}
}

func TestTheRequestIsAsTheVendorDescribesIt(t *testing.T) {
	s := cloud(t)
	if err := client(t, s).AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a"); err != nil {
		t.Fatal(err)
	}
	r := s.Requests("AddSnapshotRepo")[0]
	got := []string{r.Method, r.Path, r.Header.Get("Content-Type"), r.Body, r.Header.Get("X-Acs-Region-Id"), r.Header.Get("X-Acs-Version")}
	want := []string{"POST", "/openapi/instances/es-cn-b/snapshot-repos", "application/json", `{"repoPath":"es-cn-a"}`, region, "2017-06-13"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(r.Header.Get("User-Agent"), "Extra/es-restore") {
		t.Error(r.Header.Get("User-Agent"))
	}
}

func TestARepositoryThatWasJustAddedIsNotValidYet(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := aliyunsim.New(aliyunsim.Options{Now: func() time.Time { return now }, Settle: time.Minute})
	t.Cleanup(s.Close)
	s.PutKey(aliyunsim.Key{ID: keyID, Secret: secret, Token: token})
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-a", Snapshots: 1})
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-b"})
	c := client(t, s)
	ctx := within(t)
	if err := c.AddSharedRepository(ctx, region, "es-cn-b", "es-cn-a"); err != nil {
		t.Fatal(err)
	}
	state := func() (string, bool) {
		i, err := c.Instance(ctx, region, "es-cn-b")
		shared, err2 := c.SharedRepositories(ctx, region, "es-cn-b")
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		return i.Status, shared[0].Valid
	}
	if status, valid := state(); status != aliyun.StatusActivating || valid {
		t.Error(status, valid)
	}
	if err := c.RemoveSharedRepository(ctx, region, "es-cn-b", "es-cn-a"); kind(err) != "busy" || refusal(t, err).Code != "aliyun_busy" {
		t.Error(err)
	}
	now = now.Add(time.Minute)
	if status, valid := state(); status != aliyun.StatusActive || !valid {
		t.Error(status, valid)
	}
}

func TestAnErrorOfTheClusterBehindIsUnknown(t *testing.T) {
	s := cloud(t)
	s.OnAdd(func(string, string) error { return errors.New("the cluster hangs") })
	err := client(t, s).AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a")
	if kind(err) != "unknown" || len(s.Shared("es-cn-b")) != 0 || len(s.Requests("AddSnapshotRepo")) != 1 {
		t.Error(err, s.Shared("es-cn-b"))
	}
}
