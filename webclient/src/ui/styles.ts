import {css} from 'lit';

/** What all elements share: boxes, buttons, fields, the ring around what has focus. */
export const shared = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    display: block;
    color: var(--text);
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  .icon {
    flex: none;
    inline-size: 1.375rem;
    block-size: 1.375rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .card {
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--round);
    box-shadow: var(--shadow);
    padding: 1rem;
  }
  .soft {
    color: var(--soft);
  }
  .small {
    font-size: 0.875rem;
  }
  .cut {
    min-inline-size: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    min-block-size: 2.75rem;
    min-inline-size: 2.75rem;
    padding: 0.375rem 0.875rem;
    border: 1px solid transparent;
    border-radius: var(--round-small);
    background: var(--sunken);
    color: var(--text);
    font: inherit;
    font-weight: 600;
    line-height: 1.2;
    text-align: center;
    cursor: pointer;
    touch-action: manipulation;
    transition: background-color 0.12s, filter 0.12s;
  }
  button:hover {
    background: var(--hover);
  }
  button:active {
    filter: brightness(0.94);
  }
  button:disabled,
  button[aria-disabled='true'] {
    background: var(--sunken);
    color: var(--soft);
    cursor: not-allowed;
    opacity: 0.75;
    filter: none;
  }
  button.go {
    background: var(--go);
    color: var(--on-go);
  }
  button.stop {
    background: var(--stop);
    color: var(--on-stop);
  }
  button.main {
    background: var(--accent);
    color: var(--on-accent);
  }
  button.go:hover,
  button.stop:hover,
  button.main:hover {
    filter: brightness(1.08);
  }
  button.go:disabled,
  button.stop:disabled,
  button.main:disabled,
  button.main[aria-disabled='true'] {
    background: var(--sunken);
    color: var(--soft);
    filter: none;
  }
  button.bare {
    background: transparent;
    padding-inline: 0.625rem;
  }
  button.bare:hover {
    background: var(--hover);
  }
  /* An icon with its word below, in a row of them. */
  button.worded {
    flex: none;
    flex-direction: column;
    gap: 0;
    padding: 0.25rem;
    font-size: 0.6875rem;
    overflow-wrap: normal;
  }
  button.wide {
    inline-size: 100%;
  }
  button.big {
    min-block-size: 3.5rem;
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  input[type='text'],
  input[type='search'],
  input[type='password'],
  textarea {
    inline-size: 100%;
    min-block-size: 2.75rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--edge);
    border-radius: var(--round-small);
    background: var(--surface);
    color: var(--text);
    font: inherit;
  }
  kbd {
    padding: 0 0.375em;
    border: 1px solid currentColor;
    border-radius: 5px;
    font: inherit;
    font-size: 0.75rem;
    line-height: 1.4;
    opacity: 0.8;
  }
  @media (forced-colors: active) {
    button,
    .card {
      border: 1px solid ButtonBorder;
    }
    button:disabled {
      border-color: GrayText;
      opacity: 1;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

/** A question or list over the page, and the shade behind it. */
export const dialogStyle = css`
  dialog {
    padding: 1.25rem;
    border: 1px solid var(--line);
    border-radius: var(--round);
    background: var(--surface);
    color: var(--text);
    box-shadow: var(--shadow-high);
  }
  dialog::backdrop {
    background: #0007;
  }
  dialog[open]:not(:modal) {
    position: fixed;
    inset: auto 0.75rem 0.75rem auto;
    z-index: 1;
  }
`;

/** The round picture of a person, made of initials. */
export const avatarStyle = css`
  .avatar {
    position: relative;
    display: grid;
    flex: none;
    place-items: center;
    inline-size: var(--avatar, 3rem);
    block-size: var(--avatar, 3rem);
    border-radius: 50%;
    background: var(--accent-soft);
    color: var(--accent);
    font-size: calc(var(--avatar, 3rem) * 0.36);
    font-weight: 650;
  }
  @media (forced-colors: active) {
    .avatar {
      border: 1px solid;
    }
  }
`;
