import type {PresenceState} from '../protocol/messages.js';

/** Words of who is there. */
export const presence = {
  states: {
    available: 'Available',
    call: 'In a call',
    dnd: 'Do not disturb',
    busy: 'Busy',
    away: 'Away',
    phone: 'Deskphone only',
    offline: 'Offline',
  } as Record<PresenceState, string>,
};
