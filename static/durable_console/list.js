// The list of workflows: selecting rows, and acting on many in batches.
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  const boxes = () => [...document.querySelectorAll('#workflows input[name="ids"]')];
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");
  let last = null; // the box that was changed last, where a range begins

  // ---- Selecting ----

  function showSelection() {
    const bar = find("#bulk");
    if (!bar) return;
    const all = find("#select-all");
    const chosen = boxes().filter((box) => box.checked).length;
    const words = find("#chosen").dataset;
    const some = words.some.replace("%s", chosen);
    find("#chosen").textContent = all.checked ? words.all : chosen ? some : words.none;
    bar.toggleAttribute("data-chosen", all.checked || chosen > 0);
    const page = find("#select-page");
    page.checked = chosen > 0 && chosen === boxes().length;
    page.indeterminate = chosen > 0 && chosen < boxes().length;
  }

  function selectRange(from, to, checked) {
    const every = boxes();
    const [low, high] = [every.indexOf(from), every.indexOf(to)].sort((a, b) => a - b);
    if (low < 0) return;
    for (const box of every.slice(low, high + 1)) box.checked = checked;
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.('#workflows input[name="ids"]')) return;
    if (event.shiftKey && last?.isConnected) selectRange(last, box, box.checked);
    last = box;
    showSelection();
  });

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.id === "select-page") {
      for (const box of boxes()) box.checked = target.checked;
    }
    if (target.matches(".filters .at-once")) {
      // One status takes the place of several.
      if (target.id === "status") {
        for (const box of document.querySelectorAll('.filters [name="statuses"]')) box.checked = false;
      }
    }
    if (target.matches('.filters [name="statuses"]')) find("#status").value = "";
    if (target.matches("[data-column]")) {
      find("#workflows")?.classList.toggle(`no-${target.dataset.column}`, !target.checked);
    }
    showSelection();
  });

  document.addEventListener("durable:select", (event) => {
    const row = document.activeElement?.closest?.("#workflows tr");
    const box = row?.querySelector('input[name="ids"]');
    if (!box) return;
    box.checked = !box.checked;
    if (event.detail.range && last?.isConnected) selectRange(last, box, box.checked);
    last = box;
    showSelection();
  });

  // What the forms beside the list keep is the list as it is now.
  document.addEventListener("htmx:after:swap", () => {
    const query = find("#results")?.dataset.query;
    if (query !== undefined) {
      for (const field of document.querySelectorAll("[data-list-query]")) field.value = query;
    }
    if (find("#bulk-act")?.closest("#ask-body")) {
      const dialog = find("#ask");
      if (!dialog.open) dialog.showModal();
    }
    showSelection();
  });

  // ---- Acting in batches ----

  let stopped = false;

  function batches(ids, size) {
    const found = [];
    for (let at = 0; at < ids.length; at += size) found.push(ids.slice(at, at + size));
    return found;
  }

  async function send(form, ids) {
    const body = new FormData(form);
    body.set("ids", ids.join("\n"));
    const headers = { "X-Durable-Batch": "1", "HX-Request": "true" };
    const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers });
    if (response.headers.get("HX-Redirect")) location.assign(response.headers.get("HX-Redirect"));
    const found = document.createElement("template");
    // Our own page, rendered and escaped by the server as any other.
    found.innerHTML = await response.text();
    if (!response.ok) throw new Error(found.content.querySelector(".toast span")?.textContent ?? "");
    return [...found.content.querySelectorAll("li")];
  }

  async function run(form) {
    const panel = find("#bulk-run");
    const said = find("#bulk-said");
    const bar = panel.querySelector("progress");
    const ids = form.elements.ids.value.split("\n").filter(Boolean);
    let done = 0;
    let left = 0;
    form.hidden = true;
    panel.hidden = false;
    stopped = false;
    find("#bulk-stop").focus();
    let end = "";
    try {
      for (const batch of batches(ids, Math.min(Number(form.dataset.batch), 100))) {
        if (stopped) { end = panel.dataset.stopped; break; }
        const lines = await send(form, batch);
        find("#bulk-outcomes").append(...lines);
        done += lines.length;
        left += lines.filter((line) => line.matches(".left")).length;
        bar.value = done;
        said.textContent = panel.dataset.running.replace("%d", done).replace("%d", ids.length);
      }
    } catch (error) {
      // What the server said; a browser's own words where it did not answer help nobody.
      const words = error instanceof TypeError ? "" : error.message;
      end = words ? `${panel.dataset.ended} ${words}` : panel.dataset.failed;
    }
    const summary = panel.dataset.done.replace("%d", done - left).replace("%d", left);
    said.textContent = end ? `${summary}. ${end}` : summary;
    find("#bulk-stop").hidden = true;
    find("#bulk-close").hidden = false;
    find("#bulk-close").focus();
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "bulk-act" || !event.target.closest("dialog")) return;
    event.preventDefault();
    run(event.target);
  });

  document.addEventListener("click", (event) => {
    if (event.target.id === "bulk-stop") stopped = true;
  });

  // The list as it is now, with the same filters and nothing selected.
  find("#ask")?.addEventListener("close", () => {
    stopped = true;
    const ran = !(find("#bulk-run")?.hidden ?? true);
    find("#ask-body").replaceChildren();
    if (ran && find("#results")) htmx.ajax("GET", location.href, { target: "#results", select: "#results", swap: "outerHTML" });
  });

  document.addEventListener("focusin", (event) => {
    if (!event.target.matches?.("#workflows a")) return;
    event.target.scrollIntoView({ block: "nearest", behavior: reduced.matches ? "auto" : "smooth" });
  });

  showSelection();
})();
