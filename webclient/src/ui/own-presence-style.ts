import {css} from 'lit';

/** How the screen looks on which the user sets his presence. */
export const ownPresenceStyle = css`
  h2 {
    font-size: 1.125rem;
  }
  .now {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.5rem;
    margin-block: 0.25rem;
    font-weight: 600;
  }
  .now .note {
    min-inline-size: 0;
    overflow-wrap: anywhere;
    font-weight: 400;
    unicode-bidi: isolate;
  }
  form {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.75rem;
    margin-block-start: 0.75rem;
  }
  fieldset {
    padding-block: 0.625rem 0;
  }
  fieldset label {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    align-items: center;
    gap: 0 0.75rem;
    clear: both;
    min-block-size: 2.75rem;
    cursor: pointer;
  }
  label span {
    margin: 0 !important;
  }
  fieldset .about {
    grid-column: 2;
    padding: 0;
    margin-block-end: 0.375rem !important;
  }
  input[type='radio'] {
    inline-size: 1.25rem;
    block-size: 1.25rem;
    margin: 0;
    accent-color: var(--accent);
  }
  select,
  input[type='datetime-local'] {
    inline-size: 100%;
    min-inline-size: 0;
    min-block-size: 2.75rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--edge);
    border-radius: var(--round-small);
    background: var(--surface);
    color: var(--text);
    font: inherit;
  }
  .save {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
  }
`;
