package escontract

import (
	"testing"
	"time"
)

const millisecond = time.Millisecond

// aliasing are the checks of aliases after a restore, and of verification.
func aliasing() []check {
	return []check{
		{"an alias that came along counts double and takes no writes", doubleAlias},
		{"aliases are swapped in one step, and again without harm", swap},
		{"an index gives its name to an alias in one step", swapByName},
		{"a lone removal that finds nothing is missing", loneRemoval},
		{"an alias may not be an index", aliasNamedIndex},
		{"deleting an alias as if it were an index is refused from 6.0 on", deleteAlias},
		{"aliases are listed, and a missing one is missing", listAliases},
		{"replicas can be added to a restored index", addReplicas},
	}
}

func doubleAlias(t *testing.T, p *Pair) {
	p.share(t, nil)
	ix := index{name: "orders", docs: 10, aliases: []string{"orders_live"}}
	p.Owner.create(t, ix)
	p.snapshot(t, "orders")
	p.Reader.create(t, ix)
	body := obj{"indices": "orders", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"}
	p.restoreAll(t, body).ok(t)
	if n := p.Reader.count(t, "orders_live"); n != 20 {
		t.Errorf("behind the alias are %d documents, want 20", n)
	}
	kind := "_doc"
	if p.major() < 7 {
		kind = "doc"
	}
	p.Reader.do(t, "PUT", "/orders_live/"+kind+"/99", obj{"n": 99}).fails(t, 400, "illegal_argument_exception",
		pick(p, "Alias [orders_live] has more than one indices associated with it", at(6, 4, "no write index is defined for alias [orders_live]")))
}

func swap(t *testing.T, p *Pair) {
	p.Reader.create(t, index{name: "orders", docs: 1, aliases: []string{"live"}})
	p.Reader.create(t, index{name: "r-orders", docs: 2})
	body := obj{"actions": []obj{{"remove": obj{"index": "orders", "alias": "live"}}, {"add": obj{"index": "r-orders", "alias": "live"}}}}
	for range 2 { // again, although nothing is left to remove
		r := p.Reader.do(t, "POST", "/_aliases", body).ok(t).wants(t, "acknowledged", "true")
		if p.major() >= 8 {
			r.has(t, "errors")
		}
		if n := p.Reader.count(t, "live"); n != 2 {
			t.Errorf("behind the alias are %d documents, want 2", n)
		}
	}
	if p.major() >= 8 {
		p.Reader.do(t, "POST", "/_aliases", body).ok(t).wants(t, "errors", "true").wants(t, "action_results.0.status", "404").wants(t, "action_results.1.status", "200")
	}
	must := obj{"actions": []obj{{"remove": obj{"index": "orders", "alias": "live", "must_exist": true}}, {"add": obj{"index": "r-orders", "alias": "live"}}}}
	r := p.Reader.do(t, "POST", "/_aliases", must)
	switch {
	case p.major() >= 8:
		r.fails(t, 404, "aliases_not_found_exception", "aliases [live] missing")
	case p.from(7, 11):
		r.fails(t, 404, "resource_not_found_exception", "required alias [live] does not exist")
	default:
		r.is(t, 400)
	}
}

func swapByName(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", docs: 3})
	p.Reader.create(t, index{name: "orders", docs: 1})
	p.restoreAll(t, obj{"indices": "orders", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"}).ok(t)
	p.Reader.do(t, "POST", "/_aliases", obj{"actions": []obj{{"remove_index": obj{"index": "orders"}}, {"add": obj{"index": "r-orders", "alias": "orders"}}}}).ok(t).wants(t, "acknowledged", "true")
	if n := p.Reader.count(t, "orders"); n != 3 {
		t.Errorf("under the old name are %d documents, want 3", n)
	}
	p.restore(t, obj{"indices": "orders"}).fails(t, 400, "invalid_index_name_exception", "Invalid index name [orders], already exists as alias")
}

func loneRemoval(t *testing.T, p *Pair) {
	p.Reader.create(t, index{name: "orders"})
	p.Reader.do(t, "POST", "/_aliases", obj{"actions": []obj{{"remove": obj{"index": "orders", "alias": "nope"}}}}).fails(t, 404, "aliases_not_found_exception", "aliases [nope] missing")
	p.Reader.do(t, "DELETE", "/orders/_alias/nope", nil).fails(t, 404, "aliases_not_found_exception", "aliases [nope] missing")
	p.Reader.do(t, "PUT", "/orders/_alias/yes", nil).ok(t)
	p.Reader.do(t, "DELETE", "/orders/_alias/yes", nil).ok(t).wants(t, "acknowledged", "true")
	p.Reader.do(t, "POST", "/_aliases", obj{"actions": []obj{{"add": obj{"index": "nosuch", "alias": "a"}}}}).fails(t, 404, "index_not_found_exception", "no such index")
}

func aliasNamedIndex(t *testing.T, p *Pair) {
	p.Reader.create(t, index{name: "orders"})
	p.Reader.create(t, index{name: "users"})
	p.Reader.do(t, "POST", "/_aliases", obj{"actions": []obj{{"add": obj{"index": "orders", "alias": "users"}}}}).
		fails(t, 400, "invalid_alias_name_exception", pick(p, "Invalid alias name [users], an index exists with the same name as the alias", at(7, 11, "Invalid alias name [users]: an index or data stream exists with the same name as the alias")))
}

func deleteAlias(t *testing.T, p *Pair) {
	p.Reader.create(t, index{name: "orders", aliases: []string{"live"}})
	p.Reader.create(t, index{name: "users", aliases: []string{"people"}})
	remove := p.Reader.do(t, "POST", "/_aliases", obj{"actions": []obj{{"remove_index": obj{"index": "live"}}}})
	drop := p.Reader.do(t, "DELETE", "/people", nil)
	if p.major() < 6 { // the index behind the alias goes
		remove.ok(t)
		drop.ok(t)
		p.Reader.do(t, "GET", "/orders", nil).is(t, 404)
		p.Reader.do(t, "GET", "/users", nil).is(t, 404)
		return
	}
	remove.fails(t, 400, "illegal_argument_exception", "The provided expression [live] matches an alias, specify the corresponding concrete indices instead.")
	drop.fails(t, 400, "illegal_argument_exception", "The provided expression [people] matches an alias, specify the corresponding concrete indices instead.")
	p.Reader.do(t, "GET", "/orders", nil).ok(t)
}

func listAliases(t *testing.T, p *Pair) {
	p.Reader.create(t, index{name: "orders", aliases: []string{"live"}})
	p.Reader.create(t, index{name: "users"})
	p.Reader.do(t, "GET", "/_alias", nil).ok(t).has(t, "orders.aliases.live", "users.aliases")
	p.Reader.do(t, "GET", "/_alias/live", nil).ok(t).has(t, "orders.aliases.live").lacks(t, "users")
	p.Reader.do(t, "GET", "/_alias/nope", nil).is(t, 404).wants(t, "error", "alias [nope] missing")
	p.Reader.do(t, "GET", "/_cat/aliases?format=json", nil).ok(t).wants(t, "0.alias", "live").wants(t, "0.index", "orders")
	p.Reader.do(t, "HEAD", "/orders", nil).is(t, 200)
	p.Reader.do(t, "HEAD", "/nosuch", nil).is(t, 404)
}

func addReplicas(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", docs: 3, more: obj{"index.number_of_replicas": 1}})
	p.restoreAll(t, obj{"indices": "orders", "index_settings": obj{"index.number_of_replicas": 0}}).ok(t)
	p.Reader.do(t, "GET", "/_cluster/health/orders", nil).ok(t).wants(t, "status", "green")
	p.Reader.do(t, "PUT", "/orders/_settings", obj{"index.number_of_replicas": 1}).ok(t)
	p.Reader.do(t, "GET", "/_cluster/health/orders", nil).ok(t).wants(t, "status", "yellow")
	p.Reader.do(t, "PUT", "/orders/_settings", obj{"index.number_of_replicas": "x"}).fails(t, 400, "illegal_argument_exception", "Failed to parse value [x] for setting [index.number_of_replicas]")
	p.Reader.do(t, "PUT", "/orders/_settings", obj{"index.number_of_shards": 2}).fails(t, 400, "illegal_argument_exception", "Can't update non dynamic settings [[index.number_of_shards]] for open indices")
	p.Reader.do(t, "PUT", "/nosuch/_settings", obj{"index.number_of_replicas": 1}).fails(t, 404, "index_not_found_exception", "no such index")
}
