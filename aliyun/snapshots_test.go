package aliyun_test

import (
	"testing"
	"time"

	"es-restore/aliyun"
)

func TestASnapshotsNameTellsWhoMadeItAndWhen(t *testing.T) {
	for _, c := range []struct{ name, region, maker, utc string }{
		{"es-cn-a_20190705220000", "cn-hangzhou", "es-cn-a", "2019-07-05T14:00:00Z"},
		{"es-cn-09k2053us0003abcd_20210117030003", "cn-beijing", "es-cn-09k2053us0003abcd", "2021-01-16T19:00:03Z"},
		{"es-sg-x_20240229000000", "ap-southeast-1", "es-sg-x", "2024-02-28T16:00:00Z"},
		{"es-de-x_20240701120000", "eu-central-1", "es-de-x", "2024-07-01T10:00:00Z"}, // summer
		{"es-de-x_20240101120000", "eu-central-1", "es-de-x", "2024-01-01T11:00:00Z"},
		{"es-us-x_20241103013000", "us-west-1", "es-us-x", "2024-11-03T08:30:00Z"}, // the first of two
		{"es-in-x_20240101000000", "ap-south-1", "es-in-x", "2023-12-31T18:30:00Z"},
		{"es-x_20240101000000", "cn-wulanchabu", "es-x", "2023-12-31T16:00:00Z"},
		{"es-x_20240101000000", "cn-hongkong", "es-x", "2023-12-31T16:00:00Z"},
	} {
		at, ok := aliyun.SnapshotTime(c.name, c.region)
		maker, ok2 := aliyun.Maker(c.name)
		if !ok || !ok2 || maker != c.maker || at.UTC().Format(time.RFC3339) != c.utc {
			t.Errorf("%s: %v %s", c.name, at.UTC(), maker)
		}
	}
	for _, name := range []string{"", "latest", "es-cn-a", "es-cn-a_", "_20190705220000", "es-cn-a_2019070522000", "es-cn-a_201907052200000", "es-cn-a_20190732220000", "es-cn-a-20190705220000", "my snap_20190705220000", "es-cn-a_+2019070522000"} {
		if _, ok := aliyun.ParseSnapshotName(name); ok {
			t.Errorf("%q was read", name)
		}
		if _, ok := aliyun.SnapshotTime(name, "cn-hangzhou"); ok {
			t.Errorf("%q was given a time", name)
		}
	}
	if _, ok := aliyun.SnapshotTime("es-cn-a_20190705220000", "mars-north-1"); ok {
		t.Error("a region without a clock")
	}
	n, ok := aliyun.ParseSnapshotName("es-cn-a_20190705220000")
	if !ok || n.Local.Format("2006-01-02 15:04:05") != "2019-07-05 22:00:00" {
		t.Error(n)
	}
}

func TestASnapshotIsKeptForAWeek(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	if got := aliyun.GoneAt(at); got.Format(time.RFC3339) != "2026-11-30T09:00:00Z" {
		t.Error(got)
	}
}

func TestEveryRegionHasAClock(t *testing.T) {
	for region, want := range map[string]string{
		"cn-hangzhou": "Asia/Shanghai", "cn-shanghai-finance-1": "Asia/Shanghai", "cn-north-2-gov-1": "Asia/Shanghai", "cn-hongkong": "Asia/Hong_Kong",
		"ap-northeast-1": "Asia/Tokyo", "ap-northeast-2": "Asia/Seoul", "ap-south-1": "Asia/Kolkata", "ap-southeast-1": "Asia/Singapore",
		"ap-southeast-2": "Australia/Sydney", "ap-southeast-3": "Asia/Kuala_Lumpur", "ap-southeast-5": "Asia/Jakarta", "ap-southeast-6": "Asia/Manila",
		"ap-southeast-7": "Asia/Bangkok", "ap-southeast-8": "Asia/Kuala_Lumpur", "eu-central-1": "Europe/Berlin", "eu-west-1": "Europe/London",
		"me-central-1": "Asia/Riyadh", "me-east-1": "Asia/Dubai", "na-south-1": "America/Mexico_City", "us-east-1": "America/New_York",
		"us-southeast-1": "America/New_York", "us-west-1": "America/Los_Angeles",
	} {
		if zone, ok := aliyun.Zone(region); !ok || zone.String() != want {
			t.Errorf("%s: %v", region, zone)
		}
	}
}
