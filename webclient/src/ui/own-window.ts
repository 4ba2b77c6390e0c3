/** Opens the phone's own page beside the site it is embedded in; the calls are the gateway's and show there too. */
export function openWindow(): void {
  open('/', '_blank', 'popup,width=420,height=760,noopener');
}
