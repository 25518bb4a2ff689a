// The page of one workflow: the timeline's zoom and keys, and the viewer of results.
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);

  // ---- The timeline: wider than its frame when zoomed, and scrolled by the browser ----

  const CLOSEST = 256;
  let zoom = 1;

  function applyZoom() {
    const frame = find("#gantt");
    if (!frame) return;
    find("#bars").setAttribute("width", `${zoom * 100}%`);
    frame.dataset.zoom = String(Math.log2(zoom));
    frame.dataset.depth = zoom >= 16 ? "2" : zoom >= 4 ? "1" : "0";
  }

  function setZoom(next) {
    const frame = find("#gantt");
    if (!frame) return;
    const middle = (frame.scrollLeft + frame.clientWidth / 2) / (frame.clientWidth * zoom);
    zoom = Math.min(Math.max(next, 1), CLOSEST);
    applyZoom();
    frame.scrollLeft = middle * frame.clientWidth * zoom - frame.clientWidth / 2;
  }

  const ZOOMS = { in: () => zoom * 2, out: () => zoom / 2, fit: () => 1 };

  function walk(by) {
    const bars = [...document.querySelectorAll("#bars > a")];
    const at = bars.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : bars.length - 1) : at + by;
    bars[Math.min(Math.max(next, 0), bars.length - 1)]?.focus();
  }

  const GANTT_KEYS = {
    ArrowRight: () => walk(1),
    ArrowLeft: () => walk(-1),
    Home: () => find("#bars > a")?.focus(),
    End: () => [...document.querySelectorAll("#bars > a")].at(-1)?.focus(),
    "+": () => setZoom(zoom * 2),
    "=": () => setZoom(zoom * 2),
    "-": () => setZoom(zoom / 2),
    0: () => setZoom(1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.closest?.("#gantt") || !Object.hasOwn(GANTT_KEYS, event.key)) return;
    event.preventDefault();
    GANTT_KEYS[event.key]();
  });

  document.addEventListener("wheel", (event) => {
    if (!event.ctrlKey || !event.target.closest?.("#gantt")) return;
    event.preventDefault();
    setZoom(event.deltaY < 0 ? zoom * 2 : zoom / 2);
  }, { passive: false });

  // ---- The viewer of a step's result, and a fork from there ----

  let shownStep = "";

  function view(link) {
    shownStep = link.dataset.step;
    find("#viewer-title").textContent = link.dataset.viewer;
    find("#viewer-body").replaceChildren();
    find("#viewer").showModal();
  }

  function forkFromHere() {
    find("#viewer").close();
    find("#fork-step").value = shownStep;
    find("#fork-dialog").showModal();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-viewer]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) view(link);
    const button = event.target.closest?.("button");
    if (button?.dataset.zoom) setZoom(ZOOMS[button.dataset.zoom]());
    if (button?.id === "viewer-fork") forkFromHere();
  });

  // A running timeline is drawn anew every second: keep the reader's zoom.
  document.addEventListener("htmx:after:swap", applyZoom);
  applyZoom();
})();
