import {Arrival} from './call/arrival.js';
import {Commands} from './call/commands.js';
import {HangUps} from './call/hangups.js';
import type {Path} from './call/media.js';
import {vanished} from './call/plan.js';
import {Voice} from './call/voice.js';
import {Activity} from './desktop/activity.js';
import {Ring} from './desktop/ring.js';
import {Settings} from './desktop/settings.js';
import {say, t} from './locales/words.js';
import type {Notice} from './notice.js';
import {Connection, type Phase} from './protocol/connection.js';
import type {Entry, Refusal, Right} from './protocol/entry.js';
import {LogIn} from './protocol/login.js';
import {type Call, type Command, CommandError, type Parts, type Result} from './protocol/messages.js';
import * as rest from './protocol/rest.js';
import {TabStore} from './protocol/tabstore.js';

/** For a phone that is not on the gateway's own page. */
export interface PhoneOptions {
  /** The gateway's origin, where it is not the page's own. */
  gateway?: string;
  /** How the page logs in without a cookie. */
  entry?: Entry;
}

/** This tab: a remote control for the user's calls, and the microphone and speaker of some. */
export class Phone {
  readonly settings = new Settings();
  notice: Notice | null = null;
  /** Calls whose answer was pressed here, with where. */
  readonly answering = new Map<string, string>();
  private readonly store = new TabStore();
  private readonly connection: Connection;
  private readonly login: LogIn;
  private readonly voice: Voice;
  private readonly commands: Commands;
  private readonly ring: Ring;
  private readonly hangUps: HangUps;
  private readonly arrival: Arrival;
  private readonly activity: Activity;
  private tabId = '';
  /** The user's calls; none while this page has no part in them and knows only how they were. */
  calls: Call[] = [];
  private wasOpen = false;

  constructor(
    private readonly build: string,
    private readonly changed: () => void,
    private readonly options: PhoneOptions = {},
  ) {
    const {gateway, entry} = options;
    const url = new URL('/ws', gateway ?? location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.connection = new Connection({
      url: url.href,
      build,
      store: this.store,
      onChange: () => this.follow(),
      onOutdated: () => this.outdated(),
      onFault: () => this.tell({text: t.fault, action: 'reload'}),
      loggedIn: rest.loggedIn,
      ...(entry ? {entry, onBearer: bearer => this.prove({gateway: gateway ?? '', bearer})} : {}),
    });
    this.login = new LogIn(this.connection, this.store, () => this.follow());
    this.voice = new Voice({
      do: command => this.connection.do(command),
      onFault: text => this.tell({text}),
      onChange: changed,
      onPath: () => this.follow(),
      onOpen: () => void this.enableSound(),
    });
    const {connection, voice} = this;
    this.commands = new Commands({connection, voice, onRefused: text => this.tell(text ? {text} : null)});
    this.hangUps = new HangUps({
      store: this.store,
      do: command => connection.do(command),
      now: () => this.now(),
      onChange: () => this.follow(),
    });
    this.activity = new Activity({do: command => connection.do(command)});
    this.arrival = new Arrival(() => voice.stats(), changed);
    this.ring = new Ring({onChange: () => this.follow(), titled: !entry});
  }

  /** What this phone's REST requests prove its log-in with. */
  proof: rest.Proof = {gateway: '', bearer: ''};

  private prove(proof: rest.Proof): void {
    this.proof = proof;
    rest.useProof(proof);
  }

  get phase(): Phase {
    return this.connection.phase;
  }

  get parts(): Parts | null {
    return this.connection.parts;
  }

  /** Why the page could not log in by the token it was given; null when it did. */
  get refusal(): Refusal | null {
    return this.connection.refusal;
  }

  /** What this page may do with the microphones of deskphones. */
  get right(): Right {
    return this.connection.right;
  }

  /** The page left the gateway for good, and has not come back yet. */
  private left = false;

  /** Whether this is the window that rings aloud. */
  get rings(): boolean {
    return this.ring.aloud;
  }

  get soundBlocked(): boolean {
    return !this.ring.allowed || this.voice.blocked;
  }

  /** Whether the sound of this tab's calls can flow. */
  get path(): Path {
    return this.voice.path;
  }

  /** The gateway's one UDP and TCP port for browsers. */
  get port(): number {
    return this.parts?.media.port ?? 0;
  }

  /** While the gateway is away: whether the sound of the call here still arrives; null until that is known. */
  get soundArrives(): boolean | null {
    return this.arrival.arrives;
  }

  /** Makes the path of the sound anew, at a press. */
  retryPath(): void {
    this.connection.retryNow();
    this.voice.retryPath();
  }

  /** Why the microphone is not open though it should be. */
  get microphoneFault(): Voice['fault'] {
    return this.voice.fault;
  }

  /** What the browser counts of this tab's sound; null without a path. */
  stats(): Promise<RTCStatsReport | null> {
    return this.voice.stats();
  }

  /** The gateway's time in milliseconds since 1970. */
  now(): number {
    return this.connection.now();
  }

  async start(): Promise<void> {
    addEventListener('online', () => {
      this.connection.retryNow();
      this.voice.networkChanged();
    });
    addEventListener('pageshow', event => event.persisted && this.connection.retryNow());
    const touched = () => void this.enableSound();
    for (const type of ['pointerdown', 'pointerup', 'keydown'])
      addEventListener(type, touched, {capture: true, once: true});
    void this.ring.enable();
    void this.voice.watchPermission();
    if (this.options.entry) this.connection.start();
    else await this.login.begin();
  }

  /** Whether the log-in screen is to be shown. */
  get loggedOut(): boolean {
    return this.login.due;
  }

  /** Rejects with a RestError whose sentence may be shown. */
  logIn(name: string, password: string): Promise<void> {
    return this.login.logIn(name, password);
  }

  /** Hangs up what talks here: whoever is on the line need not wait until the sound is missed. */
  async logOut(): Promise<void> {
    const calls = this.phase === 'open' ? this.calls.filter(call => call.here && call.state !== 'ended') : [];
    await Promise.all(calls.map(call => this.hangUp(call)));
    if (!(await this.login.logOut())) this.tell({text: t.gatewayAway});
  }

  /** Asks the site around the page for a token again. */
  enter(): void {
    this.connection.start();
  }

  /** Ends the line; the calls go on elsewhere. */
  stop(): void {
    this.connection.parts = null;
    this.connection.stop();
    this.ring.release();
  }

  /** Goes on in this window after another took over. */
  useHere(): void {
    this.connection.retryNow();
  }

  /** To be called at a click: from then on the page may sound. */
  async enableSound(): Promise<void> {
    await this.ring.enable();
    await this.voice.play();
    this.follow();
  }

  /** Does so at a click that asks for nothing else, and says when the browser does not let it. */
  async askSound(): Promise<void> {
    await this.enableSound();
    if (this.soundBlocked) this.tell({text: t.noSound});
  }

  tell(notice: Notice | null): void {
    this.notice = notice;
    this.changed();
  }

  dismissMicrophoneFault(): void {
    this.voice.fault = null;
    this.changed();
  }

  /** Answers on "browser" or a device. Without a microphone the call rings on. */
  async answer(call: Call, on: string): Promise<void> {
    this.answering.set(call.id, on);
    this.changed();
    try {
      await this.talking(on, call.id, () => {
        const now = this.calls.find(other => other.id === call.id) ?? call;
        return {do: 'answer', call: call.id, version: now.version, on};
      });
    } finally {
      this.answering.delete(call.id);
      this.changed();
    }
  }

  /**
   * Calls somebody, from "browser" or a device; an intercom call asks his phone
   * to answer by itself. Whether the gateway took it.
   */
  async call(to: string, from: string, intercom = false): Promise<boolean> {
    return this.talking(from, '', () => ({do: 'call', to, from, ...(intercom ? {intercom} : {})}));
  }

  /** Goes on with a talk on "browser" or a device, which answers by itself. */
  async move(call: Call, on: string): Promise<void> {
    await this.talking(on, call.id, () => ({do: 'move', call: call.id, on}));
  }

  /** Gives a talk to a name or number, or joins it with another of the user's; whether the gateway took it. */
  transfer(call: Call, target: {to: string} | {with: string}): Promise<boolean> {
    return this.commands.run({do: 'transfer', call: call.id, ...target});
  }

  /** Ends a call whose phone answered by itself, and takes back what allowed that. */
  async removeGrant(call: Call): Promise<void> {
    const result = await this.commands.attempt({do: 'hangup', call: call.id, removeGrant: true});
    if (result?.said) this.tell({text: say(result.said, result.saidSentence), good: true});
  }

  /** The id of the deskphone that stands beside this browser, as it was chosen here. */
  get desk(): string | null {
    return this.settings.get(this.deskKey);
  }

  chooseDesk(id: string): void {
    this.settings.set(this.deskKey, id);
    this.changed();
  }

  private get deskKey(): string {
    return `desk-${this.parts?.me.name ?? ''}`;
  }

  /** Mutes here at once; the gateway follows. */
  async mute(call: Call): Promise<void> {
    await this.commands.mute(call.id);
    this.changed();
  }

  /** Opens the microphone again after a fault, at a click. */
  retryMicrophone(): Promise<void> {
    return this.voice.retry();
  }

  /** Ends a call: its sound here at once, also while the gateway is away. */
  async hangUp(call: Call): Promise<void> {
    this.notice = null; // what went wrong before is history now
    try {
      await this.hangUps.end(call.id);
    } catch (error) {
      this.tell({text: error instanceof CommandError ? error.said : t.notDone});
    }
  }

  simple(name: 'decline' | 'dismiss' | 'hold' | 'mute' | 'resume' | 'unmute', call: Call): Promise<boolean> {
    return this.commands.run({do: name, call: call.id});
  }

  /** The user has looked at the list of past calls. */
  seen(): void {
    // Of no matter to him when it fails: the count stays.
    void this.connection.do({do: 'seen'}).catch(() => undefined);
  }

  digits(call: Call, digits: string): Promise<boolean> {
    return this.commands.run({do: 'digits', call: call.id, digits});
  }

  /**
   * Carries out a command of a conversation, or of a script of the site around the page. Rejects with a CommandError,
   * and tells the user nothing.
   */
  script(command: Command): Promise<Result> {
    if (command.do === 'hangup') return this.hangUps.end(command.call);
    return this.commands.script(command);
  }

  private async talking(place: string, call: string, command: () => Command): Promise<boolean> {
    this.notice = null; // what went wrong before is history now
    try {
      return await this.commands.talk(place, call, command);
    } finally {
      this.changed();
    }
  }

  /** Brings microphone, media, ring and title in line with the state. */
  private follow(): void {
    const {parts} = this.connection;
    const open = this.phase === 'open';
    if (open) this.left = false;
    else if (this.connection.over) this.left = true;
    const id = this.store.read()?.id ?? '';
    if (open && id !== this.tabId) {
      if (this.tabId) this.voice.newTab();
      this.tabId = id;
      this.ring.newTab();
    }
    this.followCalls(open);
    if (this.left || !parts) this.voice.want(null);
    else if (open) this.voice.want(parts.media);
    const going = this.calls.filter(call => !this.hangUps.has(call));
    // Nobody hears what a microphone says that has no gateway and no path: it is not kept open for that.
    this.voice.follow(open || this.voice.path !== 'absent' ? going : []);
    this.activity.follow(open);
    this.arrival.watch(!open && going.some(call => call.here && call.state !== 'ended'));
    this.followRing();
    this.changed();
  }

  private followCalls(open: boolean): void {
    const before = this.calls;
    const calls = this.left ? [] : (this.parts?.calls ?? []);
    if (open) this.hangUps.follow(calls);
    else this.hangUps.away();
    this.calls = calls.map(call => this.hangUps.seen(call));
    const back = open && !this.wasOpen;
    this.wasOpen = open;
    if (!back) return;
    const gone = vanished(before, calls);
    if (gone) this.notice = {text: t.callGone(gone.peer.display || gone.peer.address)};
  }

  private followRing(): void {
    const open = this.phase === 'open';
    // Without the line nobody can answer here, and nobody knows whether it rings still.
    const {me, counters} = this.parts ?? {};
    const waiting = open && counters ? counters.missed + counters.unreadMessages : 0;
    this.ring.follow(open ? this.calls : [], me?.name ?? '', waiting);
    if (!open) return;
    for (const call of this.ring.untold(this.calls)) {
      this.connection.do({do: 'ringing', call: call.id}).catch(() => {}); // it was over before: nothing rings
    }
  }

  private outdated(): void {
    if (this.options.entry) return this.tell({text: t.outdated}); // the page is the site's to load again
    const tried = this.settings.get('outdated') === this.build;
    if (tried) return this.tell({text: t.outdated, action: 'reload'});
    this.settings.set('outdated', this.build);
    location.reload();
  }

  /** Whether the gateway serves another build than this page. */
  get newBuild(): boolean {
    return this.connection.servedBuild !== '' && this.connection.servedBuild !== this.build;
  }
}
