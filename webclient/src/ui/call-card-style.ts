import {css} from 'lit';

/** How the card of a call looks. */
export const callCardStyle = css`
      :host {
        container-type: inline-size;
      }
      :host(:not([line])),
      .card {
        display: flex;
        flex-direction: column;
      }
      /* Where the window is low the middle scrolls: who it is and the way out stay. */
      .card {
        min-block-size: 0;
        padding: 0;
      }
      .head,
      .end {
        flex: none;
        padding: 0.875rem 1rem;
      }
      .body {
        flex: 0 1 auto;
        min-block-size: 0;
        padding: 0.125rem 1rem 0.25rem;
        overflow-y: auto;
      }
      .head {
        padding-block-end: 0.375rem;
      }
      .body > :first-child {
        margin-block-start: 0;
      }
      .who {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: 0.25rem 0.875rem;
      }
      h2 {
        font-size: 1.25rem;
        line-height: 1.25;
        overflow-wrap: anywhere;
      }
      .line {
        overflow-wrap: anywhere;
      }
      .time {
        align-self: start;
        padding-block-start: 0.125rem;
        font-size: 1.125rem;
        font-variant-numeric: tabular-nums;
      }
      @container (max-width: 300px) {
        .avatar {
          --avatar: 2.5rem;
        }
        .who {
          grid-template-columns: 1fr auto;
          gap: 0.5rem 0.625rem;
        }
        .who > div:not(.avatar) {
          grid-area: 2 / 1 / auto / span 2;
        }
      }
      .place {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 0.5rem;
        margin-block-start: 0.875rem;
      }
      .badge {
        display: inline-flex;
        align-items: center;
        gap: 0.375rem;
        padding: 0.1875rem 0.625rem 0.1875rem 0.5rem;
        border-radius: 99px;
        background: var(--accent-soft);
        color: var(--accent);
        font-size: 0.875rem;
        font-weight: 600;
      }
      .badge .icon {
        inline-size: 1.125rem;
        block-size: 1.125rem;
      }
      .badge.note {
        background: var(--note-soft);
        color: var(--note-text);
      }
      .state {
        font-weight: 600;
      }
      .muted {
        margin-block-start: 0.875rem;
        padding: 1rem;
        border-radius: var(--round-small);
        background: var(--stop);
        color: var(--on-stop);
      }
      .muted p:first-child {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        font-size: 1.375rem;
        font-weight: 700;
        line-height: 1.2;
      }
      .muted p:first-child .icon {
        inline-size: 2rem;
        block-size: 2rem;
      }
      .muted button {
        margin-block-start: 0.75rem;
        background: var(--surface);
        color: var(--text);
      }
      .muted .loud {
        min-block-size: 4.5rem;
        font-size: 1.25rem;
      }
      .loud .icon {
        inline-size: 1.75rem;
        block-size: 1.75rem;
      }
      .muted button:focus-visible {
        outline-color: var(--on-stop);
      }
      .quiet {
        background: var(--stop-soft);
        color: var(--stop-text);
      }
      .auto {
        margin-block-start: 0.875rem;
        padding: 0.75rem 0.875rem;
        border: 1px solid currentColor;
        border-radius: var(--round-small);
        background: var(--note-soft);
        color: var(--note-text);
        overflow-wrap: anywhere;
      }
      .auto button {
        margin-block-start: 0.5rem;
      }
      @media (max-width: 639.98px) {
        .head {
          padding: 0.625rem 0.75rem 0.375rem;
        }
        .end {
          padding: 0.5rem 0.75rem 0.625rem;
        }
        .body {
          padding-inline: 0.75rem;
        }
        .place,
        .muted,
        .auto {
          margin-block-start: 0.5rem;
        }
        .muted {
          padding: 0.625rem;
        }
        .muted p:first-child {
          font-size: 1.125rem;
        }
        .muted p:first-child .icon {
          inline-size: 1.5rem;
          block-size: 1.5rem;
        }
        .muted button {
          margin-block-start: 0.5rem;
        }
        .muted .loud {
          min-block-size: 3.25rem;
        }
      }
      .more {
        display: flex;
        margin-inline-start: auto;
      }
      @media (forced-colors: active) {
        .muted {
          border: 3px solid;
        }
      }
      .end {
        display: grid;
        gap: 0.5rem;
      }
`;
