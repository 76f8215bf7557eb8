// New analysis: choosing photos, their small pictures, and what becomes of each; sending.js sends them.
"use strict";

(() => {
  const form = document.querySelector(".compose");
  const input = document.getElementById("photo");
  const drop = document.getElementById("drop");
  const list = document.getElementById("previews");
  const send = document.getElementById("send");
  const stop = document.getElementById("stop");
  const status = document.getElementById("status");
  const failures = document.getElementById("failures");
  const interrupted = document.getElementById("interrupted");
  const maxBytes = Number(form.dataset.maxBytes);
  const maxPhotos = Number(form.dataset.maxPhotos);
  // Of the HEIC and AVIF that the site takes: none, where it takes no such photos.
  const stillBrands = form.dataset.stillBrands.match(/\S+/g) ?? [];
  const texts = ["title", "subject", "tags", "taken_at", "notes"];
  const pageTitle = document.title;
  let photos = [];
  // Ends the sending that is under way.
  let sender = null;
  // Photos that are sent together are shown together, and those that are sent after a correction join them.
  let isBatch = false;

  document.documentElement.classList.add("is-live");
  // The photos are kept here, so that they can be added to and taken out one by one.
  input.required = false;
  form.noValidate = true;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const button = (className, text, press) => {
    const made = element("button", className, text);
    made.type = "button";
    made.onclick = press;
    return made;
  };
  const link = (text, address) => {
    const made = element("a", "", text);
    made.href = address;
    return made;
  };
  const many = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  const size = (bytes) =>
    bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1).replace(".0", "")} MB`;
  const batchAddress = () => `/batches/${form.elements.batch.value}`;

  /**
   * Under which keys files of this tab were sent, so that a page that is loaded anew sends none of them twice. It holds names
   * and keys, no photos, and goes when all have arrived.
   */
  const memory = (() => {
    const name = "mien-sending";
    // The server forgets a key after a day.
    const lifetime = 20 * 3600e3;
    const empty = () => ({ person: form.dataset.person, at: Date.now(), batch: null, forms: [], files: {} });
    let held = empty();
    try {
      const found = JSON.parse(sessionStorage.getItem(name));
      if (found?.person === held.person && Date.now() - found.at < lifetime) held = found;
    } catch {
      // Nothing of use.
    }
    const keep = () => {
      try {
        sessionStorage.setItem(name, JSON.stringify(held));
      } catch {
        // A full or forbidden storage costs a page that is loaded anew its memory, and nothing else.
      }
    };
    return {
      of: (file) => held.files[nameOf(file)],
      arrived: () => Object.values(held.files).filter((file) => file.address).length,
      count: () => Object.keys(held.files).length,
      batch: () => held.batch,
      lastForm: () => held.forms.at(-1),
      form: (entry) => held.forms[entry.form],
      /** All of one sending at once: 200 writes would be seen. */
      plan: (planned, fields) => {
        held.batch = isBatch ? form.elements.batch.value : null;
        const index = held.forms.push(fields) - 1;
        for (const photo of planned) held.files[nameOf(photo.file)] = { key: photo.key, form: index };
        keep();
      },
      sent: (file, address) => {
        const entry = held.files[nameOf(file)];
        if (entry) entry.address = address;
        keep();
      },
      forget: (file) => {
        delete held.files[nameOf(file)];
        keep();
      },
      clear: () => {
        held = empty();
        try {
          sessionStorage.removeItem(name);
        } catch {
          // There is none.
        }
      },
    };
  })();
  function nameOf(file) {
    return `${file.name}/${file.size}/${file.lastModified}`;
  }

  /** The same checks as the server's, by the file's first bytes: an extension says nothing. */
  const problemOf = async (file) => {
    if (file.size === 0) return "The file is empty.";
    if (file.size > maxBytes) return `Larger than ${form.dataset.maxSize}.`;
    const head = await file.slice(0, 12).arrayBuffer().then((bytes) => new Uint8Array(bytes), () => null);
    if (!head) return "The file cannot be read any more. Choose it again.";
    const text = String.fromCharCode(...head);
    const isJPEG = head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
    const isPNG = text.startsWith("\x89PNG\r\n\x1a\n");
    const isWebP = text.startsWith("RIFF") && text.slice(8, 12) === "WEBP";
    const isHEIF = text.slice(4, 8) === "ftyp" && stillBrands.includes(text.slice(8, 12));
    return isJPEG || isPNG || isWebP || isHEIF ? null : `Not a ${form.dataset.formats} photo.`;
  };

  // Small pictures, of photos that come into view, one at a time: a photo of twelve megapixels takes 48 MB while it is made
  // smaller, and two hundred files that are shown as they are would be held in memory together.
  let drawing = Promise.resolve();
  const draw = async (photo) => {
    if (photo.isGone) return;
    try {
      const bitmap = await createImageBitmap(photo.file, { resizeWidth: 336, resizeQuality: "medium" });
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      bitmap.close();
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
      canvas.width = 0;
      if (!blob || photo.isGone) return;
      photo.url = URL.createObjectURL(blob);
      const image = element("img");
      image.alt = "";
      image.src = photo.url;
      photo.frame.prepend(image);
    } catch {
      // The browser cannot show it; the server may.
    }
  };
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      const photo = photos.find(({ item }) => item === target);
      if (photo) drawing = drawing.then(() => draw(photo));
    }
  }, { rootMargin: "300px" });

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
    photo.item = element("li", "preview");
    photo.frame = element("div", "preview-photo");
    const remove = button("remove", undefined, () => take(photo));
    remove.setAttribute("aria-label", `Remove ${photo.file.name}`);
    remove.append(cross());
    photo.removeButton = remove;
    photo.frame.append(remove);
    photo.text = element("div", "preview-text");
    const name = element("span", "preview-name", photo.file.name);
    name.title = photo.file.name;
    name.dir = "auto";
    photo.line = element("span", "preview-state");
    photo.text.append(name, photo.line);
    photo.item.append(photo.frame, photo.text);
    list.append(photo.item);
    seen.observe(photo.item);
    if (photo.address) showSent(photo);
    else if (photo.problem) refuse(photo, photo.problem);
    else say(photo, size(photo.file.size));
  };

  /** What the button says by itself is only for those who do not see it. */
  const tell = (message) => {
    status.textContent = message;
    status.classList.toggle("unseen", message === "Sending…");
  };

  const say = (photo, message) => {
    photo.line.textContent = message;
    photo.item.classList.remove("is-bad", "is-sent");
    photo.deeds?.remove();
    photo.removeButton.hidden = false;
  };

  const showSent = (photo) => {
    photo.bar?.remove();
    say(photo, "");
    photo.item.classList.add("is-sent");
    photo.removeButton.hidden = true;
    const result = link("Result", photo.address);
    result.setAttribute("aria-label", `See the result of ${photo.file.name}`);
    photo.line.append("Sent · ", result);
  };

  /** What is wrong with a photo stands beside it, with what can be done. */
  const refuse = (photo, message, offersAgain = false) => {
    photo.bar?.remove();
    say(photo, message);
    photo.item.classList.add("is-bad");
    photo.removeButton.hidden = true;
    photo.deeds = element("span", "preview-deeds");
    if (offersAgain) photo.deeds.append(button("link", "Try this one again", () => sender || sendAll([photo])));
    const remove = button("link", "Remove", () => take(photo));
    remove.setAttribute("aria-label", `Remove ${photo.file.name}`);
    photo.deeds.append(remove);
    photo.text.append(photo.deeds);
  };

  const take = (photo) => {
    photo.isGone = true;
    if (photo.url) URL.revokeObjectURL(photo.url);
    if (!photo.problem) memory.forget(photo.file);
    photo.item.remove();
    photos = photos.filter((other) => other !== photo);
    refresh();
    input.focus();
  };

  // On a phone it lies at the foot of the window, and what has the focus is not to lie below it.
  const bar = document.querySelector(".send-bar");
  const makeRoom = () => {
    const height = getComputedStyle(bar).position === "fixed" ? bar.offsetHeight : 0;
    document.documentElement.style.setProperty("--bar", `${height}px`);
  };
  new ResizeObserver(makeRoom).observe(bar);

  const refresh = () => {
    form.classList.toggle("has-photos", photos.length > 0);
    makeRoom();
    list.classList.toggle("is-many", photos.length > 12);
    stop.hidden = !sender;
    input.disabled = Boolean(sender);
    send.disabled = Boolean(sender);
    send.classList.toggle("is-sending", Boolean(sender));
    if (sender) return;
    const good = photos.filter((photo) => !photo.problem && !photo.address).length;
    send.textContent = good > 1 ? `Analyse ${good} photos` : "Analyse";
    document.title = pageTitle;
    if (!photos.some((photo) => photo.isRefused)) failures.hidden = true;
  };

  // One after the other, and before anything is sent: a quick click must not overtake the reading of a file.
  let adding = Promise.resolve();
  const add = (files) => (adding = adding.then(() => addNow(files)));

  const addNow = async (files) => {
    if (sender) {
      tell("These are being sent. Stop it to add more.");
      return;
    }
    tell("");
    const known = new Set(photos.map(({ file }) => nameOf(file)));
    for (const file of files) {
      if (photos.length >= maxPhotos) {
        tell(`At most ${maxPhotos} photos at once; the others were left out.`);
        break;
      }
      if (known.has(nameOf(file))) continue;
      known.add(nameOf(file));
      const photo = { file };
      const before = memory.of(file);
      if (before) {
        // Sent in part before the page was loaded anew: the same key, with the same words, is stored once.
        photo.address = before.address;
        photo.key = before.key;
        photo.form = memory.form(before);
        photo.isTried = true;
      }
      photos.push(photo);
      photo.problem = await problemOf(file);
      show(photo);
    }
    refresh();
  };

  // Not crypto.randomUUID, which browsers give to pages with TLS only.
  const makeKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const formNow = () => {
    const fields = Object.fromEntries(texts.map((name) => [name, form.elements[name].value]));
    if (form.elements.acknowledged?.checked) fields.acknowledged = "yes";
    return isBatch ? { ...fields, batch: form.elements.batch.value, batch_member: "yes" } : fields;
  };

  const adopt = (fresh) => {
    form.elements.csrf_token.value = fresh.elements.csrf_token.value;
    if (fresh.dataset.person === form.dataset.person) return;
    // Somebody else has logged in: their photos are their own.
    form.dataset.person = fresh.dataset.person;
    form.elements.batch.value = fresh.elements.batch.value;
    for (const photo of photos) if (!photo.address && photo.form) photo.form = formNow();
  };

  /**
   * Takes over the form as it is for whoever is logged in now: its token belongs to that log-in.
   *
   * Answers "in", "out" where nobody is, or "elsewhere" where the site asks for something else first, as for a second factor;
   * it says so of each photo that is sent then.
   */
  const visit = async () => {
    const response = await fetch("/analyses/new", { credentials: "same-origin", cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector(".compose[data-person]");
    if (fresh) {
      adopt(fresh);
      return "in";
    }
    if (page.querySelector("main[data-page=login]")) return "out";
    // No page of ours: something between here and the site has answered.
    if (!response.redirected || !page.querySelector("main#main")) throw new Error("not the site");
    return "elsewhere";
  };

  const sendAll = async (chosen) => {
    await adding;
    const waiting = (chosen ?? photos).filter((photo) => !photo.problem && !photo.address);
    if (waiting.length === 0) {
      const sent = photos.filter((photo) => photo.address);
      if (sent.length > 0) return leave(sent);
      tell(photos.length === 0 ? "Choose a photo first." : "None of these can be sent.");
      input.focus();
      return;
    }
    const tick = form.elements.acknowledged;
    if (tick && !tick.checked) {
      tell("Tick the box on responsible use first.");
      tick.focus();
      return;
    }
    isBatch ||= waiting.length > 1;
    // What was sent before without an answer is sent again as it was; all else with the words that stand here now.
    const fields = formNow();
    const planned = waiting.filter((photo) => !photo.isTried);
    for (const photo of planned) Object.assign(photo, { key: makeKey(), form: fields });
    memory.plan(planned, fields);
    for (const photo of waiting) {
      delete photo.loaded;
      delete photo.tries;
      photo.isRefused = false;
      say(photo, size(photo.file.size));
    }
    interrupted.hidden = true;
    failures.hidden = true;
    sender = new AbortController();
    refresh();
    tell("Sending…");
    const awake = await navigator.wakeLock?.request("screen").catch(() => null);
    await sending.run(waiting, sendingPage(waiting), sender.signal);
    awake?.release();
    const isStopped = sender.signal.aborted;
    sender = null;
    tell("");
    refresh();
    report(isStopped);
  };

  const sendingPage = (waiting) => {
    const total = waiting.reduce((sum, photo) => sum + photo.file.size, 0);
    let clock = null;
    /** The button says how far it is: on a phone it is all of the page that is in view. */
    const showProgress = () => {
      if (clock) return;
      const loaded = waiting.reduce((sum, photo) => sum + (photo.loaded ?? 0), 0);
      const percent = Math.min(100, Math.floor((100 * loaded) / Math.max(1, total)));
      const begun = waiting.filter((photo) => photo.loaded > 0 || photo.bar?.isConnected || photo.isRefused).length;
      const which = waiting.length > 1 ? ` ${Math.max(1, begun)} of ${waiting.length}` : "";
      send.textContent = `Sending${which} · ${percent} %`;
      send.style.setProperty("--done", `${percent}%`);
      document.title = `${percent} % · ${pageTitle}`;
    };
    return {
      action: form.action,
      maxSize: form.dataset.maxSize,
      token: () => form.elements.csrf_token.value,
      visit,
      logIn,
      stop: () => sender?.abort(),
      began: (photo) => {
        photo.loaded = 0;
        photo.isTried = true;
        say(photo, "Sending…");
        photo.removeButton.hidden = true;
        photo.bar = element("progress");
        photo.bar.max = photo.file.size;
        photo.bar.setAttribute("aria-label", `Sending ${photo.file.name}`);
        photo.text.append(photo.bar);
        showProgress();
      },
      progressed: (photo) => {
        photo.bar.value = photo.loaded;
        showProgress();
      },
      sent: (photo, address) => {
        photo.address = address;
        photo.loaded = photo.file.size;
        memory.sent(photo.file, address);
        showSent(photo);
        showProgress();
      },
      refused: (photo, message) => {
        photo.isRefused = true;
        photo.loaded = photo.file.size;
        // Nothing was stored under the key, unless no answer came.
        if (!message.startsWith("The connection")) {
          memory.forget(photo.file);
          photo.isTried = false;
        }
        refuse(photo, message, true);
        showProgress();
      },
      again: (photo) => {
        photo.bar?.remove();
        say(photo, "Waits to be sent.");
      },
      waits: (message, until) => {
        tell(message);
        clearInterval(clock);
        const count = () => {
          const seconds = until === null ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1000));
          send.textContent = seconds > 0 ? `Goes on in ${seconds} s` : "Waiting";
          document.title = `${send.textContent} · ${pageTitle}`;
        };
        clock = setInterval(count, 1000);
        sender?.signal.addEventListener("abort", () => clearInterval(clock), { once: true });
        count();
      },
      goesOn: () => {
        clearInterval(clock);
        clock = null;
        tell("Sending…");
        showProgress();
      },
    };
  };

  const leave = (sent) => {
    memory.clear();
    location.assign(isBatch ? batchAddress() : sent[0].address);
  };

  /** What came of it: the results, or what is left to be done here. */
  const report = (isStopped) => {
    const sent = photos.filter((photo) => photo.address);
    const left = photos.length - sent.length;
    if (left === 0) return leave(sent);
    if (isStopped) tell("Stopped. What was sent stays sent.");
    const bad = photos.filter((photo) => !photo.address && (photo.problem || photo.isRefused));
    failures.replaceChildren(
      isStopped
        ? sent.length > 0 ? `${sent.length} sent; ${left} not yet. ` : "Nothing was sent yet. "
        : sent.length > 0 ? `${sent.length} sent; ${left} could not be. ` : "Nothing was sent. ");
    if (sent.length > 0 && isBatch) failures.append(link("See those that were sent", batchAddress()));
    // What needs a hand stands first, under the sentence that says so.
    list.prepend(...bad.map((photo) => photo.item));
    failures.hidden = false;
    failures.focus();
  };

  const logIn = (() => {
    const dialog = document.getElementById("login-dialog");
    // None where nobody logs in by a password.
    const fields = document.getElementById("login-form");
    const provider = document.getElementById("login-provider");
    const problem = document.getElementById("login-problem");
    let settle = null;

    const warn = (message) => {
      problem.textContent = message;
      problem.hidden = !message;
    };
    const end = (isIn) => {
      settle?.(isIn);
      settle = null;
      if (fields) fields.elements.password.value = "";
      if (dialog.open) dialog.close();
    };
    /** Somebody may have logged in beside this page. */
    const look = async (message) => {
      if ((await visit()) !== "out") return end(true);
      warn(message);
    };

    const enter = async () => {
      warn("");
      const parse = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");
      const asked = await fetch("/login", { credentials: "same-origin", cache: "no-store" });
      const token = (await parse(asked)).querySelector('form[action="/login"] [name="csrf_token"]')?.value;
      // Who is in already is led on.
      if (!token) return look("The log-in did not answer. Try again.");
      const body = new URLSearchParams({
        csrf_token: token, email: fields.elements.email.value, password: fields.elements.password.value,
        next: "/analyses/new",
      });
      const response = await fetch("/login", { method: "POST", body, credentials: "same-origin" });
      if (response.status >= 500) throw new Error(String(response.status));
      const page = await parse(response);
      const refusal = page.querySelector("main .problem")?.textContent.trim();
      if (!refusal && (await visit()) !== "out") return end(true);
      warn(refusal ?? "This account asks for more than a password. Log in on a page of its own, below.");
      fields.elements.password.select();
    };

    fields?.addEventListener("submit", (event) => {
      event.preventDefault();
      fields.inert = true;
      enter()
        .catch(() => warn("The site does not answer. Try again in a moment."))
        .finally(() => (fields.inert = false));
    });
    dialog.querySelector("[data-login-cancel]").addEventListener("click", () => end(false));
    dialog.addEventListener("close", () => end(false));
    addEventListener("focus", () => settle && look("").catch(() => {}));

    return () =>
      new Promise((resolve) => {
        settle = resolve;
        warn("");
        dialog.showModal();
        (fields ? fields.elements[fields.elements.email.value ? "password" : "email"] : provider)?.focus();
      });
  })();

  /** Writes into a field that is empty, and where it is seen: it is sent with the photos. */
  const fill = (name, text) => {
    const field = form.elements[name];
    if (field.value || !text) return;
    field.value = text;
    field.closest("details").open = true;
  };

  const addSample = async () => {
    const response = await fetch(form.dataset.sample).catch(() => null);
    const photo = response?.ok ? await response.blob().catch(() => null) : null;
    if (!photo) {
      tell("The sample could not be loaded. Try again in a moment.");
      return;
    }
    fill("title", "Sample");
    await add([new File([photo], "sample.jpg", { type: "image/jpeg", lastModified: 0 })]);
  };

  /** Photos of this tab have not all arrived, and the page has lost the files: browsers give them only to whoever chooses. */
  const tellOfInterruption = () => {
    const [arrived, count] = [memory.arrived(), memory.count()];
    // What could not be sent is no part of it: all that could be has arrived, and the next photos are others.
    if (arrived === count) return memory.clear();
    if (memory.batch()) {
      isBatch = true;
      form.elements.batch.value = memory.batch();
    }
    for (const name of texts) fill(name, memory.lastForm()?.[name]);
    const words = element(
      "p", "", `Sending was interrupted: ${arrived} of ${many(count, "photo")} arrived. Choose them again to send the rest; none is sent twice.`);
    const deeds = element("p", "actions");
    if (arrived > 0 && isBatch) deeds.append(link("See those that arrived", batchAddress()));
    deeds.append(button("link", "Begin anew", () => {
      memory.clear();
      location.reload();
    }));
    interrupted.replaceChildren(words, deeds);
    interrupted.hidden = false;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sender) sendAll();
  });
  stop.addEventListener("click", () => sender?.abort());
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  addEventListener("beforeunload", (event) => {
    if (sender) event.returnValue = "Photos are being sent.";
  });
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
  tellOfInterruption();
  if (new URLSearchParams(location.search).has("sample")) addSample();
  refresh();
})();
