// The operations page, live: takes its content from the page as the server now renders it, every few seconds while it is
// seen. While somebody is in the middle of something, only what it says of the whole site changes.
"use strict";

(() => {
  const isBusy = () => {
    const main = document.querySelector("main[data-live]");
    const focused = document.activeElement;
    return (main.contains(focused) && focused !== main) || !getSelection().isCollapsed;
  };

  const address = new URL(location.href);
  // What was done is said once.
  address.searchParams.delete("done");
  /** An answer that takes longer is none. */
  const patience = 15_000;
  /** When what stands here was true. */
  let seen = new Date();

  const showVerdict = (fresh) => {
    const verdict = document.querySelector(".verdict");
    if (!getSelection().containsNode(verdict, true)) verdict.replaceWith(fresh);
  };

  const reload = async () => {
    const response = await fetch(address, {
      credentials: "same-origin", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(patience),
    });
    if (live.isGone(response)) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("main[data-live]");
    if (!fresh) throw new Error("not the site");
    seen = new Date();
    if (isBusy()) return showVerdict(fresh.querySelector(".verdict"));
    const open = [...document.querySelectorAll("main details")].map((details) => details.open);
    document.querySelector("main[data-live]").replaceWith(fresh);
    fresh.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
  };

  /** Nobody knows whether what stands here is still so: above all not that all is well. */
  const tellOfSilence = () => {
    const notice = document.createElement("p");
    notice.className = "notice bad verdict";
    notice.setAttribute("role", "alert");
    const words = document.createElement("strong");
    const then = seen.toLocaleString("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
    words.textContent = `The site has not answered since ${then}.`;
    notice.append(words, " What stands below is of then. This page tries again by itself.");
    // Also where somebody has selected it: it is not so any more.
    document.querySelector(".verdict").replaceWith(notice);
  };

  const watch = async () => {
    let wait = 3000;
    let failures = 0;
    for (;;) {
      await live.pause(wait);
      await live.visible();
      try {
        await reload();
        [wait, failures] = [3000, 0];
      } catch {
        // Offline, or the gateway restarts: one request that is lost is nothing yet.
        failures += 1;
        if (failures === 2) tellOfSilence();
        wait = Math.min(wait * 2, 30000);
      }
    }
  };

  watch();
})();
