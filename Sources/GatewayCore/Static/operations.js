// The operations page, live: takes its content from the page as the server now renders it, every few seconds while it is
// seen, unless somebody is in the middle of something.
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

  const reload = async () => {
    const response = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (response.status === 404 || response.redirected) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("main[data-live]");
    if (!fresh || isBusy()) return;
    const open = [...document.querySelectorAll("main details")].map((details) => details.open);
    document.querySelector("main[data-live]").replaceWith(fresh);
    fresh.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
  };

  const watch = async () => {
    let wait = 3000;
    for (;;) {
      await live.pause(wait);
      await live.visible();
      try {
        if (!isBusy()) await reload();
        wait = 3000;
      } catch {
        // Offline, or the gateway restarts.
        wait = Math.min(wait * 2, 30000);
      }
    }
  };

  watch();
})();
