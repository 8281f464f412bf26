package aliyunsim

import (
	"slices"
	"strconv"
	"strings"
)

// regions are those that the simulated cloud offers.
var regions = []struct{ id, name string }{
	{"cn-hangzhou", "China (Hangzhou)"}, {"cn-shanghai", "China (Shanghai)"}, {"cn-beijing", "China (Beijing)"},
	{"ap-southeast-1", "Singapore"}, {"eu-central-1", "Germany (Frankfurt)"}, {"us-west-1", "US (Silicon Valley)"},
}

func (s *Server) describeRegions(call) *reply {
	list := []object{}
	for _, r := range regions {
		list = append(list, object{
			"regionId": r.id, "localName": r.name, "status": "available",
			"regionEndpoint":  "elasticsearch." + r.id + ".aliyuncs.com",
			"consoleEndpoint": "https://elasticsearch-" + r.id + ".console.aliyun.com",
		})
	}
	return result(list)
}

// listInstance pages through what the caller sees. Nothing says that there are
// more but the total, which stands in the body under the name of a header.
func (s *Server) listInstance(c call) *reply {
	page, size := number(c.request.Query.Get("page"), 1), number(c.request.Query.Get("size"), 10)
	if page < 1 || size < 1 || size > 100 {
		return failure("InvalidParameter", "The page or size is not valid.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.DeleteFunc(s.all(c.caller), func(i *Instance) bool { return !chosen(i, c.request) })
	from := min((page-1)*size, len(all))
	list := []object{}
	for _, i := range all[from:min(from+size, len(all))] {
		list = append(list, s.listed(i))
	}
	r := result(list)
	r.body["Headers"] = object{"X-Total-Count": len(all)}
	return r
}

// chosen applies the filters of a listing.
func chosen(i *Instance, r Request) bool {
	is := func(name, value string) bool { want := r.Query.Get(name); return want == "" || want == value }
	return is("instanceId", i.ID) && is("esVersion", i.Version) && is("instanceCategory", i.Category) &&
		strings.Contains(i.Description, r.Query.Get("description"))
}

func number(text string, otherwise int) int {
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

func (s *Server) describeInstance(c call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.seen(c.instance, c.caller)
	if !ok {
		return noInstance()
	}
	return result(s.described(i))
}

// common is what a listing and a description both say.
func (s *Server) common(i *Instance) object {
	extended := []object{{"configType": "usageScenario", "value": "general"}}
	if i.Kernel != "" {
		extended = append(extended, object{"configType": "aliVersion", "aliVersion": i.Kernel})
	}
	return object{
		"instanceId": i.ID, "description": i.Description, "status": s.status(i), "esVersion": i.Version,
		"instanceCategory": i.Category, "nodeAmount": i.Nodes, "createdAt": i.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"),
		"updatedAt": i.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), "paymentType": "postpaid", "postpaidServiceStatus": "active",
		"nodeSpec":      object{"disk": i.DiskGB, "diskType": "cloud_ssd", "spec": "elasticsearch.sn2ne.large"},
		"networkConfig": object{"type": "vpc", "vpcId": "vpc-sim", "vswitchId": "vsw-sim", "vsArea": i.Zones[0]},
		"extendConfigs": extended, "archType": "exclusive", "resourceGroupId": "rg-sim", "tags": []object{},
		"dedicateMaster": false, "endTime": 4720492800000,
	}
}

// listed is an instance in a listing: without address, and with text where the
// description has a truth value.
func (s *Server) listed(i *Instance) object {
	o := s.common(i)
	o["isNewDeployment"] = "true"
	return o
}

// described is an instance by itself. What is gone or frozen has no address.
func (s *Server) described(i *Instance) object {
	o := s.common(i)
	o["isNewDeployment"] = true
	o["zoneCount"] = len(i.Zones)
	zones := []object{}
	for _, z := range i.Zones {
		zones = append(zones, object{"zoneId": z, "status": "NORMAL"})
	}
	o["zoneInfos"] = zones
	if i.Status == "invalid" || i.Status == "unknown" {
		return o
	}
	o["domain"], o["port"], o["protocol"] = i.Domain, i.Port, i.Protocol
	o["enablePublic"] = i.Public != ""
	if i.Public != "" {
		o["publicDomain"], o["publicPort"] = i.Public, i.Port
	}
	return o
}

func (s *Server) describeHealth(c call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.seen(c.instance, c.caller)
	switch {
	case !ok:
		return noInstance404()
	case s.status(i) != "active":
		return activating()
	}
	return result(i.Health)
}
