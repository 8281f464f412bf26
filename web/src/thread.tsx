import { useMemo, useRef, type ReactNode } from "react";
import { usePeople, useStick } from "./channel";
import { Composer } from "./composer";
import { useLive } from "./live";
import { One } from "./message";
import { Panel } from "./panel";
import { go, useWhere } from "./where";
import type { Message } from "./wire";

const none: Message[] = [];

// Thread is a message with its replies, in the side panel.
export function Thread(): ReactNode {
  const { channel, thread, as } = useWhere();
  const all = useLive((s) => s.messages[channel] ?? none);
  const people = usePeople();
  const shown = useMemo(() => all.filter((m) => m.ts === thread || m.thread === thread), [all, thread]);
  const list = useRef<HTMLDivElement>(null);
  useStick(list, `${as} ${thread}`, shown[shown.length - 1]?.ts ?? "");
  return (
    <Panel title="Thread" onClose={() => go({ thread: "" })}>
      <div className="messages" ref={list} tabIndex={0} role="region" aria-label="Replies">
        {shown.map((m) => (
          <One key={m.ts} message={m.ts === thread ? { ...m, thread: thread } : m} author={people.get(m.user ?? "")} />
        ))}
        {shown.length === 0 ? <p className="empty">That message is not to be seen from here.</p> : null}
      </div>
      {shown.length > 0 ? <Composer channel={channel} thread={thread} label="Reply" /> : null}
    </Panel>
  );
}
