// The phone in a frame, by the attributes of its element.
import {
  ago,
  desk,
  history,
  incoming,
  lab,
  long,
  media,
  onDesk,
  parts,
  stranger,
  talking,
  up,
} from './screen-states.mjs';

/** The phone in a frame, by the attributes of its element. */
export const framedScreens = t => [
  {
    name: 'frame-not-loaded',
    framed: {gateway: 'phone.example'},
    ready: 'must be an origin',
    parts: parts(),
  },
  {
    name: 'frame-turned-away',
    framed: {},
    ready: t.embed.title,
    turnedAway: {
      code: 'token_origin',
      message:
        'The token is for https://intranet.example, and this page belongs to https://wiki.example. The site must ask for its tokens with its own origin.',
      sentence: {code: 'token.other_site', args: {origin: 'https://intranet.example', from: 'https://wiki.example'}},
    },
    parts: parts(),
  },
  {name: 'frame-idle', framed: {}, open: 'gesture', ready: 'Sales desk', history, parts: parts()},
  {
    name: 'frame-incoming',
    framed: {},
    open: 'gesture',
    ready: t.incomingCall,
    history,
    parts: parts([incoming(long)], {devices: [desk, lab]}),
  },
  {
    name: 'frame-on-deskphone-shut',
    framed: {},
    open: 'gesture',
    ready: t.microphoneMuted,
    parts: parts([onDesk({microphone: 'shut', since: ago(12)})]),
  },
  {name: 'frame-talking', framed: {}, ready: t.inBrowser, parts: parts([talking()], media), act: up(t)},
  {
    name: 'frame-covered',
    framed: {style: 'opacity: 0.9'},
    open: 'gesture',
    ready: t.incomingCall,
    parts: parts([incoming()]),
    async act(frame) {
      await frame.getByRole('button', {name: t.answerOn('Desk phone')}).click();
      await frame.getByText(t.embed.covered).waitFor();
    },
  },
  {name: 'frame-bar-idle', framed: {layout: 'bar'}, ready: t.dialLabel, parts: parts()},
  {
    name: 'frame-bar-incoming',
    framed: {layout: 'bar'},
    open: 'gesture',
    ready: t.incomingCall,
    parts: parts([incoming(stranger)], {devices: [desk]}),
  },
];
