// The console's own script: live pieces, running clocks, theme, keyboard, small comforts.
// Everything works without it but the live part; it never evaluates text from a page.
"use strict";
(() => {
  const POLL_MS = 800;
  const PATIENCE_MS = 2500; // for the first connection, before polling begins
  const TELL_MS = 500;
  const LONGEST_QUERY = 7000; // characters of a poll's address that any server takes

  const find = (selector) => document.querySelector(selector);

  // No attribute of htmx may run code, whatever it says.
  htmx.registerExtension("durable", {
    init(api) {
      const refuse = function () {
        throw new Error("This console runs no code from attributes.");
      };
      api.initSecurity(null, refuse, refuse);
    },
  });

  // ---- Live pieces: over the socket while it is open, by polling otherwise ----

  let socket = null;
  let told = ""; // what the server knows of this page
  let lastTold = -Infinity;
  let telling = null; // the timer of a message that waits for its turn
  let tag = ""; // entity tag of the last poll
  let failures = 0;
  let paused = false;
  let rate = 0; // seconds between updates that the reader chose; 0: at once

  function connected() {
    return socket !== null && socket.readyState === 1;
  }

  function pieces() {
    const found = {};
    for (const element of document.querySelectorAll("[data-live]")) {
      found[element.dataset.live] = element.dataset.version;
    }
    return found;
  }

  // Pieces are pushed while somebody looks who wants them at once.
  function pushing() {
    return !paused && rate === 0 && !document.hidden;
  }

  // At most two messages a second: the server closes sockets that say more.
  function tell() {
    const rest = lastTold + TELL_MS - performance.now();
    if (rest > 0) {
      telling ??= setTimeout(() => { telling = null; tell(); }, rest);
      return;
    }
    const watched = pushing() ? pieces() : {};
    const names = Object.keys(watched).join("\n");
    if (!connected() || names === told) return;
    told = names;
    lastTold = performance.now();
    socket.send(JSON.stringify({ watch: watched }));
  }

  function show(state) {
    const live = find("#live");
    if (!live || live.dataset.state === state) return;
    live.dataset.state = state;
    find("#live-text").textContent = live.getAttribute(`data-${state}-text`);
  }

  document.addEventListener("htmx:ws:after:connection", (event) => {
    socket = event.detail.connection.socket;
    told = "";
    show(paused ? "paused" : "live");
    tell();
  });

  document.addEventListener("htmx:ws:close", (event) => {
    socket = null;
    const code = event.detail.code;
    if (code === 4401 || code === 4403) location.reload();
  });

  // A page that was changed by hand or by htmx shows other pieces.
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.sourceElement?.id !== "poll") tag = "";
    tell();
    tick();
  });

  function poll() {
    const target = find("#poll");
    if (!target || document.hidden || paused || (connected() && rate === 0)) return;
    if (Object.keys(pieces()).length) htmx.trigger(target, "durable:poll", {}, false);
  }

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement.matches("form.filters")) {
      for (const [key, value] of [...ctx.request.body]) {
        if (!value) ctx.request.body.delete(key);
      }
    }
    if (ctx.sourceElement.id !== "poll") return;
    let length = 0;
    for (const [key, version] of Object.entries(pieces())) {
      length += encodeURIComponent(key).length + version.length + 16;
      if (length > LONGEST_QUERY) break;
      ctx.request.body.append("slot", key);
      ctx.request.body.append("version", version);
    }
    if (tag) ctx.request.headers["If-None-Match"] = tag;
  });

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement.id !== "poll") return;
    failures = 0;
    tag = ctx.response.headers.get("ETag") ?? "";
    if (!paused) show(connected() ? "live" : "polling");
  });

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.sourceElement.id !== "poll") return;
    failures = Math.min(failures + 1, 10);
    if (!paused) show("offline");
  });

  let waited = 0;
  setInterval(() => {
    waited += POLL_MS;
    if (waited >= Math.max(rate * 1000, (1 + failures) * POLL_MS)) {
      waited = 0;
      if (performance.now() > PATIENCE_MS) poll();
    }
  }, POLL_MS);

  // Who comes back to a tab sees what happened meanwhile.
  document.addEventListener("visibilitychange", () => {
    tell();
    if (!document.hidden) poll();
  });

  // ---- The reader's pace: pause, and seconds between updates ----

  function keep(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // The choice lasts as long as the page then.
    }
  }

  function kept(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function setRate(seconds) {
    rate = seconds;
    const field = find("#rate");
    if (field) field.value = String(seconds);
    told = "";
    tell();
  }

  function setPaused(on) {
    paused = on;
    find("#pause")?.setAttribute("aria-pressed", String(on));
    show(on ? "paused" : connected() ? "live" : "polling");
    told = "";
    tell();
    if (!on) poll();
  }

  document.addEventListener("change", (event) => {
    if (event.target.id !== "rate") return;
    keep("durable-rate", event.target.value);
    setRate(Number(event.target.value));
  });

  // ---- Clocks: durations that run and ages, on the server's clock ----

  const SECOND = 1000;
  const MINUTE = 60 * SECOND;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const skew = Number(document.body.dataset.now) - Date.now();

  function duration(ms) {
    if (ms < SECOND) return `${Math.max(Math.round(ms), 0)} ms`;
    if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
    if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
    const [big, small, units] = ms < HOUR ? [MINUTE, SECOND, "ms"]
      : ms < DAY ? [HOUR, MINUTE, "hm"] : [DAY, HOUR, "dh"];
    return `${Math.floor(ms / big)} ${units[0]} ${Math.floor((ms % big) / small)} ${units[1]}`;
  }

  function coarse(ms) {
    const [unit, name] = [[DAY, "d"], [HOUR, "h"], [MINUTE, "m"], [SECOND, "s"]]
      .find(([length]) => ms >= length) ?? [SECOND, "s"];
    return `${Math.floor(ms / unit)} ${name}`;
  }

  function age(ms) {
    if (Math.abs(ms) < SECOND) return "just now";
    return ms < 0 ? `in ${coarse(-ms)}` : `${coarse(ms)} ago`;
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    // Another language keeps the words that the server wrote.
    if (!document.documentElement.lang.startsWith("en")) return;
    const now = Date.now() + skew;
    for (const element of document.querySelectorAll("[data-since]")) {
      write(element, duration(now - Date.parse(element.dataset.since)));
    }
    for (const element of document.querySelectorAll("time[data-ago]")) {
      write(element, age(now - Date.parse(element.dateTime)));
    }
  }
  setInterval(() => document.hidden || tick(), SECOND);

  // ---- Theme ----

  const THEMES = ["auto", "light", "dark"];

  function chosen() {
    return document.documentElement.dataset.theme ?? "auto";
  }

  function nameTheme() {
    const button = find("#theme");
    if (!button) return;
    const name = button.dataset[chosen()];
    button.querySelector("span").textContent = name;
    button.setAttribute("aria-label", `${button.dataset.label}: ${name}`);
  }

  function nextTheme() {
    const next = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length];
    if (next === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    keep("durable-theme", next);
    nameTheme();
  }

  // ---- Clicks and keys ----

  async function copy(button, sources) {
    const text = sources.map((source) => source.textContent).join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Plain HTTP has no clipboard: select the text instead.
      if (sources.length) getSelection().selectAllChildren(sources[0]);
      return;
    }
    const before = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  function near(button, selector) {
    return [...button.closest(".reading").querySelectorAll(selector)];
  }

  function turn(button) {
    button.closest(button.dataset.turns).classList.toggle("turned");
    const text = button.textContent;
    button.textContent = button.dataset.turned;
    button.dataset.turned = text;
  }

  function open(dialog) {
    if (dialog && !dialog.open) dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (event.target.matches?.("dialog")) event.target.close(); // its backdrop
    const button = event.target.closest?.("button");
    if (!button) return;
    if (button.id === "theme") nextTheme();
    if (button.id === "pause") setPaused(!paused);
    if (button.dataset.copy) copy(button, [find(button.dataset.copy)]);
    if (button.dataset.copyNear) copy(button, near(button, button.dataset.copyNear));
    if (button.dataset.turns) turn(button);
    if (button.dataset.opens) {
      event.preventDefault(); // without scripts it leads to a page
      open(find(button.dataset.opens));
    }
    if (button.dataset.closes !== undefined) button.closest("dialog").close();
    if (button.dataset.closesMenu !== undefined) button.closest("details").open = false;
    if (button.dataset.dismisses !== undefined) button.closest(".toast").remove();
  });

  document.addEventListener("submit", (event) => {
    const dialog = event.target.closest?.("dialog.ask");
    if (dialog && event.target.hasAttribute("hx-post")) dialog.close();
  });

  function rows() {
    return [...document.querySelectorAll("table.workflows tbody td.id a, a[data-row]")];
  }

  // ---- Focus: a button that a new status hides hands it to the next one ----

  let focused = null;
  document.addEventListener("focusin", (event) => { focused = event.target; });

  function keepFocus() {
    if (document.activeElement !== document.body || !focused?.isConnected) return;
    if (focused.checkVisibility()) return;
    const group = focused.closest("form, .tools") ?? document;
    const near = [...group.querySelectorAll("button, a[href]")];
    (near.find((each) => each.checkVisibility()) ?? find("#main")).focus();
  }

  document.addEventListener("htmx:after:swap", () => setTimeout(keepFocus, 50));

  function step(by) {
    const links = rows();
    const row = document.activeElement?.closest?.("tr, li");
    const at = links.findIndex((link) => row?.contains(link));
    links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  }

  const KEYS = {
    "/": () => { find("#search")?.focus(); find("#search")?.select(); },
    "?": () => open(find("#help")),
    j: () => step(1),
    k: () => step(-1),
    p: () => find("#pause")?.click(),
    x: (event) => document.dispatchEvent(
      new CustomEvent("durable:select", { detail: { range: event.shiftKey } }),
    ),
  };
  KEYS.X = KEYS.x;

  let going = 0; // when `g` was pressed

  function go(key) {
    const recent = performance.now() - going < 1500;
    going = key === "g" ? performance.now() : 0;
    if (!recent || key === "g") return key === "g";
    const link = [...document.querySelectorAll(".bar a[data-key]")]
      .find((each) => each.dataset.key === key);
    link?.click();
    return Boolean(link);
  }

  function leave(event) {
    const menu = event.target.closest?.("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.target.id === "search") event.target.blur();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = "input:not([type=checkbox]), select, textarea, [contenteditable]";
    if (event.target.closest?.(typing) || find("dialog[open]")) return;
    if (go(event.key)) return;
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key](event);
  });

  // On a narrow screen the sections of the console are a strip to scroll.
  find(".bar nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  nameTheme();
  setRate(Number(kept("durable-rate")) || 0);
  tick();
})();
