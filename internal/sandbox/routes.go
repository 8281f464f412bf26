package sandbox

import (
	"net/http"

	"es-restore/internal/sandbox/page"
)

// routes is everything the page asks for.
func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	for _, a := range page.Assets() {
		mux.HandleFunc("GET "+a.Path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.Type)
			_, _ = w.Write(a.Content)
		})
	}
	mux.HandleFunc("GET /live", s.live)
	mux.HandleFunc("POST /act/{what}", s.act)
	mux.HandleFunc("POST /mischief", s.serveMischief)
	mux.HandleFunc("POST /verify", s.serveVerify)
	return s.guard.wrap(mux)
}
