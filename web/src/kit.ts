// Reading Block Kit with care: what came is any JSON.

export type Json = { [key: string]: unknown };

export const object = (v: unknown): Json => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Json) : {});
export const array = (v: unknown): Json[] => (Array.isArray(v) ? v.map(object) : []);
export const string = (v: unknown): string => (typeof v === "string" ? v : "");
export const number = (v: unknown): number | undefined => (typeof v === "number" ? v : undefined);

export interface TextObject {
  markup: boolean;
  text: string;
}

export function textOf(v: unknown): TextObject {
  const o = object(v);
  return { markup: string(o["type"]) === "mrkdwn", text: string(o["text"]) };
}

export const plainOf = (v: unknown): string => textOf(v).text;

export interface Choice {
  text: string;
  value: string;
  description: string;
  group: string;
}

export function choice(v: unknown, group = ""): Choice {
  const o = object(v);
  return { text: plainOf(o["text"]), value: string(o["value"]), description: plainOf(o["description"]), group };
}

// choicesOf lists the options of a static menu, with their groups.
export function choicesOf(element: Json): Choice[] {
  const groups = array(element["option_groups"]).flatMap((g) => array(g["options"]).map((o) => choice(o, plainOf(g["label"]))));
  return [...array(element["options"]).map((o) => choice(o)), ...groups];
}
