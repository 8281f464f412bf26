package essim

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// entry is a snapshot in a list.
type entry struct {
	repo    string
	sn      *snapshot
	running bool
}

// entries are the snapshots of a repository: the finished ones, and those this
// cluster is making through this very registration.
func (k *call) entries(r *repository, st *store) []entry {
	var out []entry
	for _, sn := range st.list() {
		out = append(out, entry{r.name, sn, false})
	}
	for _, s := range k.running {
		if s.repository.name == r.name {
			out = append(out, entry{r.name, s.snapshot, true})
		}
	}
	return out
}

// choose filters entries by the names of the path.
func (k *call) choose(all []entry, repo, expr string, ignore bool) ([]entry, *failure) {
	var out []entry
	add := func(e entry) {
		if !slices.ContainsFunc(out, func(o entry) bool { return o.sn == e.sn }) {
			out = append(out, e)
		}
	}
	for i, p := range splitList(expr) {
		hit := false
		if x, minus := strings.CutPrefix(p, "-"); minus && i > 0 && k.v.from(7, 12) && isPattern(p) {
			out = slices.DeleteFunc(out, func(e entry) bool { return matchName(x, e.sn.name) })
			continue
		}
		for _, e := range all {
			if p == "_all" || p == "_current" && e.running || p != "_current" && matchName(p, e.sn.name) {
				hit = true
				add(e)
			}
		}
		if hit || ignore || p == "_all" || p == "_current" || p == "*" && k.v.from(7, 12) || isPattern(p) && k.v.major >= 8 {
			continue
		}
		return nil, snapshotMissing(repo, p)
	}
	return out, nil
}

func (k *call) snapshots() (*answer, *failure) {
	verbose := k.flag("verbose", true)
	if f := k.checkPaging(verbose); f != nil {
		return nil, f
	}
	repos, f := k.listed()
	if f != nil {
		return nil, f
	}
	ignore := k.flag("ignore_unavailable", false)
	// 7.14 to 7.17 answer 200 when a repository is missing or broken, and say so
	// beside the list
	lenient := k.v.from(7, 14) && k.v.major < 8
	failures := map[string]any{}
	var found []entry
	for _, name := range repos {
		list, f := k.listOf(name, ignore)
		if f != nil && !(lenient && strings.HasPrefix(f.kind, "repository_")) {
			return nil, f
		}
		if f != nil {
			failures[name] = f.nested()
		}
		found = append(found, list...)
	}
	out := []any{}
	var kept []entry
	for _, e := range found {
		if !verbose && len(e.sn.indices) == 0 && !k.v.from(7, 7) {
			continue
		}
		if verbose && e.sn.unreadable.Load() {
			if ignore {
				continue
			}
			return nil, k.v.unreadable(e.repo, e.sn, true)
		}
		kept = append(kept, e)
	}
	total := len(kept)
	page, next, remaining := k.page(kept, verbose)
	for _, e := range page {
		if verbose {
			out = append(out, e.sn.json(k.v, e.repo, e.running, k.flag("index_details", false)))
		} else {
			out = append(out, e.sn.brief(k.v, e.repo, e.running))
		}
	}
	o := map[string]any{"snapshots": out}
	if k.v.from(7, 15) {
		o["total"], o["remaining"] = total, remaining
	}
	if next != "" {
		o["next"] = next
	}
	if len(failures) > 0 {
		o["failures"] = failures
	}
	return ok(o)
}

// listed are the repositories that a list of snapshots covers.
func (k *call) listed() ([]string, *failure) {
	if !k.v.from(7, 14) {
		return []string{k.vars["repo"]}, nil
	}
	var repos []string
	for _, p := range splitList(k.vars["repo"]) {
		list, f := k.named(p)
		if f != nil && k.v.major >= 8 {
			return nil, f
		}
		if f != nil {
			repos = append(repos, p)
		}
		for _, r := range list {
			repos = append(repos, r.name)
		}
	}
	return repos, nil
}

func (k *call) listOf(repo string, ignore bool) ([]entry, *failure) {
	r, st, f := k.readable(repo)
	if f != nil {
		return nil, f
	}
	return k.choose(k.entries(r, st), repo, k.vars["snapshot"], ignore)
}

// unreadable is the failure of reading a snapshot's own file.
func (v version) unreadable(repo string, sn *snapshot, listing bool) *failure {
	id := fmt.Sprintf("%s:%s/%s", repo, sn.name, sn.uuid)
	const kind = "snapshot_exception"
	corrupt := fail(http.StatusInternalServerError, "corrupt_state_exception", "unexpected footer magic [-1277934906]")
	if v.from(7, 11) {
		return fail(http.StatusInternalServerError, kind, "[%s] failed to get snapshot info%s/%s", id, sn.name, sn.uuid).causedBy(corrupt, false)
	}
	inner := fail(http.StatusInternalServerError, kind, "[%s] failed to get snapshots", id).causedBy(corrupt, false)
	if !listing {
		return inner
	}
	return fail(http.StatusInternalServerError, kind, "[%s] Snapshot could not be read", id).causedBy(inner, false)
}

func (k *call) checkPaging(verbose bool) *failure {
	var problems []string
	if s := k.q.Get("size"); s == "0" {
		problems = append(problems, "size must be -1 or greater than 0")
	}
	if !verbose {
		if s := k.q.Get("sort"); s != "" && s != "start_time" {
			problems = append(problems, "can't use non-default sort with verbose=false")
		}
		if s := k.q.Get("size"); s != "" && s != "-1" {
			problems = append(problems, "can't use size limit with verbose=false")
		}
		if k.q.Get("offset") != "" {
			problems = append(problems, "can't use offset with verbose=false")
		}
		if k.q.Get("after") != "" {
			problems = append(problems, "can't use after with verbose=false")
		}
		if o := k.q.Get("order"); o != "" && o != "asc" {
			problems = append(problems, "can't use non-default sort order with verbose=false")
		}
	}
	if k.q.Get("after") != "" && k.q.Get("offset") != "" {
		problems = append(problems, "can't use after and offset simultaneously")
	}
	if len(problems) > 0 {
		return validation(problems...)
	}
	return nil
}

// sortKey is what a snapshot is sorted by, as text and as a comparable number.
func sortKey(e entry, by string) (string, int64) {
	total, failed := e.sn.shardCount()
	n := map[string]int64{
		"start_time": millis(e.sn.start), "duration": e.sn.end.Sub(e.sn.start).Milliseconds(),
		"index_count": int64(len(e.sn.indices)), "shard_count": int64(total), "failed_shard_count": int64(failed),
	}
	switch by {
	case "name":
		return e.sn.name, 0
	case "repository":
		return e.repo, 0
	}
	return strconv.FormatInt(n[by], 10), n[by]
}

// page sorts the list and cuts the page that was asked for.
func (k *call) page(list []entry, verbose bool) (page []entry, next string, remaining int) {
	by := cmp.Or(k.q.Get("sort"), "start_time")
	if !verbose {
		by = "name"
	}
	compare := func(a, b entry) int {
		at, an := sortKey(a, by)
		bt, bn := sortKey(b, by)
		c := cmp.Compare(an, bn)
		if by == "name" || by == "repository" {
			c = strings.Compare(at, bt)
		}
		if c == 0 {
			c = strings.Compare(a.sn.name, b.sn.name)
		}
		if c == 0 {
			c = strings.Compare(a.repo, b.repo)
		}
		if k.q.Get("order") == "desc" {
			c = -c
		}
		return c
	}
	slices.SortStableFunc(list, compare)
	if token := k.q.Get("after"); token != "" {
		raw, _ := base64.URLEncoding.DecodeString(token)
		for i, e := range list {
			if pageToken(e, by) == string(raw) {
				list = list[i+1:]
				break
			}
		}
	}
	if n, err := strconv.Atoi(k.q.Get("offset")); err == nil {
		list = list[min(n, len(list)):]
	}
	size, err := strconv.Atoi(k.q.Get("size"))
	if err != nil || size < 0 || size >= len(list) {
		return list, "", 0
	}
	return list[:size], base64.URLEncoding.EncodeToString([]byte(pageToken(list[size-1], by))), len(list) - size
}

func pageToken(e entry, by string) string {
	key, _ := sortKey(e, by)
	return fmt.Sprintf("%s,%s,%s", key, e.repo, e.sn.name)
}
