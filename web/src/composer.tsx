// Where a person types: words, or a command with help on the way.
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { act } from "./api";
import { complete, usageOf, type Completion } from "./complete";
import { Icon } from "./icons";
import { useLive } from "./live";
import { tell } from "./notice";

interface Props {
  channel: string;
  thread?: string;
  label: string;
  draft?: string | undefined; // to be put into the box
  onDrafted?: () => void;
  onSent?: (text: string) => void;
}

export function Composer({ channel, thread, label, draft, onDrafted, onSent }: Props): ReactNode {
  const id = useId();
  const world = useLive((s) => s.world);
  const ops = useLive((s) => s.ops);
  const box = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const [active, setActive] = useState(-1);
  const [shut, setShut] = useState(false);
  const past = useRef<string[]>([]);

  useEffect(() => {
    if (!draft) return;
    setText(draft);
    setShut(true);
    box.current?.focus();
    onDrafted?.();
  }, [draft]);
  useEffect(() => {
    const b = box.current;
    if (!b) return;
    b.style.height = "auto";
    b.style.height = `${Math.min(180, b.scrollHeight)}px`;
  }, [text]);

  const hints = thread ? undefined : world?.hints;
  const found: Completion[] = shut || !hints ? [] : complete(hints, ops, text);
  const usage = hints ? usageOf(hints, text) : null;
  const type = (value: string): void => (setText(value), setShut(false), setActive(-1));

  const send = async (): Promise<void> => {
    const sent = text.trim();
    if (!sent) return;
    past.current.push(sent);
    type("");
    const got = await act("write", { channel, text: sent, thread: thread ?? "" });
    if (got.trouble) tell(got.trouble);
    else onSent?.(sent);
  };
  const take = (c: Completion): void => {
    type(c.text);
    box.current?.focus();
  };

  const key = (e: KeyboardEvent): void => {
    if (e.nativeEvent.isComposing) return;
    if ((e.key === "ArrowDown" || e.key === "ArrowUp") && found.length > 0) {
      e.preventDefault();
      setActive((a) => (a + (e.key === "ArrowDown" ? 1 : -1) + found.length + (a < 0 && e.key === "ArrowUp" ? 1 : 0)) % found.length);
    } else if (e.key === "ArrowUp" && text === "" && past.current.length > 0) {
      e.preventDefault();
      type(past.current[past.current.length - 1]!);
    } else if (e.key === "Tab" && !e.shiftKey && found.length > 0) {
      e.preventDefault();
      take(found[Math.max(0, active)]!);
    } else if (e.key === "Escape" && found.length > 0) {
      e.preventDefault();
      setShut(true);
    } else if (e.key === "Enter" && !e.shiftKey) {
      e.preventDefault();
      const chosen = found[active] ?? (found[0]?.whole ? found[0] : undefined);
      if (chosen) take(chosen);
      else void send();
    }
  };

  return (
    <form className="composer" onSubmit={(e) => (e.preventDefault(), void send())}>
      {found.length > 0 ? (
        <ul role="listbox" id={id} aria-label="Completions" className="completions">
          {found.map((c, i) => (
            <li key={c.label} id={`${id}-${i}`} role="option" aria-selected={i === active} className={i === active ? "active" : ""} onMouseDown={(e) => e.preventDefault()} onClick={() => take(c)}>
              <code>{c.label}</code> <span>{c.what}</span>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="composer-box">
        <textarea
          ref={box}
          rows={1}
          value={text}
          aria-label={label}
          aria-controls={found.length > 0 ? id : undefined}
          aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
          aria-autocomplete="list"
          placeholder={label}
          spellCheck={false}
          autoComplete="off"
          onChange={(e) => type(e.target.value)}
          onKeyDown={key}
        />
        <button type="submit" className="send" aria-label="Send" disabled={!text.trim()}>
          <Icon name="send" />
        </button>
      </div>
      <p className="usage" aria-live="polite">
        {usage ? usage.map((part, i) => (part.now ? <strong key={i}>{part.text} </strong> : <span key={i}>{part.text} </span>)) : hints ? "Type / for commands" : " "}
      </p>
    </form>
  );
}
