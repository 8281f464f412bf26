import { useEffect, useState, type ReactNode } from "react";
import { Icon } from "./icons";
import { useLive } from "./live";

interface Props {
  onMenu: () => void;
  onMischief: () => void;
  onBehind: () => void;
  onTour: (() => void) | undefined;
  mischief: boolean;
  behind: boolean;
}

const themes = ["", "light", "dark"] as const;
const themeNames = { "": "as the system", light: "light", dark: "dark" };

// Top is the bar over everything: how the parts are, and what can be opened.
export function Top(p: Props): ReactNode {
  const world = useLive((s) => s.world);
  return (
    <header className="top">
      <button type="button" className="icon menu" aria-label="Channels and people" onClick={p.onMenu}>
        <Icon name="menu" />
      </button>
      <strong className="team">{world?.team ?? "es-restore"}</strong>
      <Health />
      <span className="grow" />
      {p.onTour ? (
        <button type="button" onClick={p.onTour}>
          Tour
        </button>
      ) : null}
      <button type="button" aria-pressed={p.behind} onClick={p.onBehind}>
        Behind <span className="wide">the scenes</span>
      </button>
      <button type="button" aria-expanded={p.mischief} onClick={p.onMischief}>
        Mischief
      </button>
      <Theme />
    </header>
  );
}

function Health(): ReactNode {
  const open = useLive((s) => s.open);
  const status = useLive((s) => s.status);
  let words = "…";
  let state = "wait";
  if (!open) words = "The sandbox does not answer";
  else if (status?.slackAway) words = "Slack is away";
  else if (status?.bot === "connected") [words, state] = ["Bot connected", "good"];
  else if (status?.bot === "connecting") words = "Bot connecting";
  else if (status) [words, state] = ["Bot " + status.bot, "bad"];
  return (
    <span className={`health ${state}`} role="status" data-bot={status?.bot} title={status?.pid ? `process ${status.pid}, start ${status.starts}` : undefined}>
      {words}
    </span>
  );
}

function Theme(): ReactNode {
  const [theme, setTheme] = useState<(typeof themes)[number]>(() => (localStorage.getItem("theme") as "light" | "dark" | null) ?? "");
  useEffect(() => {
    if (theme) document.documentElement.dataset["theme"] = theme;
    else delete document.documentElement.dataset["theme"];
    localStorage.setItem("theme", theme);
  }, [theme]);
  return (
    <button type="button" className="icon" aria-label={`Colours: ${themeNames[theme]}`} title={`Colours: ${themeNames[theme]}`} onClick={() => setTheme(themes[(themes.indexOf(theme) + 1) % 3]!)}>
      <Icon name="theme" />
    </button>
  );
}
