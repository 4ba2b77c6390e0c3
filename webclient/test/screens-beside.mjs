// Screens without a call, and those beside one.
import {desk, directory, history, lab, me, media, options, parts, setUp, talking, tested} from './screen-states.mjs';

export const besideScreens = t => [
  {name: 'login', loggedOut: true, ready: t.welcome, history, parts: parts()},
  {
    name: 'login-wrong',
    loggedOut: true,
    ready: t.welcome,
    parts: parts(),
    async act(page) {
      await page.getByLabel(t.name, {exact: true}).fill('alice');
      await page.getByLabel(t.password, {exact: true}).fill('wrong');
      await page.getByRole('button', {name: t.logIn}).click();
      await page.locator('.fault').waitFor();
    },
  },
  {name: 'idle', ready: 'Sales desk', history, parts: parts()},
  {name: 'idle-new', ready: t.historyEmpty, parts: parts([], {devices: [], me: {...me, tabs: 2}}), build: 'newer'},
  {
    name: 'idle-typing',
    ready: 'Sales desk',
    history,
    parts: parts([], {devices: [desk, lab]}),
    async act(page) {
      await page.getByLabel(t.dialLabel).fill('2002');
    },
  },
  {
    name: 'device',
    ready: t.devices,
    history,
    parts: parts([], {devices: [desk, {...lab, interworking: false, fixed: true}]}),
    async act(page) {
      await setUp(page, desk.display, t);
      await setUp(page, lab.display, t);
    },
  },
  {
    name: 'device-tested',
    ready: t.devices,
    history,
    parts: parts(),
    rest: {'POST devices/desk/test': [200, tested]},
    async act(page) {
      await setUp(page, desk.display, t);
      await page.getByRole('button', {name: t.device.test}).click();
      await page.locator('.result .said').waitFor();
    },
  },
  {
    name: 'device-testing',
    ready: t.devices,
    history,
    parts: parts([], {devices: [{...desk, testing: true}]}),
    act: page => setUp(page, desk.display, t),
  },
  {
    name: 'device-refused',
    ready: t.devices,
    history,
    parts: parts(),
    rest: {
      'PATCH devices/desk': [
        409,
        {
          title: 'Conflict',
          status: 409,
          detail:
            'The configuration file of the gateway sets this, so it cannot be changed here. Ask the administrator to change the file.',
          sentence: {code: 'problem.fixed'},
        },
      ],
    },
    async act(page) {
      await setUp(page, desk.display, t);
      await page.getByRole('switch', {name: t.device.interworking}).click();
      await page.locator('.fault').waitFor();
    },
  },
  {
    name: 'elsewhere',
    ready: 'Sales desk',
    history,
    parts: parts(),
    async act(page, gateway) {
      for (const socket of gateway.sockets) socket.close(4409);
      await page.getByText(t.elsewhere).waitFor();
    },
  },
  {
    name: 'keys',
    ready: 'Sales desk',
    history,
    parts: parts(),
    async act(page) {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'directory',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest: directory,
    async act(page) {
      await page.getByRole('button', {name: t.directory.title, exact: true}).click();
      await page.getByRole('button', {name: t.directory.addSomebody, exact: true}).click();
      await page.getByLabel(t.directory.addresses).fill('bob@*');
      await page.getByRole('button', {name: t.directory.add, exact: true}).click();
      await page.locator('.fault').waitFor();
    },
  },
  {
    name: 'directory-change',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest: directory,
    async act(page) {
      await page.getByRole('button', {name: t.directory.title, exact: true}).click();
      await page.getByRole('button', {name: t.directory.change('Bob Stone')}).click();
      await page.getByRole('button', {name: t.options.remove('Bob Stone')}).waitFor();
    },
  },
  {
    name: 'directory-import',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest: directory,
    async act(page) {
      await page.getByRole('button', {name: t.directory.title, exact: true}).click();
      await page.getByRole('button', {name: t.files.title}).click();
      const file = {name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from('display,address')};
      await page.locator('input[type=file]').setInputFiles(file);
      await page.getByText(t.files.did(12, 1, 2)).waitFor();
    },
  },
  {
    name: 'friends',
    ready: 'Sales desk',
    history,
    parts: parts([talking()], media),
    rest: {'GET directory': [200, {entries: [directory['GET directory'][1].entries[0]], total: 1}]},
    async act(page) {
      await page.getByRole('button', {name: t.friends.title, exact: true}).click();
      await page.getByRole('list', {name: t.friends.title}).waitFor();
    },
  },
  {
    name: 'friends-none',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest: {'GET directory': [200, {entries: [], total: 0}]},
    async act(page) {
      await page.getByRole('button', {name: t.friends.title, exact: true}).click();
      await page.getByText(t.friends.empty).waitFor();
    },
  },
  {
    name: 'options',
    ready: 'Sales desk',
    history,
    parts: parts([], {devices: [desk, {...lab, interworking: false}], me: {...me, doNotDisturb: true}}),
    rest: options,
    async act(page) {
      await page.getByRole('button', {name: t.options.title, exact: true}).click();
      await page.getByLabel(t.options.addressLabel).fill('bob@*');
      await page.getByRole('button', {name: t.options.add, exact: true}).click();
      await page.locator('.fault').waitFor();
      await page.getByLabel(t.options.requester).fill('eve@example.net');
      await page.getByRole('button', {name: t.options.check, exact: true}).click();
      await page.getByText(t.options.yes('Desk phone')).waitFor();
    },
  },
  {
    name: 'options-public',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest: {...options, 'GET policy': [200, {...options['GET policy'][1], forbid: []}]},
    async act(page) {
      await page.getByRole('button', {name: t.options.title, exact: true}).click();
      await page.getByRole('switch', {name: t.options.groups.public}).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'options-refused',
    ready: 'Sales desk',
    history,
    parts: parts(),
    rest: {
      'GET policy': [
        403,
        {
          title: 'Forbidden',
          status: 403,
          detail:
            'None of your deskphones may be made to answer by itself, so there is nothing to allow. Allow one to answer by itself under Your phones first.',
          sentence: {code: 'problem.no_interworking'},
        },
      ],
    },
    async act(page) {
      await page.getByRole('button', {name: t.options.title, exact: true}).click();
      await page.locator('.fault').waitFor();
    },
  },
];
