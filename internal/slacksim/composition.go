package slacksim

import "reflect"

// The objects that blocks and elements are made of.

// plain, marked and either are text objects within a bound of their own, over
// and above the one every text object has.
func plain(name string) rule  { return textObject(name, "plain_text") }
func marked(name string) rule { return textObject(name, "mrkdwn") }
func either(name string) rule { return textObject(name, "plain_text", "mrkdwn") }

func textObject(name string, kinds ...string) rule {
	own, common := limit(name), limit("text")
	inner := func(c *checker, at string, v any) {
		s, ok := v.(string)
		if !ok {
			c.wrong(at, "must provide a string")
			return
		}
		b := common
		if own.MaxLength != nil {
			b.MaxLength = own.MaxLength
		}
		if own.ItemMaxLength != nil {
			b.MaxLength = own.ItemMaxLength
		}
		c.length(at, s, b)
	}
	schemas := map[string]rule{
		"plain_text": object(must("type", free), must("text", inner), may("emoji", boolean)),
		// Slack takes emoji here too, and ignores it.
		"mrkdwn": object(must("type", free), must("text", inner), may("verbatim", boolean), may("emoji", boolean)),
	}
	if len(kinds) == 1 && kinds[0] == "plain_text" {
		schemas["plain_text"] = object(must("type", free), must("text", inner), may("emoji", boolean), may("verbatim", boolean))
	}
	return typed(schemas, kinds...)
}

var confirmation = object(
	may("title", plain("confirmation.title")),
	must("text", either("confirmation.text")),
	may("confirm", plain("confirmation.confirm")),
	may("deny", plain("confirmation.deny")),
	may("style", enum("primary", "danger")),
)

// option is one choice; overflow menus may give it a URL.
func option(text func(string) rule, withURL bool) rule {
	fields := []field{
		must("text", text("option.text")),
		must("value", str("option.value")),
		may("description", text("option.description")),
	}
	if withURL {
		fields = append(fields, may("url", str("option.url")))
	}
	return object(fields...)
}

func optionGroup(c *checker, at string, v any) {
	object(
		must("label", plain("option_group.label")),
		must("options", list("option_group.options", option(plain, false))),
	)(c, at, v)
}

// initialAmong refuses an initial choice that is not among the options.
func initialAmong(name string) rule {
	return func(c *checker, at string, v any) {
		o, _ := v.(Object)
		wanted := objects(o[name])
		if single := objectAt(o, name); single != nil {
			wanted = []Object{single}
		}
		offered := choices(o, nil)
		for _, w := range wanted {
			if !offers(offered, w) {
				c.wrong(at+"/"+name, "`%s` must exactly match one of the provided options", name)
			}
		}
	}
}

func offers(offered []Object, wanted Object) bool {
	for _, o := range offered {
		a, b := cloneObject(o), cloneObject(wanted)
		spellTexts(a)
		spellTexts(b)
		if reflect.DeepEqual(a, b) {
			return true
		}
	}
	return false
}

var slackFile = object(may("id", free), may("url", free))

// picture is an image, as a block or as an element.
func picture(fields ...field) rule {
	fields = append(fields,
		must("type", free),
		may("image_url", str("image.image_url")),
		may("slack_file", slackFile),
		must("alt_text", str("image.alt_text")),
	)
	return all(object(fields...), oneOf("image_url", "slack_file"), notBoth("image_url", "slack_file"))
}

var dispatchConfig = object(may("trigger_actions_on", listOf(bound{}, enum("on_enter_pressed", "on_character_entered"))))

var conversationFilter = object(
	may("include", listOf(bound{}, enum("im", "mpim", "private", "public"))),
	may("exclude_external_shared_channels", boolean),
	may("exclude_bot_users", boolean),
)

// richText is a rich_text block or value: its four kinds of lines.
var richTextLines = map[string]rule{
	"rich_text_section":      object(must("type", free), must("elements", listOf(bound{}, richTextPiece))),
	"rich_text_preformatted": object(must("type", free), must("elements", listOf(bound{}, richTextPiece)), may("border", anything), may("language", free)),
	"rich_text_quote":        object(must("type", free), must("elements", listOf(bound{}, richTextPiece)), may("border", anything)),
	"rich_text_list": object(must("type", free), must("elements", listOf(bound{}, richTextItem)), must("style", enum("bullet", "ordered")),
		may("indent", anything), may("border", anything), may("offset", anything)),
}

// richTextPiece is a run of text, a mention, a link; Slack knows many kinds.
func richTextPiece(c *checker, at string, v any) {
	o, ok := v.(Object)
	switch {
	case !ok:
		c.wrong(at, "must provide an object")
	case stringAt(o, "type") == "":
		c.wrong(at, "missing required field: type")
	case stringAt(o, "type") == "text" && stringAt(o, "text") == "":
		c.wrong(at+"/text", "must be more than 0 characters")
	}
}

func richTextItem(c *checker, at string, v any) {
	object(must("type", enum("rich_text_section")), must("elements", listOf(bound{}, richTextPiece)))(c, at, v)
}

var richTextValue = object(
	must("type", enum("rich_text")),
	may("block_id", str("block_id")),
	must("elements", listOf(bound{}, typed(richTextLines))),
)
