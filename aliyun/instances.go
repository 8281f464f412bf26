package aliyun

import (
	"context"
	"strconv"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/elasticsearch"

	"es-restore/esops"
)

const (
	pageSize = 100 // the most the API gives
	maxPages = 100 // no account has so many; a server that never ends has
)

// Instances lists what a region has, in the cloud's order. Addresses are not in
// it: see Instance, or Cache for many.
func (c *Client) Instances(ctx context.Context, region string) ([]Instance, error) {
	all := []Instance{}
	seen := map[string]bool{} // what moves while pages are turned comes twice
	for n := 1; n <= maxPages; n++ {
		var bodies []instanceBody
		total := 0
		if err := c.do(ctx, listPage(region, n), page{&bodies, &total}); err != nil {
			return nil, err
		}
		for _, body := range bodies {
			if body.ID != "" && !seen[string(body.ID)] {
				seen[string(body.ID)] = true
				all = append(all, body.instance(c.regionOr(region)))
			}
		}
		// There is no token for a next page; a short one is the last, and the
		// total spares asking for an empty one.
		if len(bodies) < pageSize || total > 0 && n*pageSize >= total {
			return all, nil
		}
	}
	return nil, question{action: "ListInstance"}.fail(unsure, esops.Refuse("aliyun_answer", "Report it.",
		"Alibaba Cloud's list of instances does not end."))
}

func listPage(region string, n int) question {
	return question{action: "ListInstance", region: region, request: func() requests.AcsRequest {
		r := elasticsearch.CreateListInstanceRequest()
		r.Page = requests.Integer(strconv.Itoa(n))
		r.Size = requests.Integer(strconv.Itoa(pageSize))
		return r
	}}
}

// A Region is where instances can be.
type Region struct {
	ID       string // such as cn-hangzhou
	Name     string // such as China (Hangzhou)
	Endpoint string // the host of its API
}

// Regions lists where the product is offered, as far as the key may know. Any
// region answers for all.
func (c *Client) Regions(ctx context.Context) ([]Region, error) {
	var bodies []struct {
		ID       text `json:"regionId"`
		Name     text `json:"localName"`
		Endpoint text `json:"regionEndpoint"`
	}
	err := c.do(ctx, question{action: "DescribeRegions", request: func() requests.AcsRequest {
		return elasticsearch.CreateDescribeRegionsRequest()
	}}, &bodies)
	if err != nil {
		return nil, err
	}
	regions := []Region{}
	for _, b := range bodies {
		regions = append(regions, Region{string(b.ID), string(b.Name), string(b.Endpoint)})
	}
	return regions, nil
}
