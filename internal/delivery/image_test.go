package delivery_test

import (
	"regexp"
	"strings"
	"testing"
)

func TestTheImageIsNotRootAndHasNoShell(t *testing.T) {
	stages := strings.Split(read(t, "Dockerfile"), "\nFROM ")
	last := stages[len(stages)-1]
	if !strings.HasPrefix(last, "scratch\n") {
		t.Errorf("the last stage is from %s", strings.SplitN(last, "\n", 2)[0])
	}
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(last)
	if user == nil || user[1] == "0" || user[2] == "0" {
		t.Errorf("the user is %v", user)
	}
	for _, instruction := range []string{"RUN ", "HEALTHCHECK ", "ADD "} {
		if strings.Contains(last, "\n"+instruction) {
			t.Errorf("the last stage has %s", instruction)
		}
	}
	if !strings.Contains(last, "\nENTRYPOINT [\"/bot\"]") {
		t.Error("the entry point is not the binary itself")
	}
}

// Whatever sets the version sets a variable that is there: the linker takes a wrong name
// without a word.
func TestTheVersionIsSetWhereThereIsOne(t *testing.T) {
	for _, file := range []string{"Dockerfile", "Makefile"} {
		set := regexp.MustCompile(`-X es-restore/(\S+)\.(\w+)=`).FindStringSubmatch(read(t, file))
		if set == nil {
			t.Fatalf("%s sets no version", file)
		}
		if !regexp.MustCompile(`(?m)^var ` + set[2] + ` = ""`).MatchString(source(t, set[1], false)) {
			t.Errorf("%s sets %s.%s, which is not there", file, set[1], set[2])
		}
	}
}
