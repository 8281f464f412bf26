package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"

	"es-restore/internal/slacksim"
)

// BenchmarkUpdates is the way of one edited card from the workspace to the frames
// of four pages, with fifty cards that are edited in turn; a frame is taken after
// each round, as a page does that reads every 30 ms.
func BenchmarkUpdates(b *testing.B) {
	const cards, pages = 50, 4
	s := &Sandbox{hub: newHub()}
	f := &feed{sandbox: s, members: map[string][]string{channelMain: {anna, ben, cleo, dora}}}
	var boxes []*mailbox
	for i := range pages {
		boxes = append(boxes, s.hub.join([]string{anna, ben, cleo, dora}[i]))
	}
	messages := make([]slacksim.Message, cards)
	for i := range messages {
		messages[i] = slacksim.Message{Channel: channelMain, TS: fmt.Sprintf("1700000000.%06d", i), User: "U0ESRESTORE", Text: "a card", Blocks: cardBlocks(i)}
	}
	buf := make([]byte, 0, 1<<20)
	written := 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		f.message(slacksim.Change{Kind: slacksim.MessageUpdated, Channel: channelMain, Message: &messages[i%cards]})
		if i%cards == cards-1 {
			for _, m := range boxes {
				buf = m.frame(buf[:0])
				written += len(buf)
			}
		}
	}
	b.ReportMetric(float64(written)/float64(b.N)/pages, "bytes/update/page")
}

func cardBlocks(n int) []slacksim.Object {
	var blocks []slacksim.Object
	text := fmt.Sprintf(`[
		{"type":"header","block_id":"a%[1]d","text":{"type":"plain_text","text":"Restore R-%05[1]d: running"}},
		{"type":"rich_text","block_id":"b%[1]d","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Asked by "},{"type":"user","user_id":"U0ANNA"},{"type":"text","text":" at 2026-11-23 20:05:12 UTC\nDestination es-cn-b (Elasticsearch 6.7.0, green)\nSnapshot es-cn-a_20190705220000, SUCCESS\nSize 12 GiB, 3 indices"}]}]},
		{"type":"rich_text","block_id":"c%[1]d","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Progress 50 %%, 6 GiB of 12 GiB, 3 of 12 primary shards done, 38 MiB a second, about 2 minutes left"}]}]},
		{"type":"actions","block_id":"d%[1]d","elements":[{"type":"button","action_id":"cancel","value":"R-%05[1]d","text":{"type":"plain_text","text":"Stop"}},{"type":"button","action_id":"details","value":"R-%05[1]d","text":{"type":"plain_text","text":"Details"}}]}]`, n)
	if err := json.Unmarshal([]byte(text), &blocks); err != nil {
		panic(err)
	}
	return blocks
}
