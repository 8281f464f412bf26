package aliyun

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/elasticsearch"

	"es-restore/esops"
)

// The statuses of an instance.
const (
	StatusActive     = "active"     // it works
	StatusActivating = "activating" // a change is in progress
	StatusInactive   = "inactive"   // frozen, for a bill that was not paid
	StatusInvalid    = "invalid"    // released, or not reachable
)

// The editions, as instanceCategory says them.
const (
	CategoryStandard  = "x-pack" // the pages call it the Standard Edition
	CategoryAdvanced  = "advanced"
	CategoryIndexing  = "IS" // Indexing Service: no automatic snapshots
	CategoryCommunity = "community"
)

// An Instance is what the cloud knows about one cluster. Of one that is gone it
// knows little; in a listing it does not tell addresses.
type Instance struct {
	ID          string
	Region      string // where it was asked for
	Description string // its name in the console
	Status      string
	Version     esops.Version // zero: not understood
	RawVersion  string        // such as 6.7_with_X-Pack; the patch may be left out
	Category    string
	Kernel      Kernel
	Domain      string // the private one, never built from the ID
	Port        int
	Protocol    string // HTTP or HTTPS
	// PublicDomain is empty when there is no access from the internet.
	PublicDomain string
	PublicPort   int
	Zones        []string
	DiskGB       int // of each data node; 0: not known
	NodeCount    int
	CreatedAt    time.Time
}

// URL is where the cluster answers inside its network, or "" when the cloud did
// not tell.
func (i Instance) URL() string { return i.address(i.Domain, i.Port) }

// PublicURL is where it answers from the internet, or "".
func (i Instance) PublicURL() string { return i.address(i.PublicDomain, i.PublicPort) }

// address takes 9200 for a port that was not told: it is that of HTTP and of
// HTTPS.
func (i Instance) address(domain string, port int) string {
	if domain == "" || strings.ContainsAny(domain, "/@?#:[]% ") {
		return ""
	}
	if port <= 0 || port > 65535 {
		port = 9200
	}
	scheme := "http"
	if strings.EqualFold(i.Protocol, "https") {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: net.JoinHostPort(domain, strconv.Itoa(port))}).String()
}

// PatchKnown reports whether the version was told to its last number.
func (i Instance) PatchKnown() bool {
	numbers, _, _ := strings.Cut(i.RawVersion, "_")
	return strings.Count(numbers, ".") >= 2
}

// Instance asks about one. That a name is no instance there is a refusal
// aliyun_no_instance.
func (c *Client) Instance(ctx context.Context, region, id string) (Instance, error) {
	var body instanceBody
	err := c.do(ctx, about("DescribeInstance", region, id, func(path string) requests.AcsRequest {
		r := elasticsearch.CreateDescribeInstanceRequest()
		r.InstanceId = path
		return r
	}), &body)
	if err != nil {
		return Instance{}, err
	}
	if body.ID == "" {
		body.ID = text(id)
	}
	return body.instance(c.regionOr(region)), nil
}

func (c *Client) regionOr(region string) string {
	if region == "" {
		return c.region
	}
	return region
}

// instanceBody is an instance in JSON. What the SDK's structs of the two actions
// call differently, or read wrongly, is the same here.
type instanceBody struct {
	ID           text   `json:"instanceId"`
	Description  text   `json:"description"`
	Status       text   `json:"status"`
	Version      text   `json:"esVersion"`
	Category     text   `json:"instanceCategory"`
	Domain       text   `json:"domain"`
	Port         number `json:"port"`
	Protocol     text   `json:"protocol"`
	PublicDomain text   `json:"publicDomain"`
	PublicPort   number `json:"publicPort"`
	Nodes        number `json:"nodeAmount"`
	CreatedAt    text   `json:"createdAt"`
	NodeSpec     struct {
		Disk number `json:"disk"`
	} `json:"nodeSpec"`
	Network struct {
		Zone text `json:"vsArea"`
	} `json:"networkConfig"`
	Zones []struct {
		ID text `json:"zoneId"`
	} `json:"zoneInfos"`
	Extended []struct {
		Type   text `json:"configType"`
		Kernel text `json:"aliVersion"`
	} `json:"extendConfigs"`
}

func (b instanceBody) instance(region string) Instance {
	i := Instance{
		ID: string(b.ID), Region: region, Description: string(b.Description), Status: strings.ToLower(string(b.Status)),
		RawVersion: string(b.Version), Category: string(b.Category), Domain: string(b.Domain), Port: int(b.Port),
		Protocol: strings.ToUpper(string(b.Protocol)), PublicDomain: string(b.PublicDomain), PublicPort: int(b.PublicPort),
		DiskGB: int(b.NodeSpec.Disk), NodeCount: int(b.Nodes),
	}
	if v, err := esops.ParseVersion(i.RawVersion); err == nil {
		i.Version = v
	}
	if at, err := time.Parse(time.RFC3339, string(b.CreatedAt)); err == nil {
		i.CreatedAt = at
	}
	for _, z := range b.Zones {
		if z.ID != "" {
			i.Zones = append(i.Zones, string(z.ID))
		}
	}
	if len(i.Zones) == 0 && b.Network.Zone != "" {
		i.Zones = []string{string(b.Network.Zone)}
	}
	for _, e := range b.Extended {
		if k, ok := ParseKernel(string(e.Kernel)); ok && e.Type == "aliVersion" {
			i.Kernel = k
		}
	}
	return i
}
