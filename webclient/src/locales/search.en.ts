import type {Kind} from '../people/search.js';

/** Words of the search field. */
export const search = {
  suggestions: 'Suggestions',
  found: (n: number) => (n === 1 ? '1 suggestion' : `${n} suggestions`),
  kinds: {
    friend: 'Friend',
    directory: 'Directory',
    colleague: 'Colleague',
    called: 'Called before',
  } as Record<Kind, string>,
  call: (typed: string) => `Call ${typed}`,
  write: (typed: string) => `Message ${typed}`,
  newMessage: 'New message',
  writeTo: 'Name, number or address to write to',
  messages: 'Search in messages',
  messagesFound: (n: number) => (n === 1 ? '1 message' : `${n} messages`),
  newest: (n: number) => `These are the newest ${n}. Type more words to find older ones.`,
  noMessages: (typed: string) => `No message has "${typed}".`,
  searching: 'Searching',
  notSearched: 'The messages could not be searched.',
  away: 'Messages can be searched again when the gateway is back.',
};
