import {html} from 'lit';

/** The drop and its rings. */
export const logo = html`
  <svg class="logo" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
    <rect width="64" height="64" rx="15" fill="#0b6f83" />
    <path d="M32 9c4 6 8 10.3 8 15.5a8 8 0 0 1-16 0C24 19.3 28 15 32 9z" fill="#fff" />
    <g fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round">
      <path d="M22.5 40.5c2.5 2.2 5.8 3.5 9.5 3.5s7-1.3 9.5-3.5" />
      <path d="M14.5 46c4.4 4.9 10.6 7.5 17.5 7.5S45.1 50.9 49.5 46" opacity=".62" />
    </g>
  </svg>
`;
