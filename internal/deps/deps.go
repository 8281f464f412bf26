//go:build deps

// Package deps pins the modules the rooms under construction will import.
package deps

import (
	_ "github.com/agnivade/levenshtein"
	_ "github.com/alicebob/miniredis/v2"
	_ "github.com/aliyun/alibaba-cloud-sdk-go/services/elasticsearch"
	_ "github.com/chromedp/chromedp"
	_ "github.com/dustin/go-humanize"
	_ "github.com/elastic/go-elasticsearch/v7"
	_ "github.com/goccy/go-yaml"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/google/shlex"
	_ "github.com/gorilla/websocket"
	_ "github.com/gowebpki/jcs"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/santhosh-tekuri/jsonschema/v6"
	_ "github.com/slack-go/slack"
	_ "github.com/spf13/cobra"
	_ "github.com/spf13/pflag"
	_ "go.uber.org/goleak"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/time/rate"
	_ "pgregory.net/rapid"
)
