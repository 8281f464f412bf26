package sandbox_test

import (
	_ "embed"
	"strings"
	"testing"
)

// axe checks a page for what keeps people from using it. Its licence is beside it.
//
//go:embed testdata/axe/axe.min.js
var axe string

// A violation is one rule that the page breaks.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ Target []any }
}

// accessible fails for every rule the page breaks as it stands.
func (w *window) accessible(where string) {
	w.t.Helper()
	found := ask[[]violation](w, axe+`;
		axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r =>
			r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => ({Target: n.target}))})))`)
	for _, v := range found {
		var at []string
		for _, n := range v.Nodes {
			for _, target := range n.Target {
				if s, ok := target.(string); ok {
					at = append(at, s)
				}
			}
		}
		w.t.Errorf("%s: %s (%s, %s) at %s", where, v.Help, v.ID, v.Impact, strings.Join(at, " | "))
	}
}

func TestThePageIsAccessibleInEveryState(t *testing.T) {
	t.Parallel()
	s := started(t)
	for _, theme := range []string{"light", "dark"} {
		b := open(t, s)
		w := b.window("U0ANNA")
		for ask[string](w, `document.documentElement.dataset.theme ?? ""`) != theme {
			w.click(".top > .icon:last-child")
		}
		w.accessible(theme + ", the tour")
		w.skipTour()
		w.command("/es-restore help restore")
		w.shows(".message.ephemeral", "--reason")
		w.accessible(theme + ", an answer")
		w.write("main .composer textarea", "/es-restore restore es-cn-b ")
		w.shows(".completions", "latest")
		w.accessible(theme + ", completions")
		w.key("Escape")
		w.command(`aliyun_snapshot_from_es-cn-a/latest file-2019-08-25 --reason "ticket 4711" --as ` + theme + "-$1")
		w.shows(card, "waiting for approval")
		w.accessible(theme + ", a card")
		w.picture("card-" + theme)
		w.command("/es-restore")
		w.shows(".modal h2", "Ask for a restore")
		w.click(combobox("Destination"))
		w.shows(".picker-list", "es-cn-b")
		w.accessible(theme + ", a form")
		w.picture("form-" + theme)
		w.key("Escape")
		w.key("Escape")
		w.gone(".modal")
		w.click("main .replies:not(.quiet)")
		w.shows(".panel", "asked")
		w.accessible(theme + ", a thread")
		w.click(".top [aria-pressed]")
		w.shows(".behind", "chain whole")
		w.click(".top [aria-expanded]")
		w.shows(".drawer", "Mischief")
		w.click(".me")
		w.shows(".people-list", "Cleo")
		w.accessible(theme + ", behind, mischief and people")
		w.picture("all-" + theme)
	}
}
