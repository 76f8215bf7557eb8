// New analysis: a photo from the camera, where the browser has one. Hands it over as a "camera-photo" event.
"use strict";

(() => {
  const line = document.getElementById("camera-line");
  const dialog = document.getElementById("camera-dialog");
  const view = document.getElementById("camera-view");
  const status = document.getElementById("camera-status");
  const takeButton = document.getElementById("camera-take");
  // There from the beginning: where it can be had, as nearly everywhere, nothing moves.
  line.hidden = !navigator.mediaDevices?.getUserMedia || !dialog.showModal;
  if (line.hidden) return;
  let stream = null;
  // While permission is asked, the window may be closed and opened anew: what comes for an earlier opening is for nobody.
  let opening = 0;

  const end = (ended) => {
    for (const track of ended?.getTracks() ?? []) track.stop();
  };

  const close = () => {
    opening += 1;
    end(stream);
    stream = null;
    view.srcObject = null;
    if (dialog.open) dialog.close();
  };

  const open = async () => {
    dialog.showModal();
    const own = (opening += 1);
    status.textContent = "Waiting for the camera…";
    takeButton.disabled = true;
    try {
      const found = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } }, audio: false });
      if (own !== opening) return end(found);
      stream = found;
      view.srcObject = found;
      await view.play();
      if (own !== opening) return;
      status.textContent = "";
      takeButton.disabled = false;
      takeButton.focus();
    } catch (error) {
      if (own !== opening) return;
      status.textContent =
        error.name === "NotAllowedError"
          ? "The browser may not use the camera. Allow it in the address bar, or choose a photo instead."
          : "No camera was found. Choose a photo instead.";
    }
  };

  const take = () => {
    const canvas = document.createElement("canvas");
    canvas.width = view.videoWidth;
    canvas.height = view.videoHeight;
    canvas.getContext("2d").drawImage(view, 0, 0);
    canvas.toBlob(
      (blob) => {
        const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
        const file = new File([blob], `camera-${time}.jpg`, { type: "image/jpeg" });
        document.dispatchEvent(new CustomEvent("camera-photo", { detail: file }));
        close();
      },
      "image/jpeg", 0.92);
  };

  document.getElementById("camera").addEventListener("click", open);
  takeButton.addEventListener("click", take);
  document.getElementById("camera-close").addEventListener("click", close);
  dialog.addEventListener("close", close);
})();
