package sandbox_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"es-restore/internal/sandbox"
)

func TestMain(m *testing.M) {
	if sandbox.IsBot() { // the sandbox under test starts its bot by running this program again
		os.Exit(sandbox.Main(context.Background(), nil, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// soon bounds everything a test waits for.
const soon = 30 * time.Second

// chromium finds a browser, or leaves the test out; where one was asked for by
// ESRESTORE_REQUIRE=browser, it fails.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if slices.Contains(strings.Split(os.Getenv("ESRESTORE_REQUIRE"), ","), "browser") {
		t.Fatal("a browser is required here and there is none: install chromium (apt-get install chromium)")
	}
	t.Skip("LEFT OUT: it needs a browser. Install chromium (apt-get install chromium)")
	return ""
}

// started starts a sandbox with every part played, and waits for its bot.
func started(t testing.TB) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Listen: "127.0.0.1:0"}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A browser is one that people open windows in. They share its cookies.
type browser struct {
	t   testing.TB
	ctx context.Context
	url string
}

// open starts a browser for a sandbox.
func open(t testing.TB, s *sandbox.Sandbox) *browser {
	t.Helper()
	path := chromium(t)
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 820),
	}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "disable-extensions"} {
		flags = append(flags, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, stop := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); stop(); cancel() })
	return &browser{t: t, ctx: ctx, url: s.URL()}
}

// A window is one tab, as one person.
type window struct {
	t       testing.TB
	ctx     context.Context
	host    string
	mu      sync.Mutex
	trouble []string
}

// window opens a tab as a person, and waits until the page shows the workspace.
// Whatever the page complains of, and any request to another host, fails the test.
func (b *browser) window(as string, size ...int64) *window {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	address, _ := url.Parse(b.url)
	w := &window{t: b.t, ctx: ctx, host: address.Host}
	b.t.Cleanup(func() { w.calm(); cancel() })
	w.listen()
	if len(size) == 2 {
		w.run(chromedp.EmulateViewport(size[0], size[1]))
	}
	w.run(chromedp.Navigate(b.url + "&as=" + as))
	w.until("the bot is connected", `document.querySelector('[data-bot="connected"]') !== null`)
	return w
}

// listen notes what the console says, and requests to other hosts.
func (w *window) listen() {
	if err := chromedp.Do(w.ctx); err != nil {
		w.t.Fatalf("opening a tab: %v", err)
	}
	go func() {
		for m, err := range chromedp.Console(w.ctx) {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" {
				w.note("the console says: %s", m)
			}
		}
	}()
	if _, err := chromedp.Call(w.ctx, network.Enable, network.EnableParams{}); err != nil {
		w.t.Fatal(err)
	}
	err := chromedp.Listen(w.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok {
			u, err := url.Parse(e.Request.URL)
			if err != nil || u.Host != w.host && u.Scheme != "data" {
				w.note("a request to %s", e.Request.URL)
			}
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *window) note(format string, a ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = append(w.trouble, fmt.Sprintf(format, a...))
}

// calm fails the test when the page had trouble.
func (w *window) calm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, trouble := range w.trouble {
		w.t.Error(trouble)
	}
}

// run does something in the tab.
func (w *window) run(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, soon)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.fail("%v", err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](w *window, expression string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, soon)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.fail("%s: %v", expression, err)
	}
	return value
}

// fail ends the test with what the page shows.
func (w *window) fail(format string, a ...any) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	w.t.Fatalf(format+"\n--- the page\n%s", append(a, text)...)
}

// until waits for a condition of the page.
func (w *window) until(what, condition string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, soon)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](condition, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0))); err != nil {
		w.fail("in vain: %s (%v)", what, err)
	}
}

// shows waits until an element's words hold some others.
func (w *window) shows(selector, words string) {
	w.t.Helper()
	w.until(fmt.Sprintf("%s shows %q", selector, words), fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))`, selector, words))
}

// gone waits until nothing fits a selector.
func (w *window) gone(selector string) {
	w.t.Helper()
	w.until(selector+" is gone", fmt.Sprintf(`document.querySelector(%q) === null`, selector))
}

// click clicks the first element that fits, once it can be clicked.
func (w *window) click(selector string) {
	w.t.Helper()
	w.run(chromedp.WaitEnabled(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// write types into an element as a person does.
func (w *window) write(selector, text string) {
	w.t.Helper()
	w.run(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// text is what an element shows.
func (w *window) text(selector string) string {
	w.t.Helper()
	return ask[string](w, fmt.Sprintf(`document.querySelector(%q).innerText`, selector))
}

// command types a command into the channel, and sends it.
func (w *window) command(text string) {
	w.t.Helper()
	w.write("main .composer textarea", text+"\r")
}

// picture takes one, for whoever looks at the page.
func (w *window) picture(path string) {
	w.t.Helper()
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// become makes the window another person's.
func (w *window) become(handle string) {
	w.t.Helper()
	w.click(".me")
	w.click(fmt.Sprintf(`[data-person=%q]`, handle))
	w.gone(".people-list")
}

const (
	aFile = `/es-restore restore es-cn-b aliyun_snapshot_from_es-cn-a/latest file-2019-08-25 --reason "ticket 4711"`
	// card is the newest message of the bot that has buttons.
	card = `main .message:has(.block.actions)`
)
