import { useContext, useId, type ReactNode } from "react";
import { act } from "./api";
import { FormContext, keyOf, standing, type Entered } from "./form";
import { object, plainOf, string } from "./kit";
import { tell } from "./notice";
import { Widget } from "./widget";
import type { Block } from "./wire";

// Input is one input of a form, with its label, its hint and what is wrong.
export function Input({ block }: { block: Block }): ReactNode {
  const form = useContext(FormContext);
  const hint = useId();
  const wrong = useId();
  const id = string(block["block_id"]);
  const element = object(block["element"]);
  const action = string(element["action_id"]);
  const label = plainOf(block["label"]);
  const error = form.errors?.[id];
  const held = form.values?.[keyOf(id, action)];
  const value = held === undefined ? standing(element, undefined) : held;
  const change = (v: Entered): void => {
    form.set?.(id, action, v);
    if (block["dispatch_action"]) void act("select", { ...form.place, block: id, action, value: v }).then((r) => r.trouble && tell(r.trouble));
  };
  const described = [block["hint"] ? hint : "", error ? wrong + "-error" : ""].filter(Boolean).join(" ");
  return (
    <div className={error ? "input wrong" : "input"}>
      <span className="label" aria-hidden="true">
        {label}
        {block["optional"] ? <small> (optional)</small> : null}
      </span>
      <Widget element={element} block={id} place={form.place} label={label} value={value} required={!block["optional"]} describedBy={described || undefined} onChange={change} />
      {error ? (
        <p id={wrong + "-error"} className="error" role="alert">
          {error}
        </p>
      ) : null}
      {block["hint"] ? (
        <p id={hint} className="hint">
          {plainOf(block["hint"])}
        </p>
      ) : null}
    </div>
  );
}
