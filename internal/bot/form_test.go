package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/essim"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// openForm types the bare command and returns the form.
func openForm(r *rig.Rig, user string) slacksim.View {
	r.T.Helper()
	r.Type(user, rig.Channel, "")
	r.Until("the form", func() bool { return len(r.Slack.Views(user)) == 1 })
	return r.Slack.Views(user)[0]
}

// choose searches in an external select and takes the option with that value.
func choose(r *rig.Rig, user string, form slacksim.View, input, typed, value string, several bool) {
	r.T.Helper()
	found, err := r.Slack.Suggest(r.T.Context(), user, form.Place(), input, typed)
	if err != nil || found.Problem != "" {
		r.T.Fatalf("searching %s: %v %s", input, err, found.Problem)
	}
	at := slices.IndexFunc(found.Options, func(c slacksim.Choice) bool { return c.Value == value })
	if at < 0 {
		r.T.Fatalf("%s is not offered for %q in %s: %v", value, typed, input, found.Options)
	}
	var chosen any = found.Options[at]
	if several {
		chosen = []slacksim.Choice{found.Options[at]}
	}
	if _, err := r.Slack.Select(r.T.Context(), user, form.Place(), input, chosen); err != nil {
		r.T.Fatalf("choosing %s: %v", input, err)
	}
}

func filled(r *rig.Rig, user string) slacksim.View {
	r.T.Helper()
	form := openForm(r, user)
	if _, err := r.Slack.Select(r.T.Context(), user, form.Place(), "destination", "es-cn-b"); err != nil {
		r.T.Fatal(err)
	}
	choose(r, user, form, "repository", "aliyun", rig.Repository, false)
	choose(r, user, form, "snapshot", "2019", rig.Snapshot, false)
	choose(r, user, form, "indices", "file", "file-2019-08-25", true)
	r.Until("the plan in the form", func() bool {
		return strings.Contains(r.Slack.Views(user)[0].AllText(), "This restore can be asked for") || strings.Contains(r.Slack.Views(user)[0].AllText(), "can't be done")
	})
	return r.Slack.Views(user)[0]
}

func TestTheFormAsksForARestoreChosenFromLiveLists(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	form := filled(r, rig.Anna)
	if form.CallbackID != "restore" {
		t.Errorf("callback_id %s", form.CallbackID)
	}
	var inputs []string
	for _, b := range form.Blocks {
		if b["type"] == "input" {
			inputs = append(inputs, b["block_id"].(string))
		}
	}
	want := []string{"destination", "repository", "snapshot", "indices", "names", "flags", "reason"}
	if diff := cmp.Diff(want, inputs); diff != "" {
		t.Error(diff)
	}
	result := r.Submit(rig.Anna, slacksim.Values{"reason": "from the form"})
	if result.Action != "closed" {
		t.Fatalf("the form stays: %+v", result)
	}
	r.Until("the card", func() bool { return len(r.Slack.Messages(rig.Channel)) == 1 })
	card := r.Slack.Messages(rig.Channel)[0]
	if !strings.Contains(card.AllText(), "from the form") {
		t.Error(card.AllText())
	}
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
}

// TestTheLastChoiceInAFormIsAnsweredThoughOneBeforeItWasFaster: people choose faster
// than a form is answered, and Slack takes only the first of two answers to one and
// the same form.
func TestTheLastChoiceInAFormIsAnsweredThoughOneBeforeItWasFaster(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	form := openForm(r, rig.Anna)
	if _, err := r.Slack.Select(t.Context(), rig.Anna, form.Place(), "destination", "es-cn-b"); err != nil {
		t.Fatal(err)
	}
	choose(r, rig.Anna, form, "repository", "aliyun", rig.Repository, false)
	choose(r, rig.Anna, form, "snapshot", "2019", rig.Snapshot, false)
	r.Slack.Fail("views.update", slacksim.Fault{Error: "hash_conflict", When: func(c slacksim.Call) bool {
		return strings.Contains(fmt.Sprint(c.Args["view"]), "can be asked for") && c.Args["hash"] != nil
	}})
	choose(r, rig.Anna, form, "indices", "file", "file-2019-08-25", true)
	r.Until("the plan in the form", func() bool {
		return strings.Contains(r.Slack.Views(rig.Anna)[0].AllText(), "This restore can be asked for")
	})
}

func TestTheFormSaysUnderTheFieldWhatCannotWork(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	if err := rig.At(r.Clusters.Reader).Do(t.Context(), "PUT", "/file-2019-08-25", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	r.Start()
	form := filled(r, rig.Anna)
	if !strings.Contains(form.AllText(), "open index file-2019-08-25") {
		t.Errorf("what is in the way is not said before submitting:\n%s", form.AllText())
	}
	result := r.Submit(rig.Anna, slacksim.Values{"reason": "x"})
	if result.Action != "errors" || !strings.Contains(result.Errors["names"], "open index") {
		t.Fatalf("%+v", result)
	}
	// A new name makes another plan, which is shown before it is asked for.
	result = r.Submit(rig.Anna, slacksim.Values{"reason": "x", "names": "restored-$1"})
	if result.Action != "closed" && !strings.Contains(result.View.AllText(), "restored-file-2019-08-25") {
		t.Fatalf("%+v", result)
	}
	if result.Action != "closed" {
		r.Submit(rig.Anna, slacksim.Values{"reason": "x", "names": "restored-$1"})
	}
	r.Until("the card", func() bool { return len(r.Slack.Messages(rig.Channel)) == 1 })
}

func TestGuestsGetNoFormAndSeeNoNames(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	if got := r.Answer(rig.Gast, "", 1); !strings.Contains(got, "Guests") {
		t.Error(got)
	}
	if n := len(r.Slack.Views(rig.Gast)); n != 0 {
		t.Errorf("%d forms", n)
	}
}

func TestAListOffersTheFormWithItsSnapshotChosen(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	r.Say(rig.Anna, "show es-cn-b "+rig.Repository+"/"+rig.Snapshot, 1)
	answers := r.Slack.Ephemerals(rig.Anna, rig.Channel)
	r.Click(rig.Anna, answers[len(answers)-1], "form")
	r.Until("the form", func() bool { return len(r.Slack.Views(rig.Anna)) == 1 })
	form := r.Slack.Views(rig.Anna)[0]
	choose(r, rig.Anna, form, "indices", "", "*", true)
	r.Until("the plan", func() bool { return strings.Contains(r.Slack.Views(rig.Anna)[0].AllText(), "3 indices of") })
}

// TestTheFormSaysWhyARepositoryHasNothingToChoose: its index is from a newer version,
// which this one can't read.
func TestTheFormSaysWhyARepositoryHasNothingToChoose(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Clusters.SimReader.Answer(essim.Match{Method: "GET", Path: "/_snapshot/" + rig.Repository + "/*"}, -1, essim.Answer{Status: 500,
		Body: `{"error":{"type":"illegal_state_exception","reason":"Can't get text on a FIELD_NAME at 1:157","root_cause":[{"type":"illegal_state_exception","reason":"Can't get text on a FIELD_NAME at 1:157"}]},"status":500}`})
	r.Start()
	form := openForm(r, rig.Anna)
	if _, err := r.Slack.Select(t.Context(), rig.Anna, form.Place(), "destination", "es-cn-b"); err != nil {
		t.Fatal(err)
	}
	choose(r, rig.Anna, form, "repository", "aliyun", rig.Repository, false)
	r.Until("the reason in the form", func() bool {
		return strings.Contains(r.Slack.Views(rig.Anna)[0].AllText(), "written by a newer Elasticsearch")
	})
	found, err := r.Slack.Suggest(t.Context(), rig.Anna, form.Place(), "snapshot", "2019")
	if err != nil || len(found.Options) != 1 || !strings.HasPrefix(found.Options[0].Text, "This repository was written by a newer") {
		t.Errorf("the list of snapshots is %v (%v)", found.Options, err)
	}
}
