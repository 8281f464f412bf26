package aliyun_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"es-restore/aliyun"
	"es-restore/esops"
	"es-restore/internal/aliyunsim"
)

func TestEveryRefusalIsSaidInWordsAndKinds(t *testing.T) {
	for _, c := range refusalCases() {
		t.Run(c.name, func(t *testing.T) {
			s := cloud(t)
			if c.set != nil {
				c.set(s)
			}
			if c.fault != nil {
				s.Fail("*", *c.fault)
			}
			cl := client(t, s)
			_, err := cl.Instance(within(t), region, "es-cn-b")
			c.check(t, err, c.question, "DescribeInstance")
			if n := len(s.Requests("DescribeInstance")); c.again != (n == 3) || !c.again && n != 1 {
				t.Errorf("asked %d times", n)
			}
			err = cl.AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a")
			c.check(t, err, c.change, "AddSnapshotRepo")
			if n := len(s.Requests("AddSnapshotRepo")); n != 1 {
				t.Errorf("a change was asked for %d times", n)
			}
			if len(s.Shared("es-cn-b")) != 0 {
				t.Error("it was shared all the same")
			}
		})
	}
}

func (c refusalCase) check(t *testing.T, err error, want, action string) {
	t.Helper()
	if got := kind(err); got != want {
		t.Errorf("%s is %s instead of %s: %v", action, got, want, err)
	}
	if c.code == "aliyun_answer" && c.says == "" {
		return // it reads as no, or is not understood: another sentence for each
	}
	r := refusal(t, err)
	if r.Code != c.code {
		t.Errorf("%s has code %s: %v", action, r.Code, err)
	}
	if says := strings.ReplaceAll(c.says, "{}", action); !strings.Contains(r.Sentence, says) {
		t.Errorf("%s says %q, not %q", action, r.Sentence, says)
	}
	wayOut := c.wayOut
	if want == "unknown" {
		wayOut = "Look whether it was carried out"
		if !strings.Contains(r.Sentence, "may have carried out "+action+" all the same") {
			t.Errorf("%s does not say what may be: %q", action, r.Sentence)
		}
	}
	if !strings.Contains(r.WayOut, wayOut) {
		t.Errorf("%s gives the way out %q, not %q", action, r.WayOut, wayOut)
	}
	if throttled := c.code == "aliyun_throttled"; errors.Is(err, aliyun.ErrThrottled) != throttled {
		t.Errorf("%s: throttled %v", action, !throttled)
	}
}

func TestAPlainNoIsUnknown(t *testing.T) {
	s := cloud(t)
	s.Fail("*", aliyunsim.ResultFalse().N(-1))
	c := client(t, s)
	for _, change := range []func() error{
		func() error { return c.AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a") },
		func() error { return c.RemoveSharedRepository(within(t), region, "es-cn-b", "es-cn-a") },
	} {
		if err := change(); kind(err) != "unknown" || !strings.Contains(refusal(t, err).Sentence, "with no, and does not say why") {
			t.Error(err)
		}
	}
}

func TestACodeBesideAGoodResultIsStillAFailure(t *testing.T) {
	s := cloud(t)
	c := client(t, s)
	s.Fail("AddSnapshotRepo", aliyunsim.Body(200, `{"Code":"Oops","Result":true}`))
	if err := c.AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a"); kind(err) != "unknown" {
		t.Error(err)
	}
	s.Fail("DescribeElasticsearchHealth", aliyunsim.Body(200, `{"Code":"200","Message":"OK","Result":"RED"}`))
	if health, err := c.Health(within(t), region, "es-cn-b"); health != "red" || err != nil {
		t.Error(health, err)
	}
}

func TestAnAnswerLostAfterTheCloudActedIsUnknownAndNotSentAgain(t *testing.T) {
	for name, fault := range map[string]aliyunsim.Fault{
		"dropped":             aliyunsim.DropAnswer(),
		"a gateway gave up":   aliyunsim.Acting(aliyunsim.Page(504)),
		"a redirect":          aliyunsim.Acting(aliyunsim.Redirect(307, "/openapi/instances/es-cn-b/snapshot-repos")),
		"an empty body":       aliyunsim.Acting(aliyunsim.EmptyBody()),
		"the answer says no":  aliyunsim.Acting(aliyunsim.ResultFalse()),
		"an error of its own": aliyunsim.Acting(aliyunsim.Error("InternalError", "")),
	} {
		s := cloud(t)
		s.Fail("AddSnapshotRepo", fault)
		err := client(t, s).AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a")
		if kind(err) != "unknown" || len(s.Requests("AddSnapshotRepo")) != 1 || len(s.Shared("es-cn-b")) != 1 {
			t.Errorf("%s: %v, %d requests", name, err, len(s.Requests("AddSnapshotRepo")))
		}
	}
}

func TestNobodyIsFollowedElsewhere(t *testing.T) {
	other := cloud(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := cloud(t)
		s.Fail("*", aliyunsim.Redirect(status, other.URL()+"/openapi/instances/es-cn-b").N(-1))
		c := client(t, s)
		_, err := c.Instance(within(t), region, "es-cn-b")
		if kind(err) != "unavailable" || !strings.Contains(refusal(t, err).Sentence, "sends the bot elsewhere") {
			t.Error(status, err)
		}
		if err := c.AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a"); kind(err) != "unknown" {
			t.Error(status, err)
		}
		if n := len(s.Requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
	}
	if n := len(other.Requests()); n != 0 {
		t.Errorf("signed requests went elsewhere %d times", n)
	}
}

func TestAnAnswerThatIsTooLargeIsGivenUp(t *testing.T) {
	s := cloud(t)
	s.Fail("DescribeInstance", aliyunsim.Body(http.StatusOK, `{"Result":"`+strings.Repeat("x", 17<<20)+`"}`).N(-1))
	_, err := client(t, s).Instance(within(t), region, "es-cn-b")
	if kind(err) != "unavailable" || !strings.Contains(err.Error(), "larger than 16 MB") || len(s.Requests()) != 1 {
		t.Error(err)
	}
}

func TestWhatCanNotBeAnIDIsNeverSent(t *testing.T) {
	s := cloud(t)
	c := client(t, s)
	for _, id := range []string{"", "-a", "a/actions/restart?force=true#", "ES-CN-A", "es cn", "es%2f", "../x", "ä", "[InstanceId]", strings.Repeat("a", 101)} {
		ctx := within(t)
		_, err1 := c.Instance(ctx, region, id)
		_, err2 := c.SharedRepositories(ctx, region, id)
		_, err3 := c.AlternativeRepositories(ctx, region, id)
		_, err4 := c.AutoBackup(ctx, region, id)
		_, err5 := c.Health(ctx, region, id)
		for _, err := range []error{
			err1, err2, err3, err4, err5,
			c.AddSharedRepository(ctx, region, id, "es-cn-a"), c.AddSharedRepository(ctx, region, "es-cn-b", id),
			c.RemoveSharedRepository(ctx, region, id, "es-cn-a"), c.RemoveSharedRepository(ctx, region, "es-cn-b", id),
		} {
			if kind(err) != "refused" || refusal(t, err).Code != "aliyun_instance_id" {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
	for _, r := range []string{"cn", "evil.example/", "cn-hangzhou.evil", "CN-HANGZHOU", "cn-", "cn--x", "cn-" + strings.Repeat("x", 60)} {
		if _, err := c.Instance(within(t), r, "es-cn-a"); kind(err) != "refused" || refusal(t, err).Code != "aliyun_region" {
			t.Errorf("%q: %v", r, err)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestARegionMustBeKnown(t *testing.T) {
	s := cloud(t)
	c := client(t, s, func(o *aliyun.Options) { o.Region = "" })
	if _, err := c.Instances(within(t), ""); kind(err) != "refused" || refusal(t, err).Code != "aliyun_region_missing" {
		t.Error(err)
	}
	if list, err := c.Instances(within(t), region); err != nil || len(list) != 2 {
		t.Error(list, err)
	}
}

func TestEveryErrorReadsAsWhatPeopleAreShown(t *testing.T) {
	s := cloud(t)
	s.RemoveInstance("es-cn-b")
	_, err := client(t, s).Instance(within(t), region, "es-cn-b")
	want := "Alibaba Cloud knows no instance es-cn-b in cn-hangzhou (InstanceNotFound, request D21379E3-A54E-4C86-A64C-000000000001). " +
		"Check id and region: an instance is known in its own region only, and to its own account."
	if err.Error() != want {
		t.Error(err)
	}
	if r, ok := esops.Refused(err); !ok || r.Code != "aliyun_no_instance" {
		t.Error(r)
	}
}

func TestNewSaysWhatIsWrongWithItsOptions(t *testing.T) {
	for code, o := range map[string]aliyun.Options{
		"aliyun_keys":   {AccessKeyID: "a"},
		"aliyun_region": {Region: "nowhere"},
	} {
		if _, err := aliyun.New(o); err == nil || refusal(t, err).Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, endpoint := range []string{"localhost", "ftp://h", "http://", "http://u:pw@h", "http://h/path", "http://h?x", "http://h#x", "http://h:%zz@pw"} {
		_, err := aliyun.New(aliyun.Options{Endpoint: endpoint})
		if err == nil || refusal(t, err).Code != "aliyun_endpoint" || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	for _, endpoint := range []string{"", "http://h", "https://h:8443/", "http://127.0.0.1:1"} {
		if _, err := aliyun.New(aliyun.Options{Endpoint: endpoint}); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	t.Setenv("DEBUG", "http,sdk")
	if _, err := aliyun.New(aliyun.Options{}); err == nil || refusal(t, err).Code != "aliyun_debug" {
		t.Error(err)
	}
}

func TestTheCodesOfRefusalsAreStable(t *testing.T) {
	var codes []string
	for _, c := range refusalCases() {
		codes = append(codes, c.code)
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	want := "aliyun_activating aliyun_answer aliyun_busy aliyun_clock aliyun_error aliyun_forbidden aliyun_key aliyun_lost aliyun_no_action " +
		"aliyun_no_instance aliyun_proxy aliyun_refused aliyun_region aliyun_repeated aliyun_secret aliyun_throttled aliyun_token"
	if got := strings.Join(codes, " "); got != want {
		t.Error(got)
	}
}
