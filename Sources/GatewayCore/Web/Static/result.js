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

  /** Marks a face in the picture and in the list; null marks none. */
  const choose = (number) => {
    for (const part of document.querySelectorAll("[data-face]")) {
      const isChosen = part.dataset.face === number;
      part.classList.toggle("is-chosen", isChosen);
      const link = part.matches("a") ? part : part.querySelector(".face-link");
      if (isChosen) link?.setAttribute("aria-current", "true");
      else link?.removeAttribute("aria-current");
    }
    document.querySelector(".overlay")?.classList.toggle("has-choice", number !== null);
  };

  const showInList = (number) =>
    document.getElementById(`face-${number}`)?.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });

  const followFaces = () => {
    const main = document.querySelector("main");
    main.addEventListener("click", (event) => {
      const part = event.target.closest("[data-face]");
      if (!part) {
        if (event.target.closest(".stage") && !event.target.closest(".zoom")) choose(null);
        return;
      }
      const link = event.target.closest("a");
      if (link?.getAttribute("href")?.startsWith("#face-")) event.preventDefault();
      choose(part.dataset.face);
      if (part.closest(".overlay")) showInList(part.dataset.face);
    });
    main.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return choose(null);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const all = faces();
      const index = all.indexOf(event.target.closest(".overlay a.face"));
      if (!step || index < 0) return;
      event.preventDefault();
      const next = all[(index + step + all.length) % all.length];
      next.focus({ preventScroll: true });
      choose(next.dataset.face);
      showInList(next.dataset.face);
    });
    const match = /^#face-(\d+)$/.exec(location.hash);
    if (match) choose(match[1]);
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
        picture.style.width = image.style.maxHeight = viewport.style.height = "";
      } else {
        const { width, height } = image.getBoundingClientRect();
        if (old === 1) {
          viewport.style.height = `${height}px`;
          picture.dataset.width = width;
        }
        image.style.maxHeight = "none";
        picture.style.width = `${Number(picture.dataset.width) * zoom}px`;
      }
      viewport.classList.toggle("is-zoomed", !fitting);
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

  /** Puts the page as the server now renders it in place of this one; the picture is loaded before it is shown. */
  const show = async () => {
    const response = await fetch(document.querySelector("main").dataset.address, { credentials: "same-origin" });
    if (response.status === 404 || response.redirected) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = document.adoptNode(page.querySelector("main"));
    const photo = fresh.querySelector(".stage img");
    if (photo) await photo.decode().catch(() => {});
    document.querySelector("main").replaceWith(fresh);
    document.title = page.title;
    start();
  };

  const ordinal = (number) => {
    const rest = number % 100;
    const suffix = rest > 10 && rest < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
    return `${number.toLocaleString("en")}${suffix}`;
  };

  /** As the server says it; it counts no further than this. */
  const placeWords = (place) => {
    if (place > 1000) return "Behind 1,000 others or more";
    return place === 1 ? "Next in the queue" : `${ordinal(place)} in the queue`;
  };

  const wait = () => {
    const main = document.querySelector("main");
    live.follow(main.dataset.json, {
      changed: async ({ status, place_in_queue: place }) => {
        if (status !== main.dataset.status) {
          await show();
          return true;
        }
        const text = document.getElementById("place");
        if (text && place) text.textContent = placeWords(place);
        return false;
      },
      // Deleted meanwhile, or logged out: the page as it is now says so.
      gone: () => location.reload(),
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
      followZoom();
    } else {
      wait();
    }
  };

  document.documentElement.classList.add("is-live");
  start();
  setInterval(showElapsed, 1000);
  setInterval(live.showTimes, 15000);
})();
