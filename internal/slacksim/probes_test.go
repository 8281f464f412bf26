package slacksim_test

import (
	"fmt"
	"maps"
	"strings"
)

// probe builds something whose field has size n: a message with these blocks,
// or a modal, or the modal's blocks.
type probe func(n int) any

type modalProbe obj

// long is n characters, each of two bytes, so that counting bytes fails.
func long(n int) string { return strings.Repeat("ä", max(n, 0)) }

func many(n int, item func(i int) any) []any {
	out := []any{}
	for i := range n {
		out = append(out, item(i))
	}
	return out
}

func mrkdwn(text string) obj { return obj{"type": "mrkdwn", "text": text} }

func section(fields obj) []any {
	b := obj{"type": "section", "text": plain("x")}
	maps.Copy(b, fields)
	return []any{b}
}

func element(e obj) []any { return []any{actions("b", e)} }

func with(e obj, key string, v any) obj {
	out := maps.Clone(e)
	out[key] = v
	return out
}

func opt(i int) any { return obj{"text": plain("o"), "value": fmt.Sprint("v", i)} }

func optOf(key string, v any) obj { return with(opt(0).(obj), key, v) }

func selectOf(o any) []any { return element(obj{"type": "static_select", "options": []any{o}}) }

func confirmOf(key string, v any) []any {
	c := with(obj{"text": plain("sure?")}, key, v)
	return element(with(button("a", "v"), "confirm", c))
}

func view(key string, v any) modalProbe {
	return modalProbe(with(obj{"type": "modal", "title": plain("T"), "submit": plain("S"), "blocks": []any{obj{"type": "divider"}}}, key, v))
}

func inModal(b obj) modalProbe { return view("blocks", []any{b}) }

func input(e obj) obj { return obj{"type": "input", "label": plain("L"), "element": e} }

func cardOf(key string, v any) []any {
	return []any{with(obj{"type": "card", "body": mrkdwn("b")}, key, v)}
}

func containerOf(key string, v any) []any {
	return []any{with(obj{"type": "container", "title": plain("t"), "child_blocks": []any{obj{"type": "divider"}}}, key, v)}
}

func video(key string, v any) []any {
	return []any{with(obj{"type": "video", "video_url": "https://v", "thumbnail_url": "https://t", "alt_text": "a", "title": plain("t")}, key, v)}
}

func cell(text string) any { return obj{"type": "raw_text", "text": text} }

func row(n int) any { return many(n, func(int) any { return cell("c") }) }

func dataTable(key string, v any) []any {
	return []any{with(obj{"type": "data_table", "caption": "c", "rows": []any{row(1), row(1)}}, key, v)}
}

func chart(kind string, fields obj) []any {
	return []any{obj{"type": "data_visualization", "title": "t", "chart": with(fields, "type", kind)}}
}

func bars(series, axis obj) []any {
	s := obj{"name": "s", "data": []any{obj{"label": "a", "value": 1}}}
	maps.Copy(s, series)
	a := obj{"categories": []any{"a"}}
	maps.Copy(a, axis)
	return chart("bar", obj{"series": []any{s}, "axis_config": a})
}

func feedbackButtons(key string, v any) []any {
	b := obj{"text": plain("good"), "value": "g"}
	return []any{obj{"type": "context_actions", "elements": []any{
		obj{"type": "feedback_buttons", "action_id": "f", "positive_button": with(b, key, v), "negative_button": b},
	}}}
}

// probes has one entry for every line of limits.json.
var probes = map[string]probe{
	"text":                       func(n int) any { return []any{obj{"type": "context", "elements": []any{mrkdwn(long(n))}}} },
	"action_id":                  func(n int) any { return element(with(button("a", "v"), "action_id", long(n))) },
	"block_id":                   func(n int) any { return []any{obj{"type": "divider", "block_id": long(n)}} },
	"button.text":                func(n int) any { return element(with(button("a", "v"), "text", plain(long(n)))) },
	"button.url":                 func(n int) any { return element(with(button("a", "v"), "url", long(n))) },
	"button.value":               func(n int) any { return element(button("a", long(n))) },
	"button.accessibility_label": func(n int) any { return element(with(button("a", "v"), "accessibility_label", long(n))) },
	"confirmation.title":         func(n int) any { return confirmOf("title", plain(long(n))) },
	"confirmation.text":          func(n int) any { return confirmOf("text", mrkdwn(long(n))) },
	"confirmation.confirm":       func(n int) any { return confirmOf("confirm", plain(long(n))) },
	"confirmation.deny":          func(n int) any { return confirmOf("deny", plain(long(n))) },
	"option.text":                func(n int) any { return selectOf(optOf("text", plain(long(n)))) },
	"option.value":               func(n int) any { return selectOf(optOf("value", long(n))) },
	"option.description":         func(n int) any { return selectOf(optOf("description", plain(long(n)))) },
	"option.url": func(n int) any {
		return element(obj{"type": "overflow", "options": []any{optOf("url", long(n))}})
	},
	"option_group.label": func(n int) any {
		return element(obj{"type": "static_select", "option_groups": []any{obj{"label": plain(long(n)), "options": []any{opt(0)}}}})
	},
	"option_group.options": func(n int) any {
		return element(obj{"type": "static_select", "option_groups": []any{obj{"label": plain("g"), "options": many(n, opt)}}})
	},
	"select.placeholder": func(n int) any {
		return element(obj{"type": "users_select", "placeholder": plain(long(n))})
	},
	"select.options": func(n int) any { return element(obj{"type": "static_select", "options": many(n, opt)}) },
	"select.option_groups": func(n int) any {
		return element(obj{"type": "static_select", "option_groups": many(n, func(int) any { return obj{"label": plain("g"), "options": []any{opt(0)}} })})
	},
	"overflow.options":      func(n int) any { return element(obj{"type": "overflow", "options": many(n, opt)}) },
	"checkboxes.options":    func(n int) any { return element(obj{"type": "checkboxes", "options": many(n, opt)}) },
	"radio_buttons.options": func(n int) any { return element(obj{"type": "radio_buttons", "options": many(n, opt)}) },
	"file_input.max_files":  func(n int) any { return inModal(input(obj{"type": "file_input", "max_files": n})) },
	"plain_text_input.max_length": func(n int) any {
		return inModal(input(obj{"type": "plain_text_input", "max_length": n}))
	},
	"plain_text_input.min_length": func(n int) any {
		return inModal(input(obj{"type": "plain_text_input", "min_length": n}))
	},
	"actions.elements": func(n int) any {
		return []any{obj{"type": "actions", "elements": many(n, func(i int) any { return button(fmt.Sprint("a", i), "v") })}}
	},
	"alert.text":    func(n int) any { return inModal(obj{"type": "alert", "text": plain(long(n))}) },
	"card.title":    func(n int) any { return cardOf("title", mrkdwn(long(n))) },
	"card.subtitle": func(n int) any { return cardOf("subtitle", mrkdwn(long(n))) },
	"card.body":     func(n int) any { return cardOf("body", mrkdwn(long(n))) },
	"card.subtext":  func(n int) any { return cardOf("subtext", mrkdwn(long(n))) },
	"card.actions": func(n int) any {
		return cardOf("actions", many(n, func(i int) any { return button(fmt.Sprint("a", i), "v") }))
	},
	"carousel.elements": func(n int) any {
		return []any{obj{"type": "carousel", "elements": many(n, func(int) any { return cardOf("title", mrkdwn("t"))[0] })}}
	},
	"container.title":    func(n int) any { return containerOf("title", plain(long(n))) },
	"container.subtitle": func(n int) any { return containerOf("subtitle", mrkdwn(long(n))) },
	"context.elements": func(n int) any {
		return []any{obj{"type": "context", "elements": many(n, func(int) any { return plain("x") })}}
	},
	"context_actions.elements": func(n int) any {
		return []any{obj{"type": "context_actions", "elements": many(n, func(i int) any {
			return obj{"type": "icon_button", "action_id": fmt.Sprint("a", i), "icon": "trash", "text": plain("x")}
		})}}
	},
	"container.child_blocks": func(n int) any {
		return containerOf("child_blocks", many(n, func(int) any { return obj{"type": "divider"} }))
	},
	"feedback_button.text":                func(n int) any { return feedbackButtons("text", plain(long(n))) },
	"feedback_button.value":               func(n int) any { return feedbackButtons("value", long(n)) },
	"feedback_button.accessibility_label": func(n int) any { return feedbackButtons("accessibility_label", long(n)) },
	"icon_button.visible_to_user_ids": func(n int) any {
		return []any{obj{"type": "context_actions", "elements": []any{obj{"type": "icon_button", "icon": "trash", "text": plain("x"),
			"visible_to_user_ids": many(n, func(i int) any { return fmt.Sprint("U", i) })}}}}
	},
	"data_table.rows":    func(n int) any { return dataTable("rows", many(n, func(int) any { return row(1) })) },
	"data_table.columns": func(n int) any { return dataTable("rows", []any{row(n), row(n)}) },
	"data_table.page_size": func(n int) any {
		return dataTable("page_size", n)
	},
	"data_table.cell_text": func(n int) any { return dataTable("rows", []any{[]any{cell(long(n))}, row(1)}) },
	"data_visualization.title": func(n int) any {
		b := chart("pie", obj{"segments": []any{obj{"label": "l", "value": 1}}})
		b[0].(obj)["title"] = long(n)
		return b
	},
	"data_visualization.segments": func(n int) any {
		return chart("pie", obj{"segments": many(n, func(int) any { return obj{"label": "l", "value": 1} })})
	},
	"data_visualization.segment.label": func(n int) any { return chart("pie", obj{"segments": []any{obj{"label": long(n), "value": 1}}}) },
	"data_visualization.segment.value": func(n int) any { return chart("pie", obj{"segments": []any{obj{"label": "l", "value": n}}}) },
	"data_visualization.series": func(n int) any {
		s := obj{"name": "s", "data": []any{obj{"label": "a", "value": 1}}}
		return chart("line", obj{"series": many(n, func(int) any { return s }), "axis_config": obj{"categories": []any{"a"}}})
	},
	"data_visualization.series_name": func(n int) any { return bars(obj{"name": long(n)}, nil) },
	"data_visualization.data": func(n int) any {
		return bars(obj{"data": many(n, func(int) any { return obj{"label": "a", "value": -1} })}, nil)
	},
	"data_visualization.point_label": func(n int) any { return bars(obj{"data": []any{obj{"label": long(n), "value": 1}}}, nil) },
	"data_visualization.categories": func(n int) any {
		return bars(nil, obj{"categories": many(n, func(i int) any { return fmt.Sprint("c", i) })})
	},
	"data_visualization.category_label": func(n int) any { return bars(nil, obj{"categories": []any{long(n)}}) },
	"data_visualization.axis_label":     func(n int) any { return bars(nil, obj{"x_label": long(n)}) },
	"header.text":                       func(n int) any { return []any{obj{"type": "header", "text": plain(long(n))}} },
	"image.image_url": func(n int) any {
		return []any{obj{"type": "image", "alt_text": "a", "image_url": long(n)}}
	},
	"image.alt_text":        func(n int) any { return []any{obj{"type": "image", "alt_text": long(n), "image_url": "https://i"}} },
	"input.label":           func(n int) any { return inModal(with(input(obj{"type": "plain_text_input"}), "label", plain(long(n)))) },
	"input.hint":            func(n int) any { return inModal(with(input(obj{"type": "plain_text_input"}), "hint", plain(long(n)))) },
	"markdown.text":         func(n int) any { return []any{obj{"type": "markdown", "text": long(n)}} },
	"section.text":          func(n int) any { return section(obj{"text": mrkdwn(long(n))}) },
	"section.fields":        func(n int) any { return section(obj{"fields": many(n, func(int) any { return plain("f") })}) },
	"section.fields (item)": func(n int) any { return section(obj{"fields": []any{mrkdwn(long(n))}}) },
	"message.blocks":        func(n int) any { return many(n, func(int) any { return obj{"type": "divider"} }) },
	"message.tables": func(n int) any {
		return many(n, func(int) any { return obj{"type": "table", "rows": []any{row(1)}} })
	},
	"table.rows":  func(n int) any { return []any{obj{"type": "table", "rows": many(n, func(int) any { return row(1) })}} },
	"table.cells": func(n int) any { return []any{obj{"type": "table", "rows": []any{row(n)}}} },
	"table.column_settings": func(n int) any {
		return []any{obj{"type": "table", "rows": []any{row(1)}, "column_settings": many(n, func(int) any { return obj{"align": "left"} })}}
	},
	"video.alt_text":      func(n int) any { return video("alt_text", long(n)) },
	"video.title":         func(n int) any { return video("title", plain(long(n))) },
	"video.author_name":   func(n int) any { return video("author_name", long(n)) },
	"video.description":   func(n int) any { return video("description", plain(long(n))) },
	"video.provider_name": func(n int) any { return video("provider_name", long(n)) },
	"view.blocks": func(n int) any {
		return view("blocks", many(n, func(int) any { return obj{"type": "divider"} }))
	},
	"view.private_metadata": func(n int) any { return view("private_metadata", long(n)) },
	"view.callback_id":      func(n int) any { return view("callback_id", long(n)) },
	"view.external_id":      func(n int) any { return view("external_id", long(n)) },
	"view.title":            func(n int) any { return view("title", plain(long(n))) },
	"view.close":            func(n int) any { return view("close", plain(long(n))) },
	"view.submit":           func(n int) any { return view("submit", plain(long(n))) },
}
