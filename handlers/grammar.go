package handlers

import (
	"errors"
	"fmt"
	"strings"
	"time"

	shellquote "github.com/kballard/go-shellquote"
	"github.com/spf13/pflag"

	"es-restore/approvals"
	"es-restore/esops"
)

// Command is a slash command as understood: one verb with its arguments.
type Command struct {
	Verb string
	Help string // of help: the verb to explain

	Cluster    string
	Source     string         // of share: a cluster, or an instance's ID
	Then       *esops.Request // of share: the restore that it is for
	Repository string
	Snapshot   string
	Indices    string
	Flags      esops.Flags
	Reason     string
	At         string // of restore: not before this time, as typed
	ID         approvals.ID

	Match string        // of snapshots
	Since time.Duration // of snapshots, list and history
	All   bool          // of list
	By    string        // of list and history: who asked, an ID, a name or "me"
	Limit int           // of list and history; 0: no limit
	File  bool          // of log and history: as a file
	Page  int           // of what comes in pages, from 1
}

// A verb is one word people can type, with how it is used.
type verb struct {
	name    string
	usage   string
	example string
	what    string
	min     int // arguments
	max     int
	flags   func(*pflag.FlagSet, *Command)
	take    func(*Command, []string) error
}

const snapshotUsage = "CLUSTER REPOSITORY/SNAPSHOT"

// verbs are all that can be typed, in the order help shows them.
var verbs = []verb{
	{name: "help", usage: "[VERB]", example: "help restore", what: "what can be typed", max: 1,
		take: takeHelp},
	{name: "clusters", example: "clusters", what: "each cluster: version and health"},
	{name: "repos", usage: "CLUSTER", example: "repos es-cn-b", what: "each repository of a cluster, and whose it is", min: 1, max: 1,
		take: func(c *Command, args []string) error { c.Cluster = args[0]; return nil }},
	{name: "share", usage: "SOURCE DESTINATION --reason TEXT", example: `share es-cn-a es-cn-b --reason "ticket 4711"`,
		what: "ask for sharing a cluster's automatic snapshots with another", min: 2, max: 2, flags: reasonFlagOnly, take: takeShare},
	{name: "snapshots", usage: "CLUSTER [REPOSITORY] [--match GLOB] [--since 7d]", example: "snapshots es-cn-b aliyun_snapshot_from_es-cn-a --since 7d",
		what: "the snapshots, newest first", min: 1, max: 2, flags: snapshotFlags, take: takeRepository},
	{name: "show", usage: snapshotUsage, example: "show es-cn-b aliyun_snapshot_from_es-cn-a/latest",
		what: "what one snapshot holds", min: 2, max: 2, flags: pageFlag, take: takeSnapshot},
	{name: "plan", usage: snapshotUsage + " INDICES [flags]", example: "plan es-cn-b aliyun_snapshot_from_es-cn-a/latest 'logs-*,-logs-old'",
		what: "what a restore would do; asks nobody, changes nothing", min: 3, max: 3, flags: restoreFlags, take: takeIndices},
	{name: "restore", usage: snapshotUsage + " INDICES [flags] --reason TEXT", example: `restore es-cn-b aliyun_snapshot_from_es-cn-a/latest file-2019-08-25 --reason "ticket 4711"`,
		what: "ask for a restore", min: 3, max: 3, flags: restoreFlags, take: takeRestore},
	{name: "list", usage: "[--all] [--by WHO] [--cluster CLUSTER] [--since 7d] [--limit N]", example: "list", what: "operations, open ones first", flags: listFlags},
	{name: "history", usage: "[--by WHO] [--cluster CLUSTER] [--since 7d] [--limit N] [--file]", example: "history --since 30d --cluster es-cn-b",
		what: "finished operations, newest first; --file sends all records as JSON lines", flags: historyFlags},
	{name: "status", usage: "ID", example: "status R-7K3M9", what: "where one operation stands", min: 1, max: 1, take: takeID},
	{name: "log", usage: "ID [--file]", example: "log R-7K3M9", what: "its whole audit trail; --file puts it into its thread as JSON lines", min: 1, max: 1, flags: logFlags, take: takeID},
	{name: "cancel", usage: "ID [--reason TEXT]", example: `cancel R-7K3M9 --reason "found it elsewhere"`, what: "take it back, or stop it once it runs", min: 1, max: 1,
		flags: reasonFlagOnly, take: takeID},
	{name: "retry", usage: "ID [--reason TEXT]", example: "retry R-7K3M9", what: "ask again for what failed only", min: 1, max: 1, flags: reasonFlagOnly, take: takeID},
	{name: "undo", usage: "ID [--reason TEXT]", example: `undo R-7K3M9 --reason "wrong day"`, what: "ask for taking back what it made", min: 1, max: 1, flags: reasonFlagOnly, take: takeID},
}

func reasonFlagOnly(f *pflag.FlagSet, c *Command) { f.StringVar(&c.Reason, "reason", "", "why") }

// A Usage is how one verb is typed, for those who complete what people type.
type Usage struct {
	Verb  string
	Args  string   // such as "CLUSTER [REPOSITORY]", without flags
	Flags []string // such as "--match"
	What  string
}

// Usages lists every verb.
func Usages() []Usage {
	var usages []Usage
	for _, v := range verbs {
		u := Usage{Verb: v.name, What: v.what}
		for word := range strings.FieldsSeq(v.usage) {
			if strings.HasPrefix(strings.TrimLeft(word, "["), "--") || word == "[flags]" {
				break
			}
			u.Args = strings.TrimSpace(u.Args + " " + word)
		}
		if v.flags != nil {
			flags := pflag.NewFlagSet(v.name, pflag.ContinueOnError)
			flags.SortFlags = false
			v.flags(flags, &Command{})
			flags.VisitAll(func(f *pflag.Flag) { u.Flags = append(u.Flags, "--"+f.Name) })
		}
		usages = append(usages, u)
	}
	return usages
}

func verbNamed(name string) (verb, bool) {
	for _, v := range verbs {
		if v.name == name {
			return v, true
		}
	}
	return verb{}, false
}

func verbNames() []string {
	names := make([]string, len(verbs))
	for i, v := range verbs {
		names[i] = v.name
	}
	return names
}

// Parse reads the text of a slash command. What can't be read is a Refusal that
// says what to type instead.
func Parse(text string) (Command, *esops.Refusal) {
	words, reason, refusal := split(text)
	if refusal != nil {
		return Command{}, refusal
	}
	if len(words) == 0 {
		return Command{}, nil // the form
	}
	name := strings.ToLower(words[0])
	v, ok := verbNamed(name)
	if !ok {
		return Command{}, unknownVerb(words[0])
	}
	c := Command{Verb: v.name, Page: 1}
	flags := pflag.NewFlagSet(v.name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	if v.flags != nil {
		v.flags(flags, &c)
	}
	if err := flags.Parse(words[1:]); err != nil {
		return Command{}, badFlag(v, flags, err)
	}
	if reason.given {
		c.Reason = reason.text
	}
	args := flags.Args()
	if len(args) < v.min || len(args) > v.max {
		return Command{}, wrongCount(v, args)
	}
	if v.take != nil {
		if err := v.take(&c, args); err != nil {
			return Command{}, misused(v, err.Error())
		}
	}
	if _, known := verbNamed(c.Help); c.Help != "" && !known {
		return Command{}, unknownVerb(c.Help)
	}
	if c.Limit < 0 {
		return Command{}, misused(v, "a limit is a number from 1 on.")
	}
	if c.Page < 1 {
		return Command{}, misused(v, "pages count from 1.")
	}
	return c, nil
}

func unknownVerb(word string) *esops.Refusal {
	wayOut := "Try: help"
	if near := esops.Nearest(strings.ToLower(word), verbNames()); len(near) > 0 {
		wayOut = fmt.Sprintf("Did you mean %s? Or try: help", near[0])
	}
	return esops.Refuse("unknown_verb", wayOut, "There is no %q.", clean(word, 40))
}

func badFlag(v verb, flags *pflag.FlagSet, err error) *esops.Refusal {
	var missing *pflag.NotExistError
	if errors.As(err, &missing) && missing.GetSpecifiedShortnames() != "" {
		return esops.Refuse("begins_with_exclusion", "Name first what to take, such as '*,-logs-*'. "+usage(v),
			"-%s is no flag, and a list of indices never begins with an exclusion.", clean(missing.GetSpecifiedShortnames(), 40))
	}
	if errors.As(err, &missing) {
		var names []string
		flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		wayOut := usage(v)
		if near := esops.Nearest(missing.GetSpecifiedName(), names); len(near) > 0 {
			wayOut = fmt.Sprintf("Did you mean --%s? %s", near[0], wayOut)
		}
		return esops.Refuse("unknown_flag", wayOut, "%s has no flag --%s.", v.name, clean(missing.GetSpecifiedName(), 40))
	}
	return misused(v, clean(err.Error(), 200)+".")
}

func wrongCount(v verb, args []string) *esops.Refusal {
	if len(args) > v.max && v.max > 0 {
		return misused(v, fmt.Sprintf("%q is one word too many; put what holds spaces in quotes.", clean(args[v.max], 40)))
	}
	if len(args) > v.max {
		return misused(v, fmt.Sprintf("%s takes nothing more.", v.name))
	}
	return misused(v, "something is missing.")
}

func misused(v verb, what string) *esops.Refusal {
	return &esops.Refusal{Code: "usage", Sentence: strings.ToUpper(what[:1]) + what[1:], WayOut: usage(v)}
}

func usage(v verb) string {
	return fmt.Sprintf("Use: %s. For example: /es-restore %s", strings.TrimSpace(v.name+" "+v.usage), v.example)
}

func snapshotFlags(f *pflag.FlagSet, c *Command) {
	pageFlag(f, c)
	f.StringVar(&c.Match, "match", "", "only names that match this glob")
	f.Var((*span)(&c.Since), "since", "only those of the last 7d, 12h …")
}

func pageFlag(f *pflag.FlagSet, c *Command) { f.IntVar(&c.Page, "page", 1, "which page") }

func listFlags(f *pflag.FlagSet, c *Command) {
	filterFlags(f, c)
	f.BoolVar(&c.All, "all", false, "finished ones too")
}

func historyFlags(f *pflag.FlagSet, c *Command) {
	filterFlags(f, c)
	f.BoolVar(&c.File, "file", false, "send all records of these as a file")
}

func filterFlags(f *pflag.FlagSet, c *Command) {
	pageFlag(f, c)
	f.StringVar(&c.By, "by", "", "who asked: @name, a member's ID, or me")
	f.StringVar(&c.Cluster, "cluster", "", "the destination")
	f.Var((*span)(&c.Since), "since", "only those of the last 7d, 12h …")
	f.IntVar(&c.Limit, "limit", 0, "at most so many")
}

func logFlags(f *pflag.FlagSet, c *Command) {
	pageFlag(f, c)
	f.BoolVar(&c.File, "file", false, "as a file in its thread")
}

func restoreFlags(f *pflag.FlagSet, c *Command) {
	f.StringVar(&c.Reason, "reason", "", "why")
	f.StringVar(&c.At, "at", "", "not before this time, such as 22:00")
	f.StringVar(&c.Flags.As, "as", "", "the new name; $1 stands for the index's")
	f.BoolVar(&c.Flags.OverwriteClosed, "overwrite-closed", false, "restore over closed indices")
	f.StringVar(&c.Flags.Swap, "swap", "", "move this alias to the restored index once it is whole")
	f.Var(&replicas{&c.Flags.Replicas}, "replicas", "how many replicas")
	f.BoolVar(&c.Flags.Partial, "partial", false, "take indices the snapshot does not hold whole")
	f.BoolVar(&c.Flags.System, "system", false, "allow names that begin with a dot")
}

func takeHelp(c *Command, args []string) error {
	if len(args) == 1 {
		c.Help = strings.ToLower(args[0])
	}
	return nil
}

func takeRepository(c *Command, args []string) error {
	c.Cluster = args[0]
	if len(args) == 2 {
		c.Repository = args[1]
	}
	return nil
}

func takeSnapshot(c *Command, args []string) error {
	c.Cluster = args[0]
	repository, snapshot, found := strings.Cut(args[1], "/")
	if !found || repository == "" || snapshot == "" {
		return fmt.Errorf("%q is not of the form REPOSITORY/SNAPSHOT", clean(args[1], 60))
	}
	c.Repository, c.Snapshot = repository, snapshot
	return nil
}

func takeIndices(c *Command, args []string) error {
	c.Indices = args[2]
	return takeSnapshot(c, args)
}

func takeRestore(c *Command, args []string) error {
	if strings.TrimSpace(c.Reason) == "" {
		return errors.New("a restore needs a reason: --reason \"why\"")
	}
	return takeIndices(c, args)
}

func takeShare(c *Command, args []string) error {
	if strings.TrimSpace(c.Reason) == "" {
		return errors.New("a share needs a reason: --reason \"why\"")
	}
	c.Source, c.Cluster = args[0], args[1]
	return nil
}

func takeID(c *Command, args []string) error {
	id, ok := approvals.ParseID(args[0])
	if !ok {
		return fmt.Errorf("%q is not an ID, such as R-7K3M9", clean(args[0], 40))
	}
	c.ID = id
	return nil
}

// split undoes what phones and Slack do to text and cuts it into words as a
// shell does. The value of --reason is taken out first and never changed.
func split(text string) ([]string, reason, *esops.Refusal) {
	rest, r := cutReason(text)
	words, err := shellquote.Split(plain(rest))
	if err != nil {
		return nil, reason{}, esops.Refuse("usage", "Close it, or put what holds a quote in the other kind.", "A quote is opened and not closed.")
	}
	for i, word := range words {
		words[i] = undash(word)
	}
	return words, r, nil
}
