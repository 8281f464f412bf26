// Package escontract is one suite of checks of what Elasticsearch answers to
// the calls of a restore: listing, restoring, refusing, tracking, failing.
//
// The same requests go to simulated clusters (always) and to real nodes of
// several versions (where they are asked for), and the same answers are
// expected of both. So the double cannot drift from what it doubles. The suite
// speaks HTTP only and knows no Elasticsearch client.
//
// It never decides anything about this project's own behaviour: it is about
// Elasticsearch. Start at [Run]; the checks lie in the files check_*.go, in the
// order in which a restore meets them.
package escontract
