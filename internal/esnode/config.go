package esnode

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const jvmOptions = `-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-Dfile.encoding=UTF-8
-Djna.nosys=true
-Dio.netty.noUnsafe=true
-Dio.netty.noKeySetOptimization=true
-Dio.netty.recycler.maxCapacityPerThread=0
-Dlog4j.shutdownHookEnabled=false
-Dlog4j2.disable.jmx=true
-Dlog4j2.formatMsgNoLookups=true
-Djava.security.manager=allow
`

// has tells whether the distribution contains a module.
func (n *Node) has(module string) bool {
	_, err := os.Stat(filepath.Join(n.dist, "modules", module))
	return err == nil
}

// settings are the lines of elasticsearch.yml, as each version needs them.
func (n *Node) settings() map[string]string {
	o, major := n.opts, n.opts.major()
	quoted := make([]string, len(n.repos))
	for i, r := range n.repos {
		quoted[i] = fmt.Sprintf("%q", r)
	}
	s := map[string]string{
		"cluster.name": n.cluster,
		"node.name":    o.Name,
		"path.data":    n.path("data"),
		"path.logs":    n.path("logs"),
		"path.repo":    "[" + strings.Join(quoted, ", ") + "]",
		"http.port":    fmt.Sprint(n.port),
		"network.host": "127.0.0.1",
		"cluster.routing.allocation.disk.threshold_enabled": "false",
	}
	transport := "transport.port"
	if major < 8 {
		transport = "transport.tcp.port"
	}
	s[transport] = fmt.Sprint(n.transport)
	seed := "[]"
	if o.Join != nil {
		seed = fmt.Sprintf(`["127.0.0.1:%d"]`, o.Join.transport)
	}
	// A node that joins may not become master: then stopping it never costs
	// the quorum, and it never elects itself.
	switch {
	case major >= 7:
		s["discovery.seed_hosts"] = seed
		switch {
		case o.Join == nil:
			s["cluster.initial_master_nodes"] = fmt.Sprintf("[%q]", o.Name)
		case major >= 8:
			s["node.roles"] = "[data, ingest]"
		default:
			s["node.master"] = "false"
		}
	default:
		s["discovery.zen.ping.unicast.hosts"] = seed
		s["discovery.zen.ping_timeout"] = "500ms"
		if o.Join != nil {
			s["discovery.zen.ping_timeout"] = "3s"
			s["node.master"] = "false"
		}
	}
	if n.has("x-pack-security") {
		s["xpack.security.enabled"] = fmt.Sprint(o.Secure != nil)
		if o.Secure != nil {
			s["xpack.security.http.ssl.enabled"] = "false"
			s["xpack.security.transport.ssl.enabled"] = "false"
		}
		if major >= 8 {
			s["xpack.security.autoconfiguration.enabled"] = "false"
		}
	}
	if major >= 8 && n.has("ingest-geoip") {
		s["ingest.geoip.downloader.enabled"] = "false"
	}
	maps.Copy(s, o.Settings)
	return s
}

// configure writes the configuration folder anew.
func (n *Node) configure() error {
	conf := n.path("config")
	if err := os.RemoveAll(conf); err != nil {
		return err
	}
	for _, d := range []string{"config", "logs", "tmp", "data"} {
		if err := os.MkdirAll(n.path(d), 0o755); err != nil {
			return err
		}
	}
	stock, err := os.ReadDir(filepath.Join(n.dist, "config"))
	if err != nil {
		return err
	}
	for _, e := range stock {
		if e.IsDir() || e.Name() == "elasticsearch.yml" || e.Name() == "jvm.options" || strings.HasSuffix(e.Name(), ".example.yml") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(n.dist, "config", e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(conf, e.Name()), b, 0o644); err != nil {
			return err
		}
	}
	set := n.settings()
	var yml strings.Builder
	for _, key := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&yml, "%s: %s\n", key, set[key])
	}
	files := map[string]string{
		"elasticsearch.yml": yml.String(),
		"jvm.options":       fmt.Sprintf("-Xms%s\n-Xmx%s\n%s", n.opts.Heap, n.opts.Heap, jvmOptions),
	}
	if c := n.opts.Secure; c != nil { // the file realm: {SHA} is base64 of sha1
		sum := sha1.Sum([]byte(c.Password))
		files["users"] = c.User + ":{SHA}" + base64.StdEncoding.EncodeToString(sum[:]) + "\n"
		files["users_roles"] = "superuser:" + c.User + "\n"
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(conf, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// environment is what the launcher sees: nothing of the caller's Java setup.
func (n *Node) environment() []string {
	drop := []string{"JAVA_TOOL_OPTIONS=", "ES_HOME=", "CLASSPATH=", "JAVA_HOME=", "ES_JAVA_HOME=", "ES_JAVA_OPTS=", "HOME=", "LC_ALL="}
	var env []string
	for _, e := range os.Environ() {
		if !slices.ContainsFunc(drop, func(d string) bool { return strings.HasPrefix(e, d) }) {
			env = append(env, e)
		}
	}
	return append(env,
		"JAVA_HOME="+n.java, "ES_JAVA_HOME="+n.java, "ES_PATH_CONF="+n.path("config"), "ES_JVM_OPTIONS="+n.path("config", "jvm.options"),
		"ES_TMPDIR="+n.path("tmp"), "HOME="+n.dir, "ES_JAVA_OPTS=-Des.bundled_jdk=false", "CLI_JAVA_OPTS=-XX:TieredStopAtLevel=1", "LC_ALL=C")
}
