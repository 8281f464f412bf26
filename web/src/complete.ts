// What can be typed next in a command.
import type { Hints, Op, VerbHint } from "./wire";

export interface Completion {
  text: string; // the whole line with it
  label: string;
  what: string;
  whole: boolean; // Enter takes it although it was not picked: nothing else can be meant
}

interface Line {
  verb: VerbHint | undefined;
  words: string[]; // finished ones after the verb
  word: string; // the one being typed
  before: string; // everything before it
}

function read(hints: Hints, text: string): Line | null {
  if (!text.startsWith(hints.command + " ")) return null;
  const rest = text.slice(hints.command.length + 1);
  const parts = rest.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const typing = !/\s$/.test(text) && parts.length > 0;
  const word = typing ? parts.pop()! : "";
  const [name, ...words] = parts;
  return { verb: hints.verbs.find((v) => v.verb === name), words, word, before: text.slice(0, text.length - word.length) };
}

export function complete(hints: Hints, ops: Op[], text: string): Completion[] {
  if (text.startsWith("/") && hints.command.startsWith(text) && text !== hints.command + " ") {
    return [{ text: hints.command + " ", label: hints.command, what: "restore Elasticsearch snapshots, with approval", whole: text !== hints.command }];
  }
  const line = read(hints, text);
  if (!line) return [];
  if (!line.verb) {
    if (line.words.length > 0 || line.before.trim() !== hints.command) return [];
    const verbs = hints.verbs.filter((v) => v.verb.startsWith(line.word) && v.verb !== line.word);
    return verbs.map((v) => made(line, v.verb, v.what));
  }
  return names(hints, ops, line)
    .filter((n) => n.startsWith(line.word) && n !== line.word && !line.words.includes(n))
    .slice(0, 12)
    .map((n) => made(line, n, ""));
}

function made(line: Line, name: string, what: string): Completion {
  return { text: line.before + name + " ", label: name, what, whole: false };
}

// names are the words that fit where the person is.
function names(hints: Hints, ops: Op[], line: Line): string[] {
  const verb = line.verb!;
  if (line.word.startsWith("-")) return verb.flags ?? [];
  const last = line.words[line.words.length - 1] ?? "";
  if (last.startsWith("--")) return []; // a flag's value
  switch ((verb.args ?? [])[line.words.length]?.replace(/[[\]]/g, "")) {
    case "CLUSTER":
    case "DESTINATION":
      return hints.clusters;
    case "SOURCE":
      return hints.sources;
    case "REPOSITORY":
      return hints.repositories ?? [];
    case "REPOSITORY/SNAPSHOT":
      return hints.snapshots ?? [];
    case "INDICES":
      return hints.indices ?? [];
    case "ID":
      return ops.map((op) => op.id);
    case "VERB":
      return hints.verbs.map((v) => v.verb);
    case "--reason TEXT":
      return ["--reason"];
  }
  return [];
}

export interface Part {
  text: string;
  now: boolean; // what is being typed
}

// usageOf is how the command is used, with the part where the person is.
export function usageOf(hints: Hints, text: string): Part[] | null {
  const line = read(hints, text);
  if (!line?.verb) return null;
  const { verb, what } = line.verb;
  const args = line.verb.args ?? [];
  const at = line.words.length;
  const parts = [{ text: verb, now: false }, ...args.map((a, i) => ({ text: a, now: i === at }))];
  if (line.verb.flags && args.length < 4) parts.push({ text: "[flags]", now: line.word.startsWith("-") });
  return [...parts, { text: "· " + what, now: false }];
}
