import {html, svg, type TemplateResult} from 'lit';

const paths = {
  phone: svg`<path d="M6.6 3.5 9 4l1.3 4-2 1.5a12 12 0 0 0 6.2 6.2l1.5-2 4 1.3.5 2.4a2 2 0 0 1-2 2.6C10.5 20 4 13.5 4 5.5a2 2 0 0 1 2.6-2z"/>`,
  hangUp: svg`<path d="M3.5 14.5c4.7-5 12.3-5 17 0 .5.5.5 1.3 0 1.8l-1.2 1.2a1.2 1.2 0 0 1-1.5.1L15.3 16a1.2 1.2 0 0 1-.5-1.2l.3-1.6a10 10 0 0 0-6.2 0l.3 1.6a1.2 1.2 0 0 1-.5 1.2l-2.5 1.6a1.2 1.2 0 0 1-1.5-.1l-1.2-1.2a1.3 1.3 0 0 1 0-1.8z"/>`,
  mic: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M9 21h6"/>`,
  micOff: svg`<path d="M15 9.5V6a3 3 0 0 0-5.8-1M9 9v2a3 3 0 0 0 4.5 2.6M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.5 6.5 0 0 1-.6 2.7M12 18v3M9 21h6M4 3.5l16 17"/>`,
  pause: svg`<path d="M8.5 5v14M15.5 5v14"/>`,
  play: svg`<path d="M8 5.2v13.6L19 12z"/>`,
  keypad: svg`<g fill="currentColor" stroke="none"><circle cx="6" cy="5" r="1.7"/><circle cx="12" cy="5" r="1.7"/><circle cx="18" cy="5" r="1.7"/><circle cx="6" cy="11" r="1.7"/><circle cx="12" cy="11" r="1.7"/><circle cx="18" cy="11" r="1.7"/><circle cx="6" cy="17" r="1.7"/><circle cx="12" cy="17" r="1.7"/><circle cx="18" cy="17" r="1.7"/></g>`,
  browser: svg`<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><path d="M3 9h18M6.2 6.8h.1M9 6.8h.1"/>`,
  deskphone: svg`<path d="M4 9.5V8a3.5 3.5 0 0 1 3.5-3.5h9A3.5 3.5 0 0 1 20 8v1.5h-4.5v-2h-7v2zM6 12.5h12l1.5 7h-15zM10 15h4M9.5 17.2h5"/>`,
  incoming: svg`<path d="M18.5 5.5 6 18M6 9v9h9"/>`,
  outgoing: svg`<path d="M5.5 18.5 18 6M9 6h9v9"/>`,
  missed: svg`<path d="M4 7l8 8 8-8M4 13V7h6"/>`,
  close: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
  backspace: svg`<path d="M8.5 5.5H20v13H8.5L3 12zM11.5 9.5l5 5M16.5 9.5l-5 5"/>`,
  keyboard: svg`<rect x="2.5" y="6" width="19" height="12" rx="2.5"/><path d="M6.5 10h.1M10 10h.1M13.5 10h.1M17 10h.1M7.5 14h9"/>`,
  ownWindow: svg`<path d="M13.5 4.5H20V11M20 4.5l-9 9M17 14v4.5A1.5 1.5 0 0 1 15.5 20h-10A1.5 1.5 0 0 1 4 18.5v-10A1.5 1.5 0 0 1 5.5 7H10"/>`,
  logOut: svg`<path d="M14 4.5H6.5A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.5H14M10.5 12H20M16.5 8.5 20 12l-3.5 3.5"/>`,
  sound: svg`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
  soundOff: svg`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5"/>`,
  warning: svg`<path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.1"/>`,
  options: svg`<path d="M4 7h9M18.5 7H20M4 17h1.5M11 17h9"/><circle cx="15.8" cy="7" r="2.6"/><circle cx="8.2" cy="17" r="2.6"/>`,
  people: svg`<circle cx="9" cy="8.5" r="3.5"/><path d="M2.8 19.5a6.2 6.2 0 0 1 12.4 0M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14a6.2 6.2 0 0 1 3.7 5.5"/>`,
  star: svg`<path d="M12 4l2.5 5.2 5.7.7-4.2 3.9 1.1 5.6L12 16.6l-5.1 2.8 1.1-5.6-4.2-3.9 5.7-.7z"/>`,
  edit: svg`<path d="M4 20l1-4.5L16 4.5a1.8 1.8 0 0 1 2.5 0l1 1a1.8 1.8 0 0 1 0 2.5L8.5 19zM14 6.5l3.5 3.5"/>`,
  add: svg`<circle cx="10" cy="8" r="3.5"/><path d="M3.5 19.5a6.5 6.5 0 0 1 11.5-4.2M18 14v6M15 17h6"/>`,
  files: svg`<path d="M8 4v14M4.5 7.5 8 4l3.5 3.5M16 20V6M12.5 16.5 16 20l3.5-3.5"/>`,
  intercom: svg`<rect x="6.5" y="8" width="11" height="13" rx="2"/><path d="M9.5 8V3M10 12h4M10 15h4M12 18.2h.1"/>`,
  transfer: svg`<path d="M4 8.5h14M14 4.5l4 4-4 4M20 15.5H8"/>`,
  swap: svg`<path d="M8 20V5M4 9l4-4 4 4M16 4v15M12 15l4 4 4-4"/>`,
  fold: svg`<path d="M6 14.5l6-6 6 6"/>`,
  chat: svg`<path d="M5.5 5h13A1.5 1.5 0 0 1 20 6.5v9a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 3.5V17h-1A1.5 1.5 0 0 1 4 15.5v-9A1.5 1.5 0 0 1 5.5 5z"/>`,
  bin: svg`<path d="M5 6.5h14M9.5 6.5V4h5v2.5M7 6.5l.8 13h8.4l.8-13M10.5 10v6M13.5 10v6"/>`,
  check: svg`<path d="M5 12.5l4.5 4.5L19 7.5"/>`,
};

export type IconName = keyof typeof paths;

/** A drawing beside a word; it says nothing to a screen reader. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths[name]}</svg>`;
}
