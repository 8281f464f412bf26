// What the page asks the sandbox for.
import { live } from "./live";
import type { Chain, Result } from "./wire";

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

// act does something as the person this page belongs to.
export async function act(what: string, body: Record<string, unknown>): Promise<Result> {
  try {
    return await post<Result>(`/act/${what}?as=${live.me}`, body);
  } catch (error) {
    return { trouble: error instanceof Error && error.message ? error.message : "The sandbox does not answer." };
  }
}

export async function disturb(id: string, on: boolean): Promise<Result> {
  try {
    return await post<Result>("/mischief", { id, on });
  } catch {
    return { trouble: "The sandbox does not answer." };
  }
}

export const verify = (): Promise<Chain> => post<Chain>("/verify", {});

// A place is where an element is: in a message, or in a view.
export type Place = { channel: string; ts: string } | { view: string };
