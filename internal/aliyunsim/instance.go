package aliyunsim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// An Instance is one cluster as the cloud knows it. Empty fields get what most
// instances have; see the comments.
type Instance struct {
	ID          string
	Description string // default: the ID
	Region      string // default DefaultRegion
	Account     string // default DefaultAccount
	Version     string // as the API says it, default 6.7.0_with_X-Pack
	Kernel      string // such as ali1.4.0; empty: the API does not tell
	Category    string // x-pack (the default), advanced, IS or community
	Status      string // active (the default), activating, inactive, invalid
	Health      string // GREEN (the default), YELLOW or RED
	Domain      string // default ID.elasticsearch.aliyuncs.com
	Port        int    // default 9200
	Protocol    string // HTTP (the default) or HTTPS
	Public      string // the public domain; empty: there is none
	Zones       []string
	Nodes       int // default 3
	DiskGB      int // of each node, default 20
	CreatedAt   time.Time
	Backup      Backup
	// Snapshots is how many automatic ones there are: the repository is made
	// with the first.
	Snapshots int

	settled time.Time // activating until then
}

// A Backup is the setting of automatic snapshots.
type Backup struct {
	Enabled  bool
	Schedule string // Quartz cron in the region's local time, default daily at one
}

// sharing is one shared repository of a destination.
type sharing struct {
	source  string
	invalid bool
	since   time.Time // available from then on
}

// PutInstance adds an instance, or replaces the one of that ID.
func (s *Server) PutInstance(i Instance) {
	i = i.withDefaults()
	s.locked(func() { s.instances[i.ID] = &i })
}

// ChangeInstance changes an instance that is there.
func (s *Server) ChangeInstance(id string, change func(*Instance)) {
	s.locked(func() {
		if i, ok := s.instances[id]; ok {
			change(i)
			*i = i.withDefaults()
		}
	})
}

// RemoveInstance takes an instance away, with what it shares.
func (s *Server) RemoveInstance(id string) {
	s.locked(func() { delete(s.instances, id); delete(s.shared, id) })
}

// Share adds the repository of source to destination without a request and
// without hooks, as if it had been done in the console long ago.
func (s *Server) Share(destination, source string) {
	s.locked(func() { s.shared[destination] = append(s.shared[destination], sharing{source: source}) })
}

// Invalidate makes a shared repository unavailable, as after the source was
// released.
func (s *Server) Invalidate(destination, source string) {
	s.locked(func() {
		for i := range s.shared[destination] {
			if s.shared[destination][i].source == source {
				s.shared[destination][i].invalid = true
			}
		}
	})
}

// Shared lists the sources whose repositories a destination has.
func (s *Server) Shared(destination string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sources []string
	for _, one := range s.shared[destination] {
		sources = append(sources, one.source)
	}
	return sources
}

func (i Instance) withDefaults() Instance {
	text := func(p *string, value string) {
		if *p == "" {
			*p = value
		}
	}
	number := func(p *int, value int) {
		if *p == 0 {
			*p = value
		}
	}
	text(&i.Description, i.ID)
	text(&i.Region, DefaultRegion)
	text(&i.Account, DefaultAccount)
	text(&i.Version, "6.7.0_with_X-Pack")
	text(&i.Category, "x-pack")
	text(&i.Status, "active")
	text(&i.Health, "GREEN")
	text(&i.Domain, i.ID+".elasticsearch.aliyuncs.com")
	text(&i.Protocol, "HTTP")
	text(&i.Backup.Schedule, "0 0 01 ? * * *")
	number(&i.Port, 9200)
	number(&i.Nodes, 3)
	number(&i.DiskGB, 20)
	if len(i.Zones) == 0 {
		i.Zones = []string{i.Region + "-i"}
	}
	if i.CreatedAt.IsZero() {
		i.CreatedAt = time.Date(2019, 7, 1, 3, 58, 7, 253e6, time.UTC)
	}
	return i
}

// status is what an instance is at now.
func (s *Server) status(i *Instance) string {
	if i.Status == "active" && s.now().Before(i.settled) {
		return "activating"
	}
	return i.Status
}

// seen finds an instance as a caller of that account and region does. An empty
// region, which the SDK does not tell, is every one.
func (s *Server) seen(id string, c caller) (*Instance, bool) {
	i, ok := s.instances[id]
	if !ok || i.Account != c.account || c.region != "" && c.region != i.Region {
		return nil, false
	}
	return i, true
}

// all lists what a caller sees, by ID.
func (s *Server) all(c caller) []*Instance {
	var found []*Instance
	for _, id := range slices.SortedFunc(maps.Keys(s.instances), strings.Compare) {
		if i, ok := s.seen(id, c); ok {
			found = append(found, i)
		}
	}
	return found
}
