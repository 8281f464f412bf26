// What the sandbox tells the page; internal/sandbox/wire.go, behind.go and
// mischief.go have the same.

export interface Person {
  id: string;
  handle: string;
  name: string;
  role?: string;
  bot?: boolean;
  badge?: string;
}

export interface Group {
  id: string;
  handle: string;
}

export interface Channel {
  id: string;
  name: string;
  dm?: boolean;
  shared?: boolean;
}

export interface VerbHint {
  verb: string;
  args?: string[];
  flags?: string[];
  what: string;
}

export interface Hints {
  command: string;
  verbs: VerbHint[];
  clusters: string[];
  sources: string[]; // whose snapshots can be shared
  repositories?: string[];
  snapshots?: string[];
  indices?: string[];
  story: boolean;
}

export interface World {
  me: string;
  team: string;
  bot: string;
  people: Person[];
  groups: Group[];
  channels: Channel[];
  hints: Hints;
}

// Block Kit as it travels: an object with a type, whose other fields the renderer
// reads with care.
export type Block = { type: string; [key: string]: unknown };

export interface Message {
  channel: string;
  ts: string;
  thread?: string;
  user?: string;
  text?: string;
  blocks?: Block[];
  ephemeral?: boolean;
  edited?: boolean;
  broadcast?: boolean;
  deleted?: boolean;
  gone?: boolean;
}

export type StateValue = { type?: string; [key: string]: unknown };

export interface View {
  id: string;
  hash: string;
  callback?: string;
  title: string;
  submit?: string;
  close?: string;
  blocks: Block[];
  state?: Record<string, Record<string, StateValue>>;
  errors?: Record<string, string>;
  trouble?: string;
}

export interface Mischief {
  id: string;
  label: string;
  hint?: string;
  kind: "switch" | "button";
  on?: boolean;
  why?: string;
}

export interface Status {
  bot: string;
  starts: number;
  pid?: number;
  slackAway?: boolean;
  about: string[];
  mischief: Mischief[];
}

export interface Op {
  id: string;
  kind: string;
  state: string;
  requester: string;
  cluster: string;
  source: string;
  items: string[];
  digest: string;
  verified: boolean;
  channel: string;
  opened: string;
}

export interface LogRecord {
  seq: number;
  time: string;
  operation: string;
  event: string;
  actor: string;
  step?: string;
  said?: string;
  prev: string;
  hash: string;
}

export interface Asked {
  n: number;
  cluster: string;
  time: string;
  method: string;
  path: string;
  body?: string;
  changes?: boolean;
  status: number;
  lost?: boolean;
  ms: number;
}

export interface Chain {
  records: number;
  head: string;
  broken?: string;
}

export interface Frame {
  world?: World;
  status?: Status;
  views?: View[];
  home?: View | null;
  chain?: Chain;
  messages?: Message[];
  ops?: Op[];
  records?: LogRecord[];
  requests?: Asked[];
  log?: string[];
}

export interface Option {
  text: string;
  value: string;
}

export interface Result {
  trouble?: string;
  errors?: Record<string, string>;
  options?: Option[];
  action?: string;
}
