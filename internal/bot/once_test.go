package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/internal/essim"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// closed makes a closed index in the way of the file index, to be overwritten.
func closed(t *testing.T, r *rig.Rig) {
	t.Helper()
	es := rig.At(r.Clusters.Reader)
	if err := es.Do(t.Context(), "PUT", "/file-2019-08-25", map[string]any{"settings": map[string]any{"number_of_shards": 1}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := es.Do(t.Context(), "POST", "/file-2019-08-25/_close", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
}

// approve approves a card, with the destination's name where that is asked for.
func approve(r *rig.Rig, card message, overwrites bool) {
	r.T.Helper()
	r.Click(rig.Ben, card, "approve")
	if overwrites {
		if result := r.Submit(rig.Ben, slacksim.Values{"confirm": "es-cn-b"}); result.Action != "closed" {
			r.T.Fatalf("the form stays: %v", result.Errors)
		}
	}
}

// TestALostAnswerOfElasticsearchBeginsNothingTwice loses the answer to the restore
// request in every way, beside and over a closed index.
func TestALostAnswerOfElasticsearchBeginsNothingTwice(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]essim.Loss{"hung up": essim.HangUp, "reset": essim.Reset, "silence": essim.Silence} {
		for _, overwrites := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, overwriting %v", name, overwrites), func(t *testing.T) {
				t.Parallel()
				if how == essim.Silence {
					rig.Long(t, "redis") // the answer is waited for five minutes
				}
				r := rig.New(t, rig.Options{})
				flags := ""
				if overwrites {
					closed(t, r)
					flags = "--overwrite-closed "
				}
				r.Start()
				card := r.Ask(rig.Anna, "file-2019-08-25 "+flags+`--reason "lost"`)
				r.Clusters.SimReader.Lose(essim.Restoring(), how)
				approve(r, card, overwrites)
				r.Within(7*time.Minute, "success", func() bool { return strings.Contains(r.Now(card).Text, "(succeeded)") })
				if n := len(r.Clusters.SimReader.Restores()); n != 1 {
					t.Errorf("%d restores begun", n)
				}
				sameCount(t, r, "file-2019-08-25", "file-2019-08-25")
			})
		}
	}
}

// TestARequestThatNeverArrivedIsSentAgainOnceItIsQuiet answers for the cluster,
// which hears nothing.
func TestARequestThatNeverArrivedIsSentAgainOnceItIsQuiet(t *testing.T) {
	t.Parallel()
	rig.Long(t, "redis")
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Clusters.SimReader.Answer(essim.Restoring(), 1, essim.Answer{Status: 504, HTML: true})
	r.Click(rig.Ben, card, "approve")
	r.Within(time.Minute, "the card says why nothing moves", func() bool {
		return strings.Contains(r.Now(card).AllText(), "until it is known whether the restore has begun")
	})
	second := r.Ask(rig.Anna, `kibana_sample_data_ecommerce --reason "behind it"`)
	r.Click(rig.Ben, second, "approve")
	r.Within(3*time.Minute, "success", func() bool { return strings.Contains(r.Now(card).Text, "(succeeded)") })
	r.Becomes(second, "succeeded")
	runs := r.Clusters.SimReader.Restores()
	if len(runs) != 2 || runs[0].Targets["file-2019-08-25"] == "" {
		t.Errorf("restores begun: %+v", runs)
	}
	if got := r.Thread(card, "succeeded"); !strings.Contains(strings.Join(got, " "), "sent sent again accepted") {
		t.Errorf("the thread is %v", got)
	}
}

// TestARestoreThatEndsWhileNoBotLivesIsReportedWithItsTrueEnd stops every bot in
// the middle of a restore, and starts one after its end.
func TestARestoreThatEndsWhileNoBotLivesIsReportedWithItsTrueEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		disturb func(*rig.Rig)
		state   string
		words   string
	}{
		{"well", func(*rig.Rig) {}, "succeeded", "250 documents"},
		{"badly", func(r *rig.Rig) { r.Clusters.SimReader.FailShard("file-2019-08-25", 0, essim.MissingBlob()) }, "failed", "a file is gone from the repository"},
		{"by somebody's hand", func(r *rig.Rig) {
			if err := rig.At(r.Clusters.Reader).Do(t.Context(), "DELETE", "/file-2019-08-25", nil, nil); err != nil {
				t.Error(err)
			}
		}, "failed", "was removed or replaced on es-cn-b by someone else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{})
			bots := []*rig.Bot{r.Start(), r.Start()}
			r.Clusters.SimReader.Slow(4000)
			card := r.Ask(rig.Anna, file)
			r.Click(rig.Ben, card, "approve")
			r.Await("the restore is begun", func(rec audit.Record) bool { return rec.Data.Result != nil })
			for _, b := range bots {
				if code := b.Stop(); code != 0 {
					t.Errorf("exit code %d", code)
				}
			}
			c.disturb(r)
			r.Clusters.SimReader.Slow(0)
			r.Poll("Elasticsearch is done with it", func() bool {
				runs := r.Clusters.SimReader.Restores()
				return len(runs) == 1 && !runs[0].Ended.IsZero()
			})
			r.Start()
			if text := r.Becomes(card, c.state).AllText(); !strings.Contains(text, c.words) {
				t.Error(text)
			}
			if n := len(r.Clusters.SimReader.Restores()); n != 1 {
				t.Errorf("%d restores begun", n)
			}
		})
	}
}

// TestALeaseThatIsLostLosesNothing deletes the lease's key under a working bot,
// with another one ready to take it.
func TestALeaseThatIsLostLosesNothing(t *testing.T) {
	t.Parallel()
	redis := rig.MiniRedis(t)
	r := rig.New(t, rig.Options{Redis: redis.Addr()})
	r.Start()
	r.Start()
	r.Clusters.SimReader.Slow(4000)
	card := r.Ask(rig.Anna, file)
	id := approvals.ID(rig.ID(card))
	r.Click(rig.Ben, card, "approve")
	for _, at := range []func(audit.Record) bool{onRecord(id, approvals.Claimed),
		func(rec audit.Record) bool { return rec.Data.Sent != nil }, func(rec audit.Record) bool { return rec.Data.Result != nil }} {
		r.Await("a moment to lose the lease", at)
		redis.Del("{esrestore}:lease:destination:es-cn-b")
		redis.Del("{esrestore}:lease:board")
	}
	r.Becomes(card, "succeeded")
	once(t, r, id)
}

// once checks that an operation was begun once and ended once.
func once(t *testing.T, r *rig.Rig, id approvals.ID) {
	t.Helper()
	if n := len(r.Clusters.SimReader.Restores()); n != 1 {
		t.Errorf("%d restores begun", n)
	}
	ends := 0
	for _, rec := range r.Trail(id) {
		if rec.Event == approvals.Succeed {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("%d ends on record", ends)
	}
}

// TestAPausedProcessWakesUpToNothingLeftToDo stops the process that has the lease,
// for longer than the lease, at several moments; another one takes over.
func TestAPausedProcessWakesUpToNothingLeftToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		when string
		at   func(audit.Record) bool
	}{
		{"has claimed", func(r audit.Record) bool { return r.Event == approvals.Claimed }},
		{"has journaled the request", func(r audit.Record) bool { return r.Data.Sent != nil }},
		{"has its answer", func(r audit.Record) bool { return r.Data.Result != nil }},
	} {
		t.Run("when it "+c.when, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{})
			r.Clusters.SimReader.Slow(6000)
			bots := []*rig.Bot{r.Spawn(), r.Spawn()}
			r.Until("both connect", func() bool { return len(r.Slack.Sockets()) >= 4 })
			card := r.Ask(rig.Anna, file)
			id := approvals.ID(rig.ID(card))
			var pausing sync.Once
			var paused *rig.Bot
			r.OnRecord(c.at, func() {
				pausing.Do(func() {
					for _, b := range bots {
						if strings.HasSuffix(r.Operation(id).Worker, fmt.Sprintf("/%d", b.PID())) {
							paused = b
							b.Pause()
						}
					}
				})
			})
			r.Click(rig.Ben, card, "approve")
			// Whoever is left may have to wait a minute until it is sure of a
			// request whose sender does not answer.
			r.Within(3*time.Minute, "success", func() bool { return strings.Contains(r.Now(card).Text, "(succeeded)") })
			if paused == nil {
				t.Fatal("nobody was paused")
			}
			before := len(r.Records())
			paused.Resume()
			r.Until("it is awake", func() bool { return len(fresh(r)) >= 4 })
			// A connection it slept over can take a command with it; people type it again.
			r.Until("the operation is listed as succeeded", func() bool {
				said, err := r.Slack.Command(t.Context(), rig.Anna, rig.Channel, "/es-restore", "status "+string(id))
				return err == nil && said.OK() && slices.ContainsFunc(r.Slack.Ephemerals(rig.Anna, rig.Channel), func(m slacksim.Message) bool {
					return strings.Contains(m.AllText(), "succeeded")
				})
			})
			once(t, r, id)
			if after := len(r.Records()); after != before {
				t.Errorf("the one that was paused wrote %d records", after-before)
			}
		})
	}
}

// TestALookThatGrewOldIsNotActedOn pauses Redis while the journal of a request is
// written: when it goes on, too much time has passed since the look.
func TestALookThatGrewOldIsNotActedOn(t *testing.T) {
	t.Parallel()
	server := rig.StartRedis(t)
	wire := rig.NewWire(t, server.Address())
	r := rig.New(t, rig.Options{Redis: server.Address(), BotRedis: wire.Address})
	r.Start()
	card := r.Ask(rig.Anna, file)
	id := approvals.ID(rig.ID(card))
	wire.OnRequest(`"sent":{"at"`, false, func() {
		server.Pause()
		time.AfterFunc(6*time.Second, server.Resume) // longer than a look may be old, shorter than the lease
	})
	r.Click(rig.Ben, card, "approve")
	// Where the lease is lost meanwhile, a minute passes until it is sure that no
	// request is on its way.
	r.Within(3*time.Minute, "success", func() bool { return strings.Contains(r.Now(card).Text, "(succeeded)") })
	once(t, r, id)
	journaled := 0
	for _, rec := range r.Trail(id) {
		if rec.Data.Sent != nil {
			journaled++
		}
	}
	if sent := len(r.Clusters.SimReader.Requests(essim.Restoring())); journaled != 2 || sent != 1 {
		t.Errorf("%d looks were recorded and %d requests sent, want a second look and one request", journaled, sent)
	}
}

// TestARequestThatIsNotOnRecordIsNotSent takes the lease away while the journal of a
// request is on its way to Redis, which then refuses it.
func TestARequestThatIsNotOnRecordIsNotSent(t *testing.T) {
	t.Parallel()
	redis := rig.MiniRedis(t)
	wire := rig.NewWire(t, redis.Addr())
	r := rig.New(t, rig.Options{Redis: redis.Addr(), BotRedis: wire.Address})
	r.Start()
	card := r.Ask(rig.Anna, file)
	id := approvals.ID(rig.ID(card))
	taken := make(chan struct{})
	wire.OnRequest(`"sent":{"at"`, true, func() {
		redis.Del("{esrestore}:lease:destination:es-cn-b")
		close(taken)
	})
	var unrecorded atomic.Bool
	r.Clusters.SimReader.Before(essim.Restoring(), func(essim.Request) {
		if r.Operation(id).Sent == nil {
			unrecorded.Store(true)
		}
	})
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
	select {
	case <-taken:
	default:
		t.Error("the lease was not taken away")
	}
	if unrecorded.Load() {
		t.Error("a request went out that was not on record")
	}
	once(t, r, id)
}
