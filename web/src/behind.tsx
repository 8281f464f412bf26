// What is behind the cards: operations, their audit records, and what
// Elasticsearch and the cloud were asked.
import { useState, type ReactNode } from "react";
import { verify } from "./api";
import { usePeople } from "./channel";
import { useLive } from "./live";
import { Panel } from "./panel";
import { go } from "./where";
import type { Asked, Chain, LogRecord, Op } from "./wire";

const short = (hash: string): string => hash.replace("sha256:", "").slice(0, 8);
const time = (iso: string): string => iso.slice(11, 19);

export function Behind(): ReactNode {
  const ops = useLive((s) => s.ops);
  const status = useLive((s) => s.status);
  const [picked, setPicked] = useState("");
  const op = ops.find((o) => o.id === picked) ?? ops[0];
  return (
    <Panel title="Behind the scenes" onClose={() => go({ panel: "" })}>
      <div className="behind" tabIndex={0} role="region" aria-label="Behind the scenes">
        <section aria-label="Operation">
          <h3>Operation</h3>
          {op ? <OpView op={op} ops={ops} onPick={setPicked} /> : <p className="quiet">Nothing was asked for yet.</p>}
        </section>
        <Audit op={op} />
        <Requests />
        <BotLog />
        <section aria-label="The parts">
          <h3>The parts</h3>
          {status?.about.map((line) => (
            <p key={line} className="quiet">
              {line}
            </p>
          ))}
          <p className="quiet">
            <a href="/THIRD_PARTY.txt" target="_blank" rel="noopener">
              Packages of others in this page
            </a>
          </p>
        </section>
      </div>
    </Panel>
  );
}

const road = ["waiting", "ready", "running", "succeeded"];

function OpView({ op, ops, onPick }: { op: Op; ops: Op[]; onPick: (id: string) => void }): ReactNode {
  const people = usePeople();
  const states = road.includes(op.state) ? road : ["waiting", op.state];
  const at = states.indexOf(op.state);
  return (
    <>
      <label className="pick">
        <span className="sr">Which operation</span>
        <select value={op.id} onChange={(e) => onPick(e.target.value)}>
          {ops.map((o) => (
            <option key={o.id} value={o.id}>
              {o.id} · {o.kind} · {o.state}
            </option>
          ))}
        </select>
      </label>
      <ol className="road" aria-label="State">
        {states.map((s, i) => (
          <li key={s} className={i < at ? "past" : i === at ? `now ${s}` : ""} aria-current={i === at ? "step" : undefined}>
            {s}
          </li>
        ))}
      </ol>
      <dl>
        <dt>Asked by</dt>
        <dd>{people.get(op.requester)?.name ?? op.requester}</dd>
        <dt>From</dt>
        <dd className="mono">{op.source}</dd>
        <dt>To</dt>
        <dd className="mono">
          {op.cluster}
          {op.items.length > 0 ? `: ${op.items.join(", ")}` : ""}
        </dd>
        <dt>Plan</dt>
        <dd className="mono">{op.digest.replace("sha256:", "").slice(0, 12)}</dd>
        <Verified op={op} />
      </dl>
    </>
  );
}

// Verified is said of a restore: nothing else has shards or documents.
function Verified({ op }: { op: Op }): ReactNode {
  if (op.kind !== "restore") return null;
  return (
    <>
      <dt>Verified</dt>
      <dd>{op.verified ? "yes: every shard from this snapshot, documents counted" : op.state === "succeeded" ? "not proved; the card says what is missing" : "not yet"}</dd>
    </>
  );
}

function Audit({ op }: { op: Op | undefined }): ReactNode {
  const records = useLive((s) => s.records);
  const chain = useLive((s) => s.chain);
  const [checked, setChecked] = useState<Chain | null>(null);
  const shown = records.filter((r) => !op || r.operation === op.id);
  return (
    <section aria-label="Audit chain">
      <h3>Audit chain</h3>
      <ol className="records">
        {shown.map((r) => (
          <Row key={r.seq} record={r} />
        ))}
      </ol>
      {chain ? (
        <p className={chain.broken ? "error" : "good"} data-chain={chain.broken ? "broken" : "whole"}>
          {chain.broken ? `Broken: ${chain.broken}` : `${chain.records} records, chain whole, head ${short(chain.head)}`}
        </p>
      ) : null}
      <button type="button" className="button" onClick={() => void verify().then(setChecked)}>
        Check it from the first record
      </button>
      <span role="status" className="quiet">
        {checked ? (checked.broken ? ` ${checked.broken}` : ` ${checked.records} records checked, all sound.`) : ""}
      </span>
    </section>
  );
}

function Row({ record: r }: { record: LogRecord }): ReactNode {
  const people = usePeople();
  const who = r.actor === "system" ? "es-restore" : (people.get(r.actor)?.name ?? r.actor);
  return (
    <li>
      <span className="seq">#{r.seq}</span>
      <span>
        <strong>
          {r.event}
          {r.step ? ` ${r.step}` : ""}
        </strong>{" "}
        {who} <time dateTime={r.time}>{time(r.time)}</time>
        {r.said ? <span className="said">{r.said}</span> : null}
      </span>
      <span className="mono hash" title={`${r.prev} → ${r.hash}`}>
        {short(r.prev)} → {short(r.hash)}
      </span>
    </li>
  );
}

function Requests(): ReactNode {
  const requests = useLive((s) => s.requests);
  const [all, setAll] = useState(false);
  const shown = (all ? requests : requests.filter((r) => r.changes)).slice(-60).reverse();
  return (
    <section aria-label="Requests to the clusters and the cloud">
      <h3>What the clusters and the cloud were asked</h3>
      <label className="check">
        <input type="checkbox" checked={all} onChange={(e) => setAll(e.target.checked)} /> Looks too ({requests.length})
      </label>
      <ol className="requests">
        {shown.map((r) => (
          <Request key={r.n} request={r} />
        ))}
      </ol>
    </section>
  );
}

function Request({ request: r }: { request: Asked }): ReactNode {
  return (
    <li className={r.lost ? "lost" : r.status >= 400 ? "bad" : ""}>
      <span className="mono">
        {time(r.time)} {r.cluster} <strong>{r.method}</strong> {r.path}
      </span>{" "}
      <span className="status">{r.lost ? "answer lost" : r.status}</span>
      {r.body ? (
        <details>
          <summary>body</summary>
          <pre className="code-block">{r.body}</pre>
        </details>
      ) : null}
    </li>
  );
}

function BotLog(): ReactNode {
  const log = useLive((s) => s.log);
  return (
    <section aria-label="The bot's log">
      <details>
        <summary>
          <h3>The bot's log</h3>
        </summary>
        <pre className="code-block" tabIndex={0}>
          {log.slice(-60).join("\n")}
        </pre>
      </details>
    </section>
  );
}
