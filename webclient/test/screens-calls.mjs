// Screens with a call.
import {hush} from './chromium.mjs';
import {
  ago,
  byBob,
  desk,
  directory,
  history,
  incoming,
  lab,
  long,
  media,
  onDesk,
  parts,
  stranger,
  talking,
  unable,
  up,
} from './screen-states.mjs';

/** Ends calls before the eyes of the user, who then stays with one: else they would be gone in a moment. */
const ends = (t, calls) => async (page, gateway) => {
  gateway.push({calls});
  await page.getByRole('button', {name: t.callAgain}).first().focus();
};

export const callScreens = t => [
  {
    name: 'incoming',
    ready: t.incomingCall,
    history,
    parts: parts([incoming()], {devices: [{...desk, ...unable}]}),
    rest: directory,
    act: page => page.getByText(`2002@example.test · ${t.directory.friend}`).waitFor(),
  },
  {
    name: 'incoming-desk',
    ready: t.incomingCall,
    history,
    parts: parts([incoming(stranger)], {devices: [desk, lab]}),
  },
  {
    name: 'incoming-long',
    ready: t.incomingCall,
    history,
    parts: parts([incoming(long)], {devices: [desk, {...desk, id: 'd2', display: 'Desk phone (2)'}]}),
  },
  {
    name: 'incoming-refused',
    ready: t.incomingCall,
    noMicrophone: true,
    history,
    parts: parts([incoming()]),
    async act(page) {
      await page.getByRole('button', {name: t.answerInBrowser}).click();
      await page.getByText(t.microphone.refused).waitFor();
    },
  },
  {
    name: 'calling',
    ready: t.ringsThere,
    history,
    parts: parts([{...talking({direction: 'out', state: 'early', since: ago(4)}), answered: undefined}], media),
    act: up(t),
  },
  {name: 'talking', ready: t.inBrowser, history, parts: parts([talking()], media), act: up(t)},
  {
    name: 'talking-keypad',
    ready: t.inBrowser,
    history,
    parts: parts([talking()], media),
    async act(page) {
      await up(t)(page);
      await page.keyboard.press('4');
      await page.getByRole('button', {name: t.keypad}).first().click();
      for (const digit of ['1', '2', '#'])
        await page.locator('call-card').getByRole('button', {name: digit, exact: true}).click();
    },
  },
  {
    name: 'talking-transfer',
    ready: t.inBrowser,
    history,
    parts: parts([talking(), {...onDesk({state: 'held', heldBy: 'me'}), id: 'c_2', peer: long}], {
      ...media,
      devices: [desk, {...desk, id: 'd2', display: 'Desk phone (2)', primary: false}],
    }),
    async act(page) {
      await up(t)(page);
      await page.keyboard.press('t');
      await page.getByLabel(t.transferTo).waitFor();
    },
  },
  {
    name: 'talking-muted',
    ready: t.inBrowser,
    history,
    parts: parts([talking({microphone: 'muted'})], media),
    act: up(t),
  },
  {
    name: 'talking-held',
    ready: t.swap,
    history,
    parts: parts([talking(), {...onDesk({state: 'held', heldBy: 'me'}), id: 'c_2', peer: stranger}], media),
    act: up(t),
  },
  {name: 'held', ready: t.onHold, history, parts: parts([talking({state: 'held', heldBy: 'me'})], media), act: up(t)},
  {
    name: 'held-other',
    ready: t.heldByOther,
    history,
    parts: parts([talking({state: 'held', heldBy: 'other'})], media),
    act: up(t),
  },
  {
    name: 'second-call',
    ready: t.incomingCall,
    history,
    parts: parts([talking(), {...incoming(stranger), id: 'c_2'}], media),
  },
  {name: 'on-deskphone', ready: t.onDevice('Desk phone'), history, parts: parts([onDesk()])},
  {name: 'on-deskphone-shut', ready: t.microphoneMuted, history, parts: parts([onDesk({microphone: 'shut'})])},
  {
    name: 'on-deskphone-wanted',
    ready: t.unmuteOnPhone,
    history,
    parts: parts([onDesk({microphone: 'wanted'})]),
  },
  {
    name: 'on-deskphone-reminded',
    ready: t.microphoneMuted,
    history,
    parts: parts([
      onDesk({
        microphone: 'shut',
        reason: "Your phone's microphone is still muted. Press Unmute when you want to speak.",
        reasonSentence: {code: 'note.still_muted'},
      }),
    ]),
  },
  {
    name: 'on-deskphone-auto',
    ready: t.autoAnswered(t.grants.friends),
    history,
    parts: parts([onDesk({microphone: 'shut', auto: byBob})]),
  },
  {
    name: 'on-deskphone-auto-open',
    ready: t.autoAnswered(t.grants.addresses),
    history,
    parts: parts([onDesk({auto: {...byBob, grant: 'addresses', by: long}, peer: long})]),
  },
  {
    name: 'grant-removed',
    ready: t.autoAnswered(t.grants.friends),
    history,
    parts: parts([onDesk({microphone: 'shut', auto: byBob})]),
    said: {
      hangup: {
        said: 'The group friends may no longer open your phones.',
        saidSentence: {code: 'revoked.group', args: {group: 'friends'}},
      },
    },
    async act(page) {
      await page.getByRole('button', {name: t.hangUpRemove}).click();
      await page.locator('.notice').waitFor();
    },
  },
  {name: 'other-window', ready: t.inOtherTab, history, parts: parts([talking({here: false})])},
  {
    name: 'ended',
    ready: t.inBrowser,
    history,
    parts: parts([talking(), {...incoming(stranger), id: 'c_2'}]),
    act: ends(t, [
      {
        ...talking({
          state: 'ended',
          since: ago(3),
          reason: 'The call has ended.',
          reasonSentence: {code: 'cause.hang_up'},
          cause: 'normal',
          on: null,
          here: false,
        }),
      },
      {
        ...incoming(stranger),
        id: 'c_2',
        state: 'ended',
        since: ago(20),
        reason: 'The caller hung up before you answered.',
        reasonSentence: {code: 'cause.caller_gone.callee'},
        cause: 'cancelled',
      },
    ]),
  },
  {
    name: 'refused',
    ready: t.ringsThere,
    history,
    parts: parts([{...talking({direction: 'out', state: 'early', since: ago(4)}), answered: undefined}]),
    calls: [
      {
        ...talking({
          direction: 'out',
          state: 'ended',
          on: null,
          here: false,
          since: ago(3),
          reason: 'Nobody has this name or number. Check it and dial again.',
          reasonSentence: {code: 'cause.unknown.caller'},
          cause: 'not_found',
        }),
        answered: undefined,
      },
    ],
    refuse: {
      dismiss: {
        code: 'fault',
        message: 'The gateway did not react in time. Try again.',
        sentence: {code: 'command.timeout'},
      },
    },
    async act(page, gateway) {
      await ends(t, this.calls)(page, gateway);
      await page.getByRole('button', {name: t.dismiss}).click();
      await page.locator('.notice').waitFor();
    },
  },
  {
    name: 'offline-talking',
    ready: t.inBrowser,
    history,
    parts: parts([talking()], media),
    async act(page, gateway) {
      await up(t)(page);
      await page.context().setOffline(true);
      for (const socket of gateway.sockets) socket.terminate();
      await page.getByText(t.reconnectingInCall).waitFor();
    },
  },
  {
    name: 'offline-silent',
    ready: t.inBrowser,
    history,
    parts: parts([talking()], media),
    async act(page, gateway) {
      await up(t)(page);
      gateway.goDown();
      await page.evaluate(hush);
      await page.getByText(t.reconnectingSilent).waitFor();
    },
  },
  {
    name: 'offline-hung-up',
    ready: t.inBrowser,
    history,
    parts: parts([talking()], media),
    async act(page, gateway) {
      await up(t)(page);
      gateway.goDown();
      await page.getByRole('button', {name: t.hangUp}).click();
      await page.locator('ended-card').getByText(t.hungUpHere).waitFor();
    },
  },
  {
    name: 'no-sound',
    ready: t.inBrowser,
    walled: true,
    history,
    parts: parts([talking()], {devices: [desk, lab], ...media}),
    act: page => page.getByText(t.soundHint).waitFor({timeout: 30_000}),
  },
  {
    name: 'pick-up',
    ready: t.pickUp('Desk phone'),
    history,
    parts: parts([onDesk({direction: 'out', state: 'ringing', pickUp: true, answered: undefined, since: ago(4)})]),
  },
];
