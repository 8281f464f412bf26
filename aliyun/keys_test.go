package aliyun_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"es-restore/aliyun"
	"es-restore/internal/aliyunsim"
)

// chained is a client without keys of its own, on a machine that has none.
func chained(t *testing.T, s *aliyunsim.Server) *aliyun.Client {
	t.Helper()
	for _, name := range []string{"ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "OIDC_TOKEN_FILE", "OIDC_PROVIDER_ARN", "ROLE_ARN", "CREDENTIALS_URI", "PROFILE", "CREDENTIALS_FILE"} {
		t.Setenv("ALIBABA_CLOUD_"+name, "")
	}
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	t.Setenv("HOME", t.TempDir())
	return client(t, s, func(o *aliyun.Options) { o.AccessKeyID, o.AccessKeySecret, o.SecurityToken = "", "", "" })
}

func TestWithoutKeysTheDefaultChainHolds(t *testing.T) {
	s := cloud(t)
	c := chained(t, s)
	question, change := asks(t, c)
	for _, err := range []error{question, change} {
		if kind(err) != "unavailable" || refusal(t, err).Code != "aliyun_no_credentials" || !strings.Contains(err.Error(), "ALIBABA_CLOUD_ACCESS_KEY_ID") {
			t.Error(err)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	// A chain that found none is asked anew, the environment too.
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", keyID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret)
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", token)
	if question, change := asks(t, c); question != nil || change != nil {
		t.Error(question, change)
	}
}

func TestTheCommandLineToolsFileIsRead(t *testing.T) {
	s := cloud(t)
	c := chained(t, s)
	dir := filepath.Join(os.Getenv("HOME"), ".aliyun")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.PutKey(aliyunsim.Key{ID: "LTAIfile", Secret: "of the file"})
	config := `{"current":"default","profiles":[{"name":"default","mode":"AK","access_key_id":"LTAIfile","access_key_secret":"of the file"}]}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Instance(within(t), region, "es-cn-a"); err != nil || s.Requests()[0].Key != "LTAIfile" {
		t.Error(err, s.Requests())
	}
}

// aURI serves temporary keys as a metadata service does.
func aURI(t *testing.T, answer func(w http.ResponseWriter)) (uri string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Connection", "close") // the SDK's clients keep connections for ever
		answer(w)
	}))
	t.Cleanup(u.Close)
	return u.URL, asked
}

func TestTemporaryKeysAreFetchedOnceForAll(t *testing.T) {
	s := cloud(t)
	uri, asked := aURI(t, func(w http.ResponseWriter) {
		expires := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
		_, _ = w.Write([]byte(`{"Code":"Success","AccessKeyId":"` + keyID + `","AccessKeySecret":"` + secret + `","SecurityToken":"` + token + `","Expiration":"` + expires + `"}`))
	})
	c := chained(t, s)
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", uri)
	var group sync.WaitGroup
	errs := make([]error, 32)
	for n := range errs {
		group.Go(func() { _, errs[n] = c.Instance(within(t), region, "es-cn-a") })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestCancellingDoesNotWaitForKeys(t *testing.T) {
	hold, begun := make(chan struct{}), make(chan struct{}, 1)
	uri, _ := aURI(t, func(http.ResponseWriter) { begun <- struct{}{}; <-hold })
	c := chained(t, cloud(t))
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", uri)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.AddSharedRepository(ctx, region, "es-cn-b", "es-cn-a") }()
	<-begun
	cancel()
	select {
	case err := <-done:
		if kind(err) != "unavailable" || !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(3 * time.Second): // the provider itself gives up later
		t.Error("it waited for keys")
	}
	close(hold)
	// The next call waits for that fetch, which ends without keys.
	if _, err := c.Instance(within(t), region, "es-cn-a"); refusal(t, err).Code != "aliyun_no_credentials" {
		t.Error(err)
	}
}

func TestARoleThatCanNotBeTakenIsSaidToBeSo(t *testing.T) {
	c := chained(t, cloud(t))
	t.Setenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/ack")
	t.Setenv("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/"+canary)
	_, err := c.Instance(within(t), region, "es-cn-a")
	if refusal(t, err).Code != "aliyun_no_credentials" || !strings.Contains(err.Error(), "OIDC token") || strings.Contains(err.Error(), canary) {
		t.Error(err)
	}
}
