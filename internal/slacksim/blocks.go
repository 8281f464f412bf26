package slacksim

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// blockSchemas says what each block must and may hold.
var blockSchemas = map[string]rule{}

// blockSurfaces says where each block may stand; the file block nowhere, for
// Slack alone makes it. Slack's agent blocks (task_card, plan) come by streams,
// which do not exist here.
var blockSurfaces = map[string]surface{
	"section": anywhere, "divider": anywhere, "image": anywhere, "actions": anywhere, "context": anywhere,
	"input": anywhere, "header": anywhere, "rich_text": anywhere, "video": anywhere, "container": anywhere,
	"markdown": onMessage, "table": onMessage, "context_actions": onMessage, "card": onMessage, "carousel": onMessage,
	"data_table": onMessage, "data_visualization": onMessage, "call": onMessage,
	"alert": onModal,
}

// blk is what every block has, and what it has besides.
func blk(fields ...field) rule {
	return object(append([]field{must("type", free), may("block_id", str("block_id"))}, fields...)...)
}

// block checks one block: known, allowed here, its ID not taken, its content.
func block(c *checker, at string, v any) { blockOf()(c, at, v) }

func blockOf(allowed ...string) rule {
	check := typed(blockSchemas, allowed...)
	return func(c *checker, at string, v any) {
		o, _ := v.(Object)
		if kind := stringAt(o, "type"); kind != "" && blockSurfaces[kind]&c.on == 0 {
			c.wrong(at+"/type", "unsupported type: %s", kind)
			return
		}
		if id := stringAt(o, "block_id"); id != "" {
			if c.blockIDs[id] {
				c.wrong(at+"/block_id", "`block_id` \"%s\" already exists", id)
			}
			c.blockIDs[id] = true
		}
		c.actions = map[string]bool{}
		check(c, at, v)
	}
}

func init() {
	blockSchemas["section"] = all(blk(may("text", either("section.text")), may("fields", list("section.fields", either("section.fields"))),
		may("accessory", element(inSection...)), may("expand", boolean)), oneOf("text", "fields"))
	blockSchemas["divider"] = blk()
	blockSchemas["image"] = picture(may("block_id", str("block_id")), may("title", plain("image.alt_text")))
	blockSchemas["actions"] = blk(must("elements", list("actions.elements", element(inActions...))))
	blockSchemas["context"] = blk(must("elements", list("context.elements", contextPiece)))
	blockSchemas["context_actions"] = blk(must("elements", list("context_actions.elements", element(inContextOfUse...))))
	blockSchemas["header"] = blk(must("text", plain("header.text")), may("level", num(bound{Min: new(1.0), Max: new(4.0)}, false)))
	blockSchemas["input"] = blk(must("label", plain("input.label")), must("element", element(inInput...)),
		may("hint", plain("input.hint")), may("optional", boolean), may("dispatch_action", boolean))
	blockSchemas["rich_text"] = blk(must("elements", listOf(bound{}, typed(richTextLines))))
	blockSchemas["markdown"] = blk(must("text", markdownText))
	blockSchemas["video"] = blk(must("video_url", free), must("thumbnail_url", free), must("alt_text", str("video.alt_text")),
		must("title", plain("video.title")), may("title_url", free), may("author_name", str("video.author_name")),
		may("provider_name", str("video.provider_name")), may("provider_icon_url", free), may("description", plain("video.description")))
	blockSchemas["alert"] = blk(must("text", either("alert.text")), may("level", enum("default", "info", "warning", "error", "success")))
	blockSchemas["call"] = blk(must("call_id", free), may("call", anything), may("api_decoration_available", boolean))
	richSchemas()
}

// richSchemas are the blocks that hold other blocks, tables and charts.
func richSchemas() {
	card := blk(may("hero_image", picture()), may("icon", picture()), may("slack_icon", object(must("type", free), must("name", free))),
		may("title", marked("card.title")), may("subtitle", marked("card.subtitle")), may("body", marked("card.body")),
		may("subtext", marked("card.subtext")), may("actions", list("card.actions", element("button"))))
	blockSchemas["card"] = all(card, oneOf("hero_image", "title", "actions", "body"))
	blockSchemas["carousel"] = blk(must("elements", list("carousel.elements", blockOf("card"))))
	inside := func(c *checker, at string, v any) {
		blockOf("actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table", "video")(c, at, v)
	}
	blockSchemas["container"] = all(blk(may("title", plain("container.title")), may("rich_text_title", richTextValue),
		may("subtitle", either("container.subtitle")), may("icon", picture()), may("width", enum("narrow", "standard", "wide", "full")),
		may("is_collapsible", boolean), may("default_collapsed", boolean), may("has_header_divider", boolean),
		must("child_blocks", list("container.child_blocks", inside))), oneOf("title", "rich_text_title"))

	cells := map[string]rule{
		"raw_text":   object(must("type", free), must("text", str("data_table.cell_text"))),
		"raw_number": object(must("type", free), must("value", num(bound{}, true)), may("text", str("data_table.cell_text"))),
		"rich_text":  richTextValue,
	}
	blockSchemas["table"] = all(blk(must("rows", list("table.rows", list("table.cells", typed(cells)))),
		may("column_settings", list("table.column_settings", object(may("align", enum("left", "center", "right")), may("is_wrapped", boolean))))), countTable)
	actionCells := map[string]rule{"action_cell": object(must("type", free), must("element", element("button")), may("fallback", typed(cells)))}
	for kind, r := range cells {
		actionCells[kind] = r
	}
	blockSchemas["data_table"] = all(blk(must("caption", free), must("rows", list("data_table.rows", list("data_table.columns", typed(actionCells)))),
		may("page_size", within("data_table.page_size")), may("row_header_column_index", num(bound{}, false))), tableContent)
	blockSchemas["data_visualization"] = blk(must("title", all(str("data_visualization.title"), filled)), must("chart", typed(chartSchemas())))
}

func chartSchemas() map[string]rule {
	segment := object(must("label", all(str("data_visualization.segment.label"), filled)), must("value", num(limit("data_visualization.segment.value"), true)))
	point := object(must("label", all(str("data_visualization.point_label"), filled)), must("value", num(bound{}, true)))
	series := object(must("name", all(str("data_visualization.series_name"), filled)), must("data", list("data_visualization.data", point)))
	axis := object(must("categories", list("data_visualization.categories", all(str("data_visualization.category_label"), filled))),
		may("x_label", str("data_visualization.axis_label")), may("y_label", str("data_visualization.axis_label")))
	lines := object(must("type", free), must("series", list("data_visualization.series", series)), must("axis_config", axis))
	return map[string]rule{
		"pie": object(must("type", free), must("segments", list("data_visualization.segments", segment))),
		"bar": lines, "area": lines, "line": lines,
	}
}

func filled(c *checker, at string, v any) {
	if v == "" {
		c.wrong(at, "must be more than 0 characters")
	}
}

// contextPiece is a text object or an image.
func contextPiece(c *checker, at string, v any) {
	o, _ := v.(Object)
	if stringAt(o, "type") == "image" {
		picture()(c, at, v)
		return
	}
	either("text")(c, at, v)
}

// markdownText counts all markdown blocks of a message together.
func markdownText(c *checker, at string, v any) {
	str("markdown.text")(c, at, v)
	s, _ := v.(string)
	n := utf8.RuneCountInString(s)
	most := *limit("markdown.text").MaxLength
	if c.markdown += n; n <= most && c.markdown > most {
		c.wrong(at, "all markdown blocks together must be less than %d characters", most+1)
	}
}

func countTable(c *checker, at string, _ any) {
	if c.tables++; c.tables > *limit("message.tables").MaxItems {
		c.wrong(at, "only_one_table_allowed")
	}
}

// tableContent limits the words of a whole data table.
func tableContent(c *checker, at string, v any) {
	o, _ := v.(Object)
	n := 0
	for _, s := range shownTexts(o["rows"]) {
		n += utf8.RuneCountInString(s)
	}
	if most := *limit("data_table.content").MaxLength; n > most {
		c.wrong(at+"/rows", "must be less than %d characters", most+1)
	}
}

// checkMessageBlocks is what Slack checks before a message with blocks is
// stored. It returns the blocks as objects of their own.
func checkMessageBlocks(v any) ([]Object, error) {
	if v == nil {
		return nil, nil
	}
	if _, ok := v.([]any); !ok {
		return nil, fail("invalid_blocks_format")
	}
	c := newChecker(onMessage)
	list("message.blocks", block)(c, "/blocks", v)
	if len(c.problems) > 0 {
		return nil, fail("invalid_blocks", c.problems...)
	}
	blocks := cloneObjects(objects(v))
	if n := textLength(blocks); n > *limit("message.all_text").MaxLength {
		return nil, fail("msg_blocks_too_long")
	}
	return blocks, nil
}

// textLength is how many characters the blocks hold together, in fields that
// Slack shows.
func textLength(blocks []Object) int {
	n := 0
	for _, b := range blocks {
		for _, s := range shownTexts(b) {
			n += utf8.RuneCountInString(s)
		}
	}
	return n
}

// maxView is how large a view may be, in bytes of JSON.
const maxView = 250 << 10

// checkView is what Slack checks before a view is shown.
func checkView(v any) (Object, error) {
	o, ok := v.(Object)
	if !ok {
		return nil, invalid("must provide an object [json-pointer:/view]")
	}
	c := newChecker(onModal)
	common := []field{
		must("type", enum("modal", "home")), must("blocks", list("view.blocks", block)),
		may("private_metadata", str("view.private_metadata")), may("callback_id", str("view.callback_id")),
		may("external_id", str("view.external_id")),
	}
	if stringAt(o, "type") == "home" {
		c.on = onHome
		object(common...)(c, "/view", o)
	} else {
		object(append(common, must("title", plain("view.title")), may("close", plain("view.close")), may("submit", plain("view.submit")),
			may("clear_on_close", boolean), may("notify_on_close", boolean))...)(c, "/view", o)
		c.submitNeeded(o)
	}
	if len(c.problems) > 0 {
		return nil, invalid(c.problems...)
	}
	if len(encode(o)) > maxView {
		return nil, fail("view_too_large")
	}
	return cloneObject(o), nil
}

// submitNeeded refuses a modal with inputs and no button to send them.
func (c *checker) submitNeeded(o Object) {
	if o["submit"] != nil {
		return
	}
	at := slices.IndexFunc(objects(o["blocks"]), func(b Object) bool { return stringAt(b, "type") == "input" })
	if at >= 0 {
		c.wrong(fmt.Sprintf("/view/blocks/%d/input", at), "must define `submit` to use an `input` block in modals")
	}
}

// checkSuggestions is what Slack checks in the ack of a block_suggestion.
func checkSuggestions(o Object) []string {
	c := newChecker(anywhere)
	all(object(
		may("options", listOf(bound{MaxItems: limit("select.options").MaxItems}, option(plain, false))),
		may("option_groups", listOf(bound{MaxItems: limit("select.option_groups").MaxItems}, optionGroup)),
	), oneOf("options", "option_groups"), notBoth("options", "option_groups"))(c, "", o)
	return c.problems
}
