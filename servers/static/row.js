// One requirement: quotes change without leaving the page, Ctrl+Enter sends, and nothing that was typed goes unasked.
// Without it every link and form does the same by itself.
"use strict";
(() => {
  // --- the page of a quote -------------------------------------------------------------------------------------------
  const sheets = [...document.querySelectorAll("[data-sheet]")];
  function reveal(number, focus) {
    const one = sheets.find((sheet) => sheet.dataset.sheet === number);
    if (!one) return;
    for (const sheet of sheets) sheet.hidden = sheet !== one;
    for (const item of document.querySelectorAll("[data-of]")) item.classList.toggle("chosen", item.dataset.of === number);
    for (const link of document.querySelectorAll(".quotes [data-show]")) {
      if (link.dataset.show === number) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    }
    center(one);
    if (focus) {
      one.querySelector(".sheet-frame").focus({ preventScroll: true });
      one.scrollIntoView({ block: "nearest" }); // in one column it may be far away
    }
    const next = sheets[sheets.indexOf(one) + 1]?.querySelector("img");
    if (next) { const ahead = new Image(); ahead.src = next.src; }
  }
  function center(sheet) { // only the frame scrolls, not the page
    const frame = sheet.querySelector(".sheet-frame"), at = sheet.querySelector(".at"), cell = sheet.querySelector(".quoted, mark");
    const top = sheet.querySelector("img") ? at.offsetTop : (cell ? cell.offsetTop : 0);
    frame.scrollTop = Math.max(0, top - frame.clientHeight / 4);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-show]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    history.replaceState(null, "", link.href.split("#")[0]);
    reveal(link.dataset.show, true);
  });
  const first = sheets.find((sheet) => !sheet.hidden);
  if (first) reveal(first.dataset.sheet, false);

  // --- typing ----------------------------------------------------------------------------------------------------------
  const REASON = "registry-review-reason";
  const kept = { get: () => { try { return sessionStorage.getItem(REASON) || ""; } catch { return ""; } },
    set: (value) => { try { sessionStorage.setItem(REASON, value); } catch { /* a private window keeps nothing */ } } };
  for (const hint of document.querySelectorAll(".keys-hint")) hint.hidden = false;
  for (const button of document.querySelectorAll("[data-fill]")) {
    const field = document.getElementById(button.dataset.fill);
    button.hidden = !kept.get();
    button.title = kept.get();
    button.addEventListener("click", () => { field.value = kept.get(); field.focus(); });
  }
  // A key chose the decision: what comes next is the reason. Arrow keys and the mouse leave the focus where it is.
  for (const choice of document.querySelectorAll("[data-then]")) {
    choice.addEventListener("click", (event) => { if (!event.isTrusted) document.getElementById(choice.dataset.then).focus(); });
  }
  for (const part of document.querySelectorAll("details > summary[data-key]")) {
    part.addEventListener("click", (event) => {
      if (event.isTrusted || part.parentElement.open) return;
      // Opened here and now: what is typed next belongs into the field, and must not be taken for keys.
      event.preventDefault();
      part.parentElement.open = true;
      part.parentElement.querySelector("textarea, input:not([type=hidden]), select")?.focus();
    });
  }
  document.addEventListener("keydown", (event) => {
    const form = event.target.form;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form && form.method === "post") {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  let sending = false;
  document.addEventListener("submit", (event) => {
    sending = true;
    const reason = event.target.querySelector("[data-remember]");
    if (reason) kept.set(reason.value);
  });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => {
    const fields = [...document.querySelectorAll("textarea, form input:not([type=hidden], [type=radio], [type=checkbox])")];
    if (!sending && fields.some((field) => field.value !== field.defaultValue)) event.preventDefault();
  });
})();
