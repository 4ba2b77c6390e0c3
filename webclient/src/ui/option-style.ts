import {css} from 'lit';

/** What the Feature Options and the directory share: a switch, a form of one line, a sentence of refusal. */
export const optionStyle = css`
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 0.75rem;
  }
  fieldset {
    margin: 0;
    padding-inline: 0;
    border: 0 solid var(--line);
    border-block-start-width: 1px;
    min-inline-size: 0;
  }
  legend {
    float: inline-start;
    inline-size: 100%;
    padding: 0;
    font-weight: 600;
  }
  .option {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    min-block-size: 2.75rem;
    font-weight: 600;
    cursor: pointer;
  }
  .option input {
    position: relative;
    flex: none;
    inline-size: 2.75rem;
    block-size: 1.625rem;
    margin: 0;
    border: 2px solid var(--edge);
    border-radius: 1rem;
    appearance: none;
    background: var(--sunken);
    cursor: inherit;
    transition: background-color 0.12s;
  }
  .option input::before {
    content: '';
    position: absolute;
    inset-block-start: 0.1875rem;
    inset-inline-start: 0.1875rem;
    inline-size: 1rem;
    block-size: 1rem;
    border-radius: 50%;
    background: var(--edge);
    transition: translate 0.12s;
  }
  .option input:checked {
    border-color: var(--accent);
    background: var(--accent);
  }
  .option input:checked::before {
    background: var(--on-accent);
    translate: 1.125rem;
  }
  .option input:disabled {
    opacity: 0.6;
    cursor: not-allowed;
  }
  .about {
    padding-inline-start: 3.5rem;
  }
  .about strong {
    color: var(--text);
  }
  .fault {
    padding: 0.5rem 0.75rem;
    margin-block: 0.5rem;
    border: 1px solid currentColor;
    border-radius: var(--round-small);
    background: var(--stop-soft);
    color: var(--stop-text);
    overflow-wrap: anywhere;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 0.5rem;
  }
  form label {
    flex: 1 1 12rem;
    min-inline-size: 0;
  }
  textarea {
    display: block;
    inline-size: 100%;
    min-block-size: 2.75rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--edge);
    border-radius: var(--round-small);
    background: var(--surface);
    color: var(--text);
    font: inherit;
    resize: vertical;
  }
  form label span {
    display: block;
    margin-block-end: 0.25rem;
  }
  @media (forced-colors: active) {
    .option input,
    .option input::before {
      appearance: auto;
    }
  }
`;
