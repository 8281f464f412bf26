// Short words about what a person did, where no message says it.
import { useSyncExternalStore } from "react";

export interface Notice {
  id: number;
  text: string;
}

let notices: Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

export function tell(text: string): void {
  const one = { id: ++last, text };
  set([...notices, one].slice(-3));
  setTimeout(() => dismiss(one.id), 12_000);
}

export function dismiss(id: number): void {
  set(notices.filter((n) => n.id !== id));
}

export function useNotices(): Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
}
