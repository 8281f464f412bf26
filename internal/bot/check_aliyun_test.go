package bot_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"es-restore/internal/aliyunsim"
	"es-restore/internal/bot"
	"es-restore/internal/rig"
)

// checks runs `bot check --json` and returns its lines by name.
func checks(t *testing.T, r *rig.Rig) map[string]bot.Check {
	t.Helper()
	var out, log bytes.Buffer
	bot.Run(t.Context(), []string{"--config", r.Config, "check", "--json"}, &out, &log)
	var report struct{ Checks []bot.Check }
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), log.String())
	}
	if strings.Contains(out.String()+log.String(), aliyunsim.DefaultKeySecret) {
		t.Error("the secret got out")
	}
	byName := map[string]bot.Check{}
	for _, c := range report.Checks {
		byName[c.Name] = c
	}
	return byName
}

func TestCheckTriesEachPermissionOfAlibabaCloudAndPrintsThePolicyToPaste(t *testing.T) {
	t.Parallel()
	clusters := rig.Simulated(t, "6.7.0")
	cloud := rig.NewCloud(t, clusters)
	r := rig.New(t, rig.Options{Clusters: clusters, Cloud: cloud})
	want := func(got map[string]bot.Check, name, status, detail, mend string) {
		t.Helper()
		c := got[name]
		if c.Status != status || !strings.Contains(c.Detail, detail) || !strings.Contains(c.Mend, mend) {
			t.Errorf("%s: %+v, want %s with %q and %q", name, c, status, detail, mend)
		}
	}
	got := checks(t, r)
	want(got, "alibaba cloud", "ok", "takes the keys", "")
	want(got, "alibaba cloud, elasticsearch:ListInstance", "ok", "list instances", "")
	want(got, "alibaba cloud, elasticsearch:ListAlternativeSnapshotRepos", "ok", "", "")
	want(got, "alibaba cloud, elasticsearch:AddSnapshotRepo", "not_proved", "can't be tried", `"elasticsearch:AddSnapshotRepo"`)
	want(got, "alibaba cloud, elasticsearch:DeleteSnapshotRepo", "not_proved", "", `acs:elasticsearch:cn-hangzhou:*:instances/es-cn-a`)
	want(got, "cluster es-cn-b", "ok", "6.7.0", "")
	if n := len(cloud.Requests("AddSnapshotRepo", "DeleteSnapshotRepo")); n != 0 {
		t.Errorf("the check changed something, %d times", n)
	}

	cloud.Deny(aliyunsim.DefaultKeyID, "DescribeSnapshotSetting")
	got = checks(t, r)
	want(got, "alibaba cloud, elasticsearch:DescribeSnapshotSetting", "failed", "DescribeSnapshotSetting on es-cn-b", `"elasticsearch:DescribeSnapshotSetting"`)
	want(got, "alibaba cloud, elasticsearch:DescribeInstance", "ok", "", "")
	if strings.Contains(got["alibaba cloud, elasticsearch:DescribeSnapshotSetting"].Mend, "AddSnapshotRepo") {
		t.Error("the policy for looking lets change something")
	}

	cloud.Deny(aliyunsim.DefaultKeyID, "DescribeInstance")
	got = checks(t, r)
	want(got, "cluster es-cn-b", "failed", "could not be learnt from Alibaba Cloud", "")

	cloud.RemoveKey(aliyunsim.DefaultKeyID)
	got = checks(t, r)
	want(got, "alibaba cloud", "failed", "", "")
	if _, told := got["alibaba cloud, elasticsearch:ListInstance"]; told {
		t.Error("permissions are tried with keys that the cloud does not take")
	}
}
