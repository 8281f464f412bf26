// Package esnode starts real Elasticsearch nodes, 5.6 to 8.17, for tests and
// for a sandbox.
//
// A node is the Maven artifact org.elasticsearch.distribution.integ-test-zip
// of its version, kept in a cache folder, run by a Java that was found, with
// its data in a temporary folder. The artifact has no commercial features
// except, from 7.17 on, security; the root page GET / is missing in 8.17.
//
// It never installs Java or Maven, never touches a node it did not start, and
// never changes permissions outside the temporary folder, the cache and the
// repository folders it was given.
//
// Start at [Start]; tests start at package esnodetest.
package esnode
