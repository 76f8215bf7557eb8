// Home and history: keeps "2 minutes ago" right, and shows results that come while the page is open.
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
  };

  const visible = () =>
    document.hidden
      ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true })).then(visible)
      : Promise.resolve();
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** Takes the list from the page as the server now renders it. */
  const reload = async () => {
    const response = await fetch(location.href, { credentials: "same-origin" });
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("main");
    if (!fresh) return;
    const focused = document.activeElement?.getAttribute("href");
    document.querySelector("main").replaceWith(fresh);
    if (focused) document.querySelector(`main a[href="${CSS.escape(focused)}"]`)?.focus();
    showTimes();
  };

  /** Waits for the oldest open analysis: one request, however many are open. */
  const watch = async () => {
    let wait = 1000;
    for (;;) {
      const open = [...document.querySelectorAll(".card[data-json]")].pop();
      if (!open) return;
      await visible();
      try {
        const before = open.dataset.tag;
        const response = await fetch(`${open.dataset.json}?wait=25`, {
          credentials: "same-origin",
          headers: before ? { "If-None-Match": before } : {},
        });
        // Deleted meanwhile, or logged out: the page as it is now says so.
        if (response.status === 404 || response.status === 401) await reload();
        if (!response.ok && response.status !== 304) throw new Error(String(response.status));
        wait = 1000;
        if (response.status === 200) {
          const { status } = await response.json();
          open.dataset.tag = response.headers.get("ETag") || "";
          if (status === "finished" || status === "failed" || status === "cancelled") await reload();
          else await pause(500);
        }
      } catch {
        // Offline, or the gateway restarts: come back ever more slowly.
        await pause(wait);
        wait = Math.min(wait * 2, 30000);
      }
    }
  };

  showTimes();
  setInterval(showTimes, 15000);
  watch();
})();
