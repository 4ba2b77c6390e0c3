// The page of the simulated phones: faces and loudspeaker sound come over one
// socket, keys go back.
const words = {idle: 'Ready', calling: 'Calling', ringing: 'Ringing', talking: 'In call', held: 'On hold'};
const panels = new Map([...document.querySelectorAll('.phone')].map((el) => [el.dataset.phone, el]));
const status = document.querySelector('#status');
let socket;
let audio;
const playAt = new Map();

// PCMU to linear (ITU-T G.711), as a table of -1 to 1.
const linear = Float32Array.from({length: 256}, (_, byte) => {
  const v = ~byte & 0xff;
  const magnitude = (((v & 0x0f) << 3) + 0x84) << ((v & 0x70) >> 4);
  return (v & 0x80 ? 0x84 - magnitude : magnitude - 0x84) / 32768;
});

function render(face) {
  const panel = panels.get(face.name);
  if (!panel) return;
  panel.className = `phone ${face.state}`;
  panel.querySelector('.state').textContent = words[face.state] ?? face.state;
  let display = face.display;
  const shut = face.state === 'talking' && !face.sends;
  if (shut) display += ' (microphone muted)';
  panel.querySelector('.display').textContent = display;
  panel.querySelector('.hint').textContent = shut ? 'Press * on the phone or Unmute in the softphone.' : '';
  const can = {call: face.state === 'idle', lift: face.state === 'ringing', hangup: face.state !== 'idle', mute: face.state === 'talking', star: face.state === 'talking', hold: face.state === 'talking' || face.state === 'held'};
  for (const button of panel.querySelectorAll('button')) {
    button.disabled = !can[button.dataset.key];
    if (button.dataset.key === 'mute') button.setAttribute('aria-pressed', String(face.muted));
    if (button.dataset.key === 'hold') button.setAttribute('aria-pressed', String(face.state === 'held'));
  }
}

function hear(bytes) {
  const name = bytes[0] === 97 ? 'alice' : 'bob'; // 'a'
  const panel = panels.get(name);
  const samples = Float32Array.from(bytes.subarray(1), (b) => linear[b]);
  const peak = samples.reduce((top, s) => Math.max(top, Math.abs(s)), 0);
  panel.querySelector('.meter span').style.transform = `scaleX(${Math.min(1, peak * 4)})`;
  if (!audio || !panel.querySelector('[data-listen]').checked) return;
  const buffer = audio.createBuffer(1, samples.length, 8000);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(audio, {buffer});
  source.connect(audio.destination);
  // 100 ms ahead, so that a late message leaves no gap.
  const at = Math.max(playAt.get(name) ?? 0, audio.currentTime + 0.1);
  source.start(at);
  playAt.set(name, at + buffer.duration);
}

function connect() {
  const url = new URL('/demo/socket', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => { status.textContent = 'Connected.'; };
  socket.onmessage = ({data}) => {
    if (typeof data === 'string') JSON.parse(data).forEach(render);
    else hear(new Uint8Array(data));
  };
  socket.onclose = () => {
    status.textContent = 'The demo does not answer. Start it again with "make demo"; this page reconnects by itself.';
    setTimeout(connect, 1000);
  };
}

for (const [name, panel] of panels) {
  panel.addEventListener('click', ({target}) => {
    const key = target.dataset?.key;
    if (key && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({phone: name, key}));
  });
  panel.querySelector('[data-listen]').addEventListener('change', () => {
    audio ??= new AudioContext();
    audio.resume();
  });
}
connect();
