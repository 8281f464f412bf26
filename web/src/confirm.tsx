import { useEffect, useId, useRef, type ReactNode } from "react";
import { Text } from "./blocks";

export interface Question {
  title: string;
  text: unknown;
  yes: string;
  no: string;
  danger: boolean;
}

// Confirm asks before something is done.
export function Confirm({ question, onYes, onDone }: { question: Question; onYes: () => void; onDone: () => void }): ReactNode {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} className="modal confirm" aria-labelledby={id} onClose={onDone}>
      <header>
        <h2 id={id}>{question.title}</h2>
      </header>
      <div className="modal-body plain">
        <Text of={question.text} />
      </div>
      <footer>
        <button type="button" className="button" onClick={onDone}>
          {question.no}
        </button>
        <button type="button" className={`button ${question.danger ? "danger" : "primary"}`} onClick={() => (onYes(), onDone())}>
          {question.yes}
        </button>
      </footer>
    </dialog>
  );
}
