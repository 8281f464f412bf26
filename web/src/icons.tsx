// Small drawings, so that no font is asked for a sign it may not have.
import type { ReactNode } from "react";

const paths = {
  menu: "M3 5h14M3 10h14M3 15h14",
  home: "M3 9.5 10 4l7 5.5M5 8.5V16h10V8.5M8.5 16v-4h3v4",
  send: "M3 4l14 6-14 6 3-6-3-6zM6 10h6",
  theme: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  bot: "M15.5 8A6 6 0 1 0 16 11M16 4v4.5h-4.5",
  eye: "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  shared: "M3 7h12M12 4l3 3-3 3M17 13H5M8 10l-3 3 3 3",
  window: "M3 7h10v10H3zM7 7V3h10v10h-4",
  close: "M5 5l10 10M15 5L5 15",
  mail: "M3 5h14v10H3zM3 6l7 5 7-5",
} as const;

export function Icon({ name }: { name: keyof typeof paths }): ReactNode {
  return (
    <svg className="drawn" viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
