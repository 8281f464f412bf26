// Package arch holds the code to the map in docs/architecture.md.
//
// Its tests compare what `go list` says with the page: which packages there are,
// what each may import, that imports point inward, and that each package says in
// a comment what it is for. It has tests only: start at arch_test.go.
package arch
