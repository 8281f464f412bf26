import { useEffect, useId, useRef, type ReactNode } from "react";
import { Icon } from "./icons";

// Panel is the side of the page that can be closed.
export function Panel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }): ReactNode {
  const id = useId();
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  return (
    <aside className="panel" aria-labelledby={id} onKeyDown={(e) => e.key === "Escape" && !e.defaultPrevented && onClose()}>
      <header className="panel-head">
        <h2 id={id} ref={head} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="icon" aria-label={`Close ${title.toLowerCase()}`} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </aside>
  );
}
