package config

import (
	"fmt"
	"reflect"
	"slices"

	"es-restore/approvals"
	"es-restore/esops"
)

// checkReached finds the rule that an earlier one leaves nothing for: the first
// rule that is about a name decides.
func (p policy) checkReached(earlier []policy) {
	for i, e := range earlier {
		if !p.sound || !e.sound || !covers(e.rule.When, p.rule.When) {
			continue
		}
		what := fmt.Sprintf("never reached: policies[%d] (line %d) comes first and is about all that this one is about", i, e.line)
		if reflect.ValueOf(e.rule.When).IsZero() {
			what = fmt.Sprintf("never reached: policies[%d] (line %d) comes first and is about everything, as its when is empty", i, e.line)
		}
		p.problem(what, "put this one before it, or take one of them out")
		return
	}
}

// covers reports whether all that b is about, a is about too. It may miss that
// it is so, but never says so wrongly.
func covers(a, b approvals.When) bool {
	return coversGlobs(a.Clusters, b.Clusters) &&
		coversGlobs(a.Sources, b.Sources) &&
		coversGlobs(a.Indices, b.Indices) &&
		coversKinds(a.Kinds, b.Kinds) &&
		coversList(a.Requesters, b.Requesters, func(p, q approvals.Principal) bool { return p == q }) &&
		(a.Overwrites == nil || b.Overwrites != nil && *a.Overwrites == *b.Overwrites) &&
		a.LargerThan <= b.LargerThan
}

// coversList: every entry of b is covered by one of a; an empty list is about everything.
func coversList[T any](a, b []T, covers func(T, T) bool) bool {
	if len(a) == 0 {
		return true
	}
	for _, y := range b {
		if !slices.ContainsFunc(a, func(x T) bool { return covers(x, y) }) {
			return false
		}
	}
	return len(b) > 0
}

// coversGlobs compares globs as texts: where x matches the text of y, stars
// included, its own stars stand where those of y do, so x matches whatever y does.
func coversGlobs(a, b []string) bool {
	return slices.Contains(a, "*") || coversList(a, b, esops.Match)
}

func coversKinds(a, b []esops.Kind) bool {
	if len(b) == 0 {
		b = kinds
	}
	return coversList(a, b, func(x, y esops.Kind) bool { return x == y })
}

// checkClusters warns of a glob that no configured cluster has a name for.
func (p policy) checkClusters(clusters []Cluster) {
	when, ok := p.values["when"]
	if !ok || !p.sound {
		return
	}
	for i, glob := range p.rule.When.Clusters {
		if !slices.ContainsFunc(clusters, func(c Cluster) bool { return esops.Match(glob, c.Name) }) {
			path := fmt.Sprintf("%s.clusters[%d]", when.path, i)
			node{r: p.r, path: path, line: p.r.line(path)}.warning("no cluster of this file has such a name", "check the name, if one should")
		}
	}
}

// checkUnlimited warns of a policy that asks nobody and seems to be limited by
// its indices. What names no index is about them all: a share gives away every
// one, and an undo that only moves an alias back removes none.
func (p policy) checkUnlimited() {
	when, ok := p.values["when"]
	if !ok || !p.sound || len(p.rule.Require) > 0 || len(p.rule.When.Indices) == 0 || slices.Contains(p.rule.When.Indices, "*") {
		return
	}
	if coversKinds([]esops.Kind{esops.KindRestore}, p.rule.When.Kinds) {
		return
	}
	path := when.path + ".indices"
	node{r: p.r, path: path, line: p.r.line(path)}.warning(
		"no limit to what names no index, which is a share, and an undo that only moves an alias back: this policy asks nobody about it",
		"write kinds: [restore] beside it, unless that is meant")
}
