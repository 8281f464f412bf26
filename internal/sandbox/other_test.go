package sandbox

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"es-restore/esops"
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
