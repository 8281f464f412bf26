// Package page holds the sandbox's page as it was built from web/, so that the
// program needs no other file. It is built by web/build.sh and never by hand.
package page

import (
	_ "embed"
)

//go:embed dist/index.html
var index []byte

//go:embed dist/app.js
var script []byte

//go:embed dist/app.css
var style []byte

//go:embed dist/THIRD_PARTY.txt
var notices []byte

// An Asset is one file of the page.
type Asset struct {
	Path    string // where the browser asks for it
	Type    string
	Content []byte
}

// Assets are all files of the page. The first is the page itself.
func Assets() []Asset {
	return []Asset{
		{"/{$}", "text/html; charset=utf-8", index},
		{"/app.js", "text/javascript; charset=utf-8", script},
		{"/app.css", "text/css; charset=utf-8", style},
		{"/THIRD_PARTY.txt", "text/plain; charset=utf-8", notices},
	}
}
