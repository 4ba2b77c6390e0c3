/** What is shown beside the calls; "" is Calls: the dial field, past calls and the user's phones. */
export const places = ['', 'options', 'presence', 'friends', 'directory', 'conversations', 'keys'] as const;
export type Place = (typeof places)[number];

/** The place an address of the page names (#friends). */
export function placeOf(hash: string): Place {
  const [, name = ''] = hash.match(/^#(\w+)/) ?? [];
  return places.find(place => place && place === name) ?? '';
}

/** The address of the conversation that an address of the page opens (#conversations/sip%3Abob%40example.test), or "". */
export function openWith(hash: string): string {
  const [, address = ''] = hash.match(/^#conversations\/(.+)/) ?? [];
  try {
    return decodeURIComponent(address);
  } catch {
    return ''; // cut off somewhere on its way
  }
}

/** The address of the page that opens a conversation. */
export function openingWith(address: string): string {
  return `conversations/${encodeURIComponent(address)}`;
}

/** Which columns a place fills where there is no room for both: the lists, the details, or all. */
export function fills(place: Place, chat: boolean): 'both' | 'list' | 'detail' | 'none' {
  if (place === 'keys') return 'none';
  if (place === 'options' || place === 'presence' || chat) return 'detail';
  return place ? 'list' : 'both';
}
