package esops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Surveyor answers what a plan's readings tell beside the plan. Its errors are
// those of a Reader.
type Surveyor interface {
	// Capacity tells what room a cluster has, and how fast it restores from a
	// repository at most.
	Capacity(ctx context.Context, repository string) (Capacity, error)
	// Facts tells what a cluster knows of indices that it still has. One that it
	// has not is left out.
	Facts(ctx context.Context, indices []string) (map[string]Fact, error)
}

// Capacity is what room a cluster has.
type Capacity struct {
	Disks []Disk // of the nodes that hold data
	// Watermarks: whether nodes are kept from filling up, and how much of a disk
	// may be used when a shard is to be put there, between 0 and 1; or how many
	// bytes must stay free.
	Watermarks bool
	LowUsed    float64
	LowFree    int64
	Shards     int    // open now, replicas included
	ShardLimit int    // 0: not enforced
	Allocation string // all, primaries, new_primaries or none
	Blocked    bool   // read-only
	// NodeRate is the most a node restores in a second, in bytes, by the
	// cluster's setting; RepositoryRate by the repository's. 0: no limit known.
	NodeRate       int64
	RepositoryRate int64
}

// A Disk is where one node keeps data.
type Disk struct {
	Node  string
	Total int64
	Free  int64
}

// room is how much may land on a disk until no shard is put there any more.
func (c Capacity) room(d Disk) int64 {
	if !c.Watermarks {
		return d.Free
	}
	keep := c.LowFree
	if c.LowUsed > 0 {
		keep = int64(float64(d.Total) * (1 - c.LowUsed))
	}
	return max(0, d.Free-keep)
}

// survey looks whether the destination can take the plan, and how long it may
// take. What it does not tell is left out: Elasticsearch decides again.
func (p Planner) survey(ctx context.Context, readings *Readings, plan Plan, cluster Cluster, state State) error {
	if n := len(state.Restores); n > 0 {
		f := Finding{Code: "restores_running", Severity: Note, Sentence: fmt.Sprintf("%d other %s on %s now, and they share its speed.", n, plural(n, "restore runs", "restores run"), p.Cluster)}
		if !cluster.Version.AtLeast(6, 6) {
			f.Sentence = fmt.Sprintf("Another restore runs on %s; Elasticsearch %s does one at a time, so this one waits for it.", p.Cluster, cluster.Version)
		}
		readings.Findings = append(readings.Findings, f)
	}
	if p.Surveyor == nil || len(plan.Items) == 0 {
		return nil
	}
	capacity, err := p.Surveyor.Capacity(ctx, plan.Repository)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("asking %s what room it has: %w", p.Cluster, err)
		}
		readings.Findings = append(readings.Findings, Finding{Code: "room_unknown", Severity: Note,
			Sentence: fmt.Sprintf("%s does not tell what room it has.", p.Cluster)})
		return nil
	}
	readings.Findings = append(readings.Findings, p.fits(capacity, *readings, plan, cluster)...)
	readings.Findings = append(readings.Findings, p.lasts(ctx, capacity, *readings, cluster)...)
	return nil
}

// fits judges the room: disks, shards, and whether shards may be placed at all.
func (p Planner) fits(c Capacity, readings Readings, plan Plan, cluster Cluster) []Finding {
	var findings []Finding
	block := func(code, wayOut, format string, args ...any) {
		findings = append(findings, Finding{Code: code, Severity: Blocking, Sentence: fmt.Sprintf(format, args...), WayOut: wayOut})
	}
	if c.Blocked {
		block("cluster_blocked", "Remove the block, or make room if the disks are full.", "%s is read-only by a block of its own; Elasticsearch would refuse.", p.Cluster)
	}
	if c.Allocation == "none" {
		block("allocation_off", "Set cluster.routing.allocation.enable to all.", "%s places no shards now (cluster.routing.allocation.enable is none); every shard would fail at once.", p.Cluster)
	}
	copies := int64(1)
	if n := plan.Flags.Replicas; n != nil {
		copies += int64(*n)
	}
	if c.ShardLimit > 0 && cluster.Version.AtLeast(7, 0) {
		more := 0
		for _, item := range readings.Items {
			more += max(1, item.Shards) * int(copies)
		}
		if c.Shards+more > c.ShardLimit {
			block("shard_limit", "Remove indices, restore fewer, or raise cluster.max_shards_per_node.",
				"%s holds %d shards of at most %d; this adds at least %d. Elasticsearch checks index by index, so some would fail.", p.Cluster, c.Shards, c.ShardLimit, more)
		}
	}
	bytes, known := readings.Bytes()
	if !known || len(c.Disks) == 0 {
		return findings
	}
	var room, most int64
	for _, d := range c.Disks {
		room += c.room(d)
		most = max(most, c.room(d))
	}
	need := bytes * copies
	largest := largestShard(readings)
	switch {
	case need > room:
		block("no_room", "Make room, restore fewer indices, or use fewer replicas.",
			"%s has room for %s on %d data %s, and this needs %s.", p.Cluster, inBytes(room), len(c.Disks), plural(len(c.Disks), "node", "nodes"), inBytes(need))
	case largest > most:
		block("no_room_for_shard", "Make room on one node, or leave the largest index out.",
			"No node of %s has room for a shard of %s; the most is %s.", p.Cluster, inBytes(largest), inBytes(most))
	case need*10 > room*8:
		findings = append(findings, Finding{Code: "little_room", Severity: Note,
			Sentence: fmt.Sprintf("%s has room for %s (%s), and this needs %s of it.", p.Cluster, inBytes(room), c.byNode(), inBytes(need))})
	default:
		findings = append(findings, Finding{Code: "room", Severity: Note,
			Sentence: fmt.Sprintf("It needs %s, and %s has room for %s: %s.", inBytes(need), p.Cluster, inBytes(room), c.byNode())})
	}
	return findings
}

// largestShard is how large a shard is at least that will have to find a place:
// the largest of the mean ones.
func largestShard(readings Readings) int64 {
	var largest int64
	for _, item := range readings.Items {
		if item.Shards > 0 {
			largest = max(largest, item.Bytes/int64(item.Shards))
		}
	}
	return largest
}

// byNode is the room of each node, as many as can be read at a glance, the
// fullest first.
func (c Capacity) byNode() string {
	const most = 5
	disks := slices.SortedStableFunc(slices.Values(c.Disks), func(a, b Disk) int { return cmp.Compare(c.room(a), c.room(b)) })
	var said []string
	for i, d := range disks {
		if i == most {
			said = append(said, fmt.Sprintf("%d more with at least as much", len(disks)-i))
			break
		}
		said = append(said, d.Node+" "+inBytes(c.room(d)))
	}
	return strings.Join(said, ", ")
}

// lasts says how long it may take: by what restores here came to, or else by
// the throttle, which it names.
func (p Planner) lasts(ctx context.Context, c Capacity, readings Readings, cluster Cluster) []Finding {
	bytes, known := readings.Bytes()
	if !known || bytes == 0 {
		return nil
	}
	nodes := max(1, len(c.Disks))
	limit, by := c.NodeRate, "indices.recovery.max_bytes_per_sec"
	if !cluster.Version.AtLeast(7, 9) || c.RepositoryRate > 0 && (limit == 0 || c.RepositoryRate < limit) {
		limit, by = c.RepositoryRate, "the repository's max_restore_bytes_per_sec"
		if limit == 0 && !cluster.Version.AtLeast(7, 9) {
			limit = 40 << 20 // its default up to 7.8
		}
	}
	var said string
	if p.Speed != nil {
		if speed, seen := p.Speed(ctx); seen && speed > 0 {
			said = fmt.Sprintf("About %s, by what restores to %s came to so far (%s a second).", lasting(float64(bytes)/speed), p.Cluster, inBytes(int64(speed)))
		}
	}
	if limit > 0 {
		least := lasting(float64(bytes) / float64(limit*int64(nodes)))
		throttle := fmt.Sprintf("limited to %s a second and node by %s", inBytes(limit), by)
		if said == "" {
			said = fmt.Sprintf("At least %s: it is %s.", least, throttle)
		} else {
			said += " It is " + throttle + "."
		}
	}
	if said == "" {
		return nil
	}
	return []Finding{{Code: "time_expected", Severity: Note, Sentence: said}}
}

// lasting is a number of seconds for people.
func lasting(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return "a few seconds"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
