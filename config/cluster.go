package config

import (
	"regexp"
	"slices"
	"strings"

	"es-restore/approvals"
)

// A Cluster is one Elasticsearch that people can name.
type Cluster struct {
	Name string // what people type; unique
	// URL is where it answers, without a slash at its end; empty: to be asked
	// from Alibaba Cloud by InstanceID and Region, which are then set.
	URL      string
	Username string // with Password, or else APIKey, or none of them
	Password Secret
	APIKey   Secret // in the encoded form
	CA       []byte // certificates to trust, in PEM form; nil: the system's
	// InstanceID is its name in Alibaba Cloud; empty: it is not there, or not
	// known to be.
	InstanceID string
	Region     string // as written, or else aliyun.region
	ReadOnly   bool   // it is listed, planned on and a source, and never changed
	// VisibleTo are who may read about it; none: whoever may use the bot.
	VisibleTo []approvals.Principal
}

var clusterName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

func readClusters(root section, aliyun *Aliyun) []Cluster {
	n, ok := root.find("clusters")
	if !ok {
		root.missing("clusters").problem("not written", "write at least one, such as {name: dev, url: http://localhost:9200}")
		return nil
	}
	entries, _ := n.someEntries()
	clusters := make([]Cluster, len(entries))
	for i, entry := range entries {
		s, ok := entry.section()
		if !ok {
			continue
		}
		clusters[i] = s.cluster(aliyun)
		s.twins(clusters[:i], clusters[i])
	}
	return clusters
}

func (s section) cluster(aliyun *Aliyun) Cluster {
	region := ""
	if aliyun != nil {
		region = aliyun.Region
	}
	cluster := Cluster{
		Name:       read(s, "name", node.clusterName, ""),
		URL:        strings.TrimRight(read(s, "url", node.webURL, ""), "/"),
		Username:   read(s, "username", node.word, ""),
		Password:   read(s, "password", node.secret, Secret{}),
		APIKey:     read(s, "api_key", node.secret, Secret{}),
		CA:         read(s, "ca_file", node.certificates, nil),
		InstanceID: read(s, "instance_id", node.word, ""),
		Region:     read(s, "region", node.word, region),
		ReadOnly:   read(s, "read_only", node.flag, false),
		VisibleTo:  read(s, "visible_to", someOf(node.principal), nil),
	}
	if !s.has("name") {
		s.missing("name").problem("not written", "write what people type for it, such as es-prod")
	}
	s.checkAddress(cluster)
	s.checkLogin()
	if n, ok := s.find("ca_file"); ok && strings.HasPrefix(cluster.URL, "http://") {
		n.warning("not used, since the url is not of TLS", "begin the url with https://")
	}
	return cluster
}

func (n node) clusterName() (string, bool) {
	return n.fitting(clusterName.MatchString, "not a name that can be typed", "begin with a lower-case letter or digit, and go on with those and . - _")
}

// checkAddress wants to know where the cluster is.
func (s section) checkAddress(c Cluster) {
	switch {
	case s.has("url"):
	case !s.has("instance_id"):
		s.missing("url").problem("not written", "write where it answers, such as https://es.example:9200, or the instance_id to ask Alibaba Cloud by")
	case c.Region == "":
		s.missing("region").problem("not written, so its url can't be asked from Alibaba Cloud", "write region here or in aliyun, or url here")
	}
}

// checkLogin wants a user with a password, or an API key, or nothing.
func (s section) checkLogin() {
	user, password, key := s.has("username"), s.has("password"), s.has("api_key")
	switch {
	case key && (user || password):
		s.values["api_key"].problem("two ways to log in", "keep api_key, or else username and password")
	case user && !password:
		s.missing("password").problem("left out, though there is a username", "write the user's password")
	case password && !user:
		s.missing("username").problem("left out, though there is a password", "write whose password it is")
	}
}

// twins finds the names given twice. One cluster under two names is only warned
// of: operations wait for one another by name.
func (s section) twins(earlier []Cluster, c Cluster) {
	same := func(key string, value func(Cluster) string) (node, bool) {
		n, ok := s.find(key)
		return n, ok && value(c) != "" && slices.ContainsFunc(earlier, func(e Cluster) bool { return value(e) == value(c) })
	}
	if n, twice := same("name", func(c Cluster) string { return c.Name }); twice {
		n.problem("the name of an earlier cluster", "write another one")
	}
	if n, twice := same("url", func(c Cluster) string { return c.URL }); twice {
		n.warning("that of an earlier cluster", oneName)
	}
	if n, twice := same("instance_id", func(c Cluster) string { return c.InstanceID }); twice {
		n.warning("that of an earlier cluster", oneName)
	}
}

const oneName = "keep one name for each cluster: operations on it wait for one another by its name"
