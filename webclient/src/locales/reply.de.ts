import type {Words} from './en.js';

export const reply: Words['reply'] = {
  with: 'Mit Nachricht antworten',
  callBack: 'Ich rufe zurück',
  meeting: 'In einer Besprechung',
  onWay: 'Bin unterwegs',
  own: name => `Eigene Worte an ${name}`,
  ownShort: 'Eigene Worte',
  send: 'Senden und ablehnen',
  declines: 'Jeder sendet seinen Text und lehnt den Anruf ab.',
  sent: name => `Abgelehnt, mit einer Nachricht an ${name}.`,
  sentOnly: name => `Die Nachricht an ${name} ist gesendet. Der Anruf war schon vorbei.`,
  notSent: why => `Nicht gesendet, der Anruf klingelt weiter. ${why}`,
  without: 'Ohne Nachricht ablehnen',
  where: 'Diese Texte ändern Sie unter Nachrichten.',
  title: 'Schnelle Antworten',
  about: 'Antworten auf einen Anruf, den Sie nicht annehmen können. Sie bleiben in diesem Browser.',
  text: n => `Schnelle Antwort ${n}`,
  add: 'Text hinzufügen',
  remove: n => `Schnelle Antwort ${n} entfernen`,
  removeShort: 'Entfernen',
};
