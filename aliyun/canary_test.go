package aliyun_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"es-restore/aliyun"
	"es-restore/internal/aliyunsim"
)

// everything an error could be printed as, down to the errors it wraps.
func everything(err error) string {
	var b strings.Builder
	var walk func(error)
	walk = func(err error) {
		fmt.Fprintf(&b, "%v\n%+v\n%#v\n%q\n", err, err, err, err)
		switch wrapped := err.(type) { //nolint:errorlint // each error of the tree by itself
		case interface{ Unwrap() error }:
			if e := wrapped.Unwrap(); e != nil {
				walk(e)
			}
		case interface{ Unwrap() []error }:
			for _, e := range wrapped.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	slog.New(slog.NewJSONHandler(&b, nil)).Error("failed", "err", err)
	return b.String()
}

// stdout is what the process printed while f ran: the SDK prints by itself.
func stdout(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	out, errOut := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = w, w
	defer func() { os.Stdout, os.Stderr = out, errOut }()
	f()
	_ = w.Close()
	printed, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(printed)
}

func TestNoFailureTellsASecret(t *testing.T) {
	// Whatever the cloud or a proxy repeats of a request.
	echo := `{"Code":"%s","RequestId":"` + secret + `","Message":"you sent ` + keyID + ` ` + secret + ` ` + token + `","HostId":"` + token + `","Recommend":"` + secret + `","AccessDeniedDetail":{"AuthAction":"` + secret + `:x"}}`
	cases := refusalCases()
	for _, code := range []string{"SignatureDoesNotMatch", "InvalidParameter", "Whatever", "Throttling", "Forbidden.RAM", "InstanceNotFound", "InternalError", secret, token + "\n"} {
		for _, status := range []int{200, 400, 500} {
			cases = append(cases, refusalCase{name: fmt.Sprint("echo ", status, code), fault: faulty(aliyunsim.Body(status, fmt.Sprintf(echo, code)))})
		}
	}
	cases = append(cases,
		refusalCase{name: "echo of html", fault: faulty(aliyunsim.Body(502, "<pre>Authorization: acs "+keyID+" "+secret+" "+token+"</pre>"))},
		refusalCase{name: "echo in a result", fault: faulty(aliyunsim.Body(200, `{"Result":["`+secret+`"]}`))},
		refusalCase{name: "silence", fault: faulty(aliyunsim.Silence())},
		refusalCase{name: "redirect", fault: faulty(aliyunsim.Redirect(307, "http://"+secret+".invalid/"+token))},
	)
	failures := 0
	printed := stdout(t, func() {
		for _, c := range cases {
			s := cloud(t)
			if c.set != nil {
				c.set(s)
			}
			if c.fault != nil {
				s.Fail("*", *c.fault)
			}
			question, change := asks(t, client(t, s, func(o *aliyun.Options) {
				o.Timeout = 5 * time.Second
				if c.name == "silence" {
					o.Timeout = 50 * time.Millisecond
				}
			}))
			for _, err := range []error{question, change} {
				if err == nil {
					continue
				}
				failures++
				if text := everything(err); strings.Contains(text, canary) {
					t.Errorf("%s tells a secret: %s", c.name, text)
				}
			}
		}
	})
	if failures < 2*len(cases)-4 {
		t.Errorf("only %d failures in %d cases", failures, len(cases))
	}
	if strings.Contains(printed, canary) {
		t.Errorf("a secret was printed: %s", printed)
	}
}

func TestNothingThatHoldsASecretPrintsIt(t *testing.T) {
	o := aliyun.Options{AccessKeyID: keyID, AccessKeySecret: secret, SecurityToken: token, Region: region}
	c, err := aliyun.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	log := slog.New(slog.NewJSONHandler(&b, nil))
	for _, v := range []any{o, &o, c, *c} {
		fmt.Fprintf(&b, "%v %+v %#v %s\n", v, v, v, v)
		log.Info("look", "event", v)
	}
	if strings.Contains(b.String(), canary) {
		t.Error(b.String())
	}
}

func TestASecretIsInNoErrorOfAWrongSignature(t *testing.T) {
	// The answer repeats all that was signed; the emulator does so too.
	s := cloud(t)
	s.PutKey(aliyunsim.Key{ID: keyID, Secret: "another", Token: token})
	resp, err := client(t, s).Instance(within(t), region, "es-cn-a")
	if err == nil || strings.Contains(everything(err), "x-acs-") {
		t.Error(resp, err)
	}
	if s.Requests()[0].Status != http.StatusBadRequest || errors.Unwrap(err) != nil {
		t.Error(s.Requests()[0])
	}
}
