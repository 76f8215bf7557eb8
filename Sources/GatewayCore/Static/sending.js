// New analysis: sends photos three at a time, each in a request of its own under a key of its own, through lost connections,
// busy servers and log-ins that end. The server stores a key's photo once, however often it comes.
"use strict";

const sending = (() => {
  const mostAtOnce = 3;
  /** Without a byte moving for so long, the line is dead, whatever the browser thinks of it. */
  const patience = 30_000;
  /** A photo that does not get through though the site answers is not tried for ever: the others are to go on. */
  const mostTries = 4;

  const pauseAfter = (failures) => Math.min(30_000, 1000 * 2 ** (failures - 1));

  const bodyOf = (request) => {
    try {
      return JSON.parse(request.responseText) ?? {};
    } catch {
      // A proxy's page, or nothing. The status says enough.
      return {};
    }
  };

  /** Where the result will be, from the answer or from where the request was led to. */
  const addressOf = (request) => {
    const id = bodyOf(request).analyses?.[0]?.id;
    if (id) return `/analyses/${id}`;
    const path = new URL(request.responseURL || location.href).pathname;
    return /^\/analyses\/[0-9a-f-]{36}$/i.test(path) ? path : null;
  };

  const messageOf = (request, maxSize) => {
    const body = bodyOf(request);
    const said = body.refused?.[0]?.message ?? Object.values(body.fields ?? {})[0] ?? body.error?.message;
    if (said) return said;
    if (request.status === 413) return `Larger than ${maxSize}.`;
    if (request.status === 429 || request.status >= 500) return "The site is busy.";
    return "The photo could not be sent. Try again.";
  };

  /** What an answer means for the photo, and for those that wait behind it. */
  const outcomeOf = (request, maxSize) => {
    const { status } = request;
    const message = messageOf(request, maxSize);
    if (status < 300) {
      const address = addressOf(request);
      return address ? { kind: "sent", address } : { kind: "refused", message: "The answer was not understood." };
    }
    if (status === 401) return { kind: "loggedOut" };
    if (status === 403 && bodyOf(request).code === "csrf_refused") return { kind: "stale", message };
    if (status === 408) return { kind: "slow", message };
    // 409 is the same photo, whose first try is still being stored.
    if (status === 409 || status === 429 || status >= 500) {
      const seconds = Number(request.getResponseHeader("Retry-After"));
      return { kind: "later", message, seconds: seconds > 0 ? seconds : null };
    }
    return { kind: "refused", message };
  };

  /** One request. XMLHttpRequest, because fetch tells no progress of what it sends. */
  const send = (photo, { action, token, maxSize, progressed, signal }) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      for (const [name, value] of Object.entries(photo.form)) body.append(name, value);
      body.append("photo", photo.file, photo.file.name);
      let watch;
      const end = (outcome) => {
        clearTimeout(watch);
        signal.removeEventListener("abort", stop);
        removeEventListener("offline", lose);
        resolve(outcome);
      };
      const stop = () => request.abort();
      const lose = () => {
        request.onabort = () => end({ kind: "lost", isOffline: !navigator.onLine });
        request.abort();
      };
      const alive = () => {
        clearTimeout(watch);
        watch = setTimeout(lose, patience);
      };
      request.open("POST", action);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRF-Token", token);
      request.setRequestHeader("Idempotency-Key", photo.key);
      request.upload.onprogress = (event) => {
        alive();
        if (!event.lengthComputable) return;
        photo.loaded = (photo.file.size * event.loaded) / event.total;
        progressed(photo);
      };
      request.onload = () => end(outcomeOf(request, maxSize));
      request.onerror = () => end({ kind: "lost", isOffline: !navigator.onLine });
      request.onabort = () => end({ kind: "stopped" });
      signal.addEventListener("abort", stop);
      addEventListener("offline", lose);
      alive();
      request.send(body);
    });

  const pause = (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        removeEventListener("online", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal.addEventListener("abort", end);
      // A connection that is back is used at once.
      addEventListener("online", end);
    });

  /**
   * Sends photos until each is sent or refused, or until it is stopped.
   *
   * Each photo has `file`, `key` and `form` (its fields). What becomes of it is told by `began(photo)`, `progressed(photo)`,
   * `sent(photo, address)`, `refused(photo, message)` and `again(photo)`, when it goes back to those that wait.
   * `token()` is the form's token; `visit()` gets a new one, and answers "in", "out" when the log-in has ended, "elsewhere"
   * when the site asks for something else first, or throws;
   * `logIn()` asks the person, and answers whether they are in. `waits(message, until)` says why nothing is sent now, and
   * `goesOn()` that it is again.
   */
  const run = async (photos, page, signal) => {
    const queue = [...photos];
    let atOnce = mostAtOnce;
    let working = 0;
    let failures = 0;
    // While something is wrong, all wait for one who looks after it.
    let trouble = null;

    const wait = async (message, milliseconds) => {
      page.waits(message, Date.now() + milliseconds);
      await pause(milliseconds, signal);
    };

    /** Waits, ever longer, until the site answers; tells whether it was away. */
    const reconnect = async () => {
      for (let isAway = false; ; isAway = true) {
        failures += 1;
        await wait("The connection is lost. Sending goes on by itself when it is back.", pauseAfter(failures));
        if (signal.aborted) return isAway;
        try {
          if ((await page.visit()) === "out") await logIn();
          return isAway;
        } catch {
          // Not back yet.
        }
      }
    };

    const logIn = async () => {
      page.waits("You are logged out.", null);
      if (!(await page.logIn())) page.stop();
    };

    /** Looks after what keeps all photos from being sent; whoever comes meanwhile waits with it. */
    const mend = (work) => (trouble ??= work().finally(() => {
      trouble = null;
      if (!signal.aborted) page.goesOn();
    }));

    const backToQueue = (photo) => {
      photo.loaded = 0;
      page.again(photo);
      queue.unshift(photo);
    };

    const handle = async (photo, outcome) => {
      switch (outcome.kind) {
        case "sent":
          failures = 0;
          return page.sent(photo, outcome.address);
        case "refused":
          failures = 0;
          return page.refused(photo, outcome.message);
        case "stopped":
          photo.loaded = 0;
          return page.again(photo);
        case "loggedOut":
          backToQueue(photo);
          return mend(logIn);
        case "stale":
          photo.tries = (photo.tries ?? 0) + 1;
          if (photo.tries > 2) return page.refused(photo, outcome.message);
          backToQueue(photo);
          return mend(async () => ((await page.visit()) === "out" ? logIn() : undefined)).catch(() => {});
        case "slow":
          // One at a time has the whole line for itself.
          atOnce = 1;
          photo.tries = (photo.tries ?? 0) + 1;
          if (photo.tries > 2) return page.refused(photo, outcome.message);
          return backToQueue(photo);
        case "later": {
          backToQueue(photo);
          if (outcome.seconds === null) failures += 1;
          const milliseconds = outcome.seconds === null ? pauseAfter(failures) : outcome.seconds * 1000;
          return mend(() => wait(`${outcome.message} This goes on by itself.`, milliseconds));
        }
        case "lost":
          photo.tries = (photo.tries ?? 0) + 1;
          if (photo.tries >= mostTries) return page.refused(photo, "The connection broke each time.");
          backToQueue(photo);
          // While the site was away, no photo was at fault.
          if ((await mend(reconnect)) || outcome.isOffline) photo.tries = 0;
      }
    };

    const work = async () => {
      for (;;) {
        while (trouble) await trouble.catch(() => {});
        if (signal.aborted || queue.length === 0) return;
        if (working >= atOnce) return;
        const photo = queue.shift();
        if (photo.isGone) continue;
        working += 1;
        page.began(photo);
        const outcome = await send(photo, { ...page, token: page.token(), signal });
        working -= 1;
        await handle(photo, outcome);
      }
    };
    // A photo may come back to the queue after the others' senders have found it empty.
    while (queue.length > 0 && !signal.aborted) await Promise.all(Array.from({ length: atOnce }, work));
  };

  return { run };
})();
