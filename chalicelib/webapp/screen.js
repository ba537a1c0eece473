// The screen of an entrance: shows the code of this half minute and fetches the next one in time. Which entrance it is stands
// in the address, after `#`: place and gate, by their ids.

import { begin, call, root, run, section, step } from "./light.js";

const AGAIN = 5_000; // after no answer, and the least between two codes where the clock is wrong
const TURN = 30_000;
const shown = new URLSearchParams(location.hash.slice(1));
const path = `places/${encodeURIComponent(shown.get("place"))}/gates/${encodeURIComponent(shown.get("gate"))}/screen`;
const picture = section("screen").querySelector(".code");
let next, ticking;

// A code that is over is taken away: a wrong picture is worse than none.
function hide() {
  clearTimeout(next);
  clearInterval(ticking);
  picture.removeAttribute("src");
  picture.hidden = true;
}

async function renew() {
  try {
    const { svg, until } = await call("GET", path);
    hide();
    picture.src = "data:image/svg+xml," + encodeURIComponent(svg);
    picture.hidden = false;
    next = setTimeout(turn, Math.min(TURN, Math.max(AGAIN, Date.parse(until) - Date.now())));
  } catch (problem) {
    hide();
    if (!problem.status || problem.status >= 429) next = setTimeout(turn, AGAIN);
    throw problem;
  }
  ticking = setInterval(tick, 250);
  tick();
}

const tick = () => (section("screen").querySelector(".clock").textContent = new Date().toLocaleTimeString(root.lang));
const turn = () => run("screen", renew);

async function resume() {
  await renew();
  step("screen");
}

begin({ submits: { screen: renew }, actions: {}, resume, forget: hide });
