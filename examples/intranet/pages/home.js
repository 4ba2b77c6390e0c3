// The whole of it: a way to a token, and links that call.
const phone = document.querySelector('ringsplash-phone');

phone.getToken = async () => {
  const answer = await fetch('/phone-token');
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
};

document.addEventListener('click', event => {
  const link = event.target.closest('a[href^="tel:"], a[href^="sip:"]');
  if (!link) return;
  event.preventDefault();
  phone.call(link.getAttribute('href')).catch(error => say(`call refused: ${error.message}`));
});

const list = document.querySelector('#events');
function say(text) {
  const item = document.createElement('li');
  item.textContent = text;
  list.prepend(item);
  while (list.children.length > 8) list.lastChild.remove();
}

phone.addEventListener('ready', event => say(`ready: ${event.detail.identity.address}`));
phone.addEventListener('incoming', event => say(`incoming: ${event.detail.peer.display || event.detail.peer.address}`));
phone.addEventListener('ended', event => say(`ended: ${event.detail.duration} s`));
phone.addEventListener('error', event => say(`error: ${event.detail.message}`));
