import type {Call, Command, MediaPart, Result} from '../protocol/messages.js';
import {Media, type Path} from './media.js';
import {Microphone, MicrophoneError, type MicrophoneFault} from './microphone.js';
import {mayTalk, needsMicrophone} from './plan.js';

/** A call the gateway took shows up within this long (ms). */
const expectFor = 3000;

export interface VoiceOptions {
  do: (command: Command) => Promise<Result>;
  /** The sentence of an offer the gateway refused. */
  onFault: (message: string) => void;
  /** Called when anything of it changed. */
  onChange: () => void;
  /** Called when the path of the sound changed. */
  onPath: () => void;
  /** Called when the microphone is open, which lifts a browser's block on sound. */
  onOpen: () => void;
}

/** This tab's part in a talk: the microphone in, the far end out, open only while a call talks here. */
export class Voice {
  /** Why the microphone is not open though it should be. */
  fault: MicrophoneFault | 'gone' | null = null;
  /** The far end's sound is there, and the browser does not play it. */
  blocked = false;

  private calls: readonly Call[] = [];
  private readonly media: Media;
  private readonly microphone = new Microphone(() => {
    this.fault = 'gone';
    this.options.onChange();
  });
  /** Clicks that have asked for the microphone and whose command is on its way. */
  private asking = 0;
  /** Calls the gateway took and whose state is on its way. */
  private readonly expected = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly muting = new Set<string>();

  constructor(private readonly options: VoiceOptions) {
    this.media = new Media({do: options.do, onFault: options.onFault, onChange: options.onPath});
  }

  /** Whether sound can flow now. */
  get path(): Path {
    return this.media.path;
  }

  /** Makes the path of the sound anew, at a press. */
  retryPath(): void {
    this.media.retry();
  }

  /** What the browser counts of the sound; null without a path. */
  stats(): Promise<RTCStatsReport | null> {
    return this.media.stats();
  }

  /** Learns whether the browser would ask for the microphone. */
  watchPermission(): Promise<void> {
    return this.microphone.watchPermission();
  }

  networkChanged(): void {
    this.media.networkChanged();
  }

  /** Brings microphone and speaker in line with the calls. */
  follow(calls: readonly Call[]): void {
    this.calls = calls;
    this.forgetExpected();
    const {track} = this.microphone;
    if (track) track.enabled = this.mayTalk();
    if (needsMicrophone(calls) || this.asking || this.expected.size) {
      if (!track && !this.fault) void this.open();
      if (this.media.audio.paused) void this.play();
      return;
    }
    this.media.audio.pause();
    if (!track) return;
    this.microphone.close();
    void this.media.setTrack(null);
  }

  /** Follows the part `media`; null when this page has no part in calls any more. */
  want(part: MediaPart | null): void {
    this.media.update(part);
    if (!part) this.media.close();
  }

  /** The gateway gave this page a new tab, which has no PeerConnection. */
  newTab(): void {
    this.media.forget();
  }

  /** Opens the microphone for a command that makes the user talk here, and gives it; whether that worked. */
  async talk(call: string, give: () => Promise<Result | null>): Promise<boolean> {
    this.fault = null;
    this.asking++;
    try {
      const opened = this.open();
      // A granted microphone opens while the gateway answers; one to be asked for may be refused.
      if (!this.microphone.granted && !(await opened)) return false;
      const result = await give();
      if (result) this.expect(result.call ?? call);
      return result !== null;
    } finally {
      this.asking--;
      this.follow(this.calls);
    }
  }

  /** Silences the microphone at once, until the promise that the gateway does so too is settled. */
  async mute(call: string, told: Promise<unknown>): Promise<void> {
    this.muting.add(call);
    this.follow(this.calls);
    await told;
    this.muting.delete(call);
    this.follow(this.calls);
  }

  /** Opens the microphone again after a fault. */
  async retry(): Promise<void> {
    this.fault = null;
    await this.open();
    this.follow(this.calls);
    this.options.onChange();
  }

  /** Plays the far end; a browser may refuse until the user has touched the page. */
  async play(): Promise<void> {
    if (!this.media.audio.srcObject || !needsMicrophone(this.calls)) return;
    try {
      await this.media.audio.play();
      this.blocked = false;
    } catch (error) {
      // An interrupted play is none of the browser's refusals.
      this.blocked = error instanceof DOMException && error.name === 'NotAllowedError';
    }
    this.options.onChange();
  }

  private async open(): Promise<boolean> {
    try {
      const track = await this.microphone.open();
      track.enabled = this.mayTalk();
      await this.media.setTrack(track);
      this.options.onOpen();
      return true;
    } catch (error) {
      this.fault = error instanceof MicrophoneError ? error.fault : 'busy';
      this.options.onChange();
      return false;
    }
  }

  private mayTalk(): boolean {
    return this.muting.size === 0 && mayTalk(this.calls);
  }

  /** The reply may come before the state in which the call is here: the microphone stays open between them. */
  private expect(call: string): void {
    clearTimeout(this.expected.get(call));
    const give = setTimeout(() => {
      this.expected.delete(call);
      this.follow(this.calls);
    }, expectFor);
    this.expected.set(call, give);
  }

  private forgetExpected(): void {
    for (const [id, timer] of this.expected) {
      const call = this.calls.find(other => other.id === id);
      if (!call || (call.on === null && call.state !== 'ended')) continue;
      clearTimeout(timer);
      this.expected.delete(id);
    }
  }
}
