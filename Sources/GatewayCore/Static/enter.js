// Forms with passwords: shows what is typed when asked to, and names the browser's time zone for a new account.
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

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const form of document.querySelectorAll("form[data-zone]")) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "zone";
    field.value = zone;
    form.append(field);
  }
})();
