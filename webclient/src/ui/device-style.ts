import {css} from 'lit';

/** A phone in the list: its picture, its name, its state. */
export const deviceStyle = css`
  .row {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    align-items: center;
    gap: 0 0.75rem;
    padding-block: 0.625rem;
  }
  .sign {
    display: grid;
    place-items: center;
    inline-size: 2.5rem;
    block-size: 2.5rem;
    border-radius: 50%;
    background: var(--sunken);
    color: var(--soft);
  }
  .live .sign {
    background: var(--accent-soft);
    color: var(--accent);
  }
  .name {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .state {
    display: flex;
    align-items: center;
    gap: 0.375rem;
  }
  .state::before {
    content: '';
    flex: none;
    inline-size: 0.625rem;
    block-size: 0.625rem;
    border: 2px solid var(--edge);
    border-radius: 50%;
  }
  .live .state::before {
    border-color: var(--go);
    background: var(--go);
  }
`;
