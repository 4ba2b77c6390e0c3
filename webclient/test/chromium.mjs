import {chromium} from 'playwright-core';

/** Chromium with a false microphone, sound allowed, and no calls to the internet. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', // needed as root
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--use-fake-device-for-media-stream',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });

/**
 * Runs in the page: answers an offer as the far end of that PeerConnection, so that a call is really up and sounds.
 * Where it is walled off, its answer leads nowhere.
 */
export async function farEnd({sdp, id, walled}) {
  window.farEnds ??= new Map();
  let pc = window.farEnds.get(id);
  if (!pc) {
    pc = new RTCPeerConnection();
    window.farEnds.set(id, pc);
    const context = new AudioContext();
    const tone = new OscillatorNode(context);
    const {stream} = tone.connect(context.createMediaStreamDestination());
    tone.start();
    pc.addTrack(stream.getAudioTracks()[0]);
  }
  await pc.setRemoteDescription({type: 'offer', sdp});
  await pc.setLocalDescription(await pc.createAnswer());
  while (pc.iceGatheringState !== 'complete') {
    await new Promise(done => pc.addEventListener('icegatheringstatechange', done));
  }
  const answer = pc.localDescription.sdp;
  return walled ? answer.replace(/a=ice-pwd:.*/g, `a=ice-pwd:${'x'.repeat(24)}`) : answer;
}

/** Runs in the page: the far ends send no sound any more. */
export const hush = () => Promise.all([...window.farEnds.values()].map(pc => pc.getSenders()[0].replaceTrack(null)));
