// The same with client.js, for pages that draw the phone themselves. Unless the
// gateway trusts this origin it opens no deskphone from here.
const {gateway} = document.querySelector("#own").dataset;
const {RingsplashClient} = await import(`${gateway}/client.js`);

const phone = new RingsplashClient({
  getToken: async () => {
    const answer = await fetch('/phone-token');
    if (!answer.ok) throw new Error(await answer.text());
    return answer.text();
  },
});
globalThis.phone = phone; // to play with in the console

const show = (id, text) => {
  document.querySelector(`#${id}`).textContent = text;
};
phone.addEventListener('ready', () => show('who', phone.identity.address));
phone.addEventListener('call', event => show('call', `${event.detail.peer.display}: ${event.detail.state}`));
phone.addEventListener('error', event => show('fault', event.detail.message));

for (const [id, act] of Object.entries({
  answer: () => phone.answer('', {on: 'browser'}),
  desk: () => phone.answer('', {on: 'deskphone'}),
  end: () => phone.hangUp(),
})) {
  document.querySelector(`#${id}`).addEventListener('click', () => {
    show('fault', '');
    act().catch(error => show('fault', error.message));
  });
}
phone.start();
