package store_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"es-restore/approvals"
	"es-restore/store"
)

// dialed is a store on a Redis reached by options.
func dialed(t *testing.T, o store.Options) (*store.Store, redis.UniversalClient) {
	t.Helper()
	client, err := store.Dial(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return store.New(client), client
}

func TestAnAddressThatCannotBeReadKeepsItsPassword(t *testing.T) {
	for _, url := range []string{"http://:hunter2@host", "redis://u:hunter2@host:6379/zero", ":hunter2@host"} {
		_, err := store.Dial(store.Options{URL: url})
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "redis.url") {
			t.Errorf("%q came to %v", url, err)
		}
	}
}

func TestWhoCallsAndWithWhatIsTaken(t *testing.T) {
	m := miniredis.RunT(t)
	m.RequireUserAuth("bot", "secret")
	for name, o := range map[string]store.Options{
		"in the address":    {URL: "redis://bot:secret@" + m.Addr()},
		"beside it":         {URL: "redis://" + m.Addr(), Username: "bot", Password: "secret"},
		"instead of others": {URL: "redis://other:wrong@" + m.Addr(), Username: "bot", Password: "secret"},
	} {
		s, _ := dialed(t, o)
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, _ := dialed(t, store.Options{URL: "redis://" + m.Addr()})
	if err := s.Commit(t.Context(), opening(t, "R-22222", 0, "a")); err == nil || !strings.Contains(err.Error(), "nothing was recorded") {
		t.Errorf("without a password it came to %v", err)
	}
}

func TestAnAuthorityOfOnesOwnIsTaken(t *testing.T) {
	certificate, authority := selfSigned(t)
	m := miniredis.NewMiniRedis()
	if err := m.StartTLS(&tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	s, _ := dialed(t, store.Options{URL: "rediss://" + m.Addr(), CAFile: authority})
	open(t, s, "R-22222", []string{"a"})
	strange, _ := dialed(t, store.Options{URL: "rediss://" + m.Addr()})
	if err := strange.Ping(t.Context()); err == nil {
		t.Error("a stranger is trusted")
	}
	for _, o := range []store.Options{
		{URL: "rediss://" + m.Addr(), CAFile: []byte("no certificate")},
		{Cluster: []string{m.Addr()}, CAFile: []byte("no certificate")},
	} {
		if _, err := store.Dial(o); err == nil || !strings.Contains(err.Error(), "redis.ca_file") {
			t.Errorf("what is no certificate came to %v", err)
		}
	}
}

// selfSigned makes a certificate for this machine, and the PEM that vouches for it.
func selfSigned(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestASocketOfThisMachineWillDo(t *testing.T) {
	n := startNode(t, append(slices.Clone(safe), "--unixsocket", "redis.sock")...)
	s, _ := dialed(t, store.Options{URL: "unix://" + filepath.Join(n.dir, "redis.sock") + "?db=0"})
	open(t, s, "R-22222", []string{"a"}, approved)
	verified(t, s)
}

// A command that is lost is tried again by the store, which knows what that
// means, and by nobody else.
func TestNoClientTriesAgainOnItsOwn(t *testing.T) {
	for name, o := range map[string]store.Options{
		"one server": {URL: "redis://127.0.0.1:1"},
		"sentinels":  {Master: "mymaster", Sentinel: []string{"127.0.0.1:1"}},
	} {
		_, client := dialed(t, o)
		options := client.(*redis.Client).Options()
		if options.MaxRetries != 0 || !options.ContextTimeoutEnabled || options.ReadTimeout > 2*time.Second { // -1 is read as 0
			t.Errorf("%s: %d retries, context %v, %v", name, options.MaxRetries, options.ContextTimeoutEnabled, options.ReadTimeout)
		}
	}
	_, client := dialed(t, store.Options{Cluster: []string{"127.0.0.1:1"}})
	if options := client.(*redis.ClusterClient).Options(); options.MaxRetries > 0 || !options.ContextTimeoutEnabled {
		t.Errorf("a cluster: %d retries, context %v", options.MaxRetries, options.ContextTimeoutEnabled)
	}
}

// cluster is a cluster of one.
func cluster(t *testing.T) *backend {
	t.Helper()
	n := startNode(t, append(slices.Clone(safe), "--cluster-enabled", "yes")...)
	b := newBackend(t, n.addr, nil, n)
	if err := b.raw.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	if !until(func() bool { return strings.Contains(b.raw.ClusterInfo(t.Context()).Val(), "cluster_state:ok") }) {
		t.Fatal("the cluster does not come up")
	}
	return b
}

// A cluster's client tries again by itself, and would tell of the last try only.
func TestALostAnswerOfAClusterIsNotTakenForItsNextNo(t *testing.T) {
	b := cluster(t)
	p := newProxy(t, b)
	_, port, _ := strings.Cut(p.addr, ":")
	if err := b.raw.ConfigSet(t.Context(), "cluster-announce-port", port).Err(); err != nil {
		t.Fatal(err)
	}
	s, _ := dialed(t, store.Options{Cluster: []string{p.addr}})
	op := open(t, s, "R-22222", []string{"a"})
	if p.count() == 0 {
		t.Fatal("it does not go through the proxy")
	}
	p.next(loseAnswer)
	for range 100 {
		p.next(answer("-OOM command not allowed when used memory > 'maxmemory'.\r\n"))
	}
	if err := s.Commit(soon(t), change(t, op, approved)); !errors.Is(err, approvals.ErrNotKnown) {
		t.Errorf("it came to %v", err)
	}
}

func TestAClusterWillDo(t *testing.T) {
	ctx := context.Background()
	s, _ := dialed(t, store.Options{Cluster: []string{cluster(t).addr}})
	if safety, err := s.Safety(ctx); err != nil || len(safety.Unsafe) != 0 {
		t.Errorf("it is %+v: %v", safety, err)
	}
	mustGuard(t, s)
	c := opening(t, "R-22222", 0, "a", "b")
	c.Once = "trigger"
	op := commit(t, s, c)
	commit(t, s, refused(op, ben, "approve"))
	lease := acquire(t, s, "destination:prod-b")
	fence := lease.Fence()
	c = change(t, commit(t, s, change(t, op, approved)), claimed)
	c.Fence = &fence
	commit(t, s, c)
	if err := lease.SetCursor(ctx, "board", 3); err != nil {
		t.Error(err)
	}
	if err := lease.SetCard(ctx, "R-22222", store.Card{TS: "1"}); err != nil {
		t.Error(err)
	}
	if trail, err := s.Trail(ctx, "R-22222"); err != nil || len(trail) != 4 {
		t.Errorf("the trail is %v: %v", kinds(trail), err)
	}
	if ops, total, err := s.Recent(ctx, 0, 10); err != nil || total != 1 || ops[0].State != approvals.Running {
		t.Errorf("recent are %v of %d: %v", ids(ops), total, err)
	}
	if _, err := s.AcceptRollback(ctx, anna, "why", at); err != nil {
		t.Error(err)
	}
	mustGuard(t, s)
	verified(t, s)
}
