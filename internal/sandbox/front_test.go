package sandbox

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// echo answers with what was asked, and counts.
type echo struct {
	mu sync.Mutex
	n  int
}

func (e *echo) asked() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.n
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.n++
	e.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Echo", "yes")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(body)
}

func fronted(t *testing.T) (*fleet, *front, *echo, func() []asked) {
	t.Helper()
	var mu sync.Mutex
	var heard []asked
	behind := &echo{}
	one, err := newFront("es", behind, func(a asked) { mu.Lock(); defer mu.Unlock(); heard = append(heard, a) })
	f := &fleet{}
	if err := f.add("es", one, err); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.shut)
	return f, one, behind, func() []asked { mu.Lock(); defer mu.Unlock(); return heard }
}

func post(one *front, path, body string) (*http.Response, string, error) {
	res, err := http.Post(one.url()+path, "application/json", strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res, string(text), err
}

func TestAFrontHandsOnAndTellsWhatWasAsked(t *testing.T) {
	_, one, _, heard := fronted(t)
	res, text, err := post(one, "/_snapshot/r/s/_restore?wait=false", `{"indices":"a"}`)
	if err != nil || res.StatusCode != http.StatusAccepted || text != `{"indices":"a"}` || res.Header.Get("X-Echo") != "yes" {
		t.Fatalf("%v %v %v", res, text, err)
	}
	got := heard()[0]
	if got.Method != "POST" || got.Path != "/_snapshot/r/s/_restore?wait=false" || got.Body != `{"indices":"a"}` || got.Status != http.StatusAccepted || got.Lost {
		t.Errorf("%+v", got)
	}
}

func TestALostAnswerIsLostAfterTheClusterActedAndOnlyOnce(t *testing.T) {
	f, one, behind, heard := fronted(t)
	f.loseNext()
	if _, _, err := post(one, "/_search", "{}"); err != nil {
		t.Errorf("the answer to a search was lost: %v", err)
	}
	if _, _, err := post(one, "/_snapshot/r/s/_restore", "{}"); err == nil {
		t.Error("the answer came")
	}
	if n := behind.asked(); n != 2 {
		t.Errorf("the cluster was asked %d times", n)
	}
	if !heard()[1].Lost {
		t.Error("it is not told as lost")
	}
	if _, _, err := post(one, "/_snapshot/r/s/_restore", "{}"); err != nil {
		t.Errorf("the second answer was lost too: %v", err)
	}
}

func TestOnlyTheAnswerToAShareIsLostByTheCloud(t *testing.T) {
	_, one, behind, heard := fronted(t)
	c := &cloud{}
	one.lose = c.takeLoss
	const repositories = "/openapi/instances/es-cn-b/snapshot-repos"
	if _, _, err := post(one, repositories, "{}"); err != nil {
		t.Errorf("an answer is lost that was not to be: %v", err)
	}
	c.loseNext()
	if _, _, err := post(one, "/openapi/instances/es-cn-b/snapshots", "{}"); err != nil {
		t.Errorf("another answer was lost: %v", err)
	}
	if _, _, err := post(one, repositories, "{}"); err == nil {
		t.Error("the answer came")
	}
	if _, _, err := post(one, repositories, "{}"); err != nil {
		t.Errorf("the second answer was lost too: %v", err)
	}
	if n := behind.asked(); n != 4 || !heard()[2].Lost {
		t.Errorf("asked %d times: %+v", n, heard())
	}
}

func TestAFrontThatWasAwayComesBackAtTheSameAddress(t *testing.T) {
	_, one, _, _ := fronted(t)
	for range 3 {
		if err := one.setAway(true); err != nil {
			t.Fatal(err)
		}
		if _, _, err := post(one, "/", ""); err == nil {
			t.Error("it answers while it is away")
		}
		if err := one.setAway(false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := post(one, "/", ""); err != nil {
			t.Errorf("it does not come back: %v", err)
		}
	}
}

func TestAGateCutsWhatIsOpenAndComesBack(t *testing.T) {
	_, one, _, _ := fronted(t)
	g, err := newGate(one.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	through := func() error {
		res, err := http.Get("http://" + g.addr)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	for range 3 {
		if err := through(); err != nil {
			t.Fatalf("it does not let through: %v", err)
		}
		if err := g.setAway(true); err != nil {
			t.Fatal(err)
		}
		if err := through(); err == nil {
			t.Error("it lets through while it is shut")
		}
		if err := g.setAway(false); err != nil {
			t.Fatal(err)
		}
	}
}
