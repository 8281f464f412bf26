// A channel: its messages, and where to type.
import { useEffect, useMemo, useRef, type ReactNode, type RefObject } from "react";
import { Composer } from "./composer";
import { useLive } from "./live";
import { One, type Replies } from "./message";
import { markRead, readUpTo, shownInChannel } from "./unread";
import { useWhere } from "./where";
import type { Channel, Message, Person } from "./wire";

const none: Message[] = [];

export function usePeople(): Map<string, Person> {
  const world = useLive((s) => s.world);
  return useMemo(() => new Map((world?.people ?? []).map((p) => [p.id, p])), [world]);
}

export function repliesOf(messages: Message[]): Map<string, Replies> {
  const all = new Map<string, Replies>();
  for (const m of messages) {
    if (m.thread) all.set(m.thread, { count: (all.get(m.thread)?.count ?? 0) + 1, last: m.ts });
  }
  return all;
}

interface Props {
  channel: Channel;
  draft: string;
  onDrafted: () => void;
  onSent: (text: string) => void;
}

export function ChannelView({ channel, draft, onDrafted, onSent }: Props): ReactNode {
  const { as } = useWhere();
  const all = useLive((s) => s.messages[channel.id] ?? none);
  const people = usePeople();
  const replies = useReplies(all);
  const shown = useMemo(() => all.filter(shownInChannel), [all]);
  const list = useRef<HTMLDivElement>(null);
  const last = shown[shown.length - 1]?.ts ?? "";
  const readBefore = useMemo(() => readUpTo(as, channel.id), [as, channel.id]);
  useStick(list, `${as} ${channel.id}`, last);
  useEffect(() => markRead(as, channel.id, last), [as, channel.id, last]);
  const name = (channel.dm ? "" : "#") + (channel.dm ? "es-restore" : channel.name);
  return (
    <>
      <div className="messages" ref={list} tabIndex={0} role="region" aria-label={`Messages in ${name}`}>
        <h2 className="sr">Messages</h2>
        {shown.length === 0 ? <Empty channel={channel} /> : null}
        {shown.map((m) => (
          <One key={m.ts} message={m} author={people.get(m.user ?? "")} replies={replies.get(m.ts)} unread={readBefore !== "" && m.ts > readBefore && m.user !== as} />
        ))}
      </div>
      <Composer channel={channel.id} label={`Message ${name}`} draft={draft} onDrafted={onDrafted} onSent={onSent} />
      <Spoken messages={shown} people={people} />
    </>
  );
}

// useReplies keeps the summary of a thread the same object until it changes.
function useReplies(all: Message[]): Map<string, Replies> {
  const before = useRef(new Map<string, Replies>());
  return useMemo(() => {
    const now = repliesOf(all);
    for (const [ts, r] of now) {
      const old = before.current.get(ts);
      if (old && old.count === r.count && old.last === r.last) now.set(ts, old);
    }
    before.current = now;
    return now;
  }, [all]);
}

// useStick keeps the newest message in sight for whoever was at the end.
export function useStick(list: RefObject<HTMLDivElement | null>, place: string, last: string): void {
  const stuck = useRef(true);
  useEffect(() => {
    const box = list.current;
    if (!box) return;
    const note = (): void => {
      stuck.current = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    };
    const hold = (): void => {
      if (stuck.current) box.scrollTop = box.scrollHeight;
    };
    stuck.current = true;
    hold();
    box.addEventListener("scroll", note, { passive: true });
    const watch = new ResizeObserver(hold);
    watch.observe(box);
    for (const child of box.children) watch.observe(child);
    return () => {
      box.removeEventListener("scroll", note);
      watch.disconnect();
    };
  }, [list, place, last]);
}

function Empty({ channel }: { channel: Channel }): ReactNode {
  const hints = useLive((s) => s.world?.hints);
  return (
    <div className="empty">
      <p>Nothing was written here yet.</p>
      {channel.shared ? <p>This channel is shared with another company.</p> : hints ? <p>Type <code>{hints.command}</code> below, or take the tour.</p> : null}
    </div>
  );
}

// Spoken tells a screen reader what came, and leaves edits alone.
function Spoken({ messages, people }: { messages: Message[]; people: Map<string, Person> }): ReactNode {
  const last = messages[messages.length - 1];
  const said = last ? `${people.get(last.user ?? "")?.name ?? "Somebody"}: ${(last.text ?? "").slice(0, 300)}` : "";
  return (
    <div className="spoken" aria-live="polite">
      <span key={last?.ts}>{said}</span>
    </div>
  );
}
