import type {Words} from './en.js';

export const presence: Words['presence'] = {
  states: {
    available: 'Erreichbar',
    call: 'Im Gespräch',
    dnd: 'Bitte nicht stören',
    busy: 'Beschäftigt',
    away: 'Abwesend',
    phone: 'Nur am Tischtelefon',
    offline: 'Offline',
  },
};
