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

  // At most two messages a second: the server closes sockets that say more.
  function tell() {
    const rest = lastTold + TELL_MS - performance.now();
    if (rest > 0) {
      telling ??= setTimeout(() => { telling = null; tell(); }, rest);
      return;
    }
    const watched = pieces();
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
    show("live");
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
    if (!target || document.hidden || connected()) return;
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
    show("polling");
  });

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.sourceElement.id !== "poll") return;
    failures = Math.min(failures + 1, 10);
    show("offline");
  });

  let waited = 0;
  setInterval(() => {
    waited += 1;
    if (waited >= 1 + failures) {
      waited = 0;
      if (performance.now() > PATIENCE_MS) poll();
    }
  }, POLL_MS);

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
    try {
      localStorage.setItem("durable-theme", next);
    } catch {
      // The choice lasts as long as the page then.
    }
    nameTheme();
  }

  // ---- Clicks and keys ----

  async function copy(button) {
    const text = find(button.dataset.copy)?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Plain HTTP has no clipboard: select the text instead.
      getSelection().selectAllChildren(find(button.dataset.copy));
      return;
    }
    const before = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button) return;
    if (button.id === "theme") nextTheme();
    if (button.dataset.copy) copy(button);
    if (button.dataset.opens) find(button.dataset.opens)?.showModal();
    if (button.dataset.closes !== undefined) button.closest("dialog").close();
    if (button.dataset.viewer) {
      find("#viewer-title").textContent = button.dataset.viewer;
      find("#viewer-body").replaceChildren();
      find("#viewer").showModal();
    }
  });

  document.addEventListener("submit", (event) => {
    event.target.closest?.("dialog.ask")?.close();
  });

  function rows() {
    return [...document.querySelectorAll("table.workflows tbody a")];
  }

  function step(by) {
    const links = rows();
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  }

  const KEYS = {
    "/": () => { find("#search")?.focus(); find("#search")?.select(); },
    j: () => step(1),
    k: () => step(-1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "search") event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable]")) return;
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  nameTheme();
  tick();
})();
