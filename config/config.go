package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	_ "time/tzdata" // zones are known on machines without a list of them too

	"es-restore/approvals"
	"es-restore/esops"
)

// A Config is a file that was read and found sound. What was left out has its
// default, except in Policies, whose defaults package approvals holds.
type Config struct {
	File     string // the name it was read by
	Slack    Slack
	Redis    Redis
	HTTP     HTTP
	Timezone *time.Location // how times without a zone are read; UTC by default
	UndoFor  time.Duration  // how long after its end an operation can be undone
	Clusters []Cluster      // at least one
	Aliyun   *Aliyun        // nil: the section is left out
	// Requesters are who may ask; none: every full member in Slack.Channels.
	Requesters []approvals.Principal
	Policies   approvals.Rules // at least one
	Examples   []Example       // that stand beside the policies
	Audit      Audit
	Verify     []esops.Query // that restored indices are held against
	// Warnings are what is unwise and yet no reason not to start.
	Warnings []Problem

	lines map[string]int
}

// HTTP is the server of /healthz, /readyz and /metrics.
type HTTP struct {
	Listen string // host:port; empty: off
}

const (
	defaultListen  = "127.0.0.1:8080"
	defaultUndoFor = 24 * time.Hour
)

// Load reads a file, with the variables of the process and the files that it
// names: relative paths count from its own folder. A file that can't be read or
// is not sound is *Problems. Secrets that stand in a file which everybody on the
// machine can read are warned of.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Problems{File: path, List: []Problem{unreadable(err)}}
	}
	r := newReader(os.LookupEnv, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		return os.ReadFile(name)
	})
	config, err := r.read(path, data)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o004 != 0 {
		for _, secret := range r.plain {
			secret.warning("a secret in a file that everybody on this machine can read", "write {env: NAME} or {file: PATH}, or make the file readable for its owner alone")
		}
		config.Warnings = sorted(r.warnings)
	}
	return config, nil
}

// LoadWithoutSecrets is Load for those who only look at policies: a variable that
// is not set does not matter.
func LoadWithoutSecrets(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Problems{File: path, List: []Problem{unreadable(err)}}
	}
	return Parse(path, data, func(name string) (string, bool) {
		if value, set := os.LookupEnv(name); set && value != "" {
			return value, true
		}
		return "not set", true
	}, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		return os.ReadFile(name)
	})
}

func unreadable(err error) Problem {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Problem{What: "there is no such file", Write: "name the configuration with --config"}
	case errors.Is(err, fs.ErrPermission):
		return Problem{What: "it may not be read", Write: "let the user the bot runs as read it"}
	}
	return Problem{What: "it can't be read", Write: "name a file with --config"}
}

// Parse reads data as the file called name, asking env for variables and
// readFile for the files that it names. Data that is not sound is *Problems.
func Parse(name string, data []byte, env func(string) (string, bool), readFile func(string) ([]byte, error)) (*Config, error) {
	return newReader(env, readFile).read(name, data)
}

func (r *reader) read(name string, data []byte) (*Config, error) {
	config := &Config{File: name, lines: r.lines}
	if body := r.parse(data); body != nil {
		if root, ok := r.node("", 1, body).section(); ok {
			config.fill(root)
		}
	}
	if len(r.problems) > 0 {
		return nil, &Problems{File: name, List: sorted(r.problems)}
	}
	config.Warnings = sorted(r.warnings)
	return config, nil
}

func (c *Config) fill(root section) {
	c.Slack = readSlack(root.sub("slack"))
	c.Redis = readRedis(root.sub("redis"))
	c.HTTP.Listen = read(root.sub("http"), "listen", node.listenAddress, defaultListen)
	c.Timezone = read(root, "timezone", node.timezone, time.UTC)
	c.UndoFor = read(root, "undo_for", node.duration, defaultUndoFor)
	c.Aliyun = readAliyun(root)
	c.Clusters = readClusters(root, c.Aliyun)
	c.Requesters = read(root, "requesters", listOf(node.principal), nil)
	c.Policies, c.Examples = readPolicies(root, c.Clusters)
	c.Audit = readAudit(root)
	c.Verify = readVerify(root)
}

func (n node) timezone() (*time.Location, bool) {
	text, ok := n.word()
	if !ok {
		return nil, false
	}
	zone, err := time.LoadLocation(text)
	if err != nil || text == "Local" {
		n.problem("not a time zone", "write one by its name, such as UTC or Asia/Shanghai")
		return nil, false
	}
	return zone, true
}

// Line tells where in the file a path such as policies[0].require[1].from[0]
// stands: for what is left out, the line of what it would stand in.
func (c *Config) Line(path string) int { return lineIn(c.lines, path) }
