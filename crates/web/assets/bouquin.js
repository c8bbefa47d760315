// Suggestions in the search field: an ARIA combobox over plain links. Without this script the field is a form.
(() => {
  "use strict";
  const WAIT_MS = 120;
  const LEAST = 2;

  for (const form of document.querySelectorAll("form[data-suggest]")) combobox(form);

  function combobox(form) {
    const field = form.querySelector("input[type=search]");
    const list = document.createElement("ul");
    list.id = `${field.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", form.querySelector("label").textContent);
    list.hidden = true;
    form.append(list);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", list.id);

    let chosen = -1;
    let timer = 0;
    let asking = null;
    const known = new Map();

    const close = () => {
      list.hidden = true;
      chosen = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };

    const choose = (place) => {
      const options = [...list.children];
      chosen = (place + options.length + 1) % (options.length + 1);
      if (chosen === options.length) chosen = -1;
      options.forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
      if (chosen < 0) field.removeAttribute("aria-activedescendant");
      else {
        field.setAttribute("aria-activedescendant", options[chosen].id);
        options[chosen].scrollIntoView({ block: "nearest" });
      }
    };

    const show = (offers) => {
      list.replaceChildren(...offers.map((offer, i) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${i}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const text = document.createElement("span");
        text.textContent = offer.text;
        text.dir = "auto";
        if (offer.lang) text.lang = offer.lang;
        const kind = document.createElement("span");
        kind.className = "kind";
        kind.textContent = form.dataset[offer.kind] || "";
        option.append(text, kind);
        // Before the field loses the focus and the list closes.
        option.addEventListener("mousedown", (event) => { event.preventDefault(); location.assign(offer.url); });
        option.dataset.url = offer.url;
        return option;
      }));
      chosen = -1;
      field.removeAttribute("aria-activedescendant");
      list.hidden = offers.length === 0;
      field.setAttribute("aria-expanded", String(offers.length > 0));
    };

    const ask = async () => {
      const typed = field.value.trim();
      if (asking) asking.abort();
      if (typed.length < LEAST) return close();
      if (known.has(typed)) return show(known.get(typed));
      asking = new AbortController();
      try {
        const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`, { signal: asking.signal });
        if (!answer.ok) return;
        const offers = await answer.json();
        known.set(typed, offers);
        if (document.activeElement === field && field.value.trim() === typed) show(offers);
      } catch { /* Without suggestions the field is still a form. */ }
    };

    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) { ask(); return; }
        event.preventDefault();
        choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? list.children.length - 1 : chosen - 1);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Enter" && chosen >= 0) {
        event.preventDefault();
        location.assign(list.children[chosen].dataset.url);
      }
    });
  }
})();
