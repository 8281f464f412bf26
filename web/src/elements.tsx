// Elements outside a form's inputs: whatever a person does with them goes to the
// bot at once.
import { useContext, useState, type ReactNode } from "react";
import { act } from "./api";
import { Confirm, type Question } from "./confirm";
import { FormContext, keyOf, standing, type Entered } from "./form";
import { choicesOf, object, plainOf, string, type Json } from "./kit";
import { tell } from "./notice";
import { Widget } from "./widget";

interface Props {
  element: Json;
  block: string;
}

// useDo sends something, after the question that the element asks first.
function useDo(element: Json): { busy: boolean; question: ReactNode; send: (what: string, body: Record<string, unknown>) => void } {
  const { place } = useContext(FormContext);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState<(() => void) | null>(null);
  const now = async (what: string, body: Record<string, unknown>): Promise<void> => {
    setBusy(true);
    const got = await act(what, { ...place, action: element["action_id"], ...body });
    setBusy(false);
    if (got.trouble) tell(got.trouble);
  };
  const confirm = element["confirm"];
  const send = (what: string, body: Record<string, unknown>): void => {
    if (confirm) setAsking(() => () => void now(what, body));
    else void now(what, body);
  };
  const question = asking ? <Confirm question={questionOf(object(confirm))} onYes={asking} onDone={() => setAsking(null)} /> : null;
  return { busy, question, send };
}

function questionOf(c: Json): Question {
  return { title: plainOf(c["title"]), text: c["text"], yes: plainOf(c["confirm"]) || "Yes", no: plainOf(c["deny"]) || "Cancel", danger: c["style"] === "danger" };
}

export function Element({ element, block }: Props): ReactNode {
  switch (element["type"]) {
    case "button":
      return <Button element={element} block={block} />;
    case "overflow":
      return <Overflow element={element} block={block} />;
    case "image":
      return null;
  }
  return <Instant element={element} block={block} />;
}

function Button({ element, block }: Props): ReactNode {
  const { busy, question, send } = useDo(element);
  const label = plainOf(element["text"]);
  const spoken = string(element["accessibility_label"]);
  return (
    <>
      <button
        type="button"
        className={`button ${string(element["style"])}`}
        aria-label={spoken ? `${label}: ${spoken}` : undefined}
        data-action={string(element["action_id"])}
        disabled={busy}
        onClick={() => send("click", { block })}
      >
        {label}
      </button>
      {question}
    </>
  );
}

function Overflow({ element, block }: Props): ReactNode {
  const { question, send } = useDo(element);
  const [open, setOpen] = useState(false);
  return (
    <div className="overflow" onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setOpen(false)}>
      <button type="button" className="button" aria-haspopup="menu" aria-expanded={open} aria-label="More" onClick={() => setOpen(!open)}>
        ⋯
      </button>
      {open ? (
        <div role="menu" className="overflow-list">
          {choicesOf(element).map((c) => (
            <button key={c.value} type="button" role="menuitem" onClick={() => (setOpen(false), send("select", { block, value: { text: c.text, value: c.value } }))}>
              {c.text}
            </button>
          ))}
        </div>
      ) : null}
      {question}
    </div>
  );
}

// Instant is an element that holds a value and sends it whenever it changes.
function Instant({ element, block }: Props): ReactNode {
  const form = useContext(FormContext);
  const { question, send } = useDo(element);
  const action = string(element["action_id"]);
  const [value, setValue] = useState<Entered>(() => form.values?.[keyOf(block, action)] ?? standing(element, undefined));
  return (
    <>
      <Widget
        element={element}
        block={block}
        place={form.place}
        label={plainOf(element["placeholder"]) || "Choose"}
        value={value}
        onChange={(v) => {
          setValue(v);
          send("select", { block, value: v });
        }}
      />
      {question}
    </>
  );
}
