// Package essim is an Elasticsearch double that speaks HTTP.
//
// Its job is to answer what a client of the snapshot and restore APIs asks, in
// the words, statuses and shapes of a given Elasticsearch version, to let
// restores take simulated time, and to fail on demand. Package escontract holds
// it to the answers of real nodes.
//
// It never stores anything on disk, never talks to a real cluster, and does not
// search: a query other than "everything" is not understood. It has no data
// streams, no feature states and no master election; GET / answers on 8.x, as
// the full distribution does.
//
// Nothing runs in the background: what happened since the last look is computed
// when a request comes, from the cluster's [Clock].
//
// Start at [New]; [Repos] is what several clusters share; the faults are in
// faults.go; how simulated time passes is in sim.go.
package essim
