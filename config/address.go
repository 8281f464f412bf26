package config

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// address reads host:port of a server.
func (n node) address() (string, bool) {
	return n.fitting(func(text string) bool {
		host, port, err := net.SplitHostPort(text)
		return err == nil && host != "" && isPort(port, 1)
	}, "not the address of a server", "write host:port, such as redis-1.example:6379")
}

// listenAddress reads where to listen; "" is nowhere, an empty host everywhere.
func (n node) listenAddress() (string, bool) {
	text, ok := n.text()
	if !ok || text == "" {
		return "", ok
	}
	if _, port, err := net.SplitHostPort(text); err != nil || !isPort(port, 0) {
		n.problem("not an address to listen on", `write host:port such as 127.0.0.1:8080, or "" for none`)
		return "", false
	}
	return text, true
}

func isPort(text string, lowest int) bool {
	port, err := strconv.Atoi(text)
	return err == nil && port >= lowest && port <= 65535
}

// webURL reads an http or https URL that holds no secret and no query.
func (n node) webURL() (string, bool) {
	text, ok := n.word()
	if !ok {
		return "", false
	}
	u, ok := n.parseURL(text, "http", "https")
	if !ok {
		return "", false
	}
	if u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		n.problem("not the address of a server", "write scheme, host and port, such as https://es.example:9200")
		return "", false
	}
	return text, true
}

// parseURL refuses a URL with a user or password in it: it is shown and logged.
func (n node) parseURL(text string, schemes ...string) (*url.URL, bool) {
	u, err := url.Parse(text)
	switch {
	case err != nil && strings.Contains(text, "@"), err == nil && u.User != nil:
		n.problem("a URL with a user or password in it", "write those as username and password, and the URL without them")
	case err != nil:
		n.problem("not a URL", "write scheme, host and port, such as "+schemes[0]+"://host.example:1234")
	case !slices.Contains(schemes, u.Scheme):
		n.problem("a URL of another scheme", "begin it with "+strings.Join(schemes, ":// or ")+"://")
	default:
		return u, true
	}
	return nil, false
}
