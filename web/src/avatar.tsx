import type { ReactNode } from "react";
import { Icon } from "./icons";
import type { Person } from "./wire";

// Avatar is a coloured letter; the colour is the person's for good.
export function Avatar({ person, small }: { person: Person | undefined; small?: boolean }): ReactNode {
  const id = person?.id ?? "";
  const hue = [...id].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 8, 0);
  const letter = person?.bot ? <Icon name="bot" /> : (person?.name ?? "?").charAt(0).toUpperCase();
  return (
    <span className={`avatar hue-${person?.bot ? "bot" : hue}${small ? " small" : ""}`} aria-hidden="true">
      {letter}
    </span>
  );
}
