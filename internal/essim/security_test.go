package essim_test

import (
	"strings"
	"testing"

	"es-restore/internal/essim"
)

func secured(t *testing.T, version string) *bench {
	return newBench(t, essim.Options{Version: version, Users: map[string]essim.User{
		"admin":  {Password: "secret-1", Superuser: true},
		"reader": {Password: "secret-2", Cluster: []string{"monitor"}, Indices: map[string][]string{"logs-*": {"read"}}},
	}})
}

func TestWithoutTheRightPasswordNothingIsAnswered(t *testing.T) {
	for _, v := range essim.Versions {
		b := secured(t, v)
		for user, want := range map[string]string{"": "missing authentication", "admin:wrong": "unable to authenticate user [admin]", "nobody:x": "unable to authenticate user [nobody]"} {
			b.user = user
			r := b.do("GET", "/_snapshot", "")
			if r.status != 401 || r.at("error.type") != "security_exception" || !strings.Contains(r.at("error.reason"), want) || r.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: as %q the answer is %d %s", v, user, r.status, r.body)
			}
		}
		b.user = "admin:secret-1"
		b.ok("GET", "/_snapshot", "")
	}
}

func TestPrivilegesDecideWhatAUserMayDo(t *testing.T) {
	b := secured(t, "7.17.28")
	b.user = "admin:secret-1"
	b.ok("PUT", "/logs-1", `{}`)
	b.ok("PUT", "/orders", `{}`)
	b.user = "reader:secret-2"
	for ask, want := range map[string]int{
		"GET /_cluster/health": 200, "GET /_snapshot": 403, "GET /*/_count": 200, "GET /logs-1/_count": 200, "GET /orders/_count": 403,
		"POST /_snapshot/own/s1/_restore": 403, "DELETE /logs-1": 403, "PUT /_cluster/settings": 403,
	} {
		method, path, _ := strings.Cut(ask, " ")
		r := b.do(method, path, "")
		if r.status != want {
			t.Errorf("%s: %d, want %d: %s", ask, r.status, want, r.body)
		}
		if want == 403 && r.header.Get("X-Elastic-Product") != "" {
			t.Errorf("%s: the refusal bears the product header", ask)
		}
		if want == 403 && !strings.Contains(r.at("error.reason"), "is unauthorized for user [reader]") {
			t.Errorf("%s: the reason is %q", ask, r.at("error.reason"))
		}
	}
}

func TestHasPrivilegesTellsEachOne(t *testing.T) {
	for version, path := range map[string]string{"5.6.16": "/_xpack/security/user/_has_privileges", "6.7.0": "/_security/user/_has_privileges", "8.17.0": "/_security/user/_has_privileges"} {
		b := secured(t, version)
		b.user = "reader:secret-2"
		r := b.ok("POST", path, `{"cluster":["monitor","manage"],"index":[{"names":["logs-1","orders"],"privileges":["read","delete_index"]}]}`)
		for at, want := range map[string]string{"username": "reader", "has_all_requested": "false", "cluster.monitor": "true", "cluster.manage": "false", "index.logs-1.read": "true", "index.logs-1.delete_index": "false", "index.orders.read": "false"} {
			if got := r.at(at); got != want {
				t.Errorf("%s: %s is %s, want %s", version, at, got, want)
			}
		}
		if b.do("GET", "/_license", "").status == 401 {
			t.Errorf("%s: a user who is known is not let in", version)
		}
	}
}

func TestWithoutSecurityItsPathsAreNobodys(t *testing.T) {
	for version, want := range map[string]int{"5.6.16": 404, "6.7.0": 404, "7.10.2": 404, "8.17.0": 400} {
		b := newBench(t, essim.Options{Version: version})
		if r := b.do("GET", "/_security/user/_has_privileges", ""); r.status != want {
			t.Errorf("%s: the answer is %d, want %d: %s", version, r.status, want, r.body)
		}
	}
}
