package handlers

import (
	"strings"
)

// help explains one verb, or all of them.
func help(name string) *Answer {
	if v, ok := verbNamed(name); ok {
		use := strings.TrimSpace("/es-restore " + v.name + " " + v.usage)
		p := prose{}.strong(v.name).say(": " + v.what + ".").br().say("Use: ").code(use).br().say("For example: ").code("/es-restore " + v.example)
		text := v.name + ": " + v.what + ". Use: " + use + ". For example: /es-restore " + v.example
		blocks := p.block()
		if v.name == "restore" || v.name == "plan" {
			return &Answer{Text: escape(text), Blocks: append([]block{blocks}, flagHelp()...)}
		}
		return &Answer{Text: escape(text), Blocks: []block{blocks}}
	}
	var items []prose
	var names []string
	for _, v := range verbs {
		names = append(names, v.name)
		items = append(items, prose{}.code("/es-restore "+v.example).br().say(v.what))
	}
	return &Answer{
		Text: "es-restore asks for Elasticsearch restores, which colleagues approve. What can be typed: " + strings.Join(names, ", ") + ".",
		Blocks: []block{
			words("es-restore asks for Elasticsearch restores, which colleagues approve. Nothing is changed before that.").block(),
			list(items),
			prose{}.say("More about one of them: ").code("/es-restore help restore").block(),
		},
	}
}

func flagHelp() []block {
	return []block{list([]prose{
		prose{}.code("SNAPSHOT").say(" is a name, ").code("latest").say(", or a time such as ").code("2019-07-05T22:00").say(": the newest successful one that started by then."),
		prose{}.code("INDICES").say(" is a comma list with * and -exclusions, such as ").code("*,-logs-*").say("."),
		prose{}.code("--as 'restored-$1'").say(" restores under another name; $1 stands for the index's."),
		prose{}.code("--overwrite-closed").say(" restores over closed indices, whose data is gone from the first second."),
		prose{}.code("--swap orders").say(" moves the alias orders to the restored index in one act, once it is whole; the old index stays."),
		prose{}.code("--at 22:00").say(" approves now and starts then, after the plan was checked again; also 2026-11-24T22:00."),
		prose{}.code("--replicas N").say(" sets the number of replicas."),
		prose{}.code("--partial").say(" takes indices the snapshot does not hold whole; the missing shards come back empty."),
		prose{}.code("--system").say(" allows names that begin with a dot, which can break Kibana."),
	})}
}
