package aliyun_test

import (
	"fmt"

	"es-restore/aliyun"
	"es-restore/esops"
)

func ExampleShareVerdict() {
	source := aliyun.Side{
		Name: "logs", Health: "green", Backup: &aliyun.Backup{}, Snapshots: new(4),
		Instance: aliyun.Instance{ID: "es-cn-a", Region: "cn-hangzhou", Status: aliyun.StatusActive, RawVersion: "6.8.6", Version: esops.Version{Major: 6, Minor: 8, Patch: 6}},
	}
	destination := aliyun.Side{
		Name: "search", Health: "green", Offered: []string{"es-cn-a"}, Shared: []aliyun.Repository{},
		Instance: aliyun.Instance{ID: "es-cn-b", Region: "cn-hangzhou", Status: aliyun.StatusActive, RawVersion: "7.1.1", Version: esops.Version{Major: 7, Minor: 1, Patch: 1}},
	}
	for _, f := range aliyun.ShareVerdict(source, destination) {
		fmt.Printf("%s: %s %s\n", f.Severity, f.Sentence, f.WayOut)
	}
	// Output:
	// blocking: Automatic snapshots of logs are switched off. Switch them on in the console, under Snapshots, and wait for the first snapshot.
	// blocking: logs is 6.8.6 and search is 7.1.1; 6.8 is younger than 7.0 and 7.1, which can't read what it wrote. Share with a cluster of 6.8, or of 7.2 or later.
}

func ExampleSnapshotTime() {
	started, _ := aliyun.SnapshotTime("es-cn-a_20190705220000", "cn-hangzhou")
	fmt.Println(started.UTC())
	fmt.Println("gone at", aliyun.GoneAt(started).UTC())
	// Output:
	// 2019-07-05 14:00:00 +0000 UTC
	// gone at 2019-07-12 14:00:00 +0000 UTC
}
