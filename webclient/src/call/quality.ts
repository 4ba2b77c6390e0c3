/** What is counted of the sound that arrives, since the PeerConnection began. */
export interface Count {
  received: number;
  lost: number;
  /** Seconds that samples have waited in the jitter buffer, and how many samples. */
  buffered: number;
  emitted: number;
  /** In milliseconds. */
  roundTrip: number;
}

/** How the sound was between two counts. */
export interface Quality {
  /** Mean opinion score, 1 to 4.5. */
  mos: number;
  /** Share of packets lost, 0 to 1. */
  loss: number;
  /** In milliseconds. */
  roundTrip: number;
}

/** Reads what RTCPeerConnection.getStats gives; null while no sound arrives. */
export function count(report: RTCStatsReport): Count | null {
  let found: Count | null = null;
  let roundTrip = 0;
  report.forEach((one: Record<string, unknown>) => {
    const number = (name: string) => Number(one[name] ?? 0);
    if (one.type === 'candidate-pair' && one.nominated) roundTrip = number('currentRoundTripTime') * 1000;
    if (one.type !== 'inbound-rtp' || one.kind !== 'audio') return;
    found = {
      received: number('packetsReceived'),
      lost: number('packetsLost'),
      buffered: number('jitterBufferDelay'),
      emitted: number('jitterBufferEmittedCount'),
      roundTrip: 0,
    };
  });
  return found && {...(found as Count), roundTrip};
}

/** Judges what arrived between two counts by the E-model (ITU-T G.107) for G.711; null when nothing did. */
export function judge(before: Count, now: Count): Quality | null {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  const emitted = now.emitted - before.emitted;
  if (received + lost === 0) return null;
  const loss = lost / (received + lost);
  const waited = emitted > 0 ? ((now.buffered - before.buffered) / emitted) * 1000 : 0;
  const delay = now.roundTrip / 2 + waited + 20; // 20 ms of sound in a packet
  const percent = loss * 100;
  const r = 93.2 - (0.024 * delay + 0.11 * Math.max(0, delay - 177.3)) - (95 * percent) / (percent + 25.1);
  const mos = r <= 0 ? 1 : 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
  return {mos: Math.max(1, Math.round(mos * 100) / 100), loss, roundTrip: now.roundTrip};
}

/** Whether somebody should be told. */
export function isBad({mos, loss, roundTrip}: Quality): boolean {
  return mos < 3.5 || loss > 0.03 || roundTrip > 400;
}
