// The modal on top, as a dialog.
import { useEffect, useId, useMemo, useRef, useState, type FormEvent, type ReactNode } from "react";
import { act } from "./api";
import { Blocks } from "./blocks";
import { FormContext, keyOf, standing, type Entered, type Form } from "./form";
import { Icon } from "./icons";
import { object, string } from "./kit";
import { useLive } from "./live";
import { tell } from "./notice";
import type { View } from "./wire";

export function Modals(): ReactNode {
  const views = useLive((s) => s.views);
  const top = views[views.length - 1];
  return top ? <Modal key={top.id} view={top} deep={views.length > 1} /> : null;
}

interface Input {
  block: string;
  action: string;
  standing: Entered;
}

function inputsOf(view: View): Input[] {
  return view.blocks
    .filter((b) => b.type === "input")
    .map((b) => {
      const element = object(b["element"]);
      const block = string(b["block_id"]);
      const action = string(element["action_id"]);
      return { block, action, standing: standing(element, view.state?.[block]?.[action]) };
    });
}

function Modal({ view, deep }: { view: View; deep: boolean }): ReactNode {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [typed, setTyped] = useState<Record<string, Entered>>({});
  const [local, setLocal] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const inputs = useMemo(() => inputsOf(view), [view]);
  useEffect(() => {
    if (!box.current?.open) box.current?.showModal();
  }, []);

  const values: Record<string, Entered> = {};
  for (const i of inputs) values[keyOf(i.block, i.action)] = typed[keyOf(i.block, i.action)] ?? i.standing;
  const form: Form = {
    place: { view: view.id },
    values,
    errors: { ...view.errors, ...local },
    set: (block, action, value) => setTyped((t) => ({ ...t, [keyOf(block, action)]: value ?? "" })),
  };

  const submit = async (e: FormEvent): Promise<void> => {
    e.preventDefault();
    if (busy || !view.submit) return;
    setBusy(true);
    setLocal({});
    const sent: Record<string, Entered> = {};
    for (const i of inputs) {
      const key = keyOf(i.block, i.action);
      if (key in typed) sent[i.block] = typed[key]!;
    }
    const got = await act("submit", { view: view.id, values: sent });
    setBusy(false);
    // The workspace says what is wrong without a subject; the bot, in whole sentences.
    if (got.errors) setLocal(got.action ? got.errors : Object.fromEntries(Object.entries(got.errors).map(([block, e]) => [block, `This ${e}.`])));
    if (got.trouble) tell(got.trouble);
  };
  const close = (all: boolean): void => void act("close", { view: view.id, action: all ? "all" : "" });

  return (
    <dialog ref={box} className="modal" aria-labelledby={id} data-callback={view.callback} onCancel={(e) => (e.preventDefault(), close(false))}>
      <form onSubmit={submit} noValidate>
        <header>
          <h2 id={id}>{view.title}</h2>
          <button type="button" className="icon" aria-label={deep ? "Close all" : "Close"} onClick={() => close(true)}>
            <Icon name="close" />
          </button>
        </header>
        <div className="modal-body" tabIndex={0} role="group" aria-labelledby={id}>
          {view.trouble ? (
            <p className="error" role="alert">
              {view.trouble}
            </p>
          ) : null}
          <FormContext value={form}>
            <Blocks blocks={view.blocks} />
          </FormContext>
        </div>
        <footer>
          <button type="button" className="button" onClick={() => close(false)}>
            {view.close || "Cancel"}
          </button>
          {view.submit ? (
            <button type="submit" className="button primary" disabled={busy}>
              {view.submit}
            </button>
          ) : null}
        </footer>
      </form>
    </dialog>
  );
}
