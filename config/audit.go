package config

import "time"

// Audit is where records go, beside Redis, and how long Redis keeps them.
type Audit struct {
	// Export is Stdout, the path of a file, or empty: nowhere.
	Export string
	// Keep is how long Redis keeps a record that was exported; 0: for good.
	Keep time.Duration
}

// Stdout is the export to standard output.
const Stdout = "stdout"

func readAudit(root section) Audit {
	n, written := root.find("audit")
	if !written {
		return Audit{}
	}
	s, _ := n.section()
	a := Audit{Export: read(s, "export", node.word, ""), Keep: read(s, "keep", node.duration, 0)}
	if n, ok := s.find("keep"); ok && a.Export == "" {
		n.problem("records would be removed that were never exported", "write export beside it, or leave it out")
	}
	return a
}
