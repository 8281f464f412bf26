package aliyun_test

import (
	"time"

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
			code: "aliyun_error", says: "and does not say why.", question: "unavailable", change: "unknown", again: true,
		},
		{
			name: "a parameter that is not taken", fault: faulty(aliyunsim.Error("InvalidParameter.RepoPath", "no\x00such\n\tpath")),
			code: "aliyun_refused", says: ": no such path.", question: "refused", change: "refused",
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
			code: "aliyun_refused", says: "refuses {}: 7.", question: "refused", change: "unknown",
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
