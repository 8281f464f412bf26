package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"es-restore/config"
	"es-restore/internal/slacksim"
)

// A document is the bot's configuration before it is written to a file.
type document map[string]any

// ownDocument is what the sandbox asks for by itself: one cluster to read from,
// one to restore to, both instances of the cloud, and two policies to see at work.
func ownDocument() document {
	approve := func(count int) []any {
		return []any{map[string]any{"count": count, "from": []any{"group:" + groupDBA}}}
	}
	return document{
		"clusters": []any{
			map[string]any{"name": ownerName, "url": "http://127.0.0.1:1", "instance_id": ownerName, "read_only": true},
			map[string]any{"name": readerName, "url": "http://127.0.0.1:1", "instance_id": readerName},
		},
		"policies": []any{
			map[string]any{"name": "what overwrites data needs two", "when": map[string]any{"overwrites": true}, "require": approve(2)},
			map[string]any{"name": "one of the DBAs", "require": approve(1)},
		},
	}
}

// readDocument reads somebody's configuration. Files that it names by a relative
// path are named by their whole one, since it is written to another folder.
func readDocument(path string) (document, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, misused("--config %s: there is no such file; name one that cmd/bot would take", path)
		}
		return nil, misused("--config %s can't be read: %w", path, err)
	}
	var d document
	if err := yaml.Unmarshal(data, &d); err != nil || d == nil {
		if _, told := config.Load(path); told != nil { // it says where and why, in words
			return nil, misused("--config is broken:\n%w", told)
		}
		return nil, misused("--config %s is not a configuration; cmd/bot's check says more", path)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, failed("finding the folder of %s: %w", path, err)
	}
	absolute(map[string]any(d), folder)
	return d, nil
}

// absolute makes the paths of ca_file and {file: …} whole, wherever they stand, and
// writes group:ID and user:ID as one word again: the library reads them, in a list in
// brackets, as a key with a value.
func absolute(value any, folder string) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if path, ok := inner.(string); ok && (key == "ca_file" || key == "file") && !filepath.IsAbs(path) {
				v[key] = filepath.Join(folder, path)
				continue
			}
			absolute(inner, folder)
		}
	case []any:
		for i, inner := range v {
			if word := principal(inner); word != "" {
				v[i] = word
				continue
			}
			absolute(inner, folder)
		}
	}
}

// principal is group:ID or user:ID, from a map of just that.
func principal(value any) string {
	pair, _ := value.(map[string]any)
	for _, kind := range []string{"group", "user"} {
		if id, ok := pair[kind].(string); ok && len(pair) == 1 {
			return kind + ":" + id
		}
	}
	return ""
}

// wire puts this sandbox's Slack and Redis in the place of what was written.
func (d document) wire(s *slacksim.Server, redis map[string]any) {
	d["slack"] = map[string]any{
		"bot_token": s.App().BotToken, "app_token": s.App().AppToken, "api_url": s.APIURL(), "audit_channel": channelAudit,
	}
	d["redis"] = redis
	d["http"] = map[string]any{"listen": "127.0.0.1:0"}
}

// clusters are the entries of that section.
func (d document) clusters() []map[string]any {
	list, _ := d["clusters"].([]any)
	var out []map[string]any
	for _, entry := range list {
		if one, ok := entry.(map[string]any); ok {
			out = append(out, one)
		}
	}
	return out
}

// write writes the file that the bot reads, for its owner alone: it can hold
// somebody's passwords.
func (d document) write(path string) error {
	data, err := yaml.Marshal(map[string]any(d))
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return failed("the configuration can't be written: %w", err)
	}
	return nil
}

// load reads the written file as the bot will. Problems are told as those of the
// file that people know.
func (d document) load(path, knownAs string) (*config.Config, error) {
	if err := d.write(path); err != nil {
		return nil, err
	}
	c, err := config.Load(path)
	var problems *config.Problems
	if errors.As(err, &problems) {
		problems.File = knownAs
		for i := range problems.List {
			problems.List[i].Line = 0
		}
		return nil, misused("--config is broken:\n%w", problems)
	}
	return c, err
}
