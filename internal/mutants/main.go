// Command mutants removes the guards of the product, one at a time, and sees that the
// test of each fails then. A guard whose test still passes is held by nobody.
//
//	go run ./internal/mutants              all of them
//	go run ./internal/mutants 'G3|lease'   those whose line in the table matches
//
// Nothing in the tree is changed: the Go tool is given the mutated file as an overlay.
// It says nothing about guards that are not listed. Start at mutant.go; the lists are
// beside it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"sync"
	"time"
)

func main() {
	at := flag.Int("j", 2, "how many at a time")
	flag.Parse()
	if err := run(os.Stdout, flag.Arg(0), *at); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1) //nolint:forbidigo // this is a program of its own
	}
}

// run tries the mutants that match, and fails when one survives.
func run(out io.Writer, pattern string, at int) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("reading the pattern: %w", err)
	}
	var chosen []mutant
	for _, m := range mutants() {
		if wanted.MatchString(m.String()) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no mutant matches %q", pattern)
	}
	if err := soundFirst(ctx, chosen); err != nil {
		return err
	}
	began, alive := time.Now(), 0
	results := make([]chan result, len(chosen))
	slots := make(chan struct{}, at)
	var trying sync.WaitGroup
	defer trying.Wait()
	for i, m := range chosen {
		results[i] = make(chan result, 1)
		trying.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] <- m.try(ctx)
		})
	}
	for i, m := range chosen { // in order, each as soon as it is known
		r := <-results[i]
		_, _ = fmt.Fprintf(out, "%-8s %5.1fs  %s\n", r.verdict, r.took.Seconds(), m)
		if r.verdict != killed {
			alive++
			_, _ = fmt.Fprintln(out, r.said)
		}
	}
	_, _ = fmt.Fprintf(out, "%d guards, %d not held by their test, %s\n", len(chosen), alive, time.Since(began).Round(time.Second))
	if alive > 0 {
		return fmt.Errorf("%d of %d guards are not held by their test", alive, len(chosen))
	}
	return nil
}
