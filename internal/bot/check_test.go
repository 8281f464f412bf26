package bot_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"es-restore/internal/essim"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// TestCheckWritesTheJSONThatProgramsRead holds --json to its published shape.
func TestCheckWritesTheJSONThatProgramsRead(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Slack.EditChannel(rig.SharedWith, func(c *slacksim.Channel) { c.ExtShared, c.ConnectedTeams = false, nil })
	code, stdout, stderr := run(t, r, "check", "--json")
	if code != 0 || stderr != "" {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
	report := checked(t, stdout)
	if !report.OK {
		t.Errorf("not ok: %s", stdout)
	}
	unproved := 0
	for _, c := range report.Checks {
		if c.Status == "not_proved" {
			unproved++
		}
	}
	if unproved == 0 { // a Redis in memory proves nothing
		t.Errorf("everything is proved: %s", stdout)
	}

	defer r.Clusters.SimReader.Refuse()()
	code, stdout, _ = run(t, r, "check", "--json")
	report = checked(t, stdout)
	if code != 1 || report.OK {
		t.Errorf("with a cluster away: exit %d, ok %v", code, report.OK)
	}
	if !slices.ContainsFunc(report.Checks, func(c checkLine) bool {
		return strings.HasPrefix(c.Name, "cluster es-cn-b") && c.Status == "failed" && c.Mend != ""
	}) {
		t.Errorf("no check says that it is away: %s", stdout)
	}
}

type checkLine struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	Mend   string `json:"mend"`
}

type checkReport struct {
	OK     bool        `json:"ok"`
	Checks []checkLine `json:"checks"`
}

// checked reads a report, and holds every line to what all lines must be.
func checked(t *testing.T, text string) checkReport {
	t.Helper()
	var report checkReport
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&report); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var loose struct{ Checks []map[string]any }
	if err := json.Unmarshal([]byte(text), &loose); err != nil {
		t.Fatal(err)
	}
	for i, c := range report.Checks {
		for _, field := range []string{"name", "status", "detail", "mend"} {
			if _, there := loose.Checks[i][field]; !there {
				t.Errorf("%s has no %s", c.Name, field)
			}
		}
		if c.Name == "" || c.Detail == "" || !slices.Contains([]string{"ok", "failed", "not_proved"}, c.Status) {
			t.Errorf("a line without words: %+v", c)
		}
		if c.Status == "failed" && c.Mend == "" {
			t.Errorf("%s fails and says no mend", c.Name)
		}
	}
	return report
}

// TestCheckProvesRightsAndNeverGuesses tries the rights of logins, and a cluster
// that can't be asked about them.
func TestCheckProvesRightsAndNeverGuesses(t *testing.T) {
	t.Parallel()
	secured := essim.New(essim.Options{Name: "es-cn-b", Version: "6.7.0", Users: map[string]essim.User{
		"lesser":  {Password: "secret", Cluster: []string{"monitor"}, Indices: map[string][]string{"*": {"read"}}},
		"greater": {Password: "secret", Superuser: true},
	}})
	t.Cleanup(secured.Close)
	for _, c := range []struct {
		login, status string
		detail, mend  []string
	}{
		{"greater", "ok", nil, nil},
		{"lesser", "failed", []string{"missing: ", "cluster:admin/snapshot/restore"},
			[]string{"PUT _security/role/es-restore-es-cn-b {", `"cluster:admin/snapshot/restore"`, `"delete_index"`}},
	} {
		t.Run(c.login, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{Destination: secured.URL(), ClusterExtra: ", username: " + c.login + ", password: secret"})
			_, stdout, _ := run(t, r, "check", "--json")
			for _, line := range checked(t, stdout).Checks {
				if line.Name != "cluster es-cn-b, rights" {
					continue
				}
				if line.Status != c.status {
					t.Errorf("%+v", line)
				}
				for _, want := range c.detail {
					if !strings.Contains(line.Detail, want) {
						t.Errorf("%q is not in %s", want, line.Detail)
					}
				}
				for _, want := range c.mend {
					if !strings.Contains(line.Mend, want) {
						t.Errorf("%q is not in %s", want, line.Mend)
					}
				}
				return
			}
			t.Errorf("nothing about rights: %s", stdout)
		})
	}
}
