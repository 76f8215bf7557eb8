// Home, history, batch: shows results that come while the page is open, and counts what is chosen.
"use strict";

(() => {
  /** Takes what has changed from the page as the server now renders it; what a person chose or wrote stays. */
  const update = async () => {
    // A page that answers a form has another address than it is loaded from.
    const address = document.querySelector("main").dataset.address ?? location.href;
    const response = await fetch(address, { credentials: "same-origin" });
    if (response.redirected || response.status === 404) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of page.querySelectorAll("[data-live]")) {
      document.querySelector(`[data-live="${part.dataset.live}"]`)?.replaceWith(document.adoptNode(part));
    }
    for (const card of document.querySelectorAll(".card.is-open")) {
      const fresh = page.querySelector(`.card[data-id="${card.dataset.id}"]`);
      const isFocused = card.contains(document.activeElement);
      const isChosen = card.querySelector(".choose input")?.checked;
      if (fresh) {
        if (isChosen) fresh.querySelector(".choose input").checked = true;
        card.replaceWith(document.adoptNode(fresh));
        if (isFocused) fresh.querySelector("a").focus();
      } else if (response.ok) {
        // Deleted, or no longer what the filter finds.
        card.remove();
      }
    }
    live.showTimes();
  };

  /** Waits for the oldest open analysis: one request, however many are open. */
  const watch = async () => {
    for (;;) {
      const open = [...document.querySelectorAll(".card[data-json]")].pop();
      if (!open) return;
      let status = open.dataset.status;
      await live.follow(open.dataset.json, {
        changed: async (document) => {
          if (document.status === status && !live.isOver(document.status)) return false;
          status = document.status;
          await update();
          return true;
        },
        gone: update,
      });
    }
  };

  const showChosen = () => {
    const boxes = [...document.querySelectorAll(".choose input")];
    const chosen = boxes.filter((box) => box.checked).length;
    const text = document.querySelector("[data-chosen]");
    const all = document.querySelector("[data-choose-all]");
    if (text) text.textContent = chosen > 0 ? `${chosen} chosen` : "";
    const remove = document.querySelector("[data-delete]");
    if (remove && chosen > 0) remove.textContent = `Delete ${chosen} ${chosen === 1 ? "analysis" : "analyses"}`;
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    document.querySelector(".selection")?.classList.toggle("has-chosen", chosen > 0);
    for (const button of document.querySelectorAll(".selection-bar button")) button.disabled = chosen === 0;
    // What would do nothing to those that are chosen takes no room.
    const states = new Set(boxes.filter((box) => box.checked).map((box) => box.closest(".card").dataset.status));
    const offer = (action, ...wanted) => {
      const button = document.querySelector(`.selection-bar [value="${action}"]`);
      if (button) button.hidden = !wanted.some((state) => states.has(state));
    };
    offer("retry", "failed", "cancelled");
    offer("cancel", "queued", "processing");
  };

  // With Shift, all from the box before to this one become what this one now is.
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.(".choose input")) return;
    const boxes = [...document.querySelectorAll(".choose input")];
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
    last = box;
    showChosen();
  });

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-choose-all]")) {
      for (const box of document.querySelectorAll(".choose input")) box.checked = target.checked;
    }
    if (target.matches(".choose input, [data-choose-all]")) showChosen();
  });

  document.documentElement.classList.add("is-live");
  // On a phone the filters would fill the first screen.
  const filters = document.querySelector(".filter-more");
  if (filters && !("narrowed" in filters.dataset) && matchMedia("(max-width: 640px)").matches) filters.open = false;
  live.showTimes();
  setInterval(live.showTimes, 15000);
  showChosen();
  watch();
})();
