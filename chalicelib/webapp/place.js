// Check in at a place by its code, see and hear the verdict, check out: what follows once somebody is logged in (R2.4, R4.1).

import { all, begin, call, form, refuse, root, run, section, step, stored } from "./light.js";
import { hush, wail } from "./siren.js";

const { standing, kind, now } = document.body.dataset;
const code = location.pathname.split("/").pop();
const ahead = Number(now) - Date.now(); // a phone's own clock may be wrong
const clock = () => Date.now() + ahead;
const opened = clock(); // opening the page is what the camera does with the code
const FRESH = 600_000; // for so long it says when somebody came, unless they come again
const KEPT = 72 * 3_600_000; // older scans are taken from nobody
const SHOWN = 180_000; // how long a verdict can be shown: it is about now
const RETRY = 15_000;

// Icons by name, each of another shape (B11).
const ICONS = {
  check: "M9 16.2 4.8 12l-1.9 1.9L9 20 21.1 7.9 19.2 6z",
  plane: "M21 16v-2l-8-5V3.5a1.5 1.5 0 0 0-3 0V9l-8 5v2l8-2.5V19l-2 1.5V22l3.5-1 3.5 1v-1.5L13 19v-5.5z",
  megaphone: "M3 10v4h3l3 6h3l-2.5-6H11l9 5V5l-9 5z",
  warning: "M12 2 1 21h22zm-1 7h2v6h-2zm0 8h2v2h-2z",
  house: "M12 3 2 12h3v8h5v-6h4v6h5v-8h3z",
  hospital: "M4 3h16v18H4zm7 4v3H8v2h3v3h2v-3h3v-2h-3V7z",
  question: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1 14h2v2h-2zm1-10c-2.2 0-4 1.6-4 4h2c0-1.1.9-2 2-2s2 .9 2 2c0 2-3 1.75-3 5h2c0-2.25 3-2.5 3-5 0-2.2-1.8-4-4-4z",
};

const kept = (key, value) => JSON.parse(stored(key, value && JSON.stringify(value), localStorage) || "null");
const forgotten = (key) => stored(key, null, localStorage);
let who, visit, sentAt, clockwork;
let isSending = false;

// --- the scan, which waits where there is no answer ---------------------------------------------------------------------

function scan() {
  const isLate = kind === "poster" && (sentAt || clock() - opened > FRESH);
  sentAt = isLate ? clock() : opened;
  const dependants = all("#family :checked").map((one) => one.value);
  const body = { code, scanned_at: new Date(sentAt).toISOString(), temperature: "normal" };
  return { who, body: dependants.length ? { ...body, dependants } : body };
}

// Scans that wait on this phone, of each entrance the ones that nobody answered; other people's too.
const queue = () => (kept("waiting") || []).filter((one) => clock() - Date.parse(one.body.scanned_at) < KEPT);
const keep = (scans) => (scans.length ? kept("waiting", scans) : forgotten("waiting"));
const without = ({ who: whose, body }) =>
  queue().filter((one) => one.who !== whose || one.body.code !== body.code || one.body.scanned_at !== body.scanned_at);
const waiting = () => queue().find((one) => one.who === who && one.body.code === code);

// Sends a scan. What the service does not answer, or only says that it can't now, is kept and sent again as it is (B8).
async function send(one) {
  keep([...without(one), one]);
  try {
    const answer = await call("POST", "checkins", one.body);
    keep(without(one));
    return answer;
  } catch (problem) {
    if (problem.status && problem.status < 500 && problem.status !== 429 && !/^session_/.test(problem.code)) keep(without(one));
    throw problem;
  }
}

async function arrive(one) {
  try {
    const answer = await send(one);
    if (Date.parse(answer.until) > clock()) present(answer, one);
    else home(); // who came so long ago comes again
  } catch (problem) {
    if (problem.status && problem.status < 500) throw problem;
    if (section("waiting").hidden) step("waiting");
  }
}

// Scans of other entrances arrive unseen: their verdicts let nobody in at this one.
async function sendElsewhere() {
  if (isSending) return;
  isSending = true;
  for (const one of queue()) if (one.who === who && one.body.code !== code) await send(one).catch(() => 0);
  isSending = false;
}

function retry() {
  sendElsewhere();
  if (!section("waiting").hidden && waiting()) run("waiting", () => arrive(waiting()));
}

// --- what is shown --------------------------------------------------------------------------------------------------------

function result({ name, state }) {
  const item = section("result").content.cloneNode(true);
  const put = (selector, words) => (item.querySelector(selector).textContent = words);
  item.querySelector("path").setAttribute("d", ICONS[state.icon] || ICONS.question);
  item.querySelector("svg").style.color = state.colour;
  put(".name", name || who);
  put(".word", state.word);
  put(".instruction", state.instruction);
  put(".contact", state.allows_entry ? "" : [state.contact.name, state.contact.phone, state.contact.hours].join(" · "));
  return item;
}

// The verdict on everybody who came along, with a clock that runs: a picture of it stands still.
function present(answer, { body }) {
  const brought = answer.dependants || []; // what a city does not know of yet, nobody could choose
  const results = [answer, ...brought.filter((one) => one.checkin).map((one) => ({ ...one.checkin, name: one.name }))];
  const refused = brought.filter((one) => !one.checkin);
  const alarm = results.some((one) => one.alarm);
  const { dataset } = document.body;
  dataset.allowed = !refused.length && results.every((one) => one.allowed) ? "yes" : "no";
  dataset.left = refused.length ? "yes" : "no";
  dataset.alarm = alarm ? "yes" : "no";
  dataset.repeated = answer.repeated ? "yes" : "no";
  dataset.full = answer.is_full ? "yes" : "no";
  section("verdict").querySelector(".results").replaceChildren(...results.map(result));
  visit = kept("visit", { who, code: body.code, id: answer.checkin_id, at: answer.at, until: answer.until });
  step("verdict");
  runClock();
  if (alarm) wail();
}

function runClock() {
  const end = clock() + SHOWN;
  const tick = () => {
    section("verdict").querySelector(".clock").textContent = new Date(clock()).toLocaleTimeString(root.lang);
    if (clock() > end) stay();
  };
  clearInterval(clockwork);
  clockwork = setInterval(tick, 250);
  tick();
}

function stay() {
  clearInterval(clockwork);
  hush();
  const [at, until] = [visit.at, visit.until].map((one) => new Date(one).toLocaleTimeString(root.lang, { timeStyle: "short" }));
  section("inside").querySelector("time").textContent = at + " – " + until;
  step("inside");
}

const home = () => step(standing === "open" ? "entry" : "closed");

// Family whom the caller may check in too; where the city does not say, nobody.
async function askFamily() {
  const { items } = await call("GET", "me/dependants").catch(() => ({ items: [] }));
  for (const one of all("#family label")) one.remove();
  const brought = items.filter((one) => one.acts !== false);
  for (const { dependant_id: value, name } of brought) {
    const label = Object.assign(document.createElement("label"), { className: "choice" });
    label.append(Object.assign(document.createElement("input"), { type: "checkbox", name: "dependants", value }), name);
    section("family").append(label);
  }
  section("family").hidden = !brought.length;
}

async function resume(name) {
  who = name;
  await askFamily();
  visit = kept("visit");
  if (!visit || visit.who !== who || visit.code !== code || Date.parse(visit.until) < clock()) visit = null;
  sendElsewhere();
  if (waiting()) await arrive(waiting()).catch((problem) => refuse("entry", problem));
  else if (visit) stay();
  else home();
}

function forget() {
  who = visit = null;
  forgotten("visit");
  forgotten("waiting");
  hush();
}

const submits = {
  entry: () => arrive(scan()),
  waiting: () => arrive(waiting() || scan()),
  async inside() {
    await call("POST", `checkins/${visit.id}/checkout`);
    forgotten("visit");
    step("out");
  },
};

const actions = {
  again: home,
  drop: () => (waiting() && keep(without(waiting())), home()),
  silence: hush,
  stay,
};

addEventListener("online", retry);
setInterval(retry, RETRY);
begin({ submits, actions, resume, forget, keeps: localStorage, turns: { checkin_not_found: () => (forgotten("visit"), home(), standing === "open" ? "entry" : "inside") } });
