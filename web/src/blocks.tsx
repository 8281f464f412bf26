// Block Kit drawn as Slack draws it. What the page can't draw it names.
import { memo, type ReactNode } from "react";
import { Element } from "./elements";
import { Input } from "./input";
import { array, object, plainOf, string, textOf, type Json } from "./kit";
import { Mrkdwn } from "./mrkdwn";
import { RichText } from "./richtext";
import type { Block } from "./wire";

export const Blocks = memo(function Blocks({ blocks }: { blocks: Block[] }): ReactNode {
  return blocks.map((b, i) => (
    <div key={string(b["block_id"]) || i} className={`block ${b.type}`}>
      <Drawn block={b} />
    </div>
  ));
});

// Text is a text object: markup only where it says so.
export function Text({ of }: { of: unknown }): ReactNode {
  const { markup, text } = textOf(of);
  return markup ? <Mrkdwn text={text} /> : <>{text}</>;
}

function Drawn({ block }: { block: Block }): ReactNode {
  const id = string(block["block_id"]);
  switch (block.type) {
    case "header":
      return <h3>{plainOf(block["text"])}</h3>;
    case "section":
      return <Section block={block} />;
    case "context":
      return array(block["elements"]).map((e, i) => <ContextPart key={i} element={e} />);
    case "divider":
      return <hr />;
    case "rich_text":
      return <RichText block={block} />;
    case "actions":
      return array(block["elements"]).map((e, i) => <Element key={string(e["action_id"]) || i} element={e} block={id} />);
    case "input":
      return <Input block={block} />;
    case "table":
      return <Table block={block} />;
    case "image":
      return <Picture element={block} />;
    case "markdown":
      return <div className="plain">{string(block["text"])}</div>;
  }
  return <span className="unknown">This page does not draw blocks of type “{block.type}”.</span>;
}

function Section({ block }: { block: Block }): ReactNode {
  const accessory = block["accessory"];
  return (
    <div className="section-row">
      <div className="section-words">
        {block["text"] ? (
          <div className="plain">
            <Text of={block["text"]} />
          </div>
        ) : null}
        {block["fields"] ? (
          <div className="fields">
            {array(block["fields"]).map((f, i) => (
              <div key={i} className="plain">
                <Text of={f} />
              </div>
            ))}
          </div>
        ) : null}
      </div>
      {accessory ? <Element element={object(accessory)} block={string(block["block_id"])} /> : null}
    </div>
  );
}

function ContextPart({ element }: { element: Json }): ReactNode {
  if (element["type"] === "image") return <Picture element={element} />;
  return (
    <span className="plain">
      <Text of={element} />
    </span>
  );
}

// Picture shows what a picture shows in words: the page asks no other host.
function Picture({ element }: { element: Json }): ReactNode {
  return (
    <span className="picture" role="img" aria-label={string(element["alt_text"])}>
      {string(element["alt_text"])}
    </span>
  );
}

function Table({ block }: { block: Block }): ReactNode {
  const rows = Array.isArray(block["rows"]) ? (block["rows"] as unknown[]) : [];
  const cell = (c: Json): ReactNode => (c["type"] === "rich_text" ? <RichText block={c} /> : string(c["text"]));
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Table">
      <table>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {array(row).map((c, j) => (i === 0 ? <th key={j} scope="col">{cell(c)}</th> : <td key={j}>{cell(c)}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
