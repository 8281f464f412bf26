package sandbox

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"es-restore/aliyun"
	"es-restore/esops"
	"es-restore/internal/aliyunsim"
	"es-restore/internal/escontract/story"
)

// asks is plain HTTP to a cluster, through its front.
func asks(t *testing.T, f *fleet, cluster, path string, out any) error {
	t.Helper()
	return story.NewCluster(f.front(cluster).url(), story.Options{}).Do(t.Context(), http.MethodGet, path, nil, out)
}

func missing(err error) bool {
	var answered *story.Error
	return errors.As(err, &answered) && answered.Status == http.StatusNotFound
}

func TestOnlyTheSnapshotsOfTheThirdInstanceAreLeftOfIt(t *testing.T) {
	f, err := simulated(t.Context(), &clock{}, func(asked) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.shut)
	if err := asks(t, f, ownerName, "/"+otherIndex, nil); !missing(err) {
		t.Errorf("es-cn-a keeps the index: %v", err)
	}
	if err := asks(t, f, ownerName, "/_snapshot/"+otherName, nil); !missing(err) {
		t.Errorf("es-cn-a keeps the repository: %v", err)
	}
	shared := "/_snapshot/" + esops.SharedName(otherName)
	if err := asks(t, f, readerName, shared, nil); !missing(err) {
		t.Errorf("it is shared from the start: %v", err)
	}
	if err := f.register(readerName, otherName); err != nil {
		t.Fatal(err)
	}
	var listed struct {
		Snapshots []struct {
			Snapshot string
			Indices  []string
		}
	}
	if err := asks(t, f, readerName, shared+"/_all", &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed.Snapshots) != 1 || !strings.HasPrefix(listed.Snapshots[0].Snapshot, otherName+"_2") || strings.Join(listed.Snapshots[0].Indices, ",") != otherIndex {
		t.Errorf("shared are %+v", listed.Snapshots)
	}
	if err := f.unregister(readerName, otherName); err != nil {
		t.Fatal(err)
	}
	if err := asks(t, f, readerName, shared, nil); !missing(err) {
		t.Errorf("it is still registered: %v", err)
	}
}

func TestTheCloudReachesNoClusterThatIsAway(t *testing.T) {
	f, err := simulated(t.Context(), &clock{}, func(asked) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.shut)
	if err := f.front(readerName).setAway(true); err != nil {
		t.Fatal(err)
	}
	if err := f.register(readerName, otherName); err == nil {
		t.Error("it is registered all the same")
	}
	if err := f.register(otherName, readerName); err == nil || !strings.Contains(err.Error(), otherName) {
		t.Errorf("on what runs nowhere: %v", err)
	}
}

// The cloud knows the versions that run, and judges a share by them.
func TestTheCloudJudgesByTheVersionsThatRun(t *testing.T) {
	for _, c := range []struct {
		owner, reader string
		blocked       string // the finding's code; empty: it can be shared
	}{
		{"6.7.0", "6.7.0", ""},
		{"6.8.23", "7.10.2", ""},
		{"6.8.23", "7.1.1", "source_newer"},
		{"6.7.0", "8.17.0", "source_too_old"},
	} {
		t.Run(c.owner+" to "+c.reader, func(t *testing.T) {
			there, err := played(&fleet{versions: [2]string{c.owner, c.reader}}, &clock{}, func(asked) {})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(there.shut)
			client, err := aliyun.New(aliyun.Options{
				Region: aliyunsim.DefaultRegion, Endpoint: there.front.url(), AccessKeyID: aliyunsim.DefaultKeyID, AccessKeySecret: aliyunsim.DefaultKeySecret,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			findings, err := aliyun.Cloud{Client: client}.Judge(t.Context(), esops.Instance{ID: otherName}, esops.Instance{ID: readerName})
			if err != nil {
				t.Fatal(err)
			}
			blocked := ""
			for _, f := range findings {
				if f.Severity == esops.Blocking {
					blocked = f.Code
				}
			}
			if blocked != c.blocked {
				t.Errorf("blocked by %q, want %q: %+v", blocked, c.blocked, findings)
			}
		})
	}
}
