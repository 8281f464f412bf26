package handlers

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
	"es-restore/internal/slacksim"
)

var update = flag.Bool("update", false, "write testdata/cards anew")

// The people and the moment of every golden card.
var (
	anna = approvals.Actor{ID: "U0ANNA", Name: "anna", Groups: []string{"S0ENG"}}
	ben  = approvals.Actor{ID: "U0BEN", Name: "ben", Groups: []string{"S0DBA"}}
	cleo = approvals.Actor{ID: "U0CLEO", Name: "cleo", Groups: []string{"S0DBA"}}
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// A tale is an operation that events happen to, one each minute.
type tale struct {
	t   testing.TB
	op  approvals.Operation
	now time.Time
}

// asked opens an operation; change has the last word about what is asked.
func asked(t testing.TB, change func(*approvals.Data)) *tale {
	t.Helper()
	plan := esops.Plan{
		Kind: esops.KindRestore, Cluster: "es-cn-b", ClusterUUID: "c1", Source: "es-cn-a",
		Repository: "aliyun_snapshot_from_es-cn-a", Snapshot: "es-cn-a_20190705220000", SnapshotUUID: "s1",
		Items: []esops.Item{{Index: "file-2019-08-25", Target: "restored-file-2019-08-25", TargetState: esops.TargetAbsent}},
		Steps: []esops.Step{{Kind: esops.StepRestore, Body: &esops.RestoreBody{Indices: []string{"file-2019-08-25"}}},
			{Kind: esops.StepWait}, {Kind: esops.StepVerify}, {Kind: esops.StepSettle}},
	}
	data := approvals.Data{
		Request: &esops.Request{Kind: esops.KindRestore, Cluster: "es-cn-b"}, Plan: &plan, Channel: "C0ES", Reason: "ticket 4711",
		Readings: &esops.Readings{Taken: noon, Version: "6.7.0", Health: "green", SnapshotState: "SUCCESS", SnapshotStarted: noon.Add(-38 * time.Hour),
			Items: []esops.ItemReading{{Index: "file-2019-08-25", Bytes: 3 << 30, Shards: 5}}},
		Needs: needing(1),
	}
	if change != nil {
		change(&data)
	}
	tale := &tale{t: t, now: noon}
	tale.then(approvals.Opened, anna, data)
	return tale
}

// needing is one rule that asks for so many DBAs; none is a standing approval.
func needing(n int) *approvals.Needs {
	rule := approvals.NeededRule{Name: "production"}
	if n > 0 {
		rule.Require = []approvals.Requirement{{Count: n, From: []approvals.Principal{{Group: true, ID: "S0DBA"}, {ID: "U0LEAD"}}}}
	}
	return &approvals.Needs{Rules: []approvals.NeededRule{rule}, Expires: 4 * time.Hour, StartWithin: time.Hour}
}

// then lets the next event happen.
func (l *tale) then(kind approvals.EventKind, by approvals.Actor, data approvals.Data) *tale {
	l.t.Helper()
	digest := l.op.Digest
	if kind == approvals.Opened {
		digest = data.Plan.Digest()
	}
	after, err := l.op.Apply(approvals.Event{Time: l.now, Operation: "R-7K3M9", Kind: kind, Actor: by, Plan: digest, Data: data})
	if err != nil {
		l.t.Fatal(err)
	}
	l.op, l.now = after, l.now.Add(time.Minute)
	return l
}

func (l *tale) approved() *tale { return l.then(approvals.Approved, ben, approvals.Data{}) }

func (l *tale) running() *tale {
	return l.approved().then(approvals.Claimed, approvals.System, approvals.Data{Worker: "vm/1", Epoch: 1})
}

func (l *tale) step(result esops.Result) *tale {
	return l.then(approvals.Stepped, approvals.System, approvals.Data{Step: result.Step, Result: &result})
}

func (l *tale) restored() *tale {
	looked := []esops.Looked{{Target: "restored-file-2019-08-25", State: esops.TargetAbsent}}
	l.running().then(approvals.Stepped, approvals.System, approvals.Data{Step: esops.StepRestore, Sent: &esops.Sent{At: l.now, Attempt: 1, Looked: looked}})
	made := []esops.TargetResult{{Name: "restored-file-2019-08-25", UUID: "i1", Made: true, Shards: 5, Proved: 5, Bytes: 3 << 30, Docs: 250}}
	return l.step(esops.Result{Step: esops.StepRestore, Targets: made}).step(esops.Result{Step: esops.StepWait, Targets: made})
}

func (l *tale) verified(r esops.Result) *tale {
	r.Step, r.Targets = esops.StepVerify, []esops.TargetResult{{Name: "restored-file-2019-08-25", UUID: "i1", Made: true, Shards: 5, Proved: 5, Docs: 250}}
	return l.step(r).step(esops.Result{Step: esops.StepSettle}).then(approvals.Succeed, approvals.System, approvals.Data{})
}

// shown is what a card of it is drawn from.
func (l *tale) shown() Shown {
	return Shown{Op: l.op, Verdict: l.op.Verdict(), Owner: "es-cn-a", Now: l.now}
}

// hostile are names and words as an attacker would choose them: live markup,
// text that turns around, invisible characters, and as long as may be.
func hostile(d *approvals.Data) {
	d.Reason = "<!channel> <@U0LEAD> <https://evil.example|click> *bold* `code` \u202etfel ot thgir\u202c &amp; zero\u200bwidth\n> quote"
	d.Plan.Repository, d.Plan.Snapshot = "<!here>-"+strings.Repeat("r", 200), "\u2066<!everyone>\u2069"
	d.Plan.Items, d.Readings.Items = nil, nil
	for i := range 500 {
		name := fmt.Sprintf("<!subteam^S0DBA>\u202e\u200b%03d%s", i, strings.Repeat("x", 230))
		d.Plan.Items = append(d.Plan.Items, esops.Item{Index: name, Target: name + "<@U0BEN>", TargetState: esops.TargetAbsent})
		d.Readings.Items = append(d.Readings.Items, esops.ItemReading{Index: name, Bytes: -1, Shards: -1})
	}
	for i := range 30 {
		d.Readings.Findings = append(d.Readings.Findings, esops.Finding{Code: "x", Severity: esops.Warning, Sentence: fmt.Sprintf("%d <!channel> %s", i, strings.Repeat("w", 900)), WayOut: "<@U0LEAD>"})
	}
}

func cards(t testing.TB) map[string]Shown {
	overwriting := func(d *approvals.Data) {
		d.Plan.Items[0].Target, d.Plan.Items[0].TargetState, d.Plan.Items[0].TargetUUID = "file-2019-08-25", esops.TargetClosed, "i0"
		d.Plan.Approves = []string{"overwrites_closed"}
		d.Readings.Findings = []esops.Finding{
			{Code: "overwrites_closed", Severity: esops.Warning, Sentence: "file-2019-08-25 is overwritten; its data is gone from the first second."},
			{Code: "health", Severity: esops.Note, Sentence: "es-cn-b is yellow.", WayOut: "Look at its unassigned replicas."},
		}
	}
	all := map[string]Shown{
		"waiting":              asked(t, nil).shown(),
		"one of two given":     asked(t, func(d *approvals.Data) { d.Needs = needing(2) }).approved().shown(),
		"ready":                asked(t, nil).approved().shown(),
		"running":              asked(t, nil).running().shown(),
		"stopping":             asked(t, nil).running().then(approvals.WasCancel, anna, approvals.Data{Reason: "wrong day"}).shown(),
		"succeeded verified":   asked(t, nil).restored().verified(esops.Result{Verified: true}).shown(),
		"succeeded not proved": asked(t, nil).restored().verified(esops.Result{NotProved: []string{"shard 3 of restored-file-2019-08-25 has moved, and Elasticsearch forgets then what filled it"}}).shown(),
		"failed": asked(t, nil).running().then(approvals.Fail, approvals.System, approvals.Data{Code: "shards_failed",
			Sentence: "1 of 5 primary shards could not be restored (restored-file-2019-08-25): a file in the repository is damaged.", WayOut: "Ask again."}).shown(),
		"plan changed": asked(t, nil).running().then(approvals.Fail, approvals.System, approvals.Data{Code: "plan_changed", WayOut: "Plan it again.",
			Differences: []string{"restored-file-2019-08-25 was absent and is closed now"},
			Sentence:    "What was approved is not what would happen now: restored-file-2019-08-25 was absent and is closed now. Nothing was changed."}).shown(),
		"denied":                    asked(t, nil).then(approvals.WasDenied, cleo, approvals.Data{Reason: "not on a Friday"}).shown(),
		"cancelled":                 asked(t, nil).then(approvals.WasCancel, anna, approvals.Data{}).shown(),
		"expired":                   asked(t, nil).then(approvals.WasExpired, approvals.System, approvals.Data{Code: "unanswered", Sentence: "Nobody who may decided it within 4h0m0s.", WayOut: "Ask again if it is still needed."}).shown(),
		"standing approval":         asked(t, func(d *approvals.Data) { d.Needs = needing(0); d.Standing = []string{"production"} }).shown(),
		"overwriting with warnings": asked(t, overwriting).shown(),
		"hostile names":             asked(t, hostile).shown(),
	}
	queued := all["ready"]
	queued.Place = 3
	all["ready queued"] = queued
	delete(all, "ready")
	running := all["running"]
	running.Progress = &esops.Progress{At: noon, Step: esops.StepWait, Bytes: 1 << 30, Total: 3 << 30, Shards: 5, Done: 1, Rate: 40 << 20}
	all["running"] = running
	return all
}

// TestCardsLookAsTheyDid compares each card with the one that was looked at last.
func TestCardsLookAsTheyDid(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "cards")
	var files []string
	for name, shown := range cards(t) {
		file := strings.ReplaceAll(name, " ", "_") + ".json"
		files = append(files, file)
		t.Run(name, func(t *testing.T) {
			got := asJSON(t, render(shown))
			path := filepath.Join(folder, file)
			if *update {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("the card changed; run the test with -update when that is right (-was +is):\n%s", diff)
			}
		})
	}
	there, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range there {
		if !slices.Contains(files, f.Name()) {
			t.Errorf("%s is of no card", f.Name())
		}
	}
}

func asJSON(t testing.TB, a Answer) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{"text": a.Text, "blocks": a.Blocks}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCardsAreWhatSlackTakes posts every card, and changes a message into it.
func TestCardsAreWhatSlackTakes(t *testing.T) {
	t.Parallel()
	_, post := poster(t)
	for name, shown := range cards(t) {
		answer := render(shown)
		if problem := post(answer); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
		if problem := wrongWith(answer, shown.Op); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// poster posts through Slack's own limits, or posts and then changes a message;
// both return what Slack says, or "".
func poster(t testing.TB) (post, both func(Answer) string) {
	t.Helper()
	server := slacksim.New()
	t.Cleanup(server.Close)
	server.PutChannel(slacksim.Channel{ID: "C0ES", Name: "es", Members: []string{server.App().BotUserID}})
	api := slack.New(server.App().BotToken, slack.OptionAPIURL(server.APIURL()))
	_, first, err := api.PostMessageContext(t.Context(), "C0ES", slack.MsgOptionText("first", false))
	if err != nil {
		t.Fatal(err)
	}
	post = func(a Answer) string {
		if _, _, err := api.PostMessageContext(t.Context(), "C0ES", message(a)...); err != nil {
			return "posting: " + fullError(err)
		}
		return ""
	}
	return post, func(a Answer) string {
		if problem := post(a); problem != "" {
			return problem
		}
		if _, _, _, err := api.UpdateMessageContext(t.Context(), "C0ES", first, message(a)...); err != nil {
			return "updating: " + fullError(err)
		}
		return ""
	}
}

func fullError(err error) string {
	if answered, ok := err.(slack.SlackErrorResponse); ok { //nolint:errorlint // it comes unwrapped
		return fmt.Sprintf("%s %v", answered.Err, answered.ResponseMetadata.Messages)
	}
	return err.Error()
}

var (
	// live is what Slack makes something of in the top-level text.
	live  = regexp.MustCompile(`<[^>]*>`)
	hides = regexp.MustCompile(`[\x{202A}-\x{202E}\x{2066}-\x{2069}\x{200B}-\x{200F}\x{FEFF}\x{061C}]`)
)

// wrongWith says what a card must not be, or "".
func wrongWith(a Answer, op approvals.Operation) string {
	encoded, err := json.Marshal(slack.Blocks{BlockSet: a.Blocks})
	if err != nil {
		return err.Error()
	}
	var blocks any
	if err := json.Unmarshal(encoded, &blocks); err != nil {
		return err.Error()
	}
	var problem string
	length, mentions, values := 0, map[string]bool{}, []string{}
	walk(blocks, func(object map[string]any) {
		switch object["type"] {
		case "mrkdwn":
			problem = fmt.Sprintf("text in which Slack looks for markup: %v", object["text"])
		case "link":
			problem = fmt.Sprintf("a link: %v", object["url"])
		case "user":
			mentions[fmt.Sprint(object["user_id"])] = true
		case "button":
			values = append(values, fmt.Sprint(object["value"]))
		}
		if text, ok := object["text"].(string); ok {
			length += len([]rune(text))
			if found := hides.FindString(text); found != "" {
				problem = fmt.Sprintf("a character that hides or turns text: %q in %q", found, text)
			}
		}
	})
	allowed := map[string]bool{op.Requester.ID: true}
	for _, p := range op.Needs.Approvers() {
		allowed[p.ID] = true
	}
	for _, d := range op.Decisions {
		allowed[d.Actor.ID] = true
	}
	if op.Stopper != nil {
		allowed[op.Stopper.Actor.ID] = true
	}
	for id := range mentions {
		if !allowed[id] {
			return "it mentions " + id
		}
	}
	for _, value := range values {
		if value != string(op.ID) {
			return "a button with the value " + value
		}
	}
	switch {
	case problem != "":
		return problem
	case len(values) == 0:
		return "no button"
	case length > 13000:
		return fmt.Sprintf("%d characters", length)
	case len(a.Blocks) > 50:
		return fmt.Sprintf("%d blocks", len(a.Blocks))
	case live.MatchString(a.Text):
		return "live markup in the text: " + live.FindString(a.Text)
	case hides.MatchString(a.Text):
		return "the text hides something"
	case len([]rune(a.Text)) > 4000:
		return fmt.Sprintf("a text of %d characters", len([]rune(a.Text)))
	case !strings.Contains(a.Text, string(op.ID)) || !strings.Contains(a.Text, "("+string(op.State)+")"):
		return "the text does not say ID and state: " + a.Text
	}
	return ""
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			walk(one, visit)
		}
	case map[string]any:
		visit(v)
		for _, one := range v {
			walk(one, visit)
		}
	}
}

// TestNoCardInAFinalStateDecides looks at the buttons of each state.
func TestNoCardInAFinalStateDecides(t *testing.T) {
	t.Parallel()
	for name, shown := range cards(t) {
		var actions []string
		for _, b := range render(shown).Blocks {
			if row, ok := b.(*slack.ActionBlock); ok {
				for _, e := range row.Elements.ElementSet {
					actions = append(actions, e.(*slack.ButtonBlockElement).ActionID)
				}
			}
		}
		for _, action := range []string{actionApprove, actionDeny, actionCancel} {
			if shown.Op.State.Final() && slices.Contains(actions, action) {
				t.Errorf("%s: %v", name, actions)
			}
		}
		if waiting := shown.Op.State == approvals.Waiting; waiting != slices.Contains(actions, actionApprove) {
			t.Errorf("%s: %v", name, actions)
		}
		if !slices.Contains(actions, actionDetails) {
			t.Errorf("%s: no details", name)
		}
	}
}

// TestTheFullestCardFits fills everything to the brim with what takes most room.
func TestTheFullestCardFits(t *testing.T) {
	t.Parallel()
	_, post := poster(t)
	for _, fill := range []string{"&", "x", "😀", "é", "<@U0EVIL> "} {
		full := func(n int) string { return string([]rune(strings.Repeat(fill, n))[:n]) }
		tale := asked(t, func(d *approvals.Data) {
			hostile(d)
			d.Reason, d.Plan.Repository, d.Plan.Snapshot, d.Plan.Source = full(3000), full(255), full(255), full(255)
			d.Readings.SnapshotMaker, d.Readings.SnapshotGone = full(255), noon.Add(time.Hour)
			for i := range d.Plan.Items {
				d.Plan.Items[i].Index, d.Plan.Items[i].Target, d.Plan.Items[i].TargetState = full(255), full(255), esops.TargetBroken
			}
			for i := range d.Readings.Findings {
				d.Readings.Findings[i].Sentence, d.Readings.Findings[i].WayOut = full(900), full(900)
			}
			d.Needs = &approvals.Needs{Expires: time.Hour, StartWithin: time.Hour}
			for i := range 20 {
				rule := approvals.NeededRule{Name: full(100), Require: []approvals.Requirement{{Count: 2}}}
				for k := range 100 {
					rule.Require[0].From = append(rule.Require[0].From, approvals.Principal{Group: true, ID: fmt.Sprintf("S0%07d", 100*i+k)})
				}
				d.Needs.Rules = append(d.Needs.Rules, rule)
			}
		})
		for i := range 30 {
			by := approvals.Actor{ID: fmt.Sprintf("U0%07d", i), Name: full(80), Groups: []string{fmt.Sprintf("S0%07d", i*67)}}
			if tale.op.State == approvals.Waiting {
				tale.then(approvals.Approved, by, approvals.Data{Reason: full(300)})
			}
		}
		if problem := wrongWith(render(tale.shown()), tale.op); problem != "" {
			t.Errorf("%q: %s", fill, problem)
		}
		if problem := post(render(tale.shown())); problem != "" {
			t.Errorf("%q: %s", fill, problem)
		}
	}
}
