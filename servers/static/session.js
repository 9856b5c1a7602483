// A session's pages while something moves: how far the machine is, and files dropped anywhere. Both work without it.
"use strict";
(() => {
  // --- how far the machine is: asked anew every now and then, never while nobody looks -----------------------------
  const PAUSE = 1500, MOST = 15000;
  let wait = PAUSE, touched = false;
  document.addEventListener("input", () => { touched = true; });

  function over(section) {
    if (!touched) { location.reload(); return; }
    // Something was typed: nothing is taken away from under it.
    const said = document.createElement("p"), link = document.createElement("a");
    link.href = location.href; link.textContent = "Show what is new";
    said.setAttribute("role", "status"); said.append("The machine is done. ", link);
    section.append(said);
  }
  async function look() {
    const section = document.getElementById("progress"), url = section?.dataset.working;
    if (!url) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin", redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        const shown = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
        if (!shown.dataset.working) { section.replaceWith(shown); over(shown); return; }
        if (shown.innerHTML !== section.innerHTML) section.innerHTML = shown.innerHTML;
        wait = PAUSE;
      } catch { wait = Math.min(wait * 2, MOST); } // the server is away, or wants a sign-in: asked less and less
    }
    setTimeout(look, wait);
  }
  setTimeout(look, PAUSE);

  // --- files ---------------------------------------------------------------------------------------------------------
  const form = document.querySelector("form[data-drop]");
  document.getElementById("upload")?.focus();
  if (!form) return;
  const input = form.querySelector("input[type=file]"), bar = form.querySelector("progress"), said = form.querySelector(".drop-said");
  form.querySelector(".drop-hint").hidden = false;

  function send(files) {
    if (!files.length) return;
    const body = new FormData(), call = new XMLHttpRequest();
    for (const [name, file] of files) body.append("files", file, name);
    said.textContent = files.length === 1 ? `Sending ${files[0][0]}` : `Sending ${files.length} files`;
    bar.hidden = false;
    call.open("POST", form.action);
    call.setRequestHeader("Accept", "application/json");
    call.upload.onprogress = (event) => { bar.value = event.lengthComputable ? event.loaded / event.total : 0; };
    call.upload.onload = () => { said.textContent = "Sent; the server takes them in."; };
    const failed = (text) => { bar.hidden = true; said.textContent = text; said.classList.add("bad"); };
    call.onerror = () => failed("The connection broke off, and nothing was added. Send them again.");
    call.onload = () => {
      let answer = {};
      try { answer = JSON.parse(call.responseText); } catch { answer = {}; }
      if (call.status === 200 && answer.location) location.assign(answer.location);
      else failed([answer.detail, answer.hint].filter(Boolean).join(" ") || "They were not taken. Load the page again.");
    };
    call.send(body);
  }
  async function walk(entry, path, found) {
    if (entry.isFile) found.push([path + entry.name, await new Promise((ok, no) => entry.file(ok, no))]);
    if (!entry.isDirectory) return;
    const reader = entry.createReader();
    for (let some; (some = await new Promise((ok, no) => reader.readEntries(ok, no))).length;)
      for (const one of some) await walk(one, `${path}${entry.name}/`, found);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send([...input.files].map((file) => [file.webkitRelativePath || file.name, file]));
  });
  const holdsFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove("dropping");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()), found = [];
    if (entries.every(Boolean)) for (const entry of entries) await walk(entry, "", found);
    else for (const file of event.dataTransfer.files) found.push([file.name, file]);
    send(found);
  });
})();
