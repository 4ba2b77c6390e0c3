import {css} from 'lit';

/** A row for a conversation, or for a message of one. */
export const conversationStyle = css`
  li + li {
    border-block-start: 1px solid var(--line);
  }
  li {
    display: flex;
    align-items: center;
  }
  li button {
    flex: 1;
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    min-inline-size: 0;
    padding: 0.5rem 0.25rem;
    background: none;
    font-weight: 400;
    text-align: start;
  }
  [aria-current] {
    background: var(--accent-soft);
  }
  .avatar {
    --avatar: 2.5rem;
  }
  .what {
    display: grid;
    min-inline-size: 0;
  }
  .name {
    font-weight: 600;
  }
  .failed {
    color: var(--stop-text);
  }
  .side {
    display: grid;
    gap: 0.25rem;
    justify-items: end;
  }
  .count {
    min-inline-size: 1.25rem;
    padding-inline: 0.25rem;
    border-radius: 99px;
    background: var(--stop);
    color: var(--on-stop);
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 1.25rem;
    text-align: center;
  }
  @container (max-width: 300px) {
    li button {
      grid-template-columns: auto minmax(0, 1fr);
      row-gap: 0;
    }
    .avatar {
      grid-row: span 2;
    }
    .side {
      display: flex;
      justify-content: space-between;
    }
  }
`;
