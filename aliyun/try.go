package aliyun

import (
	"context"
	"errors"
	"strings"

	"es-restore/esops"
)

// ErrNotProved is joined to what Try says of a permission that it could not
// prove, neither given nor missing.
var ErrNotProved = errors.New("not proved")

// Try finds out whether the bot has a permission, by using it on an instance. It
// changes nothing: a permission to change is not proved. nil means that it has
// it; that it lacks it is a refusal aliyun_forbidden.
func (c *Client) Try(ctx context.Context, p Permission, region, instance string) error {
	if p.Changes {
		return notProved("It can't be tried without changing something.")
	}
	err := c.use(ctx, strings.TrimPrefix(p.Action, "elasticsearch:"), region, instance)
	var refusal *esops.Refusal
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &refusal), refusal.Code == "aliyun_forbidden":
		return err
	case refusal.Code == "aliyun_activating", refusal.Code == "aliyun_busy":
		return nil // permissions come first
	}
	return &failure{refusal: refusal, kinds: []error{ErrNotProved, err}}
}

func notProved(why string) error {
	return &failure{refusal: esops.Refuse("aliyun_not_proved", "", "%s", why), kinds: []error{ErrNotProved}}
}

// use calls an action for nothing but its answer.
func (c *Client) use(ctx context.Context, action, region, instance string) (err error) {
	switch action {
	case "ListInstance":
		_, err = c.Instances(ctx, region)
	case "DescribeInstance":
		_, err = c.Instance(ctx, region, instance)
	case "DescribeElasticsearchHealth":
		_, err = c.Health(ctx, region, instance)
	case "DescribeSnapshotSetting":
		_, err = c.AutoBackup(ctx, region, instance)
	case "ListSnapshotReposByInstanceId":
		_, err = c.SharedRepositories(ctx, region, instance)
	case "ListAlternativeSnapshotRepos":
		_, err = c.AlternativeRepositories(ctx, region, instance)
	default:
		return notProved("The bot does not use " + permissionOf(action) + ".")
	}
	return err
}
