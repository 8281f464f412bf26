// Package manifest checks manifest.yml, from which people create the Slack app.
//
// The file must be one that Slack takes, by Slack's own schema, and must ask for
// nothing beyond what the program uses: each scope stands in docs/setup.md with
// its reason. The schema knows the form of a manifest and not the names of scopes
// and events; those are listed here. The package has tests only: start at
// manifest_test.go.
package manifest
