package config

import (
	"slices"
	"strings"
)

// Redis is where operations and the log are kept: at URL, or else in what
// Sentinel tells, or else in a Cluster. One of the three is set.
type Redis struct {
	URL      string    // redis://, rediss:// or unix://; holds no secret
	Sentinel *Sentinel // nil: none
	Cluster  []string  // addresses of some of its nodes, host:port
	Username string
	Password Secret
	// CA is the certificates to trust, in PEM form. With Sentinel and Cluster,
	// which have no scheme to tell it by, it also turns on TLS.
	CA []byte
	// AllowDataLoss starts in spite of a Redis that evicts or forgets.
	AllowDataLoss bool
}

// A Sentinel knows which server is the master now.
type Sentinel struct {
	Master    string   // the master's name
	Addresses []string // of the sentinels, host:port
}

// Same reports whether two are the same place, whatever the login.
func (r Redis) Same(other Redis) bool {
	sentinel := func(s *Sentinel) string {
		if s == nil {
			return ""
		}
		return s.Master
	}
	return r.URL == other.URL && sentinel(r.Sentinel) == sentinel(other.Sentinel) && slices.Equal(r.Cluster, other.Cluster)
}

const defaultRedisURL = "redis://localhost:6379/0"

func readRedis(s section) Redis {
	redis := Redis{
		URL:           read(s, "url", node.redisURL, ""),
		Sentinel:      read(s, "sentinel", node.sentinel, nil),
		Cluster:       read(s, "cluster", node.redisCluster, nil),
		Username:      read(s, "username", node.word, ""),
		Password:      read(s, "password", node.secret, Secret{}),
		CA:            read(s, "ca_file", node.certificates, nil),
		AllowDataLoss: read(s, "allow_data_loss", node.flag, false),
	}
	var ways []string
	for _, way := range []string{"url", "sentinel", "cluster"} {
		if s.has(way) {
			ways = append(ways, way)
		}
	}
	switch {
	case len(ways) == 0:
		redis.URL = defaultRedisURL
	case len(ways) > 1:
		s.problem(strings.Join(ways, " and ")+" exclude each other", "keep one of them")
	}
	if redis.Username != "" && !s.has("password") {
		s.missing("password").problem("left out, though there is a username", "write the user's password")
	}
	if n, ok := s.find("ca_file"); ok && redis.URL != "" && !strings.HasPrefix(redis.URL, "rediss:") {
		n.warning("not used, since the url is not of TLS", "begin the url with rediss://")
	}
	return redis
}

// redisURL reads host, port and database number, or a socket's path. Timeouts
// and the like are no matter of the configuration.
func (n node) redisURL() (string, bool) {
	text, ok := n.word()
	if !ok {
		return "", false
	}
	u, ok := n.parseURL(text, "redis", "rediss", "unix")
	if !ok {
		return "", false
	}
	if u.Scheme == "unix" {
		ok = u.Host == "" && len(u.Path) > 1 && (u.RawQuery == "" || isDatabase(u.RawQuery, "db="))
	} else {
		ok = u.Hostname() != "" && u.RawQuery == "" && (strings.Trim(u.Path, "/") == "" || isDatabase(u.Path, "/"))
	}
	if !ok || u.Fragment != "" {
		n.problem("not the URL of a Redis", "write redis://HOST:PORT/DATABASE, rediss://… for TLS, or unix:///PATH?db=DATABASE, and nothing more")
		return "", false
	}
	return text, true
}

func isDatabase(text, prefix string) bool {
	number, found := strings.CutPrefix(text, prefix)
	return found && number != "" && len(number) < 6 && strings.Trim(number, "0123456789") == ""
}

func (n node) sentinel() (*Sentinel, bool) {
	s, ok := n.section()
	if !ok {
		return nil, false
	}
	for _, key := range []string{"master", "addresses"} {
		if !s.has(key) {
			s.missing(key).problem("not written", "write sentinel as {master: mymaster, addresses: [a:26379, b:26379]}")
		}
	}
	return &Sentinel{
		Master:    read(s, "master", node.word, ""),
		Addresses: read(s, "addresses", someOf(node.address), nil),
	}, true
}

func (n node) redisCluster() ([]string, bool) {
	s, ok := n.section()
	if ok && !s.has("addresses") {
		s.missing("addresses").problem("not written", "write cluster as {addresses: [a:6379, b:6379]}")
	}
	return read(s, "addresses", someOf(node.address), nil), ok
}
