import { memo, useMemo, type ReactNode } from "react";
import { Avatar } from "./avatar";
import { Blocks } from "./blocks";
import { FormContext } from "./form";
import { Icon } from "./icons";
import { Mrkdwn } from "./mrkdwn";
import { go } from "./where";
import type { Message, Person } from "./wire";

export interface Replies {
  count: number;
  last: string;
}

interface Props {
  message: Message;
  author: Person | undefined;
  replies?: Replies | undefined;
  unread?: boolean;
}

export const timeOf = (ts: string): Date => new Date(parseFloat(ts) * 1000);
export const clock = (ts: string): string => timeOf(ts).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

// One is one message. It is drawn again only when it changed.
export const One = memo(function One({ message: m, author, replies, unread }: Props): ReactNode {
  const form = useMemo(() => ({ place: { channel: m.channel, ts: m.ts } }), [m.channel, m.ts]);
  const name = author?.name ?? "Somebody";
  return (
    <article className={`message${m.ephemeral ? " ephemeral" : ""}${unread ? " unread" : ""}`} data-ts={m.ts} aria-label={`${name}, ${clock(m.ts)}`}>
      <Avatar person={author} />
      <div className="message-main">
        {m.ephemeral ? <p className="only-you"><Icon name="eye" /> Only visible to you</p> : null}
        <p className="message-head">
          <strong>{name}</strong>
          {author?.bot ? <span className="badge">APP</span> : null}
          {author?.badge ? <span className="badge">{author.badge}</span> : null}
          <time dateTime={timeOf(m.ts).toISOString()} title={timeOf(m.ts).toISOString()}>
            {clock(m.ts)}
          </time>
          {m.edited ? <span className="edited">(edited)</span> : null}
        </p>
        {m.deleted ? <p className="plain edited">This message was deleted.</p> : <Body message={m} form={form} />}
        {replies ? (
          <button type="button" className="replies" onClick={() => go({ thread: m.ts, panel: "" })}>
            {replies.count === 1 ? "1 reply" : `${replies.count} replies`} <span>Last at {clock(replies.last)}</span>
          </button>
        ) : m.ephemeral || m.thread ? null : (
          <button type="button" className="replies quiet" onClick={() => go({ thread: m.ts, panel: "" })}>
            Reply in thread
          </button>
        )}
      </div>
    </article>
  );
});

function Body({ message: m, form }: { message: Message; form: { place: { channel: string; ts: string } } }): ReactNode {
  if (!m.blocks || m.blocks.length === 0) {
    return (
      <div className="plain">
        <Mrkdwn text={m.text ?? ""} />
      </div>
    );
  }
  return (
    <FormContext value={form}>
      <Blocks blocks={m.blocks} />
    </FormContext>
  );
}
