// Package aliyunsim is the OpenAPI of Alibaba Cloud Elasticsearch for tests and
// for the sandbox: version 2017-06-13, over HTTP on a loopback address.
//
// Its job is to be as awkward as the real one: it checks the signature of every
// request, names its JSON in the case the API uses for each answer, knows
// accounts, regions and permissions, lets instances change for a while after a
// repository was added, and fails on demand in all the ways that were seen.
//
// It never imports the SDK of the program under test, never reaches beyond the
// loopback interface, and holds no Elasticsearch: [Server.OnAdd] and
// [Server.OnRemove] are where a test registers the repository on a cluster.
//
// Codes that the vendor documents nowhere are made up; answer.go marks them.
//
// Start at [New] and [Server.PutInstance]; [Server.Requests] is what came of
// it, [Server.Fail] and the faults beside it are bad weather, [Server.Hold] and
// [Server.Wait] let a test see what is under way without sleeping.
package aliyunsim
