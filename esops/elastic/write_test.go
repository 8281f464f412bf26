package elastic_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
	"es-restore/esops/elastic"
)

const (
	repository = "aliyun_snapshot_from_es-cn-a"
	automatic  = "es-cn-a_20190705220000"
	fileIndex  = "file-2019-08-25"
)

// body is a request for one index.
func body() esops.RestoreBody {
	return esops.RestoreBody{Indices: []string{fileIndex}, IgnoreIndexSettings: []string{"index.blocks.*"}, IndexSettings: map[string]any{esops.MarkerSetting: "r-1"}}
}

// The ends a request can come to.
const (
	isUnknown     = "unknown"
	isBusy        = "busy"
	isUnavailable = "unavailable"
	isDone        = "done"
	isOther       = "none of the promised"
)

// class names what an error means; a refusal by its code.
func class(err error) string {
	refusal, refused := esops.Refused(err)
	switch {
	case err == nil:
		return isDone
	case refused:
		return refusal.Code
	case errors.Is(err, esops.ErrUnknown):
		return isUnknown
	case errors.Is(err, esops.ErrBusy):
		return isBusy
	case errors.Is(err, esops.ErrUnavailable):
		return isUnavailable
	}
	return isOther
}

const html = "<html><body>502 Bad Gateway</body></html>"

// ends are ways in which a request that was sent may end.
var ends = []struct {
	name   string
	answer func(net.Conn, *http.Request)
	want   string
}{
	{"accepted", status(200, `{"accepted":true}`), isDone},
	{"the connection ends", hangUp, isUnknown},
	{"the connection is reset", reset, isUnknown},
	{"silence", silence, isUnknown},
	{"half a head", saying("HTTP/1.1 200 OK\r\nContent-"), isUnknown},
	{"half a body", saying("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"acce"), isUnknown},
	{"a body without an end", saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{\"accepted\":true}\r\n"), isUnknown},
	{"no HTTP at all", saying("SSH-2.0-OpenSSH_9.6\r\n"), isUnknown},
	{"a proxy's 502", status(502, html), isUnknown},
	{"a proxy's 503", status(503, html), isUnknown},
	{"a proxy's 504", status(504, html), isUnknown},
	{"a proxy's 500", status(500, ""), isUnknown},
	{"a proxy's 408", status(408, html), isUnknown},
	{"a proxy's 429", status(429, html), isBusy},
	{"a proxy's 403", status(403, html), "cluster_proxy"},
	{"a proxy's 401", status(401, html), "cluster_unauthorized"},
	{"a proxy's 302", status(302, html), "cluster_proxy"},
	{"a proxy's 200", status(200, html), isUnknown},
	{"an answer to something else", status(200, `{}`), isUnknown},
	{"429", status(429, failure(429, "es_rejected_execution_exception", "rejected execution")), isBusy},
	{"a deletion runs", status(503, failure(503, "concurrent_snapshot_execution_exception", "cannot restore a snapshot while a snapshot deletion is in-progress")), isBusy},
	{"another restore runs", status(503, failure(503, "concurrent_snapshot_execution_exception", "[r:s] Restore process is already running in this cluster")), isBusy},
	{"taken out of the queue", status(503, failure(503, "process_cluster_event_timeout_exception", "failed to process cluster event (restore_snapshot[s]) within 2m")), isBusy},
	{"no master", status(503, failure(503, "master_not_discovered_exception", "null")), isUnknown},
	{"a master that lost its office", status(500, failure(500, "not_master_exception", "no longer master")), isUnknown},
	{"a change that was not agreed on", status(500, failure(500, "failed_to_commit_cluster_state_exception", "timed out while waiting for enough masters to ack")), isUnknown},
	{"the way to the master broke", status(500, failure(500, "node_disconnected_exception", "[es-0][10.0.0.1:9300] disconnected")), isUnknown},
	{"the master's answer took too long", status(500, failure(500, "receive_timeout_transport_exception", "request_id [7] timed out")), isUnknown},
	{"the node closes", status(500, `{"error":{"type":"exception","reason":"x","caused_by":{"type":"node_closed_exception","reason":"node closed"}},"status":500}`), isUnknown},
	{"a gateway's words in JSON", status(504, failure(504, "timeout", "upstream")), isUnknown},
	{"a refusal", status(500, failure(500, "snapshot_restore_exception", "[r:s/u] cannot restore index [file-2019-08-25] because it's open")), "open_index"},
	{"an unknown parameter", status(400, failure(400, "illegal_argument_exception", "Unknown parameter foo")), "elasticsearch_refused"},
	{"no right", status(403, failure(403, "security_exception", "action [cluster:admin/snapshot/restore] is unauthorized for user [restorer]")), "cluster_forbidden"},
	{"nothing to restore", status(200, `{"snapshot":{"snapshot":"s","indices":[],"shards":{"total":0,"failed":0,"successful":0}}}`), "nothing_restored"},
}

// patience is how long a request that is met by silence waits here.
func patience(t *testing.T, of string) context.Context {
	if of != "silence" {
		return t.Context()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestARestoreRequestIsSentOnceWhateverComesOfIt(t *testing.T) {
	for _, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			w := newWire(t, end.answer)
			err := client(t, w.url()).Restore(patience(t, end.name), body(), repository, automatic)
			if got := class(err); got != end.want {
				t.Errorf("%s, want %s: %v", got, end.want, err)
			}
			want := []string{"POST /_snapshot/" + repository + "/" + automatic + "/_restore"}
			if diff := cmp.Diff(want, w.received()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOtherChangesAreSentOnceToo(t *testing.T) {
	for _, end := range ends {
		want := end.want
		switch end.name { // what only a restore's answer means
		case "a proxy's 200", "an answer to something else", "nothing to restore":
			want = isDone
		}
		for method, call := range map[string]func(context.Context, *elastic.Client) error{
			"DELETE /" + fileIndex:             func(ctx context.Context, c *elastic.Client) error { return c.Delete(ctx, fileIndex) },
			"PUT /" + fileIndex + "/_settings": func(ctx context.Context, c *elastic.Client) error { return c.ClearMarker(ctx, fileIndex) },
		} {
			w := newWire(t, end.answer)
			err := call(patience(t, end.name), client(t, w.url()))
			if got := class(err); got != want {
				t.Errorf("%s, %s: %s, want %s: %v", end.name, method, got, want, err)
			}
			if diff := cmp.Diff([]string{method}, w.received()); diff != "" {
				t.Errorf("%s: %s", end.name, diff)
			}
		}
	}
}

func TestAConnectionThatDiedWhileIdleIsNeverUsedForAChange(t *testing.T) {
	var mu sync.Mutex
	used := map[net.Conn]bool{}
	accepted := status(200, `{"accepted":true,"count":1,"_shards":{"total":1,"successful":1}}`)
	w := newWire(t, func(conn net.Conn, r *http.Request) {
		mu.Lock()
		again := used[conn]
		used[conn] = true
		mu.Unlock()
		if again && r.Method != http.MethodGet {
			reset(conn, r) // it died, and nobody was told
			return
		}
		accepted(conn, r)
	})
	c := client(t, w.url())
	for range 3 {
		if _, err := c.Count(t.Context(), fileIndex); err != nil {
			t.Fatal(err)
		}
		if err := c.Restore(t.Context(), body(), repository, automatic); err != nil {
			t.Errorf("%s: %v", class(err), err)
		}
		if err := c.Delete(t.Context(), fileIndex); err != nil {
			t.Errorf("%s: %v", class(err), err)
		}
	}
	w.cut()
	if _, err := c.Count(t.Context(), fileIndex); err != nil {
		t.Errorf("a question is not asked again on another connection: %v", err)
	}
	posts := 0
	for _, request := range w.received() {
		if strings.HasPrefix(request, "POST") {
			posts++
		}
	}
	if posts != 3 {
		t.Errorf("%d requests for 3 restores", posts)
	}
}

func TestARequestThatIsGivenUpIsOfUnknownFate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWire(t, func(net.Conn, *http.Request) { cancel() })
	if err := client(t, w.url()).Restore(ctx, body(), repository, automatic); class(err) != isUnknown {
		t.Error(class(err), err)
	}
	if err := client(t, w.url()).Restore(ctx, body(), repository, automatic); class(err) != isUnavailable {
		t.Errorf("given up before it was sent: %s, %v", class(err), err)
	}
	if n := len(w.received()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestARequestThatNamesNoIndexIsNeverSent(t *testing.T) {
	w := newWire(t, status(200, `{"accepted":true}`))
	c := client(t, w.url())
	for _, indices := range [][]string{nil, {}, {""}, {"*"}, {"logs-*"}, {"a,b"}, {"_all"}, {"a", "-b"}, {fileIndex, "*"}} {
		b := body()
		b.Indices = indices
		if err := c.Restore(t.Context(), b, repository, automatic); class(err) != "nothing_selected" {
			t.Errorf("%q: %s", indices, class(err))
		}
	}
	for _, index := range []string{"", "*", "logs-*", "a,b", "_all", "-a", "_settings", ".", "..", "a/b", "<logs-{now/d}>"} {
		if err := c.Delete(t.Context(), index); class(err) != "illegal_name" {
			t.Errorf("Delete(%q): %s", index, class(err))
		}
		if err := c.ClearMarker(t.Context(), index); class(err) != "illegal_name" {
			t.Errorf("ClearMarker(%q): %s", index, class(err))
		}
	}
	if got := w.received(); len(got) > 0 {
		t.Errorf("sent: %q", got)
	}
}

func TestWhatIsGoneAlreadyIsDone(t *testing.T) {
	w := newWire(t, status(404, failure(404, "index_not_found_exception", "no such index")))
	c := client(t, w.url())
	if err := errors.Join(c.Delete(t.Context(), fileIndex), c.ClearMarker(t.Context(), fileIndex)); err != nil {
		t.Error(err)
	}
}

// authority signs a certificate for names, valid until then.
func authority(t *testing.T, until time.Time, names ...string) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if len(names) > 0 {
		template.IPAddresses = nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func secured(t *testing.T, certificate tls.Certificate) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"accepted":true}`)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhatNeverLeftIsToldApartInWords(t *testing.T) {
	tomorrow := time.Now().Add(24 * time.Hour)
	good, ca := authority(t, tomorrow)
	elsewhere, caElsewhere := authority(t, tomorrow, "other.example")
	expired, caExpired := authority(t, tomorrow.Add(-72*time.Hour))
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	quitter := newWire(t, hangUp) // takes what it does not understand for an end
	closed := newWire(t, hangUp)
	_ = closed.listener.Close()
	for _, c := range []struct {
		name string
		o    elastic.Options
		want string // the code; the request was not sent
		says string
	}{
		{"a closed port", elastic.Options{URL: closed.url()}, "cluster_dial", "refuses the connection"},
		{"an unknown host", elastic.Options{URL: "http://nosuch.invalid:9200"}, "cluster_unknown_host", "the host of nosuch.invalid:9200 is not known"},
		{"an unknown authority", elastic.Options{URL: secured(t, good)}, "cluster_tls", "unknown authority"},
		{"another's certificate", elastic.Options{URL: secured(t, elsewhere), CAFile: caElsewhere}, "cluster_tls", "for another host"},
		{"an old certificate", elastic.Options{URL: secured(t, expired), CAFile: caExpired}, "cluster_tls", "expired"},
		{"HTTP where HTTPS is asked for", elastic.Options{URL: strings.Replace(plain.URL, "http", "https", 1)}, "cluster_tls", "TLS handshake failed"},
		{"a handshake that ends", elastic.Options{URL: strings.Replace(quitter.url(), "http", "https", 1)}, "cluster_lost", "ended before it answered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			es := clientOf(t, c.o)
			_, read := es.Count(t.Context(), fileIndex)
			for _, err := range []error{read, es.Restore(t.Context(), body(), repository, automatic)} {
				var refusal *esops.Refusal
				if class(err) != isUnavailable || !errors.As(err, &refusal) {
					t.Fatalf("%s: %v", class(err), err)
				}
				if refusal.Code != c.want || !strings.Contains(refusal.Sentence, c.says) || !strings.Contains(refusal.Sentence, "es-cn-b") || refusal.WayOut == "" {
					t.Errorf("%+v", refusal)
				}
			}
		})
	}
	if err := clientOf(t, elastic.Options{URL: secured(t, good), CAFile: ca}).Restore(t.Context(), body(), repository, automatic); err != nil {
		t.Errorf("with its authority: %v", err)
	}
}
