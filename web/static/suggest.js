// Options below a search box while typing: a combobox around what the server suggests. Without it the box is a plain form.
"use strict";

(() => {
  const WAIT = 120; // milliseconds without a key before it is asked
  const LONGEST = 60; // characters beyond which nothing is suggested

  const box = document.querySelector("[data-suggest]");
  if (!box) return;
  const list = document.getElementById(box.dataset.options);
  const told = list.nextElementSibling;
  let timer, asking, active = -1;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");

  const options = () => [...list.children];
  const isOpen = () => !list.hidden;
  const choose = (option) => location.assign(option.dataset.url);

  const activate = (at) => {
    const all = options();
    active = at;
    all.forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
    if (at < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const show = (open) => {
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
    told.textContent = open ? told.dataset.told.replace("{n}", list.children.length) : "";
    activate(-1);
  };
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    if (isOpen()) show(false);
  };
  const ask = async () => {
    const typed = box.value.trim();
    asking?.abort();
    if (!typed || typed.length > LONGEST) return close();
    asking = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(typed)}`, { signal: asking.signal });
      if (!answer.ok || answer.redirected) return close(); // to the sign-in page, say
      list.innerHTML = await answer.text();
      show(list.children.length > 0 && document.activeElement === box);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };
  const later = (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  };

  // Round through the options and the box itself, which comes between the last and the first.
  const step = (by) => {
    const count = options().length + 1;
    activate(((active + 1 + by + count) % count) - 1);
  };
  const KEYS = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: close,
    Enter: () => active >= 0 && choose(options()[active]),
  };
  box.addEventListener("keydown", (event) => {
    if (!isOpen() || event.isComposing || !(event.key in KEYS)) return;
    event.stopPropagation(); // the same keys move between hits while no option is shown
    if (event.key === "Enter" && active < 0) return close();
    event.preventDefault();
    KEYS[event.key]();
  });
  box.addEventListener("input", later);
  box.addEventListener("compositionend", later);
  box.addEventListener("blur", close);
  box.form.addEventListener("submit", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) choose(option);
  });
})();
