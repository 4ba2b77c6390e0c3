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
  .app > *,
  .stage > *,
  .ringing > *,
  .side > * {
    min-inline-size: 0;
  }
  .side,
  .ringing {
    display: grid;
    align-content: start;
    gap: 0.75rem;
  }
  /* In one column all are in one box, so that a call that rings stays in sight from its top to its end. */
  .app {
    display: flex;
    flex-direction: column;
  }
  main,
  .stage {
    display: contents;
  }
  .stage > *,
  .side {
    margin-block-end: 0.75rem;
  }
  .screen dial-pad {
    display: none;
  }
  .ringing {
    --room: calc(100dvh - 1rem - var(--strips, 0) * 5rem);
    position: sticky;
    inset-block-start: 0;
    z-index: 2;
    order: -1;
    max-block-size: calc(var(--room) + 1rem);
    margin: -0.5rem -0.5rem 0.25rem;
    padding: 0.5rem;
    overflow-y: auto;
    overscroll-behavior: contain;
  }
  .ringing > :only-child {
    max-block-size: var(--room);
  }
  [data-strips='1'] {
    --strips: 1;
  }
  [data-strips='2'] {
    --strips: 2;
  }
  .strips {
    position: sticky;
    inset-block-end: 0.5rem;
    z-index: 3;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.5rem;
    inline-size: min(100%, 40rem);
    margin-inline: auto;
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
      display: grid;
      grid-template-columns: minmax(22rem, 26rem) minmax(0, 1fr);
      gap: 1.25rem;
    }
    .stage {
      display: flex;
      flex-direction: column;
    }
    .stage > *,
    .side {
      margin-block-end: 0;
    }
    .ringing {
      margin: -0.5rem;
    }
    .strips {
      margin-block-start: 1.25rem;
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
