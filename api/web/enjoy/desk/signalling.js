// Says with sound and vibration what the colour and the words say.
const TONES = { admitted: [[880, 0.12], [1320, 0.18]], refused: [[220, 0.45]], unknown: [[440, 0.1], [440, 0.1], [440, 0.1]] };
const BUZZES_MS = { admitted: [80], refused: [250, 100, 250], unknown: [60, 60, 60] };
const LOUDNESS = 0.15;
const BETWEEN_S = 0.03;
let audio = null;

// Browsers let a page be heard only after somebody pressed something.
export function allowSound() {
  audio ??= "AudioContext" in globalThis ? new AudioContext() : null;
  audio?.resume();
}

export function signal(state) {
  navigator.vibrate?.(BUZZES_MS[state]);
  if (audio === null) return;
  let at = audio.currentTime;
  for (const [pitch, lasts] of TONES[state]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = LOUDNESS;
    tone.frequency.value = pitch;
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + lasts);
    at += lasts + BETWEEN_S;
  }
}
