// What every light page does: it speaks two languages, logs in by SMS, proves who one is, asks the service, and shows
// what went wrong. The page holds the words; what the service answers is put into text nodes and nowhere else.

export const root = document.documentElement;
export const all = (selector, place = document) => Array.from(place.querySelectorAll(selector));
export const section = (name) => document.getElementById(name);
export const form = (name) => section(name).querySelector("form");
const typed = (name) => form(name).elements[name].value;
const API = new URL("../v1/", import.meta.url);
const timers = new Map(); // button -> its countdown
let page, token, phone;
let busy = false;

// What is remembered in a store of the browser, as text; null takes it away. Where there is none, it is forgotten.
export function stored(key, value, where = sessionStorage) {
  try {
    if (value === null) where.removeItem(key);
    else if (value !== undefined) where.setItem(key, value);
    return where.getItem(key);
  } catch {
    return value;
  }
}

const hold = (value) => (token = stored("token", value, page.keeps));

function speak(language) {
  root.lang = stored("language", language);
  for (const one of all(".languages button")) one.setAttribute("aria-pressed", one.value === language);
}

export function step(name) {
  for (const one of all("section")) one.hidden = one.id !== name;
  section(name).querySelector("h2").focus({ preventScroll: true });
  scrollTo(0, 0);
}

// Asks the service. Throws the problem that it answers, or an empty one if it does not answer.
export async function call(method, path, content) {
  const language = root.lang;
  const headers = { "Accept-Language": language };
  if (token) headers.Authorization = "Bearer " + token;
  if (content) headers["Content-Type"] = "application/json";
  let answer, body;
  try {
    answer = await fetch(new URL(path, API), { method, headers, body: content && JSON.stringify(content) });
    const text = await answer.text();
    body = text && JSON.parse(text);
  } catch {
    throw {};
  }
  if (answer.ok) return body;
  throw { ...body, language, seconds: Number(answer.headers.get("Retry-After")) };
}

function say(error, language, ...words) {
  error.lang = language || root.lang;
  error.replaceChildren(...(language ? words : [section("offline").content.cloneNode(true)]));
}

// Shows each refused field at its input, and the rest at the top.
function show(place, { code, title, detail, errors, language }) {
  const refused = [];
  for (const one of code === "code_refused" ? [{ field: "code", detail }] : errors || []) {
    const input = place.querySelector(`[name="${one.field.split(".").pop()}"]`);
    if (!input) continue;
    input.setAttribute("aria-invalid", true);
    say(place.querySelector(`[data-field="${input.name}"]`), language, one.detail);
    refused.push(input);
  }
  if (refused.length) refused[0].focus();
  else say(place.querySelector(".error:not([data-field])"), language, title + "\n" + detail);
}

export function refuse(name, problem, button) {
  const { code, seconds } = problem;
  const session = /^(session|step)_/.test(code);
  if (session) hold("");
  const turn = page.turns[code];
  name = session ? "phone" : (turn && turn()) || (code === "identity_required" ? "identity" : name);
  if (section(name).hidden) step(name);
  show(form(name), problem);
  if (seconds) wait(button || form(name).querySelector("[type=submit]"), seconds);
}

// Counts down on a button, which can't be pressed until then.
function wait(button, seconds) {
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) return unwait(button);
    button.querySelector(".wait").textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
  };
  unwait(button);
  timers.set(button, setInterval(tick, 500));
  button.disabled = true;
  tick();
}

function unwait(button) {
  clearInterval(timers.get(button));
  timers.delete(button);
  button.disabled = busy;
  button.querySelector(".wait").textContent = "";
}

function setBusy(value) {
  busy = value;
  for (const one of all("main button")) one.disabled = busy || timers.has(one);
}

// Does one piece of work at a time, with the buttons out of reach, and shows in its step what went wrong.
export async function run(name, work, button) {
  if (busy) return;
  setBusy(true);
  for (const one of all(".error", section(name))) one.textContent = "";
  for (const one of all("[aria-invalid]")) one.removeAttribute("aria-invalid");
  await work().catch((problem) => refuse(name, problem, button));
  setBusy(false);
  if (button && document.activeElement === document.body) button.focus();
}

async function sendCode() {
  const sent = await call("POST", "auth/codes", { phone });
  wait(section("code").querySelector("[data-do=resend]"), sent.retry_after);
}

function enterCode() {
  section("code").querySelector("output").textContent = phone;
  step("code");
}

// Finds out where the caller stands, and goes there.
async function resume() {
  const me = await call("GET", "me");
  if (!me.verified) return step("identity");
  const who = me.name + " · " + me.document;
  for (const one of all(".who")) one.textContent = who;
  await page.resume(who);
}

const proceed = () => resume().catch((problem) => refuse("trouble", problem));

async function signOut() {
  await call("DELETE", "auth/sessions/current").catch(() => 0); // forgotten here in any case
  hold("");
  page.forget();
  for (const one of document.forms) one.reset();
  step("phone");
}

const submits = {
  async phone() {
    phone = typed("phone");
    await sendCode();
    enterCode();
  },
  async code() {
    const code = typed("code").normalize("NFKC").replace(/\s/g, "");
    hold((await call("POST", "auth/sessions", { phone, code })).token);
    form("code").reset();
    await proceed();
  },
  async identity() {
    const { name, type, number } = form("identity").elements;
    const claim = { name: name.value, document: { type: type.value, number: number.value } };
    hold((await call("PUT", "me/identity", claim)).token);
    await proceed();
  },
  trouble: resume,
};

const actions = {
  resend: (button) => run("code", sendCode, button),
  have: () => ((phone = typed("phone")), enterCode()),
  back: () => step("phone"),
  "sign-out": (button) => run(button.closest("section").id, signOut, button),
};

// Starts a page. `submits` and `actions` are what its own forms and buttons do, `resume` goes on with somebody whose identity
// is proved, `forget` takes away what it shows of them, `turns` says to which step a problem leads, and `keeps` is where the
// browser keeps the session.
export function begin(own) {
  page = { turns: {}, keeps: sessionStorage, ...own };
  for (const [name, work] of Object.entries({ ...submits, ...page.submits })) {
    const button = form(name).querySelector("[type=submit]");
    form(name).addEventListener("submit", (event) => (event.preventDefault(), run(name, work, button)));
    form(name).addEventListener("input", () => unwait(button)); // a limit is one of what was typed
  }
  const pressed = { ...actions, ...page.actions };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button && button.value) speak(button.value);
    else if (button && button.dataset.do) pressed[button.dataset.do](button);
  });
  speak(stored("language") || root.lang);
  hold(stored("token", undefined, page.keeps) || "");
  if (token) run("trouble", resume);
  else section("phone").hidden = false;
}
