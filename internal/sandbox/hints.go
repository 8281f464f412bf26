package sandbox

import (
	"slices"

	"es-restore/config"
	"es-restore/esops"
	"es-restore/handlers"
	"es-restore/internal/escontract/story"
)

// hints help people type a command: the verbs with their usage, and the names that
// can follow.
type hints struct {
	Command      string     `json:"command"`
	Verbs        []verbHint `json:"verbs"`
	Clusters     []string   `json:"clusters"`
	Sources      []string   `json:"sources"` // whose snapshots can be shared
	Repositories []string   `json:"repositories,omitempty"`
	Snapshots    []string   `json:"snapshots,omitempty"` // as REPOSITORY/SNAPSHOT
	Indices      []string   `json:"indices,omitempty"`
	Story        bool       `json:"story"` // the example's names are there, so the tour can be made
}

// A verbHint is how one verb is used. Words in capitals name what stands there.
type verbHint struct {
	Verb  string   `json:"verb"`
	Args  []string `json:"args,omitempty"`
	Flags []string `json:"flags,omitempty"`
	What  string   `json:"what"`
}

var restoreFlags = []string{"--as", "--overwrite-closed", "--swap", "--at", "--replicas", "--partial", "--system"}

// allVerbs are the verbs of the command; those this bot does not know yet are not
// offered.
var allVerbs = []verbHint{
	{"clusters", nil, nil, "each cluster: version and health"},
	{"repos", []string{"CLUSTER"}, nil, "each repository of a cluster, and whose it is"},
	{"snapshots", []string{"CLUSTER", "[REPOSITORY]"}, []string{"--match", "--since"}, "the snapshots, newest first"},
	{"show", []string{"CLUSTER", "REPOSITORY/SNAPSHOT"}, nil, "what one snapshot holds"},
	{"plan", []string{"CLUSTER", "REPOSITORY/SNAPSHOT", "INDICES"}, restoreFlags, "what a restore would do; changes nothing"},
	{"restore", []string{"CLUSTER", "REPOSITORY/SNAPSHOT", "INDICES", "--reason TEXT"}, append([]string{"--reason"}, restoreFlags...), "ask for a restore"},
	{"share", []string{"SOURCE", "DESTINATION", "--reason TEXT"}, []string{"--reason"}, "let a cluster read another's snapshots"},
	{"list", nil, []string{"--all"}, "operations, open ones first"},
	{"history", nil, []string{"--by", "--cluster", "--since", "--limit"}, "what was done"},
	{"status", []string{"ID"}, nil, "where one operation stands"},
	{"log", []string{"ID"}, nil, "its whole audit trail"},
	{"cancel", []string{"ID"}, []string{"--reason"}, "take it back, or stop it once it runs"},
	{"retry", []string{"ID"}, []string{"--reason"}, "what failed, once more"},
	{"undo", []string{"ID"}, []string{"--reason"}, "take back what it made"},
	{"help", []string{"[VERB]"}, nil, "what can be typed"},
}

// hintsFor are the hints for a configuration, with the example's names where the
// example was told.
func hintsFor(c *config.Config, told bool) hints {
	h := hints{Command: "/es-restore", Story: told}
	for _, v := range allVerbs {
		if _, refusal := handlers.Parse("help " + v.Verb); refusal == nil {
			h.Verbs = append(h.Verbs, v)
		}
	}
	for _, one := range c.Clusters {
		h.Clusters = append(h.Clusters, one.Name)
	}
	h.Sources = h.Clusters
	if told {
		other := esops.SharedName(otherName)
		h.Sources = append(slices.Clone(h.Clusters), otherName)
		h.Repositories = []string{story.ReaderRepository, other}
		h.Snapshots = []string{story.ReaderRepository + "/latest", story.ReaderRepository + "/" + story.Snapshot, other + "/latest"}
		h.Indices = []string{story.FileIndex, story.EcommerceIndex, story.LogsIndex, "kibana_sample_data_*", otherIndex, "'*'"}
	}
	return h
}
