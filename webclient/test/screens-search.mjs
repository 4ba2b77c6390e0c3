// Screens of the search field and of messages that were found.
import {conversation, conversations, listed, talk} from './chat-states.mjs';
import {bob, history, long, onDesk, parts} from './screen-states.mjs';
import {colleagues, found} from './search-states.mjs';

const rest = {
  ...found,
  'GET people': [200, {people: colleagues}],
  'GET messages': listed(talk),
  'GET messages/search': [
    200,
    {
      messages: [
        {with: bob, ...talk[0]},
        {with: {...long}, ...talk[2], mine: true},
        {with: bob, ...talk[1]},
      ],
    },
  ],
};
const suggested = page => page.getByRole('option', {name: 'Bonnie Day'}).waitFor();
const list = t => page => page.getByRole('button', {name: t.conversations, exact: true}).click();
const look = (t, typed) => async page => {
  await list(t)(page);
  await page.getByLabel(t.search.messages).fill(typed);
};

export const searchScreens = t => [
  {
    name: 'suggestions',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest,
    async act(page) {
      await page.getByLabel(t.dialLabel).fill('o');
      await suggested(page);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'frame-bar-suggestions',
    framed: {layout: 'bar'},
    ready: t.dialLabel,
    parts: parts(),
    rest,
    async act(page) {
      await page.getByLabel(t.dialLabel).fill('o');
      await suggested(page);
    },
  },
  {
    name: 'suggestions-allow',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest,
    async act(page) {
      await page.getByRole('button', {name: t.options.title, exact: true}).click();
      await page.getByLabel(t.options.addressLabel).fill('o');
      await suggested(page);
    },
  },
  {
    name: 'suggestions-transfer',
    ready: t.onDevice('Desk phone'),
    history,
    parts: parts([onDesk()]),
    rest,
    async act(page) {
      await page.keyboard.press('t');
      await page.getByLabel(t.transferTo).fill('o');
      await suggested(page);
      await page.keyboard.press('ArrowUp');
    },
  },
  {
    name: 'suggestions-write',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations}),
    rest,
    async act(page) {
      await list(t)(page);
      await page.getByRole('button', {name: t.search.newMessage}).click();
      await page.getByLabel(t.search.writeTo).fill('o');
      await suggested(page);
    },
  },
  {
    name: 'messages-found',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations}),
    rest,
    async act(page) {
      await look(t, 'the pump')(page);
      await page.getByText(t.search.messagesFound(3)).waitFor();
    },
  },
  {
    name: 'messages-none',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations: [conversation(bob, talk[0])]}),
    rest: {...rest, 'GET messages/search': [200, {messages: []}]},
    async act(page) {
      await look(t, 'zebra')(page);
      await page.getByText(t.search.noMessages('zebra')).waitFor();
    },
  },
  {
    name: 'messages-failed',
    ready: 'Sales desk',
    history,
    parts: parts([], {conversations: [conversation(bob, talk[0])]}),
    rest: {...rest, 'GET messages/search': [503, {title: '', status: 503}]},
    async act(page) {
      await look(t, 'zebra')(page);
      await page.getByText(t.search.notSearched).waitFor();
    },
  },
];
