// Keys of the back office, and looking again at what runs. Everything here can be done without it.
"use strict";

const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

const move = (step) => {
  const rows = [...document.querySelectorAll("tr[data-row] a")].filter((link, at, all) =>
    all.findIndex((other) => other.closest("tr") === link.closest("tr")) === at);
  if (rows.length === 0) return;
  const here = rows.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + step, 0), rows.length - 1);
  rows[next].focus();
  rows[next].closest("tr").scrollIntoView({ block: "nearest" });
};

const find = () => {
  const field = document.querySelector("[data-find]");
  if (!field) { location.href = "/office/orders"; return; }
  field.focus();
  field.select();
};

const keys = { "/": find, j: () => move(1), k: () => move(-1), "?": () => document.getElementById("keys")?.showModal() };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const watch = async () => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!answer.ok || !fresh) { location.reload(); return; }
    if (!fresh.hasAttribute("data-live")) { location.reload(); return; }
    // Who is on a button or a link there by keyboard keeps it: what is replaced under the focus loses it.
    if (!live.contains(document.activeElement)) live.replaceChildren(...fresh.childNodes);
  } catch {
    // The line is down for a moment: look again.
  }
  setTimeout(watch, 1000);
};
setTimeout(watch, 1000);
