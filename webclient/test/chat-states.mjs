// Conversations as a gateway would send them.
import {ago, bob, long} from './screen-states.mjs';

export const eve = {display: 'Eve Park', address: 'sip:2003@example.test'};

/** A message of a peer, sent so many seconds ago; ids grow with time. */
export const message = (number, seconds, text, more) => ({
  id: `01KG9Q6YV0ZZZZZZZZZZZZ${String(number).padStart(4, '0')}`,
  time: ago(seconds),
  mine: false,
  text,
  state: 'delivered',
  ...more,
});

export const failure = to => ({
  state: 'failed',
  cause: `${to} takes no text messages.`,
  causeSentence: {code: 'message.not_taken', args: {to}},
});

/** Oldest first. */
export const talk = [
  message(1, 90000, 'Good morning. The drawing of the pump is at https://files.example.test/pump?id=12, have a look.', {
    state: 'read',
  }),
  message(2, 7300, 'Thank you, I see it.\nThe flange is the old one, is it not?', {mine: true, state: 'read'}),
  message(
    3,
    7200,
    'Yes. The new one comes with the next delivery, the number is 4711-AHVC-889913-9987776655443322110099887766.',
    {
      state: 'read',
    },
  ),
  message(4, 600, 'Then I order two of them.', {mine: true, state: 'delivered'}),
  message(5, 300, 'Can I call you now?', {mine: true, ...failure('Bob Stone')}),
  message(6, 60, 'שלום, in five minutes.', {unproven: true}),
];

export const conversation = (peer, last, more) => ({
  with: {address: peer.address, display: peer.display},
  last,
  unread: 0,
  typing: false,
  ...more,
});

export const conversations = [
  conversation(bob, talk.at(-1), {unread: 2}),
  conversation(eve, message(4, 4000, 'Are you there?', {mine: true, ...failure('Eve Park')})),
  conversation(
    long,
    message(3, 90000, 'The order is on its way, and the invoice follows by mail.', {mine: true, state: 'read'}),
  ),
  conversation({display: '', address: 'sip:+493012345678@carrier.example'}, message(2, 900000, 'Ok', {state: 'read'}), {
    typing: true,
  }),
];

/** The answer to GET /api/v1/messages: the newest first. */
export const listed = (all, next) => [200, {messages: [...all].reverse(), ...(next ? {next} : {})}];
