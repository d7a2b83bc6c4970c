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
const toggled = (list, n) => list.includes(n) ? list.filter((other) => other !== n) : [...list, n];
const mark = (node, on) => set(node, "aria-checked", !!on);
const choose = (list, items) => {
  const single = list.classList.contains("choice");
  const show = () => { items.forEach((item, n) => mark(item, state.pick.includes(n))); save(state); };
  state.pick = [];
  set(list, "role", single ? "radiogroup" : "group");
  items.forEach((item, n) => pressable(item, single ? "radio" : "checkbox", () => {
    state.pick = single ? [n] : toggled(state.pick, n);
    show();
  }));
  show();
};
const judge = (list, items) => {
  state.said = items.map(() => null);
  items.forEach((item, n) => {
    const truth = make("div", "truth"), buttons = [];
    set(truth, "role", "radiogroup");
    set(truth, "aria-label", item.textContent.trim());
    [true, false].forEach((value) => {
      const press = button(words[value], () => {
        state.said[n] = value;
        buttons.forEach((other, at) => mark(other, value === !at));
        save(state);
      });
      set(press, "role", "radio");
      mark(press, false);
      buttons.push(press);
      truth.append(press);
    });
    item.append(truth);
  });
  save(state);
};
first(".quiz", (list) => {
  const items = inside(list);
  state.order = shuffled(items.length);
  state.order.forEach((n) => list.append(items[n]));
  set(list, "aria-label", find("h2").map((heading) => heading.textContent).join());
  (list.classList.contains("judge") ? judge : choose)(list, items);
});

// A line that tells how far an order has come, with a button that takes its last step back.
const stage = (back) => {
  const bar = make("div", "stage"), told = make("span"), undo = button(words.undo, back, "undo");
  set(told, "role", "status");
  bar.append(told, undo);
  return [bar, (text) => {
    told.textContent = text;
    undo.disabled = !state.placed.length;
    save(state);
  }];
};
first(".puzzle", (pool) => {
  const items = inside(pool), placed = make("ol", pool.className + " placed"), left = make("div", "stage", words.pool);
  let order;
  do order = shuffled(items.length); while (items[1] && order.every((n, at) => +items[n].dataset.n === at));
  order.forEach((n) => pool.append(items[n]));
  const show = () => {
    state.placed = inside(placed).map((item) => +item.dataset.n);
    left.hidden = !pool.children.length;
    tell(words.ordered);
  };
  const [bar, tell] = stage(() => {
    if (placed.lastElementChild) pool.append(placed.lastElementChild);
    show();
  });
  items.forEach((item) => {
    const press = item.firstElementChild;
    press.classList.add("piece");
    pressable(press, "button", () => {
      (item.parentNode === pool ? placed : pool).append(item);
      press.focus();
      show();
    });
  });
  pool.before(bar, placed, left);
  show();
});

first(".game", (game) => {
  const nodes = find("g[data-n]");
  const show = (placed) => {
    state.placed = placed;
    nodes.forEach((node) => {
      const at = placed.indexOf(+node.dataset.n) + 1;
      node.classList.toggle("tapped", at > 0);
      set(node, "aria-pressed", at > 0);
      node.lastElementChild.textContent = at || "";
    });
    tell(words.tap + " · " + placed.length + " / " + nodes.length);
  };
  const [bar, tell] = stage(() => show(state.placed.slice(0, -1)));
  set(game.firstElementChild, "role", "group");
  nodes.forEach((node) => pressable(node, "button", () => show(toggled(state.placed, +node.dataset.n))));
  game.before(bar);
  show([]);
});

first(".type-in", (place) => {
  const label = make("label", "", words.type), text = make("textarea");
  text.rows = 3;
  text.spellcheck = false;
  text.autocapitalize = text.autocomplete = "off";
  text.oninput = () => { state.text = text.value; save(state); };
  label.append(text);
  place.append(label);
});
