import type { JSX } from "preact";

const paths = {
  grip: "M6 4v.1M10 4v.1M6 8v.1M10 8v.1M6 12v.1M10 12v.1",
  help: "M6.2 6.1a1.9 1.9 0 1 1 2.7 1.8c-.6.3-.9.7-.9 1.3v.3M8 11.6v.1",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z",
  play: "M5 3.2v9.6l8-4.8Z",
  pause: "M5.2 3.5v9M10.8 3.5v9",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  left: "M10 3.5 5.5 8l4.5 4.5",
  right: "M6 3.5 10.5 8 6 12.5",
  search: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3.3 3.3",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  fleet: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5v.1M5 11v.1",
  bell: "M3.5 11.5h9l-1.2-1.8V7a3.3 3.3 0 0 0-6.6 0v2.7ZM6.8 13.6h2.4",
  mute: "M3.5 11.5h7.8M12.5 11.5l-1.2-1.8V7a3.3 3.3 0 0 0-5.6-2.3M4.7 6.5v3.2l-1.2 1.8M6.8 13.6h2.4M2.500 2.500l11 11",
  explore: "M2.5 12.5 6 7.5l3 2.5 4.5-6.5M2.5 2.5v11h11",
  stream: "M2.5 5.2c1.8-1.6 3.7-1.6 5.5 0s3.7 1.6 5.5 0M2.5 10.8c1.8-1.6 3.7-1.6 5.5 0s3.7 1.6 5.5 0",
  dashboard: "M2.5 2.5h5v6h-5zM9.5 2.5h4v3.5h-4zM9.5 8h4v5.5h-4zM2.5 10.5h5v3h-5z",
  table: "M2.5 3.5h11M2.5 8h11M2.5 12.5h11",
  tiles: "M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5h-4.5zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5h-4.5z",
  chevron: "M4 6.2 8 10.2l4-4",
  check: "M3 8.5 6.5 12 13 4.5",
  more: "M3.5 8v.1M8 8v.1M12.5 8v.1",
  download: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13h10",
  upload: "M8 10.5V3M4.8 6 8 2.8 11.2 6M3 13h10",
  link: "M6.5 9.5l3-3M7 4.8l1.4-1.4a2.6 2.6 0 0 1 3.8 3.8L10.8 8.6M9 11.2l-1.4 1.4a2.6 2.6 0 0 1-3.8-3.8L5.2 7.4",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  edit: "M3 13l.7-2.8L10.8 3l2.2 2.2-7.1 7.1Z",
  key: "M6 7.5a2.6 2.6 0 1 0 0 .1M8.5 7.5h5v2.5M11.5 7.5v2",
  disk: "M2.5 4.5c0-2.6 11-2.6 11 0v7c0 2.6-11 2.6-11 0zM2.5 4.5c0 2.6 11 2.6 11 0M2.5 8c0 2.6 11 2.6 11 0",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5V5h-2.5",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  warning: "M8 2.5 14.3 13.5H1.7ZM8 6.6v3.2M8 11.7v.1",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill={name === "play" ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" />
      <path d="M6 20.5h5l3-11 4.5 15 3-8.5H26" />
    </svg>
  );
}
