// Says when the process behind the shop is gone, and when there is one again.
"use strict";
(() => {
  htmx.registerExtension("shop", {
    init(api) {
      const refuse = function () {
        throw new Error("This shop runs no code from attributes.");
      };
      api.initSecurity(null, refuse, refuse);
    },
  });
  const down = document.querySelector("#down");
  document.addEventListener("htmx:error", () => { down.hidden = false; });
  document.addEventListener("htmx:after:request", () => { down.hidden = true; });
})();
