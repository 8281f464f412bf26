package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"es-restore/esops"
	"es-restore/internal/escontract/story"
	"es-restore/internal/esnode"
)

// supported are the versions that the product is tested with.
var supported = []string{"5.6.16", "6.7.0", "6.8.23", "7.10.2", "7.17.28", "8.17.0"}

var numbered = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)

// checkVersions tells what is wrong with --elasticsearch before anything starts.
func checkVersions(versions []string) error {
	if len(versions) > 2 {
		return misused("--elasticsearch takes one version or two, such as 6.7.0,7.10.2: first that of %s, then that of %s", ownerName, readerName)
	}
	var parsed []esops.Version
	for _, v := range versions {
		n, err := esops.ParseVersion(v)
		if err != nil || !numbered.MatchString(v) {
			return misused("--elasticsearch %q is not a version; write one such as %s", v, strings.Join(supported, ", "))
		}
		parsed = append(parsed, n)
	}
	if len(parsed) == 2 && parsed[1].Less(parsed[0]) {
		return misused("--elasticsearch %s: the cluster that restores can't be older than the one that made the snapshot; write %s,%s", strings.Join(versions, ","), versions[1], versions[0])
	}
	if err := esnode.Available(versions...); err != nil {
		return failed("real nodes can't be started: %w; without --elasticsearch they are simulated", err)
	}
	return nil
}

// realNodes starts the two clusters as real nodes, with the example told.
func realNodes(ctx context.Context, versions []string, folder string, told func(asked), say func(string)) (*fleet, error) {
	if len(versions) == 1 {
		versions = []string{versions[0], versions[0]}
	}
	say("Starting real nodes of Elasticsearch " + strings.Join(slices.Compact(slices.Clone(versions)), " and ") + "; the first time they are fetched, which takes a while …")
	repository := filepath.Join(folder, "repository")
	nodes := make([]*esnode.Node, 2)
	group, starting := errgroup.WithContext(ctx)
	for i, name := range []string{ownerName, readerName} {
		group.Go(func() (err error) {
			nodes[i], err = esnode.Start(starting, esnode.Options{Version: versions[i], Name: name, Repos: []string{repository}})
			return err
		})
	}
	f := &fleet{
		about:    "Elasticsearch is real: " + ownerName + " is a node of " + versions[0] + ", " + readerName + " one of " + versions[1] + ".",
		versions: [2]string{versions[0], versions[1]},
	}
	f.close = func() {
		var stopping sync.WaitGroup
		for _, n := range nodes {
			if n != nil {
				stopping.Go(n.Stop)
			}
		}
		stopping.Wait()
	}
	if err := group.Wait(); err != nil {
		f.shut()
		return nil, failed("%w; supported are %s, and without --elasticsearch they are simulated", firstLine(err), strings.Join(supported, ", "))
	}
	for _, n := range nodes {
		target, _ := url.Parse(n.URL())
		one, err := newFront(n.Name(), forward(target, http.DefaultTransport), told)
		if err := f.add(n.Name(), one, err); err != nil {
			f.shut()
			return nil, err
		}
	}
	f.folder = nodes[0].Repos()[0]
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	err := story.Tell(ctx, story.Options{Owner: nodes[0].URL(), Reader: nodes[1].URL(), Location: f.location(ownerName)})
	if err == nil {
		err = tellOther(ctx, f, time.Now())
	}
	if err != nil {
		f.shut()
		return nil, fmt.Errorf("filling the clusters: %w", err)
	}
	return f, nil
}

// forward hands requests on to a cluster that is reached by HTTP.
func forward(target *url.URL, transport http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = target.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { hangUp(w) }, // as it is to the bot without a front
	}
}

// firstLine keeps of an error what fits a sentence: a node that does not start tells
// the end of its log too, and Maven tells how to debug it.
func firstLine(err error) error {
	first, _, _ := strings.Cut(err.Error(), "\n")
	first, _, _ = strings.Cut(first, ": exit status")
	return errors.New(cut(first, 300) + " does not work")
}
