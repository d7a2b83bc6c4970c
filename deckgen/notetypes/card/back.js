/* The answer: what the learner chose, beside what is so. Without a choice there is no verdict. */
const state = load();
const verdict = (before, hits, total) => {
  const good = hits === total, score = total > 1 ? " · " + hits + " / " + total : "";
  const line = make("p", good ? "verdict good" : "verdict", (good ? words.right : words.wrong) + score);
  set(line, "role", "status");
  before.before(line);
};
const remark = (item, hit, text) => {
  const line = make("div", "note-mine", (hit ? "✓ " : "✗ ") + text), reason = item.querySelector(".reason");
  item.classList.add(hit ? "hit" : "miss");
  if (reason) reason.before(line); else item.append(line);
};

first(".quiz.solved", (list) => {
  const items = inside(list), right = items.map((item) => item.classList.contains("right"));
  if (!state.order || state.order.length !== items.length) return;
  state.order.forEach((n) => list.append(items[n]));
  if (state.said && state.said.some((said) => said !== null)) {
    items.forEach((item, n) => {
      const said = state.said[n];
      if (said !== null) remark(item, said === right[n], words.chosen + " · " + words[said]);
    });
    verdict(list, items.filter((_, n) => state.said[n] === right[n]).length, items.length);
  }
  if (state.pick && state.pick.length) {
    const mine = items.map((_, n) => state.pick.includes(n));
    items.forEach((item, n) => {
      item.classList.toggle("mine", mine[n]);
      item.classList.toggle("missed", right[n] && !mine[n]);
      if (mine[n]) remark(item, right[n], words.chosen);
    });
    verdict(list, +right.every((is, n) => is === mine[n]), 1);
  }
});

first(".puzzle.solved", (list) => {
  const items = inside(list), text = (n) => items[n] && items[n].querySelector(".option").textContent;
  if (!state.placed || !state.placed.length) return;
  const hits = items.filter((item, n) => {
    const at = state.placed.indexOf(n), after = item.dataset.after, done = state.placed.slice(0, at);
    // Two equal lines are one as good as the other; so is every order of a graph that keeps to its edges.
    const hit = after == null ? text(state.placed[n]) === text(n)
      : at >= 0 && (after.match(/\d+/g) || []).every((other) => done.includes(+other));
    find("g[data-n='" + n + "']").forEach((node) => node.classList.add(hit ? "hit" : "miss"));
    remark(item, hit, at < 0 || (hit && (at === n || after == null)) ? "" : words.placed.replace("{n}", at + 1));
    return hit;
  }).length;
  verdict(list, hits, items.length);
});

// Python does not care for spaces around signs, nor a learner for the shape of quotes: pieces keep them, keys do not.
const pieces = (text) => (text.match(/([\p{L}\p{N}_.]+|\S)\s*/gu) || []).slice(0, 400);
const key = (piece) => piece.trim().normalize("NFKC").replace(/[‘’“”"]/g, "'");
const compare = (mine, real) => {
  const size = real.length + 1, best = new Uint16Array((mine.length + 1) * size), parts = [];
  const at = (a, b) => best[a * size + b];
  const left = mine.map(key), right = real.map(key), same = (a, b) => left[a] === right[b];
  let a, b;
  for (a = mine.length - 1; a >= 0; a--) for (b = real.length - 1; b >= 0; b--)
    best[a * size + b] = same(a, b) ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1));
  for (a = b = 0; a < mine.length || b < real.length;) {
    if (a < mine.length && b < real.length && same(a, b)) { parts.push(["span", "", mine[a++]]); b++; }
    else if (b === real.length || (a < mine.length && at(a + 1, b) >= at(a, b + 1))) parts.push(["del", "", mine[a++]]);
    else parts.push(["ins", "", real[b++]]);
  }
  return parts;
};
const outputs = find(".results .out > pre");
if (outputs.length && state.text && state.text.trim() && find(".type-in").length) {
  const parts = compare(pieces(state.text.trim()), pieces(outputs.map((pre) => pre.textContent).join("\n")));
  const place = make("div", "typed"), pre = make("pre");
  parts.forEach((part) => pre.append(make(...part)));
  place.append(make("label", "", words.yours), pre);
  root.querySelector(".results").before(place);
  verdict(place, +parts.every((part) => part[0] === "span"), 1);
}

first(".verse:not(.blank)", (verse) => {
  const row = make("div", "buttons"), covered = inside(verse).slice(1);
  const cover = (line, on) => { line.classList.toggle("covered", on); set(line, "aria-hidden", on); };
  const open = (count) => {
    covered.splice(0, count).forEach((line) => cover(line, false));
    if (!covered.length) row.remove();
  };
  covered.forEach((line) => cover(line, true));
  row.append(button(words.next, () => open(1)), button(words.all, () => open(99)));
  verse.after(row);
  open(0);
});
