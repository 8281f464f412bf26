package aliyunsim

import (
	"encoding/json"
)

// describeSetting begins its names with capitals, where the answer of
// updateSetting begins them with small letters.
func (s *Server) describeSetting(c call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.seen(c.instance, c.caller)
	if !ok {
		return noInstance404()
	}
	return result(object{"Enable": i.Backup.Enabled, "QuartzRegex": i.Backup.Schedule})
}

func (s *Server) updateSetting(c call) *reply {
	var asked struct {
		Enable      bool   `json:"enable"`
		QuartzRegex string `json:"quartzRegex"`
	}
	if json.Unmarshal([]byte(c.request.Body), &asked) != nil {
		return failure("InvalidParameter", "The request body is not valid.")
	}
	answer := noInstance404()
	s.locked(func() {
		i, ok := s.seen(c.instance, c.caller)
		if !ok {
			return
		}
		if i.Backup.Enabled && !asked.Enable {
			i.Snapshots++ // switching it off takes a last one
		}
		i.Backup.Enabled = asked.Enable
		if asked.QuartzRegex != "" {
			i.Backup.Schedule = asked.QuartzRegex
		}
		answer = result(object{"enable": i.Backup.Enabled, "quartzRegex": i.Backup.Schedule})
	})
	return answer
}

// createSnapshot wants its token under a name with a capital, unlike others.
func (s *Server) createSnapshot(c call) *reply {
	if c.request.Query.Get("ClientToken") == "" {
		return failure("MissingClientToken", "ClientToken is mandatory for this action.")
	}
	answer := noInstance()
	s.locked(func() {
		if i, ok := s.seen(c.instance, c.caller); ok {
			i.Snapshots++
			answer = result(true)
		}
	})
	return answer
}
