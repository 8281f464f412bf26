package bot_test

import (
	"strings"
	"testing"

	"es-restore/internal/rig"
)

const impossible = `
  - name: three of two
    when: {indices: ["payments-*"]}
    require: [{count: 2, from: [group:S0ENG, user:U0NOBODY]}, {count: 2, from: [group:S0ENG]}]
  - name: one DBA
    require: [{count: 1, from: [group:S0DBA]}]`

func TestPoliciesThatNobodyCanMeetAreFoundByCheckAndAtTheStart(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Policies: impossible})
	got := checks(t, r)
	if c := got["policy three of two"]; c.Status != "failed" || !strings.Contains(c.Detail, "can never be met") || !strings.Contains(c.Detail, "policies[0].require, line ") {
		t.Errorf("%+v", c)
	}
	if c := got["policies, user:U0NOBODY"]; c.Status != "failed" || !strings.Contains(c.Detail, "policies[0].require[0].from[1], line ") {
		t.Errorf("%+v", c)
	}
	if c := got["policy one DBA"]; c.Status != "ok" {
		t.Errorf("%+v", c)
	}
	r.Start()
	r.Poll("the log says so", func() bool {
		log := r.Log.String()
		return strings.Contains(log, "three of two can never be met") || strings.Contains(log, "it can never be met") && strings.Contains(log, "U0NOBODY")
	})
}

func TestAPolicyThatAsksNobodyAboutSharesIsWarnedOfByCheckAndAtTheStart(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Policies: `
  - name: anyone takes logs
    when: {indices: ["log-*"], overwrites: false}
    require: []
  - name: one DBA
    require: [{count: 1, from: [group:S0DBA]}]`})
	const says = "policies[0].when.indices: no limit to what names no index"
	code, stdout, stderr := run(t, r, "check")
	if !strings.Contains(stdout, says) || !strings.Contains(stdout, "kinds: [restore]") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	r.Start()
	r.Poll("the log says so", func() bool { return strings.Contains(r.Log.String(), says) })
}
