// Package rig is a whole small company for tests: a Slack with people in it, a
// Redis, two Elasticsearch clusters with a snapshot to restore, and the bot
// between them, in this process or as a built binary that can be killed.
//
// It asserts nothing by itself but that things come about in time. Start at New.
package rig

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"es-restore/internal/aliyunsim"
	"es-restore/internal/slacksim"
	"es-restore/store"
)

// The people and places of every rig.
const (
	Channel      = "C0ES"
	OtherChannel = "C0DBA"
	SharedWith   = "C0SHARED" // shared with another company
	AuditChannel = "C0AUDIT"
	Anna         = "U0ANNA" // asks; in the engineers' group
	Ben          = "U0BEN"  // approves; in the DBAs' and the engineers' group
	Cleo         = "U0CLEO" // approves; in the DBAs' group
	Dora         = "U0DORA" // a full member in no group
	Gast         = "U0GAST" // a guest, in the DBAs' group all the same
	Otto         = "U0OTTO" // of another company, in the DBAs' group all the same
	Gone         = "U0GONE" // deactivated, in the DBAs' group all the same
	Robot        = "U0ROBO" // a bot of somebody's, in the DBAs' group all the same
	DBAs         = "S0DBA"
	Engineers    = "S0ENG"

	// Repository and Snapshot are where es-cn-b finds the story's snapshot.
	Repository = "aliyun_snapshot_from_es-cn-a"
	Snapshot   = "es-cn-a_20190705220000"
)

// Options choose the parts. The zero value is all doubles.
type Options struct {
	// Elasticsearch are the clusters; nil makes two simulated ones of 6.7.0.
	Clusters *Clusters
	// Redis is an address; empty starts a Redis in memory.
	Redis string
	// BotRedis is the address the bots use, such as a wire's; empty: Redis's.
	BotRedis string
	// Policies replaces the one rule "one DBA approves everything", as YAML.
	Policies string
	// Extra is more YAML at the top level.
	Extra string
	// ClusterExtra is more YAML within es-cn-b, such as ", read_only: true".
	ClusterExtra string
	// SlackExtra is more YAML within slack.
	SlackExtra string
	// Destination replaces es-cn-b's address, such as by a proxy's.
	Destination string
	// RedisExtra is more YAML within redis, such as ", password: secret".
	RedisExtra string
	// Cloud has both clusters as instances; they are then configured by their IDs
	// alone.
	Cloud *aliyunsim.Server
	// Slack are options for the simulated Slack.
	Slack []slacksim.Option
}

// A Rig is one company.
type Rig struct {
	T        testing.TB
	Slack    *slacksim.Server
	Clusters *Clusters
	Redis    string // host:port
	Config   string // the file's path

	// Log is what the bots wrote.
	Log *Log

	shared func() *store.Store
}

// Message is one message in Slack.
type Message = slacksim.Message

// Log is a log that may be read while it is written.
type Log struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	wrote chan struct{} // closed by the next line; nil when nobody waits
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrote != nil {
		close(l.wrote)
		l.wrote = nil
	}
	return l.buf.Write(p)
}

// Wait returns when cond holds of what was written, or ctx ends.
func (l *Log) Wait(ctx context.Context, cond func(log string) bool) error {
	for {
		l.mu.Lock()
		if cond(l.buf.String()) {
			l.mu.Unlock()
			return nil
		}
		if l.wrote == nil {
			l.wrote = make(chan struct{})
		}
		wrote := l.wrote
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wrote:
		}
	}
}

// String is everything written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

const defaultPolicies = `
  - name: one DBA
    require: [{count: 1, from: [group:S0DBA]}]`

var configText = template.Must(template.New("config").Parse(`
slack:
  bot_token: {{.Slack.App.BotToken}}
  app_token: {{.Slack.App.AppToken}}
  api_url: {{.Slack.APIURL}}
  channels: [C0ES, C0DBA, C0SHARED]
{{.SlackExtra}}
redis: {url: "redis://{{.BotRedis}}/0", allow_data_loss: true{{.RedisExtra}}}
http: {listen: "127.0.0.1:0"}
clusters:
{{- if .Cloud}}
  - {name: es-cn-a, instance_id: es-cn-a, read_only: true}
  - {name: es-cn-b, instance_id: es-cn-b{{.ClusterExtra}}}
{{.Cloud}}
{{- else}}
  - {name: es-cn-a, url: "{{.Clusters.Owner}}", read_only: true}
  - {name: es-cn-b, url: "{{.Destination}}"{{.ClusterExtra}}}
{{- end}}
policies:{{.Policies}}
{{.Extra}}
`))

// New sets a company up; everything ends with the test. No bot runs yet.
func New(t testing.TB, o Options) *Rig {
	t.Helper()
	r := &Rig{T: t, Clusters: o.Clusters, Redis: o.Redis, Log: &Log{}}
	r.shared = sync.OnceValue(r.Store)
	if r.Clusters == nil {
		r.Clusters = Simulated(t, "6.7.0")
	}
	if r.Redis == "" {
		r.Redis = MiniRedis(t).Addr()
	}
	r.Slack = slacksim.New(o.Slack...)
	t.Cleanup(r.Slack.Close)
	r.people()
	if o.Policies == "" {
		o.Policies = defaultPolicies
	}
	if o.BotRedis == "" {
		o.BotRedis = r.Redis
	}
	if o.Destination == "" {
		o.Destination = r.Clusters.Reader
	}
	cloud := ""
	if o.Cloud != nil {
		cloud = aliyunText(o.Cloud)
	}
	var text bytes.Buffer
	err := configText.Execute(&text, map[string]any{
		"Cloud": cloud,
		"Slack": r.Slack, "BotRedis": o.BotRedis, "Clusters": r.Clusters, "Destination": o.Destination,
		"Policies": o.Policies, "Extra": o.Extra, "SlackExtra": o.SlackExtra, "ClusterExtra": o.ClusterExtra,
		"RedisExtra": o.RedisExtra,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Config = filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(r.Config, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *Rig) people() {
	s := r.Slack
	team := s.Team().ID
	for _, u := range []slacksim.User{
		{ID: Anna, Name: "anna"}, {ID: Ben, Name: "ben"}, {ID: Cleo, Name: "cleo"}, {ID: Dora, Name: "dora"},
		{ID: Gast, Name: "gast", Restricted: true},
		{ID: Otto, Name: "otto", TeamID: "T0OTHER"},
		{ID: Gone, Name: "gone", TeamID: team, Deleted: true},
		{ID: Robot, Name: "robo", IsBot: true},
	} {
		s.PutUser(u)
	}
	s.PutGroup(slacksim.Group{ID: DBAs, Handle: "dba", Members: []string{Ben, Cleo, Gast, Otto, Gone, Robot}})
	s.PutGroup(slacksim.Group{ID: Engineers, Handle: "eng", Members: []string{Anna, Ben}})
	everyone := []string{Anna, Ben, Cleo, Dora, Gast, Otto, s.App().BotUserID}
	s.PutChannel(slacksim.Channel{ID: Channel, Name: "es", Members: everyone})
	s.PutChannel(slacksim.Channel{ID: OtherChannel, Name: "dba", Members: everyone})
	s.PutChannel(slacksim.Channel{ID: AuditChannel, Name: "audit", Members: everyone})
	s.PutChannel(slacksim.Channel{ID: SharedWith, Name: "with-others", Members: everyone, ExtShared: true, ConnectedTeams: []string{"T0OTHER"}})
}

// For is the same company for a subtest.
func (r *Rig) For(t testing.TB) *Rig {
	same := *r
	same.T = t
	return &same
}

// soon bounds everything a rig waits for.
const soon = 30 * time.Second

// Until waits for something in Slack, and fails the test when it does not come.
func (r *Rig) Until(what string, cond func() bool) {
	r.T.Helper()
	r.Within(soon, what, cond)
}

// Within is Until with another patience.
func (r *Rig) Within(patience time.Duration, what string, cond func() bool) {
	r.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Slack.Wait(ctx, cond); err != nil {
		r.T.Fatalf("in vain: %s (%v)\n%s", what, err, r.Dump())
	}
}

// Dump is everything there is to see, for a test that failed.
func (r *Rig) Dump() string {
	var b strings.Builder
	for _, channel := range []string{Channel, OtherChannel} {
		for _, m := range r.Slack.Messages(channel) {
			fmt.Fprintf(&b, "--- %s in %s\n%s %v\n", m.TS, channel, m.AllText(), m.Actions())
			for _, reply := range r.Slack.Thread(channel, m.TS)[1:] {
				fmt.Fprintf(&b, "    > %s\n", reply.AllText())
			}
		}
	}
	for _, user := range []string{Anna, Ben, Cleo, Dora} {
		for _, m := range r.Slack.Ephemerals(user, "") {
			fmt.Fprintf(&b, "--- only %s sees\n%s\n", user, m.AllText())
		}
	}
	log := r.Log.String()
	fmt.Fprintf(&b, "--- log\n%s", log[max(0, len(log)-6000):])
	return b.String()
}
