// Who looks at what: kept in the address, so that a window can be opened again,
// and another window can be another person.
import { useSyncExternalStore } from "react";
import { live } from "./live";

export interface Where {
  as: string;
  channel: string; // a channel's ID, or "home"
  thread: string; // ts of the root, or ""
  panel: "" | "behind";
}

const listeners = new Set<() => void>();

function read(): Where {
  const q = new URLSearchParams(location.search);
  return { as: q.get("as") ?? "U0ANNA", channel: q.get("in") ?? "C0ES", thread: q.get("thread") ?? "", panel: q.get("panel") === "behind" ? "behind" : "" };
}

let where = read();

export function go(change: Partial<Where>): void {
  const before = where;
  where = { ...where, ...change };
  history.replaceState(null, "", addressOf(where));
  if (where.as !== before.as) live.connect(where.as);
  for (const listener of listeners) listener();
}

export function addressOf(w: Where): string {
  const q = new URLSearchParams({ as: w.as, in: w.channel });
  if (w.thread) q.set("thread", w.thread);
  if (w.panel) q.set("panel", w.panel);
  return `/?${q}`;
}

export function useWhere(): Where {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => where,
  );
}

export function start(): void {
  history.replaceState(null, "", addressOf(where)); // the token leaves the address
  live.connect(where.as);
}
