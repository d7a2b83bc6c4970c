/* The question: shuffle, let the learner choose, remember. */
const state = {};
save(state);
const shuffled = (count) => {
  const order = Array.from({ length: count }, (_, n) => n);
  for (let n = count - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
};
const mark = (node, on) => node.setAttribute("aria-checked", !!on);
const choose = (list, items) => {
  const single = list.classList.contains("choice");
  const show = () => { items.forEach((item, n) => mark(item, state.pick.includes(n))); save(state); };
  state.pick = [];
  list.setAttribute("role", single ? "radiogroup" : "group");
  items.forEach((item, n) => pressable(item, single ? "radio" : "checkbox", () => {
    const had = state.pick.includes(n);
    state.pick = single ? [n] : state.pick.filter((other) => other !== n).concat(had ? [] : [n]);
    show();
  }));
  show();
};
const judge = (list, items) => {
  state.said = items.map(() => null);
  items.forEach((item, n) => {
    const truth = make("div", "truth"), buttons = [];
    truth.setAttribute("role", "radiogroup");
    truth.setAttribute("aria-label", item.textContent.trim());
    [true, false].forEach((value) => {
      const press = button(words[value], () => {
        state.said[n] = value;
        buttons.forEach((other, at) => mark(other, value === !at));
        save(state);
      });
      press.setAttribute("role", "radio");
      mark(press, false);
      buttons.push(press);
      truth.append(press);
    });
    item.append(truth);
  });
  save(state);
};
find(".quiz").slice(0, 1).forEach((list) => {
  const items = inside(list);
  state.order = shuffled(items.length);
  state.order.forEach((n) => list.append(items[n]));
  list.setAttribute("aria-label", find("h2").map((heading) => heading.textContent).join());
  (list.classList.contains("judge") ? judge : choose)(list, items);
});

find(".puzzle").slice(0, 1).forEach((pool) => {
  const items = inside(pool), placed = make("ol", pool.className + " placed");
  let order = shuffled(items.length);
  while (items.length > 1 && order.every((n, at) => items[n].dataset.n === String(at))) order = shuffled(items.length);
  order.forEach((n) => pool.append(items[n]));
  const left = make("div", "stage", words.pool), done = make("div", "stage", words.ordered);
  const show = () => {
    state.placed = inside(placed).map((item) => +item.dataset.n);
    undo.disabled = !state.placed.length;
    left.hidden = !pool.children.length;
    save(state);
  };
  const undo = button(words.undo, () => {
    if (placed.lastElementChild) pool.append(placed.lastElementChild);
    show();
  }, "undo");
  items.forEach((item) => {
    const press = item.firstElementChild;
    press.classList.add("piece");
    pressable(press, "button", () => {
      (item.parentNode === pool ? placed : pool).append(item);
      press.focus();
      show();
    });
  });
  done.append(undo);
  pool.before(done, placed, left);
  show();
});

find(".type-in").slice(0, 1).forEach((place) => {
  const label = make("label", "", words.type), text = make("textarea");
  text.rows = 3;
  text.spellcheck = false;
  text.autocapitalize = text.autocomplete = "off";
  text.addEventListener("input", () => { state.text = text.value; save(state); });
  label.append(text);
  place.append(label);
});
