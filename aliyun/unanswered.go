package aliyun

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"

	"es-restore/esops"
)

// unanswered tells what it means that a question got no whole answer.
func (c *Client) unanswered(ctx context.Context, q question, sent bool, err error) error {
	refusal, again := c.whyUnanswered(ctx, q, err)
	failed := &failure{refusal: refusal, kinds: []error{esops.ErrUnavailable}}
	if sent {
		failed = q.fail(unsure, refusal)
	}
	if ctx.Err() != nil {
		return failed.because(ctx.Err()).because(context.Cause(ctx))
	}
	failed.again = again
	return failed
}

// whyUnanswered says it in words, and whether asking once more may help.
func (c *Client) whyUnanswered(ctx context.Context, q question, err error) (*esops.Refusal, bool) {
	at := c.host(q)
	if refusal := notTrusted(err, at); refusal != nil {
		return refusal, false
	}
	var (
		dns   *net.DNSError
		op    *net.OpError
		proxy *proxyRefusal
	)
	switch {
	case ctx.Err() != nil:
		return esops.Refuse("aliyun_slow", "Try again.", "Alibaba Cloud did not answer within the time there was."), false
	case errors.Is(err, errNoKeys):
		return noKeys(), false
	case errors.Is(err, errSDK):
		return esops.Refuse("aliyun_sdk", "Check region and endpoint.", "Alibaba Cloud's SDK could not send %s.", q.action), false
	case errors.Is(err, errTooLarge):
		return esops.Refuse("aliyun_answer", "Report it.", "Alibaba Cloud's answer to %s is larger than 16 MB.", q.action), false
	case errors.As(err, &dns) && dns.IsNotFound && c.endpoint == nil:
		return esops.Refuse("aliyun_region", "Write the region as the console does, such as cn-hangzhou.",
			"The host %s is not known: %s is no region of Alibaba Cloud, or this machine does not resolve names.", at, q.region), false
	case errors.As(err, &dns):
		return esops.Refuse("aliyun_unknown_host", "Check aliyun.endpoint, and whether this machine resolves names.", "Alibaba Cloud can't be reached: the host of %s is not known.", at), true
	case errors.As(err, &proxy):
		return esops.Refuse("aliyun_proxy", "Let it pass connections to that host, or take it out of HTTPS_PROXY.",
			"The proxy on the way to %s refuses the connection (HTTP %d).", at, proxy.status), false
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return esops.Refuse("aliyun_proxy", "Check HTTPS_PROXY.", "The proxy on the way to %s can't be reached.", at), true
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return esops.Refuse("aliyun_dial_timeout", "Let this machine out to that host, through a NAT gateway or a proxy.",
			"Alibaba Cloud can't be reached: nothing answers at %s.", at), true
	case errors.As(err, &op) && op.Op == "dial":
		return esops.Refuse("aliyun_dial", "Check the endpoint, and what this machine may reach.", "Alibaba Cloud can't be reached: %s refuses the connection.", at), true
	case errors.Is(err, context.DeadlineExceeded):
		return esops.Refuse("aliyun_slow", "Try again.", "Alibaba Cloud did not answer within %s.", c.within(q)), true
	}
	return esops.Refuse("aliyun_lost", "Try again.", "The connection to %s ended before Alibaba Cloud answered.", at), true
}

// notTrusted recognises what goes wrong with TLS.
func notTrusted(err error, at string) *esops.Refusal {
	var (
		unknownCA x509.UnknownAuthorityError
		wrongName x509.HostnameError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &unknownCA):
		return esops.Refuse("aliyun_tls", "Trust that authority on this machine, if it is your proxy's.", "%s can't be trusted: its certificate is signed by an unknown authority.", at)
	case errors.As(err, &wrongName):
		return esops.Refuse("aliyun_tls", "Check the endpoint and what stands before it.", "%s can't be trusted: its certificate is for another host.", at)
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), err != nil && strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return esops.Refuse("aliyun_tls", "Check whether the endpoint begins with http or https as it should, and this machine's clock.", "The TLS handshake with %s failed.", at)
	}
	return nil
}

// host is who is asked, in words.
func (c *Client) host(q question) string {
	if c.endpoint != nil {
		return c.endpoint.Host
	}
	return "elasticsearch." + q.region + ".aliyuncs.com"
}

// noKeys tells which places of the default chain were named, not what is in
// them.
func noKeys() *esops.Refusal {
	const wayOut = "Write access_key_id and access_key_secret in aliyun, set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run where a role is given (RRSA or an instance role)."
	if os.Getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE") != "" {
		return esops.Refuse("aliyun_no_credentials", "See whether the role in ALIBABA_CLOUD_ROLE_ARN trusts that provider and service account, and whether this machine reaches STS.",
			"There are no credentials for Alibaba Cloud: the role of this pod could not be taken with its OIDC token, and there is no key elsewhere.")
	}
	return esops.Refuse("aliyun_no_credentials", wayOut, "There are no credentials for Alibaba Cloud: the SDK's default chain found none.")
}

// fromElsewhere is for an answer that the API did not write.
func (q question) fromElsewhere(status int) *failure {
	const wayOut = "See what stands between the bot and Alibaba Cloud."
	switch {
	case status == http.StatusOK:
		return q.fail(unsure, esops.Refuse("aliyun_proxy", wayOut, "What answered in place of Alibaba Cloud is not its API: the answer is not JSON."))
	case status >= 300 && status < 400:
		return q.fail(unsure, esops.Refuse("aliyun_proxy", wayOut, "Something in front of Alibaba Cloud sends the bot elsewhere (HTTP %d).", status))
	case status >= 500 || status == http.StatusTooManyRequests:
		return q.fail(unsure, esops.Refuse("aliyun_proxy", "Try again.", "Something in front of Alibaba Cloud answered HTTP %d in its place.", status)).retry()
	}
	return q.fail(unsure, esops.Refuse("aliyun_proxy", wayOut, "Something in front of Alibaba Cloud answered HTTP %d in its place.", status))
}
