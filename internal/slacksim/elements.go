package slacksim

import "slices"

// elementSchemas says what each block element must and may hold.
var elementSchemas = map[string]rule{}

// Which elements each block takes.
var (
	menus = []string{
		"static_select", "external_select", "users_select", "conversations_select", "channels_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select",
	}
	pickers        = []string{"datepicker", "timepicker", "checkboxes", "radio_buttons"}
	inActions      = slices.Concat([]string{"button", "workflow_button", "overflow", "datetimepicker", "rich_text_input"}, menus, pickers)
	inSection      = slices.Concat([]string{"button", "workflow_button", "overflow", "image"}, menus, pickers)
	inInput        = slices.Concat([]string{"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input", "datetimepicker"}, menus, pickers)
	inContextOfUse = []string{"feedback_buttons", "icon_button"}
)

// element is an interactive element of one of some kinds. Its action_id may not
// come twice in one block; in two blocks of a message Slack takes it twice.
func element(kinds ...string) rule {
	check := typed(elementSchemas, kinds...)
	return func(c *checker, at string, v any) {
		check(c, at, v)
		o, _ := v.(Object)
		id := stringAt(o, "action_id")
		if id == "" || c.actions == nil {
			return
		}
		if c.actions[id] {
			c.wrong(at+"/action_id", "`action_id` \"%s\" already exists", id)
		}
		c.actions[id] = true
	}
}

// act is what every interactive element has, and what it has besides.
func act(fields ...field) rule {
	return object(append([]field{must("type", free), may("action_id", str("action_id"))}, fields...)...)
}

func init() {
	confirm := may("confirm", confirmation)
	focus := may("focus_on_load", boolean)
	hold := may("placeholder", plain("select.placeholder"))
	label := may("accessibility_label", str("button.accessibility_label"))
	only := may("visible_to_user_ids", list("icon_button.visible_to_user_ids", free))

	elementSchemas["button"] = act(must("text", plain("button.text")), may("url", str("button.url")), may("value", str("button.value")),
		may("style", enum("primary", "danger")), confirm, label, only, may("agent_prompt", free), may("agent_prompt_display", free))
	elementSchemas["workflow_button"] = act(must("text", plain("button.text")), must("workflow", anything), may("style", enum("primary", "danger")), label)
	elementSchemas["icon_button"] = act(must("icon", free), must("text", plain("button.text")), may("value", str("button.value")), confirm, label, only)
	elementSchemas["feedback_buttons"] = act(must("positive_button", feedback), must("negative_button", feedback))
	elementSchemas["image"] = picture()
	elementSchemas["url_source"] = object(must("type", free), must("url", str("url_source.url")), must("text", free))

	elementSchemas["overflow"] = act(must("options", list("overflow.options", option(plain, true))), confirm)
	elementSchemas["checkboxes"] = all(act(must("options", list("checkboxes.options", option(either, false))),
		may("initial_options", listOf(bound{}, anything)), confirm, focus, only), initialAmong("initial_options"))
	elementSchemas["radio_buttons"] = all(act(must("options", list("radio_buttons.options", option(either, false))),
		may("initial_option", anything), confirm, focus), initialAmong("initial_option"))

	elementSchemas["datepicker"] = act(may("initial_date", free), hold, confirm, focus)
	elementSchemas["timepicker"] = act(may("initial_time", free), may("timezone", free), hold, confirm, focus)
	elementSchemas["datetimepicker"] = act(may("initial_date_time", num(bound{}, false)), confirm, focus)

	menuSchemas(hold, confirm, focus)
	inputSchemas(hold, focus)
}

// menuSchemas are the ten selects.
func menuSchemas(common ...field) {
	menu := func(fields ...field) rule { return act(append(fields, common...)...) }
	static := []field{
		may("options", list("select.options", option(plain, false))),
		may("option_groups", list("select.option_groups", optionGroup)),
	}
	query := may("min_query_length", num(bound{}, false))
	one, many := may("initial_option", anything), may("initial_options", listOf(bound{}, anything))
	most := may("max_selected_items", num(bound{Min: new(1.0)}, false))
	respond := may("response_url_enabled", boolean)
	here := may("default_to_current_conversation", boolean)
	filter := may("filter", conversationFilter)
	ids := func(name string) field { return may(name, listOf(bound{}, free)) }

	elementSchemas["static_select"] = all(menu(append(static, one)...), oneOf("options", "option_groups"), notBoth("options", "option_groups"), initialAmong("initial_option"))
	elementSchemas["multi_static_select"] = all(menu(append(static, many, most)...), oneOf("options", "option_groups"), notBoth("options", "option_groups"), initialAmong("initial_options"))
	elementSchemas["external_select"] = menu(query, one)
	elementSchemas["multi_external_select"] = menu(query, many, most)
	elementSchemas["users_select"] = menu(may("initial_user", free))
	elementSchemas["multi_users_select"] = menu(ids("initial_users"), most)
	elementSchemas["conversations_select"] = menu(may("initial_conversation", free), here, respond, filter)
	elementSchemas["multi_conversations_select"] = menu(ids("initial_conversations"), here, filter, most)
	elementSchemas["channels_select"] = menu(may("initial_channel", free), respond)
	elementSchemas["multi_channels_select"] = menu(ids("initial_channels"), most)
}

// inputSchemas are the elements only input blocks take.
func inputSchemas(hold, focus field) {
	dispatch := may("dispatch_action_config", dispatchConfig)
	initial := may("initial_value", free)
	elementSchemas["plain_text_input"] = act(hold, initial, may("multiline", boolean),
		may("min_length", within("plain_text_input.min_length")), may("max_length", within("plain_text_input.max_length")), dispatch, focus)
	elementSchemas["email_text_input"] = act(hold, initial, dispatch, focus)
	elementSchemas["url_text_input"] = act(hold, initial, dispatch, focus)
	elementSchemas["number_input"] = act(must("is_decimal_allowed", boolean), hold, initial, may("min_value", free), may("max_value", free), dispatch, focus)
	elementSchemas["rich_text_input"] = act(hold, may("initial_value", richTextValue), dispatch, focus,
		may("min_lines", num(bound{}, false)), may("max_lines", num(bound{}, false)))
	elementSchemas["file_input"] = act(may("filetypes", listOf(bound{}, free)), may("max_files", within("file_input.max_files")))
}

var feedback = object(
	must("text", plain("feedback_button.text")),
	must("value", str("feedback_button.value")),
	may("accessibility_label", str("feedback_button.accessibility_label")),
)
