import {css} from 'lit';

/** How a call that comes looks. */
export const incomingStyle = css`
      :host {
        container-type: inline-size;
        border-radius: var(--round);
      }
      :host,
      .card {
        display: flex;
        flex-direction: column;
      }
      .card {
        min-block-size: 0;
        border-color: var(--accent);
        background: var(--raised);
        box-shadow: var(--shadow);
      }
      .card:focus {
        outline: none;
      }
      .head,
      .who {
        display: flex;
        flex: none;
        align-items: center;
        gap: 0.875rem;
      }
      .head {
        justify-content: space-between;
        color: var(--accent);
        font-weight: 650;
      }
      call-timer {
        color: var(--soft);
        font-weight: 400;
        font-variant-numeric: tabular-nums;
      }
      .who {
        margin-block: 1rem 1.25rem;
      }
      .who > div:last-child {
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      h2 {
        font-size: 1.375rem;
        line-height: 1.2;
      }
      .avatar::before,
      .avatar::after {
        content: '';
        position: absolute;
        inset: 0;
        border: 2px solid var(--accent);
        border-radius: 50%;
        opacity: 0;
        animation: ripple 2.4s ease-out infinite;
      }
      .avatar::after {
        animation-delay: 1.2s;
      }
      @keyframes ripple {
        from {
          opacity: 0.7;
          transform: scale(1);
        }
        to {
          opacity: 0;
          transform: scale(1.55);
        }
      }
      /* Where the window is low, this scrolls: who calls and Decline stay. */
      .answers {
        display: grid;
        flex: 0 1 auto;
        gap: 0.625rem;
        min-block-size: 4.25rem;
        margin: -0.25rem;
        padding: 0.25rem;
        overflow-y: auto;
      }
      .answers p {
        margin-block-start: 0.375rem;
      }
      reply-form {
        grid-column: 1 / -1;
      }
      .decline {
        display: flex;
        flex: none;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin-block-start: 0.625rem;
      }
      .edge {
        border: 2px solid var(--go);
        background: transparent;
        color: var(--text);
      }
      .edge:hover {
        background: var(--hover);
      }
      .edge:disabled {
        border-color: var(--edge);
        border-style: dashed;
      }
      /* In one line: who calls, and what can be pressed. */
      :host([line]) .card {
        display: grid;
        gap: 0.5rem;
        padding: 0.5rem 0.75rem;
      }
      :host([line]) .call {
        display: flex;
        justify-content: space-between;
        gap: 0.75rem;
        min-block-size: 2.75rem;
        padding: 0;
        background: none;
        text-align: start;
      }
      :host([line]) .acts {
        display: flex;
        gap: 0.375rem;
      }
      :host([line]) .acts button {
        flex: 1 1 0;
        flex-direction: column;
        gap: 0;
        min-inline-size: 0;
        padding-inline: 0.25rem;
        font-size: 0.75rem;
      }
      :host([line]) .acts span {
        max-inline-size: 100%;
      }
      :host([line]) .acts .decline {
        margin: 0;
        color: var(--stop-text);
        background: var(--stop-soft);
      }
      .reply,
      .no {
        flex: 1 1 auto;
        padding-inline: 0.5rem;
      }
      .no {
        color: var(--stop-text);
        background: var(--stop-soft);
      }
      .decline .bare {
        flex: none;
        padding-inline: 0.375rem;
      }
      :host([dense]) :is(.avatar, .unable, .answers p) {
        display: none;
      }
      :host([dense]) .who {
        margin-block: 0.25rem 0.75rem;
      }
      :host([dense]) .answers {
        grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr));
      }
      .reply[aria-expanded='true'] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      @container (max-width: 300px) {
        .reply .icon,
        .avatar {
          display: none;
        }
        .who {
          margin-block: 0.625rem 0.875rem;
        }
        h2 {
          font-size: 1.125rem;
        }
      }
      @container (max-width: 420px) {
        .reply {
          flex-basis: 100%;
        }
        /* The buttons need the room. */
        presence-line::part(note) {
          display: none;
        }
      }
      @container (min-width: 480px) {
        .answers {
          grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));
          align-items: start;
        }
      }
`;
