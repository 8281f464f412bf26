package aliyunsim_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	alierrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/elasticsearch"
	"github.com/google/go-cmp/cmp"

	"es-restore/internal/aliyunsim"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// The vendor's own SDK, used as its documentation says, holds the emulator to
// the real API: its signatures, its paths, the case of its JSON.

var _ = elasticsearch.GetEndpointMap()

type toServer struct {
	base *url.URL
	next *http.Transport
}

func (s toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = s.base.Scheme, s.base.Host // the Host header stays the region's
	return s.next.RoundTrip(r)
}

// vendor is the SDK's client, in a region.
func vendor(t *testing.T, s *aliyunsim.Server, region string, credential any) *elasticsearch.Client {
	t.Helper()
	base, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	pool := &http.Transport{}
	t.Cleanup(pool.CloseIdleConnections)
	config := sdk.NewConfig().WithScheme("HTTPS").WithTimeout(10 * time.Second)
	config.Transport = toServer{base, pool}
	c, err := elasticsearch.NewClientWithOptions(region, config, credential)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func key() *credentials.AccessKeyCredential {
	return credentials.NewAccessKeyCredential(aliyunsim.DefaultKeyID, aliyunsim.DefaultKeySecret)
}

func world(t *testing.T) *aliyunsim.Server {
	t.Helper()
	s := aliyunsim.New(aliyunsim.Options{})
	t.Cleanup(s.Close)
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-a", Kernel: "ali1.3.0", Snapshots: 1, Backup: aliyunsim.Backup{Enabled: true}})
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-b", Public: "public.example"})
	return s
}

func TestTheVendorsSDKIsUnderstood(t *testing.T) {
	s := world(t)
	c := vendor(t, s, "cn-hangzhou", key())

	describe := elasticsearch.CreateDescribeInstanceRequest()
	describe.InstanceId = "es-cn-b"
	described, err := c.DescribeInstance(describe)
	if err != nil {
		t.Fatal(err)
	}
	i := described.Result
	got := []any{i.InstanceId, i.Status, i.EsVersion, i.InstanceCategory, i.Domain, i.Port, i.Protocol, i.PublicDomain, i.NodeAmount, i.NodeSpec.Disk, i.CreatedAt, i.ZoneInfos[0].ZoneId, i.IsNewDeployment}
	want := []any{"es-cn-b", "active", "6.7.0_with_X-Pack", "x-pack", "es-cn-b.elasticsearch.aliyuncs.com", 9200, "HTTP", "public.example", 3, 20, "2019-07-01T03:58:07.253Z", "cn-hangzhou-i", true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	list := elasticsearch.CreateListInstanceRequest()
	list.Size, list.Page = requests.NewInteger(1), requests.NewInteger(2)
	list.Description = "es-cn"
	listed, err := c.ListInstance(list)
	if err != nil || len(listed.Result) != 1 || listed.Result[0].InstanceId != "es-cn-b" || listed.Headers.XTotalCount != 2 || listed.Result[0].IsNewDeployment != "true" {
		t.Errorf("%+v %v", listed.Result, err)
	}

	add := elasticsearch.CreateAddSnapshotRepoRequest()
	add.InstanceId = "es-cn-b"
	add.SetContent([]byte(`{"repoPath":"es-cn-a"}`))
	add.SetContentType(requests.Json)
	if added, err := c.AddSnapshotRepo(add); err != nil || !added.Result || added.RequestId == "" {
		t.Errorf("%+v %v", added, err)
	}

	shared := elasticsearch.CreateListSnapshotReposByInstanceIdRequest()
	shared.InstanceId = "es-cn-b"
	repos, err := c.ListSnapshotReposByInstanceId(shared)
	if err != nil || len(repos.Result) != 1 || repos.Result[0].SnapWarehouse != "aliyun_snapshot_from_es-cn-a" || repos.Result[0].Status != "available" {
		t.Errorf("%+v %v", repos.Result, err)
	}

	for set, count := range map[bool]int{true: 1, false: 0} {
		alternative := elasticsearch.CreateListAlternativeSnapshotReposRequest()
		alternative.InstanceId, alternative.AlreadySetItems = "es-cn-b", requests.NewBoolean(set)
		if offered, err := c.ListAlternativeSnapshotRepos(alternative); err != nil || len(offered.Result) != count {
			t.Errorf("already set %v: %+v %v", set, offered.Result, err)
		}
	}

	remove := elasticsearch.CreateDeleteSnapshotRepoRequest()
	remove.InstanceId, remove.RepoPath, remove.ClientToken = "es-cn-b", "es-cn-a", "tok 1/+"
	if removed, err := c.DeleteSnapshotRepo(remove); err != nil || !removed.Result || len(s.Shared("es-cn-b")) != 0 {
		t.Errorf("%+v %v", removed, err)
	}

	health := elasticsearch.CreateDescribeElasticsearchHealthRequest()
	health.InstanceId = "es-cn-b"
	if h, err := c.DescribeElasticsearchHealth(health); err != nil || h.Result != "GREEN" {
		t.Errorf("%+v %v", h, err)
	}
	if regions, err := c.DescribeRegions(elasticsearch.CreateDescribeRegionsRequest()); err != nil || regions.Result[0].RegionId != "cn-hangzhou" {
		t.Errorf("%+v %v", regions, err)
	}
	snapshot := elasticsearch.CreateCreateSnapshotRequest()
	snapshot.InstanceId, snapshot.ClientToken = "es-cn-b", "t"
	if made, err := c.CreateSnapshot(snapshot); err != nil || !made.Result {
		t.Errorf("%+v %v", made, err)
	}
	for _, r := range s.Requests() {
		if r.Region != "cn-hangzhou" || r.Key != aliyunsim.DefaultKeyID || r.Status != http.StatusOK {
			t.Errorf("%+v", r)
		}
	}
}

func TestTheSDKsTrapsAreThere(t *testing.T) {
	s := world(t)
	c := vendor(t, s, "cn-hangzhou", key())
	setting := elasticsearch.CreateDescribeSnapshotSettingRequest()
	setting.InstanceId = "es-cn-a"
	// The API says Enable, and the SDK reads enable.
	if got, err := c.DescribeSnapshotSetting(setting); err != nil || got.Result.Enable || got.Result.QuartzRegex != "0 0 01 ? * * *" {
		t.Errorf("%+v %v", got.Result, err)
	}
	update := elasticsearch.CreateUpdateSnapshotSettingRequest()
	update.InstanceId = "es-cn-a"
	update.SetContent([]byte(`{"enable":true,"quartzRegex":"0 0 02 ? * * *"}`))
	update.SetContentType(requests.Json)
	if got, err := c.UpdateSnapshotSetting(update); err != nil || !got.Result.Enable || got.Result.QuartzRegex != "" {
		t.Errorf("%+v %v", got.Result, err)
	}
	// Its body field sends a form, which is not what the documentation asks for.
	add := elasticsearch.CreateAddSnapshotRepoRequest()
	add.InstanceId, add.Body = "es-cn-b", `{"repoPath":"es-cn-a"}`
	if _, err := c.AddSnapshotRepo(add); code(err) != "InvalidParameter" {
		t.Error(err)
	}
	// An id is not escaped: it can name another action.
	describe := elasticsearch.CreateDescribeInstanceRequest()
	describe.InstanceId = "es-cn-b/snapshot-repos"
	if _, err := c.DescribeInstance(describe); err == nil || s.Requests("ListSnapshotReposByInstanceId") == nil {
		t.Error(err)
	}
	// A no, an empty answer and an error in a good answer are all no errors.
	for _, f := range []aliyunsim.Fault{aliyunsim.ResultFalse(), aliyunsim.ResultNull(), aliyunsim.EmptyBody(), aliyunsim.CodeInOK("InstanceNotFound", "")} {
		s.Fail("AddSnapshotRepo", f)
		add := elasticsearch.CreateAddSnapshotRepoRequest()
		add.InstanceId = "es-cn-b"
		if got, err := c.AddSnapshotRepo(add); err != nil || got.Result {
			t.Errorf("%+v %v", got, err)
		}
	}
	for _, f := range []aliyunsim.Fault{
		aliyunsim.NumericCode(400),
		aliyunsim.Body(400, `{"Code":"x","RequestId":7}`),
		aliyunsim.Body(400, `{"Code":"x","Message":{}}`),
		aliyunsim.Body(403, `{"Code":"x","AccessDeniedDetail":"none"}`),
	} {
		s.Fail("*", f)
		if !panics(func() { _, _ = c.DescribeRegions(elasticsearch.CreateDescribeRegionsRequest()) }) {
			t.Error("it does not panic any more")
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// code is that of the SDK's error.
func code(err error) string {
	var server *alierrors.ServerError
	if !errors.As(err, &server) {
		return fmt.Sprint(err)
	}
	return server.ErrorCode()
}

func TestSignaturesAndKeysAreChecked(t *testing.T) {
	past, future := time.Unix(1, 0), time.Now().Add(time.Hour)
	for want, c := range map[string]struct {
		key  aliyunsim.Key
		with any
		skew time.Duration
	}{
		"InvalidAccessKeyId.NotFound": {with: credentials.NewAccessKeyCredential("nobody", "x")},
		"SignatureDoesNotMatch":       {with: credentials.NewAccessKeyCredential(aliyunsim.DefaultKeyID, "wrong")},
		"InvalidAccessKeyId.Inactive": {
			key: aliyunsim.Key{ID: "k", Secret: "s", Disabled: true}, with: credentials.NewAccessKeyCredential("k", "s"),
		},
		"InvalidSecurityToken.MismatchWithAccessKey": {
			key: aliyunsim.Key{ID: "k", Secret: "s", Token: "t"}, with: credentials.NewStsTokenCredential("k", "s", "another"),
		},
		"InvalidSecurityToken.Expired": {
			key: aliyunsim.Key{ID: "k", Secret: "s", Token: "t", Expires: past}, with: credentials.NewStsTokenCredential("k", "s", "t"),
		},
		"<nil>": {
			key: aliyunsim.Key{ID: "k", Secret: "s", Token: "t", Expires: future}, with: credentials.NewStsTokenCredential("k", "s", "t"),
		},
		"InvalidTimeStamp.Expired": {with: key(), skew: -16 * time.Minute},
	} {
		s := world(t)
		s.SetSkew(c.skew)
		if c.key.ID != "" {
			s.PutKey(c.key)
		}
		_, err := vendor(t, s, "cn-hangzhou", c.with).DescribeRegions(elasticsearch.CreateDescribeRegionsRequest())
		if code(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestAWrongSecretIsRecognisedByTheSDK(t *testing.T) {
	// It compares what it signed with what the server says it signed.
	s := world(t)
	list := elasticsearch.CreateListInstanceRequest()
	list.Tags = `[{"tagKey":"a b","tagValue":"ü/+&="}]`
	list.Page = requests.NewInteger(1)
	_, err := vendor(t, s, "cn-hangzhou", credentials.NewAccessKeyCredential(aliyunsim.DefaultKeyID, "wrong")).ListInstance(list)
	var server *alierrors.ServerError
	if !errors.As(err, &server) || server.Recommend() != "InvalidAccessKeySecret: Please check you AccessKeySecret" {
		t.Error(err)
	}
}

func TestAMissingPermissionIsNamed(t *testing.T) {
	s := world(t)
	s.Deny(aliyunsim.DefaultKeyID, "DescribeRegions")
	_, err := vendor(t, s, "cn-hangzhou", key()).DescribeRegions(elasticsearch.CreateDescribeRegionsRequest())
	var server *alierrors.ServerError
	if !errors.As(err, &server) || server.HttpStatus() != http.StatusForbidden || server.ErrorCode() != "Forbidden.RAM" || server.AccessDeniedDetail()["AuthAction"] != "elasticsearch:DescribeRegions" {
		t.Error(err)
	}
	s.Permit(aliyunsim.DefaultKeyID, "DescribeRegions")
	if _, err := vendor(t, s, "cn-hangzhou", key()).DescribeRegions(elasticsearch.CreateDescribeRegionsRequest()); err != nil {
		t.Error(err)
	}
}

func TestARegionKnowsItsOwnOnly(t *testing.T) {
	s := world(t)
	describe := elasticsearch.CreateDescribeInstanceRequest()
	describe.InstanceId = "es-cn-b"
	if _, err := vendor(t, s, "eu-central-1", key()).DescribeInstance(describe); code(err) != "InstanceNotFound" {
		t.Error(err)
	}
}
