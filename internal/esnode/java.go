package esnode

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

var javaVersion = regexp.MustCompile(`version "(?:1\.)?([0-9]+)`)

// javaMajor asks a JDK for its version; 0 means that there is none.
func javaMajor(home string) int {
	out, err := exec.Command(filepath.Join(home, "bin", "java"), "-version").CombinedOutput()
	if err != nil {
		return 0
	}
	m := javaVersion.FindSubmatch(out)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// findJava finds a JDK: ESNODE_JAVA_HOME wins; then a JDK 17 among JAVA_HOME,
// the java on the PATH and the JDKs that lie beside it; then the first of them.
// All supported versions run on 17.
func findJava() (string, error) {
	if home := os.Getenv("ESNODE_JAVA_HOME"); home != "" {
		if javaMajor(home) == 0 {
			return "", fmt.Errorf("ESNODE_JAVA_HOME %q has no working bin/java", home)
		}
		return home, nil
	}
	var candidates []string
	if home := os.Getenv("JAVA_HOME"); home != "" {
		candidates = append(candidates, home)
	}
	if bin, err := exec.LookPath("java"); err == nil {
		if real, err := filepath.EvalSymlinks(bin); err == nil {
			home := filepath.Dir(filepath.Dir(real))
			if filepath.Base(home) == "jre" {
				home = filepath.Dir(home)
			}
			candidates = append(candidates, home)
			beside, _ := filepath.Glob(filepath.Join(filepath.Dir(home), "*"))
			candidates = append(candidates, beside...)
		}
	}
	first := ""
	for _, home := range candidates {
		major := javaMajor(home)
		if major == 17 {
			return home, nil
		}
		if major > 0 && first == "" {
			first = home
		}
	}
	if first == "" {
		return "", errors.New("no java was found: install a JDK 17 and put java on the PATH, or set JAVA_HOME")
	}
	return first, nil
}

// Available tells whether nodes can be started here: nil, or one sentence that
// says what is missing. Maven is not needed for versions that are in the cache
// already; without versions it is.
func Available(versions ...string) error {
	if !supported {
		return errors.New("real nodes are started on Linux and macOS only")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		return errors.New("bash is missing, which starts Elasticsearch: install it")
	}
	if _, err := findJava(); err != nil {
		return err
	}
	cached := len(versions) > 0
	for _, v := range versions {
		cached = cached && isFetched(v)
	}
	if _, err := exec.LookPath("mvn"); err != nil && !cached {
		return errors.New("mvn is missing, which fetches Elasticsearch: install Maven (apt-get install maven)")
	}
	return nil
}
