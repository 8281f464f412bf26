package escontract

import (
	"slices"
	"strings"
	"testing"
)

// restoring are the checks of restores that succeed.
func restoring() []check {
	return []check{
		{"a restore that waits answers with its shards", waiting},
		{"a restore that does not wait is accepted", accepted},
		{"the vendor's expressions restore what they say", vendorExpressions},
		{"no indices at all means every index of the snapshot", everything},
		{"nothing that matches is 200 with no shards, and nothing is accepted", nothing},
		{"a name that is missing is refused, and skipped by 5.x", missingName},
		{"expressions are read from left to right", expressions},
		{"a rename makes a new index that keeps its settings and the old provided name", renamed},
		{"settings are changed and left out on the way", changedSettings},
		{"a restore over a closed index keeps its uuid and opens it", overClosed},
		{"the documents, the mapping and the alias come back", contents},
		{"a restored index is told apart by its recovery", provenance},
	}
}

func waiting(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users", docs: 5}, index{name: "orders", shards: 2})
	r := p.restoreAll(t, obj{"indices": "users"}).ok(t)
	r.wants(t, "snapshot.snapshot", "s1").wants(t, "snapshot.indices", `["users"]`).lacks(t, "accepted")
	r.wants(t, "snapshot.shards.total", "1").wants(t, "snapshot.shards.failed", "0").wants(t, "snapshot.shards.successful", "1")
	if n := p.Reader.count(t, "users"); n != 5 {
		t.Errorf("%d documents, want 5", n)
	}
	p.Reader.do(t, "GET", "/orders", nil).is(t, 404)
}

func accepted(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users", docs: 5})
	r := p.restore(t, obj{"indices": []string{"users"}, "ignore_unavailable": "true", "include_aliases": "false", "partial": false}).ok(t)
	r.wants(t, "accepted", "true").lacks(t, "snapshot")
	p.eventually(t, "the restored index to be green", func() bool {
		return p.Reader.do(t, "GET", "/_cluster/health/users", nil).str("status") == "green"
	})
}

func vendorExpressions(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"}, index{name: "orders", aliases: []string{"orders_live"}}, index{name: "logs-2019.07.05"}, index{name: ".kibana_1"}, index{name: ".monitoring-es-6-2019.07.05"})
	r := p.restoreAll(t, obj{"indices": "*,-.monitoring*,-.security*,-.kibana*", "ignore_unavailable": "true"}).ok(t)
	same(t, "indices", names(r.get("snapshot.indices")), []string{"logs-2019.07.05", "orders", "users"})
	p.Reader.do(t, "GET", "/_alias/orders_live", nil).ok(t).has(t, "orders") // aliases come along
}

func everything(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"}, index{name: "orders"})
	for i, body := range []any{nil, obj{}, obj{"indices": ""}, obj{"indices": []string{}}, obj{"indices": "_all"}, obj{"indices": "*"}} {
		r := p.restoreAll(t, body).ok(t)
		same(t, "indices", names(r.get("snapshot.indices")), []string{"orders", "users"})
		if i < 5 {
			p.Reader.do(t, "DELETE", "/users,orders", nil).ok(t)
		}
	}
}

func nothing(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	for _, body := range []obj{{"indices": "nosuch*"}, {"indices": "nosuch", "ignore_unavailable": true}} {
		r := p.restore(t, body).ok(t)
		r.lacks(t, "accepted").wants(t, "snapshot.indices", "[]").wants(t, "snapshot.shards.total", "0")
	}
	p.Reader.do(t, "GET", "/users", nil).is(t, 404)
}

func missingName(t *testing.T, p *Pair) {
	p.stage(t, index{name: "users"})
	r := p.restore(t, obj{"indices": "users,nosuch"})
	if p.major() < 6 {
		r.ok(t)
		p.Reader.do(t, "POST", "/_snapshot/shared/s1/_restore", obj{"indices": "nosuch", "ignore_unavailable": false}).fails(t, 404, "index_not_found_exception", "no such index")
		return
	}
	r.fails(t, 404, "index_not_found_exception", pick(p, "no such index", at(7, 0, "no such index [nosuch]")))
	r.wants(t, "error.index", "nosuch")
	p.Reader.do(t, "GET", "/users", nil).is(t, 404)
}

// expressions are vectors of index expressions against the indices a, ab, b
// and .c.
func expressions(t *testing.T, p *Pair) {
	p.stage(t, index{name: "a"}, index{name: "ab"}, index{name: "b"}, index{name: ".c"})
	for expr, want := range map[string]string{
		"a": "a", "a*": "a ab", "*": ".c a ab b", "*,-a*": ".c b", "a*,-ab": "a", "-a*": ".c b", "-a": ".c ab b",
		"+a": "a", "a,+b": "a b", "-*": "", "*,-.*": "a ab b", "b,a*,-a": "ab b", "a,b": "a b", "-a,a": ".c a ab b",
	} {
		r := p.restoreAll(t, obj{"indices": expr, "ignore_unavailable": false, "rename_pattern": "^(.+)$", "rename_replacement": "r$1"}).ok(t)
		var got []string
		for _, n := range names(r.get("snapshot.indices")) {
			got = append(got, strings.TrimPrefix(n, "r"))
			p.Reader.do(t, "DELETE", "/"+n, nil).ok(t)
		}
		slices.Sort(got)
		same(t, expr, got, strings.Fields(want))
	}
}

func renamed(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", docs: 4, aliases: []string{"orders_live"}, more: obj{"index.refresh_interval": "9s"}})
	p.restoreAll(t, obj{"indices": "orders", "rename_pattern": "^(.+)$", "rename_replacement": "restored-$1", "include_aliases": false}).ok(t).wants(t, "snapshot.indices", `["restored-orders"]`)
	r := p.Reader.do(t, "GET", "/restored-orders/_settings?flat_settings=true", nil).ok(t)
	set := "restored-orders.settings."
	r.wants(t, set+"index/provided_name", "orders").wants(t, set+"index/refresh_interval", "9s")
	source := p.Owner.do(t, "GET", "/orders/_settings?flat_settings=true", nil).ok(t)
	r.wants(t, set+"index/creation_date", source.str("orders.settings.index/creation_date"))
	if r.str(set+"index/uuid") == source.str("orders.settings.index/uuid") {
		t.Error("the new index has the uuid of the old one")
	}
	p.Reader.do(t, "GET", "/_alias/orders_live", nil).is(t, 404)
	p.restoreAll(t, obj{"indices": "orders", "rename_pattern": "rd", "rename_replacement": "RD"}).fails(t, 400, "invalid_index_name_exception", "Invalid index name [oRDers], must be lowercase")
	// a name the pattern does not match stays as it is
	p.restoreAll(t, obj{"indices": "orders", "rename_pattern": "x", "rename_replacement": "y", "include_aliases": false}).ok(t).wants(t, "snapshot.indices", `["orders"]`)
}

func changedSettings(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", more: obj{"index.refresh_interval": "9s", "index.blocks.write": true}})
	p.restoreAll(t, obj{"indices": "orders", "index_settings": obj{"index": obj{"number_of_replicas": 1}}, "ignore_index_settings": []string{"index.refresh_interval", "index.blocks.*"}}).ok(t)
	r := p.Reader.do(t, "GET", "/orders/_settings?flat_settings=true", nil).ok(t).wants(t, "orders.settings.index/number_of_replicas", "1")
	r.lacks(t, "orders.settings.index/refresh_interval", "orders.settings.index/blocks/write")
	// a wildcard passes over what may not be removed
	p.Reader.do(t, "DELETE", "/orders", nil).ok(t)
	p.restoreAll(t, obj{"indices": "orders", "ignore_index_settings": "index.*"}).ok(t)
	p.Reader.do(t, "GET", "/orders/_settings?flat_settings=true", nil).ok(t).has(t, "orders.settings.index/number_of_shards", "orders.settings.index/creation_date", "orders.settings.index/version/created")
}

func overClosed(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", docs: 6, aliases: []string{"old"}})
	p.Reader.create(t, index{name: "orders", docs: 2, aliases: []string{"mine"}, more: obj{"index.refresh_interval": "7s"}})
	before := p.Reader.do(t, "GET", "/orders/_settings?flat_settings=true", nil).ok(t).str("orders.settings.index/uuid")
	p.Reader.do(t, "POST", "/orders/_close", nil).ok(t).wants(t, "acknowledged", "true")
	p.Reader.do(t, "GET", "/orders/_count", nil).fails(t, pick(p, 403, at(6, 0, 400)), "index_closed_exception", "closed")
	p.restoreAll(t, obj{"indices": "orders", "include_aliases": false}).ok(t).wants(t, "snapshot.shards.successful", "1")
	after := p.Reader.do(t, "GET", "/orders/_settings?flat_settings=true", nil).ok(t)
	after.wants(t, "orders.settings.index/uuid", before).lacks(t, "orders.settings.index/refresh_interval")
	p.Reader.do(t, "GET", "/orders/_alias", nil).ok(t).has(t, "orders.aliases.mine").lacks(t, "orders.aliases.old")
	if n := p.Reader.count(t, "orders"); n != 6 {
		t.Errorf("%d documents, want the 6 of the snapshot", n)
	}
	p.Reader.do(t, "GET", "/_cat/indices/orders?format=json", nil).ok(t).wants(t, "0.status", "open")
}

func contents(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", shards: 2, docs: 25, aliases: []string{"orders_live"}})
	p.restoreAll(t, obj{"indices": "orders"}).ok(t)
	if a, b := p.Owner.do(t, "GET", "/orders/_mapping", nil).ok(t).body, p.Reader.do(t, "GET", "/orders/_mapping", nil).ok(t).body; a != b {
		t.Errorf("the mapping was %s and is %s", a, b)
	}
	r := p.Reader.do(t, "GET", "/orders_live/_count", nil).ok(t).wants(t, "count", "25")
	r.wants(t, "_shards.total", "2").wants(t, "_shards.successful", "2").wants(t, "_shards.failed", "0")
	hits := p.Reader.do(t, "POST", "/orders/_search?size=1", obj{"query": obj{"match_all": obj{}}}).ok(t)
	total := "hits.total"
	if p.major() >= 7 {
		total = "hits.total.value"
	}
	hits.wants(t, total, "25").wants(t, "hits.hits.0._index", "orders").has(t, "hits.hits.0._source.n", "hits.hits.0._id")
	p.Reader.write(t, "orders", 100, 1, false)
	if n := p.Reader.count(t, "orders"); n != 26 {
		t.Errorf("%d documents after one was written, want 26", n)
	}
}

func provenance(t *testing.T, p *Pair) {
	p.stage(t, index{name: "orders", shards: 2, docs: 4})
	p.restoreAll(t, obj{"indices": "orders", "rename_pattern": "^(.+)$", "rename_replacement": "r-$1"}).ok(t)
	list := p.Reader.recoveries(t, "r-orders")
	if len(list) != 2 {
		t.Fatalf("%d recoveries, want 2", len(list))
	}
	for _, e := range list {
		for path, want := range map[string]string{"type": "SNAPSHOT", "stage": "DONE", "primary": "true", "source.repository": "shared", "source.snapshot": "s1", "source.index": "orders", "source.version": p.Version, "index.size.percent": "100.0%"} {
			if got := text(dig(e, path)); got != want {
				t.Errorf("%s is %q, want %q", path, got, want)
			}
		}
		if got := dig(e, "source.restoreUUID") != nil; got != p.from(6, 6) {
			t.Errorf("restoreUUID is there: %v", got)
		}
		if text(dig(e, "index.size.total_in_bytes")) != text(dig(e, "index.size.recovered_in_bytes")) || number(dig(e, "stop_time_in_millis")) <= 0 {
			t.Errorf("a finished recovery is %s", text(e))
		}
	}
	cat := p.Reader.do(t, "GET", "/_cat/recovery/r-orders?format=json&h=index,shard,type,stage,repository,snapshot,bytes_percent&bytes=b", nil).ok(t)
	cat.wants(t, "0.type", "snapshot").wants(t, "0.stage", "done").wants(t, "0.repository", "shared").wants(t, "0.snapshot", "s1").wants(t, "0.bytes_percent", "100.0%")
	p.Reader.do(t, "POST", "/r-orders/_close", nil).ok(t)
	p.Reader.do(t, "POST", "/r-orders/_open", nil).ok(t)
	p.eventually(t, "the index to be open again", func() bool {
		list := p.Reader.recoveries(t, "r-orders")
		return len(list) == 2 && text(list[0]["stage"]) == "DONE" && text(list[1]["stage"]) == "DONE"
	})
	for _, e := range p.Reader.recoveries(t, "r-orders") {
		if text(e["type"]) != "EXISTING_STORE" || dig(e, "source.snapshot") != nil {
			t.Errorf("after close and open the recovery still names its origin: %s", text(e))
		}
	}
}
