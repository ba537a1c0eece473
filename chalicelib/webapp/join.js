// Choose what to share, join, change it, leave: what follows on the page of an invitation once somebody is logged in.

import { all, begin, call, form, section, step } from "./light.js";

const { organization, open } = document.body.dataset;
let membership;

// The day from which something is overdue, if the organization waits for it.
function due(day) {
  if (!day) return "";
  const words = document.querySelector("#due").content.cloneNode(true);
  words.querySelector("time").textContent = day;
  return words;
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
    item.append(...all("span", input.parentNode).map((one) => one.cloneNode(true)), due(found.due[input.value]));
    section("joined").querySelector("ul").append(item);
  }
}

async function resume() {
  const { items } = await call("GET", "me/memberships");
  become(items.find((one) => one.org_id === organization));
  step(membership ? "joined" : open ? "scopes" : "closed");
}

const submits = {
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
};

const actions = {
  change: () => step("scopes"),
  ask: () => step("leave"),
  keep: () => (become(membership), step("joined")),
};

begin({ submits, actions, resume, forget: become, turns: { membership_not_found: () => (become(), "scopes") } });
