package essim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Repos is the storage that repositories lie in. Clusters that were given the
// same Repos see each other's snapshots when they register the same location.
type Repos struct {
	// Roots are the path.repo folders: locations outside are refused. None
	// means that every absolute location is allowed.
	Roots []string

	mu     sync.Mutex
	stores map[string]*store
}

// NewRepos returns empty storage with the given path.repo folders.
func NewRepos(roots ...string) *Repos {
	return &Repos{Roots: roots, stores: map[string]*store{}}
}

// at returns the store of a location, or nil when nobody has written there.
func (r *Repos) at(location string, create bool) *store {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stores[location]
	if s == nil && create {
		s = &store{location: location}
		r.stores[location] = s
	}
	return s
}

// store is what lies at one location.
type store struct {
	location string

	mu        sync.Mutex
	uuid      string
	snapshots []*snapshot
	format    version // the newest version that wrote here
}

// snapshot is a finished snapshot in a store. It never changes after it was
// added, save for deletedAt and damage, which mu of the store guards, and for
// what is atomic.
type snapshot struct {
	name, uuid  string
	by          version
	indices     []string
	images      map[string]*image
	state       string // SUCCESS, PARTIAL, FAILED
	start, end  time.Time
	globalState bool
	metadata    map[string]any
	failures    []shardFailure
	deletedAt   time.Time
	unreadable  atomic.Bool // its own file (snap-*.dat) is damaged
}

type shardFailure struct {
	index  string
	shard  int
	reason string
}

// image is one index in a snapshot.
type image struct {
	name     string
	id       string // the folder of the index in the repository
	settings settings
	mappings map[string]any
	aliases  map[string]map[string]any
	created  version
	shards   []*shardImage
	badMeta  atomic.Bool // its metadata file is damaged
}

// shardImage is one shard in a snapshot.
type shardImage struct {
	docs    []*doc
	files   []int64 // bytes of each file
	missing bool    // not in the snapshot (PARTIAL)
	damage  Damage
}

func (s *shardImage) bytes() (n int64) {
	for _, f := range s.files {
		n += f
	}
	return n
}

func (s *snapshot) shardCount() (total, failed int) {
	for _, im := range s.images {
		for _, sh := range im.shards {
			total++
			if sh.missing {
				failed++
			}
		}
	}
	return total, failed
}

// find returns the snapshot of that name, or nil.
func (s *store) find(name string) *snapshot {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sn := range s.snapshots {
		if sn.name == name {
			return sn
		}
	}
	return nil
}

// list is every snapshot in the order they were made.
func (s *store) list() []*snapshot {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.snapshots)
}

func (s *store) add(sn *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uuid == "" {
		s.uuid = newUUID()
	}
	if s.format.less(sn.by) {
		s.format = sn.by
	}
	s.snapshots = append(s.snapshots, sn)
}

func (s *store) remove(sn *snapshot, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sn.deletedAt = at
	s.snapshots = slices.DeleteFunc(s.snapshots, func(x *snapshot) bool { return x == sn })
}

// goneAt is when the snapshot was deleted, if it was.
func (s *store) goneAt(sn *snapshot) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sn.deletedAt, !sn.deletedAt.IsZero()
}

func (s *store) damageOf(sh *shardImage) Damage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sh.damage
}

// unreadableBy is the failure of every call of a node whose version does not
// understand what a newer version wrote, or nil.
func (s *store) unreadableBy(v version, repo string) *failure {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	f := s.format
	s.mu.Unlock()
	switch {
	case !v.from(7, 6) && f.from(7, 12):
		return fail(400, "parse_exception", "unknown field name  [min_version]")
	case !v.from(7, 6) && f.from(7, 6):
		return illegalState("Can't get text on a FIELD_NAME at 1:157")
	case !v.from(7, 12) && f.from(7, 12):
		return fail(500, "repository_exception", "[%s] Unexpected exception when loading repository data", repo).
			causedBy(fail(400, "parsing_exception", "Failed to parse object: unknown field [uuid] found"), false)
	}
	return nil
}

// unreadableIndex is the failure of reading the metadata of an index that a
// newer version wrote, where lists can be read still, or nil.
func (s *snapshot) unreadableIndex(v version) *failure {
	switch {
	case v.major < 6 && s.by.from(6, 5):
		return illegalArgument("Unexpected field [mapping_version]")
	case v.major < 8 && s.by.from(8, 15):
		return illegalArgument("Unexpected field [mappings_updated_version]")
	}
	return nil
}

// repository is a store as one cluster has registered it.
type repository struct {
	name, kind string
	settings   map[string]string
	location   string
	readonly   bool
	repos      *Repos
}

func (r *repository) store() *store { return r.repos.at(r.location, false) }

func (r *repository) json(v version) map[string]any {
	set := map[string]any{}
	for k, x := range r.settings {
		set[k] = x
	}
	o := map[string]any{"type": r.kind, "settings": set}
	if st := r.store(); v.from(7, 12) && st != nil {
		st.mu.Lock()
		if st.uuid != "" && st.format.from(7, 12) {
			o["uuid"] = st.uuid
		}
		st.mu.Unlock()
	}
	return o
}

// newRepository checks a registration the way the node would.
func (c *Cluster) newRepository(name, kind string, set map[string]string) (*repository, *failure) {
	r := &repository{name: name, kind: kind, settings: maps.Clone(set), repos: c.repos, readonly: set["readonly"] == "true"}
	broken := func(format string, args ...any) *failure {
		cause := fail(500, "repository_exception", "[%s] %s", name, fmt.Sprintf(format, args...))
		return fail(500, "repository_exception", "[%s] failed to create repository", name).causedBy(cause, true)
	}
	switch {
	case kind == "fs":
		loc := set["location"]
		if loc == "" {
			return nil, broken("missing location")
		}
		if len(c.repos.Roots) > 0 {
			if !strings.HasPrefix(loc, "/") {
				loc = strings.TrimSuffix(c.repos.Roots[0], "/") + "/" + loc
			}
			if !within(c.repos.Roots, loc) {
				return nil, broken("location [%s] doesn't match any of the locations specified by path.repo", set["location"])
			}
		}
		r.location = loc
	case slices.Contains(c.opts.RepositoryTypes, kind):
		r.location = kind + ":" + set["bucket"] + "/" + strings.Trim(set["base_path"], "/")
	default:
		return nil, fail(500, "repository_exception", "[%s] repository type [%s] does not exist", name, kind)
	}
	return r, nil
}
