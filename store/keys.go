package store

import (
	"fmt"

	"es-restore/approvals"
)

// prefix is a hash tag, so that in a cluster every key is on one shard and one
// script may touch several. Restores are few; one shard is plenty.
const prefix = "{esrestore}:"

// Every key there is, with its type and how long it lives.

// opKey: hash {version, json}; an operation. For good.
func opKey(id approvals.ID) string { return prefix + "op:" + string(id) }

// trailKey: list of the sequence numbers of an operation's records. For good.
func trailKey(id approvals.ID) string { return prefix + "trail:" + string(id) }

// logKey: stream; entry n-0 is record n, fields line and hash. Trimmed only
// behind an export.
func logKey() string { return prefix + "log" }

// headKey: hash {seq, hash}; the last record of the log.
func headKey() string { return prefix + "head" }

// openKey: sorted set of the IDs that are not in a final state, by time of opening.
func openKey() string { return prefix + "open" }

// allKey: sorted set of every ID, by time of opening.
func allKey() string { return prefix + "all" }

// heldKey: hash "cluster/target" → ID of the open operation that has it.
func heldKey() string { return prefix + "held" }

// onceKey: string, the ID that a command or form opened. A day, far longer than
// Slack delivers anything again.
func onceKey(once string) string { return prefix + "once:" + once }

// refusedKey: string; the same was refused to the same person. A minute.
func refusedKey(id approvals.ID, user, asked string) string {
	return fmt.Sprintf("%srefused:%s:%s:%s", prefix, id, user, asked)
}

// leaseKey: string, the holder's token. As long as the lease.
func leaseKey(name string) string { return prefix + "lease:" + name }

// epochKey: counter of how often a lease was taken. For good.
func epochKey(name string) string { return prefix + "epoch:" + name }

// cursorKey: string, the last sequence number a follower has dealt with. For good.
func cursorKey(follower string) string { return prefix + "cursor:" + follower }

// cardKey: hash {channel, ts, replied, shown}; where an operation's card is. For good.
func cardKey(id approvals.ID) string { return prefix + "card:" + string(id) }

// progressKey: string, the last reading of a running operation. A minute.
func progressKey(id approvals.ID) string { return prefix + "progress:" + string(id) }

// alarmKey: hash {from, to}; a process saw the log come back older than it was:
// records from…to are lost. Until accepted.
func alarmKey() string { return prefix + "alarm" }

// acceptedKey: hash {to, at}; the highest record that a person gave up when they
// last accepted that, and when, in ms. For good.
func acceptedKey() string { return prefix + "accepted" }

// checkpointKey: hash {seq, hash, at}; the last head that was written down
// outside of Redis. For good.
func checkpointKey() string { return prefix + "checkpoint" }
