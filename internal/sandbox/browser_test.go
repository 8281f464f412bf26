package sandbox_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"es-restore/internal/sandbox"
)

func TestMain(m *testing.M) {
	if sandbox.IsBot() { // the sandbox under test starts its bot by running this program again
		os.Exit(sandbox.Main(context.Background(), nil, os.Stdout, os.Stderr))
	}
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// soon bounds everything a test waits for.
const soon = 30 * time.Second

// executable finds a browser, or is empty.
func executable() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// chromium leaves a test out where there is no browser; where one was asked for by
// ESRESTORE_REQUIRE=browser, it fails.
func chromium(t testing.TB) {
	t.Helper()
	switch {
	case executable() != "":
	case slices.Contains(strings.Split(strings.ReplaceAll(os.Getenv("ESRESTORE_REQUIRE"), " ", ""), ","), "browser"):
		t.Fatal("ESRESTORE_REQUIRE asks for a browser, but there is none: install chromium (apt-get install chromium)")
	default:
		t.Skip("left out: it needs a browser; install chromium (apt-get install chromium), and set ESRESTORE_REQUIRE=browser to have it fail without")
	}
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

// A browser is one that people open windows in. They share its cookies, which no
// other test has.
type browser struct {
	t   testing.TB
	ctx context.Context
	url string
}

// stopBrowser ends the browser that all tests share, and forgets what it kept.
var stopBrowser = func() {}

// launch starts that browser, once.
var launch = sync.OnceValues(func() (context.Context, error) {
	profile, err := os.MkdirTemp("", "es-restore-browser-")
	if err != nil {
		return nil, err
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(executable()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 820),
	}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "disable-extensions"} {
		flags = append(flags, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, stop := chromedp.NewContext(ctx)
	stopBrowser = func() {
		_ = chromedp.Cancel(ctx)
		stop()
		cancel()
		_ = os.RemoveAll(profile)
	}
	return ctx, chromedp.Do(ctx)
})

// open opens the browser for a sandbox.
func open(t testing.TB, s *sandbox.Sandbox) *browser {
	t.Helper()
	chromium(t)
	shared, err := launch()
	if err != nil {
		t.Fatalf("starting the browser: %v", err)
	}
	ctx, stop := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a browser context: %v", err)
	}
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); stop() })
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

// eventually waits for something outside the page.
func (w *window) eventually(cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(soon); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.fail("in vain")
		}
	}
}

// A point is where something is in the window.
type point struct{ X, Y float64 }

// click clicks the middle of the first element that fits, once it can be seen, is not
// disabled and nothing lies over it. A page that moves just then, as a message comes,
// makes a person miss; like a person, it then clicks again.
func (w *window) click(selector string) {
	w.t.Helper()
	middle := fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e || e.disabled) return null;
		e.scrollIntoView({block: 'nearest'});
		const r = e.getBoundingClientRect();
		const at = {X: r.x + r.width / 2, Y: r.y + r.height / 2};
		const top = document.elementFromPoint(at.X, at.Y);
		if (r.width === 0 || !top || !e.contains(top) && !top.contains(e)) return null;
		window.hit = false;
		e.addEventListener('click', () => { window.hit = true; }, {once: true, capture: true});
		return at;
	})()`, selector)
	for range 5 {
		w.until(selector+" can be clicked", middle+" !== null")
		at := ask[*point](w, middle)
		if at == nil {
			continue
		}
		w.run(chromedp.MouseClickXY(at.X, at.Y))
		if ask[bool](w, `window.hit`) {
			return
		}
	}
	w.fail("%s can't be hit", selector)
}

// write types into an element.
func (w *window) write(selector, text string) {
	w.t.Helper()
	w.until(selector+" has the focus", fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e || e.disabled) return false;
		if (document.activeElement !== e) e.focus();
		return document.activeElement === e;
	})()`, selector))
	if _, err := chromedp.Call(w.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		w.fail("typing %q: %v", text, err)
	}
}

// command types a command into the channel, and sends it.
func (w *window) command(text string) {
	w.t.Helper()
	w.write("main .composer textarea", text)
	w.key("Enter")
}

var pictures = flag.String("pictures", "", "a folder for pictures of the page, for whoever wants to look at it")

// picture takes one, when pictures were asked for.
func (w *window) picture(name string) {
	w.t.Helper()
	if *pictures == "" {
		return
	}
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// key presses a key as the keyboard does: what the page prevents writes nothing.
func (w *window) key(name string) {
	w.t.Helper()
	codes := map[string]int64{"Escape": 27, "Tab": 9, "ArrowDown": 40, "Enter": 13}
	press := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: name, Code: name, WindowsVirtualKeyCode: codes[name]}
	if name == "Enter" {
		press.Text = "\r"
	}
	release := press
	release.Type, release.Text = input.DispatchKeyEventTypeKeyUp, ""
	for _, p := range []input.DispatchKeyEventParams{press, release} {
		if _, err := chromedp.Call(w.ctx, input.DispatchKeyEvent, p); err != nil {
			w.fail("pressing %s: %v", name, err)
		}
	}
}

// skipTour ends the tour, which is there for whoever comes for the first time.
func (w *window) skipTour() {
	w.t.Helper()
	w.click(".tour .button:last-child")
	w.gone(".tour")
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

func navigate(address string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(address) }
