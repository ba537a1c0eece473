// Log in, prove who one is, choose what to share, leave. The page holds the words, in both languages; what the
// service answers is put into text nodes and nowhere else.

const root = document.documentElement;
const { organization, open } = document.body.dataset;
const all = (selector, place = document) => Array.from(place.querySelectorAll(selector));
const section = (name) => document.getElementById(name);
const form = (name) => section(name).querySelector("form");
const typed = (name) => form(name).elements[name].value;
const timers = new Map(); // button -> its countdown
let token, phone, membership;
let busy = false;

function stored(key, value) {
  try {
    if (value !== undefined) sessionStorage.setItem(key, value);
    return sessionStorage.getItem(key);
  } catch {
    return value;
  }
}

const hold = (value) => (token = stored("token", value));

function speak(language) {
  root.lang = stored("language", language);
  for (const one of all(".languages button")) one.setAttribute("aria-pressed", one.value === language);
}

function step(name) {
  for (const one of all("section")) one.hidden = one.id !== name;
  section(name).querySelector("h2").focus({ preventScroll: true });
  scrollTo(0, 0);
}

// Asks the service. Throws the problem that it answers, or an empty one if it does not answer.
async function call(method, path, content) {
  const language = root.lang;
  const headers = { "Accept-Language": language };
  if (token) headers.Authorization = "Bearer " + token;
  if (content) headers["Content-Type"] = "application/json";
  let answer, body;
  try {
    answer = await fetch("../v1/" + path, { method, headers, body: content && JSON.stringify(content) });
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

function refuse(name, problem, button) {
  const { code, seconds } = problem;
  const session = /^(session|step)_/.test(code);
  if (session) hold("");
  if (code === "membership_not_found") become();
  name = session ? "phone" : { identity_required: "identity", membership_not_found: "scopes" }[code] || name;
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
async function run(name, work, button) {
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

// Shows what the caller shares now, or nothing where they are not a member.
function become(found) {
  membership = found;
  document.body.dataset.member = found ? "yes" : "no";
  for (const one of all("#joined li + li")) one.remove();
  for (const input of found ? all("#scopes [name=scopes]") : []) {
    input.checked = found.scopes.includes(input.value);
    if (!input.checked) continue;
    const item = document.createElement("li");
    item.append(...all("span", input.parentNode).map((one) => one.cloneNode(true)));
    section("joined").querySelector("ul").append(item);
  }
}

// Finds out where the caller stands, and goes there.
async function resume() {
  const me = await call("GET", "me");
  if (!me.verified) return step("identity");
  for (const one of all(".who")) one.textContent = me.name + " · " + me.document;
  const { items } = await call("GET", "me/memberships");
  become(items.find((one) => one.org_id === organization));
  step(membership ? "joined" : open ? "scopes" : "closed");
}

const proceed = () => resume().catch((problem) => refuse("trouble", problem));

async function signOut() {
  await call("DELETE", "auth/sessions/current").catch(() => 0); // forgotten here in any case
  hold("");
  become();
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
  async scopes() {
    const scopes = all("#scopes :checked").map((one) => one.value);
    become(
      membership
        ? await call("PUT", `me/memberships/${organization}/consent`, { scopes })
        : await call("POST", `invitations/${location.pathname.split("/").pop()}/join`, { scopes, label: form("scopes").label.value }),
    );
    step("joined");
  },
  async leave() {
    await call("DELETE", "me/memberships/" + organization);
    become();
    step("left");
  },
  trouble: resume,
};

const actions = {
  resend: (button) => run("code", sendCode, button),
  have: () => ((phone = typed("phone")), enterCode()),
  back: () => step("phone"),
  change: () => step("scopes"),
  ask: () => step("leave"),
  keep: () => (become(membership), step("joined")),
  "sign-out": (button) => run(button.closest("section").id, signOut, button),
};

for (const [name, work] of Object.entries(submits)) {
  const button = form(name).querySelector("[type=submit]");
  form(name).addEventListener("submit", (event) => (event.preventDefault(), run(name, work, button)));
  form(name).addEventListener("input", () => unwait(button)); // a limit is one of what was typed
}
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button && button.value) speak(button.value);
  else if (button && button.dataset.do) actions[button.dataset.do](button);
});

speak(stored("language") || root.lang);
hold(stored("token") || "");
if (token) run("trouble", resume);
else section("phone").hidden = false;
