// Home, history, bin, batch: shows results that come while the page is open, and counts what is chosen.
"use strict";

(() => {
  // Parts as the server last rendered them that are not in the page yet.
  const fresh = new Map();
  // Whether anything of it is open, on other pages too.
  let isOpen = document.querySelector("[data-open]") !== null;
  let lastUpdate = 0;

  /** What holds the focus, is pressed or is opened is in somebody's hands: its new state comes when they have let go. */
  const isHeld = (part) =>
    part.contains(document.activeElement) || part.matches(":active") || part.querySelector("details[open]") !== null;

  const renew = () => {
    for (const [name, part] of fresh) {
      const old = document.querySelector(`[data-live="${name}"]`);
      if (old && isHeld(old)) continue;
      old?.replaceWith(part);
      fresh.delete(name);
    }
  };

  /** Puts a card in place of another; what is chosen or has the focus in it stays so. */
  const renewCard = (card, fresh) => {
    const parts = (all) => [...all.querySelectorAll("a, input")];
    const focused = parts(card).indexOf(document.activeElement);
    if (card.querySelector(".choose input")?.checked) fresh.querySelector(".choose input").checked = true;
    card.replaceWith(document.adoptNode(fresh));
    if (focused >= 0) (parts(fresh)[focused] ?? parts(fresh)[0]).focus({ preventScroll: true });
  };

  /** Takes what has changed from the page as the server now renders it; what a person chose or wrote stays. */
  const update = async () => {
    // A page that answers a form has another address than it is loaded from.
    const address = document.querySelector("main").dataset.address ?? location.href;
    const response = await fetch(address, { credentials: "same-origin" });
    if (live.isGone(response)) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    isOpen = page.querySelector("[data-open]") !== null;
    for (const part of page.querySelectorAll("[data-live]")) fresh.set(part.dataset.live, document.adoptNode(part));
    renew();
    for (const card of document.querySelectorAll(".card.is-open:not(:active)")) {
      const found = page.querySelector(`.card[data-id="${card.dataset.id}"]`);
      if (found) renewCard(card, found);
      // Deleted, or no longer what the filter finds.
      else card.remove();
    }
    lastUpdate = Date.now();
    live.showTimes();
  };

  const isOldestFirst = document.querySelector("[data-list]")?.dataset.list === "oldest";

  /** Of many that are done one after the other, several are shown at once. */
  const updateSoon = async () => {
    await live.pause(Math.max(0, lastUpdate + 1000 - Date.now()));
    await update();
  };

  /** What is open on other pages of a batch changes its counts too, and is asked for now and then. */
  const watchOthers = async () => {
    for (let delay = 3000; isOpen; ) {
      await live.pause(delay);
      await live.visible();
      delay = await update().then(() => 3000, () => Math.min(30000, delay * 2));
    }
  };

  /** Waits for the oldest open analysis: one request, however many are open. */
  const watch = async () => {
    for (;;) {
      const all = [...document.querySelectorAll(".card[data-json]")];
      const open = isOldestFirst ? all[0] : all.pop();
      if (!open) return watchOthers();
      await live.follow(open.dataset.json, {
        changed: async ({ status }) => {
          if (status === open.dataset.status && !live.isOver(status)) return false;
          await updateSoon();
          return true;
        },
        gone: updateSoon,
      });
    }
  };

  const showChosen = () => {
    const boxes = [...document.querySelectorAll(".choose input")];
    const found = document.querySelector("[data-choose-found]");
    const ticked = boxes.filter((box) => box.checked).length;
    const chosen = found?.checked ? Number(found.dataset.chooseFound) : ticked;
    const text = document.querySelector("[data-chosen]");
    const all = document.querySelector("[data-choose-all]");
    if (text) text.textContent = chosen > 0 ? `${chosen} chosen` : "";
    const question = document.querySelector("[data-question]");
    if (question && chosen > 0) question.textContent = `Delete ${chosen} ${chosen === 1 ? "photo" : "photos"}`;
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    document.querySelector(".selection")?.classList.toggle("has-chosen", chosen > 0);
    for (const button of document.querySelectorAll(".selection-bar button")) button.disabled = chosen === 0;
    // What would do nothing to those that are chosen takes no room.
    const cards = boxes.filter((box) => box.checked).map((box) => box.closest(".card"));
    const offer = (action, suits) => {
      const button = document.querySelector(`.selection-bar [value="${action}"]`);
      // Of those on other pages the states are not known.
      if (button) button.hidden = !found?.checked && !cards.some(suits);
    };
    offer("retry", (card) => "canRetry" in card.dataset);
    offer("cancel", (card) => ["queued", "processing"].includes(card.dataset.status));
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
    if (target.matches("[data-choose-all], [data-choose-found]")) {
      for (const box of document.querySelectorAll(".choose input")) box.checked = target.checked;
    }
    const found = document.querySelector("[data-choose-found]");
    if (found && target !== found && target.matches(".choose input, [data-choose-all]")) found.checked = false;
    if (target.matches(".choose input, [data-choose-all], [data-choose-found]")) showChosen();
  });

  // Escape closes what is open in the bar; Enter is for the field of tags, and not for the boxes.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.(".selection input[type=checkbox]")) event.preventDefault();
    const open = event.key === "Escape" && event.target.closest?.(".selection-bar")?.querySelector("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // After the click or the change of focus has done what it does.
  for (const name of ["focusout", "pointerup", "toggle"]) {
    document.addEventListener(name, () => setTimeout(renew), { capture: true });
  }

  document.documentElement.classList.add("is-live");
  // On a phone the filters would fill the first screen.
  const filters = document.querySelector(".filter-more");
  if (filters && !("narrowed" in filters.dataset) && matchMedia("(max-width: 640px)").matches) filters.open = false;
  live.showTimes();
  setInterval(live.showTimes, 15000);
  const bar = document.querySelector(".selection-bar");
  if (bar) live.makeRoom(bar);
  showChosen();
  watch();
})();
