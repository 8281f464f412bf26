package escontract

import (
	"strings"
	"testing"
	"time"
)

// Secured checks what a cluster with security says to those it does not know,
// and to one it knows: a superuser with this name and password.
func Secured(t *testing.T, version string, c *Cluster, user, password string) {
	p := &Pair{Version: version, Owner: c, Reader: c, Pass: func(d time.Duration) { <-time.After(d) }}
	c.pair = p
	for _, login := range [][2]string{{"", ""}, {user, "wrong-1"}, {"nobody", "wrong-1"}} {
		c.User, c.Password = login[0], login[1]
		want := "missing authentication credentials for REST request [/_snapshot/own/s1/_restore]"
		if c.User != "" {
			want = "unable to authenticate user [" + c.User + "] for REST request [/_snapshot/own/s1/_restore]"
		}
		r := c.do(t, "POST", "/_snapshot/own/s1/_restore", obj{}).fails(t, 401, "security_exception", want)
		if got := strings.Join(r.header.Values("WWW-Authenticate"), "; "); !strings.Contains(got, `Basic realm="security"`) {
			t.Errorf("the challenge is %q", got)
		}
		if r.header.Get("X-Elastic-Product") != "" {
			t.Error("the refusal bears the product header")
		}
	}
	c.User, c.Password = user, password
	c.do(t, "GET", "/_security/_authenticate", nil).ok(t).wants(t, "username", user).wants(t, "roles", `["superuser"]`).wants(t, "enabled", "true")
	ask := obj{"cluster": []string{"monitor", "manage"}, "index": []obj{{"names": []string{"a", "b-*"}, "privileges": []string{"read", "delete_index"}}}}
	for _, method := range []string{"GET", "POST"} {
		r := c.do(t, method, "/_security/user/_has_privileges", ask).ok(t).wants(t, "username", user).wants(t, "has_all_requested", "true")
		r.wants(t, "cluster.manage", "true").wants(t, "index.a.read", "true").wants(t, "index.b-*.delete_index", "true")
	}
	c.do(t, "POST", "/_security/user/_has_privileges", obj{}).fails(t, 400, "parse_exception", "All privilege fields [cluster,index,applications] are missing")
	c.do(t, "POST", "/_security/user/_has_privileges", obj{"cluster": []string{"foo_bar"}}).fails(t, 400, "illegal_argument_exception", "unknown cluster privilege [foo_bar]")
	actions := obj{"cluster": []string{"cluster:admin/snapshot/restore", "cluster:admin/snapshot/*", "cluster:foo"}, "index": []obj{{"names": []string{"a"}, "privileges": []string{"indices:data/read/search", "indices:admin/foo*"}}}}
	c.do(t, "POST", "/_security/user/_has_privileges", actions).ok(t).wants(t, "has_all_requested", "true").wants(t, "cluster.cluster:foo", "true")
	for kind, privilege := range map[string]string{"cluster": "indices:admin/get", "index": "cluster:admin/x"} {
		body := obj{"cluster": []string{privilege}}
		if kind == "index" {
			body = obj{"index": []obj{{"names": []string{"a"}, "privileges": []string{privilege}}}}
		}
		c.do(t, "POST", "/_security/user/_has_privileges", body).fails(t, 400, "illegal_argument_exception", "unknown "+kind+" privilege ["+privilege+"]")
	}
	c.do(t, "POST", "/_security/user/_has_privileges", obj{"index": []obj{{"names": []string{"a"}, "privileges": []string{"foo"}}}}).
		fails(t, 400, "illegal_argument_exception", "unknown index privilege [foo]")
	p.eventually(t, "the licence to be there, which a fresh node makes itself", func() bool {
		return c.do(t, "GET", "/_license", nil).status == 200
	})
	c.do(t, "GET", "/_license", nil).ok(t).wants(t, "license.type", "basic").wants(t, "license.status", "active")
}
