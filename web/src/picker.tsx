// A menu to choose from by typing: static options, or those the bot suggests.
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { act, type Place } from "./api";
import type { Choice } from "./kit";
import type { Option } from "./wire";

interface Props {
  label: string;
  placeholder: string;
  chosen: Option[];
  several: boolean;
  choices?: Choice[]; // static ones
  ask?: { place: Place; block: string; action: string; least: number }; // or whom to ask
  describedBy?: string | undefined;
  onChange: (chosen: Option[]) => void;
}

export function Picker(p: Props): ReactNode {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string | null>(null); // null: nothing is being typed
  const [active, setActive] = useState(0);
  const { found, waiting, trouble } = useChoices(p, open, typed ?? "");
  const box = useRef<HTMLInputElement>(null);

  const choose = (c: Option): void => {
    const has = p.chosen.some((o) => o.value === c.value);
    if (!p.several) p.onChange([c]);
    else p.onChange(has ? p.chosen.filter((o) => o.value !== c.value) : [...p.chosen, c]);
    setTyped(null);
    if (!p.several) setOpen(false);
  };

  const key = (e: KeyboardEvent): void => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setOpen(true);
      const step = e.key === "ArrowDown" ? 1 : -1;
      setActive((a) => (found.length === 0 ? 0 : (a + step + found.length) % found.length));
    } else if (e.key === "Enter" && open) {
      e.preventDefault(); // of the form around it
      if (!waiting && found[active]) choose(found[active]);
    } else if (e.key === "Escape" && open) {
      e.preventDefault(); // of the dialog around it
      e.stopPropagation();
      setOpen(false);
      setTyped(null);
    } else if (e.key === "Backspace" && p.several && !typed && p.chosen.length > 0) {
      p.onChange(p.chosen.slice(0, -1));
    }
  };

  const shown = typed ?? (p.several ? "" : (p.chosen[0]?.text ?? ""));
  const note = trouble || (waiting ? "Loading…" : found.length === 0 ? "Nothing fits." : "");
  return (
    <div className="picker" onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && (setOpen(false), setTyped(null))}>
      <div className="picker-box" onClick={() => box.current?.focus()}>
        {p.several ? p.chosen.map((c) => <Chip key={c.value} chosen={c} onRemove={() => choose(c)} />) : null}
        <input
          ref={box}
          role="combobox"
          aria-label={p.label}
          aria-expanded={open}
          aria-controls={open ? id : undefined}
          aria-autocomplete="list"
          aria-activedescendant={open && found[active] ? `${id}-${active}` : undefined}
          aria-describedby={p.describedBy}
          placeholder={p.several && p.chosen.length > 0 ? "" : p.placeholder}
          value={shown}
          autoComplete="off"
          onFocus={(e) => e.target.select()}
          onClick={() => setOpen(true)}
          onChange={(e) => (setTyped(e.target.value), setOpen(true), setActive(0))}
          onKeyDown={key}
        />
        <span className="picker-arrow" aria-hidden="true" />
      </div>
      {open ? (
        <div className={waiting ? "picker-list waiting" : "picker-list"}>
          <ul role="listbox" id={id} aria-label={p.label} aria-multiselectable={p.several || undefined}>
            {found.map((c, i) => (
              <Row key={c.value + i} id={`${id}-${i}`} choice={c} before={found[i - 1]} active={i === active} chosen={p.chosen.some((o) => o.value === c.value)} onChoose={() => choose(c)} />
            ))}
          </ul>
          {note ? <p className="picker-note">{note}</p> : null}
        </div>
      ) : null}
    </div>
  );
}

function Chip({ chosen, onRemove }: { chosen: Option; onRemove: () => void }): ReactNode {
  return (
    <span className="chip">
      {chosen.text}
      <button type="button" aria-label={`Remove ${chosen.text}`} onClick={onRemove}>
        ×
      </button>
    </span>
  );
}

interface RowProps {
  id: string;
  choice: Choice;
  before: Choice | undefined;
  active: boolean;
  chosen: boolean;
  onChoose: () => void;
}

function Row({ id, choice, before, active, chosen, onChoose }: RowProps): ReactNode {
  const self = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) self.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <>
      {choice.group && choice.group !== before?.group ? (
        <li role="presentation" className="picker-group">
          {choice.group}
        </li>
      ) : null}
      <li ref={self} id={id} role="option" aria-selected={chosen} className={active ? "active" : ""} onMouseDown={(e) => e.preventDefault()} onClick={onChoose}>
        <span>{choice.text}</span>
        {choice.description ? <small>{choice.description}</small> : null}
      </li>
    </>
  );
}

interface Found {
  found: Choice[];
  waiting: boolean;
  trouble: string;
}

// useChoices finds what can be chosen: here, or by asking the bot a moment after
// the last key.
function useChoices(p: Props, open: boolean, typed: string): Found {
  const [answer, setAnswer] = useState<Found>({ found: [], waiting: false, trouble: "" });
  const ask = p.ask;
  useEffect(() => {
    if (!ask || !open) return;
    if ([...typed].length < ask.least) {
      setAnswer({ found: [], waiting: false, trouble: `Type at least ${ask.least} characters.` });
      return;
    }
    let current = true;
    setAnswer((a) => ({ ...a, waiting: true, trouble: "" })); // what is shown meanwhile can't be taken by Enter
    const timer = setTimeout(async () => {
      const got = await act("suggest", { ...ask.place, block: ask.block, action: ask.action, text: typed });
      if (!current) return;
      const found = (got.options ?? []).map((o) => ({ ...o, description: "", group: "" }));
      setAnswer({ found, waiting: false, trouble: got.trouble ?? "" });
    }, typed === "" ? 0 : 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [open, typed, ask?.block, ask?.action, ask?.least]);
  if (ask) return answer;
  const wanted = typed.toLowerCase();
  return { found: (p.choices ?? []).filter((c) => c.text.toLowerCase().includes(wanted)), waiting: false, trouble: "" };
}
