package essim

import (
	"maps"
	"slices"
	"strings"
)

func repositoryRoutes() []route {
	return []route{
		{methods: "GET", path: "/_snapshot", params: "local master_timeout", need: "monitor_snapshot", action: "cluster:admin/repository/get", do: (*call).repositories},
		{methods: "GET", path: "/_snapshot/{repo}", params: "local master_timeout", need: "monitor_snapshot", action: "cluster:admin/repository/get", do: (*call).repositories},
		{methods: "PUT,POST", path: "/_snapshot/{repo}", params: "verify timeout master_timeout", need: "manage", action: "cluster:admin/repository/put", do: (*call).putRepository},
		{methods: "DELETE", path: "/_snapshot/{repo}", params: "timeout master_timeout", need: "manage", action: "cluster:admin/repository/delete", do: (*call).deleteRepository},
		{methods: "POST", path: "/_snapshot/{repo}/_verify", params: "timeout master_timeout", need: "manage", action: "cluster:admin/repository/verify", do: (*call).verifyRepository},
	}
}

// named are the registered repositories of an expression, in registration order.
func (k *call) named(expr string) ([]*repository, *failure) {
	var out []*repository
	parts := splitList(expr)
	if len(parts) == 0 {
		parts = []string{"_all"}
	}
	for _, p := range parts {
		hit := false
		for _, name := range k.order {
			if p == "_all" || matchName(p, name) {
				hit = true
				if r := k.registered[name]; !slices.Contains(out, r) {
					out = append(out, r)
				}
			}
		}
		if !hit && !isPattern(p) {
			return nil, repositoryMissing(p)
		}
	}
	return out, nil
}

func (k *call) repositories() (*answer, *failure) {
	list, f := k.named(k.vars["repo"])
	if f != nil {
		return nil, f
	}
	o := map[string]any{}
	for _, r := range list {
		o[r.name] = r.json(k.v)
	}
	return ok(o)
}

func (k *call) putRepository() (*answer, *failure) {
	o, f := k.object()
	if f != nil {
		return nil, f
	}
	kind := scalar(o["type"])
	if kind == "" {
		return nil, validation("type is missing")
	}
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	if k.v.major >= 7 && strings.ContainsAny(k.vars["repo"], "\\ \"<*?>|,/") {
		forbidden := `[ , ", *, \, <, |, ,, >, /, ?]`
		if k.v.major >= 8 {
			forbidden = `['\',' ','"','<','*','?','>','|',',','/']`
		}
		return nil, fail(500, "repository_exception", "[%s] must not contain the following characters %s", k.vars["repo"], forbidden)
	}
	m, _ := o["settings"].(map[string]any)
	set := map[string]string{}
	for key, v := range flatten(m) {
		set[key] = scalar(v)
	}
	name := k.vars["repo"]
	r, f := k.newRepository(name, kind, set)
	if f != nil {
		return nil, f
	}
	if f := k.changeable(r); f != nil {
		return nil, f
	}
	if k.registered[name] == nil {
		k.order = append(k.order, name)
	}
	k.registered[name] = r
	// it is checked after it was registered, and stays when it fails
	if k.flag("verify", true) {
		if f := k.verify(r); f != nil {
			return nil, f
		}
	}
	return acknowledged()
}

// verify is what a node checks of a repository: it writes where it may. The
// versions differ on a read-only one that points nowhere.
func (k *call) verify(r *repository) *failure {
	if !r.readonly {
		k.repos.at(r.location, true)
		return nil
	}
	if r.store() == nil && k.v.from(6, 8) && !k.v.from(7, 11) {
		return fail(500, "repository_verification_exception", "[%s] path  is not accessible on master node", r.name).causedBy(noSuchFile(r), false)
	}
	return nil
}

// changeable refuses to register a repository anew while it is used. Later
// versions let its limits be changed, and nothing else.
func (k *call) changeable(r *repository) *failure {
	old := k.registered[r.name]
	if old == nil || !k.inUse(r.name) {
		return nil
	}
	if !k.v.from(7, 11) {
		return k.usedBy(r.name)
	}
	limits := func(key, _ string) bool { return strings.HasSuffix(key, "_bytes_per_sec") }
	a, b := maps.Clone(old.settings), maps.Clone(r.settings)
	maps.DeleteFunc(a, limits)
	maps.DeleteFunc(b, limits)
	if !maps.Equal(a, b) || old.kind != r.kind {
		return k.usedBy(r.name)
	}
	return nil
}

// usedBy is the failure of a change to a repository that works.
func (k *call) usedBy(name string) *failure {
	why := "(snapshot is in progress)"
	if k.restoring(name) {
		why = "(snapshot restore is in progress)"
	}
	switch {
	case k.v.major >= 8:
		return fail(409, "repository_conflict_exception", "[%s] trying to modify or unregister repository that is currently used %s", name, why)
	case k.v.from(7, 11):
		return illegalState("trying to modify or unregister repository [%s] that is currently used %s", name, why)
	}
	return illegalState("trying to modify or unregister repository that is currently used ")
}

func noSuchFile(r *repository) *failure {
	return fail(500, "no_such_file_exception", "%s", r.location)
}

// inUse tells whether a restore or a snapshot works with the repository.
func (c *Cluster) inUse(name string) bool {
	for _, r := range c.restores {
		if !r.ended && r.repository.name == name {
			return true
		}
	}
	return slices.ContainsFunc(c.running, func(s *creation) bool { return s.repository.name == name })
}

func (k *call) restoring(name string) bool {
	return slices.ContainsFunc(k.restores, func(r *restore) bool { return !r.ended && r.repository.name == name })
}

func (k *call) deleteRepository() (*answer, *failure) {
	if f := k.writeBlock(); f != nil {
		return nil, f
	}
	list, f := k.named(k.vars["repo"])
	if f != nil {
		return nil, f
	}
	if len(list) == 0 && !isPattern(k.vars["repo"]) {
		return nil, repositoryMissing(k.vars["repo"])
	}
	for _, r := range list {
		if k.inUse(r.name) {
			return nil, k.usedBy(r.name)
		}
	}
	for _, r := range list {
		delete(k.registered, r.name)
		k.order = slices.DeleteFunc(k.order, func(n string) bool { return n == r.name })
	}
	return acknowledged()
}

func (k *call) verifyRepository() (*answer, *failure) {
	r := k.registered[k.vars["repo"]]
	if r == nil {
		return nil, repositoryMissing(k.vars["repo"])
	}
	if f := k.verify(r); f != nil {
		return nil, f
	}
	nodes := map[string]any{}
	for _, n := range k.nodes {
		if r.readonly && k.v.major < 6 {
			break // nobody is asked
		}
		nodes[n.id] = map[string]any{"name": n.name}
	}
	return ok(map[string]any{"nodes": nodes})
}

// readable gives the store of a repository, or what is wrong with it. The
// store is nil when nothing lies there.
func (k *call) readable(name string) (*repository, *store, *failure) {
	r := k.registered[name]
	if r == nil {
		return nil, nil, repositoryMissing(name)
	}
	st := r.store()
	if f := st.unreadableBy(k.v, name); f != nil {
		return nil, nil, f
	}
	if st == nil && k.v.from(7, 7) && !k.v.from(7, 11) {
		return nil, nil, fail(500, "repository_exception", "[%s] Could not determine repository generation from root blobs", name).causedBy(noSuchFile(r), false)
	}
	return r, st, nil
}
