package aliyun_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/aliyun"
	"es-restore/internal/aliyunsim"
)

func TestAPolicyGivesWhatIsNeededAndNoMore(t *testing.T) {
	const looking = `{"Effect":"Allow","Action":["elasticsearch:DescribeInstance","elasticsearch:DescribeElasticsearchHealth"],"Resource":["acs:elasticsearch:*:*:instances/*"]},` +
		`{"Effect":"Allow","Action":["elasticsearch:ListInstance","elasticsearch:ListSnapshotReposByInstanceId"],"Resource":["acs:elasticsearch:*:*:instances/*"]},` +
		`{"Effect":"Allow","Action":["elasticsearch:DescribeSnapshotSetting","elasticsearch:ListAlternativeSnapshotRepos"],"Resource":["*"]}`
	if diff := cmp.Diff(`{"Version":"1","Statement":[`+looking+`]}`, aliyun.ReadPolicy(aliyun.Scope{}).String()); diff != "" {
		t.Error(diff)
	}
	const sharing = `{"Version":"1","Statement":[` +
		`{"Effect":"Allow","Action":["elasticsearch:DescribeInstance","elasticsearch:DescribeElasticsearchHealth","elasticsearch:AddSnapshotRepo"],"Resource":["acs:elasticsearch:cn-hangzhou:42:instances/es-cn-a","acs:elasticsearch:cn-hangzhou:42:instances/es-cn-b"]},` +
		`{"Effect":"Allow","Action":["elasticsearch:ListInstance","elasticsearch:ListSnapshotReposByInstanceId"],"Resource":["acs:elasticsearch:cn-hangzhou:42:instances/*"]},` +
		`{"Effect":"Allow","Action":["elasticsearch:DescribeSnapshotSetting","elasticsearch:ListAlternativeSnapshotRepos","elasticsearch:DeleteSnapshotRepo"],"Resource":["*"]}]}`
	got := aliyun.SharePolicy(aliyun.Scope{Region: "cn-hangzhou", Account: "42", Instances: []string{"es-cn-a", "es-cn-b"}}).String()
	if diff := cmp.Diff(sharing, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryCallIsCoveredByAPolicy(t *testing.T) {
	s := cloud(t)
	c := client(t, s)
	ctx := within(t)
	for _, p := range aliyun.Permissions() {
		if err := c.Try(ctx, p, region, "es-cn-b"); err != nil && !p.Changes {
			t.Errorf("%s: %v", p.Action, err)
		}
	}
	if err := errors.Join(c.AddSharedRepository(ctx, region, "es-cn-b", "es-cn-a"), c.RemoveSharedRepository(ctx, region, "es-cn-b", "es-cn-a")); err != nil {
		t.Fatal(err)
	}
	policy := aliyun.SharePolicy(aliyun.Scope{}).String()
	for _, r := range s.Requests() {
		if !strings.Contains(policy, `"elasticsearch:`+r.Action+`"`) {
			t.Errorf("%s is in no policy", r.Action)
		}
	}
	if n := len(aliyun.Permissions()); n != 8 || strings.Count(policy, `"elasticsearch:`) != n {
		t.Errorf("%d permissions, %s", n, policy)
	}
}

func TestAPermissionIsTriedWithoutChangingAnything(t *testing.T) {
	for _, p := range aliyun.Permissions() {
		s := cloud(t)
		c := client(t, s)
		action := strings.TrimPrefix(p.Action, "elasticsearch:")
		if p.Changes {
			if err := c.Try(within(t), p, region, "es-cn-b"); !errors.Is(err, aliyun.ErrNotProved) || !strings.Contains(err.Error(), "without changing something") || len(s.Requests()) != 0 {
				t.Errorf("%s: %v, %d requests", action, err, len(s.Requests()))
			}
			continue
		}
		if err := c.Try(within(t), p, region, "es-cn-b"); err != nil {
			t.Errorf("%s is there: %v", action, err)
		}
		s.Fail(action, aliyunsim.Activating())
		if err := c.Try(within(t), p, region, "es-cn-b"); err != nil {
			t.Errorf("%s is there, at a change: %v", action, err)
		}
		s.Fail(action, aliyunsim.Throttle().N(3))
		if err := c.Try(within(t), p, region, "es-cn-b"); !errors.Is(err, aliyun.ErrNotProved) || !errors.Is(err, aliyun.ErrThrottled) || refusal(t, err).Code != "aliyun_throttled" {
			t.Errorf("%s can't be told: %v", action, err)
		}
		s.Deny(keyID, action)
		err := c.Try(within(t), p, region, "es-cn-b")
		if errors.Is(err, aliyun.ErrNotProved) || !strings.Contains(refusal(t, err).Sentence, "lacks the permission "+p.Action) {
			t.Errorf("%s is missing: %v", action, err)
		}
		s.Permit(keyID, action)
		if err := c.Try(within(t), p, region, "es-cn-b"); err != nil {
			t.Errorf("%s is back: %v", action, err)
		}
	}
}

func TestAPermissionThatIsNotOursIsNotTried(t *testing.T) {
	s := cloud(t)
	err := client(t, s).Try(within(t), aliyun.Permission{Action: "elasticsearch:DeleteInstance"}, region, "es-cn-b")
	if !errors.Is(err, aliyun.ErrNotProved) || len(s.Requests()) != 0 {
		t.Error(err)
	}
	if err := client(t, s).Try(within(t), aliyun.Permissions()[1], region, ""); !errors.Is(err, aliyun.ErrNotProved) {
		t.Error(err)
	}
}
