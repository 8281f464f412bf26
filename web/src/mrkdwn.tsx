// Slack's markup in messages: bold, italic, strike, code, quotes, mentions, links.
import type { ReactNode } from "react";
import { Mention } from "./mention";
import { Link } from "./link";

const inline = /(```[\s\S]+?```|`[^`\n]+`|<[^<>\n]+>|(?<![\w*])\*(?=\S)[^*\n]+?(?<=\S)\*(?![\w*])|(?<![\w_])_(?=\S)[^_\n]+?(?<=\S)_(?![\w_])|(?<![\w~])~(?=\S)[^~\n]+?(?<=\S)~(?![\w~]))/;

const unescape = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export function Mrkdwn({ text }: { text: string }): ReactNode {
  return <>{spans(text)}</>;
}

function spans(text: string): ReactNode[] {
  return text.split(inline).map((part, i) => (i % 2 === 0 ? unescape(part) : <span key={i}>{span(part)}</span>));
}

function span(part: string): ReactNode {
  const inner = part.slice(1, -1);
  if (part.startsWith("```")) return <pre className="code-block">{unescape(part.slice(3, -3).replace(/^\n/, ""))}</pre>;
  switch (part[0]) {
    case "`":
      return <code>{unescape(inner)}</code>;
    case "*":
      return <strong>{spans(inner)}</strong>;
    case "_":
      return <em>{spans(inner)}</em>;
    case "~":
      return <s>{spans(inner)}</s>;
  }
  return angled(inner);
}

// angled is what stands in <…>: a mention, a date, or a link.
function angled(inner: string): ReactNode {
  const [target = "", label] = inner.split("|", 2);
  if (target.startsWith("@")) return <Mention kind="user" id={target.slice(1)} />;
  if (target.startsWith("#")) return <Mention kind="channel" id={target.slice(1)} />;
  if (target.startsWith("!subteam^")) return <Mention kind="group" id={target.slice("!subteam^".length)} />;
  if (target.startsWith("!date^")) return unescape(label ?? target);
  if (target.startsWith("!")) return <span className="mention">@{target.slice(1)}</span>;
  return <Link href={unescape(target)}>{unescape(label ?? target)}</Link>;
}
