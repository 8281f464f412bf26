// The first tour: four steps, each done by the person and noticed by the page.
import { useEffect, useState, type ReactNode } from "react";
import { useLive } from "./live";
import { go, useWhere } from "./where";
import type { Op } from "./wire";

const key = "tour done";

export const tourDone = (): boolean => localStorage.getItem(key) === "yes";

interface Props {
  sent: string[]; // commands that were sent, oldest first
  onDraft: (text: string) => void;
  onEnd: () => void;
}

interface Step {
  title: string;
  text: string;
  button?: { label: string; do: () => void };
}

export function Tour({ sent, onDraft, onEnd }: Props): ReactNode {
  const { as } = useWhere();
  const ops = useLive((s) => s.ops);
  const me = useLive((s) => s.world?.me);
  const [step, setStep] = useState(0);
  const [known] = useState(() => new Set(ops.map((op) => op.id))); // asked before the tour began
  const op: Op | undefined = ops.find((o) => !known.has(o.id));
  const now = progress(step, sent, op);
  useEffect(() => {
    if (now !== step) setStep(now);
    if (now === 3 && step !== 3) go({ panel: "behind", thread: "" });
  }, [now, step]);

  const end = (): void => {
    localStorage.setItem(key, "yes");
    onEnd();
  };
  const type = (text: string) => (): void => {
    go({ channel: "C0ES", thread: "" });
    onDraft(text);
  };
  const steps: Step[] = [
    {
      title: "See what can be restored",
      text: "es-cn-b can read the snapshots of es-cn-a. Ask for the list; only you see the answer.",
      button: { label: "Type it for me", do: type("/es-restore snapshots es-cn-b") },
    },
    {
      title: "Ask for a restore",
      text: "Ask to restore one index to es-cn-b. The bot plans it and posts a card; nothing is restored yet.",
      button: { label: "Type it for me", do: type('/es-restore restore es-cn-b aliyun_snapshot_from_es-cn-a/latest file-2019-08-25 --reason "ticket 4711"') },
    },
    {
      title: "Approve it as someone else",
      text: as === op?.requester ? "Nobody may approve what they asked for themselves. Become Ben, a database admin." : "You are somebody else now. Press Approve on the card.",
      ...(as === op?.requester ? { button: { label: "Become Ben", do: () => go({ as: "U0BEN", channel: "C0ES" }) } } : {}),
    },
    {
      title: "See it verified",
      text: op?.state === "succeeded" ? "Restored and verified: every shard from that snapshot, the documents counted. The panel shows each recorded step, sealed in a chain." : "It is being restored. The card shows how far it is, the panel what is behind.",
      ...(op?.state === "succeeded" ? { button: { label: "Finish", do: end } } : {}),
    },
  ];
  const shown = steps[step]!;
  if (me === undefined) return null;
  return (
    <section className="tour" aria-label="Tour" data-step={step + 1}>
      <p className="tour-count">Step {step + 1} of 4</p>
      <h2>{shown.title}</h2>
      <p aria-live="polite">{shown.text}</p>
      <div className="tour-buttons">
        {shown.button ? (
          <button type="button" className="button primary" onClick={shown.button.do}>
            {shown.button.label}
          </button>
        ) : null}
        {step === 3 && op?.state === "succeeded" ? null : (
          <button type="button" className="button" onClick={end}>
            Skip the tour
          </button>
        )}
      </div>
    </section>
  );
}

// progress is the step the person has come to.
function progress(step: number, sent: string[], op: Op | undefined): number {
  if (op && op.state !== "waiting") return 3;
  if (op) return 2;
  if (sent.some((text) => text.includes(" snapshots ") || text.includes(" restore "))) return Math.max(step, 1);
  return step;
}
