package aliyun_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/aliyun"
	"es-restore/esops"
	"es-restore/internal/aliyunsim"
)

func TestAnInstanceIsToldWithItsAddress(t *testing.T) {
	s := cloud(t)
	s.PutInstance(aliyunsim.Instance{
		ID: "es-cn-c", Description: "orders", Version: "7.10.0_with_X-Pack", Kernel: "ali1.4.0", Category: "advanced",
		Protocol: "HTTPS", Public: "es-cn-c.public.elasticsearch.aliyuncs.com", Zones: []string{"cn-hangzhou-h", "cn-hangzhou-i"},
		Nodes: 6, DiskGB: 500,
	})
	got, err := client(t, s).Instance(within(t), "", "es-cn-c")
	if err != nil {
		t.Fatal(err)
	}
	want := aliyun.Instance{
		ID: "es-cn-c", Region: region, Description: "orders", Status: aliyun.StatusActive,
		Version: esops.Version{Major: 7, Minor: 10}, RawVersion: "7.10.0_with_X-Pack", Category: aliyun.CategoryAdvanced,
		Kernel: aliyun.Kernel{Major: 1, Minor: 4}, Domain: "es-cn-c.elasticsearch.aliyuncs.com", Port: 9200, Protocol: "HTTPS",
		PublicDomain: "es-cn-c.public.elasticsearch.aliyuncs.com", PublicPort: 9200,
		Zones: []string{"cn-hangzhou-h", "cn-hangzhou-i"}, DiskGB: 500, NodeCount: 6,
		CreatedAt: time.Date(2019, 7, 1, 3, 58, 7, 253e6, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if url := got.URL(); url != "https://es-cn-c.elasticsearch.aliyuncs.com:9200" {
		t.Error(url)
	}
	if url := got.PublicURL(); url != "https://es-cn-c.public.elasticsearch.aliyuncs.com:9200" {
		t.Error(url)
	}
}

func TestAnInstanceThatIsGoneHasNoAddress(t *testing.T) {
	s := cloud(t)
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-gone", Status: "invalid"})
	got, err := client(t, s).Instance(within(t), region, "es-cn-gone")
	if err != nil || got.Status != aliyun.StatusInvalid || got.URL() != "" || got.PublicURL() != "" || !got.Kernel.Zero() {
		t.Errorf("%+v %v", got, err)
	}
}

func TestNoAddressIsMadeOfWhatIsNoHost(t *testing.T) {
	for _, domain := range []string{"", "a/b", "user@host", "host:80", "h?x", "h#x", "[::1]", "a b", "a%2fb"} {
		if url := (aliyun.Instance{Domain: domain, Port: 9200}).URL(); url != "" {
			t.Errorf("%q became %q", domain, url)
		}
	}
	for want, i := range map[string]aliyun.Instance{
		"http://h.example:9200":  {Domain: "h.example"},
		"http://h.example:9201":  {Domain: "h.example", Port: 9201, Protocol: "HTTP"},
		"https://h.example:9200": {Domain: "h.example", Port: 70000, Protocol: "https"},
	} {
		if got := i.URL(); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

func TestVersionsOfTheCloudAreRead(t *testing.T) {
	for raw, want := range map[string]struct {
		version string
		patch   bool
	}{
		"5.5.3_with_X-Pack":  {"5.5.3", true},
		"6.7_with_X-Pack":    {"6.7.0", false},
		"6.7.0_with_X-Pack":  {"6.7.0", true},
		"7.16.2_with_X-Pack": {"7.16.2", true},
		"8.17.0_with_X-Pack": {"8.17.0", true},
		"none":               {"0.0.0", false},
	} {
		s := cloud(t)
		s.ChangeInstance("es-cn-a", func(i *aliyunsim.Instance) { i.Version = raw })
		got, err := client(t, s).Instance(within(t), region, "es-cn-a")
		if err != nil || got.Version.String() != want.version || got.PatchKnown() != want.patch || got.RawVersion != raw {
			t.Errorf("%s: %+v %v", raw, got, err)
		}
	}
}

func TestScalarsAreReadLoosely(t *testing.T) {
	s := cloud(t)
	s.Fail("DescribeInstance", aliyunsim.Body(200, `{"requestId":7,"RESULT":{"instanceId":"es-cn-a","port":"9201","protocol":null,
		"nodeAmount":3.0,"nodeSpec":{"disk":"20"},"description":12,"esVersion":6.7,"status":["active"],"domain":"h.example",
		"publicPort":"many","zoneInfos":[{"zoneId":null}],"networkConfig":{"vsArea":"z"},"tags":{}}}`))
	got, err := client(t, s).Instance(within(t), region, "es-cn-a")
	want := aliyun.Instance{
		ID: "es-cn-a", Region: region, Description: "12", Version: esops.Version{Major: 6, Minor: 7}, RawVersion: "6.7",
		Domain: "h.example", Port: 9201, DiskGB: 20, NodeCount: 3, Zones: []string{"z"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestInstancesAreListedPageByPage(t *testing.T) {
	for _, count := range []int{0, 1, 99, 100, 101, 200, 250} {
		s := aliyunsim.New(aliyunsim.Options{})
		t.Cleanup(s.Close)
		s.PutKey(aliyunsim.Key{ID: keyID, Secret: secret, Token: token})
		for n := range count {
			s.PutInstance(aliyunsim.Instance{ID: fmt.Sprintf("es-cn-%03d", n)})
		}
		s.PutInstance(aliyunsim.Instance{ID: "es-elsewhere", Region: "eu-central-1"})
		s.PutInstance(aliyunsim.Instance{ID: "es-others", Account: "another"})
		got, err := client(t, s).Instances(within(t), region)
		if err != nil || got == nil || len(got) != count {
			t.Errorf("%d of %d: %v", len(got), count, err)
		}
		for n, i := range got {
			if i.ID != fmt.Sprintf("es-cn-%03d", n) || i.Region != region || i.URL() != "" {
				t.Errorf("%d is %+v", n, i)
			}
		}
		if pages := len(s.Requests("ListInstance")); pages != max(1, (count+99)/100) {
			t.Errorf("%d requests for %d instances", pages, count)
		}
	}
}

func TestAnInstanceThatMovesBetweenPagesIsToldOnce(t *testing.T) {
	s := cloud(t)
	body := func(from, to int) string {
		var list []string
		for n := from; n < to; n++ {
			list = append(list, fmt.Sprintf(`{"instanceId":"es-cn-%03d"}`, n))
		}
		return `{"Result":[` + strings.Join(list, ",") + `]}`
	}
	s.Fail("ListInstance", aliyunsim.Body(200, body(0, 100)))
	s.Fail("ListInstance", aliyunsim.Body(200, body(99, 120)))
	got, err := client(t, s).Instances(within(t), region)
	if err != nil || len(got) != 120 {
		t.Error(len(got), err)
	}
}

func TestAListThatNeverEndsIsGivenUp(t *testing.T) {
	s := cloud(t)
	body := `{"Result":[`
	for range 99 {
		body += `{"instanceId":"es-cn-a"},`
	}
	s.Fail("ListInstance", aliyunsim.Body(200, body+`{"instanceId":"es-cn-b"}]}`).N(-1))
	got, err := client(t, s).Instances(within(t), region)
	if kind(err) != "unavailable" || got != nil || len(s.Requests()) != 100 {
		t.Error(got, err, len(s.Requests()))
	}
}

func TestRegionsAreListed(t *testing.T) {
	got, err := client(t, cloud(t)).Regions(within(t))
	if err != nil || len(got) != 6 || got[0] != (aliyun.Region{ID: "cn-hangzhou", Name: "China (Hangzhou)", Endpoint: "elasticsearch.cn-hangzhou.aliyuncs.com"}) {
		t.Error(got, err)
	}
}

func TestBackupAndHealthAreTold(t *testing.T) {
	s := cloud(t)
	c := client(t, s)
	on, err := c.AutoBackup(within(t), region, "es-cn-a")
	if err != nil || on != (aliyun.Backup{Enabled: true, Schedule: "0 0 01 ? * * *"}) {
		t.Error(on, err)
	}
	off, err := c.AutoBackup(within(t), region, "es-cn-b")
	if err != nil || off.Enabled {
		t.Error(off, err)
	}
	s.Fail("DescribeSnapshotSetting", aliyunsim.Body(200, `{"Result":{"QuartzRegex":"x"}}`))
	if _, err := c.AutoBackup(within(t), region, "es-cn-a"); kind(err) != "unavailable" {
		t.Errorf("silence was taken for no: %v", err)
	}
	s.ChangeInstance("es-cn-a", func(i *aliyunsim.Instance) { i.Health = "YELLOW" })
	if health, err := c.Health(within(t), region, "es-cn-a"); health != "yellow" || err != nil {
		t.Error(health, err)
	}
}

func TestKernelsAreReadAndOrdered(t *testing.T) {
	for s, want := range map[string]aliyun.Kernel{
		"ali1.4.0": {Major: 1, Minor: 4}, "1.12.0": {Major: 1, Minor: 12}, " ALI0.3.0": {Minor: 3}, "1.2": {Major: 1, Minor: 2},
		"": {}, "ali": {}, "aliX.1": {}, "1": {}, "1.2.3.4": {}, "-1.2": {}, "0.0.0": {},
	} {
		got, ok := aliyun.ParseKernel(s)
		if got != want || ok == want.Zero() {
			t.Errorf("%q is %v %v", s, got, ok)
		}
	}
	order := []aliyun.Kernel{{}, {Minor: 3}, {Major: 1, Patch: 1}, {Major: 1, Minor: 2}, {Major: 1, Minor: 12}, {Major: 2}}
	for i, a := range order {
		for j, b := range order {
			if a.Less(b) != (i < j) {
				t.Errorf("%v < %v", a, b)
			}
		}
	}
	if got := (aliyun.Kernel{}).String() + " " + order[4].String(); got != "not known ali1.12.0" {
		t.Error(got)
	}
}
