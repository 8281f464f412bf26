// Package aliyun is what Alibaba Cloud knows and does about Elasticsearch:
// instances and their addresses, automatic snapshots, and the repositories that
// one instance shares with another. It speaks version 2017-06-13 of the OpenAPI
// through the vendor's SDK.
//
// Beside the calls it holds, as pure functions, what the vendor's pages say: who
// may share with whom ([ShareVerdict]), what a snapshot's name tells
// ([ParseSnapshotName]), and which permissions all this takes ([ReadPolicy]).
//
// It never speaks to an Elasticsearch, never sends a changing request twice,
// and never lets a key, a secret or a token into an error. Every error holds an
// *esops.Refusal for people and, where the cloud itself refused nothing, one of
// esops.ErrUnavailable, esops.ErrBusy and esops.ErrUnknown.
//
// Start at [Client]; call.go is the way of one request, wire.go what stands
// between the SDK and the network, told.go what the cloud's refusals mean.
package aliyun
