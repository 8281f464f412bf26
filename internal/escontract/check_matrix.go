package escontract

import (
	"strings"
	"testing"
)

// Between checks what the reader makes of a snapshot that another version
// wrote: it finds the repository at the location, and in it the snapshot s1 of
// the index "old", written by version from.
func Between(t *testing.T, from string, p *Pair, location string) {
	p.Owner.pair, p.Reader.pair = p, p
	p.Reader.clean(t)
	c := p.Reader
	c.do(t, "PUT", "/_snapshot/shared", obj{"type": "fs", "settings": obj{"location": location, "readonly": true}}).ok(t)
	w := &Pair{Version: from} // for its version only
	lists := []string{"/_snapshot/shared/_all", "/_snapshot/shared/_all?verbose=false", "/_cat/snapshots/shared?format=json"}
	all := append([]string{"/_snapshot/shared/s1/_status"}, lists...)
	for _, path := range all {
		r := c.do(t, "GET", path, nil)
		switch {
		case !p.from(7, 6) && w.from(7, 12):
			r.fails(t, 400, "parse_exception", "unknown field name  [min_version]")
		case !p.from(7, 6) && w.from(7, 6):
			r.fails(t, 500, "illegal_state_exception", "Can't get text on a FIELD_NAME")
		case !p.from(7, 12) && w.from(7, 12):
			r.fails(t, 500, "repository_exception", "[shared] Unexpected exception when loading repository data")
		case strings.HasSuffix(path, "_status") && p.major() < 6 && w.major() == 6:
			r.fails(t, 400, "illegal_argument_exception", "Unexpected field [mapping_version]")
		case strings.HasSuffix(path, "_status") && p.major() == 7 && w.major() == 8:
			r.fails(t, 400, "illegal_argument_exception", "Unexpected field [mappings_updated_version]")
		default:
			r.ok(t)
		}
	}
	if list := c.do(t, "GET", lists[0], nil); list.status == 200 {
		want := from
		switch {
		case w.major() == 8 && p.major() < 8:
			want = "8.52.10-alpha0"
		case p.major() == 8 && w.from(7, 17) && w.major() == 7:
			want = "7.17.27-8.0.0"
		}
		list.wants(t, "snapshots.0.version", want)
		if got := list.num("snapshots.0.version_id") / 1000000; got != w.major() {
			t.Errorf("the major in version_id is %d, want %d", got, w.major())
		}
	}
	crossing(t, w, p)
}

// crossing restores "old" where that is possible, and expects the refusal
// where it is not.
func crossing(t *testing.T, w, p *Pair) {
	t.Helper()
	r := p.restoreAll(t, obj{"indices": "old", "ignore_unavailable": false})
	const kind = "snapshot_restore_exception"
	switch {
	case !p.from(7, 6) && w.from(7, 12):
		r.fails(t, 400, "parse_exception", "unknown field name  [min_version]")
		return
	case !p.from(7, 6) && w.from(7, 6):
		r.fails(t, 500, "illegal_state_exception", "Can't get text on a FIELD_NAME")
		return
	case !p.from(7, 12) && w.from(7, 12):
		r.fails(t, 500, "repository_exception", "[shared] Unexpected exception when loading repository data")
		return
	case p.major() < 6 && w.major() == 6:
		r.fails(t, 400, "illegal_argument_exception", "Unexpected field [mapping_version]")
		return
	case w.major() > p.major(), w.Version == "6.8.23" && p.Version == "6.7.0":
		r.fails(t, 500, kind, "which is higher than the version of this node ["+p.Version+"]")
		return
	case p.major() == 8 && w.major() < 7, p.from(7, 17) && w.major() < 6:
		r.fails(t, 500, kind, "the snapshot was created with Elasticsearch version ["+w.Version+"] which is below the current versions minimum index compatibility version ["+pick(p, "6.0.0-beta1", at(8, 0, "7.0.0"))+"]")
		return
	case p.major() == 7 && w.major() < 6:
		r.fails(t, 500, kind, "cannot restore index [old] because it cannot be upgraded")
		if got := r.str("error.caused_by.reason"); !strings.Contains(got, "was created with version [5.6.16] but the minimum compatible version is [6.0.0-beta1]") {
			t.Errorf("the cause is %q", got)
		}
		return
	}
	r.ok(t).wants(t, "snapshot.shards.successful", "1")
	if n := p.Reader.count(t, "old"); n != 5 {
		t.Errorf("%d documents, want 5", n)
	}
	set := p.Reader.do(t, "GET", "/old/_settings?flat_settings=true", nil).ok(t)
	if upgraded := set.str("old.settings.index/version/upgraded") != ""; upgraded != (w.Version != p.Version && !p.from(7, 11)) {
		t.Errorf("index.version.upgraded is there: %v", upgraded)
	}
}

// Write leaves a repository at the location for [Between].
func Write(t *testing.T, p *Pair, location string) {
	p.Owner.pair, p.Reader.pair = p, p
	p.Owner.clean(t)
	p.Owner.create(t, index{name: "old", docs: 5})
	p.Owner.do(t, "PUT", "/_snapshot/own", obj{"type": "fs", "settings": obj{"location": location}}).ok(t)
	p.snapshot(t, "old")
}
