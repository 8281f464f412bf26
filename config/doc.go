// Package config reads the configuration file, checks it, and explains what is
// wrong with it: every problem at once, each with its path, its line and what to
// write instead.
//
// [Load] gives a [Config] whose values are checked and whose defaults are
// filled in, or *[Problems]. A [Secret] prints as [secret] everywhere.
//
// The package asks nobody: whether a token is accepted, a cluster answers or a
// group exists is for others to find out, who get the lines to report it by from
// [Config.Line]. It never quotes a value of the file in a problem, since a secret
// may have been written in the wrong place; it quotes known keys, keys that are
// plainly words, and the names of variables and files that secrets are taken from.
//
// Start reading at config.go, then keys.go, the table of every key, and policy.go.
package config
