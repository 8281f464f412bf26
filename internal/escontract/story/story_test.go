package story_test

import (
	"testing"

	"es-restore/internal/escontract/story"
	"es-restore/internal/esnode"
	"es-restore/internal/esnode/esnodetest"
	"es-restore/internal/essim"
)

func TestTheStoryCanBeToldToRealNodes(t *testing.T) {
	repo := t.TempDir()
	owner := esnodetest.Start(t, esnode.Options{Version: "6.7.0", Name: "es-cn-a", Repos: []string{repo}})
	reader := esnodetest.Start(t, esnode.Options{Version: "7.10.2", Name: "es-cn-b", Repos: []string{repo}})
	restoreLogs(t, story.Options{Owner: owner.URL(), Reader: reader.URL(), Location: owner.Repos()[0] + "/es-cn-a"})
}

func TestTheStoryCanBeToldToEverySimulatedVersion(t *testing.T) {
	for _, v := range essim.Versions {
		t.Run(v, func(t *testing.T) {
			repos := essim.NewRepos("/repositories")
			owner := essim.New(essim.Options{Name: "es-cn-a", Version: v, Repos: repos})
			defer owner.Close()
			reader := essim.New(essim.Options{Name: "es-cn-b", Version: v, Repos: repos})
			defer reader.Close()
			restoreLogs(t, story.Options{Owner: owner.URL(), Reader: reader.URL(), Location: "/repositories/es-cn-a"})
		})
	}
}

// restoreLogs tells the story and restores one of its indices in the reader.
func restoreLogs(t *testing.T, o story.Options) {
	t.Helper()
	if err := story.Tell(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c := story.NewCluster(o.Reader, o)
	body := map[string]any{"indices": story.LogsIndex, "ignore_unavailable": false, "include_aliases": false}
	if err := c.Do(t.Context(), "POST", "/_snapshot/"+story.ReaderRepository+"/"+story.Snapshot+"/_restore?wait_for_completion=true", body, nil); err != nil {
		t.Fatal(err)
	}
	var n struct{ Count int }
	if err := c.Do(t.Context(), "GET", "/"+story.LogsIndex+"/_count", nil, &n); err != nil {
		t.Fatal(err)
	}
	if n.Count != story.Docs(story.LogsIndex) {
		t.Errorf("the restored index has %d documents, the story has %d", n.Count, story.Docs(story.LogsIndex))
	}
}
