// The elements that hold a value, wherever they stand.
import { useId, type ReactNode } from "react";
import type { Place } from "./api";
import type { Entered } from "./form";
import { choicesOf, number, plainOf, string, type Choice, type Json } from "./kit";
import { useLive } from "./live";
import { Picker } from "./picker";
import { Text } from "./blocks";
import type { Option } from "./wire";

interface Props {
  element: Json;
  block: string;
  place: Place;
  label: string;
  value: Entered;
  required?: boolean;
  describedBy?: string | undefined;
  onChange: (value: Entered) => void;
}

export function Widget(p: Props): ReactNode {
  const type = string(p.element["type"]);
  if (type.endsWith("_select")) return <Menu {...p} />;
  switch (type) {
    case "checkboxes":
    case "radio_buttons":
      return <Ticks {...p} />;
    case "datepicker":
      return <Field {...p} kind="date" />;
    case "timepicker":
      return <Field {...p} kind="time" />;
    case "datetimepicker":
      return <Moment {...p} />;
    case "email_text_input":
      return <Field {...p} kind="email" />;
    case "url_text_input":
      return <Field {...p} kind="url" />;
    case "number_input":
      return <Field {...p} kind="number" />;
    case "plain_text_input":
      return p.element["multiline"] ? <Area {...p} /> : <Field {...p} kind="text" />;
  }
  return <span className="unknown">This page does not draw “{type}”.</span>;
}

function Field({ kind, ...p }: Props & { kind: string }): ReactNode {
  return (
    <input
      className="field"
      type={kind}
      aria-label={p.label}
      aria-required={p.required}
      aria-describedby={p.describedBy}
      aria-invalid={p.describedBy?.includes("error") || undefined}
      placeholder={plainOf(p.element["placeholder"])}
      maxLength={number(p.element["max_length"])}
      autoFocus={p.element["focus_on_load"] === true}
      autoComplete="off"
      value={typeof p.value === "string" ? p.value : ""}
      onChange={(e) => p.onChange(e.target.value)}
    />
  );
}

function Area(p: Props): ReactNode {
  const most = number(p.element["max_length"]);
  const text = typeof p.value === "string" ? p.value : "";
  return (
    <div className="area">
      <textarea
        className="field"
        rows={4}
        aria-label={p.label}
        aria-required={p.required}
        aria-describedby={p.describedBy}
        aria-invalid={p.describedBy?.includes("error") || undefined}
        placeholder={plainOf(p.element["placeholder"])}
        maxLength={most}
        value={text}
        onChange={(e) => p.onChange(e.target.value)}
      />
      {most && text.length > most * 0.8 ? <small className="left">{most - text.length} left</small> : null}
    </div>
  );
}

function Moment(p: Props): ReactNode {
  const shown = typeof p.value === "number" ? new Date(p.value * 1000).toISOString().slice(0, 16) : "";
  return (
    <input
      className="field"
      type="datetime-local"
      aria-label={p.label}
      aria-describedby={p.describedBy}
      value={shown}
      onChange={(e) => p.onChange(e.target.value ? Date.parse(e.target.value + "Z") / 1000 : null)}
    />
  );
}

function Ticks(p: Props): ReactNode {
  const id = useId();
  const several = p.element["type"] === "checkboxes";
  const chosen = several ? ((p.value as Option[] | null) ?? []) : p.value ? [p.value as Option] : [];
  const tick = (c: Choice, on: boolean): void => {
    const one = { text: c.text, value: c.value };
    if (!several) p.onChange(one);
    else p.onChange(on ? [...chosen, one] : chosen.filter((o) => o.value !== c.value));
  };
  const raw = Array.isArray(p.element["options"]) ? (p.element["options"] as Json[]) : [];
  return (
    <div className="ticks" role={several ? "group" : "radiogroup"} aria-label={p.label} aria-describedby={p.describedBy}>
      {choicesOf(p.element).map((c, i) => (
        <label key={c.value}>
          <input type={several ? "checkbox" : "radio"} name={id} checked={chosen.some((o) => o.value === c.value)} onChange={(e) => tick(c, e.target.checked)} />
          <span>
            <Text of={raw[i]?.["text"]} />
            {c.description ? (
              <small>
                <Text of={raw[i]?.["description"]} />
              </small>
            ) : null}
          </span>
        </label>
      ))}
    </div>
  );
}

// Menu is any of the ten selects.
function Menu(p: Props): ReactNode {
  const world = useLive((s) => s.world);
  const type = string(p.element["type"]);
  const several = type.startsWith("multi_");
  const kind = type.replace("multi_", "").replace("_select", "");
  const known = kind === "users" || kind === "conversations" || kind === "channels";
  const named = (list: { id: string; text: string }[]): Choice[] => list.map((c) => ({ text: c.text, value: c.id, description: "", group: "" }));
  let choices: Choice[] | undefined;
  if (kind === "users") choices = named((world?.people ?? []).filter((u) => !u.bot).map((u) => ({ id: u.id, text: u.name })));
  else if (known) choices = named((world?.channels ?? []).map((c) => ({ id: c.id, text: "#" + c.name })));
  else if (kind === "static") choices = choicesOf(p.element);
  const ids = p.value === null ? [] : Array.isArray(p.value) ? p.value : [p.value];
  const chosen = ids.map((v) => (typeof v === "object" ? v : { text: choices?.find((c) => c.value === v)?.text ?? String(v), value: String(v) }));
  const change = (list: Option[]): void => {
    const out = known ? list.map((o) => o.value) : list.map((o) => ({ text: o.text, value: o.value }));
    p.onChange(several ? (out as string[] | Option[]) : (out[0] ?? null));
  };
  return (
    <Picker
      label={p.label}
      placeholder={plainOf(p.element["placeholder"]) || "Choose"}
      chosen={chosen}
      several={several}
      describedBy={p.describedBy}
      {...(choices ? { choices } : { ask: { place: p.place, block: p.block, action: string(p.element["action_id"]), least: number(p.element["min_query_length"]) ?? 3 } })}
      onChange={change}
    />
  );
}
