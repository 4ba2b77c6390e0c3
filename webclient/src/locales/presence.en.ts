import type {PresenceState} from '../protocol/messages.js';

/** Words of who is there. */
export const presence = {
  title: 'Your presence',
  own: (word: string) => `Your presence: ${word}`,
  states: {
    available: 'Available',
    call: 'In a call',
    dnd: 'Do not disturb',
    busy: 'Busy',
    away: 'Away',
    phone: 'Deskphone only',
    offline: 'Offline',
  } as Record<PresenceState, string>,
  since: (word: string, time: string) => `${word} since ${time}`,

  // What the user sets
  until: (time: string) => `until ${time}`,
  hint: 'Your colleagues see it in their pages and on the keys of their phones.',
  what: 'What others see',
  set: {
    automatic: 'Automatic',
    available: 'Available',
    busy: 'Busy',
    away: 'Away',
    dnd: 'Do not disturb',
    invisible: 'Appear offline',
  },
  about: {
    automatic: 'What your phones and windows tell: in a call, away after 10 minutes without a hand, offline.',
    available: 'For as long as a phone or a window of yours is there, also when no hand moves.',
    busy: 'Your phones ring all the same.',
    away: 'Your phones ring all the same.',
    dnd: 'None of your phones rings, nor does this page. Callers are told at once that you do not want to be disturbed, and you find them under History. No automatic answers, in Feature Options, is less: with it everything rings.',
    invisible: 'You look as if none of your phones were there. They ring all the same.',
  },
  note: 'Note',
  noteHint: 'For example: back at 3',
  longNote: 'This note is too long. Shorten it to 200 letters; signs that are not Latin count twice or more.',
  howLong: 'Until',
  untils: {
    none: 'I change it',
    kept: (time: string) => `${time}, as it is set`,
    half: '30 minutes from now',
    hour: '1 hour from now',
    afternoon: (time: string) => `This afternoon, ${time}`,
    morning: (time: string) => `Tomorrow morning, ${time}`,
    time: 'Another time',
  },
  time: 'Day and time',
  noTime: 'Write a day and time that is still to come.',
  who: 'Who may see it',
  visible: {
    domain: 'Everybody who has a phone here',
    friends: 'Only those on your friends list',
    nobody: 'Nobody',
  },
  narrowed: 'Saved. Your administrator lets fewer people see it than you chose.',
  save: 'Save',
  offline: 'The gateway cannot be reached, so nothing can be set now.',
};
