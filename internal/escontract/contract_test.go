package escontract_test

import (
	"net/http"
	"testing"
	"time"

	"es-restore/internal/escontract"
	"es-restore/internal/essim"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSimulatedClustersKeepTheContract(t *testing.T) {
	for _, version := range essim.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			escontract.Run(t, simulated(t, version))
		})
	}
}

// simulated is a pair of essim clusters with a clock that the checks move.
func simulated(t *testing.T, version string) *escontract.Pair {
	clock := essim.NewHandClock(time.Date(2019, 7, 5, 22, 0, 0, 0, time.UTC))
	repos := essim.NewRepos("/repositories")
	open := func(name string) *essim.Cluster {
		c := essim.New(essim.Options{Name: name, Version: version, Repos: repos, Clock: clock})
		t.Cleanup(c.Close)
		return c
	}
	owner, reader := open("es-cn-a"), open("es-cn-b")
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	damages := map[escontract.Damage]essim.Damage{escontract.Flipped: essim.CorruptBlob(), escontract.Removed: essim.MissingBlob()}
	return &escontract.Pair{
		Version:  version,
		Owner:    &escontract.Cluster{URL: owner.URL(), Client: client},
		Reader:   &escontract.Cluster{URL: reader.URL(), Client: client},
		Location: "/repositories",
		Pass:     clock.Advance,
		RootPage: true,
		Damage: func(t *testing.T, repository, snapshot, index string, shard int, d escontract.Damage) {
			if !owner.DamageSnapshot(repository, snapshot, index, shard, damages[d]) {
				t.Fatalf("there is no shard %d of %s", shard, index)
			}
		},
		Restart: func(*testing.T) { reader.Restart() },
	}
}

func TestSimulatedClustersAskForAPassword(t *testing.T) {
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	for _, version := range securedVersions {
		c := essim.New(essim.Options{Version: version, Users: map[string]essim.User{"admin": {Password: "secret-1", Superuser: true}}})
		escontract.Secured(t, version, &escontract.Cluster{URL: c.URL(), Client: client}, "admin", "secret-1")
		c.Close()
	}
}

// securedVersions are those whose distribution has security.
var securedVersions = []string{"7.17.28", "8.17.0"}

func TestSimulatedClustersReadOneAnothersRepositories(t *testing.T) {
	repos := essim.NewRepos("/repositories")
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	pair := func(t *testing.T, version string) *escontract.Pair {
		clock := essim.NewHandClock(time.Date(2019, 7, 5, 22, 0, 0, 0, time.UTC))
		c := essim.New(essim.Options{Version: version, Repos: repos, Clock: clock})
		t.Cleanup(c.Close)
		one := &escontract.Cluster{URL: c.URL(), Client: client}
		return &escontract.Pair{Version: version, Owner: one, Reader: one, Pass: clock.Advance}
	}
	for _, version := range essim.Versions {
		escontract.Write(t, pair(t, version), "/repositories/"+version)
	}
	for _, to := range essim.Versions {
		for _, from := range essim.Versions {
			t.Run(from+" to "+to, func(t *testing.T) {
				escontract.Between(t, from, pair(t, to), "/repositories/"+from)
			})
		}
	}
}
