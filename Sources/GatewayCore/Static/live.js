// What several pages share: times that stay right, and waiting for an analysis while the page is looked at.
"use strict";

const live = (() => {
  const relative = (date) => {
    const seconds = Math.floor((Date.now() - date.getTime()) / 1000);
    // What is yet to come stays a date; a clock here that is a little behind makes nothing of it.
    if (seconds < -60) return null;
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
      if (text && time.textContent !== text) time.textContent = text;
    }
  };

  const visible = () =>
    document.hidden
      ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true })).then(visible)
      : Promise.resolve();
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const isOver = (status) => status === "finished" || status === "failed" || status === "cancelled";

  /** Deleted, ended, or closed to whoever asks, who may be led elsewhere: the page, loaded anew, says which. */
  const isGone = ({ status, redirected }) => redirected || [401, 403, 404, 410].includes(status);

  /** One request that ends when the page is hidden: what nobody looks at costs the server nothing. */
  const ask = async (address, tag) => {
    const stop = new AbortController();
    const hide = () => document.hidden && stop.abort();
    document.addEventListener("visibilitychange", hide);
    try {
      const response = await fetch(address, {
        credentials: "same-origin",
        headers: tag ? { "If-None-Match": tag } : {},
        signal: stop.signal,
      });
      return { response, body: response.status === 200 && !isGone(response) ? await response.json() : null };
    } finally {
      document.removeEventListener("visibilitychange", hide);
    }
  };

  /**
   * Follows an analysis by long polls: each is answered as soon as something has changed. Where they do not get through
   * (offline, a restart, a proxy that cuts them), it asks for changes ever more slowly until they do.
   *
   * Calls `changed(document)` with each new state, which may return true to end it, and at the end `gone()` when there is none
   * (any more), or not for this visitor (any more). What throws there is called again, after a pause: a state counts as seen
   * once it has been shown.
   * Calls `trouble(true)` when the server does not answer, and `trouble(false)` when it does again.
   */
  const follow = async (address, { changed, gone, trouble = () => {}, tag = '"unknown"' }) => {
    let delay = 0;
    for (;;) {
      await visible();
      try {
        const { response, body } = await ask(delay > 0 ? address : `${address}?wait=25`, tag);
        if (isGone(response)) return await gone();
        if (response.status !== 200 && response.status !== 304) throw new Error(String(response.status));
        if (response.status === 200) {
          if (await changed(body)) return;
          tag = response.headers.get("ETag") ?? tag;
        }
        delay = 0;
        trouble(false);
      } catch {
        if (document.hidden) continue;
        trouble(true);
        delay = Math.min(Math.max(1000, delay * 2), 30000);
        await pause(delay);
      }
    }
  };

  /** What has the focus is not to lie below a bar at the foot of the window, however high that is. */
  const makeRoom = (bar) => {
    const measure = () => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
    new ResizeObserver(measure).observe(bar);
  };

  return { showTimes, follow, isOver, isGone, visible, pause, makeRoom };
})();
