package aliyunsim_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"es-restore/internal/aliyunsim"
)

// plain signs with HMAC-SHA256 by hand, the other signature of the API.
func plain(t *testing.T, ctx context.Context, s *aliyunsim.Server, method, path, body string) (int, map[string]any, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum([]byte(body))
	h := req.Header
	h.Set("Accept", "application/json")
	h.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	h.Set("Content-Type", "application/json")
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.Set("x-acs-signature-method", "HMAC-SHA256")
	h.Set("x-acs-version", "2017-06-13")
	text := strings.Join([]string{method, h.Get("Accept"), h.Get("Content-MD5"), h.Get("Content-Type"), h.Get("Date"),
		"x-acs-signature-method:HMAC-SHA256", "x-acs-version:2017-06-13", path}, "\n")
	mac := hmac.New(sha256.New, []byte(aliyunsim.DefaultKeySecret))
	mac.Write([]byte(text))
	h.Set("Authorization", "acs "+aliyunsim.DefaultKeyID+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err
	}
	var answer map[string]any
	if json.Unmarshal(data, &answer) != nil {
		answer = map[string]any{"text": string(data)}
	}
	return resp.StatusCode, answer, nil
}

func TestTheOtherSignatureIsTakenToo(t *testing.T) {
	s := world(t)
	status, answer, err := plain(t, t.Context(), s, "GET", "/openapi/instances/es-cn-a?extra=1&z", "")
	if err != nil || status != http.StatusOK || answer["Result"].(map[string]any)["instanceId"] != "es-cn-a" {
		t.Error(status, answer, err)
	}
	if r := s.Requests()[0]; r.Region != "" || r.Action != "DescribeInstance" || r.Query.Get("extra") != "1" {
		t.Errorf("%+v", r)
	}
}

func TestRequestsThatAreNotWellFormedAreRefused(t *testing.T) {
	s := world(t)
	for want, change := range map[string]func(h http.Header){
		"IncompleteSignature":     func(h http.Header) { h.Del("Authorization") },
		"InvalidTimeStamp.Format": func(h http.Header) { h.Set("Date", "now") },
		"InvalidContentMD5":       func(h http.Header) { h.Set("Content-MD5", "x") },
		"InvalidSignatureMethod":  func(h http.Header) { h.Set("x-acs-signature-method", "none") },
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/openapi/regions", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "acs "+aliyunsim.DefaultKeyID+":x")
		req.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		req.Header.Set("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")
		req.Header.Set("x-acs-signature-method", "HMAC-SHA1")
		change(req.Header)
		req.Close = true
		resp, err := (&http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Code string }
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Code != want {
			t.Errorf("%s: %+v %v", want, answer, err)
		}
		_ = resp.Body.Close()
	}
	if _, answer, err := plain(t, t.Context(), s, "PATCH", "/openapi/instances/es-cn-a", ""); err != nil || answer["Code"] != "InvalidApi.NotFound" {
		t.Error(answer, err)
	}
	if _, answer, err := plain(t, t.Context(), s, "GET", "/openapi/instances?size=101", ""); err != nil || answer["Code"] != "InvalidParameter" {
		t.Error(answer, err)
	}
}

func TestWhatMayNotBeSharedIsRefused(t *testing.T) {
	s := world(t)
	s.PutInstance(aliyunsim.Instance{ID: "es-new", Version: "7.10_with_X-Pack", Snapshots: 1})
	s.PutInstance(aliyunsim.Instance{ID: "es-empty"})
	s.PutInstance(aliyunsim.Instance{ID: "es-far", Region: "cn-beijing", Snapshots: 1})
	s.PutInstance(aliyunsim.Instance{ID: "es-frozen", Status: "inactive"})
	s.Share("es-cn-b", "es-old")
	for _, c := range []struct{ method, dst, src, code string }{
		{"POST", "es-cn-b", "es-new", "SnapshotRepoVersionNotSupport"},
		{"POST", "es-cn-b", "es-empty", "SnapshotRepoNotFound"},
		{"POST", "es-cn-a", "es-cn-a", "SnapshotRepoNotFound"},
		{"POST", "es-cn-b", "es-far", "InstanceNotFound"},
		{"POST", "es-nobody", "es-cn-a", "InstanceNotFound"},
		{"POST", "es-frozen", "es-cn-a", "InstanceStatusNotSupportCurrentAction"},
		{"DELETE", "es-cn-b", "es-cn-a", "SnapshotRepoNotFound"},
		{"DELETE", "es-nobody", "es-cn-a", "InstanceNotFound"},
		{"DELETE", "es-frozen", "es-cn-a", "InstanceStatusNotSupportCurrentAction"},
		{"POST", "es-cn-b", "", "InvalidParameter"},
		{"POST", "es-cn-b", "es-cn-a", ""},
		{"POST", "es-cn-b", "es-cn-a", "RepetitionOperationError"},
		{"DELETE", "es-cn-b", "es-old", ""},
	} {
		path, body := "/openapi/instances/"+c.dst+"/snapshot-repos", `{"repoPath":"`+c.src+`"}`
		if c.method == "DELETE" {
			path, body = path+"?repoPath="+c.src, ""
		}
		_, answer, err := plain(t, t.Context(), s, c.method, path, body)
		if got, _ := answer["Code"].(string); err != nil || got != c.code || (c.code == "") != (answer["Result"] == true) {
			t.Errorf("%+v: %v %v", c, answer, err)
		}
	}
	acted := 0
	for _, r := range s.Requests() {
		if r.Acted {
			acted++
		}
	}
	if got := s.Shared("es-cn-b"); acted != 2 || len(got) != 1 || got[0] != "es-cn-a" {
		t.Error(acted, got)
	}
	s.Invalidate("es-cn-b", "es-cn-a")
	_, answer, err := plain(t, t.Context(), s, "GET", "/openapi/instances/es-cn-b/snapshot-repos", "")
	if err != nil || answer["Result"].([]any)[0].(map[string]any)["status"] != "unavailable" {
		t.Error(answer, err)
	}
}

func TestAHookThatFailsChangesNothing(t *testing.T) {
	s := world(t)
	s.OnAdd(func(dst, src string) error {
		if dst != "es-cn-b" || src != "es-cn-a" || len(s.Shared(dst)) != 0 {
			t.Error(dst, src)
		}
		return errors.New("red")
	})
	status, answer, err := plain(t, t.Context(), s, "POST", "/openapi/instances/es-cn-b/snapshot-repos", `{"repoPath":"es-cn-a"}`)
	if err != nil || status != http.StatusInternalServerError || answer["Code"] != "InternalError" || len(s.Shared("es-cn-b")) != 0 || s.Requests()[0].Acted {
		t.Error(status, answer, err)
	}
}

func TestFaultsComeInOrderAndAreUsedUp(t *testing.T) {
	s := world(t)
	s.Fail("DescribeRegions", aliyunsim.BadGateway())
	s.Fail("*", aliyunsim.Throttle().N(2))
	s.Fail("DescribeRegions", aliyunsim.DropAnswer())
	s.Fail("DescribeInstance", aliyunsim.EmptyBody())
	picky := aliyunsim.Error("InternalError", "picky").N(-1)
	picky.When = func(r aliyunsim.Request) bool { return r.Instance == "es-cn-b" }
	s.Fail("DescribeInstance", picky)
	var got []string
	ask := func(path string) {
		status, answer, err := plain(t, t.Context(), s, "GET", path, "")
		code, _ := answer["Code"].(string)
		switch {
		case err != nil:
			got = append(got, "lost")
		case code != "":
			got = append(got, code)
		default:
			got = append(got, http.StatusText(status))
		}
	}
	for range 5 {
		ask("/openapi/regions")
	}
	ask("/openapi/instances/es-cn-a")
	ask("/openapi/instances/es-cn-b")
	s.Heal("DescribeInstance")
	ask("/openapi/instances/es-cn-b")
	want := "Bad Gateway Throttling.User Throttling.User lost OK OK InternalError OK"
	if strings.Join(got, " ") != want {
		t.Error(got)
	}
	s.Fail("*", aliyunsim.BadGateway())
	s.Heal("")
	ask("/openapi/regions")
	if got[len(got)-1] != "OK" {
		t.Error(got)
	}
}

func TestSlowAndSilentAnswersEndWithTheClientOrTheServer(t *testing.T) {
	s := world(t)
	s.Fail("*", aliyunsim.Slow(20*time.Millisecond))
	began := time.Now()
	if _, _, err := plain(t, t.Context(), s, "GET", "/openapi/regions", ""); err != nil || time.Since(began) < 20*time.Millisecond {
		t.Error(err)
	}
	s.Fail("*", aliyunsim.Silence())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, _, err := plain(t, ctx, s, "GET", "/openapi/regions", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	gate := s.Hold("*")
	done := make(chan error)
	go func() {
		_, _, err := plain(t, context.WithoutCancel(t.Context()), s, "GET", "/openapi/regions", "")
		done <- err
	}()
	if err := s.Wait(t.Context(), func() bool { return gate.Waiting() == 1 }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := <-done; err == nil {
		t.Error("an answer from a closed server")
	}
	gate.Release()
	gate.Release()
	if err := s.Wait(ctx, func() bool { return false }); err == nil {
		t.Error("nothing ended the wait")
	}
}
