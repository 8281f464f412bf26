package store

import (
	"context"
	"fmt"
	"strings"

	"es-restore/esops"
)

// Safety tells whether Redis keeps what it acknowledges.
type Safety struct {
	Version string
	// Unsafe lists what can lose or evict records; the bot does not start on it.
	Unsafe []esops.Refusal
	// Warnings lists what can lose the last second with the host.
	Warnings []string
}

// Safety reads from INFO, and from CONFIG where that is allowed, whether Redis
// forgets or evicts, and makes commits wait for the disk where Redis can tell.
func (s *Store) Safety(ctx context.Context) (Safety, error) {
	text, err := s.redis.Info(ctx, "server", "persistence", "memory", "replication").Result()
	if err != nil {
		// Redis before 7.0 takes one section at a time.
		if text, err = s.redis.Info(ctx).Result(); err != nil {
			return Safety{}, fmt.Errorf("asking redis how it keeps data: %w", err)
		}
	}
	info := parseInfo(text)
	safety := Safety{Version: info["redis_version"]}
	unsafe := func(code, mend, sentence string) {
		safety.Unsafe = append(safety.Unsafe, esops.Refusal{Code: code, Sentence: sentence, WayOut: mend})
	}
	if info["aof_enabled"] != "1" {
		unsafe("redis_forgets", "Set appendonly yes and appendfsync always.", "Redis keeps no append-only file, so a restart forgets decisions.")
	}
	if policy := info["maxmemory_policy"]; policy != "noeviction" && info["maxmemory"] != "0" {
		unsafe("redis_evicts", "Set maxmemory-policy noeviction.", fmt.Sprintf("Redis evicts keys when its memory is full (maxmemory-policy %s).", policy))
	}
	if info["role"] == "slave" {
		unsafe("redis_replica", "Use the address of the primary.", "This Redis is a replica and takes no writes.")
	}
	onDisk := false
	switch fsync := s.appendfsync(ctx); {
	case fsync == "always" || len(safety.Unsafe) > 0:
	case atLeast72(info["redis_version"]):
		onDisk = true
	default:
		safety.Warnings = append(safety.Warnings, "Redis writes to disk once a second: the last second can be lost with the host. Set appendfsync always, or use Redis 7.2 or newer.")
	}
	s.onDisk.Store(onDisk)
	return safety, nil
}

// appendfsync is "" where CONFIG is not allowed, as on managed servers.
func (s *Store) appendfsync(ctx context.Context) string {
	values, err := s.redis.ConfigGet(ctx, "appendfsync").Result()
	if err != nil {
		return ""
	}
	return values["appendfsync"]
}

func parseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[key] = value
		}
	}
	return info
}

func atLeast72(version string) bool {
	v, err := esops.ParseVersion(version)
	return err == nil && v.AtLeast(7, 2)
}
