package delivery_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/rig"
)

// The worked example of docs/audit.md, as its reader would type it: the blocks of JSON
// are the files, the block of sh is the script, and what is shown behind each command is
// what it prints.
func TestTheExampleOfTheAuditTrailIsWhatHappens(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "sed", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("left out: %s is not installed", tool)
		}
	}
	dir := t.TempDir()
	if err := os.Symlink(rig.Binary(t), filepath.Join(dir, "bot")); err != nil {
		t.Fatal(err)
	}
	save := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, commands := "", 0
	blocks := regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```").FindAllStringSubmatch(between(t, "docs/audit.md", "example"), -1)
	for _, block := range blocks { // what is shown after a file may be about it too
		switch block[1] {
		case "json":
			if files == "" {
				save("audit.jsonl", block[2])
			}
			files += block[2]
			save("both.jsonl", files)
		case "sh":
			save("check", block[2])
		}
	}
	for _, block := range blocks {
		if block[1] != "console" {
			continue
		}
		shown, printed := strings.Split(strings.TrimSpace(block[2]), "\n"), []string{}
		for _, line := range shown {
			command, is := strings.CutPrefix(line, "$ ")
			if !is {
				continue
			}
			commands++
			cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
			output, _ := cmd.CombinedOutput() // it fails where it shows what is broken
			printed = append(printed, line)
			if text := strings.TrimSpace(string(output)); text != "" {
				printed = append(printed, strings.Split(text, "\n")...)
			}
		}
		if diff := cmp.Diff(shown, printed); diff != "" {
			t.Errorf("(-shown +printed):\n%s", diff)
		}
	}
	if commands < 9 {
		t.Errorf("%d commands were typed", commands)
	}
}
