// Keys for the reviewer's pages. They press links and buttons that are there anyway, marked data-key="a" or, pressed
// one after the other, data-key="g s", or several, data-key="g s,u"; j and k go through what is marked data-item. Nothing works only by key.
"use strict";
(() => {
  const STORED = "registry-review-keys", PAUSE = 1500;
  const dialog = document.getElementById("keys"), opener = document.getElementById("show-keys");
  const toggle = document.getElementById("keys-off");
  let before = "", since = 0;
  const kept = { get: () => { try { return localStorage.getItem(STORED); } catch { return null; } },
    set: (value) => { try { localStorage.setItem(STORED, value); } catch { /* a private window keeps nothing */ } } };
  const off = () => kept.get() === "off";

  const shown = (one) => one.getClientRects().length > 0 && !one.disabled;
  const keyed = () => [...document.querySelectorAll("[data-key]")].filter(shown);
  const keysOf = (one) => one.dataset.key.split(",").filter(Boolean);
  const items = () => [...document.querySelectorAll("[data-item]")].filter(shown);

  function typing(target) {
    return target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button], [type=file])");
  }
  function step(by) {
    const all = items();
    if (!all.length) return;
    const held = all.findIndex((one) => one === document.activeElement || one.contains(document.activeElement));
    let next = held + by;
    if (held < 0) { // nothing of the list is held: go on from what is in sight
      const first = all.findIndex((one) => one.getBoundingClientRect().top >= 0);
      next = by > 0 ? Math.max(first, 0) : all.length - 1;
    }
    const one = all[Math.min(Math.max(next, 0), all.length - 1)];
    one.focus({ preventScroll: true });
    one.scrollIntoView({ block: "center" });
  }
  function press(one) {
    if (typing(one)) { one.focus(); one.scrollIntoView({ block: "center" }); return; }
    one.focus({ preventScroll: true });
    one.click();
  }
  function showKeys() {
    const list = dialog.querySelector("dl");
    list.replaceChildren();
    const rows = items().length ? [["j", "next in the list"], ["k", "previous in the list"], ["Enter", "open it"]] : [];
    for (const one of keyed()) rows.push([keysOf(one).join(" or "), one.dataset.says || one.textContent.trim()]);
    for (const [key, says] of rows) {
      const term = document.createElement("dt"), what = document.createElement("dd");
      for (const part of key.split(" ")) {
        if (part === "or") { term.append("or "); continue; }
        const cap = document.createElement("kbd");
        cap.textContent = part;
        term.append(cap, " ");
      }
      what.textContent = says;
      list.append(term, what);
    }
    toggle.textContent = off() ? "Turn single keys on" : "Turn single keys off";
    dialog.showModal();
  }

  opener.hidden = false;
  opener.addEventListener("click", showKeys);
  toggle.addEventListener("click", () => { kept.set(off() ? "on" : "off"); dialog.close(); });
  for (const one of document.querySelectorAll("[data-key]")) {
    const single = keysOf(one).filter((key) => !key.includes(" "));
    if (single.length) one.setAttribute("aria-keyshortcuts", single.join(" "));
  }
  document.getElementById("alert")?.focus();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog.open) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (off() && event.key !== "?") return;
    const pressed = event.key, both = Date.now() - since < PAUSE ? `${before} ${pressed}` : "";
    const all = keyed();
    const found = (both && all.find((one) => keysOf(one).includes(both))) || all.find((one) => keysOf(one).includes(pressed));
    before = pressed; since = Date.now();
    if (found) { event.preventDefault(); before = ""; press(found); return; }
    if (pressed === "j" || pressed === "k") { event.preventDefault(); step(pressed === "j" ? 1 : -1); }
  });
})();
