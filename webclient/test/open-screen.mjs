/** Opens a screen of the list in a page; gives what it is drawn in, the page or the frame in it. */
export async function openScreen(page, gateway, screen) {
  gateway.screen = screen;
  gateway.down = false;
  page.setDefaultTimeout(10_000);
  const inside = screen.framed ? await framed(page, gateway, screen) : page;
  if (!screen.framed) await page.goto(gateway.url);
  await inside.getByText(screen.ready).first().waitFor();
  await screen.act?.(inside, gateway);
  return inside;
}

/** Opens the phone in a page of another site; the frame, or the page itself when there is none. */
async function framed(page, gateway, {framed: attributes}) {
  await page.setViewportSize({width: 360, height: 740});
  await page.goto(gateway.site);
  await page.evaluate(
    async ([url, given]) => {
      await import(`${url}embed.js`);
      document.body.style.margin = '0';
      const phone = document.createElement('ringsplash-phone');
      phone.style.inlineSize = '100%';
      for (const [name, value] of Object.entries(given)) phone.setAttribute(name, value);
      phone.getToken = () => 'token';
      document.querySelector('main').append(phone);
    },
    [gateway.url, attributes],
  );
  if (attributes.gateway) return page;
  return (await page.locator('ringsplash-phone iframe').elementHandle()).contentFrame();
}

/** A screen as those see it whose browser, or whose site around the frame, is German. */
export const inGerman = screen => ({...screen, ...(screen.framed ? {framed: {...screen.framed, lang: 'de'}} : {})});
