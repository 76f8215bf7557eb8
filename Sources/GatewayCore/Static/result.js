// Result: waits for the result and shows it without a new page; choosing a face marks it in picture and list; zoom.
"use strict";

(() => {
  const faces = () => [...document.querySelectorAll(".overlay a.face")];
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  const showElapsed = () => {
    const elapsed = document.getElementById("elapsed");
    if (!elapsed) return;
    const seconds = Math.max(0, Math.floor((Date.now() - new Date(elapsed.dataset.since).getTime()) / 1000));
    elapsed.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };

  /** Marks a face in the picture and in the list, where its row opens; null marks none. */
  const choose = (number, opens = false) => {
    for (const part of document.querySelectorAll("[data-face]")) {
      const isChosen = part.dataset.face === number;
      part.classList.toggle("is-chosen", isChosen);
      const link = part.matches("a") ? part : part.querySelector(".face-link");
      if (isChosen) link?.setAttribute("aria-current", "true");
      else link?.removeAttribute("aria-current");
      const row = part.querySelector("details");
      if (!row || !opens) continue;
      // A row that the picture opened closes with the next one; those that a person opened stay.
      if (isChosen && !row.open) row.open = row.wasOpened = true;
      else if (!isChosen && row.wasOpened) row.open = row.wasOpened = false;
    }
    const overlay = document.querySelector(".overlay");
    overlay?.classList.toggle("has-choice", number !== null);
    if (number === null) return;
    const link = overlay?.querySelector(`[data-face="${number}"]`);
    stopAt(link);
    showInPicture(link);
  };

  // As it was chosen; a page that comes anew is put into it again.
  let order = "number";

  /** Many faces can stand in another order than that of their numbers; equal ones stay in that. */
  const orderFaces = () => {
    const list = document.querySelector(".face-list");
    const select = document.getElementById("order");
    if (!select) return;
    select.value = order;
    // As in the chips above the list.
    const looks = [...document.querySelectorAll(".chip [id^='look-']")].map(({ id }) => id.slice("look-".length));
    // What a person said has no number: nothing is surer.
    const sureness = (row) => parseFloat(row.querySelector("summary .number").textContent) || 101;
    const rank = {
      number: () => 0,
      sure: (row) => -sureness(row),
      unsure: sureness,
      look: ({ dataset }) => (looks.includes(dataset.look) ? looks.indexOf(dataset.look) : looks.length),
    }[order];
    const rows = [...list.querySelectorAll(".is-row")];
    rows.sort((a, b) => rank(a) - rank(b) || a.dataset.face - b.dataset.face);
    list.append(...rows);
  };

  const followOrder = () => {
    orderFaces();
    document.getElementById("order")?.addEventListener("change", ({ target }) => {
      order = target.value;
      orderFaces();
    });
  };

  /** Where the picture is larger than its frame, a chosen face comes to the middle unless all of it is in view. */
  const showInPicture = (link) => {
    const viewport = document.querySelector(".viewport.is-zoomed");
    if (!link || !viewport) return;
    const [frame, box] = [viewport, link.querySelector(".box")].map((part) => part.getBoundingClientRect());
    const isInView =
      box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
    if (isInView) return;
    viewport.scrollBy({
      left: box.left + box.width / 2 - frame.left - frame.width / 2,
      top: box.top + box.height / 2 - frame.top - frame.height / 2,
      behavior: calm() ? "auto" : "smooth",
    });
  };

  /** The picture is one stop of the Tab key: at the face that was last there. */
  const stopAt = (link) => {
    if (!link) return;
    for (const other of faces()) other.tabIndex = other === link ? 0 : -1;
  };

  const showInList = (number) =>
    document
      .querySelector(`.face-item[data-face="${number}"]`)
      ?.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });

  const followFaces = () => {
    const main = document.querySelector("main");
    stopAt(faces()[0]);
    main.addEventListener("click", (event) => {
      const part = event.target.closest("[data-face]");
      if (!part) {
        if (event.target.closest(".stage") && !event.target.closest(".zoom")) choose(null);
        return;
      }
      const link = event.target.closest("a");
      if (link?.getAttribute("href")?.startsWith("#face-")) event.preventDefault();
      const isInPicture = part.closest(".overlay") !== null;
      choose(part.dataset.face, isInPicture);
      if (isInPicture) showInList(part.dataset.face);
    });
    main.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return choose(null);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const all = faces().filter((link) => getComputedStyle(link).visibility !== "hidden");
      const index = all.indexOf(event.target.closest(".overlay a.face"));
      if (!step || index < 0) return;
      event.preventDefault();
      const next = all[(index + step + all.length) % all.length];
      stopAt(next);
      next.focus({ preventScroll: true });
      choose(next.dataset.face, true);
      showInList(next.dataset.face);
    });
    // Where the look is chosen that the stop's face does not have, the stop goes on to one that is shown.
    main.addEventListener("change", ({ target }) => {
      if (!target.matches(".chip [id^='look-']")) return;
      choose(null);
      stopAt(faces().find((link) => getComputedStyle(link).visibility !== "hidden"));
    });
    const match = /^#face-(\d+)$/.exec(location.hash);
    if (match) choose(match[1], true);
  };

  /**
   * Puts each number (with the word, where the box is as wide) beside its own box, where it covers neither another face
   * nor another number: above, below, beside or inside. Where there is no such place, a dot stays inside.
   */
  const placeLabels = () => {
    const overlay = document.querySelector(".overlay");
    const { width, height } = overlay?.getBoundingClientRect() ?? {};
    if (!width) return;
    const all = faces().map((link) => {
      const part = (name) => parseFloat(link.firstElementChild.getAttribute(name)) / 100;
      const box = { x: part("x") * width, y: part("y") * height, w: part("width") * width, h: part("height") * height };
      return { link, box };
    });
    const meet = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    const taken = [];
    for (const { link, box } of all) {
      const text = link.querySelector("text");
      const tag = link.querySelector(".tag");
      const isFree = (place) =>
        place.x >= 0 && place.y >= 0 && place.x + place.w <= width && place.y + place.h <= height &&
        !taken.some((label) => meet(label, place)) &&
        !all.some((other) => other.link !== link && meet(other.box, place));
      const find = (w, h) => {
        const right = box.x + box.w;
        const below = box.y + box.h;
        const inside = Math.min(box.w, box.h) >= 40
          ? [[box.x, box.y], [right - w, box.y], [box.x, below - h], [right - w, below - h]] : [];
        return [
          [box.x, box.y - h], [right - w, box.y - h], [box.x, below], [right - w, below],
          [right, box.y], [box.x - w, box.y], ...inside,
        ].map(([x, y]) => ({ x, y, w, h })).find(isFree);
      };
      const measure = (withWord) => {
        link.classList.toggle("has-word", withWord);
        return Math.ceil(text.getComputedTextLength()) + 10;
      };
      let size = measure(true);
      let place = size <= box.w ? find(size, 20) : undefined;
      if (!place) {
        size = measure(false);
        place = find(size, 20);
      }
      link.classList.toggle("is-dot", !place);
      place ??= { x: box.x + box.w / 2 - 5, y: box.y + 1, w: 10, h: 10 };
      taken.push(place);
      tag.setAttribute("width", size);
      text.setAttribute("x", size / 2);
      link.querySelector("g").setAttribute("transform", `translate(${place.x - box.x} ${place.y - box.y})`);
    }
    overlay.classList.add("is-placed");
  };

  const followSize = () => {
    const picture = document.querySelector(".stage .picture");
    if (picture) new ResizeObserver(placeLabels).observe(picture);
  };

  /** The picture grows inside of its frame, which scrolls; boxes grow with it and stay sharp. */
  const followZoom = () => {
    const picture = document.querySelector(".stage .picture");
    const viewport = document.querySelector(".viewport");
    const image = picture?.querySelector("img");
    if (!image) return;
    let zoom = 1;
    const set = (wanted) => {
      const old = zoom;
      zoom = Math.min(8, Math.max(1, wanted));
      const fitting = zoom === 1;
      const middle = [viewport.scrollLeft + viewport.clientWidth / 2, viewport.scrollTop + viewport.clientHeight / 2];
      if (fitting) {
        picture.style.width = image.style.height = viewport.style.height = "";
      } else {
        const { width, height } = image.getBoundingClientRect();
        if (old === 1) {
          viewport.style.height = `${height}px`;
          picture.dataset.width = width;
        }
        image.style.height = "auto";
        picture.style.width = `${Number(picture.dataset.width) * zoom}px`;
      }
      viewport.classList.toggle("is-zoomed", !fitting);
      // What scrolls can be reached by the Tab key, and the arrow keys move it.
      viewport.tabIndex = fitting ? -1 : 0;
      viewport.scrollTo(
        (middle[0] * zoom) / old - viewport.clientWidth / 2, (middle[1] * zoom) / old - viewport.clientHeight / 2);
      document.querySelector('[data-zoom="out"]').disabled = fitting;
      document.querySelector('[data-zoom="fit"]').disabled = fitting;
      document.querySelector('[data-zoom="in"]').disabled = zoom === 8;
    };
    const step = (kind) => set(kind === "fit" ? 1 : kind === "in" ? zoom * 1.5 : zoom / 1.5 < 1.05 ? 1 : zoom / 1.5);
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => step(button.dataset.zoom));
    }
    document.querySelector(".stage").addEventListener("keydown", (event) => {
      const kind = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
      if (kind && !event.ctrlKey && !event.metaKey) step(kind);
    });
    image.addEventListener("dblclick", () => step(zoom > 1 ? "fit" : "in"));
    set(1);
  };

  const openEdit = () => {
    const edit = document.getElementById("edit");
    edit.classList.add("is-open");
    edit.querySelector("input:not([type=hidden])").focus();
  };

  /** Menus close with Escape and with a click beside them; the form opens and closes where one is. */
  const followTools = () => {
    const close = (but) => {
      for (const menu of document.querySelectorAll(".drawer[open]")) if (menu !== but) menu.open = false;
    };
    document.addEventListener("click", (event) => {
      close(event.target.closest(".drawer"));
      if (event.target.closest(".panel a")) close(null);
      if (event.target.closest("[data-edit]")) {
        event.preventDefault();
        openEdit();
      } else if (event.target.closest("[data-close]")) {
        event.preventDefault();
        document.getElementById("edit").classList.remove("is-open");
        if (isLeft) return location.replace(document.querySelector("main").dataset.address);
        if (location.hash === "#edit") location.hash = "main";
        document.querySelector("[data-edit]").focus();
      }
    });
    document.addEventListener("keydown", (event) => {
      const menu = event.key === "Escape" && document.querySelector(".drawer[open]");
      if (!menu) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  };

  /** ← and → lead to the photos before and after, unless they move something else. */
  const followSteps = () => {
    document.addEventListener("keydown", (event) => {
      const kind = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
      if (!kind || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (event.target.closest("input, textarea, select, .overlay, .is-zoomed")) return;
      // What somebody has written, drawn or been told once there would be lost.
      if (document.querySelector("#edit:is(:target, .is-open), #share, form.correct")) return;
      document.querySelector(`.steps [rel="${kind}"]`)?.click();
    });
  };

  /** Puts the page as the server now renders it in place of this one; the picture is loaded before it is shown. */
  const show = async () => {
    const response = await fetch(document.querySelector("main").dataset.address, { credentials: "same-origin" });
    if (live.isGone(response)) return leave();
    if (!response.ok) throw new Error(String(response.status));
    await put(await response.text());
  };

  /** Puts a page in place of this one; the look that was chosen stays, and rows that were open, and a form that is not sent. */
  const put = async (html, { isSaved = false } = {}) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    // Logged out, or led to something else: that is a page of its own.
    if (!page.querySelector("main[data-address]")) throw new Error("another page");
    const fresh = document.adoptNode(page.querySelector("main"));
    const photo = fresh.querySelector(".stage img");
    if (photo) await photo.decode().catch(() => {});
    const focused = document.activeElement;
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = focused;
    // What a person is writing stays.
    const edit = openForm();
    if (edit && !isSaved) {
      edit.classList.add("is-open");
      fresh.querySelector("#edit").replaceWith(edit);
    }
    const sharing = document.getElementById("share");
    if (sharing && !fresh.querySelector("#share")) fresh.querySelector("#edit")?.after(sharing);
    for (const row of document.querySelectorAll(".is-row:has(details[open])")) {
      fresh.querySelector(`.is-row[data-face="${row.dataset.face}"] details`)?.setAttribute("open", "");
    }
    const look = document.querySelector(".chip [id^='look-']:checked")?.id;
    const same = look && fresh.querySelector(`#${look}`);
    if (same) same.checked = true;
    document.querySelector("main").replaceWith(fresh);
    document.title = page.title;
    start();
    // What is moved to another place of the document loses the focus on the way, and letters would go nowhere.
    if (!fresh.contains(focused)) return;
    focused.focus({ preventScroll: true });
    if (selectionStart !== null && selectionStart !== undefined) {
      focused.setSelectionRange(selectionStart, selectionEnd, selectionDirection);
      focused.scrollTop = scrollTop;
    }
  };

  /** An answer that takes longer is none, in milliseconds. */
  const patience = 15_000;

  /** Opens, closes and sends the forms about faces without leaving the page. */
  const followForms = () => {
    const go = async (address, options) => {
      const response = await fetch(address, { credentials: "same-origin", signal: AbortSignal.timeout(patience), ...options });
      // 422 is the page with what is wrong.
      if (!response.ok && response.status !== 422) throw new Error(String(response.status));
      await put(await response.text());
    };
    const focusOn = (address) => {
      const form = document.querySelector("form.correct");
      const number = /\/faces\/(\d+)\/|#face-(\d+)$|[?](?:correct|why)=(\d+)/.exec(address)?.slice(1).find(Boolean);
      if (number) choose(number, true);
      const part = form?.id === "mark" ? form : form?.querySelector("input:checked, input[type=radio]");
      const links = [...document.querySelectorAll(`${number ? `[data-face="${number}"] ` : ""}.amend`)];
      (part ?? links.at(-1))?.focus({ preventScroll: true });
      // A face is drawn in the picture.
      const place = form?.id === "mark" ? document.querySelector(".stage") : form ?? document.activeElement;
      place.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    };
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a:is(.amend, [data-visit])");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      // Wherever the browser stands, after a form that was refused.
      const { href } = new URL(link.getAttribute("href"), location.origin + document.querySelector("main").dataset.address);
      go(href).then(() => focusOn(href), () => location.assign(href));
    });
    document.addEventListener("submit", (event) => {
      const form = event.target.closest("form.correct");
      if (!form) return;
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form, event.submitter));
      form.inert = true;
      go(form.action, { method: "POST", body }).then(
        () => focusOn(form.getAttribute("action")),
        () => {
          // The server says it on a page of its own.
          const { name, value } = event.submitter ?? {};
          if (name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
          form.submit();
        });
    });
  };

  /** The form for the photo's information while somebody may be writing in it. */
  const openForm = () => document.querySelector("#edit:is(:target, .is-open)");

  const linkBeside = (words, href) => {
    const link = Object.assign(document.createElement("a"), { href, target: "_blank" });
    link.textContent = words;
    return link;
  };

  /** Why nothing was saved yet. */
  const loggedOut = () => [
    "You are logged out, so nothing was saved yet. ", linkBeside("Log in on a page of its own", "/login"), ", then save again."];
  const elsewhere = () => [
    "This photo’s page does not come as usual, so nothing was saved yet. ",
    linkBeside("See why on a page of its own", document.querySelector("main").dataset.address), "."];

  const tellInForm = (parts) => {
    const problem = document.getElementById("edit-problem");
    problem.replaceChildren(...parts);
    problem.hidden = false;
  };

  // Nothing follows the photo any more, and the page stands only because of what is written in it.
  let isLeft = false;

  /** A page of the site, or null where none comes. */
  const ask = async (address, options) => {
    try {
      const response = await fetch(
        address, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(patience), ...options });
      if (response.status >= 500) return null;
      const html = await response.text();
      return { html, page: new DOMParser().parseFromString(html, "text/html") };
    } catch {
      return null;
    }
  };

  const isLogIn = ({ page }) => page.querySelector("main[data-page=login]") !== null;

  /** Deleted, logged out, or a link that has ended: the page, loaded anew, says which. What somebody is writing stays. */
  const leave = async () => {
    if (!openForm()) return location.reload();
    isLeft = true;
    const page = await ask(document.querySelector("main").dataset.address);
    if (openForm()) tellInForm(page && isLogIn(page) ? loggedOut() : elsewhere());
  };

  /**
   * Sends what is written without leaving the page, where it stands until it is saved.
   *
   * Returns what is to be said where it was not; null where the page shows it, or what is wrong with it.
   */
  const save = async (form) => {
    const before = await ask(document.querySelector("main").dataset.address);
    if (!before) return ["The site does not answer, so nothing was saved yet. Save again in a moment."];
    if (isLogIn(before)) return loggedOut();
    // Another log-in has another token for the form.
    const token = before.page.querySelector("#edit [name=csrf_token]")?.value;
    if (!token) return elsewhere();
    form.elements.csrf_token.value = token;
    const after = await ask(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (after && isLogIn(after)) return loggedOut();
    if (!after?.page.querySelector("main[data-address] #edit")) {
      return ["The site did not answer as usual: it may be saved or not. Save again in a moment."];
    }
    await put(after.html, { isSaved: true });
    isLeft = false;
    const { address } = document.querySelector("main").dataset;
    history.replaceState(null, "", address);
    (document.querySelector("#edit [role=alert][autofocus]") ?? document.querySelector("[data-edit]"))?.focus();
    return null;
  };

  const followSaving = () => {
    document.addEventListener("submit", async (event) => {
      const form = event.target.closest("#edit form");
      if (!form) return;
      event.preventDefault();
      document.getElementById("edit-problem").hidden = true;
      form.inert = true;
      try {
        const problem = await save(form);
        if (!problem) return;
        tellInForm(problem);
      } finally {
        form.inert = false;
      }
      event.submitter?.focus();
    });
  };

  /** A face that was missed is drawn in the picture, or written as numbers; each shows in the other. */
  const followMark = () => {
    const form = document.getElementById("mark");
    const drawing = document.querySelector(".marking");
    if (!form || !drawing) return;
    const fields = ["left", "top", "width", "height"].map((name) => form.elements.namedItem(name));
    const show = () => {
      for (const part of drawing.children) {
        ["x", "y", "width", "height"].forEach((side, index) => part.setAttribute(side, `${Number(fields[index].value)}%`));
      }
    };
    const percent = (event) => {
      const { left, top, width, height } = drawing.getBoundingClientRect();
      return [(event.clientX - left) / width, (event.clientY - top) / height]
        .map((part) => Math.min(100, Math.max(0, part * 100)));
    };
    let from = null;
    drawing.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      drawing.setPointerCapture(event.pointerId);
      from = percent(event);
    });
    drawing.addEventListener("pointermove", (event) => {
      if (!from) return;
      const to = percent(event);
      const box = [0, 1].map((side) => Math.min(from[side], to[side]))
        .concat([0, 1].map((side) => Math.abs(from[side] - to[side])));
      box.forEach((value, index) => (fields[index].value = value.toFixed(1)));
      show();
    });
    for (const end of ["pointerup", "pointercancel"]) drawing.addEventListener(end, () => (from = null));
    form.addEventListener("input", show);
    show();
  };

  const ordinal = (number) => {
    const rest = number % 100;
    const suffix = rest > 10 && rest < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
    return `${number.toLocaleString("en")}${suffix}`;
  };

  /** "about 4 seconds", rounded as the server does it. */
  const about = (seconds) => {
    const whole = Math.max(1, Math.ceil(seconds));
    const rounded = whole < 20 ? whole : Math.ceil(whole / 5) * 5;
    const [number, word] = rounded < 90 ? [rounded, "second"] : [Math.ceil(rounded / 60), "minute"];
    return `about ${number} ${word}${number === 1 ? "" : "s"}`;
  };

  /** As the server says it; it counts no further than this. */
  const placeWords = (place, { each, ahead }) => {
    if (place > 1000) return "Behind 1,000 others or more";
    const words = place === 1 ? "Next in the queue" : `${ordinal(place)} in the queue`;
    const before = place + Number(ahead);
    return each && before > 1 ? `${words}, ${about(before * Number(each))}` : words;
  };

  /** What the server says of waiting that is no change of the analysis: its place, and whether anybody works. */
  const watchQueue = async () => {
    const old = document.querySelector(".waiting");
    const main = document.querySelector("main");
    if (!old || document.hidden || main.dataset.status !== "queued") return;
    const response = await fetch(main.dataset.address, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector(".waiting");
    if (!response.ok || !fresh || !old.isConnected) return;
    if (fresh.classList.contains("is-unattended") === old.classList.contains("is-unattended")) {
      const [place, now] = [old, fresh].map((part) => part.querySelector("#place"));
      if (place && now && place.textContent !== now.textContent) place.replaceWith(document.adoptNode(now));
      return;
    }
    // The photo is there already.
    fresh.querySelector(".wait-photo").replaceWith(old.querySelector(".wait-photo"));
    old.replaceWith(document.adoptNode(fresh));
    showElapsed();
  };

  // Which of those that wait is the last: a page that took the place of another waits in its stead.
  let waiting = 0;

  const wait = () => {
    const main = document.querySelector("main");
    const own = ++waiting;
    live.follow(main.dataset.json, {
      changed: async ({ status, place_in_queue: place }) => {
        if (own !== waiting) return true;
        if (status !== main.dataset.status) {
          await show();
          return true;
        }
        const text = document.getElementById("place");
        if (text && place) text.textContent = placeWords(place, text.dataset);
        return false;
      },
      gone: () => own === waiting && leave(),
      trouble: offline,
    });
  };

  const offline = (isOffline) => {
    const hint = document.querySelector(".waiting .hint");
    if (!hint) return;
    hint.dataset.text ??= hint.textContent;
    const text = isOffline ? "The server does not answer. This page tries again by itself." : hint.dataset.text;
    if (hint.textContent !== text) hint.textContent = text;
  };

  const start = () => {
    live.showTimes();
    showElapsed();
    if (live.isOver(document.querySelector("main").dataset.status)) {
      followFaces();
      followOrder();
      followZoom();
      followSize();
      followMark();
    } else {
      wait();
    }
  };

  document.documentElement.classList.add("is-live");
  start();
  followTools();
  followSteps();
  followForms();
  followSaving();
  if (location.hash === "#edit") openEdit();
  setInterval(showElapsed, 1000);
  setInterval(live.showTimes, 15000);
  // Whether a worker runs is told once the photo has waited for fifteen seconds.
  setInterval(() => watchQueue().catch(() => {}), 16000);
})();
