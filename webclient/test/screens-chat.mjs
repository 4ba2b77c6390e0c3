// Screens of conversations.
import {conversation, conversations, listed, talk} from './chat-states.mjs';
import {bob, desk, directory, history, incoming, lab, media, parts, stranger, talking, up} from './screen-states.mjs';

const counters = {...parts().counters, unreadMessages: 2};
const rest = {...directory, 'GET messages': listed(talk, talk[0].id)};

/** Opens the view of conversations. */
const list = t => page => page.getByRole('button', {name: `${t.conversations}, ${t.unreadMessages(2)}`}).click();

/** Opens the conversation with Bob from there. */
const open = t => async page => {
  await list(t)(page);
  await page.locator('conversation-list').getByText('Bob Stone').click();
  await page.getByText(t.chat.states.delivered).waitFor();
};

/** Opens the form for a message to who calls. */
const reply = t => async page => {
  await page.getByRole('button', {name: t.reply.with}).click();
  await page.getByRole('group', {name: t.reply.with}).waitFor();
};

export const chatScreens = t => [
  {
    name: 'conversations',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations, counters}),
    rest,
    act: list(t),
  },
  {
    name: 'conversations-none',
    ready: 'Sales desk',
    history,
    parts: parts(),
    act: page => page.getByRole('button', {name: t.conversations, exact: true}).click(),
  },
  {name: 'chat', ready: 'Sales desk', history, parts: parts([], {conversations, counters}), rest, act: open(t)},
  {
    name: 'chat-talking',
    ready: t.inBrowser,
    history,
    parts: parts([talking()], {
      ...media,
      conversations: [conversation(bob, talk.at(-1), {typing: true, unread: 2}), ...conversations.slice(1)],
      counters,
    }),
    rest,
    async act(page) {
      await up(t)(page);
      await page
        .locator('call-card')
        .getByRole('button', {name: t.chat.writeTo('Bob Stone')})
        .click();
      await page.locator('chat-pane').getByText(t.chat.typing('Bob Stone')).waitFor();
      await page.getByLabel(t.chat.write('Bob Stone')).fill('4'.repeat(4097));
      await page.getByText(t.chat.tooLong).waitFor();
    },
  },
  {
    name: 'quick-texts',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations, counters}),
    rest,
    async act(page) {
      await list(t)(page);
      await page.getByText(t.reply.title).click();
      await page.getByRole('button', {name: t.reply.add}).click();
    },
  },
  {
    name: 'conversations-delete',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations, counters}),
    rest,
    async act(page) {
      await list(t)(page);
      await page.getByRole('button', {name: t.chat.forgetSome}).click();
      await page.getByRole('button', {name: t.chat.forgetWith('Eve Park')}).click();
      await page.getByRole('dialog', {name: t.chat.askForget('Eve Park')}).waitFor();
    },
  },
  {name: 'incoming-reply', ready: t.incomingCall, history, parts: parts([incoming()]), act: reply(t)},
  {
    name: 'incoming-reply-refused',
    ready: t.incomingCall,
    history,
    parts: parts([incoming(stranger)], {devices: [desk, lab]}),
    refuse: {message: {code: 'not_found', message: 'There is nobody to write to.'}},
    async act(page) {
      await reply(t)(page);
      await page.getByText(t.reply.meeting).click();
      await page.getByText(t.reply.without).waitFor();
    },
  },
  {
    name: 'frame-incoming-reply',
    framed: {},
    open: 'gesture',
    ready: t.incomingCall,
    history,
    parts: parts([incoming()]),
    act: reply(t),
  },
  {
    name: 'frame-chat',
    framed: {},
    open: 'gesture',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations, counters}),
    rest,
    act: open(t),
  },
];
