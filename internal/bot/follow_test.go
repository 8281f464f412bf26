package bot_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/essim"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// behind are the indices of an alias on the destination.
func behind(t *testing.T, r *rig.Rig, alias string) []string {
	t.Helper()
	var answer map[string]any
	if err := rig.At(r.Clusters.Reader).Do(t.Context(), "GET", "/_alias/"+alias, nil, &answer); err != nil {
		return nil
	}
	var names []string
	for name := range answer {
		names = append(names, name)
	}
	return names
}

// confirmed approves through the form that wants the destination's name.
func confirmed(r *rig.Rig, user string, card slacksim.Message) {
	r.T.Helper()
	r.Click(user, card, "approve")
	if result := r.Submit(user, slacksim.Values{"confirm": "es-cn-b"}); result.Action != "closed" {
		r.T.Fatalf("not approved: %+v", result)
	}
}

// follows clicks a button of a finished card and returns the new card.
func follows(r *rig.Rig, user string, card slacksim.Message, action string) slacksim.Message {
	r.T.Helper()
	before := len(r.Slack.Messages(rig.Channel))
	r.Click(user, r.Now(card), action)
	r.Until("the card that follows", func() bool { return len(r.Slack.Messages(rig.Channel)) > before })
	return r.Slack.Messages(rig.Channel)[before]
}

func TestAnAliasIsSwappedToTheVerifiedIndexAndGoesBackWithAnUndo(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	es := rig.At(r.Clusters.Reader)
	if err := es.Do(t.Context(), "PUT", "/live", map[string]any{"aliases": map[string]any{"files": map[string]any{}}}, nil); err != nil {
		t.Fatal(err)
	}
	r.Start()
	card := r.Ask(rig.Anna, `file-2019-08-25 --as 'restored-$1' --swap files --replicas 1 --reason "go back a day"`)
	if text := card.AllText(); !strings.Contains(text, "The alias files moves from live to restored-file-2019-08-25 in one act") {
		t.Error(text)
	}
	r.Click(rig.Ben, card, "approve")
	done := r.Becomes(card, "succeeded")
	want := []string{"asked", "approved", "started", "sent", "accepted", "restored", "replicas set", "verified", "alias moved", "settled", "succeeded"}
	if diff := cmp.Diff(want, r.Thread(card, "succeeded")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"restored-file-2019-08-25"}, behind(t, r, "files")); diff != "" {
		t.Error(diff)
	}
	if text := done.AllText(); !strings.Contains(text, "the source has as many documents") {
		t.Error(text)
	}
	undo := follows(r, rig.Anna, card, "undo")
	if text := undo.AllText(); !strings.Contains(text, "The alias files goes back") || !strings.Contains(text, "is removed with all that is in it now") {
		t.Error(text)
	}
	confirmed(r, rig.Ben, undo)
	r.Becomes(undo, "succeeded")
	if diff := cmp.Diff([]string{"live"}, behind(t, r, "files")); diff != "" {
		t.Error(diff)
	}
	if err := es.Do(t.Context(), "GET", "/restored-file-2019-08-25", nil, nil); err == nil {
		t.Error("what it made is still there")
	}
	if got := r.Answer(rig.Anna, "undo "+rig.ID(card), 2); !strings.Contains(got, "Nothing that it made is there any more") {
		t.Error(got)
	}
}

func TestARetryBringsWhatFailedAndNothingElse(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	r.Clusters.SimReader.FailShard("file-2019-08-25", 0, essim.CorruptBlob())
	card := r.Ask(rig.Anna, `file-2019-08-25,kibana_sample_data_logs --reason "both"`)
	r.Click(rig.Ben, card, "approve")
	failed := r.Becomes(card, "failed")
	if text := failed.AllText(); !strings.Contains(text, "a file in the repository is damaged") || !strings.Contains(text, "The other 1 index is whole") {
		t.Error(text)
	}
	if !slices.Contains(failed.Actions(), "retry") {
		t.Errorf("no retry: %v", failed.Actions())
	}
	r.Clusters.SimReader.FailShard("file-2019-08-25", 0, essim.Damage{}) // repaired
	retry := follows(r, rig.Anna, card, "retry")
	if text := retry.AllText(); strings.Contains(text, "kibana_sample_data_logs") || !strings.Contains(text, "which an earlier operation made and which did not come whole, is removed first") {
		t.Error(text)
	}
	if !strings.Contains(retry.AllText(), rig.ID(card)) {
		t.Error("it does not say what it follows")
	}
	confirmed(r, rig.Ben, retry)
	r.Becomes(retry, "succeeded")
	sameCount(t, r, "file-2019-08-25", "file-2019-08-25")
	if n := len(r.Clusters.SimReader.Restores()); n != 2 {
		t.Errorf("%d restores", n)
	}
}

func TestAnIndexThatWasMadeAnewIsNotUndone(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
	es := rig.At(r.Clusters.Reader)
	for _, c := range []string{"DELETE", "PUT"} {
		if err := es.Do(t.Context(), c, "/file-2019-08-25", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.Answer(rig.Anna, "undo "+rig.ID(card), 2); !strings.Contains(got, "is another index now") {
		t.Error(got)
	}
	if err := es.Do(t.Context(), "GET", "/file-2019-08-25", nil, nil); err != nil {
		t.Error(err)
	}
}

func TestADestinationWithoutRoomIsRefusedBeforehand(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := map[string]any{"persistent": map[string]any{"cluster.routing.allocation.enable": "none"}}
	if err := rig.At(r.Clusters.Reader).Do(t.Context(), "PUT", "/_cluster/settings", settings, nil); err != nil {
		t.Fatal(err)
	}
	r.Start()
	if got := r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/latest "+file, 2); !strings.Contains(got, "places no shards now") {
		t.Error(got)
	}
}
