// New analysis: drop, preview, check, and send each photo by itself, with its own progress and its own error.
"use strict";

(() => {
  const form = document.querySelector(".compose");
  const input = document.getElementById("photo");
  const drop = document.getElementById("drop");
  const list = document.getElementById("previews");
  const send = document.getElementById("send");
  const status = document.getElementById("status");
  const failures = document.getElementById("failures");
  const login = document.getElementById("login-dialog");
  const maxBytes = Number(form.dataset.maxBytes);
  const maxPhotos = Number(form.dataset.maxPhotos);
  const atOnce = 2;
  // Of the HEIC and AVIF that the site takes: none, where it takes no such photos.
  const stillBrands = form.dataset.stillBrands.match(/\S+/g) ?? [];
  let photos = [];
  let isSending = false;
  // Photos that are sent together are shown together, and those that are sent after a correction join them.
  let isBatch = false;
  // The log-in ended while the form was being filled in.
  let isLoggedOut = false;

  document.documentElement.classList.add("is-live");
  // The photos are kept here, so that they can be added to and taken out one by one.
  input.required = false;
  form.noValidate = true;

  /** The same checks as the server's, by the file's first bytes: an extension says nothing. */
  const problemOf = async (file) => {
    if (file.size === 0) return "The file is empty.";
    if (file.size > maxBytes) return `Larger than ${form.dataset.maxSize}.`;
    const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
    const text = String.fromCharCode(...head);
    const isJPEG = head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
    const isPNG = text.startsWith("\x89PNG\r\n\x1a\n");
    const isWebP = text.startsWith("RIFF") && text.slice(8, 12) === "WEBP";
    const isHEIF = text.slice(4, 8) === "ftyp" && stillBrands.includes(text.slice(8, 12));
    return isJPEG || isPNG || isWebP || isHEIF ? null : `Not a ${form.dataset.formats} photo.`;
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const size = (bytes) =>
    bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1).replace(".0", "")} MB`;

  const cross = () => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M5 5l14 14M19 5 5 19");
    svg.append(path);
    return svg;
  };

  const show = (photo) => {
    const item = element("li", "preview");
    const frame = element("div", "preview-photo");
    const image = element("img");
    image.alt = "";
    image.src = photo.url;
    image.onerror = () => image.remove();
    frame.append(image);
    const remove = element("button", "remove");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${photo.file.name}`);
    remove.append(cross());
    remove.onclick = () => take(photo);
    frame.append(remove);
    const text = element("div", "preview-text");
    const name = element("span", "preview-name", photo.file.name);
    name.title = photo.file.name;
    photo.line = element("span", "preview-state");
    text.append(name, photo.line);
    item.append(frame, text);
    photo.item = item;
    photo.text = text;
    photo.removeButton = remove;
    list.append(item);
    say(photo, photo.problem || size(photo.file.size), Boolean(photo.problem));
  };

  const say = (photo, message, isBad = false) => {
    photo.line.textContent = message;
    photo.item.classList.toggle("is-bad", isBad);
  };

  const take = (photo) => {
    URL.revokeObjectURL(photo.url);
    photo.item.remove();
    photos = photos.filter((other) => other !== photo);
    refresh();
    input.focus();
  };

  const refresh = () => {
    form.classList.toggle("has-photos", photos.length > 0);
    const good = photos.filter((photo) => !photo.problem && !photo.address).length;
    send.textContent = good > 1 ? `Analyse ${good} photos` : "Analyse";
    send.disabled = isSending;
    if (!photos.some((photo) => photo.isRefused)) failures.hidden = true;
  };

  /** The button says how far it is: on a phone it is all of the page that is in view. */
  const showProgress = (sending) => {
    const total = sending.reduce((sum, photo) => sum + photo.file.size, 0);
    const loaded = sending.reduce((sum, photo) => sum + Math.min(photo.loaded ?? 0, photo.file.size), 0);
    const percent = Math.floor((100 * loaded) / Math.max(1, total));
    const begun = sending.filter((photo) => photo.loaded !== undefined).length;
    const which = sending.length > 1 ? ` ${Math.max(1, begun)} of ${sending.length}` : "";
    send.textContent = `Sending${which} · ${percent} %`;
    send.style.setProperty("--done", `${percent}%`);
  };

  // One after the other, and before anything is sent: a quick click must not overtake the reading of a file.
  let adding = Promise.resolve();
  const add = (files) => (adding = adding.then(() => addNow(files)));

  const addNow = async (files) => {
    if (isSending) return;
    status.textContent = "";
    for (const file of files) {
      if (photos.length >= maxPhotos) {
        status.textContent = `At most ${maxPhotos} photos at once; the others were left out.`;
        break;
      }
      const isThere = photos.some(
        ({ file: other }) =>
          other.name === file.name && other.size === file.size && other.lastModified === file.lastModified);
      if (isThere) continue;
      const photo = { file, url: URL.createObjectURL(file) };
      photos.push(photo);
      photo.problem = await problemOf(file);
      show(photo);
    }
    refresh();
  };

  const messageOf = (request) => {
    try {
      const body = JSON.parse(request.responseText);
      const message = body?.refused?.[0]?.message ?? Object.values(body?.fields ?? {})[0] ?? body?.error?.message;
      if (message) return message;
    } catch {
      // Not JSON: a proxy's page, or nothing. The status says enough.
    }
    if (request.status === 413) return `Larger than ${form.dataset.maxSize}.`;
    if (request.status === 429 || request.status === 503) return "Too much is waiting. Try again in a moment.";
    return "The photo could not be sent. Try again.";
  };

  /** Where the result will be, from the answer or from where the request was led to. */
  const addressOf = (request) => {
    try {
      const body = JSON.parse(request.responseText);
      const id = body?.id ?? body?.analyses?.[0]?.id;
      if (id) return `/analyses/${id}`;
    } catch {
      // A page: its address says where the result is.
    }
    const path = new URL(request.responseURL || location.href).pathname;
    return /^\/analyses\/[0-9a-f-]{36}$/i.test(path) ? path : null;
  };

  // XMLHttpRequest, because fetch tells no progress of what it sends.
  const upload = (photo, progressed) =>
    new Promise((resolve) => {
      photo.isRefused = false;
      photo.again?.remove();
      photo.loaded = 0;
      progressed();
      const body = new FormData();
      for (const name of ["csrf_token", "title", "subject", "tags", "taken_at", "notes"]) {
        body.append(name, form.elements[name].value);
      }
      if (form.elements.acknowledged?.checked) body.append("acknowledged", "yes");
      if (isBatch) {
        body.append("batch", form.elements.batch.value);
        body.append("batch_member", "yes");
      }
      body.append("photo", photo.file, photo.file.name);
      const bar = element("progress");
      bar.max = 1;
      bar.setAttribute("aria-label", `Sending ${photo.file.name}`);
      photo.text.append(bar);
      photo.removeButton.hidden = true;
      say(photo, "Sending…");
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRF-Token", form.elements.csrf_token.value);
      request.upload.onprogress = (event) => {
        if (!event.lengthComputable) return;
        bar.value = event.loaded / event.total;
        photo.loaded = bar.value * photo.file.size;
        progressed();
      };
      const end = (message, isBad) => {
        bar.remove();
        photo.removeButton.hidden = !isBad;
        photo.loaded = photo.file.size;
        progressed();
        say(photo, message, isBad);
        photo.isRefused = isBad;
        if (isBad) offerAgain(photo);
        resolve();
      };
      request.onload = () => {
        if (request.status === 401) {
          isLoggedOut = true;
          return end("Not sent yet: you are logged out.", true);
        }
        photo.address = request.status < 300 ? addressOf(request) : null;
        if (!photo.address) return end(request.status < 300 ? "The answer was not understood." : messageOf(request), true);
        end("", false);
        const link = element("a", "", "See the result");
        link.href = photo.address;
        photo.line.append(link);
      };
      request.onerror = () => end("The connection broke. Try again.", true);
      request.send(body);
    });

  const offerAgain = (photo) => {
    photo.again = element("button", "link", "Try this one again");
    photo.again.type = "button";
    photo.again.onclick = () => isSending || sendAll([photo]);
    photo.text.append(photo.again);
  };

  const sendAll = async (chosen) => {
    await adding;
    const waiting = (chosen ?? photos).filter((photo) => !photo.problem && !photo.address);
    if (waiting.length === 0) {
      status.textContent = photos.length === 0 ? "Choose a photo first." : "None of these can be sent.";
      input.focus();
      return;
    }
    const tick = form.elements.acknowledged;
    if (tick && !tick.checked) {
      status.textContent = "Tick the box on responsible use first.";
      tick.focus();
      return;
    }
    isSending = true;
    isBatch ||= waiting.length > 1;
    refresh();
    status.textContent = "Sending…";
    isLoggedOut = false;
    for (const photo of waiting) delete photo.loaded;
    send.classList.add("is-sending");
    const queue = [...waiting];
    const sender = async () => {
      while (queue.length > 0 && !isLoggedOut) await upload(queue.shift(), () => showProgress(waiting));
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
    isSending = false;
    send.classList.remove("is-sending");
    status.textContent = "";
    refresh();
    if (isLoggedOut) return login.showModal();
    const sent = photos.filter((photo) => photo.address);
    const failed = photos.length - sent.length;
    if (failed === 0) {
      location.assign(isBatch ? `/batches/${form.elements.batch.value}` : sent[0].address);
    } else {
      const text = sent.length > 0 ? `${sent.length} sent; ${failed} could not be. ` : "Nothing was sent. ";
      failures.replaceChildren(text);
      if (isBatch && sent.length > 0) {
        const link = element("a", "", "See those that were sent");
        link.href = `/batches/${form.elements.batch.value}`;
        failures.append(link);
      }
      // What needs a hand stands first, under the sentence that says so.
      list.prepend(...photos.filter((photo) => !photo.address).map((photo) => photo.item));
      failures.hidden = false;
      failures.focus();
    }
  };

  /** Goes on where the log-in ended: the form's token belonged to that log-in, so it needs the new one's. */
  const goOn = async () => {
    const response = await fetch("/analyses/new", { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector('.compose [name="csrf_token"]')?.value;
    if (!response.ok || response.redirected || !token) {
      document.getElementById("login-status").textContent = "You are still logged out. Log in first.";
      return;
    }
    form.elements.csrf_token.value = token;
    login.close();
    sendAll();
  };

  const addSample = async () => {
    const response = await fetch(form.dataset.sample);
    if (!response.ok) {
      status.textContent = "The sample could not be loaded.";
      return;
    }
    const file = new File([await response.blob()], "sample.jpg", { type: "image/jpeg", lastModified: 0 });
    if (!form.elements.title.value) form.elements.title.value = "Sample";
    await add([file]);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isSending) sendAll();
  });
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  document.getElementById("login-done").addEventListener("click", goOn);
  // Anywhere on the page: beside the box, the browser would open the photo, and what was written would be lost.
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    drop.classList.remove("is-over");
    add([...event.dataTransfer.files]);
  });
  document.addEventListener("camera-photo", ({ detail }) => add([detail]));
  // From the browser's memory after "back": what was sent would be there again.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) add(files);
  });
  document.getElementById("sample").addEventListener("click", addSample);
  if (new URLSearchParams(location.search).has("sample")) addSample();
  refresh();
})();
