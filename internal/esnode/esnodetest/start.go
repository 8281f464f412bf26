// Package esnodetest starts real Elasticsearch nodes in tests.
//
// Nodes need Java, Maven and seconds, so they are left out unless they are
// asked for: the environment variable ESRESTORE_REQUIRE, a comma list, must
// contain "elasticsearch". Then a machine that cannot start nodes fails the
// test; nothing is passed over in silence.
package esnodetest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"es-restore/internal/esnode"
)

// Require is the environment variable that asks for real nodes.
const Require = "ESRESTORE_REQUIRE"

// Required tells whether ESRESTORE_REQUIRE names what.
func Required(what string) bool {
	return slices.Contains(strings.Split(strings.ReplaceAll(os.Getenv(Require), " ", ""), ","), what)
}

// Need skips the test unless real nodes are asked for, and fails it when they
// are but cannot be started here.
func Need(t testing.TB, versions ...string) {
	t.Helper()
	if !Required("elasticsearch") {
		t.Skip("left out: set ESRESTORE_REQUIRE=elasticsearch to run this against real Elasticsearch nodes (needs Java 17 and Maven)")
	}
	if err := esnode.Available(versions...); err != nil {
		t.Fatalf("ESRESTORE_REQUIRE asks for Elasticsearch, but %v", err)
	}
}

// Start starts a node that is stopped when the test ends, after [Need].
func Start(t testing.TB, o esnode.Options) *esnode.Node {
	t.Helper()
	Need(t, o.Version)
	n, err := esnode.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			log := n.Log()
			t.Logf("the end of the log of node %s:\n%s", n.Name(), log[max(0, len(log)-2000):])
		}
		n.Stop()
	})
	return n
}
