import type { ReactNode } from "react";
import { useLive } from "./live";

// Mention is the name of a person, a group or a channel.
export function Mention({ kind, id }: { kind: "user" | "group" | "channel"; id: string }): ReactNode {
  const world = useLive((s) => s.world);
  let name = id;
  if (kind === "user") name = "@" + (world?.people.find((p) => p.id === id)?.handle ?? id);
  if (kind === "group") name = "@" + (world?.groups.find((g) => g.id === id)?.handle ?? id);
  if (kind === "channel") name = "#" + (world?.channels.find((c) => c.id === id)?.name ?? id);
  return <span className={kind === "user" && id === world?.me ? "mention mine" : "mention"}>{name}</span>;
}
