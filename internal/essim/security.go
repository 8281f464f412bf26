package essim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// User is someone who may log in by basic authentication. Giving a cluster any
// user turns its security on.
type User struct {
	Password  string
	Superuser bool
	// Cluster are cluster privileges: all, manage, monitor, manage_slm,
	// create_snapshot, monitor_snapshot.
	Cluster []string
	// Indices maps a pattern to index privileges: all, manage, monitor, read,
	// write, view_index_metadata, create_index, delete_index.
	Indices map[string][]string
}

func securityRoutes() []route {
	return []route{
		{methods: "GET", path: "/_security/_authenticate", do: (*call).whoami, security: true, from: "6.7"},
		{methods: "GET", path: "/_xpack/security/_authenticate", do: (*call).whoami, security: true, until: "7.17"},
		{methods: "GET,POST", path: "/_security/user/_has_privileges", do: (*call).hasPrivileges, security: true, from: "6.7"},
		{methods: "GET,POST", path: "/_xpack/security/user/_has_privileges", do: (*call).hasPrivileges, security: true, until: "7.17"},
		{methods: "GET", path: "/_license", params: "local accept_enterprise", need: "monitor", do: (*call).license, basic: true, from: "6.7"},
		{methods: "GET", path: "/_xpack/license", params: "local accept_enterprise", need: "monitor", do: (*call).license, basic: true, until: "7.17"},
		{methods: "GET", path: "/_xpack", params: "categories accept_enterprise", need: "monitor", do: (*call).xpack, basic: true},
		{methods: "GET", path: "/{index}/_ilm/explain", params: "only_managed only_errors master_timeout" + indexOptions, need: "index:view_index_metadata", do: (*call).ilmExplain, full: true, from: "6.7"},
	}
}

// authenticate finds the user of a request; there is none without security.
func (c *Cluster) authenticate(r *http.Request) (*User, *failure) {
	if len(c.users) == 0 {
		return nil, nil
	}
	refuse := func(format string, args ...any) *failure {
		f := fail(http.StatusUnauthorized, "security_exception", format, args...)
		challenges := []string{`Basic realm="security" charset="UTF-8"`}
		f.fields = map[string]any{"header": map[string]any{"WWW-Authenticate": challenges[0]}}
		if c.v.major >= 8 {
			challenges = []string{`Basic realm="security", charset="UTF-8"`, "ApiKey"}
			f.fields = map[string]any{"header": map[string]any{"WWW-Authenticate": asAny(challenges)}}
		}
		f.header, f.hidden = http.Header{"Www-Authenticate": challenges}, true
		return f
	}
	name, password, given := r.BasicAuth()
	if !given {
		if c.v.from(7, 0) {
			return nil, refuse("missing authentication credentials for REST request [%s]", r.URL.RequestURI())
		}
		return nil, refuse("missing authentication token for REST request [%s]", r.URL.RequestURI())
	}
	u, known := c.users[name]
	if !known || u.Password != password {
		return nil, refuse("unable to authenticate user [%s] for REST request [%s]", name, r.URL.RequestURI())
	}
	return &u, nil
}

// authorize checks the privilege a route needs. Wildcards are not refused to
// a user who has the privilege anywhere: they find less (see resolve).
func (c *Cluster) authorize(k *call, r *route) *failure {
	if k.user == nil || r.need == "" || k.user.Superuser {
		return nil
	}
	priv, isIndex := strings.CutPrefix(r.need, "index:")
	if isIndex {
		k.need = priv
	}
	var refused []string
	switch names := splitList(k.vars["index"]); {
	case !isIndex && k.user.mayCluster(priv):
		return nil
	case isIndex && len(names) == 0:
		names = []string{"_all"}
		fallthrough
	case isIndex:
		for _, n := range names {
			if isPattern(n) && !k.user.mayAnywhere(priv) || !isPattern(n) && !k.user.mayIndex(n, priv) {
				refused = append(refused, n)
			}
		}
		if len(refused) == 0 {
			return nil
		}
	}
	return c.unauthorized(k, r, priv, refused)
}

func (c *Cluster) unauthorized(k *call, r *route, priv string, refused []string) *failure {
	name, _, _ := k.r.BasicAuth()
	action := r.action
	if action == "" {
		action = r.need
	}
	text := fmt.Sprintf("action [%s] is unauthorized for user [%s]", action, name)
	if c.v.from(7, 14) {
		with := " with roles ["
		if c.v.major >= 8 {
			with = " with effective roles ["
		}
		text += with + name + "_role]"
		kind := "cluster"
		if len(refused) > 0 {
			kind = "index"
			text += " on indices [" + strings.Join(refused, ",") + "]"
		}
		text += ", this action is granted by the " + kind + " privileges [" + priv + ",manage,all]"
	}
	f := fail(http.StatusForbidden, "security_exception", "%s", text)
	f.hidden = true
	return f
}

// mayAnywhere tells whether the user has an index privilege on any pattern.
func (u *User) mayAnywhere(priv string) bool {
	for pattern := range u.Indices {
		if u.mayIndex(pattern, priv) {
			return true
		}
	}
	return u.Superuser
}

// clusterPrivileges are the names that are known.
var clusterPrivileges = []string{"all", "none", "monitor", "manage", "monitor_snapshot", "create_snapshot", "manage_slm", "read_slm", "manage_ilm", "read_ilm", "manage_security", "manage_pipeline", "manage_index_templates", "transport_client"}

// indexPrivileges are the same for indices.
var indexPrivileges = []string{"all", "none", "read", "write", "index", "create", "create_doc", "create_index", "delete", "delete_index", "manage", "manage_follow_index", "manage_ilm", "manage_leader_index", "maintenance", "auto_configure", "monitor", "read_cross_cluster", "view_index_metadata"}

// clusterAction and indexAction tell names of actions, and patterns over them,
// which may be asked for as well as privileges.
func clusterAction(name string) bool {
	return strings.HasPrefix(name, "cluster:") || strings.HasPrefix(name, "indices:admin/template/") || strings.HasPrefix(name, "indices:admin/index_template/")
}

func indexAction(name string) bool { return strings.HasPrefix(name, "indices:") }

func (u *User) mayCluster(priv string) bool {
	if u.Superuser {
		return true
	}
	implied := map[string][]string{
		"monitor": {"manage"}, "manage": {}, "monitor_snapshot": {"manage", "create_snapshot"}, "create_snapshot": {"manage"}, "manage_slm": {"manage"},
	}
	return slices.ContainsFunc(u.Cluster, func(have string) bool {
		return have == priv || have == "all" || slices.Contains(implied[priv], have)
	})
}

func (u *User) mayIndex(name, priv string) bool {
	if u.Superuser {
		return true
	}
	implied := map[string][]string{
		"monitor": {"manage"}, "view_index_metadata": {"manage"}, "create_index": {"manage"}, "delete_index": {"manage"}, "index": {"write"},
	}
	for pattern, have := range u.Indices {
		if !matchName(pattern, name) {
			continue
		}
		for _, h := range have {
			if h == priv || h == "all" || slices.Contains(implied[priv], h) {
				return true
			}
		}
	}
	return false
}

func (k *call) whoami() (*answer, *failure) {
	name, _, _ := k.r.BasicAuth()
	roles := []any{name + "_role"}
	if k.user.Superuser {
		roles = []any{"superuser"}
	}
	return ok(map[string]any{"username": name, "roles": roles, "full_name": nil, "email": nil, "metadata": map[string]any{}, "enabled": true})
}

func (k *call) hasPrivileges() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	name, _, _ := k.r.BasicAuth()
	if o["cluster"] == nil && o["index"] == nil && o["indices"] == nil {
		return nil, fail(http.StatusBadRequest, "parse_exception", "failed to parse privileges check [%s/has_privileges]. All privilege fields [cluster,index,applications] are missing", name)
	}
	for _, p := range stringList(o["cluster"]) {
		if k.v.from(7, 0) && !slices.Contains(clusterPrivileges, p) && !clusterAction(p) {
			return nil, illegalArgument("unknown cluster privilege [%s]. a privilege must be either one of the predefined cluster privilege names [%s] or a pattern over one of the available cluster actions", p, strings.Join(clusterPrivileges, ","))
		}
	}
	all := true
	cluster, indices := map[string]any{}, map[string]any{}
	for _, p := range stringList(o["cluster"]) {
		cluster[p] = k.user.mayCluster(p)
		all = all && k.user.mayCluster(p)
	}
	list := o["index"]
	if list == nil {
		list = o["indices"]
	}
	entries, _ := list.([]any)
	for _, e := range entries {
		m, _ := e.(map[string]any)
		for _, n := range stringList(m["names"]) {
			of, _ := indices[n].(map[string]any)
			if of == nil {
				of = map[string]any{}
			}
			for _, p := range stringList(m["privileges"]) {
				if k.v.from(7, 0) && !slices.Contains(indexPrivileges, p) && !indexAction(p) {
					return nil, illegalArgument("unknown index privilege [%s]. a privilege must be either one of the predefined fixed indices privileges [%s] or a pattern over one of the available index actions", p, strings.Join(indexPrivileges, ","))
				}
				of[p] = k.user.mayIndex(n, p)
				all = all && k.user.mayIndex(n, p)
			}
			indices[n] = of
		}
	}
	return ok(map[string]any{"username": name, "has_all_requested": all, "cluster": cluster, "index": indices, "application": map[string]any{}})
}

func (k *call) license() (*answer, *failure) {
	return ok(map[string]any{"license": map[string]any{
		"status": "active", "uid": k.uuid, "type": "basic", "issue_date": "2019-01-01T00:00:00.000Z", "issue_date_in_millis": 1546300800000,
		"max_nodes": 1000, "issued_to": k.opts.Name, "issuer": "elasticsearch", "start_date_in_millis": -1,
	}})
}

func (k *call) xpack() (*answer, *failure) {
	on := len(k.users) > 0
	return ok(map[string]any{
		"license":  map[string]any{"uid": k.uuid, "type": "basic", "mode": "basic", "status": "active"},
		"features": map[string]any{"security": map[string]any{"available": true, "enabled": on}, "ilm": map[string]any{"available": true, "enabled": true}},
		"tagline":  "You know, for X",
	})
}

func (k *call) ilmExplain() (*answer, *failure) {
	list, f := k.resolve(k.vars["index"], expand{closed: true})
	if f != nil {
		return nil, f
	}
	out := map[string]any{}
	for _, ix := range list {
		e := map[string]any{"index": ix.name, "managed": false}
		if p := ix.settings.str("index.lifecycle.name"); p != "" {
			e = map[string]any{"index": ix.name, "managed": true, "policy": p, "phase": "hot", "action": "complete", "step": "complete"}
		}
		out[ix.name] = e
	}
	return ok(map[string]any{"indices": out})
}

// stringList reads a list of strings, or one string, from JSON.
func stringList(v any) []string {
	switch t := v.(type) {
	case string:
		return splitList(t)
	case []any:
		var out []string
		for _, x := range t {
			out = append(out, scalar(x))
		}
		return out
	}
	return nil
}
