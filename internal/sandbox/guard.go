package sandbox

import (
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// A guard lets in only who has the printed address, and only requests that the
// page itself makes: another page in the same browser can't act here, whatever
// name its server takes.
type guard struct {
	token  string
	cookie string
	name   string // the host of --listen, when it is a name
}

func newGuard(token string, listener net.Addr, listen string) guard {
	_, port, _ := net.SplitHostPort(listener.String())
	host, _, _ := net.SplitHostPort(listen)
	return guard{token: token, cookie: "sandbox_" + port, name: host} // a browser's cookies are for all ports of a host
}

// headers are on every answer.
func headers(h http.Header, host string) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws://"+host+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// wrap checks every request before next gets it.
func (g guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.knows(r.Host) {
			http.Error(w, "Open the address that the sandbox printed: this one has a name it does not answer to.", http.StatusMisdirectedRequest)
			return
		}
		headers(w.Header(), r.Host)
		if given := r.URL.Query().Get("token"); r.Method == http.MethodGet && r.URL.Path == "/" && g.same(given) {
			http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
			next.ServeHTTP(w, r)
			return
		}
		if c, err := r.Cookie(g.cookie); err != nil || !g.same(c.Value) {
			http.Error(w, "Open the whole address that the sandbox printed, with its token.", http.StatusForbidden)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !fromHere(r) {
			http.Error(w, "Only the sandbox's own page may ask for this.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (g guard) same(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(g.token)) == 1
}

// knows reports whether a request was meant for this server. A name that somebody
// else's server had a moment ago is the way to make a browser take two servers for
// one; addresses, and localhost, can't be taken over like that.
func (g guard) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	return name == "localhost" || net.ParseIP(name) != nil || name != "" && name == strings.ToLower(g.name)
}

// fromHere reports whether the page that makes a request is this server's.
func fromHere(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "http://"+r.Host || origin == "https://"+r.Host
}
