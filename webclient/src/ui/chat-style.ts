import {css} from 'lit';

export const chatStyle = css`
  :host {
    display: flex;
    flex-direction: column;
    container-type: inline-size;
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem;
  }
  header > div {
    min-inline-size: 0;
  }
  header button {
    flex: none;
  }
  header > div {
    flex: 1;
    min-inline-size: 0;
  }
  @container (max-width: 300px) {
    header {
      flex-wrap: wrap;
      justify-content: end;
    }
    header > div {
      flex-basis: 100%;
    }
  }
  h2 {
    font-size: 1.125rem;
    overflow-wrap: anywhere;
  }
  .log {
    position: relative; /* what is unseen in it scrolls with it */
    flex: 1 1 auto;
    min-block-size: 8rem;
    max-block-size: max(9rem, 100dvh - 28rem);
    margin-block: 0.75rem;
    padding: 0.25rem;
    border-block: 1px solid var(--line);
    overflow-y: auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
  }
  @container (max-width: 420px) {
    presence-line::part(note) {
      display: none;
    }
  }
  /* The pane has a column for itself. */
  @media (min-width: 1024px) and (min-height: 640px) {
    :host {
      block-size: 100%;
      min-block-size: 22rem;
    }
    .log {
      max-block-size: none;
    }
  }
  li {
    display: flex;
    flex-direction: column;
    align-items: start;
    margin-block: 0.5rem;
  }
  .mine {
    align-items: end;
  }
  .text {
    max-inline-size: min(100%, 32rem);
    padding: 0.375rem 0.75rem;
    border: 1px solid transparent;
    border-radius: var(--round-small);
    background: var(--sunken);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    unicode-bidi: isolate;
  }
  .mine .text {
    background: var(--accent-soft);
  }
  .failed .text {
    border-color: var(--stop-text);
    background: var(--stop-soft);
  }
  .sought .text {
    border-color: var(--accent);
    box-shadow: 0 0 0 1px var(--accent);
  }
  .failed .foot {
    color: var(--stop-text);
  }
  .foot {
    max-inline-size: 100%;
    overflow-wrap: anywhere;
  }
  .mine .foot {
    text-align: end;
  }
  a {
    color: inherit;
  }
  .typing {
    min-block-size: 1.25rem;
  }
  form {
    display: flex;
    align-items: end;
    gap: 0.5rem;
  }
  label {
    flex: 1 1 auto;
    min-inline-size: 0;
  }
  form button {
    flex: none;
  }
  textarea {
    display: block;
    max-block-size: 10rem;
    resize: none;
    field-sizing: content;
  }
  .fault {
    color: var(--stop-text);
  }
  form + p {
    margin-block-start: 0.375rem;
  }
`;
