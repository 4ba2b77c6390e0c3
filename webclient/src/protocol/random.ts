/** An id nobody else makes: 32 hexadecimal digits. Works on plain http pages too, unlike randomUUID. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
}
