package elastic_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"es-restore/esops"
)

// caused is a failure with another one below it.
func caused(code int, kind, reason, below, why string) string {
	return fmt.Sprintf(`{"error":{"root_cause":[{"type":%q,"reason":%q}],"type":%q,"reason":%q,"caused_by":{"type":%q,"reason":%q}},"status":%d}`,
		kind, reason, kind, reason, below, why, code)
}

func restoreFailure(reason string) string { return failure(500, "snapshot_restore_exception", reason) }

// refused are the answers with which real nodes of 5.6 to 8.17 refuse a restore.
var refused = []struct {
	name string
	code int
	body string
	want string
	says string
}{
	{"an open index, 5.6", 500, restoreFailure("[R:S/uuid] cannot restore index [users] because it's open"), "open_index", "users"},
	{"an open index", 500, restoreFailure("[R:S/uuid] cannot restore index [users] because an open index with same name already exists in the cluster. Either close or delete the existing index or restore the index under a different name by providing a rename pattern and replacement name"), "open_index", "users"},
	{"other shards, 5.6", 500, restoreFailure("[R:S/uuid] cannot restore index [orders] with [1] shard from snapshot with [2] shards"), "shard_count", "orders"},
	{"other shards", 500, restoreFailure("[R:S/uuid] cannot restore index [orders] with [1] shards from a snapshot of index [orders] with [3] shards"), "shard_count", "orders"},
	{"a missing snapshot", 500, restoreFailure("[R:nope] snapshot does not exist"), "no_such_snapshot", "not there"},
	{"a missing repository", 404, failure(404, "repository_missing_exception", "[norepo] missing"), "no_such_repository", "es-cn-b"},
	{"a missing index", 404, failure(404, "index_not_found_exception", "no such index [nosuch]"), "no_such_index", "nosuch"},
	{"an alias", 400, failure(400, "invalid_index_name_exception", "Invalid index name [users], already exists as alias"), "alias_name", "alias"},
	{"an alias that is an index, 6.x", 500, failure(500, "illegal_state_exception", "index and alias names need to be unique, but the following duplicates were found [orders_live (alias of [orders/u])]"), "alias_name", "one name"},
	{"an alias that is an index, 7.10", 500, failure(500, "illegal_state_exception", "index, alias, and data stream names need to be unique, but the following duplicates were found [orders_live (alias of [orders/u]) conflicts with index]"), "alias_name", "one name"},
	{"two with one name", 500, restoreFailure("[R:S/uuid] indices [logs-2019.07.06] and [logs-2019.07.05] are renamed into the same index [same]"), "same_target", "one name"},
	{"upper case", 400, failure(400, "invalid_index_name_exception", "Invalid index name [UPPER_users], must be lowercase"), "illegal_name", "lowercase"},
	{"a first letter", 400, failure(400, "invalid_index_name_exception", "Invalid index name [_users], must not start with '_', '-', or '+'"), "illegal_name", "must not start"},
	{"characters", 400, failure(400, "invalid_index_name_exception", `Invalid index name [a b], must not contain the following characters [ , ", *, \, <, |, ,, >, /, ?]`), "illegal_name", "must not contain"},
	{"no such group", 500, failure(500, "index_out_of_bounds_exception", "No group 9"), "elasticsearch_refused", "No group 9"},
	{"a bad pattern", 400, failure(400, "pattern_syntax_exception", "Unclosed group near index 1\n("), "elasticsearch_refused", "Unclosed group"},
	{"an unknown key", 400, failure(400, "illegal_argument_exception", "Unknown parameter foo"), "elasticsearch_refused", "foo"},
	{"a setting that may not change", 500, restoreFailure("[R:S/uuid] cannot modify setting [index.number_of_shards] on restore"), "elasticsearch_refused", "cannot modify"},
	{"a setting that may not go", 500, restoreFailure("[R:S/uuid] cannot remove setting [index.number_of_replicas] on restore"), "elasticsearch_refused", "cannot remove"},
	{"a read-only cluster", 403, failure(403, "cluster_block_exception", "blocked by: [FORBIDDEN/6/cluster read-only (api)];"), "cluster_blocked", "read-only"},
	{"a full cluster", 403, failure(403, "cluster_block_exception", "blocked by: [FORBIDDEN/13/cluster read-only / allow delete (api)];"), "cluster_blocked", "allow delete"},
	{"the shard limit, 7.10", 400, failure(400, "validation_exception", "Validation Failed: 1: this action would add [6] total shards, but this cluster currently has [2]/[3] maximum shards open;"), "shard_limit", "[2]/[3]"},
	{"the shard limit, 7.17", 400, failure(400, "validation_exception", "Validation Failed: 1: this action would add [6] shards, but this cluster currently has [2]/[3] maximum normal shards open;"), "shard_limit", "[2]/[3]"},
	{"a failed snapshot", 500, restoreFailure("[R:S/uuid] unsupported snapshot state [FAILED]"), "snapshot_failed", "state it is in"},
	{"not whole", 500, restoreFailure("[R:S/uuid] index [half] wasn't fully snapshotted - cannot restore"), "index_not_whole", "half"},
	{"not whole over a closed one", 500, restoreFailure("[R:S/uuid] cannot restore partial index [half] because such index already exists"), "partial_over_closed", "half"},
	{"newer", 500, restoreFailure("[R:S/uuid] the snapshot was created with Elasticsearch version [6.8.23] which is higher than the version of this node [6.7.0]"), "source_newer", "newer"},
	{"newer, 6.x on 5.6", 400, failure(400, "illegal_argument_exception", "Unexpected field [mapping_version]"), "source_newer", "newer"},
	{"too old", 500, restoreFailure("[R:S/uuid] the snapshot was created with Elasticsearch version [5.6.16] which is below the current versions minimum index compatibility version [6.0.0-beta1]"), "source_too_old", "5.6.16"},
	{"an index that is too old", 500, caused(500, "snapshot_restore_exception", "[R:S/uuid] cannot restore index [old5] because it cannot be upgraded", "illegal_state_exception",
		"The index [[old5/u]] was created with version [5.6.16] but the minimum compatible version is [6.0.0-beta1]. It should be re-indexed in Elasticsearch 6.x before upgrading to 7.10.2."), "source_too_old", "re-indexed"},
	{"several types", 400, failure(400, "illegal_argument_exception", "Rejecting mapping update to [old5] as the final mapping would have more than 1 type: [a, b]"), "multiple_types", "several document types"},
	{"a damaged description", 500, failure(500, "corrupt_state_exception", "codec footer mismatch (file truncated?): actual footer=0 vs expected footer=-1071082520"), "snapshot_damaged", "damaged"},
	{"a system index, 8.x", 400, failure(400, "illegal_argument_exception", "requested system indices [.kibana_1], but system indices can only be restored as part of a feature state"), "system_index", "system index"},
	{"a newer repository, 7.10 on 6.7", 500, failure(500, "illegal_state_exception", "Can't get text on a FIELD_NAME at 1:157"), "repository_newer", "newer Elasticsearch"},
	{"a newer repository, 8.17 on 6.7", 400, failure(400, "parse_exception", "unknown field name  [min_version]"), "repository_newer", "newer Elasticsearch"},
	{"a newer repository, 8.17 on 7.10", 500, caused(500, "repository_exception", "[R] Unexpected exception when loading repository data", "x_content_parse_exception", "[1:2] unknown field [uuid] found"), "repository_newer", "newer Elasticsearch"},
	{"no right", 403, failure(403, "security_exception", "action [cluster:admin/snapshot/restore] is unauthorized for user [restorer]"), "cluster_forbidden", "action [cluster:admin/snapshot/restore]"},
	{"no login", 401, failure(401, "security_exception", "missing authentication credentials for REST request [/_snapshot/r/s1/_restore]"), "cluster_unauthorized", "login"},
}

func TestWhatElasticsearchRefusesIsToldByItsCode(t *testing.T) {
	for _, c := range refused {
		w := newWire(t, status(c.code, c.body))
		err := client(t, w.url()).Restore(t.Context(), body(), repository, automatic)
		refusal, ok := esops.Refused(err)
		if !ok || refusal.Code != c.want || !strings.Contains(refusal.Sentence, c.says) {
			t.Errorf("%s: %s, want %s with %q: %v", c.name, class(err), c.want, c.says, err)
		}
		if ok && (!strings.HasSuffix(refusal.Sentence, ".") || strings.Contains(refusal.Sentence, "\n")) {
			t.Errorf("%s: %q is no sentence", c.name, refusal.Sentence)
		}
	}
}

// unread are the answers with which nodes, and what stands before them, answer
// a question.
var unread = []struct {
	name string
	code int
	body string
	want string // of the refusal
	away bool   // it counts as not having answered
	says string
}{
	{"a missing repository", 404, failure(404, "repository_missing_exception", "[norepo] missing"), "no_such_repository", false, "no such repository"},
	{"a missing repository, 7.14 to 7.17", 200, `{"snapshots":[],"failures":{"norepo":{"type":"repository_missing_exception","reason":"[norepo] missing"}},"total":0,"remaining":0}`, "no_such_repository", false, "no such repository"},
	{"an error within, 7.x", 200, `{"responses":[{"repository":"R","error":{"type":"repository_exception","reason":"[R] could not read repository data from index blob"}}]}`, "repository_damaged", false, "damaged"},
	{"a damaged repository", 500, failure(500, "repository_exception", "[R] could not read repository data from index blob"), "repository_damaged", false, "damaged"},
	{"a path that is not there", 500, failure(500, "repository_verification_exception", "[v2] path  is not accessible on master node"), "repository_error", false, "not accessible"},
	{"no plugin", 500, failure(500, "repository_exception", "[v3] repository type [oss] does not exist"), "repository_error", false, "[oss]"},
	{"a newer repository, 7.10 on 6.7", 500, failure(500, "illegal_state_exception", "Can't get text on a FIELD_NAME at 1:157"), "repository_newer", false, "newer"},
	{"a newer repository, 8.17 on 6.7", 400, failure(400, "parse_exception", "unknown field name  [min_version]"), "repository_newer", false, "newer"},
	{"a newer repository, 8.17 on 7.10", 500, caused(500, "repository_exception", "[R] Unexpected exception when loading repository data", "x_content_parse_exception", "[1:2] unknown field [uuid] found"), "repository_newer", false, "newer"},
	{"no login", 401, failure(401, "security_exception", "unable to authenticate user [restorer] for REST request [/]"), "cluster_unauthorized", false, "does not accept the bot's login"},
	{"no login, by a proxy", 401, html, "cluster_unauthorized", false, "login"},
	{"no right", 403, failure(403, "security_exception", "action [cluster:admin/snapshot/get] is unauthorized for user [restorer]"), "cluster_forbidden", false, "lacks a right on es-cn-b: action [cluster:admin/snapshot/get]"},
	{"no right, without words", 403, failure(403, "security_exception", "current license is non-compliant"), "cluster_forbidden", false, "lacks a right"},
	{"a block", 403, failure(403, "cluster_block_exception", "blocked by: [FORBIDDEN/6/cluster read-only (api)];"), "cluster_blocked", false, "is blocked for changes"},
	{"no right, by a proxy", 403, html, "cluster_forbidden", false, "Something in front of es-cn-b refuses access"},
	{"no master", 503, failure(503, "master_not_discovered_exception", "null"), "cluster_not_ready", true, "not ready"},
	{"not recovered", 503, caused(503, "master_not_discovered_exception", "ClusterBlockException[blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];]", "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];"), "cluster_not_ready", true, "not ready"},
	{"too much to do", 429, failure(429, "circuit_breaking_exception", "[parent] Data too large"), "cluster_overloaded", true, "too much to do"},
	{"a proxy", 502, html, "cluster_proxy", true, "answered HTTP 502"},
	{"a page", 200, html, "not_elasticsearch", true, "not JSON"},
	{"something new", 500, failure(500, "null_pointer_exception", "oh"), "elasticsearch_error", false, "oh"},
}

func TestWhyAQuestionHasNoAnswerIsToldApart(t *testing.T) {
	for _, c := range unread {
		w := newWire(t, status(c.code, c.body))
		_, err := client(t, w.url()).Snapshots(t.Context(), repository)
		var refusal *esops.Refusal
		if !errors.As(err, &refusal) || refusal.Code != c.want || !strings.Contains(refusal.Sentence, c.says) {
			t.Errorf("%s: want %s with %q: %v", c.name, c.want, c.says, err)
		}
		if !strings.HasSuffix(refusal.Sentence, ".") {
			t.Errorf("%s: %q is no sentence", c.name, refusal.Sentence)
		}
		if errors.Is(err, esops.ErrUnavailable) != c.away || errors.Is(err, esops.ErrUnknown) || errors.Is(err, esops.ErrBusy) {
			t.Errorf("%s: away is %v: %v", c.name, !c.away, err)
		}
	}
}

func TestWordsOfElasticsearchAreCut(t *testing.T) {
	long := strings.Repeat("ä", 1000) + "\n\tat org.elasticsearch.Trouble"
	w := newWire(t, status(500, failure(500, "exception", long)))
	_, err := client(t, w.url()).Snapshots(t.Context(), repository)
	if len([]rune(err.Error())) > 400 || strings.Contains(err.Error(), "Trouble") {
		t.Errorf("%d characters: %v", len(err.Error()), err)
	}
}
