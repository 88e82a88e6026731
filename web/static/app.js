// What pages can do beyond plain links and forms: live search that waits for input methods, keys, ticked steps, copying.
"use strict";

(() => {
  const LONG = 1500; // characters that no longer travel in an address

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const token = () => document.querySelector('meta[name="csrf-token"]').content;

  // Requests of htmx carry the token that forms carry in a field.
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, headers, parameters } = event.detail;
    if (verb !== "get") headers["X-CSRFToken"] = token();
    else if (String(parameters.q ?? "").length > LONG) event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", () => document.getElementById("problem").replaceChildren());

  // An input method fires "input" for every letter of pinyin; what counts is the text it leaves behind.
  const settled = (target) => target.matches("[data-live]") && htmx.trigger(target, "settled");
  document.addEventListener("input", (event) => event.isComposing || settled(event.target));
  document.addEventListener("compositionend", (event) => settled(event.target));

  // A text too long for an address goes by POST.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.longAction && form.elements.q.value.length > LONG) {
      form.method = "post";
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "csrf_token", value: token() }));
    }
    form.removeAttribute("data-changed");
  });

  // Keys: "/" to the search box, arrows or j and k from hit to hit; Enter opens because the link has the focus.
  const writing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const move = (by) => {
    const hits = all(".hit-link");
    const next = hits[hits.indexOf(document.activeElement) + by];
    if (next) next.focus();
    else if (by < 0) document.getElementById("q")?.focus();
    return Boolean(next);
  };
  const KEYS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const box = document.getElementById("q");
    if (event.key === "/" && box && !writing(event.target)) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key in KEYS && (!writing(event.target) || (event.target === box && event.key === "ArrowDown"))) {
      const onHit = event.target.matches(".hit-link, #q") || event.key.length === 1;
      if (onHit && move(KEYS[event.key])) event.preventDefault();
    } else if (event.key === "Escape") {
      all("details.menu[open], details.action[open]").forEach((details) => {
        details.open = false;
        details.querySelector("summary").focus();
      });
    }
  });
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });

  // Steps of an article get boxes to tick, remembered in this browser for this revision.
  const memory = {
    read: (key) => { try { return JSON.parse(localStorage.getItem(key)) ?? []; } catch { return []; } },
    write: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* private mode */ } },
  };
  const tickable = (article) => (list, place) => {
    const key = `steps:${article.dataset.number}:${article.dataset.revision}:${place}`;
    const steps = all(":scope > ol > li", list);
    if (!steps.length) return;
    const status = Object.assign(document.createElement("p"), { className: "steps-done" });
    status.setAttribute("aria-live", "polite");
    const show = () => {
      const done = steps.filter((step) => step.classList.contains("ticked")).length;
      status.textContent = done ? article.dataset.done.replace("{n}", done).replace("{of}", steps.length) : "";
    };
    const ticked = new Set(memory.read(key));
    steps.forEach((step, n) => {
      const box = Object.assign(document.createElement("input"), { type: "checkbox", className: "tick-step" });
      box.checked = ticked.has(n);
      box.setAttribute("aria-label", `${article.dataset.tick} ${n + 1}`);
      step.classList.toggle("ticked", box.checked);
      box.addEventListener("change", () => {
        step.classList.toggle("ticked", box.checked);
        box.checked ? ticked.add(n) : ticked.delete(n);
        memory.write(key, [...ticked]);
        show();
      });
      step.prepend(box);
    });
    list.classList.add("tickable");
    list.append(status);
    show();
  };
  all("article[data-number]").forEach((article) => all(".steps", article).forEach(tickable(article)));

  // Copying and printing need a script, so their buttons appear only with it.
  all("[data-needs-script]").forEach((part) => { part.hidden = false; });
  const copied = {
    link: () => location.origin + location.pathname,
    text: () => {
      const article = document.querySelector("article[data-number]");
      const parts = all(".article-head h1, .field-text", article).map((part) => part.innerText.trim());
      return [...parts, copied.link()].join("\n\n");
    },
  };
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
    document.body.append(area); // plain http has no clipboard interface
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-print]");
    if (!button) return;
    if ("print" in button.dataset) return print();
    await copy(copied[button.dataset.copy]());
    const words = button.querySelector("span");
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    setTimeout(() => { words.textContent = before; }, 1500);
  });

  // A form that was written in asks before it is left.
  document.addEventListener("input", (event) => event.target.form?.dataset.guard && event.target.form.setAttribute("data-changed", ""));
  addEventListener("beforeunload", (event) => document.querySelector("form[data-changed]") && event.preventDefault());

  document.querySelector("[data-focus]")?.focus();
})();
