package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
)

// actionPage turns the details' page; its block tells which.
const actionPage = "details_page"

// itemsOnPage is how many indices or findings a page of details shows.
const itemsOnPage = 40

// openDetails shows the whole plan, from the store.
func (a *App) openDetails(ctx context.Context, op approvals.Operation, caller Caller) error {
	if _, err := a.API.OpenViewContext(ctx, caller.Trigger, detailsView(op, 1, a.whoCan(ctx, op))); err != nil {
		return fmt.Errorf("%w: %w", esops.Refuse("modal_not_opened", "Click again.", "Slack did not open the details in time."), err)
	}
	return nil
}

// turnDetails shows another page in the open modal.
func (a *App) turnDetails(ctx context.Context, in slack.InteractionCallback, id approvals.ID, action slack.BlockAction) error {
	op, err := a.operation(ctx, id)
	if err != nil {
		return err
	}
	page := 1
	if _, err := fmt.Sscanf(action.BlockID, "page_%d", &page); err != nil {
		return esops.Refuse("unknown_button", "", "There is no such button.")
	}
	_, err = a.API.UpdateViewContext(ctx, detailsView(op, page, a.whoCan(ctx, op)), "", in.View.Hash, in.View.ID)
	return err
}

// detailsView is one page of everything: the digest, every index and target,
// every finding, and the request as Elasticsearch will get it.
func detailsView(op approvals.Operation, page int, who []prose) slack.ModalViewRequest {
	lines := detailLines(op)
	pages := max(1, (len(lines)+itemsOnPage-1)/itemsOnPage)
	page = min(max(page, 1), pages)
	from := (page - 1) * itemsOnPage
	blocks := []block{prose{}.strong(string(op.ID)).say(": " + summary(op) + ".").br().strong("Plan ").code(op.Digest).block()}
	if len(lines) > 0 {
		blocks = append(blocks, list(lines[from:min(from+itemsOnPage, len(lines))]))
	}
	if page == 1 && len(who) > 0 && !op.State.Final() {
		blocks = append(blocks, prose{}.strong("Who can approve this").block(), list(who))
	}
	if page == pages {
		blocks = append(blocks, bodyBlocks(op)...)
	}
	if pages > 1 {
		blocks = append(blocks, words(fmt.Sprintf("Page %d of %d", page, pages)).block())
		if page < pages {
			blocks = append(blocks, pageButton(op, "Next", page+1))
		}
		if page > 1 {
			blocks = append(blocks, pageButton(op, "Previous", page-1))
		}
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: actionDetails, PrivateMetadata: string(op.ID),
		Title: plainText("Details"), Close: plainText("Close"), Blocks: slack.Blocks{BlockSet: blocks},
	}
}

func pageButton(op approvals.Operation, label string, page int) block {
	b := slack.NewButtonBlockElement(actionPage, string(op.ID), plainText(label))
	b.AccessibilityLabel = fmt.Sprintf("%s, page %d", label, page)
	return slack.NewActionBlock(fmt.Sprintf("page_%d", page), b)
}

func detailLines(op approvals.Operation) []prose {
	var lines []prose
	for i, item := range op.Plan.Items {
		p := prose{}.code(clean(item.Index, wholeName)).say(" → ").code(clean(item.Target, wholeName)).say(", which is " + item.TargetState)
		if i < len(op.Readings.Items) {
			r := op.Readings.Items[i]
			p = p.say(", " + size(r.Bytes))
			if r.Shards >= 0 {
				p = p.say(", " + count(r.Shards, "primary shard", "primary shards"))
			}
		}
		lines = append(lines, p)
	}
	if op.Plan.Body() != nil {
		lines = append(lines, prose{}.strong("Left out: ").say(leftOut))
	}
	for _, f := range op.Readings.Findings {
		lines = append(lines, prose{}.strong(severityWords[f.Severity]).say(strings.TrimSpace(f.Sentence+" "+f.WayOut)))
	}
	return lines
}

// leftOut is what no restore brings along, and why.
const leftOut = "the cluster's own settings, templates and feature states, which are not this index's and could change the whole cluster; " +
	"aliases, which would answer for the old index and the new one at once; blocks, which would make the index read-only; " +
	"lifecycle policies, which could delete or shrink it at once."

// bodyBlocks show the restore request, in pieces that fit a block. Long lists
// of indices are cut; the lines above have all of them.
func bodyBlocks(op approvals.Operation) []block {
	if sharing := sharingOf(op.Plan); sharing != nil {
		return []block{prose{}.strong("What Alibaba Cloud is asked").block(), preformatted(cloudRequest(op.Plan, *sharing))}
	}
	body := op.Plan.Body()
	if body == nil {
		return nil
	}
	sent := *body
	settings := map[string]any{esops.MarkerSetting: op.Run().Marker}
	for k, v := range body.IndexSettings {
		settings[k] = v
	}
	sent.IndexSettings = settings
	text, err := json.MarshalIndent(sent, "", "  ")
	if err != nil {
		return nil
	}
	request := fmt.Sprintf("POST _snapshot/%s/%s/_restore\n%s", op.Plan.Repository, op.Plan.Snapshot, text)
	blocks := []block{prose{}.strong("What Elasticsearch is asked").block()}
	runes := []rune(request)
	const piece, most = 2800, 10
	for i := 0; len(runes) > 0 && i < most; i++ {
		n := min(piece, len(runes))
		blocks = append(blocks, preformatted(string(runes[:n])))
		runes = runes[n:]
	}
	if len(runes) > 0 {
		blocks = append(blocks, words(fmt.Sprintf("and %d more characters: the list of indices goes on as above", len(runes))).block())
	}
	return blocks
}

// cloudRequest is the call of the OpenAPI that shares, or stops sharing.
func cloudRequest(plan esops.Plan, s esops.Sharing) string {
	action := "AddSnapshotRepo"
	if plan.Step(esops.StepUnshare) != nil {
		action = "DeleteSnapshotRepo"
	}
	return fmt.Sprintf("%s in %s\ninstance to change: %s\nrepository of: %s\nits name there: %s",
		action, s.Destination.Region, s.Destination.ID, s.Source.ID, s.Repository)
}

// preformatted shows text in fixed width, line by line.
func preformatted(text string) block {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, clean(strings.TrimSuffix(line, "\n"), 400))
	}
	return slack.NewRichTextBlock("", &slack.RichTextPreformatted{
		Type:     slack.RTEPreformatted,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(strings.Join(lines, "\n"), nil)},
	})
}
