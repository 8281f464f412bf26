package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"es-restore/approvals"
	"es-restore/esops"
)

var update = flag.Bool("update", false, "write what is said now as what should be said")

// variables is the environment of every test.
func variables(name string) (string, bool) {
	value, ok := map[string]string{
		"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "EMPTY_VARIABLE": "",
		"REDIS_PASSWORD": "redis-pw", "ES_PASSWORD": "es-pw", "KEY_ID": "key-id", "KEY_SECRET": "key-secret",
	}[name]
	return value, ok
}

func testdata(name string) ([]byte, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join("testdata", name)
	}
	return os.ReadFile(name)
}

func parseText(text string) (*Config, error) {
	return Parse("config.yml", []byte(text), variables, testdata)
}

func TestEachFileIsToldWhatIsWrongWithIt(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".yml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			config, err := Parse(name, data, variables, testdata)
			if good := strings.HasPrefix(name, "good-"); good != (err == nil) {
				t.Fatalf("good: %v, but the error is: %v", good, err)
			}
			said := ""
			if err != nil {
				said = err.Error() + "\n"
			} else {
				for _, warning := range config.Warnings {
					said += warning.String() + "\n"
				}
			}
			golden(t, strings.TrimSuffix(file, ".yml")+".golden", said)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (-want +got):\n%s", file, diff)
	}
}

func load(t *testing.T, name string) *Config {
	t.Helper()
	data, err := testdata(name)
	if err != nil {
		t.Fatal(err)
	}
	config, err := Parse(name, data, variables, testdata)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func compare(t *testing.T, want, got *Config) {
	t.Helper()
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}), zones); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	compare(t, &Config{
		File: "good-smallest.yml",
		Slack: Slack{
			BotToken: NewSecret("xoxb-1"), AppToken: NewSecret("xapp-1"), APIURL: "https://slack.com/api/",
		},
		Redis:    Redis{URL: "redis://localhost:6379/0"},
		HTTP:     HTTP{Listen: "127.0.0.1:8080"},
		Timezone: time.UTC,
		UndoFor:  24 * time.Hour,
		Clusters: []Cluster{{Name: "dev", URL: "http://localhost:9200"}},
		Policies: approvals.Rules{{
			Name:    "all",
			Require: []approvals.Requirement{{Count: 1, From: []approvals.Principal{{Group: true, ID: "S0ENG"}}}},
		}},
	}, load(t, "good-smallest.yml"))
}

func TestEveryKeyIsRead(t *testing.T) {
	ca, err := testdata("ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	group := func(id string) approvals.Principal { return approvals.Principal{Group: true, ID: id} }
	user := func(id string) approvals.Principal { return approvals.Principal{ID: id} }
	yes, no := true, false
	compare(t, &Config{
		File: "good-everything.yml",
		Slack: Slack{
			BotToken: NewSecret("xoxb-from-a-file"), AppToken: NewSecret("xapp-plain"),
			APIURL: "http://127.0.0.1:9999/slack/", Channels: []string{"C0ES", "G0DBA"}, AuditChannel: "C0AUDIT",
		},
		Redis: Redis{
			URL: "rediss://redis.example:6380/2", Username: "bot", Password: NewSecret("redis-pw"), CA: ca, AllowDataLoss: true,
		},
		Timezone: zone,
		UndoFor:  36 * time.Hour,
		Clusters: []Cluster{
			{
				Name: "es-cn-b", URL: "https://es-cn-b.example:9200/prefix", Username: "restorer", Password: NewSecret("es-pw"),
				CA: ca, InstanceID: "es-cn-b", Region: "cn-beijing", ReadOnly: true,
			},
			{Name: "es-cn-c", APIKey: NewSecret("es-pw"), InstanceID: "es-cn-c", Region: "cn-hangzhou"},
		},
		Aliyun: &Aliyun{
			Region: "cn-hangzhou", Endpoint: "http://127.0.0.1:9998",
			AccessKeyID: NewSecret("key-id"), AccessKeySecret: NewSecret("key-secret"),
		},
		Requesters: []approvals.Principal{group("S0ENG"), user("U0ANNA")},
		Policies: approvals.Rules{
			{
				Name: "production",
				When: approvals.When{
					Clusters: []string{"es-*"}, Sources: []string{"prod-*"}, Indices: []string{"payments-*"},
					Kinds:      []esops.Kind{esops.KindRestore, esops.KindShare, esops.KindUndo},
					Requesters: []approvals.Principal{group("S0ENG")}, Overwrites: &yes, LargerThan: 3 << 29,
				},
				Require: []approvals.Requirement{
					{Count: 1, From: []approvals.Principal{group("S0DBA")}},
					{Count: 2, From: []approvals.Principal{group("S0SRE"), user("U0LEAD")}},
				},
				Expires: 4 * time.Hour, StartWithin: 90 * time.Minute, Remind: 90 * time.Second,
				Stop: []approvals.Principal{group("S0SRE")}, Channel: "C0DBA",
			},
			{Name: "on call", When: approvals.When{Requesters: []approvals.Principal{group("S0ONCALL")}, Overwrites: &no}},
			{Name: "everything else", Require: []approvals.Requirement{{Count: 1, From: []approvals.Principal{group("S0ENG")}}}},
		},
	}, load(t, "good-everything.yml"))
}

func TestSentinelIsReadWithItsAddresses(t *testing.T) {
	redis := load(t, "good-sentinel.yml").Redis
	want := &Sentinel{Master: "mymaster", Addresses: []string{"a:26379", "[::1]:26379"}}
	if diff := cmp.Diff(want, redis.Sentinel); diff != "" || redis.URL != "" {
		t.Errorf("url %q (-want +got):\n%s", redis.URL, diff)
	}
	if redis.Password.Reveal() != "0123" {
		t.Error("digits without quotes are not the password as it is written")
	}
}

func TestAPathHasItsLineAndWhatIsLeftOutThatOfItsSection(t *testing.T) {
	config := load(t, "good-everything.yml")
	for path, want := range map[string]int{
		"slack.channels[1]":                   5,
		"redis":                               7,
		"clusters[1].name":                    25,
		"policies[0].when.requesters[0]":      41,
		"policies[0].require[0].from[0]":      43,
		"policies[0].require[1].from[1]":      45,
		"policies[2].expires":                 54,
		"clusters[0].api_key":                 17,
		"policies[0].require[1].from[7].deep": 45,
		"":                                    1,
		"no.such[4].thing":                    1,
	} {
		if got := config.Line(path); got != want {
			t.Errorf("%q stands on line %d, not %d", path, want, got)
		}
	}
}

func TestAFileThatIsNotThereIsAProblemOfItsOwn(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yml"))
	var problems *Problems
	if !errors.As(err, &problems) || !strings.HasSuffix(err.Error(), "none.yml: there is no such file; name the configuration with --config") {
		t.Errorf("it says: %v", err)
	}
	if _, err := Load(t.TempDir()); !errors.As(err, &problems) {
		t.Errorf("a folder: %v", err)
	}
}

func TestSlacksTokensComeFromTheirVariablesByDefault(t *testing.T) {
	_, err := Parse("config.yml", []byte("undo_for: 1h\n"+smallest), func(string) (string, bool) { return "", false }, testdata)
	const write = "set it before the start, or write {env: NAME}, {file: PATH}, or the text itself"
	want := []Problem{
		{"slack.bot_token", 1, "the environment variable SLACK_BOT_TOKEN, from which it comes by default, is not set", write},
		{"slack.app_token", 1, "the environment variable SLACK_APP_TOKEN, from which it comes by default, is not set", write},
	}
	var problems *Problems
	if !errors.As(err, &problems) {
		t.Fatalf("it says: %v", err)
	}
	if diff := cmp.Diff(want, problems.List); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFilesAreFoundFromTheFolderOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "xoxb-9\r\n", 0o600)
	file := filepath.Join(dir, "config.yml")
	write(t, file, "slack: {bot_token: {file: token}, app_token: xapp-9}\n"+smallest, 0o644)
	config, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Slack.BotToken.Reveal(); got != "xoxb-9" {
		t.Errorf("the token reads %q", got)
	}
}

const smallest = `clusters: [{name: dev, url: "http://localhost:9200"}]
policies: [{name: all, require: [{count: 1, from: [group:S0ENG]}]}]
`

func TestASecretInAFileThatEverybodyCanReadIsWarnedOf(t *testing.T) {
	for mode, want := range map[os.FileMode][]string{
		0o644: {"slack.app_token"},
		0o640: nil,
		0o600: nil,
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "token"), "xoxb-9", 0o644)
		file := filepath.Join(dir, "config.yml")
		write(t, file, "slack: {bot_token: {file: token}, app_token: xapp-9}\n"+smallest, mode)
		config, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, warning := range config.Warnings {
			got = append(got, warning.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mode %v (-want +got):\n%s", mode, diff)
		}
	}
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}
