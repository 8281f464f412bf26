package config

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, exampleFile) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("slack: {bot_token: " + canary + ", app_token: '" + canary + "'}\nredis:\n  password: |\n    " + canary + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 8<<10 {
			t.Skip("the YAML library takes long for deep nesting")
		}
		said := say(string(data))
		// Where a file is named the path may be shown, and where text is no secret it is the value.
		if !bytes.Contains(data, []byte("file")) && leaks(said) && leaks(sayProblems(string(data))) {
			t.Errorf("it says: %s", said)
		}
	})
}
