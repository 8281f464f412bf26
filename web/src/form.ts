// What a person has entered, and how it is sent.
import { createContext } from "react";
import type { Place } from "./api";
import { array, choice, number, object, string, type Json } from "./kit";
import type { Option } from "./wire";

export type Entered = string | number | Option | Option[] | string[] | null;

export interface Form {
  place: Place;
  // In a view: what stands in its inputs, by block and action.
  values?: Record<string, Entered>;
  errors?: Record<string, string>;
  set?: (block: string, action: string, value: Entered) => void;
}

export const FormContext = createContext<Form>({ place: { view: "" } });

export const keyOf = (block: string, action: string): string => `${block}\n${action}`;

const option = (v: unknown): Option | null => {
  const c = choice(v);
  return c.text || c.value ? { text: c.text, value: c.value } : null;
};
const options = (v: unknown): Option[] => array(v).map((o) => ({ text: choice(o).text, value: choice(o).value }));
const strings = (v: unknown): string[] => (Array.isArray(v) ? v.map(string) : []);

// standing is what an element shows before anybody enters something: what the
// workspace has on record for it, or else what it was made with.
export function standing(element: Json, recorded: unknown): Entered {
  const state = object(recorded);
  const type = string(element["type"]);
  const first = (...names: string[]): unknown => names.map((n) => state[n] ?? element[n]).find((v) => v !== undefined && v !== null);
  switch (type) {
    case "static_select":
    case "external_select":
    case "radio_buttons":
      return option(first("selected_option", "initial_option"));
    case "multi_static_select":
    case "multi_external_select":
    case "checkboxes":
      return options(first("selected_options", "initial_options"));
    case "users_select":
      return string(first("selected_user", "initial_user")) || null;
    case "conversations_select":
      return string(first("selected_conversation", "initial_conversation")) || null;
    case "channels_select":
      return string(first("selected_channel", "initial_channel")) || null;
    case "multi_users_select":
      return strings(first("selected_users", "initial_users"));
    case "multi_conversations_select":
      return strings(first("selected_conversations", "initial_conversations"));
    case "multi_channels_select":
      return strings(first("selected_channels", "initial_channels"));
    case "datepicker":
      return string(first("selected_date", "initial_date")) || null;
    case "timepicker":
      return string(first("selected_time", "initial_time")) || null;
    case "datetimepicker":
      return number(first("selected_date_time", "initial_date_time")) ?? null;
  }
  return string(first("value", "initial_value"));
}
