// Result: waits for the result and shows it without a new page; choosing a face marks it in picture and list.
"use strict";

(() => {
  const relative = (date) => {
    const seconds = Math.floor((Date.now() - date.getTime()) / 1000);
    const many = (number, word) => `${number} ${word}${number === 1 ? "" : "s"} ago`;
    if (seconds < 10) return "just now";
    if (seconds < 60) return many(seconds, "second");
    if (seconds < 3600) return many(Math.floor(seconds / 60), "minute");
    if (seconds < 86400) return many(Math.floor(seconds / 3600), "hour");
    if (seconds < 604800) return many(Math.floor(seconds / 86400), "day");
    return null;
  };

  const showTimes = () => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const date = new Date(time.dateTime);
      const text = relative(date);
      if (text) time.textContent = text;
    }
    const elapsed = document.getElementById("elapsed");
    if (elapsed) {
      const seconds = Math.max(0, Math.floor((Date.now() - new Date(elapsed.dataset.since).getTime()) / 1000));
      elapsed.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    }
  };

  /** Marks a face in the picture and in the list; null marks none. */
  const choose = (number) => {
    for (const part of document.querySelectorAll("[data-face]")) {
      part.classList.toggle("is-chosen", part.dataset.face === number);
    }
    document.querySelector(".overlay")?.classList.toggle("has-choice", number !== null);
  };

  const followFaces = () => {
    const main = document.querySelector("main");
    const several = document.querySelectorAll(".face-item").length > 1;
    main.addEventListener("click", (event) => {
      const part = event.target.closest("[data-face]");
      if (!part) {
        if (event.target.closest(".stage")) choose(null);
        return;
      }
      const number = part.dataset.face;
      const link = event.target.closest("a");
      if (link && link.getAttribute("href")?.startsWith("#face-")) event.preventDefault();
      choose(several ? number : null);
      const item = document.getElementById(`face-${number}`);
      if (part.closest(".overlay")) {
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        item.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
      }
    });
    main.addEventListener("keydown", (event) => {
      if (event.key === "Escape") choose(null);
    });
    const match = /^#face-(\d+)$/.exec(location.hash);
    if (match && several) choose(match[1]);
  };

  const visible = () =>
    document.hidden
      ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true })).then(visible)
      : Promise.resolve();
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const isOver = (status) => status === "finished" || status === "failed" || status === "cancelled";

  /** Puts the page as the server now renders it in place of this one; the picture is loaded before it is shown. */
  const show = async ({ leaveOnly = false } = {}) => {
    const response = await fetch(document.querySelector("main").dataset.address, { credentials: "same-origin" });
    if (response.status === 404 || response.redirected) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    if (leaveOnly) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = document.adoptNode(page.querySelector("main"));
    const photo = fresh.querySelector(".stage img");
    if (photo) await photo.decode().catch(() => {});
    document.querySelector("main").replaceWith(fresh);
    document.title = page.title;
    start();
  };

  const wait = async () => {
    const main = document.querySelector("main");
    // No analysis has this tag, so the first answer comes at once, and each later one as soon as something has changed.
    let tag = '"unknown"';
    let delay = 1000;
    while (main.isConnected) {
      await visible();
      try {
        const response = await fetch(`${main.dataset.json}?wait=25`, {
          credentials: "same-origin",
          headers: { "If-None-Match": tag },
        });
        if (response.status !== 304) {
          // Deleted meanwhile, or logged out: the page as it is now says so, and has no script that asks again.
          if (response.status === 401 || response.status === 404) await show({ leaveOnly: true });
          if (!response.ok) throw new Error(String(response.status));
          const { status } = await response.json();
          tag = response.headers.get("ETag") ?? tag;
          if (isOver(status)) return show();
          if (status !== main.dataset.status) {
            main.dataset.status = status;
            return show();
          }
          await pause(100);
        }
        delay = 1000;
        offline(false);
      } catch {
        // Offline, or the gateway restarts: come back ever more slowly, and say so.
        offline(true);
        await pause(delay);
        delay = Math.min(delay * 2, 30000);
      }
    }
  };

  const offline = (isOffline) => {
    const hint = document.querySelector(".waiting .hint");
    if (!hint) return;
    hint.dataset.text ??= hint.textContent;
    hint.textContent = isOffline ? "The server does not answer. This page tries again by itself." : hint.dataset.text;
  };

  const start = () => {
    const { status } = document.querySelector("main").dataset;
    showTimes();
    if (isOver(status)) followFaces();
    else wait();
  };

  start();
  setInterval(showTimes, 1000);
})();
