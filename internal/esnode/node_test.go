//go:build unix

package esnode_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"es-restore/internal/escontract/story"
	"es-restore/internal/esnode"
	"es-restore/internal/esnode/esnodetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBadOptionsAreRefusedBeforeAnythingStarts(t *testing.T) {
	for name, o := range map[string]esnode.Options{
		"no version":     {},
		"a wild version": {Version: "6.7.0; rm -rf"},
		"a wild name":    {Version: "6.7.0", Name: "../x"},
		"a weak secret":  {Version: "8.17.0", Secure: &esnode.Credentials{User: "a", Password: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			if n, err := esnode.Start(t.Context(), o); err == nil {
				n.Stop()
				t.Fatal("the node started")
			}
		})
	}
}

func TestTheCacheIsWhereTheEnvironmentSays(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/x")
	t.Setenv("ESNODE_HOME", "")
	if got := esnode.Cache(); got != filepath.Join("/x", "esnode") {
		t.Errorf("with XDG_CACHE_HOME the cache is %q", got)
	}
	t.Setenv("ESNODE_HOME", "/y")
	if got := esnode.Cache(); got != "/y" {
		t.Errorf("with ESNODE_HOME the cache is %q", got)
	}
}

func TestWithoutMavenTheSentenceSaysWhatToInstall(t *testing.T) {
	if esnode.Available() != nil {
		t.Skip("this machine cannot start nodes anyway")
	}
	dir := t.TempDir()
	for _, tool := range []string{"bash", "java"} {
		for _, d := range filepath.SplitList(os.Getenv("PATH")) {
			if _, err := os.Stat(filepath.Join(d, tool)); err == nil {
				if err := os.Symlink(filepath.Join(d, tool), filepath.Join(dir, tool)); err == nil {
					break
				}
			}
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("ESNODE_HOME", dir)
	if err := esnode.Available(); err == nil || !strings.Contains(err.Error(), "install Maven") {
		t.Errorf("without mvn Available says %v", err)
	}
}

func TestANodeKeepsItsDataOverAPauseAKillAndARestart(t *testing.T) {
	n := esnodetest.Start(t, esnode.Options{Version: "6.7.0", Name: "kept", Repos: []string{t.TempDir()}})
	c := story.NewCluster(n.URL(), story.Options{Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err := c.Create(t.Context(), story.Index{Name: "kept", Shards: 1, Docs: 7, Fields: map[string]string{"a": "long"}}, 0); err != nil {
		t.Fatal(err)
	}
	pid := n.PID()
	if pid == 0 || syscall.Kill(pid, 0) != nil {
		t.Fatalf("process %d is not there", pid)
	}
	if err := n.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := n.Resume(); err != nil {
		t.Fatal(err)
	}
	n.Kill()
	if n.PID() != 0 || syscall.Kill(pid, 0) == nil {
		t.Fatalf("process %d outlived the kill", pid)
	}
	if err := n.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Do(t.Context(), "GET", "/_cluster/health/kept?wait_for_status=green", nil, nil); err != nil {
		t.Fatal(err)
	}
	var got struct{ Count int }
	if err := c.Do(t.Context(), "GET", "/kept/_count", nil, &got); err != nil {
		t.Fatal(err)
	}
	if got.Count != 7 {
		t.Errorf("after the restart there are %d documents, want 7", got.Count)
	}
}

func TestTwoNodesMakeOneClusterAndASecuredNodeAsksForAPassword(t *testing.T) {
	repo := t.TempDir()
	user := &esnode.Credentials{User: "admin", Password: "secret-1"}
	first := esnodetest.Start(t, esnode.Options{Version: "8.17.0", Name: "first", Repos: []string{repo}, Secure: user})
	second := esnodetest.Start(t, esnode.Options{Version: "8.17.0", Name: "second", Repos: []string{repo}, Secure: user, Join: first})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(second.URL() + "/_cluster/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a password the answer is %d, want 401", res.StatusCode)
	}
	c := story.NewCluster(second.URL(), story.Options{User: user.User, Password: user.Password, Client: client})
	var h struct {
		Nodes int `json:"number_of_nodes"`
	}
	if err := c.Do(t.Context(), "GET", "/_cluster/health", nil, &h); err != nil {
		t.Fatal(err)
	}
	if h.Nodes != 2 {
		t.Errorf("the cluster has %d nodes, want 2", h.Nodes)
	}
}
