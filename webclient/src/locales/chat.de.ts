import type {Words} from './en.js';

export const chat: Words['chat'] = {
  message: 'Nachricht',
  writeTo: name => `Nachricht an ${name}`,
  with: name => `Nachrichten mit ${name}`,
  write: name => `Ihre Nachricht an ${name}`,
  send: 'Senden',
  sending: 'Wird gesendet',
  states: {sent: 'Gesendet', delivered: 'Zugestellt', read: 'Gelesen', failed: 'Nicht gesendet'},
  unproven: 'Absender nicht belegt',
  you: 'Sie',
  mine: text => `Sie: ${text}`,
  typing: name => `${name} schreibt`,
  earlier: 'Frühere Nachrichten zeigen',
  nothing: 'Es wurde noch nichts geschrieben.',
  notLoaded: 'Die Nachrichten konnten nicht geladen werden.',
  hint: 'Enter sendet. Umschalt und Enter beginnen eine neue Zeile.',
  tooLong: 'Das ist zu lang: höchstens 4 kB, etwa 4.000 Buchstaben. Kürzen oder teilen Sie die Nachricht.',
  forget: 'Löschen',
  forgetWith: name => `Löschen: Nachrichten mit ${name}`,
  askForget: name => `Ihre Nachrichten mit ${name} löschen?`,
  forgets: name =>
    `Sie verschwinden auf allen Ihren Geräten und kommen nicht zurück. Bei ${name} bleiben sie erhalten.`,
  forgetSome: 'Gespräche löschen',
  forgetDone: 'Fertig',
  unseen: 'Ein Zeichen, das man nicht sieht',
};
