import {html, svg, type TemplateResult} from 'lit';

const paths = {
  phone: svg`<path d="M6.6 3.5 9 4l1.3 4-2 1.500a12 12 0 0 0 6.2 6.200l1.5-2 4 1.3.5 2.400a2 2 0 0 1-2 2.600C10.5 20 4 13.5 4 5.500a2 2 0 0 1 2.6-2z"/>`,
  hangUp: svg`<path d="M3.5 14.500c4.7-5 12.3-5 17 0 .5.5.5 1.3 0 1.800l-1.2 1.200a1.2 1.2 0 0 1-1.5.1L15.3 16a1.2 1.2 0 0 1-.5-1.200l.3-1.600a10 10 0 0 0-6.2 0l.3 1.600a1.2 1.2 0 0 1-.5 1.200l-2.5 1.600a1.2 1.2 0 0 1-1.5-.1l-1.2-1.200a1.3 1.3 0 0 1 0-1.800z"/>`,
  mic: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3M9 21h6"/>`,
  micOff: svg`<path d="M15 9.500V6a3 3 0 0 0-5.8-1M9 9v2a3 3 0 0 0 4.5 2.600M5.5 11.500a6.5 6.5 0 0 0 10.3 5.300M18.5 11.500a6.5 6.5 0 0 1-.6 2.700M12 18v3M9 21h6M4 3.500l16 17"/>`,
  pause: svg`<path d="M8.5 5v14M15.5 5v14"/>`,
  play: svg`<path d="M8 5.200v13.600L19 12z"/>`,
  keypad: svg`<g fill="currentColor" stroke="none"><circle cx="6" cy="5" r="1.7"/><circle cx="12" cy="5" r="1.7"/><circle cx="18" cy="5" r="1.7"/><circle cx="6" cy="11" r="1.7"/><circle cx="12" cy="11" r="1.7"/><circle cx="18" cy="11" r="1.7"/><circle cx="6" cy="17" r="1.7"/><circle cx="12" cy="17" r="1.7"/><circle cx="18" cy="17" r="1.7"/></g>`,
  browser: svg`<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><path d="M3 9h18M6.2 6.800h.1M9 6.800h.1"/>`,
  deskphone: svg`<path d="M4 9.500V8a3.5 3.5 0 0 1 3.5-3.500h9A3.5 3.5 0 0 1 20 8v1.500h-4.500v-2h-7v2zM6 12.500h12l1.5 7h-15zM10 15h4M9.5 17.200h5"/>`,
  incoming: svg`<path d="M18.5 5.5 6 18M6 9v9h9"/>`,
  outgoing: svg`<path d="M5.5 18.5 18 6M9 6h9v9"/>`,
  missed: svg`<path d="M4 7l8 8 8-8M4 13V7h6"/>`,
  close: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
  backspace: svg`<path d="M8.5 5.500H20v13H8.500L3 12zM11.5 9.500l5 5M16.5 9.500l-5 5"/>`,
  keyboard: svg`<rect x="2.5" y="6" width="19" height="12" rx="2.5"/><path d="M6.5 10h.1M10 10h.1M13.5 10h.1M17 10h.1M7.5 14h9"/>`,
  ownWindow: svg`<path d="M13.500 4.500H20V11M20 4.500l-9 9M17 14v4.500A1.500 1.500 0 0 1 15.500 20h-10A1.500 1.500 0 0 1 4 18.500v-10A1.500 1.500 0 0 1 5.500 7H10"/>`,
  logOut: svg`<path d="M14 4.500H6.500A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.500H14M10.5 12H20M16.5 8.5 20 12l-3.5 3.5"/>`,
  sound: svg`<path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"/>`,
  soundOff: svg`<path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM16 9.500l5 5M21 9.500l-5 5"/>`,
  warning: svg`<path d="M12 4 2.8 20h18.400zM12 10v4.500M12 17.300v.1"/>`,
  options: svg`<path d="M4 7h9M18.500 7H20M4 17h1.500M11 17h9"/><circle cx="15.800" cy="7" r="2.600"/><circle cx="8.200" cy="17" r="2.600"/>`,
  people: svg`<circle cx="9" cy="8.500" r="3.500"/><path d="M2.800 19.500a6.200 6.200 0 0 1 12.400 0M15.500 5.300a3.500 3.500 0 0 1 0 6.400M17.500 14a6.200 6.200 0 0 1 3.700 5.500"/>`,
  star: svg`<path d="M12 4l2.500 5.200 5.700.700-4.200 3.900 1.100 5.600L12 16.600l-5.100 2.800 1.100-5.600-4.200-3.900 5.700-.700z"/>`,
  edit: svg`<path d="M4 20l1-4.500L16 4.500a1.800 1.800 0 0 1 2.500 0l1 1a1.800 1.800 0 0 1 0 2.500L8.500 19zM14 6.500l3.500 3.500"/>`,
  add: svg`<circle cx="10" cy="8" r="3.500"/><path d="M3.500 19.500a6.500 6.500 0 0 1 11.500-4.200M18 14v6M15 17h6"/>`,
  files: svg`<path d="M8 4v14M4.500 7.500 8 4l3.500 3.500M16 20V6M12.500 16.500 16 20l3.500-3.500"/>`,
  intercom: svg`<rect x="6.500" y="8" width="11" height="13" rx="2"/><path d="M9.500 8V3M10 12h4M10 15h4M12 18.200h.1"/>`,
  transfer: svg`<path d="M4 8.500h14M14 4.500l4 4-4 4M20 15.500H8"/>`,
  check: svg`<path d="M5 12.500l4.5 4.500L19 7.5"/>`,
};

export type IconName = keyof typeof paths;

/** A drawing beside a word; it says nothing to a screen reader. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths[name]}</svg>`;
}
