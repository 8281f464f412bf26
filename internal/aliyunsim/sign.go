package aliyunsim

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxSkew is how far a request's time may be off.
const maxSkew = 15 * time.Minute

// authenticate checks a request's key, time, checksum and signature, in the
// order in which the gateway does, with its words. The key it returns is a copy.
func (s *Server) authenticate(r *http.Request, body []byte) (Key, *reply) {
	id, signature, ok := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "acs "), ":")
	if !ok || !strings.HasPrefix(r.Header.Get("Authorization"), "acs ") {
		return Key{}, failure("IncompleteSignature", "The request signature does not conform to Aliyun standards.")
	}
	s.mu.Lock()
	known, found := s.keys[id]
	skew := s.skew
	var key Key
	if found {
		key = *known
		key.Denied = slices.Clone(known.Denied)
	}
	s.mu.Unlock()
	token := r.Header.Get("X-Acs-Security-Token")
	switch {
	case !found:
		return Key{}, failure("InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	case key.Disabled:
		return Key{}, failure("InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
	case key.Token != token:
		return Key{}, failure("InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")
	case !key.Expires.IsZero() && !s.now().Before(key.Expires):
		return Key{}, failure("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
	}
	if refusal := checkTime(r.Header.Get("Date"), skew); refusal != nil {
		return Key{}, refusal
	}
	sum := md5.Sum(body)
	if r.Header.Get("Content-MD5") != base64.StdEncoding.EncodeToString(sum[:]) {
		return Key{}, failure("InvalidContentMD5", "The Content-MD5 does not fit the body.")
	}
	text := stringToSign(r)
	var newHash func() hash.Hash
	switch r.Header.Get("X-Acs-Signature-Method") {
	case "HMAC-SHA1":
		newHash = sha1.New
	case "HMAC-SHA256":
		newHash = sha256.New
	default:
		return Key{}, failure("InvalidSignatureMethod", "Specified signature method is not valid.")
	}
	mac := hmac.New(newHash, []byte(key.Secret))
	mac.Write([]byte(text))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(signature), []byte(want)) != 1 {
		// The real one says all it signed too, the security token included.
		return Key{}, failure("SignatureDoesNotMatch", "Specified signature is not matched with our calculation. server string to sign is:%s", text)
	}
	return key, nil
}

func checkTime(date string, skew time.Duration) *reply {
	at, err := http.ParseTime(date)
	if err != nil {
		return failure("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
	}
	if off := time.Now().Add(skew).Sub(at); off > maxSkew || off < -maxSkew {
		return failure("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
	}
	return nil
}

// stringToSign is what a request in the ROA style is signed over: the path as it
// was sent, the query sorted and not escaped.
func stringToSign(r *http.Request) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n")
	for _, name := range []string{"Accept", "Content-MD5", "Content-Type", "Date"} {
		if value := r.Header.Get(name); value != "" {
			b.WriteString(value + "\n")
		}
	}
	var names []string
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		b.WriteString(name + ":" + r.Header.Get(name) + "\n")
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	b.WriteString(path)
	b.WriteString(sortedQuery(query))
	return b.String()
}

func sortedQuery(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil || len(values) == 0 {
		return ""
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if value := values.Get(name); value != "" {
			name += "=" + value
		}
		pairs = append(pairs, name)
	}
	return "?" + strings.Join(pairs, "&")
}
