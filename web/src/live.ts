// The page's memory of the workspace: one object, replaced with every frame, so
// that whatever did not change keeps its identity and is not drawn again.
import { useSyncExternalStore } from "react";
import type { Asked, Chain, Frame, LogRecord, Message, Op, Status, View, World } from "./wire";

export interface State {
  open: boolean; // the connection is up
  world: World | null;
  status: Status | null;
  views: View[];
  home: View | null;
  messages: Record<string, Message[]>; // by channel, oldest first
  ops: Op[]; // newest first
  records: LogRecord[];
  requests: Asked[];
  log: string[];
  chain: Chain | null;
}

const nothing: State = {
  open: false, world: null, status: null, views: [], home: null,
  messages: {}, ops: [], records: [], requests: [], log: [], chain: null,
};

const most = 500;

export class Live {
  state: State = nothing;
  frames = 0;
  private as = "";
  private socket: WebSocket | null = null;
  private tries = 0;
  private listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  // connect looks at the workspace as one person does.
  connect(as: string): void {
    this.as = as;
    this.tries = 0;
    this.dial();
  }

  get me(): string {
    return this.as;
  }

  private dial(): void {
    this.socket?.close();
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live?as=${this.as}`);
    this.socket = socket;
    let first = true;
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      const before = first ? { ...nothing, open: true } : this.state;
      first = false;
      this.tries = 0;
      this.set(apply(before, JSON.parse(event.data as string) as Frame));
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.set({ ...this.state, open: false });
      setTimeout(() => socket === this.socket && this.dial(), Math.min(5000, 250 * 2 ** this.tries++));
    };
  }

  private set(state: State): void {
    this.state = state;
    this.frames++;
    for (const listener of this.listeners) listener();
  }
}

export const live = new Live();

// useLive draws a component again when what it selects has another identity.
export function useLive<T>(select: (s: State) => T): T {
  return useSyncExternalStore(live.subscribe, () => select(live.state));
}

export function apply(s: State, f: Frame): State {
  const next: State = { ...s };
  if (f.world) next.world = f.world;
  if (f.status) next.status = f.status;
  if (f.views) next.views = f.views;
  if (f.home !== undefined) next.home = f.home;
  if (f.chain) next.chain = f.chain;
  if (f.messages) next.messages = withMessages(s.messages, f.messages);
  if (f.ops) next.ops = withOps(s.ops, f.ops);
  if (f.records) next.records = merge(s.records, f.records, (r) => r.seq);
  if (f.requests) next.requests = merge(s.requests, f.requests, (r) => r.n);
  if (f.log) next.log = [...s.log, ...f.log].slice(-most);
  return next;
}

function withMessages(all: State["messages"], changed: Message[]): State["messages"] {
  const next = { ...all };
  const copied = new Set<string>();
  for (const m of changed) {
    if (!copied.has(m.channel)) {
      copied.add(m.channel);
      next[m.channel] = [...(next[m.channel] ?? [])];
    }
    put(next[m.channel]!, m);
  }
  return next;
}

// put inserts or replaces a message in a list that is sorted by time.
function put(list: Message[], m: Message): void {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.ts < m.ts) low = middle + 1;
    else high = middle;
  }
  const known = list[low]?.ts === m.ts;
  if (m.gone) {
    if (known) list.splice(low, 1);
    return;
  }
  list.splice(low, known ? 1 : 0, m);
}

function withOps(all: Op[], changed: Op[]): Op[] {
  const byID = new Map(all.map((op) => [op.id, op]));
  for (const op of changed) byID.set(op.id, op);
  return [...byID.values()].sort((a, b) => b.opened.localeCompare(a.opened));
}

function merge<T>(all: T[], more: T[], key: (one: T) => number): T[] {
  const last = all.length > 0 ? key(all[all.length - 1]!) : -1;
  const fresh = more.every((one) => key(one) > last) ? more : more.filter((one) => !all.some((old) => key(old) === key(one)));
  return [...all, ...fresh].sort((a, b) => key(a) - key(b)).slice(-most);
}
