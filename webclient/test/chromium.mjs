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

/** Runs in the page: answers an offer as the far end of that PeerConnection, so that a call is really up. */
export async function farEnd({sdp, id}) {
  window.farEnds ??= new Map();
  const pc = window.farEnds.get(id) ?? new RTCPeerConnection();
  window.farEnds.set(id, pc);
  await pc.setRemoteDescription({type: 'offer', sdp});
  await pc.setLocalDescription(await pc.createAnswer());
  while (pc.iceGatheringState !== 'complete') {
    await new Promise(done => pc.addEventListener('icegatheringstatechange', done));
  }
  return pc.localDescription.sdp;
}
