// Pages about queues, schedules, executors, versions, audit and tokens.
// A question that htmx has put into #operation-body opens as a dialog; without scripts the same
// address is a page of its own.
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);

  // The zone of this browser, for who has chosen to see times in it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const home = find("header .brand")?.pathname;
  if (zone && home) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `durable_zone=${zone}; Path=${home}; Max-Age=31536000; SameSite=Lax${secure}`;
  }

  let asker = null;

  document.addEventListener("htmx:after:swap", (event) => {
    const dialog = find("#operation");
    if (!dialog || dialog.open || !find("#operation-body")?.firstElementChild) return;
    const source = event.detail.ctx?.sourceElement;
    if (source?.getAttribute("hx-target") !== "#operation-body") return;
    asker = source.getAttribute("aria-label");
    dialog.showModal();
    dialog.querySelector("input[type=text]")?.focus();
  });

  function empty() {
    find("#operation-body")?.replaceChildren();
    // The button may have become another one meanwhile: Pause becomes Resume.
    if (!asker || document.activeElement !== document.body) return;
    const name = asker.replace(/^\S+/, "");
    for (const button of document.querySelectorAll("button[aria-label]")) {
      if (button.getAttribute("aria-label").endsWith(name)) {
        button.focus();
        break;
      }
    }
  }

  find("#operation")?.addEventListener("close", empty);

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#operation a[data-closes]");
    if (!link) return;
    event.preventDefault();
    find("#operation").close();
  });
})();
