package aliyun

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"es-restore/esops"
)

// Times a request may take. A change goes through the instance's master and can
// take long; the vendor's Terraform provider waits 30 seconds.
const (
	askWithin    = 10 * time.Second
	changeWithin = 30 * time.Second
	dialWithin   = 5 * time.Second
)

// Options say where the cloud is and who asks it.
type Options struct {
	// Region is that of calls which name none.
	Region string
	// Endpoint, as scheme://host or scheme://host:port, is asked instead of the
	// region's own, for a proxy or a test.
	Endpoint string
	// AccessKeyID and AccessKeySecret are both given, or none is and the SDK's
	// default chain holds: environment, OIDC role of a pod (RRSA), files of the
	// command line tool, role of the machine.
	AccessKeyID     string `json:"-"`
	AccessKeySecret string `json:"-"`
	// SecurityToken comes with a temporary key.
	SecurityToken string `json:"-"`
	// Timeout bounds one attempt; 0 is 10 seconds, and 30 for a change.
	Timeout time.Duration
	// Pause waits between attempts; nil is a timer. It returns early, with the
	// context's error, when that ends.
	Pause func(ctx context.Context, d time.Duration) error
}

// String leaves out who asks, however options are printed.
func (o Options) String() string {
	return fmt.Sprintf("Alibaba Cloud in %q at %q", o.Region, o.Endpoint)
}

// GoString is String.
func (o Options) GoString() string { return o.String() }

// A Client speaks to the cloud. It is safe for concurrent use. Its methods take
// the region first; empty means that of the options.
type Client struct {
	region   string
	endpoint *url.URL // nil: the region's own
	keys     *keys
	timeout  time.Duration
	pause    func(ctx context.Context, d time.Duration) error
	// asks keeps connections alive. changes opens one for each request: a kept
	// one that died meanwhile would make a request that never left look like
	// one of unknown fate.
	asks, changes *http.Transport
}

// New builds a client. It does not connect.
func New(o Options) (*Client, error) {
	if (o.AccessKeyID == "") != (o.AccessKeySecret == "") {
		return nil, esops.Refuse("aliyun_keys", "Write both, or none to use the SDK's default chain.",
			"Only one of access_key_id and access_key_secret is given.")
	}
	if slices.Contains(strings.Split(os.Getenv("DEBUG"), ","), "sdk") {
		return nil, esops.Refuse("aliyun_debug", "Take sdk out of the environment variable DEBUG.",
			"DEBUG=sdk lets Alibaba Cloud's SDK print signatures and tokens.")
	}
	if o.Region != "" {
		if err := checkRegion(o.Region); err != nil {
			return nil, err
		}
	}
	endpoint, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	c := &Client{
		region: o.Region, endpoint: endpoint, timeout: o.Timeout, pause: o.Pause,
		keys: newKeys(o), asks: transport(true), changes: transport(false),
	}
	if c.pause == nil {
		c.pause = pause
	}
	return c, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.asks.CloseIdleConnections() }

// transport speaks HTTP/1.1 alone, as the SDK does: HTTP/2 sends a request again
// by itself when a connection goes away.
func transport(keepAlive bool) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext:            (&net.Dialer{Timeout: dialWithin}).DialContext,
		TLSHandshakeTimeout:    dialWithin,
		MaxIdleConnsPerHost:    describers,
		IdleConnTimeout:        60 * time.Second,
		DisableKeepAlives:      !keepAlive,
	}
}

func parseEndpoint(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		// The text is not repeated: it may hold a password.
		return nil, esops.Refuse("aliyun_endpoint", "Write scheme and host, such as https://elasticsearch.cn-hangzhou.aliyuncs.com, or leave it out.",
			"The endpoint of Alibaba Cloud is not of the form https://host:port.")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

var (
	regionForm = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`)
	// The SDK puts an id into the path as it is: with a slash or a question
	// mark in it, it would name another action.
	instanceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,99}$`)
)

func checkRegion(region string) error {
	if region == "" {
		return esops.Refuse("aliyun_region_missing", "Write region at the cluster or in aliyun.", "It is not known in which region of Alibaba Cloud to ask.")
	}
	if len(region) > 40 || !regionForm.MatchString(region) {
		return esops.Refuse("aliyun_region", "Write it as the console does, such as cn-hangzhou.", "%s is not a region of Alibaba Cloud.", quote(region))
	}
	return nil
}

func checkInstance(id string) error {
	if !instanceForm.MatchString(id) {
		return esops.Refuse("aliyun_instance_id", "Copy it from the console; it looks like es-cn-n6w1o1x0w001cabcd.", "%s is not an instance id of Alibaba Cloud.", quote(id))
	}
	return nil
}

// pause waits for d or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
