package essim

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// failure is an Elasticsearch error: what becomes {"error":…,"status":…}.
type failure struct {
	status  int
	kind    string // type, such as "index_not_found_exception"
	reason  string
	fields  map[string]any // more fields of the error object
	cause   *failure       // caused_by
	deepest bool           // root_cause is the cause, not this
	plain   string         // an error that is only a sentence
	bare    bool           // such an error without a status field
	text    bool           // such an error as plain text
	noRoot  bool           // root_cause is []
	roots   []any          // root_cause, when it is something else
	hidden  bool           // without X-elastic-product: refused by the master
	header  http.Header
}

func (f *failure) Error() string { return fmt.Sprintf("%d %s: %s", f.status, f.kind, f.reason) }

func fail(status int, kind, format string, args ...any) *failure {
	return &failure{status: status, kind: kind, reason: fmt.Sprintf(format, args...)}
}

func (f *failure) with(fields map[string]any) *failure { f.fields = fields; return f }

func (f *failure) causedBy(c *failure, root bool) *failure {
	f.cause, f.deepest = c, root
	return f
}

func (f *failure) object() map[string]any {
	o := map[string]any{"type": f.kind, "reason": f.reason}
	maps.Copy(o, f.fields)
	return o
}

func (f *failure) nested() map[string]any {
	o := f.object()
	if f.cause != nil {
		o["caused_by"] = f.cause.nested()
	}
	return o
}

// body is the answer's JSON.
func (f *failure) body() map[string]any {
	if f.text {
		return map[string]any{"error": strings.ToUpper(f.plain[:1]) + f.plain[1:]}
	}
	if f.plain != "" {
		o := map[string]any{"error": f.plain}
		if !f.bare {
			o["status"] = f.status
		}
		return o
	}
	root := f
	for f.deepest && root.cause != nil {
		root = root.cause
	}
	e := f.nested()
	e["root_cause"] = []any{root.object()}
	if f.noRoot {
		e["root_cause"] = []any{}
	}
	if f.roots != nil {
		e["root_cause"] = f.roots
	}
	return map[string]any{"error": e, "status": f.status}
}

func illegalArgument(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "illegal_argument_exception", format, args...)
}

func illegalState(format string, args ...any) *failure {
	return fail(http.StatusInternalServerError, "illegal_state_exception", format, args...)
}

func validation(problems ...string) *failure {
	s := "Validation Failed: "
	for i, p := range problems {
		s += fmt.Sprintf("%d: %s;", i+1, p)
	}
	return fail(http.StatusBadRequest, "action_request_validation_exception", "%s", s)
}

func repositoryMissing(name string) *failure {
	return fail(http.StatusNotFound, "repository_missing_exception", "[%s] missing", name)
}

func snapshotMissing(repo, name string) *failure {
	return fail(http.StatusNotFound, "snapshot_missing_exception", "[%s:%s] is missing", repo, name)
}

func restoreRefused(repo, snap, uuid, format string, args ...any) *failure {
	id := repo + ":" + snap
	if uuid != "" {
		id += "/" + uuid
	}
	return fail(http.StatusInternalServerError, "snapshot_restore_exception", "[%s] %s", id, fmt.Sprintf(format, args...))
}

// indexMissing is a name that resolves to nothing. resource is what
// Elasticsearch calls the thing it looked for, or "".
func (v version) indexMissing(name, resource string) *failure {
	reason := "no such index"
	if v.from(6, 8) {
		reason = fmt.Sprintf("no such index [%s]", name)
	}
	if v.major == 6 {
		reason = "no such index"
	}
	fields := map[string]any{"index": name, "index_uuid": "_na_"}
	if resource != "" {
		fields["resource.type"], fields["resource.id"] = resource, name
	}
	return fail(http.StatusNotFound, "index_not_found_exception", "%s", reason).with(fields)
}

func indexFailure(status int, kind string, ix *index, format string, args ...any) *failure {
	return fail(status, kind, format, args...).with(map[string]any{"index": ix.name, "index_uuid": ix.uuid})
}

func blocked(format string, args ...any) *failure {
	return fail(http.StatusForbidden, "cluster_block_exception", format, args...)
}
