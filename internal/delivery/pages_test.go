package delivery_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryTestThatAPageNamesExists(t *testing.T) {
	tests := source(t, ".", true)
	for _, page := range pages(t) {
		for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(read(t, page), -1) {
			if !strings.Contains(tests, "func "+name+"(") {
				t.Errorf("%s names %s, and there is no such test", page, name)
			}
		}
	}
}

// slug is the anchor of a heading.
func slug(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(heading))
	heading = regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(heading, "")
	return strings.ReplaceAll(heading, " ", "-")
}

func TestEveryLinkOfAPageLeadsSomewhere(t *testing.T) {
	for _, page := range pages(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			target, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := page
			if target != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(page), target))
			}
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, link[1])
				continue
			}
			if anchor == "" {
				continue
			}
			var anchors []string
			for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(read(t, path), -1) {
				anchors = append(anchors, slug(heading[1]))
			}
			if !slices.Contains(anchors, anchor) {
				t.Errorf("%s links to %s, and there is no such heading", page, link[1])
			}
		}
	}
}

func TestEveryMakeTargetThatAPageNamesExistsAndSaysWhatItIs(t *testing.T) {
	makefile := read(t, "Makefile")
	_, phony, _ := strings.Cut(makefile, ".PHONY:")
	phony, _, _ = strings.Cut(phony, "\n")
	var told []string
	for _, target := range regexp.MustCompile(`(?m)^([a-z-]+):.*## .+$`).FindAllStringSubmatch(makefile, -1) {
		told = append(told, target[1])
	}
	if diff := cmp.Diff(strings.Fields(phony), told); diff != "" {
		t.Errorf("targets (-there +told by make help):\n%s", diff)
	}
	for _, page := range pages(t) {
		for _, named := range regexp.MustCompile("`make ([a-z-]+)`").FindAllStringSubmatch(read(t, page), -1) {
			if !slices.Contains(told, named[1]) {
				t.Errorf("%s names make %s, and there is no such target", page, named[1])
			}
		}
	}
}

func TestTheReadmesGuaranteesAreAllThere(t *testing.T) {
	var numbers []string
	for _, row := range regexp.MustCompile(`(?m)^\| (G\d+) \| .{20,} \| .{5,} \|$`).FindAllStringSubmatch(between(t, "README.md", "guarantees"), -1) {
		numbers = append(numbers, row[1])
	}
	want := []string{"G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10", "G11", "G12"}
	if diff := cmp.Diff(want, numbers); diff != "" {
		t.Errorf("rows: %s", diff)
	}
}

// The page of the guarantees makes the same promises, in the same words, each with
// tests and guards.
func TestThePageOfTheGuaranteesMakesTheReadmesPromises(t *testing.T) {
	sections := strings.Split(read(t, "docs/guarantees.md"), "\n## ")[1:]
	promises := regexp.MustCompile(`(?m)^\| (G\d+) \| (.+?) \|`).FindAllStringSubmatch(between(t, "README.md", "guarantees"), -1)
	if len(sections) != len(promises)+1 {
		t.Fatalf("%d promises and %d sections", len(promises), len(sections))
	}
	for i, promise := range promises {
		if !strings.HasPrefix(sections[i], promise[1]+"\n\n**"+promise[2]+".**\n") {
			t.Errorf("it does not say %s: %s", promise[1], promise[2])
		}
		if tests := regexp.MustCompile("(?m)^\\| `Test\\w+` \\|").FindAllString(sections[i], -1); len(tests) < 3 {
			t.Errorf("%s has %d tests", promise[1], len(tests))
		}
	}
}
