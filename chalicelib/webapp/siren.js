// The siren of an ambulance, made by the browser, with vibration where there is one (R4.2).

const SECONDS = 8;
const HIGH = 960;
const LOW = 770;
let audio, tone;

// Browsers let a page sound only after somebody touched it: the first touch makes it ready.
addEventListener("pointerdown", ready);
addEventListener("keydown", ready);

function ready() {
  audio ??= new AudioContext();
  audio.resume();
}

export function hush() {
  if (document.body.dataset.siren !== "yes") return; // browsers complain of pages that end what never began
  if (tone) tone.stop();
  tone = null;
  document.body.dataset.siren = "no";
  navigator.vibrate?.(0);
}

export function wail() {
  hush();
  document.body.dataset.siren = "yes";
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([600, 200, 600, 200, 600, 200, 600]);
  if (!audio) return;
  tone = new OscillatorNode(audio, { type: "square", frequency: HIGH });
  for (let beat = 0; beat < SECONDS * 2; beat++) tone.frequency.setValueAtTime(beat % 2 ? LOW : HIGH, audio.currentTime + beat / 2);
  tone.connect(new GainNode(audio, { gain: 0.5 })).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + SECONDS);
}
