// What each person has read, kept for as long as the window is open.
import type { Message } from "./wire";

const key = (as: string, channel: string): string => `read ${as} ${channel}`;

export const readUpTo = (as: string, channel: string): string => sessionStorage.getItem(key(as, channel)) ?? "";

export function markRead(as: string, channel: string, ts: string): void {
  if (ts > readUpTo(as, channel)) sessionStorage.setItem(key(as, channel), ts);
}

// unread counts what others wrote since.
export function unread(as: string, channel: string, messages: Message[]): number {
  const read = readUpTo(as, channel);
  let count = 0;
  for (let i = messages.length - 1; i >= 0 && messages[i]!.ts > read; i--) {
    if (messages[i]!.user !== as && shownInChannel(messages[i]!)) count++;
  }
  return count;
}

export const shownInChannel = (m: Message): boolean => (!m.thread || m.broadcast === true) && !(m.deleted && !m.thread);
