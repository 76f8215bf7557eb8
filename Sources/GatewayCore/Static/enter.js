// The account and its forms: shows what is typed when asked to, copies what is shown only once, and names the browser's time
// zone for a new account.
"use strict";

(() => {
  for (const input of document.querySelectorAll('input[type="password"]')) {
    const label = document.querySelector(`label[for="${input.id}"]`);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button second";
    const say = (shown) => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? "Hide" : "Show";
    };
    say(false);
    if (label) {
      label.id ||= `${input.id}-label`;
      button.setAttribute("aria-describedby", label.id);
    }
    button.addEventListener("click", () => say(input.type === "password"));
    const row = document.createElement("span");
    row.className = "secret";
    input.replaceWith(row);
    row.append(input, button);
    // A browser keeps what a text field held; it should not keep this.
    input.form?.addEventListener("submit", () => say(false));
  }

  for (const secret of document.querySelectorAll("code.copied")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button second small copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(secret);
      try {
        await navigator.clipboard.writeText(secret.textContent);
        button.textContent = "Copied";
      } catch {
        // Browsers give the clipboard to HTTPS only; the old way works everywhere, and the text is chosen anyway.
        if (document.execCommand("copy")) button.textContent = "Copied";
      }
    });
    button.setAttribute("aria-live", "polite");
    secret.after(button);
  }

  // Addresses from before the account had several pages name a part of another one.
  const moved = location.hash && document.querySelector(`.tabs a > #${CSS.escape(location.hash.slice(1))}`);
  if (moved) location.replace(moved.parentElement.href + location.hash);

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const form of document.querySelectorAll("form[data-zone]")) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "zone";
    field.value = zone;
    form.append(field);
  }
})();
