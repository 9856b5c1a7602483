"use strict";
// Reading needs none of this: it only adds moving by keyboard, choosing rows, and folded passages on paper.
(() => {
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const rows = $$("table.form tbody tr");
  const buttons = $$(".filter button");
  for (const hidden of $$(".filter, .keys")) hidden.hidden = false;

  const show = (status) => {
    let before = null;
    for (const row of rows) {
      row.hidden = status !== "all" && row.dataset.status !== status;
      if (row.hidden) continue;
      row.querySelector(".category").classList.toggle("again", row.dataset.category === before);
      before = row.dataset.category;
    }
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.show === status));
  };
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.show));
  // A link to a row that the choice hides must still arrive.
  const arrive = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row && row.hidden) { show("all"); row.scrollIntoView(); }
  };
  addEventListener("hashchange", arrive);

  const move = (step) => {
    const stops = $$(".stop").filter((stop) => !stop.hidden);
    const here = stops.indexOf(document.activeElement.closest(".stop"));
    const below = stops.findIndex((stop) => stop.getBoundingClientRect().top > 90);
    const from = here >= 0 ? here + step : below < 0 ? stops.length - 1 : step > 0 ? below : below - 1;
    const next = stops[Math.max(0, Math.min(from, stops.length - 1))];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "start" }); }
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "j") move(1);
    if (event.key === "k") move(-1);
  });

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = $$(".fold:not([open]), .passages:not([open])");
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });
})();
