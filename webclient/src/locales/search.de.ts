import type {Words} from './en.js';

export const search: Words['search'] = {
  suggestions: 'Vorschläge',
  found: n => (n === 1 ? '1 Vorschlag' : `${n} Vorschläge`),
  kinds: {friend: 'Freund', directory: 'Telefonbuch', colleague: 'Intern', called: 'Früherer Anruf'},
  call: typed => `${typed} anrufen`,
  write: typed => `Nachricht an ${typed}`,
  newMessage: 'Neue Nachricht',
  writeTo: 'Name, Nummer oder Adresse des Empfängers',
  messages: 'In Nachrichten suchen',
  messagesFound: n => (n === 1 ? '1 Nachricht' : `${n} Nachrichten`),
  newest: n => `Das sind die neuesten ${n}. Mit weiteren Wörtern finden Sie ältere.`,
  noMessages: typed => `In keiner Nachricht steht „${typed}“.`,
  searching: 'Wird gesucht',
  notSearched: 'Die Nachrichten konnten nicht durchsucht werden.',
  away: 'Nachrichten können wieder durchsucht werden, sobald das Gateway zurück ist.',
};
