/** What is shown beside the calls; "" is Calls: the dial field, past calls and the user's phones. */
export const places = ['', 'options', 'friends', 'directory', 'conversations', 'keys'] as const;
export type Place = (typeof places)[number];

/** The place an address of the page names (#friends). */
export function placeOf(hash: string): Place {
  return places.find(place => place && hash === `#${place}`) ?? '';
}

/** Which columns a place fills where there is no room for both: the lists, the details, or all. */
export function fills(place: Place): 'both' | 'list' | 'detail' | 'none' {
  if (place === 'keys') return 'none';
  if (place === 'options') return 'detail';
  return place ? 'list' : 'both';
}
