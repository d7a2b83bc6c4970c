/* What both sides share. Nothing is left behind in the page but the learner's choice. */
(() => {
"use strict";
const words = [[words]], memory = [[memory]];
const all = document.querySelectorAll(".deckgen"), root = all[all.length - 1];
if (!root || root.dataset.live) return;
root.dataset.live = "1";
const id = root.dataset.id, page = document.documentElement;
const find = (what) => [...root.querySelectorAll(what)];
const first = (what, action) => find(what).slice(0, 1).forEach(action);
const inside = (node) => [...node.children];
const set = (node, name, value) => node.setAttribute(name, value);
const make = (tag, name, text) => {
  const node = document.createElement(tag);
  node.className = name || "";
  node.textContent = text || "";
  return node;
};
const attempt = (action) => { try { return action(); } catch (error) { return null; } };
const stores = ["sessionStorage", "localStorage"];
// One entry a deck: the card that is being answered. Some viewers lose one store between the sides, some the page.
const save = (state) => {
  const text = page.dataset.deckgen = JSON.stringify({ id, at: Date.now(), ...state });
  stores.forEach((name) => attempt(() => window[name].setItem(memory, text)));
};
const load = () => {
  const texts = [page.dataset.deckgen, ...stores.map((name) => attempt(() => window[name].getItem(memory)))];
  const mine = texts.map((text) => attempt(() => JSON.parse(text))).filter((state) => state && state.id === id && Date.now() - state.at < 36e5);
  return mine.sort((a, b) => b.at - a.at)[0] || {};
};
// Anki binds most letters itself: j and k go from one thing to the next, x presses it, z takes back.
const targets = () => find("[data-key]").filter((node) => node.getClientRects().length && !node.disabled);
const onKey = (event) => {
  if (!root.isConnected) return document.removeEventListener("keydown", onKey);
  if (event.ctrlKey || event.metaKey || event.altKey || /^(TEXTAREA|INPUT)$/.test(event.target.tagName)) return;
  const list = targets(), at = list.indexOf(document.activeElement), undo = root.querySelector(".undo");
  if (event.key === "j" && list.length) list[(at + 1) % list.length].focus();
  else if (event.key === "k" && list.length) list[(at < 1 ? list.length : at) - 1].focus();
  else if (event.key === "x" && at >= 0) list[at].dispatchEvent(new Event("click"));
  else if (event.key === "z" && undo) undo.click();
  else return;
  event.preventDefault();
};
document.addEventListener("keydown", onKey);
const pressable = (node, role, action) => {
  node.dataset.key = "1";
  set(node, "role", role);
  node.tabIndex = 0;
  node.querySelectorAll("[tabindex]").forEach((inner) => inner.removeAttribute("tabindex"));
  node.onclick = action;
};
const button = (text, action, name) => {
  const node = make("button", name, text);
  node.type = "button";
  pressable(node, "button", action);
  return node;
};
[[side]]
})();
