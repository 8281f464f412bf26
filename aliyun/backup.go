package aliyun

import (
	"context"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/elasticsearch"

	"es-restore/esops"
)

// A Backup is the setting of an instance's automatic snapshots.
type Backup struct {
	Enabled bool
	// Schedule is a Quartz cron expression in the region's local time, such as
	// "0 0 01 ? * * *".
	Schedule string
}

// AutoBackup tells whether automatic snapshots are taken, and when. The SDK's own
// struct always says no: it reads enable where the API writes Enable.
func (c *Client) AutoBackup(ctx context.Context, region, id string) (Backup, error) {
	var body struct {
		Enabled  *truth `json:"Enable"`
		Schedule text   `json:"QuartzRegex"`
	}
	q := about("DescribeSnapshotSetting", region, id, func(path string) requests.AcsRequest {
		r := elasticsearch.CreateDescribeSnapshotSettingRequest()
		r.InstanceId = path
		return r
	})
	if err := c.do(ctx, q, &body); err != nil {
		return Backup{}, err
	}
	if body.Enabled == nil { // which is not the same as no
		return Backup{}, q.fail(unsure, esops.Refuse("aliyun_answer", "See it in the console, under Snapshots.",
			"Alibaba Cloud does not tell whether %s takes automatic snapshots.", id))
	}
	return Backup{Enabled: bool(*body.Enabled), Schedule: string(body.Schedule)}, nil
}

// Health tells green, yellow or red, as the cloud last saw it.
func (c *Client) Health(ctx context.Context, region, id string) (string, error) {
	var body text
	err := c.do(ctx, about("DescribeElasticsearchHealth", region, id, func(path string) requests.AcsRequest {
		r := elasticsearch.CreateDescribeElasticsearchHealthRequest()
		r.InstanceId = path
		return r
	}), &body)
	return strings.ToLower(string(body)), err
}
