import {css} from 'lit';

/**
 * How the page is laid out. Narrow, up to 640 px: one column below a bar of calls, and the ways to the views at the
 * bottom. Then two columns, the stage beside the views. From 1024 px on three: lists, stage, details.
 */
export const appStyle = css`
  :host {
    min-block-size: 100vh;
    min-block-size: 100dvh;
  }
  .app {
    display: flex;
    flex-direction: column;
    max-inline-size: 108rem;
    margin-inline: auto;
    padding: 0.75rem 0.75rem 5rem;
  }
  .app > *,
  .middle > * {
    min-inline-size: 0;
  }
  .middle {
    display: contents;
  }
  .middle > dial-pad,
  .detail,
  .list {
    margin-block-end: 0.75rem;
  }
  call-stage {
    position: sticky;
    inset-block-start: 0;
    z-index: 3;
    order: -1;
    max-block-size: calc(100dvh - 4rem);
    margin: -0.5rem -0.5rem 0.25rem;
    padding: 0.5rem;
    overflow-y: auto;
    overscroll-behavior: contain;
  }
  app-nav {
    position: fixed;
    inset: auto 0 0;
    z-index: 2;
    padding: 0.25rem 0.25rem max(0.25rem, env(safe-area-inset-bottom));
    border-block-start: 1px solid var(--line);
    background: var(--raised);
  }
  /* A window this low has no room for anything fixed. */
  @media (max-height: 380px) {
    call-stage,
    app-nav {
      position: static;
      max-block-size: none;
    }
    .app {
      padding-block-end: 0.75rem;
    }
  }
  @media (max-width: 639.98px) {
    [data-fills='list'] dial-pad,
    [data-fills='detail'] dial-pad {
      display: none;
    }
  }
  @media (max-width: 1023.98px) {
    [data-fills='none'] :is(.list, .detail),
    [data-fills='list'] .detail,
    [data-fills='detail'] .list {
      display: none;
    }
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
  @media (min-width: 640px) {
    .app {
      display: grid;
      grid-template: auto auto auto auto 1fr / minmax(20rem, 5fr) minmax(0, 7fr);
      gap: 0 1.25rem;
      padding: 1.25rem 1.5rem 2rem;
    }
    app-bar,
    app-nav,
    app-notices {
      grid-column: 1 / -1;
    }
    app-nav {
      position: static;
      margin-block-end: 1rem;
      padding: 0;
      border: 0;
      background: none;
    }
    .middle {
      position: sticky;
      inset-block-start: 0;
      display: flex;
      flex-direction: column;
      grid-row: 4 / -1;
      gap: 1rem;
      align-self: start;
      max-block-size: 100dvh;
      margin: -0.5rem;
      padding: 0.5rem;
      overflow-y: auto;
    }
    .middle > dial-pad {
      flex: none;
      margin-block: 0;
    }
    call-stage {
      flex: none;
      max-block-size: calc(100dvh - 1rem);
      margin: -0.5rem -0.5rem 0;
    }
    .detail,
    .list {
      grid-column: 2;
    }
    .list {
      grid-row: 5;
    }
  }
  @media (min-width: 1024px) {
    .app {
      grid-template: auto auto auto 1fr / minmax(17.5rem, 22rem) minmax(20rem, 1fr) minmax(19rem, 28rem);
    }
    app-notices {
      grid-row: 1;
    }
    app-bar,
    app-nav,
    .list {
      grid-column: 1;
    }
    app-bar {
      grid-row: 2;
    }
    app-nav {
      grid-row: 3;
    }
    .list {
      grid-row: 4;
    }
    .middle {
      grid-area: 2 / 2 / -1;
    }
    .middle > * {
      inline-size: min(100%, 42rem);
      margin-inline: auto;
    }
    .middle > call-stage {
      inline-size: min(100% + 1rem, 43rem);
      margin-inline: max(-0.5rem, 50% - 21.5rem);
    }
    .detail {
      grid-area: 2 / 3 / -1;
    }
  }
  /* Three columns that scroll each for itself, where the window is not low. */
  @media (min-width: 1024px) and (min-height: 640px) {
    .app {
      grid-template-rows: auto auto auto minmax(0, 1fr);
      block-size: 100dvh;
      padding-block: 1.25rem 0;
    }
    .detail,
    .list,
    .middle {
      position: relative; /* what is unseen in them scrolls with them */
      min-block-size: 0;
      max-block-size: none;
      align-self: stretch;
      margin: -0.5rem;
      padding: 0.5rem 0.5rem 1.25rem;
      overflow-y: auto;
    }
    call-stage {
      flex: 0 0 auto;
      max-block-size: calc(100dvh - 1.75rem);
    }
  }
  :host([layout='bar']) {
    min-block-size: 0;
  }
  /* A bar is one column however wide it is, as high as what is in it. */
  :host([layout='bar']) .app {
    display: flex;
    block-size: auto;
    padding-block-end: 0.75rem;
  }
  :host([layout='bar']) .middle {
    display: contents;
  }
  :host([layout='bar']) :is(.list, .detail) {
    max-block-size: none;
    overflow: visible;
  }
  :host([layout='bar']) call-stage {
    position: static;
    max-block-size: none;
  }
  :host([layout='bar']) app-nav {
    position: static;
    order: 1;
    border: 0;
    background: none;
  }
  :host([layout='bar']) call-stage[filled] + dial-pad,
  :host([layout='bar']) [data-place=''] :is(.list, .detail) {
    display: none;
  }
`;
