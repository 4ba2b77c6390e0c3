import {css} from 'lit';

/** How the page is laid out: one column, or the phone beside its lists. */
export const appStyle = css`
  :host {
    container-type: inline-size;
    min-block-size: 100vh;
    min-block-size: 100dvh;
  }
  .app {
    max-inline-size: 68rem;
    margin-inline: auto;
    padding: 0.75rem;
  }
  main,
  .stage,
  .side {
    display: grid;
    align-content: start;
    gap: 0.75rem;
    min-inline-size: 0;
  }
  main > *,
  .stage > *,
  .side > * {
    min-inline-size: 0;
  }
  .screen dial-pad {
    display: none;
  }
  incoming-call {
    position: sticky;
    inset-block-start: 0.5rem;
    z-index: 2;
  }
  :host([layout='bar']) {
    min-block-size: 0;
  }
  :host([layout='bar']) main {
    grid-template-columns: minmax(0, 1fr);
  }
  :host([layout='bar']) dial-pad:not(:only-child),
  :host([layout='bar']) main:not(.screen) .side {
    display: none;
  }
  .starting {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 1rem;
    min-block-size: 100vh;
    color: var(--soft);
  }
  .logo {
    inline-size: 4rem;
    block-size: 4rem;
  }
  @container (min-width: 820px) {
    .app {
      padding: 1.25rem 1.5rem 2rem;
    }
    main {
      grid-template-columns: minmax(22rem, 26rem) minmax(0, 1fr);
      gap: 1.25rem;
    }
    .screen dial-pad {
      display: block;
    }
    .stage,
    .side {
      gap: 1.25rem;
    }
  }
  @container (min-width: 1180px) {
    .app {
      max-inline-size: 88rem;
    }
    .side {
      grid-template-columns: minmax(0, 1fr) minmax(18rem, 24rem);
    }
    .screen .side {
      grid-template-columns: minmax(0, 1fr);
    }
    device-list {
      order: 1;
    }
  }
`;
