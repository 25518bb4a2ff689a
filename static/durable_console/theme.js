// Sets the chosen theme before the first paint, and tells the style sheet that scripts run;
// loaded in the head, without `defer`.
"use strict";
document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("durable-theme");
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
} catch {
  // No storage, no choice: the preference of the system decides.
}
