package config

import (
	"crypto/x509"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
)

const secretForms = "write {env: NAME}, {file: PATH}, or the text itself"

// secret reads a plain string, {env: NAME} or {file: PATH}. Whatever is wrong
// with it, its problem shows neither values nor keys.
func (n node) secret() (Secret, bool) {
	switch n.value.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		pairs, _ := n.pairs()
		if len(pairs) == 1 {
			key, line, value := keyText(pairs[0].Key), lineOf(pairs[0].Key), pairs[0].Value
			switch key {
			case "env":
				return n.r.node(join(n.path, key), line, value).fromEnv()
			case "file":
				return n.r.node(join(n.path, key), line, value).fromFile()
			}
		}
		n.problem("not a secret", secretForms)
		return Secret{}, false
	case *ast.SequenceNode:
		n.problem("not a secret", secretForms)
		return Secret{}, false
	}
	text, ok := n.word()
	if ok {
		n.r.plain = append(n.r.plain, n)
	}
	return NewSecret(text), ok
}

var (
	envName      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	plainEnvName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)
	plainPath    = regexp.MustCompile(`^(\.{0,2}/.*|[a-z0-9_-]+(/[a-z0-9_-]+)*\.[a-z]{1,5})$`)
)

func (n node) fromEnv() (Secret, bool) {
	name, ok := n.fitting(envName.MatchString, "not the name of an environment variable", "write one such as SLACK_BOT_TOKEN")
	if !ok {
		return Secret{}, false
	}
	// A name in another writing than usual may be the secret itself, as may a
	// path that does not look like one (see file).
	called := "the environment variable named here"
	if plainEnvName.MatchString(name) {
		called = "the environment variable " + name
	}
	return n.variable(name, called)
}

func (n node) variable(name, called string) (Secret, bool) {
	value, set := n.r.env(name)
	switch {
	case !set:
		n.problem(called+" is not set", "set it before the start, or "+secretForms)
	case value == "":
		n.problem(called+" is empty", "set it before the start, or "+secretForms)
	default:
		return n.clean(value, called)
	}
	return Secret{}, false
}

func (n node) fromFile() (Secret, bool) {
	data, called, ok := n.file()
	if !ok {
		return Secret{}, false
	}
	value := strings.TrimRight(string(data), "\r\n")
	if value == "" {
		n.problem(called+" is empty", "put the secret into it")
		return Secret{}, false
	}
	return n.clean(value, called)
}

// clean refuses what can't be sent in a header or a login.
func (n node) clean(value, called string) (Secret, bool) {
	if strings.ContainsFunc(value, unicode.IsControl) {
		n.problem(called+" holds a line break or control character", "keep nothing but the secret in it")
		return Secret{}, false
	}
	return NewSecret(value), true
}

// file reads the file that a value names; called is how to speak of it.
func (n node) file() (data []byte, called string, ok bool) {
	path, ok := n.word()
	if !ok {
		return nil, "", false
	}
	called = "the file named here"
	if plainPath.MatchString(path) {
		called = "the file " + path
	}
	data, err := n.r.readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		n.problem(called+" does not exist", "write the path of one that does; it counts from the folder of this configuration")
	case errors.Is(err, fs.ErrPermission):
		n.problem(called+" may not be read", "let the user the bot runs as read it")
	case err != nil:
		n.problem(called+" can't be read", "write the path of a file")
	}
	return data, called, err == nil
}

// certificates reads the file of a certificate authority.
func (n node) certificates() ([]byte, bool) {
	data, called, ok := n.file()
	if ok && !x509.NewCertPool().AppendCertsFromPEM(data) {
		n.problem(called+" holds no certificate in PEM form", "write the path of a file with -----BEGIN CERTIFICATE-----")
		return nil, false
	}
	return data, ok
}
