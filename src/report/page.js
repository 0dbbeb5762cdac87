"use strict";
(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // Light or dark: as the system says, until somebody chooses. A page opened from a file may not remember it.
  const themes = ["auto", "light", "dark"];
  const remember = (theme) => { try { localStorage.setItem("srp-theme", theme); } catch { /* not remembered */ } };
  const remembered = () => { try { return localStorage.getItem("srp-theme"); } catch { return null; } };
  const button = one("#theme");
  const dress = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" }[theme];
    button.setAttribute("aria-label", `Colours: ${theme}. Change`);
    button.dataset.now = theme;
  };
  dress(themes.includes(remembered()) ? remembered() : "auto");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(button.dataset.now) + 1) % themes.length];
    dress(next);
    remember(next);
  });

  // What figures say of their parts, at once and where a pointer is.
  const tip = one("#tip");
  const told = ".figure .point, .figure .cell, .figure .line, .figure .vertex";
  all(`${told}`).forEach((part) => {
    const title = part.querySelector("title");
    if (title) { part.dataset.tip = title.textContent; title.remove(); }
  });
  document.addEventListener("pointermove", (event) => {
    const part = event.target.closest && event.target.closest("[data-tip]");
    tip.hidden = !part;
    if (!part) return;
    tip.textContent = part.dataset.tip;
    const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    const above = event.clientY - tip.offsetHeight - 12;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above > 4 ? above : event.clientY + 18}px`;
  });

  // The table: sorted by its heads, filtered by words, and tied to the points of the plots.
  const table = one("#table");
  if (table) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const value = (row, column) => row.cells[column].dataset.v ?? row.cells[column].textContent;
    const compare = (column, numbers, sign) => (a, b) => {
      const [x, y] = [value(a, column), value(b, column)];
      if (x === "" || y === "") return (x === "") - (y === "");
      return sign * (numbers ? x - y : x.localeCompare(y, "en", { numeric: true }));
    };
    const heads = all("th", table);
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const numbers = head.classList.contains("n");
      const first = numbers ? "descending" : "ascending";
      const other = numbers ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.setAttribute("aria-sort", each === head ? order : "none"));
      body.append(...rows.toSorted(compare(column, numbers, order === "ascending" ? 1 : -1)));
    }));
    const points = all(".point[data-link]");
    const light = (id) => {
      rows.forEach((row) => row.classList.toggle("lit", row.id === id));
      points.forEach((point) => point.classList.toggle("lit", point.dataset.link === id));
    };
    const filter = one("#filter");
    const count = one("#count");
    const sift = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const shown = new Set();
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) shown.add(row.dataset.artifact);
      }
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
      points.forEach((point) => {
        const row = document.getElementById(point.dataset.link);
        point.classList.toggle("dim", !row || !shown.has(row.dataset.artifact));
      });
    };
    filter.addEventListener("input", sift);
    sift();
    one("#all").addEventListener("change", (event) => table.classList.toggle("all", event.target.checked));
    points.forEach((point) => point.addEventListener("click", () => {
      light(point.dataset.link);
      document.getElementById(point.dataset.link)?.scrollIntoView({ block: "center" });
    }));
    rows.forEach((row) => row.addEventListener("pointerenter", () => light(row.id)));
    body.addEventListener("pointerleave", () => light(""));
  }

  // A stage that a link leads to opens.
  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();

  // Sentences, as two models translate them.
  const data = one("#translations-data");
  if (data) {
    const sets = JSON.parse(data.textContent);
    const [set, before, after, order, search] = ["#set", "#before", "#after", "#order", "#search"].map(one);
    const [list, found, more] = ["#sentences", "#found", "#further"].map(one);
    const choose = (select, names, at) => {
      select.replaceChildren(...names.map((name, i) => new Option(name, i)));
      select.value = at;
    };
    const PAGE = 10;
    let wanted = PAGE;
    const bag = (text) => {
      const words = new Map();
      for (const word of text.toLowerCase().split(/\s+/)) words.set(word, (words.get(word) ?? 0) + 1);
      return words;
    };
    const output = (text, reference, score) => {
      const place = make("dd");
      const left = bag(reference);
      text.split(/(\s+)/).forEach((word) => {
        const key = word.toLowerCase();
        const known = left.get(key) ?? 0;
        if (!word.trim()) place.append(word);
        else if (known > 0) { left.set(key, known - 1); place.append(word); }
        else place.append(make("mark", "", word));
      });
      place.append(" ", make("span", "score", `BLEU ${score.toFixed(1)}`));
      return place;
    };
    const show = () => {
      const { numbers, sources, references, systems } = sets[set.value];
      const [a, b] = [systems[before.value], systems[after.value]];
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const change = (i) => b.scores[i] - a.scores[i];
      const text = (i) => `${sources[i] ?? ""} ${references[i]} ${a.outputs[i]} ${b.outputs[i]}`.toLowerCase();
      const hits = numbers.map((_, i) => i).filter((i) => words.every((word) => text(i).includes(word)));
      const by = {
        loss: (i, j) => change(i) - change(j),
        gain: (i, j) => change(j) - change(i),
        worst: (i, j) => b.scores[i] - b.scores[j],
        corpus: () => 0,
      }[order.value];
      hits.sort((i, j) => by(i, j) || i - j);
      order.closest("label").hidden = systems.length < 2;
      found.textContent = `${hits.length} of ${numbers.length} sentences`;
      list.replaceChildren(...hits.slice(0, wanted).map((i) => {
        const item = make("li");
        const head = make("div");
        if (a !== b) {
          const by = change(i);
          const [sign, way] = by > 0 ? ["+", "up"] : by < 0 ? ["−", "down"] : ["±", ""];
          head.append(make("span", `change ${way}`, `${sign}${Math.abs(by).toFixed(1)} BLEU`), "  ·  ");
        }
        head.append(make("span", "muted", `sentence ${numbers[i]}`));
        const pair = make("dl", "pair");
        const add = (name, content) => pair.append(make("dt", "", name), content);
        if (sources[i] !== undefined) add("source", make("dd", "", sources[i]));
        add("reference", make("dd", "", references[i]));
        add(a.name, output(a.outputs[i], references[i], a.scores[i]));
        if (a !== b) add(b.name, output(b.outputs[i], references[i], b.scores[i]));
        item.append(head, pair);
        return item;
      }));
      more.hidden = hits.length <= wanted;
    };
    const enter = () => {
      const { systems, before: from, after: to } = sets[set.value];
      choose(before, systems.map((system) => system.name), from);
      choose(after, systems.map((system) => system.name), to);
      if (systems.length < 2) order.value = "worst";
    };
    choose(set, sets.map((each) => each.name), 0);
    set.closest("label").hidden = sets.length < 2;
    enter();
    set.addEventListener("change", enter);
    [set, before, after, order].forEach((select) => select.addEventListener("change", () => { wanted = PAGE; show(); }));
    search.addEventListener("input", () => { wanted = PAGE; show(); });
    more.addEventListener("click", () => { wanted += PAGE; show(); });
    show();
  }
})();
