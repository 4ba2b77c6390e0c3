/** Why there is no microphone. */
export type MicrophoneFault = 'refused' | 'framed' | 'missing' | 'busy' | 'insecure';

/** Names the reason of a failed getUserMedia; `forbidden` tells that the page around this one keeps the microphone. */
export function microphoneFault(error: unknown, forbidden = false): MicrophoneFault {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return forbidden ? 'framed' : 'refused';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return 'busy';
}

/** Whether the page around this one forbids the microphone; browsers that do not tell count as allowing. */
function policyForbids(): boolean {
  const {featurePolicy} = globalThis.document as {featurePolicy?: {allowsFeature(name: string): boolean}};
  return self !== top && featurePolicy?.allowsFeature('microphone') === false;
}

export class MicrophoneError extends Error {
  constructor(readonly fault: MicrophoneFault) {
    super(`microphone ${fault}`);
    this.name = 'MicrophoneError';
  }
}

/** The microphone: open only while a call talks in this tab. */
export class Microphone {
  private opening: Promise<MediaStreamTrack> | null = null;
  private status: PermissionStatus | null = null;
  track: MediaStreamTrack | null = null;

  /** `onEnded` tells that the device went away while it was open. */
  constructor(private readonly onEnded: () => void) {}

  /** Learns whether the browser would ask; without an answer it counts as asking. */
  async watchPermission(): Promise<void> {
    try {
      this.status = await navigator.permissions.query({name: 'microphone' as PermissionName});
    } catch {
      this.status = null; // the browser does not tell
    }
  }

  /** Whether opening needs no question to the user, so that nothing need wait for it. */
  get granted(): boolean {
    return this.status?.state === 'granted';
  }

  /** Opens the microphone, asking the user if the browser must. Rejects with a MicrophoneError. */
  open(): Promise<MediaStreamTrack> {
    if (this.track?.readyState === 'live') return Promise.resolve(this.track);
    this.opening ??= this.ask().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  close(): void {
    this.track?.stop();
    this.track = null;
  }

  private async ask(): Promise<MediaStreamTrack> {
    if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError('insecure');
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: {echoCancellation: true, noiseSuppression: true, autoGainControl: true},
      });
    } catch (error) {
      throw new MicrophoneError(microphoneFault(error, policyForbids()));
    }
    const [track] = stream.getAudioTracks();
    if (!track) throw new MicrophoneError('missing');
    track.addEventListener('ended', () => {
      if (this.track !== track) return; // closed by us
      this.track = null;
      this.onEnded();
    });
    this.track = track;
    return track;
  }
}
