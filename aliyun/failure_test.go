package aliyun_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"es-restore/aliyun"
	"es-restore/esops"
	"es-restore/internal/aliyunsim"
)

// A refusalCase is one way to be refused, and what it means to a question
// (DescribeInstance) and to a change (AddSnapshotRepo).
type refusalCase struct {
	name     string
	set      func(*aliyunsim.Server)
	fault    *aliyunsim.Fault
	code     string
	says     string // in the sentence; {} is the action
	wayOut   string
	question string // the kind, for each
	change   string
	again    bool // a question is asked three times
}

func faulty(f aliyunsim.Fault) *aliyunsim.Fault { f.Times = -1; return &f }

func refusalCases() []refusalCase {
	key := func(change func(*aliyunsim.Key)) func(*aliyunsim.Server) {
		return func(s *aliyunsim.Server) {
			k := aliyunsim.Key{ID: keyID, Secret: secret, Token: token}
			change(&k)
			s.PutKey(k)
		}
	}
	return []refusalCase{
		{
			name: "an access key that is not known", set: func(s *aliyunsim.Server) { s.RemoveKey(keyID) },
			code: "aliyun_key", says: "knows no such access key (InvalidAccessKeyId.NotFound, request D21379E3-", wayOut: "access_key_id", question: "refused", change: "refused",
		},
		{
			name: "an access key that is disabled", set: key(func(k *aliyunsim.Key) { k.Disabled = true }),
			code: "aliyun_key", says: "is disabled (InvalidAccessKeyId.Inactive", wayOut: "Enable it", question: "refused", change: "refused",
		},
		{
			name: "a wrong secret", set: key(func(k *aliyunsim.Key) { k.Secret = "another" }),
			code: "aliyun_secret", says: "its secret is wrong (SignatureDoesNotMatch", wayOut: "access_key_secret", question: "refused", change: "refused",
		},
		{
			name: "a token that does not fit", set: key(func(k *aliyunsim.Key) { k.Token = "another" }),
			code: "aliyun_token", says: "have expired or are not valid (InvalidSecurityToken.MismatchWithAccessKey", wayOut: "Get new ones", question: "refused", change: "refused",
		},
		{
			name: "an expired token", set: key(func(k *aliyunsim.Key) { k.Expires = time.Unix(1, 0) }),
			code: "aliyun_token", says: "InvalidSecurityToken.Expired", wayOut: "Get new ones", question: "refused", change: "refused",
		},
		{
			name: "a clock that is off", set: func(s *aliyunsim.Server) { s.SetSkew(16 * time.Minute) },
			code: "aliyun_clock", says: "refuses the time of the request (InvalidTimeStamp.Expired", wayOut: "15 minutes", question: "refused", change: "refused",
		},
		{
			name: "a missing permission", set: func(s *aliyunsim.Server) { s.Deny(keyID, "DescribeInstance", "AddSnapshotRepo") },
			code: "aliyun_forbidden", says: "lacks the permission elasticsearch:{} on es-cn-b (Forbidden.RAM", wayOut: "check prints the policy", question: "refused", change: "refused",
		},
		{
			name: "a missing permission at a gateway that does not name it", set: key(func(k *aliyunsim.Key) { k.Terse, k.Denied = true, []string{"*"} }),
			code: "aliyun_forbidden", says: "lacks the permission elasticsearch:{} on es-cn-b", wayOut: "check prints the policy", question: "refused", change: "refused",
		},
		{
			name:  "a permission that is denied in so many words",
			fault: faulty(aliyunsim.Body(403, `{"Code":"NoPermission","AccessDeniedDetail":{"AuthAction":"elasticsearch:Other","NoPermissionType":"ExplicitDeny"}}`)),
			code:  "aliyun_forbidden", says: "lacks the permission elasticsearch:Other on es-cn-b (NoPermission)", wayOut: "A grant alone does not help", question: "refused", change: "refused",
		},
		{
			name:  "details of a denial that are no object",
			fault: faulty(aliyunsim.Body(403, `{"Code":"NoPermission","AccessDeniedDetail":"none"}`)),
			code:  "aliyun_forbidden", says: "elasticsearch:{} on es-cn-b", wayOut: "check prints", question: "refused", change: "refused",
		},
		{
			name: "an instance that is not there", set: func(s *aliyunsim.Server) { s.RemoveInstance("es-cn-b") },
			code: "aliyun_no_instance", says: "knows no instance es-cn-b in cn-hangzhou (InstanceNotFound", wayOut: "its own region only", question: "refused", change: "refused",
		},
		{
			name: "an instance of another region", set: func(s *aliyunsim.Server) {
				s.ChangeInstance("es-cn-b", func(i *aliyunsim.Instance) { i.Region = "cn-beijing" })
			},
			code: "aliyun_no_instance", says: "in cn-hangzhou", wayOut: "Check id and region", question: "refused", change: "refused",
		},
		{
			name: "an instance of another account", set: func(s *aliyunsim.Server) {
				s.ChangeInstance("es-cn-b", func(i *aliyunsim.Instance) { i.Account = "another" })
			},
			code: "aliyun_no_instance", says: "es-cn-b", wayOut: "its own account", question: "refused", change: "refused",
		},
		{
			name: "an instance at a change", fault: faulty(aliyunsim.Activating()),
			code: "aliyun_activating", says: "es-cn-b is changing", wayOut: "Wait until its change is done", question: "unavailable", change: "busy",
		},
		{
			name: "an instance that takes no change", fault: faulty(aliyunsim.Error("InstanceStatusNotSupportCurrentAction", "")),
			code: "aliyun_busy", says: "takes no {} now", wayOut: "active again", question: "unavailable", change: "busy",
		},
		{
			name: "two changes at once", fault: faulty(aliyunsim.Error("ConcurrencyUpdateInstanceConflict", "")),
			code: "aliyun_busy", says: "ConcurrencyUpdateInstanceConflict", wayOut: "Wait", question: "unavailable", change: "busy",
		},
		{
			name: "a change that was asked before", fault: faulty(aliyunsim.Error("RepetitionOperationError", "")),
			code: "aliyun_repeated", says: "was asked before", question: "unavailable", change: "unknown",
		},
		{
			name: "throttling of a user", fault: faulty(aliyunsim.Throttle()),
			code: "aliyun_throttled", says: "too many requests and refuses {} for now (Throttling.User", wayOut: "in a minute", question: "unavailable", change: "busy", again: true,
		},
		{
			name: "throttling by other names", fault: faulty(aliyunsim.Error("Rejected.Throttling", "")),
			code: "aliyun_throttled", says: "Rejected.Throttling", wayOut: "in a minute", question: "unavailable", change: "busy", again: true,
		},
		{
			name: "throttling with spaces in its code", fault: faulty(aliyunsim.Error("QPS Limit Exceeded", "")),
			code: "aliyun_throttled", says: "QPS Limit Exceeded", wayOut: "in a minute", question: "unavailable", change: "busy", again: true,
		},
		{
			name: "a failure of the cloud", fault: faulty(aliyunsim.Error("InternalError", "it broke")),
			code: "aliyun_error", says: "failed at {} (InternalError, request", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "a service that is away", fault: faulty(aliyunsim.Error("ServiceUnavailable", "")),
			code: "aliyun_error", says: "without saying why", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "a parameter that is not taken", fault: faulty(aliyunsim.Error("InvalidParameter.RepoPath", "no\x00such\n\tpath")),
			code: "aliyun_refused", says: ": no such path", question: "refused", change: "refused",
		},
		{
			name: "a code that is in no documentation", fault: faulty(aliyunsim.Error("SnapshotRepoWhatever", "so it is")),
			code: "aliyun_refused", says: "refuses {} (SnapshotRepoWhatever, request", question: "refused", change: "unknown",
		},
		{
			name: "an action that is not known there", fault: faulty(aliyunsim.Error("InvalidApi.NotFound", "")),
			code: "aliyun_no_action", says: "does not know {}", wayOut: "endpoint", question: "refused", change: "refused",
		},
		{
			name: "a region that the cloud does not know", fault: faulty(aliyunsim.Error("InvalidRegionId.NotFound", "")),
			code: "aliyun_region", says: "no region cn-hangzhou", question: "refused", change: "refused",
		},
		{
			name: "an error that comes with HTTP 200", fault: faulty(aliyunsim.CodeInOK("InstanceNotFound", "")),
			code: "aliyun_no_instance", says: "es-cn-b", question: "refused", change: "refused",
		},
		{
			name: "a throttling that comes with HTTP 200", fault: faulty(aliyunsim.CodeInOK("Throttling.Api", "")),
			code: "aliyun_throttled", says: "Throttling.Api", question: "unavailable", change: "busy", again: true,
		},
		{
			name: "a code that is a number", fault: faulty(aliyunsim.NumericCode(400)),
			code: "aliyun_refused", says: "refuses {} (400, request D21379E3-", question: "refused", change: "unknown",
		},
		{
			name: "a number for a code, from a server that failed", fault: faulty(aliyunsim.NumericCode(500)),
			code: "aliyun_error", says: "(500, request", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "a code and a request id of another kind", fault: faulty(aliyunsim.Body(400, `{"Code":{"a":1},"RequestId":["x"],"Message":7}`)),
			code: "aliyun_refused", says: "refuses {}: 7", question: "refused", change: "unknown",
		},
		{
			name: "a bad gateway", fault: faulty(aliyunsim.BadGateway()),
			code: "aliyun_proxy", says: "answered HTTP 502 in its place", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "a proxy that has had enough", fault: faulty(aliyunsim.Page(429)),
			code: "aliyun_proxy", says: "HTTP 429", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "a proxy that wants a login", fault: faulty(aliyunsim.Page(407)),
			code: "aliyun_proxy", says: "answered HTTP 407 in its place", question: "unavailable", change: "unknown",
		},
		{
			name: "a page where an answer belongs", fault: faulty(aliyunsim.Page(200)),
			code: "aliyun_proxy", says: "the answer is not JSON", question: "unavailable", change: "unknown",
		},
		{
			name: "an answer that is a list", fault: faulty(aliyunsim.Body(200, `[]`)),
			code: "aliyun_proxy", says: "not its API", question: "unavailable", change: "unknown",
		},
		{
			name: "half an answer", fault: faulty(aliyunsim.Body(200, `{"Result":tr`)),
			code: "aliyun_proxy", says: "not JSON", question: "unavailable", change: "unknown",
		},
		{
			name: "an empty answer", fault: faulty(aliyunsim.EmptyBody()),
			code: "aliyun_answer", says: "answered {} with nothing", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "an empty refusal", fault: faulty(aliyunsim.Body(403, "")),
			code: "aliyun_proxy", says: "HTTP 403", question: "unavailable", change: "unknown",
		},
		{
			name: "no result", fault: faulty(aliyunsim.ResultNull()),
			code: "aliyun_answer", says: "without a result (request D21379E3-", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "a result of another kind", fault: faulty(aliyunsim.Body(200, `{"RequestId":"R1","Result":["a"]}`)),
			code: "aliyun_answer", question: "unavailable", change: "unknown",
		},
		{
			name: "a connection that is cut", fault: faulty(aliyunsim.DropRequest()),
			code: "aliyun_lost", says: "ended before Alibaba Cloud answered", question: "unavailable", change: "unknown", again: true,
		},
	}
}

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
	if _, err := client(t, s).Instance(within(t), region, "es-cn-b"); kind(err) != "unavailable" {
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
