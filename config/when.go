package config

import (
	"strings"
	"unicode"

	"es-restore/approvals"
	"es-restore/esops"
)

var kinds = []esops.Kind{esops.KindRestore, esops.KindShare, esops.KindUndo}

func (n node) when() (approvals.When, bool) {
	s, ok := n.section()
	if !ok {
		return approvals.When{}, false
	}
	when := approvals.When{
		Clusters:   read(s, "clusters", someOf(node.clusterGlob), nil),
		Sources:    read(s, "sources", someOf(node.sourceGlob), nil),
		Indices:    read(s, "indices", someOf(node.indexGlob), nil),
		Kinds:      read(s, "kinds", someOf(node.kind), nil),
		Requesters: read(s, "requesters", someOf(node.principal), nil),
		LargerThan: read(s, "larger_than", node.size, 0),
	}
	if overwrites, ok := s.find("overwrites"); ok {
		if value, ok := overwrites.flag(); ok {
			when.Overwrites = &value
		}
	}
	return when, true
}

func (n node) kind() (esops.Kind, bool) {
	text, ok := n.fitting(func(text string) bool {
		for _, kind := range kinds {
			if string(kind) == text {
				return true
			}
		}
		return false
	}, "not a kind of operation", "write restore, share or undo")
	return esops.Kind(text), ok
}

// The globs: a rule that could match nothing would quietly leave its names to a
// later one, so what can't stand in a name is refused.

func (n node) clusterGlob() (string, bool) {
	return n.fitting(func(text string) bool {
		return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789._-*") == ""
	}, "not the name of a cluster", "write a name, or one with * for any run of characters, such as prod-*")
}

func (n node) sourceGlob() (string, bool) {
	return n.fitting(func(text string) bool {
		return !strings.ContainsAny(text, ",?[]") && !strings.ContainsFunc(text, unicode.IsSpace)
	}, "not the name of a source", "write one name for each entry, with * for any run of characters, such as prod-*")
}

func (n node) indexGlob() (string, bool) {
	return n.fitting(func(text string) bool {
		return !strings.HasPrefix(text, "-") && strings.ToLower(text) == text &&
			!strings.ContainsAny(text, `\/?"<>|,#[]`) && !strings.ContainsFunc(text, unicode.IsSpace)
	}, "not the name of an index", "write one lower-case name for each entry, with * for any run of characters, such as payments-*")
}
