package escontract

import (
	"strings"
	"testing"
)

func repositories(t *testing.T, p *Pair) {
	location := p.share(t, nil)
	r := p.Reader.do(t, "GET", "/_snapshot", nil).ok(t)
	r.wants(t, "shared.type", "fs").wants(t, "shared.settings.readonly", "true").wants(t, "shared.settings.location", location)
	p.Reader.do(t, "GET", "/_snapshot/sha*", nil).ok(t).has(t, "shared")
	p.Reader.do(t, "GET", "/_snapshot/no*", nil).ok(t).lacks(t, "shared")
	nodes, _ := p.Owner.do(t, "POST", "/_snapshot/own/_verify", nil).ok(t).get("nodes").(obj)
	if len(nodes) != 1 {
		t.Errorf("%d nodes verified a repository that can be written, want 1", len(nodes))
	}
	nodes, _ = p.Reader.do(t, "POST", "/_snapshot/shared/_verify", nil).ok(t).get("nodes").(obj)
	if want := pick(p, 0, at(6, 0, 1)); len(nodes) != want {
		t.Errorf("%d nodes verified a read-only repository, want %d", len(nodes), want)
	}
	p.Reader.do(t, "DELETE", "/_snapshot/shared", nil).ok(t).wants(t, "acknowledged", "true")
	p.Reader.do(t, "GET", "/_snapshot/shared", nil).fails(t, 404, "repository_missing_exception", "[shared] missing")
}

func missingRepository(t *testing.T, p *Pair) {
	c := p.Reader
	for _, ask := range []string{"GET /_snapshot/norepo", "DELETE /_snapshot/norepo", "POST /_snapshot/norepo/_verify", "GET /_snapshot/norepo/s1/_status", "DELETE /_snapshot/norepo/s1"} {
		method, path, _ := strings.Cut(ask, " ")
		c.do(t, method, path, nil).fails(t, 404, "repository_missing_exception", "[norepo] missing")
	}
	c.do(t, "POST", "/_snapshot/norepo/s1/_restore", obj{}).fails(t, 404, "repository_missing_exception", "[norepo] missing")
	c.do(t, "PUT", "/_snapshot/norepo/s1", obj{}).fails(t, 404, "repository_missing_exception", "[norepo] missing")
	c.do(t, "GET", "/_snapshot/norepo/_status", nil).ok(t).wants(t, "snapshots", "[]") // nothing runs there
	list := c.do(t, "GET", "/_snapshot/norepo/_all", nil)
	cat := c.do(t, "GET", "/_cat/snapshots/norepo", nil)
	if p.from(7, 14) && p.major() < 8 { // an empty list with the failure beside it
		list.ok(t).wants(t, "failures.norepo.type", "repository_missing_exception").wants(t, "snapshots", "[]")
		cat.fails(t, 500, "exception", "Repositories [norepo] failed to retrieve snapshots")
		return
	}
	list.fails(t, 404, "repository_missing_exception", "[norepo] missing")
	cat.fails(t, 404, "repository_missing_exception", "[norepo] missing")
}

func nowhere(t *testing.T, p *Pair) {
	r := p.Reader.do(t, "PUT", "/_snapshot/lost", obj{"type": "fs", "settings": obj{"location": p.location(), "readonly": true}})
	list := p.Reader.do(t, "GET", "/_snapshot/lost/_all", nil)
	verify := p.Reader.do(t, "POST", "/_snapshot/lost/_verify", nil)
	p.Reader.do(t, "GET", "/_snapshot/lost", nil).ok(t).has(t, "lost") // also where it was refused
	if p.from(6, 8) && !p.from(7, 17) {
		r.fails(t, 500, "repository_verification_exception", "[lost] path  is not accessible on master node")
		verify.fails(t, 500, "repository_verification_exception", "[lost] path  is not accessible on master node")
		if p.major() == 7 {
			list.fails(t, 500, "repository_exception", "[lost] Could not determine repository generation from root blobs")
			return
		}
	} else {
		r.ok(t)
		verify.ok(t)
	}
	list.ok(t).wants(t, "snapshots", "[]")
}

func badRepositories(t *testing.T, p *Pair) {
	put := func(settings obj) *reply {
		return p.Reader.do(t, "PUT", "/_snapshot/v1", obj{"type": "fs", "settings": settings})
	}
	put(obj{"location": "/nowhere/at/all"}).fails(t, 500, "repository_exception", "[v1] failed to create repository")
	if got := put(obj{"location": "/nowhere/at/all"}).str("error.caused_by.reason"); !strings.Contains(got, "[v1] location [/nowhere/at/all] doesn't match any of the locations specified by path.repo") {
		t.Errorf("the cause is %q", got)
	}
	put(obj{}).fails(t, 500, "repository_exception", "[v1] failed to create repository")
	p.Reader.do(t, "PUT", "/_snapshot/v1", obj{"type": "oss", "settings": obj{}}).fails(t, 500, "repository_exception", "[v1] repository type [oss] does not exist")
	p.Reader.do(t, "PUT", "/_snapshot/v1", obj{"settings": obj{}}).fails(t, 400, "action_request_validation_exception", "type is missing")
	p.Reader.do(t, "GET", "/_snapshot/v1", nil).is(t, 404)
}
