import { useEffect, useState, type ReactNode } from "react";
import { Avatar } from "./avatar";
import { Icon } from "./icons";
import { useLive } from "./live";
import { shownInChannel, unread } from "./unread";
import { addressOf, go, useWhere } from "./where";
import type { Channel, Message, Person } from "./wire";

const none: Message[] = [];

export function Sidebar({ open, onPick }: { open: boolean; onPick: () => void }): ReactNode {
  const world = useLive((s) => s.world);
  const { channel } = useWhere();
  const pick = (id: string): void => {
    go({ channel: id, thread: "" });
    onPick();
  };
  const rooms = world?.channels.filter((c) => !c.dm) ?? [];
  const direct = world?.channels.filter((c) => c.dm) ?? [];
  return (
    <nav className={open ? "sidebar open" : "sidebar"} aria-label="Channels">
      <h2>Channels</h2>
      <ul>
        {rooms.map((c) => (
          <Room key={c.id} channel={c} label={c.name} here={c.id === channel} onPick={pick} />
        ))}
      </ul>
      <h2>Apps</h2>
      <ul>
        <li>
          <button type="button" aria-current={channel === "home" ? "page" : undefined} data-channel="home" onClick={() => pick("home")}>
            <span className="mark"><Icon name="home" /></span> es-restore
          </button>
        </li>
        {direct.map((c) => (
          <Room key={c.id} channel={c} label="es-restore to you" here={c.id === channel} onPick={pick} />
        ))}
      </ul>
      <People />
    </nav>
  );
}

function Room({ channel: c, label, here, onPick }: { channel: Channel; label: string; here: boolean; onPick: (id: string) => void }): ReactNode {
  const { as } = useWhere();
  const messages = useLive((s) => s.messages[c.id] ?? none);
  const last = messages.findLast(shownInChannel)?.ts ?? "";
  const count = here ? 0 : unread(as, c.id, messages);
  return (
    <li>
      <button type="button" className={count > 0 ? "unread" : ""} aria-current={here ? "page" : undefined} data-channel={c.name} data-last={last} onClick={() => onPick(c.id)}>
        <span className="mark">{c.dm ? <Icon name="mail" /> : "#"}</span> {label}
        {c.shared ? <span className="shared" title="shared with another company"><Icon name="shared" /><span className="sr">shared with another company</span></span> : null}
        {count > 0 ? (
          <span className="count">
            {count}
            <span className="sr"> unread</span>
          </span>
        ) : null}
      </button>
    </li>
  );
}

// People switches who this window belongs to.
function People(): ReactNode {
  const world = useLive((s) => s.world);
  const where = useWhere();
  const [open, setOpen] = useState(false);
  const me = world?.people.find((p) => p.id === where.as);
  useEffect(() => setOpen(false), [where.as]);
  return (
    <div className="people" onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setOpen(false)} onKeyDown={(e) => e.key === "Escape" && setOpen(false)}>
      {open ? (
        <div className="people-list">
          <h2>Be somebody else</h2>
          <ul>
            {world?.people
              .filter((p) => !p.bot)
              .map((p) => (
                <PersonRow key={p.id} person={p} current={p.id === where.as} />
              ))}
          </ul>
        </div>
      ) : null}
      <button type="button" className="me" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Avatar person={me} small />
        <span>
          <strong>{me?.name ?? where.as}</strong>
          <small>{me?.role}</small>
        </span>
        <span className="sr">Be somebody else</span>
      </button>
    </div>
  );
}

function PersonRow({ person: p, current }: { person: Person; current: boolean }): ReactNode {
  const where = useWhere();
  const channel = where.channel === "home" ? "home" : p.badge === "other company" ? "C0PARTNER" : where.channel === "C0PARTNER" ? "C0ES" : where.channel;
  return (
    <li>
      <button type="button" className="person" aria-current={current || undefined} data-person={p.handle} onClick={() => go({ as: p.id, channel, thread: "" })}>
        <Avatar person={p} small />
        <span>
          <strong>{p.name}</strong>
          <small>{p.role ?? "named by the configuration"}</small>
        </span>
      </button>
      <a href={addressOf({ ...where, as: p.id, channel, thread: "", panel: "" })} target="_blank" rel="noopener" aria-label={`Open a window as ${p.name}`} title="in a window of its own">
        <Icon name="window" />
      </a>
    </li>
  );
}
