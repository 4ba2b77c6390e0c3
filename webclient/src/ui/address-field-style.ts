import {css} from 'lit';

export const addressFieldStyle = css`
  :host {
    position: relative;
    flex: 1 1 100%;
    min-inline-size: 0;
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 0.5rem;
  }
  .field {
    flex: 1 1 12rem;
    min-inline-size: 0;
  }
  label {
    display: block;
    margin-block-end: 0.25rem;
    font-size: 0.875rem;
  }
  .box {
    position: relative;
  }
  ul {
    margin-block-start: 0.5rem;
    padding: 0.25rem;
    border: 1px solid var(--edge);
    border-radius: var(--round-small);
    background: var(--raised);
    cursor: pointer;
  }
  :host([over]) {
    z-index: 1;
  }
  :host([over]) ul {
    position: absolute;
    inset: 100% 0 auto;
    box-shadow: var(--shadow-high);
  }
  li {
    display: grid;
    align-content: center;
    min-block-size: 2.75rem;
    scroll-margin-block: 4.5rem; /* the ways to the views may lie over the end of the page */
    padding: 0.25rem 0.5rem;
    border-radius: var(--round-small);
    touch-action: manipulation;
  }
  li:has(> .icon) {
    grid-template-columns: auto minmax(0, 1fr);
    align-items: center;
    gap: 0.5rem;
    color: var(--accent);
  }
  li:hover {
    background: var(--hover);
  }
  li[aria-selected='true'] {
    background: var(--accent-soft);
    outline: 2px solid var(--accent);
    outline-offset: -2px;
  }
  .name {
    font-weight: 600;
  }
  .more {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    min-inline-size: 0;
  }
`;
