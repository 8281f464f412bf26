package esnode

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options say what node to start.
type Options struct {
	// Version such as "6.7.0". Needed.
	Version string
	// Name of the node, and of its cluster unless it joins one. Default "node".
	Name string
	// Repos are the folders that snapshot repositories may lie in (path.repo).
	// They are created where they are missing and made reachable for the user
	// the node runs as. None means one folder in the node's own.
	Repos []string
	// Port for HTTP; 0 takes a free one.
	Port int
	// Join makes the node a data node of that node's cluster.
	Join *Node
	// Settings are further lines of elasticsearch.yml; they win.
	Settings map[string]string
	// Secure turns security on with one superuser. 7.17 and later only.
	Secure *Credentials
	// Heap of the JVM, default "256m".
	Heap string
	// Timeout until the node must be healthy, default 3 minutes.
	Timeout time.Duration
	// Dir is where the node lives. Default: a temporary folder, which Stop
	// removes. A folder that was given is kept.
	Dir string
}

// Credentials are a user name and a password of six characters or more.
type Credentials struct{ User, Password string }

var (
	validName    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	validVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
)

// checked fills the defaults in.
func (o Options) checked() (Options, error) {
	if o.Name == "" {
		o.Name = "node"
	}
	if o.Heap == "" {
		o.Heap = "256m"
	}
	if o.Timeout == 0 {
		o.Timeout = 3 * time.Minute
	}
	switch {
	case !validVersion.MatchString(o.Version):
		return o, fmt.Errorf("version %q is not of the form 6.7.0", o.Version)
	case !validName.MatchString(o.Name):
		return o, fmt.Errorf("%q is not a name for a node", o.Name)
	case o.Secure != nil && (o.Secure.User == "" || len(o.Secure.Password) < 6):
		return o, fmt.Errorf("a secured node needs a user and a password of six characters or more")
	}
	return o, nil
}

func (o Options) major() int {
	first, _, _ := strings.Cut(o.Version, ".")
	n, _ := strconv.Atoi(first)
	return n
}

// Cache is the folder that distributions are kept in: ESNODE_HOME, else
// esnode in XDG_CACHE_HOME, else .cache/esnode in the home folder.
func Cache() string {
	if dir := os.Getenv("ESNODE_HOME"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "esnode")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "esnode-cache")
	}
	return filepath.Join(home, ".cache", "esnode")
}
