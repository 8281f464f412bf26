package config

import "es-restore/approvals"

// An Example stands beside a policy and says whether that policy is about a
// request, so that `bot policy test` notices when it no longer is.
type Example struct {
	Policy  string // the policy's name
	Path    string // where it stands in the file
	Applies bool
	Request Question
}

// A Question is a request that nobody made.
type Question struct {
	Cluster, Source, Index, As, Kind, Requester string
	Groups                                      []string
	Overwrites                                  bool
	Size                                        int64 // negative: not known
}

func readExamples(p policy) []Example {
	n, ok := p.find("examples")
	if !ok {
		return nil
	}
	entries, _ := n.entries()
	var examples []Example
	for _, entry := range entries {
		s, ok := entry.section()
		if !ok {
			continue
		}
		for _, key := range []string{"applies", "cluster", "index"} {
			if !s.has(key) {
				s.missing(key).problem("not written", "write applies: true or false, and the cluster and index that it is about")
			}
		}
		examples = append(examples, Example{
			Policy: p.rule.Name, Path: s.path, Applies: read(s, "applies", node.flag, false),
			Request: Question{
				Cluster: read(s, "cluster", node.word, ""), Source: read(s, "source", node.word, ""), Index: read(s, "index", node.word, ""),
				As: read(s, "as", node.word, ""), Kind: string(read(s, "kind", node.kind, kinds[0])), Requester: requesterOf(s),
				Groups: groupsOf(s), Overwrites: read(s, "overwrites", node.flag, false), Size: read(s, "size", node.size, -1),
			},
		})
	}
	return examples
}

func requesterOf(s section) string {
	return read(s, "requester", node.principal, approvals.Principal{}).ID
}

func groupsOf(s section) []string {
	return approvals.GroupsOf(read(s, "groups", listOf(node.principal), nil))
}
