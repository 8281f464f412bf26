package aliyun

import (
	"strings"
	"time"
	_ "time/tzdata" // a container has no zones of its own
)

// zones are the clocks of the regions outside mainland China, by the city the
// vendor's list of regions names.
// https://www.alibabacloud.com/help/doc-detail/72379.htm
var zones = map[string]string{
	"ap-northeast-1": "Asia/Tokyo",
	"ap-northeast-2": "Asia/Seoul",
	"ap-south-1":     "Asia/Kolkata", // Mumbai
	"ap-southeast-1": "Asia/Singapore",
	"ap-southeast-2": "Australia/Sydney",
	"ap-southeast-3": "Asia/Kuala_Lumpur",
	"ap-southeast-5": "Asia/Jakarta",
	"ap-southeast-6": "Asia/Manila",
	"ap-southeast-7": "Asia/Bangkok",
	"ap-southeast-8": "Asia/Kuala_Lumpur", // Johor
	"cn-hongkong":    "Asia/Hong_Kong",
	"eu-central-1":   "Europe/Berlin", // Frankfurt
	"eu-west-1":      "Europe/London",
	"me-central-1":   "Asia/Riyadh",
	"me-east-1":      "Asia/Dubai",
	"na-south-1":     "America/Mexico_City",
	"us-east-1":      "America/New_York",    // Virginia
	"us-southeast-1": "America/New_York",    // Atlanta
	"us-west-1":      "America/Los_Angeles", // Silicon Valley
}

// Zone is the clock of a region, by which schedules and snapshot names go; false
// for a region that is not known here. All of mainland China has one.
func Zone(region string) (*time.Location, bool) {
	name, ok := zones[region]
	if !ok && strings.HasPrefix(region, "cn-") {
		name, ok = "Asia/Shanghai", true
	}
	if !ok {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}
