// rich_text blocks: sections, lists, quotes and preformatted text. Their words are
// literal, never markup.
import type { ReactNode } from "react";
import { array, number, object, string, type Json } from "./kit";
import { Link } from "./link";
import { Mention } from "./mention";

export function RichText({ block }: { block: Json }): ReactNode {
  return (
    <div className="rich">
      {array(block["elements"]).map((e, i) => (
        <Part key={i} element={e} />
      ))}
    </div>
  );
}

function Part({ element }: { element: Json }): ReactNode {
  const inner = array(element["elements"]);
  switch (element["type"]) {
    case "rich_text_list": {
      const items = inner.map((item, i) => (
        <li key={i}>
          <Spans elements={array(item["elements"])} />
        </li>
      ));
      const indent = `indent-${Math.min(number(element["indent"]) ?? 0, 4)}`;
      return element["style"] === "ordered" ? <ol className={indent}>{items}</ol> : <ul className={indent}>{items}</ul>;
    }
    case "rich_text_quote":
      return (
        <blockquote>
          <Spans elements={inner} />
        </blockquote>
      );
    case "rich_text_preformatted":
      return (
        <pre className="code-block" tabIndex={0}>
          <Spans elements={inner} />
        </pre>
      );
  }
  return (
    <div className="rich-section">
      <Spans elements={inner} />
    </div>
  );
}

function Spans({ elements }: { elements: Json[] }): ReactNode {
  return elements.map((e, i) => <Span key={i} element={e} />);
}

function Span({ element }: { element: Json }): ReactNode {
  switch (element["type"]) {
    case "text":
      return styled(string(element["text"]), object(element["style"]));
    case "user":
      return <Mention kind="user" id={string(element["user_id"])} />;
    case "usergroup":
      return <Mention kind="group" id={string(element["usergroup_id"])} />;
    case "channel":
      return <Mention kind="channel" id={string(element["channel_id"])} />;
    case "broadcast":
      return <span className="mention">@{string(element["range"])}</span>;
    case "link":
      return <Link href={string(element["url"])}>{string(element["text"]) || string(element["url"])}</Link>;
    case "emoji":
      return emoji(string(element["unicode"]), string(element["name"]));
    case "date":
      return string(element["fallback"]) || new Date(1000 * (number(element["timestamp"]) ?? 0)).toISOString();
  }
  return string(element["text"]);
}

function styled(text: string, style: Json): ReactNode {
  let out: ReactNode = text;
  if (style["code"]) out = <code>{out}</code>;
  if (style["bold"]) out = <strong>{out}</strong>;
  if (style["italic"]) out = <em>{out}</em>;
  if (style["strike"]) out = <s>{out}</s>;
  return out;
}

function emoji(unicode: string, name: string): string {
  if (!unicode) return `:${name}:`;
  return String.fromCodePoint(...unicode.split("-").map((hex) => parseInt(hex, 16)));
}
