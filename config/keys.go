package config

// keys is every key the file can hold, by the section it stands in; [] stands
// for each entry of a list. A key that is not here is refused. What a secret is
// taken from, env or file, is read in place (see readsecret.go).
var keys = map[string][]string{
	"":      {"slack", "redis", "http", "timezone", "undo_for", "clusters", "aliyun", "requesters", "policies", "audit", "verify"},
	"slack": {"bot_token", "app_token", "api_url", "channels", "audit_channel"},

	"redis":          {"url", "sentinel", "cluster", "username", "password", "ca_file", "allow_data_loss"},
	"redis.sentinel": {"master", "addresses"},
	"redis.cluster":  {"addresses"},

	"http":  {"listen"},
	"audit": {"export", "keep"},

	"verify[]": {"indices", "query", "expect"},

	"clusters[]": {"name", "url", "username", "password", "api_key", "ca_file", "instance_id", "region", "read_only", "visible_to"},
	"aliyun":     {"region", "endpoint", "access_key_id", "access_key_secret"},

	"policies[]":            {"name", "when", "require", "expires", "start_within", "remind", "note", "stop", "channel", "examples"},
	"policies[].when":       {"clusters", "sources", "indices", "kinds", "larger_than", "overwrites", "requesters"},
	"policies[].require[]":  {"count", "from"},
	"policies[].examples[]": {"applies", "cluster", "source", "index", "as", "kind", "requester", "groups", "overwrites", "size"},
}
