package aliyunsim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) listShared(c call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen(c.instance, c.caller); !ok {
		return noInstance()
	}
	list := []object{}
	for _, one := range s.shared[c.instance] {
		status := "available"
		if one.invalid || s.now().Before(one.since) {
			status = "unavailable"
		}
		list = append(list, object{"instanceId": one.source, "repoPath": one.source, "snapWarehouse": repositoryName(one.source), "status": status})
	}
	return result(list)
}

// repositoryName is what the repository of a source is called on Elasticsearch.
func repositoryName(source string) string { return "aliyun_snapshot_from_" + source }

func (s *Server) listAlternatives(c call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	destination, ok := s.seen(c.instance, c.caller)
	if !ok {
		return noInstance()
	}
	list := []object{}
	for _, i := range s.all(c.caller) {
		set := slices.ContainsFunc(s.shared[c.instance], func(one sharing) bool { return one.source == i.ID })
		if i == destination || i.Region != destination.Region || i.Snapshots == 0 || set && c.request.Query.Get("alreadySetItems") == "false" {
			continue
		}
		list = append(list, object{"instanceId": i.ID, "repoPath": i.ID})
	}
	return result(list)
}

// addShared registers the repository of another instance. It must be asked in
// JSON; the SDK's own body field sends a form.
func (s *Server) addShared(c call) *reply {
	var asked struct {
		RepoPath string `json:"repoPath"`
	}
	if !strings.HasPrefix(c.request.Header.Get("Content-Type"), "application/json") || json.Unmarshal([]byte(c.request.Body), &asked) != nil || asked.RepoPath == "" {
		return failure("InvalidParameter", "The request body is not valid.")
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	refusal := s.mayAdd(c, asked.RepoPath)
	hook := s.onAdd
	s.mu.Unlock()
	if refusal != nil {
		return refusal
	}
	if hook != nil {
		if err := hook(c.instance, asked.RepoPath); err != nil {
			return failure("InternalError", "%v", err)
		}
	}
	s.locked(func() {
		s.shared[c.instance] = append(s.shared[c.instance], sharing{source: asked.RepoPath, since: s.unsettle(c.instance)})
	})
	return result(true)
}

// mayAdd refuses what the vendor's page rules out.
func (s *Server) mayAdd(c call, source string) *reply {
	to, ok := s.seen(c.instance, c.caller)
	if !ok {
		return noInstance()
	}
	from, ok := s.seen(source, caller{c.account, to.Region})
	switch {
	case s.status(to) != "active":
		return wrongStatus()
	case !ok:
		return noInstance()
	case from == to, from.Snapshots == 0:
		return noRepository()
	case slices.ContainsFunc(s.shared[c.instance], func(one sharing) bool { return one.source == source }):
		return alreadyDone()
	case newer(from.Version, to.Version):
		return newerSource()
	}
	return nil
}

func (s *Server) removeShared(c call) *reply {
	source := c.request.Query.Get("repoPath")
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	to, ok := s.seen(c.instance, c.caller)
	has := slices.ContainsFunc(s.shared[c.instance], func(one sharing) bool { return one.source == source })
	var refusal *reply
	switch {
	case !ok:
		refusal = noInstance()
	case s.status(to) != "active":
		refusal = wrongStatus()
	case !has:
		refusal = noRepository()
	}
	hook := s.onRemove
	s.mu.Unlock()
	if refusal != nil {
		return refusal
	}
	if hook != nil {
		if err := hook(c.instance, source); err != nil {
			return failure("InternalError", "%v", err)
		}
	}
	s.locked(func() {
		s.shared[c.instance] = slices.DeleteFunc(s.shared[c.instance], func(one sharing) bool { return one.source == source })
		s.unsettle(c.instance)
	})
	return result(true)
}

// unsettle lets an instance change for a while, and returns when that is over.
func (s *Server) unsettle(id string) time.Time {
	until := s.now().Add(s.settle)
	if i, ok := s.instances[id]; ok {
		i.settled = until
	}
	return until
}

// newer compares versions as the API writes them.
func newer(a, b string) bool { return slices.Compare(numbers(a), numbers(b)) > 0 }

func numbers(version string) []int {
	version, _, _ = strings.Cut(version, "_")
	var ns []int
	for _, part := range strings.Split(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		ns = append(ns, n)
	}
	for len(ns) < 3 {
		ns = append(ns, 0)
	}
	return ns
}
