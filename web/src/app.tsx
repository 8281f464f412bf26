import { useEffect, useState, type ReactNode } from "react";
import { Behind } from "./behind";
import { ChannelView } from "./channel";
import { Drawer } from "./drawer";
import { Home } from "./home";
import { Icon } from "./icons";
import { useLive } from "./live";
import { Modals } from "./modal";
import { dismiss, useNotices } from "./notice";
import { Sidebar } from "./sidebar";
import { Thread } from "./thread";
import { Top } from "./top";
import { Tour, tourDone } from "./tour";
import { go, useWhere } from "./where";

export function App(): ReactNode {
  const where = useWhere();
  const world = useLive((s) => s.world);
  const [menu, setMenu] = useState(false);
  const [mischief, setMischief] = useState(false);
  const [tour, setTour] = useState(!tourDone());
  const [draft, setDraft] = useState("");
  const [sent, setSent] = useState<string[]>([]);
  const channel = world?.channels.find((c) => c.id === where.channel);
  useEffect(() => {
    if (world && where.channel !== "home" && !channel && world.channels[0]) go({ channel: world.channels[0].id });
  }, [world, where.channel, channel]);
  const title = where.channel === "home" ? "es-restore" : channel ? (channel.dm ? "es-restore to you" : "#" + channel.name) : "…";
  useEffect(() => {
    document.title = `${title} · es-restore sandbox`;
  }, [title]);
  const panel = where.panel === "behind" ? <Behind /> : where.thread ? <Thread key={where.thread} /> : null;
  return (
    <div className={panel ? "app with-panel" : "app"}>
      <Top
        onMenu={() => setMenu(!menu)}
        onMischief={() => setMischief(!mischief)}
        onBehind={() => go({ panel: where.panel ? "" : "behind" })}
        onTour={world?.hints.story ? () => (setTour(true), setSent([])) : undefined}
        mischief={mischief}
        behind={where.panel !== ""}
      />
      <Sidebar open={menu} onPick={() => setMenu(false)} />
      <main>
        <header className="channel-head">
          <h1>{title}</h1>
        </header>
        {where.channel === "home" ? <Home /> : channel ? <ChannelView key={where.as + channel.id} channel={channel} draft={draft} onDrafted={() => setDraft("")} onSent={(t) => setSent((all) => [...all, t])} /> : null}
        {tour && world?.hints.story ? <Tour sent={sent} onDraft={setDraft} onEnd={() => setTour(false)} /> : null}
      </main>
      {panel}
      {mischief ? <Drawer onClose={() => setMischief(false)} /> : null}
      <Modals />
      <Notices />
    </div>
  );
}

function Notices(): ReactNode {
  const notices = useNotices();
  return (
    <div className="notices" role="status">
      {notices.map((n) => (
        <p key={n.id}>
          <span>{n.text}</span>
          <button type="button" className="icon" aria-label="Dismiss" onClick={() => dismiss(n.id)}>
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}
