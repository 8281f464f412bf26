package esnode

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

const fetchGoal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"

var fetching sync.Mutex

func distDir(version string) string {
	return filepath.Join(Cache(), "dist", "elasticsearch-"+version)
}

func isFetched(version string) bool {
	_, err := os.Stat(filepath.Join(distDir(version), ".esnode-ok"))
	return err == nil
}

// Fetch brings a version into the cache, unless it is there, and returns its
// folder.
func Fetch(ctx context.Context, version string) (string, error) {
	fetching.Lock()
	defer fetching.Unlock()
	if !validVersion.MatchString(version) {
		return "", fmt.Errorf("version %q is not of the form 6.7.0", version)
	}
	dist := distDir(version)
	if isFetched(version) {
		return dist, nil
	}
	if err := os.MkdirAll(filepath.Dir(dist), 0o755); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dist), ".fetch-")
	if err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	cmd := exec.CommandContext(ctx, "mvn", "-q", "-B", "-Dstyle.color=never", fetchGoal,
		"-Dartifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:"+version+":zip",
		"-DoutputDirectory="+tmp, "-Dmdep.useBaseVersion=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetching Elasticsearch %s with Maven: %w: %s", version, err, lastLines(out, 5))
	}
	zips, _ := filepath.Glob(filepath.Join(tmp, "*.zip"))
	if len(zips) != 1 {
		return "", fmt.Errorf("fetching Elasticsearch %s: Maven brought %d archives", version, len(zips))
	}
	if err := unzip(zips[0], tmp); err != nil {
		return "", fmt.Errorf("unpacking Elasticsearch %s: %w", version, err)
	}
	fresh := filepath.Join(tmp, "elasticsearch-"+version)
	if _, err := os.Stat(filepath.Join(fresh, "bin", "elasticsearch")); err != nil {
		return "", fmt.Errorf("unpacking Elasticsearch %s: unexpected archive: %w", version, err)
	}
	if err := os.MkdirAll(filepath.Join(fresh, "plugins"), 0o755); err != nil {
		return "", fmt.Errorf("unpacking Elasticsearch %s: %w", version, err)
	}
	if err := os.WriteFile(filepath.Join(fresh, ".esnode-ok"), nil, 0o644); err != nil {
		return "", fmt.Errorf("unpacking Elasticsearch %s: %w", version, err)
	}
	if isFetched(version) { // somebody else was quicker
		return dist, nil
	}
	_ = os.RemoveAll(dist)
	if err := os.Rename(fresh, dist); err != nil && !isFetched(version) {
		return "", fmt.Errorf("keeping Elasticsearch %s: %w", version, err)
	}
	return dist, nil
}

// unzip unpacks an archive so that every user may read it.
func unzip(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("%q points outside", f.Name)
		}
		to := filepath.Join(dir, f.Name)
		if f.FileInfo().IsDir() {
			if err := os.MkdirAll(to, 0o755); err != nil {
				return err
			}
			continue
		}
		if err := unzipFile(f, to); err != nil {
			return err
		}
	}
	return nil
}

func unzipFile(f *zip.File, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if strings.Contains(filepath.ToSlash(to), "/bin/") {
		mode = 0o755
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

func lastLines(b []byte, n int) string {
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-n):], []byte("\n")))
}
