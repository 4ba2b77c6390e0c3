import {t} from '../locales/words.js';
import {backoff} from '../protocol/backoff.js';
import {type Command, CommandError, type MediaPart, type MediaWant, type Result} from '../protocol/messages.js';
import {randomId} from '../protocol/random.js';
import {mediaStep, preferCodecs} from './plan.js';

/** The PeerConnection stays this long (ms) after the last call, ready for the next. */
const retireAfter = 60_000;
/** A broken path gets this long (ms) to heal before ICE is restarted. */
const healFor = 2000;
/** A path not up after this long (ms) gets a new PeerConnection. */
const connectWithin = 5000;
/** A path missed for this long (ms) is said to be absent, whatever is tried meanwhile. */
const missedAfter = 5000;

/** Whether sound can flow: the path is being made or healed, is there, or has been missed for a while. */
export type Path = 'connecting' | 'connected' | 'absent';

export interface MediaOptions {
  do: (command: Command) => Promise<Result>;
  /** The sentence of an offer the gateway refused. */
  onFault: (message: string) => void;
  /** Called when the path changed. */
  onChange: () => void;
  retireAfter?: number;
}

/**
 * The tab's one PeerConnection: made for the first ring or call, with fixed
 * m-lines for audio, video and screen, so that answering is no more than
 * putting the microphone's track into a sender.
 */
export class Media {
  /** Plays the far end; it need not be in the document. */
  readonly audio = new Audio();
  private pc: RTCPeerConnection | null = null;
  private pcId = '';
  private want: MediaWant | null = null;
  private iceServers: RTCIceServer[] = [];
  private offered: MediaWant | null = null;
  private track: MediaStreamTrack | null = null;
  private negotiating = false;
  private restartIce = false;
  private failures = 0;
  private retireTimer: ReturnType<typeof setTimeout> | undefined;
  private healTimer: ReturnType<typeof setTimeout> | undefined;
  private connectTimer: ReturnType<typeof setTimeout> | undefined;
  private missTimer: ReturnType<typeof setTimeout> | undefined;
  private missed = false;

  constructor(private readonly options: MediaOptions) {
    this.audio.autoplay = true;
  }

  /** Whether sound can flow now. */
  get path(): Path {
    if (this.pc?.connectionState === 'connected') return 'connected';
    return this.missed ? 'absent' : 'connecting';
  }

  /** What the browser counts of the path; null without one. */
  async stats(): Promise<RTCStatsReport | null> {
    return (await this.pc?.getStats()) ?? null;
  }

  /** Follows the part `media`; null when this page has no part in calls any more. */
  update(part: MediaPart | null): void {
    this.want = part?.want ?? null;
    this.iceServers = part?.iceServers ?? [];
    if (this.want) {
      clearTimeout(this.retireTimer);
      this.retireTimer = undefined;
    }
    this.watchPath();
    void this.negotiate();
  }

  /** Makes the path anew at once, at a press. */
  retry(): void {
    this.failures = 0;
    this.missed = false;
    this.close();
    this.watchPath();
    void this.negotiate();
    this.options.onChange();
  }

  /** Puts the microphone into the call, or takes it out; no renegotiation follows. */
  async setTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
    await this.sender?.replaceTrack(track);
  }

  /** The gateway forgot this tab: what was offered is gone with it. */
  forget(): void {
    if (this.pc) this.close();
  }

  /** The network changed: find a new way at once. */
  networkChanged(): void {
    if (!this.pc || !this.want) return;
    this.restartIce = true;
    void this.negotiate();
  }

  close(): void {
    clearTimeout(this.retireTimer);
    clearTimeout(this.healTimer);
    clearTimeout(this.connectTimer);
    this.retireTimer = undefined;
    const pc = this.pc;
    if (!pc) return;
    this.pc = null;
    this.offered = null;
    this.restartIce = false;
    pc.close();
    this.audio.srcObject = null;
    this.watchPath();
    this.options.onChange();
  }

  /** Notes since when a path is missed that is wanted. */
  private watchPath(): void {
    const up = this.pc?.connectionState === 'connected';
    if (this.want && !up) {
      if (!this.missed) this.missTimer ??= setTimeout(() => this.miss(), missedAfter);
      return;
    }
    clearTimeout(this.missTimer);
    this.missTimer = undefined;
    this.missed = false;
  }

  private miss(): void {
    this.missTimer = undefined;
    this.missed = true;
    this.options.onChange();
  }

  private get sender(): RTCRtpSender | undefined {
    return this.pc?.getTransceivers()[0]?.sender;
  }

  /** Goes on until what is offered is what is wanted. One runs at a time. */
  private async negotiate(): Promise<void> {
    if (this.negotiating) return;
    this.negotiating = true;
    try {
      while (await this.step());
    } finally {
      this.negotiating = false;
    }
  }

  /** Does what is due; false when nothing is. */
  private async step(): Promise<boolean> {
    const step = mediaStep(this.want, this.offered, this.pc !== null);
    if (step === 'retire') {
      this.retireTimer ??= setTimeout(() => this.close(), this.options.retireAfter ?? retireAfter);
      return false;
    }
    if (step === 'replace') {
      this.close();
      this.open();
    } else if (step === 'keep' && !this.restartIce) {
      return false;
    }
    const pc = this.pc;
    const want = this.want;
    if (!pc || !want) return false;
    const restart = this.restartIce;
    this.restartIce = false;
    this.offered = want;
    return this.offer(pc, want, restart);
  }

  private open(): void {
    const pc = this.make();
    this.pc = pc;
    this.pcId = randomId();
    const audio = pc.addTransceiver('audio', {direction: 'sendrecv'});
    pc.addTransceiver('video', {direction: 'sendrecv'});
    pc.addTransceiver('video', {direction: 'sendrecv'});
    if (this.track) void audio.sender.replaceTrack(this.track);
    this.audio.srcObject = new MediaStream([audio.receiver.track]);
    pc.addEventListener('connectionstatechange', () => pc === this.pc && this.pathChanged(pc));
    this.watchConnecting();
  }

  private make(): RTCPeerConnection {
    try {
      return new RTCPeerConnection({iceServers: this.iceServers});
    } catch (error) {
      // One address the browser cannot read must not take the sound from those who need no server.
      this.options.onFault(t.badIceServers(String(error)));
      return new RTCPeerConnection();
    }
  }

  /** Offers and takes the answer; false when trying again must wait for a new state. */
  private async offer(pc: RTCPeerConnection, want: MediaWant, iceRestart: boolean): Promise<boolean> {
    const [audio] = pc.getTransceivers();
    const capabilities = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
    const preferred = preferCodecs(capabilities, want.codecs);
    if (preferred.length) audio?.setCodecPreferences?.(preferred);
    const id = this.pcId;
    // Candidates must not overtake the offer that makes the gateway know this PeerConnection.
    const early: string[] = [];
    let sent = false;
    pc.onicecandidate = ({candidate}) => {
      if (candidate && candidate.sdpMLineIndex !== 0) return; // all m-lines share the transport of the first
      const line = candidate?.candidate ?? '';
      if (sent) this.sendCandidate(id, line);
      else early.push(line);
    };
    try {
      await pc.setLocalDescription(await pc.createOffer({iceRestart}));
      const answer = this.options.do({
        do: 'offer',
        sdp: pc.localDescription?.sdp ?? '',
        pc: id,
        codecs: want.codecs,
      });
      sent = true;
      for (const line of early) this.sendCandidate(id, line);
      const {sdp} = await answer;
      if (pc === this.pc) await pc.setRemoteDescription({type: 'answer', sdp: sdp ?? ''});
    } catch (error) {
      return pc !== this.pc || this.offerFailed(error);
    }
    return true;
  }

  private offerFailed(error: unknown): boolean {
    const code = error instanceof CommandError ? error.code : '';
    if (code === 'lost') {
      this.close(); // the next socket brings a new state, and with it a new try
      return false;
    }
    // The same offer would be refused again; other faults are tried again when the path is not up in time.
    if (code === 'no_codec' || code === 'bad_sdp') clearTimeout(this.connectTimer);
    this.options.onFault(error instanceof CommandError ? error.said : t.soundFailed(String(error)));
    return true;
  }

  private sendCandidate(pc: string, candidate: string): void {
    this.options.do({do: 'candidate', pc, candidate}).catch(() => {
      // The gateway learns our address from the checks too.
    });
  }

  private pathChanged(pc: RTCPeerConnection): void {
    clearTimeout(this.healTimer);
    this.watchPath();
    if (pc.connectionState === 'connected') {
      clearTimeout(this.connectTimer);
      this.failures = 0;
    }
    if (pc.connectionState === 'disconnected') {
      this.healTimer = setTimeout(() => {
        this.networkChanged();
        this.watchConnecting();
      }, healFor);
    }
    if (pc.connectionState === 'failed') this.startOver();
    this.options.onChange();
  }

  private watchConnecting(): void {
    clearTimeout(this.connectTimer);
    const wait = connectWithin + (this.failures ? backoff(this.failures, 1, 2500, 60_000) : 0);
    this.connectTimer = setTimeout(() => {
      if (this.pc && this.pc.connectionState !== 'connected') this.startOver();
    }, wait);
  }

  /** A new PeerConnection for the same calls. */
  private startOver(): void {
    this.failures++;
    this.close();
    if (this.want) void this.negotiate();
  }
}
