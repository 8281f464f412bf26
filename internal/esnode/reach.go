package esnode

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// nobody is the user a node runs as when the caller is root, because
// Elasticsearch refuses to run as root.
const nobody = 65534

// reachable tells whether nobody may enter the folder and read it.
func reachable(dir string) bool {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return false
		}
		need := fs.FileMode(0o001)
		if at == dir {
			need = 0o005
		}
		if ownerOf(info) == nobody {
			need <<= 6
		}
		if info.Mode().Perm()&need != need {
			return false
		}
		if at == filepath.Dir(at) {
			return true
		}
	}
}

// openUp lets nobody enter the folders above dir, as far as they lie in the
// temporary folder; folders elsewhere are left alone.
func openUp(dir string) error {
	tmp, err := filepath.EvalSymlinks(os.TempDir())
	if err != nil {
		tmp = os.TempDir()
	}
	for at := filepath.Dir(dir); strings.HasPrefix(at, tmp+string(filepath.Separator)); at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			if err := os.Chmod(at, info.Mode().Perm()|0o011); err != nil {
				return err
			}
		}
	}
	if !reachable(dir) {
		return fmt.Errorf("uid %d, as which the node runs, cannot reach %s: use a folder outside a private home", nobody, dir)
	}
	return nil
}

// give hands a tree to nobody: what root owns in it, and nothing else.
func give(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if ownerOf(info) == 0 {
			return os.Lchown(path, nobody, nobody)
		}
		return nil
	})
}

// mirror makes dst a copy of the tree src by hard links, or by copying where
// links are not possible.
func mirror(src, dst string) error {
	return filepath.WalkDir(src, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		if e.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		if os.Link(path, to) == nil {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, info.Mode().Perm())
	})
}
