import {css, html, nothing, svg} from 'lit';
import {t} from '../locales/words.js';
import type {PresenceState} from '../protocol/messages.js';

const disc = 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z';
const hole = 'M8 3.25a4.75 4.75 0 1 0 0 9.5 4.75 4.75 0 0 0 0-9.5z';

/** A drawing for each state: whoever sees no colours tells them apart by the shape. */
const shapes: Record<PresenceState, string> = {
  available: disc,
  call: 'M4.3 1.2 6.3 1.6l1.1 3.2-1.6 1.3a9.5 9.5 0 0 0 4.1 4.1l1.3-1.6 3.2 1.1.4 2a1.7 1.7 0 0 1-1.7 2.1C7.2 13.8 2.2 8.8 2.2 2.9a1.7 1.7 0 0 1 2.1-1.7z',
  dnd: `${disc}M3.5 6.5v3h9v-3z`,
  busy: `${disc}M8 3.25a4.75 4.75 0 0 1 0 9.5z`,
  away: `${disc}${hole}M7 4.5h2v3l2.2 1.5-1.1 1.6L7 8.6z`,
  phone: 'M3.5 1.5h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zM4 4v3.5h8V4z',
  offline: `${disc}${hole}`,
};

/** What a dot needs of the element it stands in. */
export const dotStyle = css`
  .presence {
    display: inline-flex;
    align-items: baseline;
    gap: 0.375em;
    min-inline-size: 0;
  }
  .presence svg {
    flex: none;
    align-self: center;
    inline-size: 0.75rem;
    block-size: 0.75rem;
    fill: currentColor;
    fill-rule: evenodd;
  }
  .presence .available,
  .presence .phone {
    color: var(--go);
  }
  .presence .call,
  .presence .dnd,
  .presence .busy {
    color: var(--stop);
  }
  .presence .away {
    color: var(--note-text);
  }
  .presence .offline {
    color: var(--soft);
  }
  @media (forced-colors: active) {
    .presence svg[class] {
      color: inherit;
    }
  }
`;

/**
 * Somebody's presence: a dot, and its word beside it or for a screen reader alone. The element needs `dotStyle`, and
 * `shared` for the unseen word.
 */
export function presenceDot(
  state: PresenceState,
  word: 'beside' | 'unseen' = 'beside',
  text = t.presence.states[state],
) {
  return html`<span class="presence"
    ><svg class=${state} viewBox="0 0 16 16" aria-hidden="true" focusable="false">${svg`<path d=${shapes[state]} />`}</svg
    ><span class=${word === 'unseen' ? word : nothing}>${text}</span></span
  >`;
}
