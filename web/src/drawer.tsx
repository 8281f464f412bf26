// The mischief drawer: what can be made to go wrong.
import { useId, useState, type ReactNode } from "react";
import { disturb } from "./api";
import { Icon } from "./icons";
import { useLive } from "./live";
import { tell } from "./notice";
import type { Mischief } from "./wire";

export function Drawer({ onClose }: { onClose: () => void }): ReactNode {
  const id = useId();
  const all = useLive((s) => s.status?.mischief);
  return (
    <div className="drawer" role="dialog" aria-labelledby={id} onKeyDown={(e) => e.key === "Escape" && onClose()}>
      <div className="panel-head">
        <h2 id={id}>Mischief</h2>
        <button type="button" className="icon" aria-label="Close mischief" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <p className="quiet">Make something go wrong, and see that nothing is lost and nothing is done twice.</p>
      <ul>
        {all?.map((m) => (
          <li key={m.id}>
            <One mischief={m} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function One({ mischief: m }: { mischief: Mischief }): ReactNode {
  const hint = useId();
  const [busy, setBusy] = useState(false);
  const off = Boolean(m.why) || busy;
  const set = async (on: boolean): Promise<void> => {
    setBusy(true);
    const got = await disturb(m.id, on);
    setBusy(false);
    if (got.trouble) tell(got.trouble);
  };
  const words = m.why || (m.kind === "button" && m.on ? "It waits for one." : m.hint);
  return (
    <>
      {m.kind === "switch" ? (
        <button type="button" role="switch" className="switch" aria-checked={m.on === true} aria-describedby={hint} disabled={off} data-mischief={m.id} onClick={() => void set(!m.on)}>
          <span className="knob" aria-hidden="true" />
          {m.label}
        </button>
      ) : (
        <button type="button" className="button" aria-describedby={hint} disabled={off} data-mischief={m.id} onClick={() => void set(true)}>
          {m.label}
        </button>
      )}
      <p id={hint} className="hint">
        {words}
      </p>
    </>
  );
}
