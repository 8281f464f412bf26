// Package matrix restores from clusters of one Elasticsearch version to clusters of
// another: real nodes on both sides, and the whole bot with its Slack between them.
//
// What must hold for one version alone is checked elsewhere, by package escontract.
// The package has tests only: start at pairs_test.go. They start every version that
// the bot supports, two nodes at a time, so most of them run when ESRESTORE_MATRIX=1
// asks for them; `make matrix` does.
package matrix
