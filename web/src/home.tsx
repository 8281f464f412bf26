import { useEffect, useState, type ReactNode } from "react";
import { act } from "./api";
import { Blocks } from "./blocks";
import { FormContext } from "./form";
import { useLive } from "./live";
import { useWhere } from "./where";

// Home is the bot's Home tab.
export function Home(): ReactNode {
  const { as } = useWhere();
  const home = useLive((s) => s.home);
  const [trouble, setTrouble] = useState("");
  useEffect(() => void act("home", {}).then((r) => setTrouble(r.trouble ?? "")), [as]);
  return (
    <div className="messages home" tabIndex={0} role="region" aria-label="Home of es-restore">
      <h2 className="sr">Home</h2>
      {home ? (
        <FormContext value={{ place: { view: home.id } }}>
          <Blocks blocks={home.blocks} />
        </FormContext>
      ) : (
        <div className="empty">
          <p>{trouble || "The bot shows nothing here. It answers in channels."}</p>
        </div>
      )}
    </div>
  );
}
