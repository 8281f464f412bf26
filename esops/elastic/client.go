// Package elastic is an Elasticsearch cluster of version 5.6 to 8.x as package
// esops asks for it, through go-elasticsearch v7.
//
// It turns what each version answers into esops's values and errors, and makes
// sure that no layer sends a changing request twice. It decides nothing. Start
// at client.go, then state.go; transport.go holds what the library needs to
// speak to servers it does not know.
package elastic

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	elasticsearch "github.com/elastic/go-elasticsearch/v7"

	"es-restore/esops"
)

// Times a request may take. A restore request can hang behind a running
// snapshot for as long as that lasts, so it may take longest.
const (
	readWithin    = 30 * time.Second
	restoreWithin = 5 * time.Minute
	dialWithin    = 5 * time.Second
)

// answerLimit bounds an answer that is kept in memory.
const answerLimit = 64 << 20

// Options say where a cluster is and how to log in.
type Options struct {
	Name string // what people call it; in every error
	URL  string
	// Resolve tells the URL when it is needed, in place of URL.
	Resolve  func(ctx context.Context) (string, error)
	Username string
	Password string
	APIKey   string // base64, instead of a user
	CAFile   []byte // PEM; empty trusts the system's authorities
}

// A Client speaks to one cluster. It is safe for concurrent use and implements
// esops.Reader, esops.Watcher and esops.Writer.
type Client struct {
	name    string
	base    *url.URL
	at      *address         // nil: base is where it is
	secrets []*regexp.Regexp // what no error may hold
	reads   *elasticsearch.Client
	// writes has its own transport, which opens a connection for each request:
	// one that was kept alive and died meanwhile would make a request that
	// never left look like one of unknown fate.
	writes *elasticsearch.Client
	idle   func()
}

// New builds a client. It does not connect.
func New(o Options) (*Client, error) {
	if o.Resolve != nil {
		o.URL = "http://" + o.Name + ".invalid" // takes the place of the address until it is known
	}
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("cluster %s: its url is not of the form https://host:9200", o.Name)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(o.CAFile) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(o.CAFile) {
			return nil, fmt.Errorf("cluster %s: its ca_file holds no PEM certificate", o.Name)
		}
	}
	c := &Client{name: o.Name, base: base, secrets: secrets(o)}
	transport := func(keepAlive bool) *http.Transport {
		return &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialWithin}).DialContext,
			TLSClientConfig:       config.Clone(),
			TLSHandshakeTimeout:   dialWithin,
			MaxIdleConnsPerHost:   4,
			IdleConnTimeout:       60 * time.Second,
			DisableKeepAlives:     !keepAlive,
			ResponseHeaderTimeout: restoreWithin,
		}
	}
	kept := transport(true)
	c.idle = kept.CloseIdleConnections
	found := func(next http.RoundTripper) http.RoundTripper { return next }
	if o.Resolve != nil {
		c.at = newAddress(o.Resolve)
		found = func(next http.RoundTripper) http.RoundTripper { return &finder{at: c.at, next: next} }
	}
	if c.reads, err = library(o, base, found(kept)); err != nil {
		return nil, err
	}
	if c.writes, err = library(o, base, found(transport(false))); err != nil {
		return nil, err
	}
	return c, nil
}

// secrets are the login in the forms in which a server could send it back. A
// user's name is taken for one only where it stands as a word of its own.
func secrets(o Options) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, s := range []string{o.Password, o.APIKey} {
		if s != "" {
			all = append(all, regexp.MustCompile(regexp.QuoteMeta(s)))
		}
	}
	if o.Username != "" {
		basic := base64.StdEncoding.EncodeToString([]byte(o.Username + ":" + o.Password))
		all = append(all, regexp.MustCompile(regexp.QuoteMeta(basic)), regexp.MustCompile(`\b`+regexp.QuoteMeta(o.Username)+`\b`))
	}
	return all
}

// Close drops idle connections.
func (c *Client) Close() { c.idle() }

func library(o Options, base *url.URL, transport http.RoundTripper) (*elasticsearch.Client, error) {
	client, err := elasticsearch.NewClient(elasticsearch.Config{
		Addresses:            []string{base.Scheme + "://" + base.Host},
		Username:             o.Username,
		Password:             o.Password,
		APIKey:               o.APIKey,
		Transport:            &shim{next: transport},
		DisableRetry:         true,
		UseResponseCheckOnly: true, // the shim answers it: see there
		DisableMetaHeader:    true,
	})
	if err != nil {
		return nil, fmt.Errorf("cluster %s: building its client: %w", o.Name, err)
	}
	return client, nil
}

// A request is one HTTP request. Segments are escaped one by one, which the
// library's own request types do not do: a name with ? or # in it would change
// what is asked.
type request struct {
	method   string
	segments []string
	query    url.Values
	body     any
}

// special reports whether Elasticsearch would read name as something else than
// one name: everything, a pattern, a list, a date to compute, or an API.
func special(name string) bool {
	return name == "" || name == "." || name == ".." || strings.ContainsAny(name, `*,\/?"<>| `) || strings.ContainsAny(name[:1], "_-+")
}

func (r request) path(base *url.URL) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(base.EscapedPath(), "/"))
	for _, s := range r.segments {
		b.WriteByte('/')
		// Up to 6.x, a plus in a path is a space.
		b.WriteString(strings.ReplaceAll(url.PathEscape(s), "+", "%2B"))
	}
	if len(r.segments) == 0 {
		b.WriteByte('/')
	}
	return b.String()
}

func (r request) build(ctx context.Context, base *url.URL) (*http.Request, error) {
	for _, s := range r.segments {
		if s == "" || s == "." || s == ".." { // would name another path
			return nil, esops.Refuse("illegal_name", "", "%q names nothing that a cluster could have.", s)
		}
	}
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encoding the request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	target := r.path(base)
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	return req, nil
}

// get asks something and decodes the answer into out. Whatever goes wrong,
// nothing was changed.
func (c *Client) get(ctx context.Context, out any, query url.Values, segments ...string) error {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	req, err := request{method: http.MethodGet, segments: segments, query: query}.build(ctx, c.base)
	if err != nil {
		return err
	}
	status, answer, err := perform(c.reads, req)
	if err != nil {
		return c.unreachable(err)
	}
	if status >= 300 {
		return c.readError(status, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%w: %w", esops.ErrUnavailable, esops.Refuse("not_elasticsearch",
			"See what stands between the bot and the cluster.",
			"What answers at %s's address is not Elasticsearch: its answer is not JSON.", c.name))
	}
	return nil
}

// perform sends one request once and reads the whole answer.
func perform(client *elasticsearch.Client, req *http.Request) (int, []byte, error) {
	res, err := client.Perform(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerLimit+1))
	if err != nil {
		return 0, nil, &lostAnswer{err}
	}
	if len(answer) > answerLimit {
		return 0, nil, &lostAnswer{errors.New("the answer is larger than 64 MB")}
	}
	return res.StatusCode, answer, nil
}
