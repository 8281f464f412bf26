import type { ReactNode } from "react";
import { go } from "./where";

const message = /^https:\/\/[^/]+\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+))?/;

// Link goes to a message of this workspace, or leaves the page.
export function Link({ href, children }: { href: string; children: ReactNode }): ReactNode {
  const here = message.exec(href);
  if (here) {
    const ts = `${here[2]}.${here[3]}`;
    return (
      <button type="button" className="link" onClick={() => go({ channel: here[1]!, thread: here[4] ?? ts, panel: "" })}>
        {children}
      </button>
    );
  }
  if (!/^(https?|mailto):/.test(href)) return <>{children}</>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
