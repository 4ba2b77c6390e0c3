import {chat} from './chat.de.js';
import type {Words} from './en.js';
import {sentences} from './gateway.de.js';
import {presence} from './presence.de.js';
import {problems} from './problems.de.js';
import {reply} from './reply.de.js';
import {search} from './search.de.js';
import type {Language} from './words.js';

const number = (n: number) => n.toLocaleString('de');

const words: Words = {
  lang: 'de',
  product: 'Ringsplash',

  // Log-in
  logIn: 'Anmelden',
  loggingIn: 'Anmeldung läuft',
  logOut: 'Abmelden',
  welcome: 'Ihr Telefon im Browser',
  name: 'Benutzername',
  password: 'Passwort',
  showPassword: 'Passwort anzeigen',
  language: 'Sprache',
  browsersLanguage: 'Wie im Browser',
  gatewayAway: 'Das Gateway ist nicht erreichbar. Prüfen Sie Ihre Netzwerkverbindung und versuchen Sie es noch einmal.',
  logInFailed: 'Die Anmeldung hat nicht funktioniert. Versuchen Sie es noch einmal.',
  starting: 'Verbindung zu Ihrem Telefon wird hergestellt',

  // Answering
  incomingCall: 'Eingehender Anruf',
  browser: 'Browser',
  answerInBrowser: 'Im Browser annehmen',
  answerOn: device => `Auf ${device} annehmen`,
  startsMuted: 'Das Mikrofon ist dabei zunächst stummgeschaltet.',
  decline: 'Ablehnen',
  unverified: 'Anrufer nicht geprüft',
  notAnswerable: device => `${device} kann den Anruf jetzt nicht für Sie annehmen.`,
  calling: name => `${name} ruft an`,

  // In a call
  inBrowser: 'In diesem Browser',
  inOtherTab: 'In einem anderen Fenster',
  onDevice: device => `Auf ${device}`,
  talkOnDevice: device => `Sie sprechen über ${device}. Die Tasten hier wirken trotzdem.`,
  talkElsewhere:
    'Sie sprechen in einem anderen Fenster dieses Browsers oder an einem anderen Computer. Die Tasten hier wirken trotzdem.',
  dialling: 'Wird gewählt',
  ringsThere: 'Es klingelt',
  pickUp: device => `Heben Sie ${device} ab`,
  connecting: 'Ton wird verbunden',
  soundAbsent: port =>
    `Kein Ton: Dieser Computer erreicht das Gateway weder über UDP noch über TCP auf dem Port ${port}.`,
  soundFailed: why => `Der Ton dieses Gesprächs konnte nicht eingerichtet werden: ${why}`,
  soundHint:
    'Sie und Ihr Gegenüber können sich hier nicht hören. Vielleicht sperrt eine Firewall diesen Port: Fragen Sie Ihre Systemverwaltung.',
  noSoundHere: 'Kein Ton',
  gatewayAbsent: 'Kein Ton: Das Gateway ist nicht erreichbar.',
  onHold: 'Gehalten',
  heldByOther: 'Von der Gegenseite gehalten',
  hangUp: 'Auflegen',
  hangUpRemove: 'Auflegen und Erlaubnis entziehen',
  autoAnswered: grant => `Automatisch angenommen: ${grant}`,
  autoBy: (name, device) => `${name} hat ${device} den Anruf automatisch annehmen lassen.`,
  grants: {
    public: 'Alle',
    friends: 'Freunde',
    directory: 'Telefonbuch',
    addresses: 'Adressen',
  },
  mute: 'Stummschalten',
  unmute: 'Mikrofon einschalten',
  hold: 'Halten',
  resume: 'Fortsetzen',
  transfer: 'Vermitteln',
  transferTo: 'Name oder Nummer, an die vermittelt wird',
  transferNow: 'Jetzt vermitteln',
  transferWith: name => `Mit ${name} verbinden`,
  transferWithHint: 'Die beiden sprechen ohne Sie weiter.',
  swap: 'Wechseln',
  join: 'Beide verbinden',
  moveTo: device => `Auf ${device} umlegen`,
  moveToBrowser: 'In den Browser umlegen',
  keypad: 'Wähltasten',
  sentDigits: 'Gesendete Ziffern',
  microphoneMuted: 'Mikrofon stumm',
  microphoneOpen: 'Mikrofon eingeschaltet',
  resumed: 'Gespräch fortgesetzt',
  unmuteHint: 'Die Gegenseite kann Sie nicht hören.',
  unmuteOnPhone: 'Schalten Sie das Mikrofon am Telefon ein',
  talkTime: 'Gesprächsdauer',
  showCall: 'Das ganze Gespräch zeigen',
  fold: 'Einklappen',

  // After a call
  callEnded: 'Gespräch beendet',
  hungUpHere: 'Sie haben aufgelegt. Das Gateway erfährt es, sobald es wieder erreichbar ist.',
  callGone: name => `Das Gespräch mit ${name} ist zu Ende gegangen, während das Gateway nicht erreichbar war.`,
  missedCall: 'Verpasster Anruf',
  lasted: time => `Dauer ${time}`,
  callAgain: 'Erneut anrufen',
  callBack: 'Zurückrufen',
  dismiss: 'Ausblenden',

  // Dialling
  dialLabel: 'Name oder Nummer',
  call: 'Anrufen',
  intercom: 'Direkt ansprechen',
  intercomShort: 'Direkt',
  intercomName: name => `${name} direkt ansprechen`,
  intercomHint:
    'Direktansprechen bittet das andere Telefon, automatisch anzunehmen. Ist das dort nicht freigegeben, klingelt es.',
  callName: name => `${name} anrufen`,
  callFrom: 'Anrufen über',
  thisBrowser: 'Dieser Browser',
  nothingToDial: 'Geben Sie zuerst einen Namen oder eine Nummer ein.',
  showKeypad: 'Wähltasten anzeigen',
  hideKeypad: 'Wähltasten ausblenden',
  backspace: 'Letzte Ziffer löschen',

  // Views
  views: 'Ansichten',
  people: 'Personen',
  calls: 'Anrufe',
  keysView: 'Tasten',
  conversations: 'Nachrichten',
  noConversations: 'Noch keine Unterhaltungen. Mit „Neue Nachricht“ beginnen Sie eine.',
  unreadMessages: n => `${number(n)} ungelesen`,
  chat,
  reply,
  presence,
  search,

  // Devices and history
  devices: 'Ihre Telefone',
  device: {
    setUpShort: 'Einrichten',
    setUp: name => `${name} einrichten`,
    myDesk: 'Mein Platz',
    isDesk: 'In diesem Browser ist es das Telefon an Ihrem Platz.',
    makeDesk: 'Als mein Platz festlegen',
    aboutDesk: 'Hier steht es beim Annehmen an erster Stelle, und die Taste A nimmt darauf an.',
    isMain: 'Es ist Ihr Haupttelefon.',
    makeMain: 'Zum Haupttelefon machen',
    aboutMain: 'Auf ihm wird angenommen, wenn jemand mit Ihrer Freigabe darum bittet.',
    interworking: 'Darf automatisch annehmen',
    interworkingOn:
      'Auf Ihren Klick hin oder für alle, die Sie unter Leistungsmerkmale zulassen. Das Mikrofon ist dabei zunächst stummgeschaltet.',
    interworkingOff:
      'Es darf nicht von selbst annehmen: Es klingelt, bis jemand abhebt. Von hier aus können Sie darauf nicht annehmen.',
    fixed: 'Das legt die Konfigurationsdatei des Gateways fest. Bitten Sie die Systemverwaltung, es zu ändern.',
    test: 'Mein Tischtelefon testen',
    testing: 'Test läuft',
    aboutTest:
      'Probiert aus, wie es sich zum automatischen Annehmen bringen lässt, und merkt sich, was funktioniert. Lassen Sie den Hörer aufgelegt.',
    testGoesOn: name =>
      `${name} wird auf eine Art nach der anderen zum Annehmen aufgefordert. Das dauert jeweils einige Sekunden; lassen Sie den Hörer aufgelegt.`,
    press: key => `Drücken Sie jetzt ${key} am Telefon. So zeigt sich, ob diese Taste das Mikrofon einschalten kann.`,
    testNeedsPhone: name => `${name} ist nicht registriert. Prüfen Sie, ob es eingeschaltet ist, und testen Sie dann.`,
    testNeedsInterworking: 'Es darf nicht automatisch annehmen, also gibt es nichts zu testen.',
  },
  registered: 'Registriert',
  notRegistered: 'Nicht registriert',
  mainPhone: 'Haupttelefon',
  noDevices: 'Für Sie ist kein Tischtelefon eingerichtet. Anrufe klingeln in diesem Browser.',
  browserReady: 'Bereit',
  tabs: n => (n === 1 ? 'Ein Fenster offen' : `${number(n)} Fenster offen`),
  tabRings: 'dieses klingelt',
  history: 'Anrufliste',
  historyEmpty: 'Noch keine Anrufe.',
  showOlder: 'Ältere anzeigen',
  historyFailed: 'Die Anrufliste konnte nicht geladen werden.',
  retry: 'Noch einmal versuchen',
  missed: 'Verpasst',
  missedCalls: n => `${number(n)} verpasst`,
  times: n => `${number(n)}-mal`,
  incoming: 'Eingehend',
  outgoing: 'Ausgehend',

  // Directory
  closeScreen: title => `${title} schließen`,
  directory: {
    title: 'Telefonbuch',
    search: 'Im Telefonbuch suchen',
    empty: 'Hier steht noch niemand. Fügen Sie jemanden hinzu oder importieren Sie eine Datei.',
    notFound: words => `Zu „${words}“ passt niemand.`,
    more: n => `Weitere anzeigen (${number(n)})`,
    addSomebody: 'Jemanden hinzufügen',
    display: 'Anzeigename',
    addresses: 'Adressen oder Nummern, eine je Zeile',
    note: 'Notiz',
    friend: 'Freund',
    add: 'Ins Telefonbuch aufnehmen',
    save: 'Speichern',
    edit: 'Ändern',
    change: name => `${name} ändern`,
    addShort: 'Aufnehmen',
    addPeer: name => `${name} ins Telefonbuch aufnehmen`,
    callAt: (name, address) => `${name} unter ${address} anrufen`,
    added: name => `${name} wurde ins Telefonbuch aufgenommen`,
    friendOf: name => `${name} gehört zu den Freunden`,
    friendNow: name => `${name} gehört jetzt zu den Freunden`,
    friendNoMore: name => `${name} gehört nicht mehr zu den Freunden`,
  },
  friends: {
    title: 'Freunde',
    search: 'Unter Freunden suchen',
    empty: 'Sie haben hier noch keine Freunde. Fügen Sie jemanden hinzu oder drücken Sie im Telefonbuch auf den Stern.',
    add: 'Freund hinzufügen',
  },
  files: {
    title: 'Importieren oder exportieren',
    hint: 'Eine vCard-Datei (.vcf) oder eine CSV-Tabelle, deren erste Zeile die Spalten display, address, note und friend nennt.',
    choose: 'Datei importieren',
    reading: 'Import läuft',
    saveAs: kind => `Als ${kind} exportieren`,
    leftOut: 'Ausgelassen',
    line: (line, problem) => `Zeile ${line}: ${problem}`,
    more: n => `${number(n)} weitere`,
    did: (added, merged, left) =>
      [
        added === 1 ? '1 Person wurde hinzugefügt.' : `${added ? number(added) : 'Keine'} Personen wurden hinzugefügt.`,
        merged === 1
          ? '1 war schon da; was dort fehlte, wurde ergänzt.'
          : merged && `${number(merged)} waren schon da; was dort fehlte, wurde ergänzt.`,
        left === 1 ? '1 wurde ausgelassen:' : left && `${number(left)} wurden ausgelassen:`,
      ]
        .filter(Boolean)
        .join(' '),
  },

  // Feature Options
  options: {
    title: 'Leistungs\u00admerkmale', // too long for a narrow window
    hint: 'Wer außer Ihnen Ihr Tischtelefon automatisch annehmen lassen darf. Ihre eigenen Klicks brauchen keine Freigabe. Das Mikrofon ist dabei immer zunächst stummgeschaltet; Sie schalten es hier ein.',
    loading: 'Wird geladen',
    conflict:
      'Das wurde inzwischen anderswo geändert, vielleicht von Ihnen in einem anderen Fenster. Hier steht es, wie es jetzt ist; wiederholen Sie Ihre Änderung.',
    saved: 'Gespeichert',
    groups: {
      public: 'Alle zulassen',
      friends: 'Freunde zulassen',
      directory: 'Telefonbuch zulassen',
      addresses: 'Adressen zulassen',
    },
    about: {
      public: 'Alle, die Sie anrufen können.',
      friends: n => `Einträge Ihres Telefonbuchs, die als Freund markiert sind (${number(n)}).`,
      directory: n => `Alle in Ihrem persönlichen Telefonbuch (${number(n)}).`,
      addresses: 'Die Adressen in dieser Liste.',
    },
    included: wider => `In „${wider}“ enthalten.`,
    forbidden: 'Ihre Systemverwaltung lässt das bei niemandem zu.',
    show: 'Anzeigen',
    showGroup: group => (group === 'friends' ? 'Freunde anzeigen' : 'Telefonbuch anzeigen'),
    phoneMay: device => `${device} darf automatisch annehmen.`,
    phoneMayNot: device => `${device} darf nicht automatisch annehmen: Es klingelt, bis jemand abhebt.`,
    switchOn: 'Unter „Ihre Telefone“ einrichten',
    inForce: (addresses, domains) => {
      const many = (n: number, one: string, more: string) => (n ? [`${number(n)} ${n === 1 ? one : more}`] : []);
      const all = [...many(addresses, 'Adresse', 'Adressen'), ...many(domains, 'Domain', 'Domains')];
      return `Es gilt: ${all.join(' und ')}.`;
    },
    everybody: 'Es gilt: alle, die Sie anrufen können.',
    nobody: 'Es gilt: Niemand außer Ihnen kann Ihr Tischtelefon annehmen lassen.',
    disturbed:
      '„Keine automatische Annahme“ ist eingeschaltet, also kann jetzt niemand davon Ihr Telefon öffnen. Die Anrufe klingeln.',
    last: (who, what, when) => `Zuletzt: ${who} (${what}), ${when}`,
    whileOnCall: 'Während eines Gesprächs',
    ringNormally: 'Normal klingeln',
    holdAndAnswer: 'Gespräch halten und annehmen',
    doNotDisturb: 'Keine automatische Annahme',
    aboutDisturb: 'Nur Ihr eigener Klick lässt ein Tischtelefon annehmen. Alles andere klingelt wie sonst.',
    askPublic: 'Sollen alle Ihr Telefon öffnen dürfen?',
    warnPublic:
      'Alle, die Sie anrufen können, ob bekannt oder nicht, können dann Ihr Tischtelefon automatisch annehmen lassen und sind in Ihrem Raum zu hören.',
    allowEverybody: 'Alle zulassen',
    cancel: 'Abbrechen',
    allowedAddresses: 'Zugelassene Adressen',
    listIdle: 'Die Liste bleibt erhalten, zählt aber nicht, solange „Adressen zulassen“ ausgeschaltet ist.',
    addressLabel: 'user@domain, Domain, Nummer oder IP-Adresse',
    add: 'Hinzufügen',
    added: address => `${address} wurde hinzugefügt`,
    removeShort: 'Entfernen',
    remove: address => `${address} entfernen`,
    removed: address => `${address} wurde entfernt`,
    reach: {
      one: address => address,
      users: domain => `${domain}, alle dort`,
      subdomains: domain => `${domain}, alle in den Subdomains`,
    },
    question: 'Könnte diese Adresse jetzt mein Telefon öffnen?',
    requester: 'Name, Adresse oder Nummer',
    check: 'Prüfen',
    yes: device => `Ja, ${device} würde annehmen.`,
    no: device => `Nein, ${device} würde nicht automatisch annehmen.`,
    decisions: 'Letzte Entscheidungen',
    refresh: 'Aktualisieren',
    noDecisions: 'Noch niemand hat darum gebeten.',
    decisionsFailed: 'Die Liste der Entscheidungen konnte nicht geladen werden. Versuchen Sie es noch einmal.',
    allowed: 'Zugelassen',
    refused: 'Abgelehnt',
    withheld: 'Unterdrückte Adresse',
  },

  // State of the line
  online: 'Verbunden',
  reconnecting: 'Wird neu verbunden',
  offline: 'Nicht verbunden',
  reconnectingInCall: 'Verbindung wird wiederhergestellt, Ihr Gespräch läuft weiter',
  reconnectingSilent:
    'Verbindung wird wiederhergestellt. Es kommt kein Ton an, vielleicht ist Ihr Gespräch also zu Ende.',
  reconnectingDevice: device =>
    `Verbindung wird wiederhergestellt. Ob Ihr Gespräch weiterläuft, hören Sie auf ${device}.`,
  reconnectingElsewhere:
    'Verbindung wird wiederhergestellt. Dieses Fenster kann nicht erkennen, ob Ihr Gespräch weiterläuft.',
  reconnectingIdle: 'Verbindung wird wiederhergestellt. Bis dahin erreichen Anrufe dieses Fenster nicht.',
  elsewhere: 'Dieses Telefon ist in einem anderen Fenster geöffnet.',
  useHere: 'Hier verwenden',
  newBuild: 'Eine neue Version dieser Seite liegt bereit.',
  outdated:
    'Diese Seite ist zu alt für das Gateway. Laden Sie sie neu; hilft das nicht, fragen Sie Ihre Systemverwaltung.',
  badIceServers: why =>
    `Ihre Systemverwaltung muss media.ice_servers des Gateways berichtigen, womit dieser Browser nichts anfangen kann: ${why}`,
  fault: 'Das Gateway hat diese Seite nicht verstanden. Laden Sie sie neu, wenn Anrufe nicht funktionieren.',
  notLoaded: 'Dieser Teil der Seite konnte nicht geladen werden. Prüfen Sie Ihr Netz und laden Sie die Seite dann neu.',
  reload: 'Neu laden',
  close: 'Schließen',
  lost: 'Die Verbindung zum Gateway ist abgebrochen. Versuchen Sie es noch einmal, wenn es wieder erreichbar ist.',
  noReply: 'Das Gateway antwortet nicht. Versuchen Sie es gleich noch einmal.',
  notDone: 'Das Gateway konnte das nicht ausführen. Versuchen Sie es noch einmal.',
  enableSound: 'Ton einschalten',
  noSound:
    'Der Browser gibt dieser Seite keinen Ton. Prüfen Sie, ob der Computer einen Lautsprecher oder ein Headset hat; bis dahin sind Anrufe hier nur zu sehen.',
  soundBlocked: 'Der Browser hält diese Seite stumm, bis Sie ihren Ton zulassen.',

  // In a page of another site
  embed: {
    click:
      'Das öffnet das Mikrofon eines Tischtelefons, deshalb braucht es einen Klick im Telefon selbst. Ein Skript der Seite ringsum darf es nur, wenn die Systemverwaltung des Gateways für deren Adresse unter http.embed_origins trusted: true setzt.',
    covered:
      'Etwas von der Seite ringsum verdeckt das Telefon, macht es durchscheinend oder verkleinert es. Deshalb galt dieser Klick nicht: Er öffnet das Mikrofon eines Tischtelefons. Wer die Seite betreibt, muss das Telefon unverändert zeigen oder das Gateway der Seite vertrauen lassen (trusted: true).',
    strayKey:
      'Die Seite ringsum hat die Tastatur hierher gelenkt. Deshalb galt dieser Tastendruck nicht: Er hätte das Mikrofon eines Tischtelefons geöffnet. Drücken Sie auf die Schaltfläche.',
    title: 'Das Telefon ist nicht verbunden',
    noToken: 'getToken der Seite muss ein Token als Text zurückgeben.',
    tokenFailed: why => `Die Seite gibt dem Telefon kein Token: ${why}`,
    tokenLate: seconds => `getToken der Seite hat ${seconds} Sekunden lang kein Token geliefert.`,
    waiting: 'Die Seite ringsum meldet Sie gleich an',
    window: 'Eigenes Fenster',
    ownWindow: 'Eigenes Fenster öffnen',
    noCall: 'Diesen Anruf gibt es nicht.',
    choose: 'Wählen Sie im Telefon, wo Sie annehmen.',
    noDeskphone: 'Kein Tischtelefon kann diesen Anruf jetzt annehmen. Nehmen Sie ihn im Browser an.',
    unknown: name => `Das Telefon hat keine Methode ${name}.`,
    askCall: address => `${address} anrufen?`,
    cancel: 'Abbrechen',
  },

  // Microphone
  microphone: {
    refused:
      'Der Browser lässt diese Seite das Mikrofon nicht benutzen. Erlauben Sie es in der Adressleiste und versuchen Sie es noch einmal.',
    framed:
      'Die Seite ringsum gibt das Mikrofon nicht an das Telefon weiter. Wer sie betreibt, muss es erlauben: Ihr Header Permissions-Policy muss bei microphone die Adresse dieses Gateways nennen.',
    missing: 'Es wurde kein Mikrofon gefunden. Schließen Sie eines an und versuchen Sie es noch einmal.',
    busy: 'Das Mikrofon ließ sich nicht öffnen; vielleicht benutzt es ein anderes Programm. Schließen Sie dieses und versuchen Sie es noch einmal.',
    insecure: 'Browser öffnen das Mikrofon nur auf https-Seiten. Öffnen Sie diese Seite unter ihrer Adresse mit https.',
    gone: 'Das Mikrofon wurde getrennt. Die Gegenseite kann Sie nicht hören.',
  },
  deskphoneInstead: device => `Sie können weiterhin ${device} benutzen.`,

  // Keys
  shortcuts: 'Tastenkürzel',
  shortcutsShort: 'Tastenkürzel',
  shortcutsHint: 'Sie gelten, solange Sie nicht schreiben. Schalten Sie aus, was Sie nicht brauchen.',
  keys: {
    A: 'Auf Ihrem Tischtelefon annehmen',
    B: 'Im Browser annehmen',
    M: 'Mikrofon stumm oder ein',
    H: 'Halten oder fortsetzen',
    T: 'Vermitteln',
    E: 'Auflegen (zweimal drücken)',
    '0-9': 'Ziffern im Gespräch senden (auch * und #)',
    '/': 'Zum Wählfeld',
    Esc: 'Schließen, was offen ist',
    '?': 'Diese Liste anzeigen',
  },
};

export const german: Language = {words, sentences: {...sentences, ...problems}};
