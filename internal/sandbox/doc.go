// Package sandbox is the whole product on one machine: the same bot as cmd/bot,
// in a process of its own, and around it a workspace that people use in the
// browser, a Redis, two Elasticsearch clusters and an Alibaba Cloud.
//
// It decides nothing about restores and has no code of the bot but the calls that
// start it: what is seen on the page is what the bot did. It listens on this
// machine only, unless told otherwise, and asks no other host for anything.
//
// Start at command.go and sandbox.go; then hub.go (what the page is told), acts.go
// (what people do), mischief.go (what goes wrong on purpose) and behind.go (what is
// behind it all). The page's sources are in web/, its built form in page/.
package sandbox
