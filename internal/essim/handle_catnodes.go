package essim

import (
	"slices"
	"strconv"
)

func (k *call) catRepositories() (*answer, *failure) {
	t := &table{columns: []column{{name: "id", aliases: "id,repoId", help: "unique repository id"}, {name: "type", aliases: "t,type", right: true, help: "repository type"}}}
	for _, n := range k.order {
		t.add(n, k.registered[n].kind)
	}
	return k.cat(t)
}

func (k *call) catPlugins() (*answer, *failure) {
	t := &table{columns: []column{{name: "name", aliases: "n", help: "node name"}, {name: "component", aliases: "c", help: "component"}, {name: "version", aliases: "v", help: "component version"}}}
	for _, n := range k.nodes {
		for _, p := range k.opts.RepositoryTypes {
			t.add(n.name, "repository-"+p, k.v.String())
		}
	}
	return k.cat(t)
}

func (k *call) catMaster() (*answer, *failure) {
	t := &table{columns: []column{{name: "id"}, {name: "host", aliases: "h"}, {name: "ip"}, {name: "node", aliases: "n"}}}
	t.add(k.nodes[0].id, "127.0.0.1", "127.0.0.1", k.nodes[0].name)
	return k.cat(t)
}

func (k *call) catNodes() (*answer, *failure) {
	t := &table{columns: []column{{name: "ip", aliases: "i"}, {name: "heap.percent", aliases: "hp,heapPercent", right: true}, {name: "ram.percent", aliases: "rp,ramPercent", right: true}, {name: "cpu", right: true},
		{name: "load_1m", aliases: "l", right: true}, {name: "load_5m", aliases: "l", right: true}, {name: "load_15m", aliases: "l", right: true}, {name: "node.role", aliases: "r,role,nodeRole"}, {name: "master", aliases: "m"}, {name: "name", aliases: "n"}}}
	for i, n := range k.nodes {
		t.add("127.0.0.1", "32", "60", "1", "0.10", "0.10", "0.10", map[bool]string{true: "dim", false: "mdi"}[k.v.from(7, 6)], map[bool]string{true: "*", false: "-"}[i == 0], n.name)
	}
	return k.cat(t)
}

func (k *call) catAllocation() (*answer, *failure) {
	t := &table{columns: []column{{name: "shards", aliases: "s", right: true}, {name: "disk.indices", aliases: "di", right: true}, {name: "disk.used", aliases: "du", right: true}, {name: "disk.avail", aliases: "da", right: true},
		{name: "disk.total", aliases: "dt", right: true}, {name: "disk.percent", aliases: "dp", right: true}, {name: "host", aliases: "h"}, {name: "ip"}, {name: "node", aliases: "n"}}}
	for _, n := range k.nodes {
		count := 0
		for _, ix := range k.indices {
			for _, s := range ix.shards {
				for _, cp := range s.copies() {
					if cp.node == n {
						count++
					}
				}
			}
		}
		used := k.used(n)
		t.add(strconv.Itoa(count), k.size(used), k.size(used), k.size(k.opts.DiskBytes-used), k.size(k.opts.DiskBytes), strconv.FormatInt(used*100/k.opts.DiskBytes, 10), "127.0.0.1", "127.0.0.1", n.name)
	}
	return k.cat(t)
}

func (k *call) catHealth() (*answer, *failure) {
	t := &table{columns: []column{{name: "epoch", aliases: "t,time"}, {name: "timestamp", aliases: "ts,hms"}, {name: "cluster", aliases: "cl"}, {name: "status", aliases: "st"}, {name: "node.total", aliases: "nt", right: true}, {name: "node.data", aliases: "nd", right: true},
		{name: "shards", right: true}, {name: "pri", right: true}, {name: "relo", right: true}, {name: "init", right: true}, {name: "unassign", right: true}, {name: "pending_tasks", right: true}, {name: "max_task_wait_time", right: true}, {name: "active_shards_percent", right: true}}}
	a, _ := k.healthNow(false)
	o := a.body.(map[string]any)
	nodes := strconv.Itoa(len(k.nodes))
	cells := []any{strconv.FormatInt(k.now.Unix(), 10), k.now.UTC().Format("15:04:05"), k.opts.Name, o["status"], nodes, nodes, scalar(o["active_shards"]), scalar(o["active_primary_shards"]), "0",
		scalar(o["initializing_shards"]), scalar(o["unassigned_shards"]), "0", "-", strconv.FormatFloat(k.percentActive(), 'f', 1, 64) + "%"}
	if k.v.from(8, 16) {
		t.columns = slices.Insert(t.columns, 11, column{name: "unassign.pri", right: true})
		cells = slices.Insert(cells, 11, any(scalar(o["unassigned_primary_shards"])))
	}
	t.add(cells...)
	return k.cat(t)
}
